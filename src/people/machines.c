/* Clients in memory: looked up by key, held to their rate, counted. */
#include "people/machines.h"

#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"

#define FRESH_MS 1000
#define DAY_MS   (24LL * 60 * 60 * 1000)
#define HITS_MAX 100000 /* that wait to be written, of all clients */

static const char *const outcomes[] = {"call", "match",   "no_match", "unmatchable",
                                       "test", "limited", NULL};
static_assert(sizeof outcomes / sizeof outcomes[0] == MACHINE_OUTCOMES, "a name for each");

struct tally {
    int64_t list_id;
    int64_t count[MACHINE_OUTCOMES];
};

/* What outlives a reading of the store. */
struct account {
    struct account *next;
    int64_t client_id;
    double left; /* hashes that may be asked now */
    int64_t left_ms;
    bool asked;
    struct tally tallies[MACHINES_LISTS_MAX + 1]; /* the first: list 0 */
    size_t tally_count;
};

struct hit {
    int64_t client_id, row_id;
};

struct machines {
    struct store *store;
    const struct keys *keys;
    pthread_mutex_t lock;     /* of all below */
    pthread_mutex_t flushing; /* one at a time */
    pthread_cond_t wake;
    bool ending;
    struct machine *known;
    size_t known_count;
    int64_t known_ms; /* clock_mono_ms; 0: never read */
    struct account *accounts;
    struct hit *hits;
    size_t hit_count, hits_room;
    pthread_t thread;
    bool threaded;
};

/* ---- who it is ---- */

struct reading {
    struct machine *list;
    size_t count, room;
};

static void read_right(void *ctx, int64_t list_id, const char *list, enum client_right right,
                       bool banks)
{
    struct machine *m = ctx;

    if (m->list_count == MACHINES_LISTS_MAX)
        return;
    struct machine_list *l = &m->lists[m->list_count++];
    *l = (struct machine_list){.id = list_id, .detail = right == CLIENT_DETAIL, .banks = banks};
    (void)snprintf(l->name, sizeof l->name, "%s", list);
}

static enum assay_err read_one(struct tx *tx, void *ctx, const struct client_row *c, struct err *e)
{
    struct reading *r = ctx;

    if (r->count == r->room) {
        r->room = r->room == 0 ? 16 : 2 * r->room;
        r->list = mem_resize(r->list, r->room, sizeof *r->list);
    }
    struct machine *m = &r->list[r->count++];
    memset(m, 0, sizeof *m);
    m->row = *c;
    return client_lists(tx, c->id, read_right, m, e);
}

static enum assay_err read_all(struct tx *tx, void *ctx, struct err *e)
{
    struct reading *r = ctx;

    r->count = 0;
    return client_each(tx, read_one, r, e);
}

/* Under the lock. A store that cannot be read lets nobody in. */
static enum assay_err refresh(struct machines *m, struct err *e)
{
    struct reading r = {0};
    int64_t now = clock_mono_ms();

    if (m->known_ms != 0 && now - m->known_ms < FRESH_MS)
        return ASSAY_OK;
    enum assay_err rc = store_read(m->store, read_all, &r, e);
    if (rc != ASSAY_OK) {
        mem_free(r.list);
        return rc;
    }
    mem_free(m->known);
    m->known = r.list;
    m->known_count = r.count;
    m->known_ms = now;
    return ASSAY_OK;
}

static bool is_on(const struct machine *m)
{
    return m->row.disabled_ms == 0 &&
           (m->row.expires_ms == 0 || m->row.expires_ms > clock_now_ms());
}

enum assay_err machines_admit(struct machines *m, const char *key, struct machine *out,
                              struct err *e)
{
    static const uint8_t nobody[CLIENT_MAC_BYTES];
    const struct machine *found = NULL;
    struct people_key sent;
    enum assay_err rc = people_key_parse(m->keys, key, &sent);

    if (rc != ASSAY_OK)
        return err_set(e, rc, "this is no key of a client that may ask now");
    (void)pthread_mutex_lock(&m->lock);
    if ((rc = refresh(m, e)) != 0)
        goto out;
    for (size_t i = 0; i < m->known_count; i++) {
        if (str_equal(m->known[i].row.key_id, sent.id))
            found = &m->known[i];
    }
    const uint8_t *mac = found != NULL && !found->row.has_sha256 ? sent.old_mac : sent.mac;
    bool good = str_equal_secret(found == NULL ? nobody : found->row.key_mac, mac, sizeof sent.mac);
    if (good && found != NULL && is_on(found))
        *out = *found;
    else
        rc = err_set(e, ASSAY_EDENIED, "this is no key of a client that may ask now");
out:
    (void)pthread_mutex_unlock(&m->lock);
    return rc;
}

typedef bool is_fn(const struct machine *m, const void *what);

static enum assay_err admit_by(struct machines *m, is_fn *is, const void *what, struct machine *out,
                               struct err *e)
{
    const struct machine *found = NULL;

    (void)pthread_mutex_lock(&m->lock);
    enum assay_err rc = refresh(m, e);
    for (size_t i = 0; rc == ASSAY_OK && i < m->known_count; i++) {
        if (is(&m->known[i], what) && is_on(&m->known[i]))
            found = &m->known[i];
    }
    if (found != NULL)
        *out = *found;
    else if (rc == ASSAY_OK)
        rc = err_set(e, ASSAY_EDENIED, "there is no such client that may ask now");
    (void)pthread_mutex_unlock(&m->lock);
    return rc;
}

static bool has_cert(const struct machine *m, const void *sha256)
{
    return m->row.has_cert && m->row.cert_until_ms > clock_now_ms() &&
           memcmp(m->row.cert_sha256, sha256, sizeof m->row.cert_sha256) == 0;
}

enum assay_err machines_admit_cert(struct machines *m, const uint8_t sha256[CERT_BYTES],
                                   struct machine *out, struct err *e)
{
    return admit_by(m, has_cert, sha256, out, e);
}

static bool has_name(const struct machine *m, const void *name)
{
    return str_equal(m->row.name, name);
}

enum assay_err machines_admit_local(struct machines *m, struct machine *out, struct err *e)
{
    return admit_by(m, has_name, MACHINES_LOCAL, out, e);
}

/* ---- how much ---- */

/* Under the lock. */
static struct account *account_of(struct machines *m, const struct machine *who)
{
    struct account *a = m->accounts;

    while (a != NULL && a->client_id != who->row.id)
        a = a->next;
    if (a != NULL)
        return a;
    a = mem_zalloc(sizeof *a);
    a->client_id = who->row.id;
    a->left = (double)who->row.burst;
    a->left_ms = clock_mono_ms();
    a->tally_count = 1;
    a->next = m->accounts;
    m->accounts = a;
    return a;
}

enum assay_err machines_take(struct machines *m, const struct machine *who, int64_t hashes,
                             int64_t *wait_s, struct err *e)
{
    double burst = (double)who->row.burst, rate = (double)who->row.rate, wanted = (double)hashes;
    enum assay_err rc = ASSAY_OK;

    (void)pthread_mutex_lock(&m->lock);
    struct account *a = account_of(m, who);
    int64_t now = clock_mono_ms();
    a->left += (double)(now - a->left_ms) * rate / 1000;
    a->left = a->left > burst ? burst : a->left;
    a->left_ms = now;
    if (wanted <= a->left) {
        a->left -= wanted;
    } else if (wanted > burst) {
        *wait_s = 0;
        rc = err_set(e, ASSAY_ELIMIT, "at most %lld hashes may be asked at once",
                     (long long)who->row.burst);
    } else {
        *wait_s = (int64_t)((wanted - a->left) / rate) + 1;
        rc = err_set(e, ASSAY_ELIMIT, "%lld hashes a second may be asked; try again in %lld s",
                     (long long)who->row.rate, (long long)*wait_s);
    }
    (void)pthread_mutex_unlock(&m->lock);
    return rc;
}

/* ---- what it was told ---- */

void machines_count(struct machines *m, const struct machine *who, int64_t list_id,
                    enum machine_outcome outcome, int64_t count)
{
    (void)pthread_mutex_lock(&m->lock);
    struct account *a = account_of(m, who);
    size_t i = 0;
    while (i < a->tally_count && a->tallies[i].list_id != list_id)
        i++;
    if (i <= MACHINES_LISTS_MAX) {
        if (i == a->tally_count)
            a->tallies[a->tally_count++] = (struct tally){.list_id = list_id};
        a->tallies[i].count[outcome] += count;
        a->asked = true;
    }
    (void)pthread_mutex_unlock(&m->lock);
}

void machines_hit(struct machines *m, const struct machine *who, int64_t row_id)
{
    if (!str_equal(who->row.keeps, "hits"))
        return;
    (void)pthread_mutex_lock(&m->lock);
    if (m->hit_count == m->hits_room && m->hits_room < HITS_MAX) {
        m->hits_room = m->hits_room == 0 ? 64 : 2 * m->hits_room;
        m->hits = mem_resize(m->hits, m->hits_room, sizeof *m->hits);
    }
    if (m->hit_count < m->hits_room)
        m->hits[m->hit_count++] = (struct hit){who->row.id, row_id};
    (void)pthread_mutex_unlock(&m->lock);
}

/* ---- writing it down ---- */

struct flush {
    struct account *accounts; /* those that were asked; ours */
    size_t account_count;
    struct hit *hits;
    size_t hit_count;
};

static enum assay_err write_account(struct tx *tx, const struct account *a, int64_t now,
                                    struct err *e)
{
    char data[256];
    enum assay_err rc;

    for (size_t i = 0; i < a->tally_count; i++) {
        for (unsigned o = 0; o < MACHINE_OUTCOMES; o++) {
            const struct client_count_row row = {.client_id = a->client_id,
                                                 .day = now / DAY_MS,
                                                 .list_id = a->tallies[i].list_id,
                                                 .outcome = outcomes[o],
                                                 .count = a->tallies[i].count[o]};
            if (row.count != 0 && row.outcome != NULL && (rc = client_count_add(tx, &row, e)) != 0)
                return rc;
        }
    }
    const int64_t *all = a->tallies[0].count;
    (void)snprintf(data, sizeof data,
                   "{\"calls\":%lld,\"match\":%lld,\"no_match\":%lld,\"unmatchable\":%lld,"
                   "\"test\":%lld,\"limited\":%lld,\"fed\":%lld}",
                   (long long)all[MACHINE_CALL], (long long)all[MACHINE_MATCH],
                   (long long)all[MACHINE_NO_MATCH], (long long)all[MACHINE_UNMATCHABLE],
                   (long long)all[MACHINE_TEST], (long long)all[MACHINE_LIMITED],
                   (long long)all[MACHINE_FED]);
    const struct audit_entry entry = {.action = AUDIT_CLIENT_MATCHED,
                                      .actor = people_system(),
                                      .objects = {{"client", a->client_id}},
                                      .data = data};
    return audit_write(tx, &entry, NULL, e);
}

static enum assay_err write_flush(struct tx *tx, void *ctx, struct err *e)
{
    const struct flush *f = ctx;
    int64_t now = clock_now_ms();
    enum assay_err rc = ASSAY_OK;

    for (size_t i = 0; rc == ASSAY_OK && i < f->account_count; i++)
        rc = write_account(tx, &f->accounts[i], now, e);
    for (size_t i = 0; rc == ASSAY_OK && i < f->hit_count; i++)
        rc = client_hit_add(tx, f->hits[i].client_id, f->hits[i].row_id, now, e);
    return rc;
}

/* Under the lock: what there is goes into f, and counting begins anew. */
static void collect(struct machines *m, struct flush *f)
{
    size_t count = 0;

    for (struct account *a = m->accounts; a != NULL; a = a->next)
        count += a->asked;
    f->accounts = mem_array(count + 1, sizeof *f->accounts);
    for (struct account *a = m->accounts; a != NULL; a = a->next) {
        if (!a->asked)
            continue;
        f->accounts[f->account_count++] = *a;
        a->asked = false;
        memset(a->tallies, 0, sizeof a->tallies);
        a->tally_count = 1;
    }
    f->hits = m->hits;
    f->hit_count = m->hit_count;
    m->hits = NULL;
    m->hit_count = m->hits_room = 0;
}

/* Under the lock: what could not be written is counted again with what came since. */
static void put_back(struct machines *m, const struct flush *f)
{
    for (size_t i = 0; i < f->account_count; i++) {
        struct account *a = m->accounts;
        while (a->client_id != f->accounts[i].client_id)
            a = a->next;
        for (size_t t = 0; t < f->accounts[i].tally_count; t++) {
            const struct tally *from = &f->accounts[i].tallies[t];
            size_t to = 0;
            while (to < a->tally_count && a->tallies[to].list_id != from->list_id)
                to++;
            if (to > MACHINES_LISTS_MAX)
                continue;
            if (to == a->tally_count)
                a->tallies[a->tally_count++] = (struct tally){.list_id = from->list_id};
            for (unsigned o = 0; o < MACHINE_OUTCOMES; o++)
                a->tallies[to].count[o] += from->count[o];
        }
        a->asked = true;
    }
}

enum assay_err machines_flush(struct machines *m, struct err *e)
{
    struct flush f = {0};
    enum assay_err rc = ASSAY_OK;

    (void)pthread_mutex_lock(&m->flushing);
    (void)pthread_mutex_lock(&m->lock);
    collect(m, &f);
    (void)pthread_mutex_unlock(&m->lock);
    if (f.account_count > 0 && (rc = store_write(m->store, write_flush, &f, e)) != 0) {
        (void)pthread_mutex_lock(&m->lock);
        put_back(m, &f);
        (void)pthread_mutex_unlock(&m->lock);
    }
    (void)pthread_mutex_unlock(&m->flushing);
    mem_free(f.accounts);
    mem_free(f.hits);
    return rc;
}

static void *flush_now_and_then(void *ctx)
{
    struct machines *m = ctx;
    bool ending = false;

    while (!ending) {
        struct timespec until = clock_mono_in(MACHINES_FLUSH_MS);
        struct err e = {0};
        (void)pthread_mutex_lock(&m->lock);
        if (!m->ending)
            (void)pthread_cond_timedwait(&m->wake, &m->lock, &until);
        ending = m->ending;
        (void)pthread_mutex_unlock(&m->lock);
        enum assay_err rc = machines_flush(m, &e);
        if (rc != ASSAY_OK)
            log_warn("client.not_counted", LOG_ERR(rc), LOG_TEXT("why", e.text));
    }
    return NULL;
}

struct machines *machines_new(struct store *s, const struct keys *k)
{
    struct machines *m = mem_zalloc(sizeof *m);
    pthread_condattr_t attributes;

    m->store = s;
    m->keys = k;
    (void)pthread_mutex_init(&m->lock, NULL);
    (void)pthread_mutex_init(&m->flushing, NULL);
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&m->wake, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    m->threaded = pthread_create(&m->thread, NULL, flush_now_and_then, m) == 0;
    if (!m->threaded)
        log_error("client.no_thread", LOG_NONE);
    return m;
}

void machines_free(struct machines *m)
{
    if (m == NULL)
        return;
    (void)pthread_mutex_lock(&m->lock);
    m->ending = true;
    (void)pthread_cond_broadcast(&m->wake);
    (void)pthread_mutex_unlock(&m->lock);
    if (m->threaded)
        (void)pthread_join(m->thread, NULL);
    while (m->accounts != NULL) {
        struct account *next = m->accounts->next;
        mem_free(m->accounts);
        m->accounts = next;
    }
    mem_free(m->known);
    mem_free(m->hits);
    (void)pthread_cond_destroy(&m->wake);
    (void)pthread_mutex_destroy(&m->flushing);
    (void)pthread_mutex_destroy(&m->lock);
    mem_free(m);
}
