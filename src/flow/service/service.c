/* Looking up what a client asks, and saying no more than it may know. */
#include "flow/service/service.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "flow/listed.h"
#include "store/list.h"

/* A hash of a real picture has 128 ones; one far from it is of a flat or a made-up one and lies
 * near too many others. As the decoder's side judges (decode/picture.c). */
#define ONES_MIN 112
#define ONES_MAX 144

enum status { STATUS_MATCH, STATUS_NO_MATCH, STATUS_UNMATCHABLE, STATUS_TEST, STATUSES };
static const char *const status_names[] = {"match", "no_match", "unmatchable", "test"};
#define STATUS_SIZE 11 /* of the longest name */

const char *service_refuses(const struct machine *who, const uint8_t pdq[32], int64_t quality)
{
    unsigned ones = 0;

    for (size_t i = 0; i < 32; i++)
        ones += (unsigned)__builtin_popcount(pdq[i]);
    if (ones < ONES_MIN || ones > ONES_MAX)
        return "degenerate";
    return quality >= 0 && quality < who->row.quality_min ? "low_quality" : NULL;
}

/* A hit that is told. */
struct found {
    size_t ask;
    enum match_kind kind;
    uint32_t distance;
    int64_t row_id;
    const char *list;
    /* As the list says; NULL: nothing, or the row is gone. */
    const char *scheme, *code, *tags, *source;
    int64_t scheme_version;
    bool collage;
};

struct matching {
    const struct service *s;
    const struct machine *who;
    struct match_reader *reader;
    unsigned radius;
    uint32_t numbers[MACHINES_LISTS_MAX]; /* of the client's lists */
    int64_t list_hits[MACHINES_LISTS_MAX];
    uint32_t test;
    bool details; /* the client has the detail right to a list */
    enum status *statuses;
    int64_t counts[STATUSES];
    struct found *found;
    size_t found_count, found_room;
    struct arena *arena;
};

static void tell(struct matching *m, size_t ask, enum match_kind kind, const struct match_hit *hit,
                 const char *list)
{
    if (m->found_count >= SERVICE_HITS_MAX &&
        m->found[m->found_count - SERVICE_HITS_MAX].ask == ask)
        return;
    if (m->found_count == m->found_room) {
        m->found_room = m->found_room == 0 ? 64 : 2 * m->found_room;
        m->found = mem_resize(m->found, m->found_room, sizeof *m->found);
    }
    m->found[m->found_count++] = (struct found){.ask = ask,
                                                .kind = kind,
                                                .distance = hit->distance,
                                                .row_id = (int64_t)hit->record,
                                                .list = list};
}

/* One hash: every list is looked in at once, and those without a right are passed over. */
static enum assay_err look(struct matching *m, size_t ask, const struct service_hash *h,
                           bool *match, bool *test, struct err *e)
{
    const struct match_hit *hits;
    size_t count;
    enum assay_err rc = match_search(m->reader, h->kind, h->bytes, m->radius, &hits, &count, e);

    for (size_t i = 0; rc == ASSAY_OK && i < count; i++) {
        if (hits[i].list == m->test) {
            *test = true;
            if (m->details)
                tell(m, ask, h->kind, &hits[i], "test");
        }
        for (size_t l = 0; l < m->who->list_count; l++) {
            if (m->numbers[l] != hits[i].list || hits[i].list == m->test)
                continue;
            *match = true;
            m->list_hits[l]++;
            machines_hit(m->s->machines, m->who, (int64_t)hits[i].record);
            if (m->who->lists[l].detail)
                tell(m, ask, h->kind, &hits[i], m->who->lists[l].name);
        }
    }
    return rc;
}

/* All PDQs of the asks, in their order. */
static uint8_t *pdqs_of(const struct service_ask *asks, size_t count, size_t *n)
{
    uint8_t *pdqs = mem_array(count * SERVICE_HASHES_MAX + 1, MATCH_HASH_MAX);

    *n = 0;
    for (size_t i = 0; i < count; i++) {
        for (size_t h = 0; h < asks[i].count; h++) {
            if (asks[i].hashes[h].kind == MATCH_PDQ)
                memcpy(pdqs + (*n)++ * MATCH_HASH_MAX, asks[i].hashes[h].bytes, MATCH_HASH_MAX);
        }
    }
    return pdqs;
}

static enum assay_err look_each(struct matching *m, const struct service_ask *asks, size_t count,
                                struct err *e)
{
    enum assay_err rc = ASSAY_OK;

    for (size_t i = 0; i < count; i++) {
        bool match = false, test = false;
        for (size_t h = 0; rc == ASSAY_OK && h < asks[i].count; h++)
            rc = look(m, i, &asks[i].hashes[h], &match, &test, e);
        if (rc != ASSAY_OK)
            return rc;
        m->statuses[i] = test                     ? STATUS_TEST
                         : match                  ? STATUS_MATCH
                         : asks[i].reason != NULL ? STATUS_UNMATCHABLE
                                                  : STATUS_NO_MATCH;
        m->counts[m->statuses[i]]++;
    }
    return rc;
}

static enum assay_err look_all(struct matching *m, const struct service_ask *asks, size_t count,
                               struct err *e)
{
    size_t n;
    uint8_t *pdqs = pdqs_of(asks, count, &n);

    match_announce(m->reader, pdqs, n, m->radius);
    const enum assay_err rc = look_each(m, asks, count, e);
    match_announce(m->reader, NULL, 0, 0);
    mem_free(pdqs);
    return rc;
}

/* ---- details ---- */

struct telling {
    struct matching *m;
    struct found *at;
};

static enum assay_err take_row(void *ctx, const struct list_record *r, struct err *e)
{
    struct telling *t = ctx;
    struct arena *a = t->m->arena;
    struct flow_row_says listed;

    (void)e;
    flow_listed(t->m->s->world->keys, r, &listed);
    t->at->source = listed.source[0] == '\0' ? NULL : arena_strdup(a, listed.source);
    t->at->collage = listed.collage;
    t->at->scheme = r->scheme == NULL ? NULL : arena_strdup(a, r->scheme);
    t->at->code = r->code == NULL ? NULL : arena_strdup(a, r->code);
    t->at->tags = r->tags == NULL ? NULL : arena_strdup(a, r->tags);
    t->at->scheme_version = r->scheme_version;
    return ASSAY_OK;
}

static enum assay_err read_rows(struct tx *tx, void *ctx, struct err *e)
{
    struct telling t = {.m = ctx};
    enum assay_err rc = ASSAY_OK;

    for (size_t i = 0; rc == ASSAY_OK && i < t.m->found_count; i++) {
        t.at = &t.m->found[i];
        rc = list_get(tx, t.at->row_id, take_row, &t, e);
        rc = rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
    }
    return rc;
}

static void write_tags(struct json_out *o, const char *tags)
{
    json_array(o, "tags");
    while (tags != NULL && *tags != '\0') {
        size_t size = strcspn(tags, " ");
        if (size > 0)
            json_text_n(o, NULL, tags, size);
        tags += size + (tags[size] == ' ');
    }
    json_array_end(o);
}

static void write_hits(const struct matching *m, size_t ask, size_t *next, struct json_out *o)
{
    size_t count = 0;

    json_array(o, "hits");
    for (; *next < m->found_count && m->found[*next].ask == ask; (*next)++, count++) {
        const struct found *f = &m->found[*next];
        json_object(o, NULL);
        json_text(o, "kind", match_name(f->kind));
        json_int(o, "distance", f->distance);
        json_text(o, "list", f->list);
        json_id(o, "record", f->row_id);
        json_text(o, "scheme", f->scheme);
        json_int(o, "scheme_version", f->scheme_version);
        json_text(o, "code", f->code);
        write_tags(o, f->tags);
        json_text(o, "source", f->source);
        json_bool(o, "collage", f->collage);
        json_object_end(o);
    }
    json_array_end(o);
    json_bool(o, "more", count == SERVICE_HITS_MAX);
}

/* Status, reason and pad have one length together, so that the size of an answer says nothing. */
static void write_answer(const struct matching *m, enum status status, const char *reason,
                         struct json_out *o)
{
    static const char dots[] = "..............................";
    const char *name = status_names[status];
    size_t used = strlen(name) + (reason == NULL ? strlen("null") : strlen(reason) + 2);

    (void)m;
    static_assert(sizeof dots > STATUS_SIZE + SERVICE_REASON_MAX + 2, "room for the longest");
    assert(used <= STATUS_SIZE + SERVICE_REASON_MAX + 2);
    json_text(o, "status", name);
    json_text(o, "reason", reason);
    json_text_n(o, "pad", dots, STATUS_SIZE + SERVICE_REASON_MAX + 2 - used);
}

static void write_all(const struct matching *m, const struct service_ask *asks, size_t count,
                      struct json_out *o)
{
    size_t next = 0;

    json_array(o, "answers");
    for (size_t i = 0; i < count; i++) {
        json_object(o, NULL);
        write_answer(m, m->statuses[i], asks[i].reason, o);
        if (m->details)
            write_hits(m, i, &next, o);
        json_object_end(o);
    }
    json_array_end(o);
}

/* Every counter is touched for every answer, whatever it was. */
static void count_all(const struct matching *m)
{
    static const enum machine_outcome outcomes[] = {MACHINE_MATCH, MACHINE_NO_MATCH,
                                                    MACHINE_UNMATCHABLE, MACHINE_TEST};

    machines_count(m->s->machines, m->who, 0, MACHINE_CALL, 1);
    for (size_t i = 0; i < STATUSES; i++)
        machines_count(m->s->machines, m->who, 0, outcomes[i], m->counts[i]);
    for (size_t l = 0; l < m->who->list_count; l++)
        machines_count(m->s->machines, m->who, m->who->lists[l].id, MACHINE_MATCH, m->list_hits[l]);
}

static void begin(struct matching *m, size_t count, int64_t distance)
{
    const struct machine *who = m->who;

    m->radius = (unsigned)(distance < who->row.distance_max ? distance : who->row.distance_max);
    m->reader = live_take(m->s->live);
    m->test = live_test(m->s->live);
    m->arena = arena_new();
    m->statuses = mem_array(count + 1, sizeof *m->statuses);
    for (size_t l = 0; l < who->list_count; l++) {
        m->numbers[l] = live_number(m->s->live, who->lists[l].id);
        m->details = m->details || who->lists[l].detail;
    }
}

static void end(struct matching *m)
{
    live_give(m->s->live, m->reader);
    mem_free(m->statuses);
    mem_free(m->found);
    arena_free(m->arena);
}

bool service_ready(const struct service *s)
{
    return live_ready(s->live) && (s->feed == NULL || feed_as_of(s->feed) > 0);
}

enum assay_err service_match(const struct service *s, const struct machine *who,
                             const struct service_ask *asks, size_t count, int64_t distance,
                             struct json_out *o, struct err *e)
{
    struct matching m = {.s = s, .who = who};
    enum assay_err rc;

    if (!service_ready(s))
        return err_set(e, ASSAY_EBUSY, "the lists are being read");
    begin(&m, count, distance);
    if ((rc = look_all(&m, asks, count, e)) == ASSAY_OK && m.found_count > 0)
        rc = store_read(s->world->store, read_rows, &m, e);
    if (rc == ASSAY_OK) {
        count_all(&m);
        write_all(&m, asks, count, o);
        if (s->feed != NULL)
            json_time(o, "as_of", feed_as_of(s->feed));
    }
    end(&m);
    return rc;
}

enum assay_err service_each_hit(const struct service *s, const struct machine *who,
                                const struct service_ask *ask, service_hit_fn *fn, void *ctx,
                                struct err *e)
{
    struct matching m = {.s = s, .who = who};
    enum assay_err rc;

    if (!service_ready(s))
        return err_set(e, ASSAY_EBUSY, "the lists are being read");
    begin(&m, 1, PEOPLE_DISTANCE_MAX);
    if ((rc = look_all(&m, ask, 1, e)) == ASSAY_OK) {
        count_all(&m);
        for (size_t i = 0; i < m.found_count; i++)
            fn(ctx, m.found[i].list, m.found[i].row_id, m.found[i].distance);
    }
    end(&m);
    return rc;
}

void service_terms(const struct machine *who, struct buf *answer)
{
    struct json_out o;
    bool hits = str_equal(who->row.keeps, "hits");

    json_out_init(&o, answer);
    json_object(&o, NULL);
    json_text(&o, "client", who->row.name);
    json_time(&o, "expires_at", who->row.expires_ms);
    json_int(&o, "rate", who->row.rate);
    json_int(&o, "burst", who->row.burst);
    json_int(&o, "hashes_max", SERVICE_ASKS_MAX);
    json_int(&o, "file_max", SERVICE_FILE_MAX);
    json_int(&o, "distance_max", who->row.distance_max);
    json_int(&o, "quality_min", who->row.quality_min);
    json_array(&o, "lists");
    for (size_t i = 0; i < who->list_count; i++) {
        json_object(&o, NULL);
        json_text(&o, "name", who->lists[i].name);
        json_bool(&o, "detail", who->lists[i].detail);
        json_object_end(&o);
    }
    json_array_end(&o);
    json_text(&o, "keeps", who->row.keeps);
    json_text(&o, "kept",
              hits ? "How many requests and hashes, how they were answered, and which records of "
                     "lists were hit, by day. Never the hashes that were asked about."
                   : "How many requests and hashes, and how they were answered, by day and list. "
                     "Never the hashes that were asked about, nor which records were hit.");
    json_text(&o, "files", "A file is hashed in memory and dropped; it is never stored or shown.");
    json_object_end(&o);
}
