/* Counts requests, and writes them with the counts of the store as Prometheus reads them. */
#include "http/metrics.h"

#include <assert.h>
#include <pthread.h>
#include <string.h>

#include "base/clock.h"
#include "http/routes.h"
#include "store/backup.h"
#include "store/list.h"
#include "store/stats.h"

#define CLASSES    6 /* of statuses, by their first digit */
#define STEPS      10
#define STORE_TEXT (64 * 1024)

static const int64_t steps_ms[STEPS] = {5, 10, 25, 50, 100, 250, 500, 1000, 2500, 10000};
static const char *const steps_s[STEPS] = {"0.005", "0.01", "0.025", "0.05", "0.1",
                                           "0.25",  "0.5",  "1",     "2.5",  "10"};

struct answered {
    uint64_t by_class[CLASSES], within[STEPS], count, sum_ms;
};

struct metrics {
    pthread_mutex_t lock;
    struct answered routes[ROUTES_MAX], other;
    uint64_t refused[METRICS_REFUSALS];
    int64_t started_ms, asked_ms; /* monotonic; asked_ms 0: never */
    struct buf store;             /* what the store said then */
};

struct metrics *metrics_new(void)
{
    struct metrics *m = mem_zalloc(sizeof *m);

    (void)pthread_mutex_init(&m->lock, NULL);
    buf_init(&m->store, STORE_TEXT);
    m->started_ms = clock_mono_ms();
    return m;
}

void metrics_free(struct metrics *m)
{
    if (m == NULL)
        return;
    buf_clear(&m->store);
    (void)pthread_mutex_destroy(&m->lock);
    mem_free(m);
}

void metrics_answered(struct metrics *m, const struct route *route, unsigned status,
                      int64_t took_ms)
{
    struct answered *a = route == NULL ? &m->other : &m->routes[route_index(route)];

    assert(status >= 100 && status < 100 * CLASSES);
    (void)pthread_mutex_lock(&m->lock);
    a->by_class[status / 100]++;
    a->count++;
    a->sum_ms += (uint64_t)took_ms;
    for (size_t i = 0; i < STEPS; i++)
        a->within[i] += took_ms <= steps_ms[i];
    (void)pthread_mutex_unlock(&m->lock);
}

void metrics_refused(struct metrics *m, enum metrics_refusal why)
{
    (void)pthread_mutex_lock(&m->lock);
    m->refused[why]++;
    (void)pthread_mutex_unlock(&m->lock);
}

/* ---- the text ---- */

static void name(struct buf *b, const char *metric, const char *type, const char *help)
{
    buf_addf(b, "# HELP %s %s\n# TYPE %s %s\n", metric, help, metric, type);
}

static void one(struct buf *b, const char *metric, const char *type, const char *help,
                int64_t value)
{
    name(b, metric, type, help);
    buf_addf(b, "%s %lld\n", metric, (long long)value);
}

static void add_requests(const struct answered *a, const struct route *r, struct buf *b)
{
    for (unsigned c = 1; c < CLASSES; c++) {
        if (a->by_class[c] > 0)
            buf_addf(b,
                     "assay_http_requests_total{method=\"%s\",route=\"%s\",class=\"%uxx\"} %llu\n",
                     r == NULL ? "any" : gate_method_name(r->method),
                     r == NULL ? "other" : r->pattern, c, (unsigned long long)a->by_class[c]);
    }
}

static void add_times(const struct answered *a, const struct route *r, struct buf *b)
{
    const char *method = r == NULL ? "any" : gate_method_name(r->method);
    const char *route = r == NULL ? "other" : r->pattern;
    static const char form[] = "assay_http_request_seconds_bucket{method=\"%s\",route=\"%s\","
                               "le=\"%s\"} %llu\n";

    if (a->count == 0)
        return;
    for (size_t i = 0; i < STEPS; i++)
        buf_addf(b, form, method, route, steps_s[i], (unsigned long long)a->within[i]);
    buf_addf(b, form, method, route, "+Inf", (unsigned long long)a->count);
    buf_addf(b, "assay_http_request_seconds_sum{method=\"%s\",route=\"%s\"} %llu.%03llu\n", method,
             route, (unsigned long long)(a->sum_ms / 1000), (unsigned long long)(a->sum_ms % 1000));
    buf_addf(b, "assay_http_request_seconds_count{method=\"%s\",route=\"%s\"} %llu\n", method,
             route, (unsigned long long)a->count);
}

static void add_process(const struct metrics *m, struct buf *b)
{
    static const char *const reasons[METRICS_REFUSALS] = {
        [METRICS_ODD] = "odd",
        [METRICS_SITE] = "other_site",
        [METRICS_SESSION] = "not_signed_in",
        [METRICS_ROLE] = "role",
    };

    one(b, "assay_up_seconds", "gauge", "Since this process started.",
        (clock_mono_ms() - m->started_ms) / 1000);
    name(b, "assay_refusals_total", "counter", "Requests refused, by reason.");
    for (size_t i = 0; i < METRICS_REFUSALS; i++)
        buf_addf(b, "assay_refusals_total{reason=\"%s\"} %llu\n", reasons[i],
                 (unsigned long long)m->refused[i]);
    name(b, "assay_http_requests_total", "counter", "Answered requests.");
    for (size_t i = 0; route_at(i) != NULL; i++)
        add_requests(&m->routes[i], route_at(i), b);
    add_requests(&m->other, NULL, b);
    name(b, "assay_http_request_seconds", "histogram", "From a whole request to its answer.");
    for (size_t i = 0; route_at(i) != NULL; i++)
        add_times(&m->routes[i], route_at(i), b);
    add_times(&m->other, NULL, b);
}

struct labelled {
    struct buf *out;
    const char *metric, *label;
};

static void add_labelled(void *ctx, const char *value, int64_t count)
{
    const struct labelled *l = ctx;

    buf_addf(l->out, "%s{%s=\"%s\"} %lld\n", l->metric, l->label, value, (long long)count);
}

/* Left out until there is one: an alarm on a missing number is an alarm on a missing backup. */
static enum assay_err add_backups(struct tx *tx, struct buf *b, int64_t now, struct err *e)
{
    static const struct {
        enum backup_act act;
        const char *metric, *help;
    } kinds[] = {
        {BACKUP_MADE, "assay_backup_age_seconds", "Since the last backup was made."},
        {BACKUP_TESTED, "assay_restore_test_age_seconds", "Since the last restore was tried."},
    };
    struct backup_row row;

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        enum assay_err rc = backup_last(tx, kinds[i].act, &row, e);
        if (rc == ASSAY_OK)
            one(b, kinds[i].metric, "gauge", kinds[i].help, (now - row.done_ms) / 1000);
        else if (rc != ASSAY_ENOTFOUND)
            return rc;
    }
    return ASSAY_OK;
}

static enum assay_err read_store(struct tx *tx, void *ctx, struct err *e)
{
    struct buf *b = ctx;
    struct stats_row s;
    struct stats_health h;
    struct labelled tasks = {b, "assay_tasks", "state"};
    struct labelled lots = {b, "assay_lots", "state"};
    struct labelled not_shown = {b, "assay_not_shown", "reason"};
    int64_t now = clock_now_ms(), quarantined;
    enum assay_err rc;

    buf_reset(b);
    if ((rc = stats_get(tx, &s, e)) != 0 || (rc = stats_health(tx, &h, e)) != 0)
        return rc;
    one(b, "assay_items", "gauge", "Different files taken in.", s.items);
    one(b, "assay_sightings", "gauge", "Files taken in, each time and place.", s.sightings);
    one(b, "assay_decisions", "gauge", "Decisions, all versions.", s.decisions);
    one(b, "assay_views", "gauge", "Pictures sent to people.", s.views);
    one(b, "assay_identify_waiting", "gauge", "Files that wait for the decoder.",
        h.identify_waiting);
    one(b, "assay_vault_bytes", "gauge", "Plain size of what is sealed in the vault.",
        h.vault_bytes);
    one(b, "assay_record_entries", "gauge", "Entries of the record.", s.record_size);
    one(b, "assay_record_signed_entries", "gauge", "Entries under the last signed head.",
        h.head_size);
    if (h.head_ms > 0)
        one(b, "assay_record_signed_age_seconds", "gauge", "Since the last head was signed.",
            (now - h.head_ms) / 1000);
    if ((rc = add_backups(tx, b, now, e)) != 0 || (rc = list_quarantined(tx, &quarantined, e)) != 0)
        return rc;
    one(b, "assay_lists_quarantined", "gauge",
        "Rows of lists that had too many matches on a day and wait for a person.", quarantined);
    name(b, tasks.metric, "gauge", "Tasks by state.");
    if ((rc = stats_tasks(tx, add_labelled, &tasks, e)) != 0)
        return rc;
    name(b, lots.metric, "gauge", "Lots by state.");
    if ((rc = stats_lots(tx, add_labelled, &lots, e)) != 0)
        return rc;
    name(b, not_shown.metric, "gauge", "Files that could not be shown; crashed: in the sandbox.");
    return stats_failures(tx, add_labelled, &not_shown, e);
}

enum assay_err metrics_text(struct metrics *m, struct world *w, struct buf *out, struct err *e)
{
    int64_t now = clock_mono_ms();
    enum assay_err rc = ASSAY_OK;

    (void)pthread_mutex_lock(&m->lock);
    bool old = m->asked_ms == 0 || now - m->asked_ms >= METRICS_STORE_MS;
    if (old)
        m->asked_ms = now; /* whoever asks meanwhile gets what was said before */
    (void)pthread_mutex_unlock(&m->lock);
    if (old) {
        struct buf fresh;
        buf_init(&fresh, STORE_TEXT);
        rc = store_read(w->store, read_store, &fresh, e);
        (void)pthread_mutex_lock(&m->lock);
        if (rc == ASSAY_OK) {
            buf_reset(&m->store);
            buf_add(&m->store, fresh.data, fresh.size);
        } else {
            m->asked_ms = 0;
        }
        (void)pthread_mutex_unlock(&m->lock);
        buf_clear(&fresh);
    }
    if (rc != ASSAY_OK)
        return rc;
    (void)pthread_mutex_lock(&m->lock);
    name(out, "assay_info", "gauge", "Version and engine of the store.");
    buf_addf(out, "assay_info{version=\"%s\",store=\"%s\"} 1\n", ASSAY_VERSION,
             store_engine(w->store) == STORE_SQLITE ? "sqlite" : "postgres");
    buf_add(out, m->store.data, m->store.size);
    add_process(m, out);
    (void)pthread_mutex_unlock(&m->lock);
    return ASSAY_OK;
}

void metrics_feed(struct feed *f, struct buf *out)
{
    const int64_t now = clock_now_ms(), as_of = feed_as_of(f);
    struct feed_info info;

    feed_info(f, &info);
    if (as_of > 0)
        one(out, "assay_feed_age_seconds", "gauge",
            "Since all that the system of record had was here.", (now - as_of) / 1000);
    if (info.answered_ms > 0)
        one(out, "assay_feed_answered_age_seconds", "gauge",
            "Since the system of record last answered.", (now - info.answered_ms) / 1000);
    one(out, "assay_feed_behind", "gauge", "Changes that are not here yet.", info.head - info.seq);
}
