/* Looks items up in the lists that are in memory, and writes what that means for them. */
#include "flow/matching/matching.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/rand.h"
#include "base/str.h"
#include "flow/settings.h"
#include "store/match.h"
#include "store/task.h"

#define ITEMS_MAX  20  /* a transaction */
#define HITS_MAX   100 /* rows that one item is said to match; the strongest come first */
#define PDQS_MAX   66  /* of one item: stored, turned, and of its facets */
#define TASKS_MAX  64
#define SOURCE_MAX 64

struct hit {
    int64_t row_id;
    enum match_kind kind;
    uint32_t distance;
};

struct looked {
    struct match_item item;
    uint8_t pdqs[PDQS_MAX][32];
    size_t pdq_count;
    struct hit hits[HITS_MAX];
    size_t hit_count;
};

struct matching {
    struct world *world;
    int64_t known_seq, hits_max;
    struct looked *items;
    size_t count;
    int64_t done, flooded;
};

/* ---- looking up ---- */

static void add_pdq(struct looked *l, const uint8_t pdq[32])
{
    if (l->pdq_count < PDQS_MAX)
        memcpy(l->pdqs[l->pdq_count++], pdq, 32);
}

static enum assay_err add_facet(void *ctx, int64_t item_id, const uint8_t pdq[32], struct err *e)
{
    (void)item_id;
    (void)e;
    add_pdq(ctx, pdq);
    return ASSAY_OK;
}

static enum assay_err read_items(struct tx *tx, void *ctx, struct err *e)
{
    struct matching *m = ctx;
    int64_t ids[ITEMS_MAX];
    enum assay_err rc = match_job_page(tx, ids, ITEMS_MAX, &m->count, e);

    for (size_t i = 0; rc == ASSAY_OK && i < m->count; i++) {
        struct looked *l = &m->items[i];

        *l = (struct looked){0};
        if ((rc = match_item_get(tx, ids[i], &l->item, e)) != 0)
            break;
        if (l->item.has_pdq)
            add_pdq(l, l->item.pdq);
        if (l->item.has_oriented)
            add_pdq(l, l->item.pdq_oriented);
        rc = match_facets(tx, ids[i] - 1, ids[i], add_facet, l, e);
    }
    return rc;
}

/* The strongest hash by which a row is hit stands for it. */
static void add_hits(struct looked *l, enum match_kind kind, const struct match_hit *hits,
                     size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct hit *h = l->hits, *end = l->hits + l->hit_count;

        while (h < end && h->row_id != (int64_t)hits[i].record)
            h++;
        if (h < end && h->kind == kind && hits[i].distance < h->distance)
            h->distance = hits[i].distance;
        if (h == end && l->hit_count < HITS_MAX)
            l->hits[l->hit_count++] = (struct hit){(int64_t)hits[i].record, kind, hits[i].distance};
    }
}

static enum assay_err look_up(struct match_reader *r, struct looked *l, struct err *e)
{
    const struct {
        enum match_kind kind;
        const uint8_t *hash;
    } exact[] = {
        {MATCH_SHA256, l->item.sha256}, {MATCH_SHA1, l->item.sha1}, {MATCH_MD5, l->item.md5}};
    const struct match_hit *hits;
    size_t count;
    enum assay_err rc;

    for (size_t i = 0; i < 3; i++) {
        if ((rc = match_search(r, exact[i].kind, exact[i].hash, 0, &hits, &count, e)) != 0)
            return rc;
        add_hits(l, exact[i].kind, hits, count);
    }
    for (size_t i = 0; i < l->pdq_count; i++) {
        rc = match_search(r, MATCH_PDQ, l->pdqs[i], MATCHING_RADIUS, &hits, &count, e);
        if (rc != ASSAY_OK)
            return rc;
        add_hits(l, MATCH_PDQ, hits, count);
    }
    return ASSAY_OK;
}

/* ---- what a match means ---- */

static const char *judge(const struct match_target *t, const struct looked *l, const struct hit *h)
{
    const bool differs = t->has_sha256 && memcmp(t->sha256, l->item.sha256, sizeof t->sha256) != 0;
    const bool guard = str_equal(t->kind, "known_good") || str_equal(t->kind, "never_export");

    if (str_equal(t->kind, "test"))
        return "test";
    if (t->quarantined)
        return "quarantined";
    if (guard)
        return h->kind != MATCH_PDQ || h->distance <= MATCHING_TIGHT ? "guard" : "noted";
    if (str_equal(t->kind, "own"))
        return "noted";
    if (h->kind == MATCH_PDQ || h->kind == MATCH_MD5 || differs || !str_equal(t->trust, "trusted"))
        return "candidate";
    return t->code[0] == '\0' ? "noted" : "vote";
}

static enum assay_err write_entry(struct tx *tx, const struct matching *m, enum audit_action action,
                                  const struct match_target *t, const struct match_row *row,
                                  struct err *e)
{
    struct json_out o;
    struct buf data;

    buf_init(&data, 1024);
    json_out_init(&o, &data);
    json_object(&o, NULL);
    json_text(&o, "list", t->list);
    json_id(&o, "row", t->row_id);
    json_text(&o, "hash", row->kind);
    json_int(&o, "distance", row->distance);
    json_text(&o, "outcome", row->outcome);
    json_object_end(&o);
    struct audit_entry entry = {.action = action,
                                .keys = m->world->keys,
                                .actor = people_system(),
                                .objects = {{"item", row->item_id}, {"list", t->list_id}},
                                .data = buf_cstr(&data)};
    enum assay_err rc = audit_write(tx, &entry, NULL, e);
    buf_clear(&data);
    return rc;
}

/* Tags are left out: what a list means by them is its own. */
static enum assay_err vote(struct tx *tx, const struct matching *m, const struct match_target *t,
                           int64_t item_id, struct err *e)
{
    const struct scheme *scheme;
    char source[SOURCE_MAX];
    struct task_row task;
    bool added;
    enum assay_err rc = task_find(tx, item_id, t->scheme, &task, e);

    if (rc != ASSAY_OK)
        return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
    if ((rc = flow_scheme_tx(m->world, tx, t->scheme, &scheme, e)) != 0)
        return rc;
    if (scheme_check_decision(scheme, t->code, NULL, 0, SCHEME_CHECK_PARTIAL, NULL) != ASSAY_OK)
        return ASSAY_OK;
    (void)snprintf(source, sizeof source, "list:%s", t->list);
    const struct vote_row v = {.id = rand_id(),
                               .task_id = task.id,
                               .created_ms = clock_now_ms(),
                               .source = source,
                               .code = t->code,
                               .tags = ""};
    if ((rc = vote_insert(tx, &v, &added, e)) != 0 || !added)
        return rc;
    struct audit_entry entry = {.action = AUDIT_SOURCE_VOTED,
                                .keys = m->world->keys,
                                .actor = people_system(),
                                .objects = {{"task", task.id}, {"vote", v.id}},
                                .texts = {{"source", source}, {"code", t->code}}};
    return audit_write(tx, &entry, NULL, e);
}

/* Somebody made two files of one MD5 or SHA-1, or the list is wrong; both are worth a look. */
static enum assay_err raise_alarm(struct tx *tx, const struct matching *m,
                                  const struct match_target *t, const struct looked *l,
                                  const struct match_row *row, enum match_kind kind, struct err *e)
{
    if ((kind != MATCH_MD5 && kind != MATCH_SHA1) || !t->has_sha256 ||
        memcmp(t->sha256, l->item.sha256, sizeof t->sha256) == 0)
        return ASSAY_OK;
    return write_entry(tx, m, AUDIT_HASH_COLLISION, t, row, e);
}

static enum assay_err join_stack(struct tx *tx, const struct match_target *t,
                                 const struct match_row *row, struct err *e)
{
    const struct stack_new s = {.stack_id = rand_id(),
                                .item_id = row->item_id,
                                .of_item_id = t->item_id,
                                .distance = row->distance,
                                .now_ms = row->found_ms};
    bool added;

    return stack_join(tx, &s, &added, e);
}

static enum assay_err count_hit(struct tx *tx, struct matching *m, const struct match_target *t,
                                const struct match_row *row, struct err *e)
{
    bool flooded;
    enum assay_err rc = list_hit(tx, row->row_id, row->found_ms, m->hits_max, &flooded, e);

    if (rc != ASSAY_OK || !flooded)
        return rc;
    m->flooded++;
    return write_entry(tx, m, AUDIT_LIST_QUARANTINED, t, row, e);
}

static enum assay_err put_hit(struct tx *tx, struct matching *m, const struct looked *l,
                              const struct hit *h, struct err *e)
{
    struct match_target t;
    bool added;
    enum assay_err rc = match_target_get(tx, h->row_id, &t, e);

    if (rc != ASSAY_OK)
        return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
    const int64_t now = clock_now_ms();
    /* A client's own hashes are for its own questions alone. */
    if (!t.live || t.item_id == l->item.id || str_equal(t.kind, "client") ||
        (t.expires_ms != 0 && t.expires_ms <= now))
        return ASSAY_OK;
    const struct match_row row = {.item_id = l->item.id,
                                  .row_id = h->row_id,
                                  .distance = h->distance,
                                  .found_ms = now,
                                  .kind = match_name(h->kind),
                                  .outcome = judge(&t, l, h)};
    if ((rc = match_insert(tx, &row, &added, e)) != 0 || !added)
        return rc;
    if ((rc = write_entry(tx, m, AUDIT_ITEM_MATCHED, &t, &row, e)) != 0 ||
        (rc = raise_alarm(tx, m, &t, l, &row, h->kind, e)) != 0 ||
        (rc = count_hit(tx, m, &t, &row, e)) != 0)
        return rc;
    if (str_equal(row.outcome, "vote"))
        return vote(tx, m, &t, l->item.id, e);
    return h->kind == MATCH_PDQ && t.item_id != 0 ? join_stack(tx, &t, &row, e) : ASSAY_OK;
}

static enum assay_err put_items(struct tx *tx, void *ctx, struct err *e)
{
    struct matching *m = ctx;
    bool ours;
    enum assay_err rc = match_pass_hold(tx, m->known_seq, e);

    m->done = m->flooded = 0;
    for (size_t i = 0; rc == ASSAY_OK && i < m->count; i++) {
        const struct looked *l = &m->items[i];

        if ((rc = match_job_take(tx, l->item.id, &ours, e)) != 0 || !ours)
            continue;
        m->done++;
        for (size_t k = 0; rc == ASSAY_OK && k < l->hit_count; k++)
            rc = put_hit(tx, m, l, &l->hits[k], e);
    }
    return rc;
}

enum assay_err matching_next(struct world *w, struct live *lists, int64_t *count, struct err *e)
{
    /* Before the search: what the lists learn after it is for a pass that begins later. */
    struct matching m = {.world = w, .known_seq = live_seq(lists)};
    struct match_reader *reader;
    enum assay_err rc;

    *count = 0;
    if (!live_ready(lists))
        return err_set(e, ASSAY_EBUSY, "the lists are not read yet");
    if ((rc = settings_get(w->store, "match.hits_day_max", &m.hits_max, e)) != 0)
        return rc;
    m.items = mem_array(ITEMS_MAX, sizeof *m.items);
    reader = live_take(lists);
    rc = store_read(w->store, read_items, &m, e);
    for (size_t i = 0; rc == ASSAY_OK && i < m.count; i++)
        rc = look_up(reader, &m.items[i], e);
    live_give(lists, reader);
    if (rc == ASSAY_OK)
        rc = m.count == 0 ? ASSAY_ENOTFOUND : store_write(w->store, put_items, &m, e);
    if (rc == ASSAY_OK && m.flooded > 0)
        log_warn("lists.quarantined", LOG_COUNT("rows", m.flooded));
    *count = rc == ASSAY_OK ? m.done : 0;
    mem_free(m.items);
    return rc;
}
