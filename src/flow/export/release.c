/* Releases: listed, shown, asked for. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/rand.h"
#include "base/str.h"
#include "flow/export/answer.h"
#include "flow/listed.h"
#include "store/schemes.h"
#include "store/workspace.h"

#define LIST_MAX  50 /* releases on the page, newest first */
#define ABOUT_MAX (2 * 1024 * 1024)

struct listing {
    struct world *world;
    const struct caller *caller;
    struct tx *tx;
    struct json_out out;
    struct buf *answer;
    int64_t id;
    /* of the scheme that is being counted */
    const struct scheme *scheme;
    struct export_ready ready;
    /* of what lists hold back */
    size_t guards;
    int64_t reason_of; /* the list whose reason is known; 0: none */
    char reason[LISTED_SOURCE_SIZE];
};

static enum assay_err count_ready(void *ctx, const struct release_count *c, struct err *e)
{
    struct listing *l = ctx;
    const struct scheme_code *code = scheme_find_code(l->scheme, c->code);

    (void)e;
    if (code == NULL || !code->listed)
        return ASSAY_OK;
    l->ready.rows += c->ready;
    l->ready.single += c->single;
    l->ready.held_lots += c->held;
    return ASSAY_OK;
}

static enum assay_err keep_reason(void *ctx, const struct list_row_head *head, int64_t rows,
                                  struct err *e)
{
    struct listing *l = ctx;
    struct buf plain;

    (void)rows;
    (void)e;
    buf_init(&plain, ABOUT_MAX);
    flow_list_about(l->world->keys, head, &plain);
    flow_listed_text(plain.data, plain.size, "reason", l->reason);
    buf_wipe(&plain);
    return ASSAY_OK;
}

static enum assay_err add_guard(void *ctx, const struct release_guard *g, struct err *e)
{
    struct listing *l = ctx;
    const struct scheme_code *code = scheme_find_code(l->scheme, g->code);
    enum assay_err rc;

    if (code == NULL || !code->listed || ++l->guards >= RELEASES_GUARDS_MAX)
        return ASSAY_OK;
    if (l->reason_of != g->list_id) {
        l->reason[0] = '\0';
        if ((rc = list_head(l->tx, g->list_id, keep_reason, l, e)) != 0)
            return rc;
        l->reason_of = g->list_id;
    }
    json_object(&l->out, NULL);
    json_id(&l->out, "item", g->item_id);
    json_text(&l->out, "code", g->code);
    json_text(&l->out, "list", g->list);
    json_text(&l->out, "kind", g->kind);
    json_text(&l->out, "reason", l->reason[0] == '\0' ? NULL : l->reason);
    json_text(&l->out, "hash", g->hash);
    json_int(&l->out, "distance", g->distance);
    json_time(&l->out, "expires_at", g->expires_ms);
    json_object_end(&l->out);
    return ASSAY_OK;
}

static enum assay_err add_candidate(void *ctx, const char *name)
{
    struct listing *l = ctx;
    enum assay_err rc;

    l->ready = (struct export_ready){0};
    if ((rc = flow_scheme_tx(l->world, l->tx, name, &l->scheme, NULL)) != 0 ||
        (rc = release_candidates(l->tx, name, count_ready, l, NULL)) != 0)
        return rc;
    json_object(&l->out, NULL);
    json_text(&l->out, "scheme", name);
    json_int(&l->out, "rows", l->ready.rows);
    json_int(&l->out, "held_lots", l->ready.held_lots);
    json_int(&l->out, "held_readings", l->ready.single);
    l->guards = 0;
    json_array(&l->out, "guarded");
    rc = release_guards(l->tx, name, add_guard, l, NULL);
    json_array_end(&l->out);
    json_bool(&l->out, "more_guarded", l->guards >= RELEASES_GUARDS_MAX);
    json_object_end(&l->out);
    return rc;
}

static enum assay_err add_one(void *ctx, const struct release_row *r, struct err *e)
{
    struct listing *l = ctx;
    struct export_codes codes;
    enum assay_err rc = answer_codes(l->tx, r->id, &codes, e);

    if (rc != ASSAY_OK)
        return rc;
    answer_begin(&l->out, r, &codes, l->caller);
    json_object_end(&l->out);
    return ASSAY_OK;
}

static enum assay_err list(struct tx *tx, void *ctx, struct err *e)
{
    struct listing *l = ctx;
    enum assay_err rc;

    l->tx = tx;
    buf_reset(l->answer);
    json_out_init(&l->out, l->answer);
    json_object(&l->out, NULL);
    json_array(&l->out, "releases");
    if ((rc = release_each(tx, LIST_MAX, add_one, l, e)) != 0)
        return rc;
    json_array_end(&l->out);
    json_array(&l->out, "candidates");
    if ((rc = schemes_each(tx, add_candidate, l, e)) != 0)
        return rc;
    json_array_end(&l->out);
    json_object_end(&l->out);
    return ASSAY_OK;
}

enum assay_err release_list(struct world *w, const struct caller *c, struct buf *answer,
                            struct err *e)
{
    struct listing l = {.world = w, .caller = c, .answer = answer};

    return store_read(w->store, list, &l, e);
}

static enum assay_err get(struct tx *tx, void *ctx, struct err *e)
{
    struct listing *l = ctx;
    struct release_row r;
    enum assay_err rc = export_find(tx, l->id, &r, e);

    return rc != ASSAY_OK ? rc : answer_release(tx, &r, l->caller, l->answer, e);
}

enum assay_err release_get(struct world *w, const struct caller *c, int64_t id, struct buf *answer,
                           struct err *e)
{
    struct listing l = {.world = w, .caller = c, .answer = answer, .id = id};

    return store_read(w->store, get, &l, e);
}

/* ---- asking ---- */

/* What a row of the release is of: 24 bytes each are held, the lists are not. */
struct chosen {
    int64_t task_id, decision_id, readings;
};

struct request {
    struct world *world;
    const struct caller *caller;
    const struct once *once;
    const char *name;
    struct buf *answer;
    bool seen, replayed; /* the key was used; its answer was given again */
    const struct scheme *scheme;
    struct export_lists lists;
    struct export_ready ready;
    struct release_row row;
    struct chosen *chosen;
    size_t room;
    int64_t written; /* rows that are in the store */
};

static enum assay_err choose(void *ctx, const struct release_line *l, struct err *e)
{
    struct request *q = ctx;
    const struct scheme_code *code = scheme_find_code(q->scheme, l->code);

    if (code == NULL || !code->listed)
        return ASSAY_OK;
    if (l->readings < q->row.min_readings) {
        q->ready.held_readings++;
        return ASSAY_OK;
    }
    if ((size_t)q->lists.rows == q->room) {
        q->room = q->room == 0 ? RELEASES_PAGE : 2 * q->room;
        q->chosen = mem_resize(q->chosen, q->room, sizeof *q->chosen);
    }
    q->chosen[q->lists.rows] = (struct chosen){l->task_id, l->decision_id, l->readings};
    return export_add(&q->lists, l, e);
}

static enum assay_err count_held(void *ctx, const struct release_count *c, struct err *e)
{
    struct request *q = ctx;
    const struct scheme_code *code = scheme_find_code(q->scheme, c->code);

    (void)e;
    if (code != NULL && code->listed)
        q->ready.held_lots += c->held;
    return ASSAY_OK;
}

/* What is missing, in words. */
static enum assay_err nothing(const struct request *q, struct err *e)
{
    const struct export_ready *r = &q->ready;
    char lots[96] = "", readings[96] = "";

    if (r->held_lots == 0 && r->held_readings == 0)
        return err_set(e, ASSAY_ESTATE,
                       "there is nothing to release: no task of %s has a decision on a listed code "
                       "whose lot has passed",
                       q->scheme->name);
    if (r->held_lots > 0)
        (void)snprintf(lots, sizeof lots, "; %lld listed in lots that are not closed yet",
                       (long long)r->held_lots);
    if (r->held_readings > 0)
        (void)snprintf(readings, sizeof readings, "; %lld passed with fewer than %lld readings",
                       (long long)r->held_readings, (long long)q->row.min_readings);
    return err_set(e, ASSAY_ESTATE, "there is nothing to release of %s yet%s%s", q->scheme->name,
                   lots, readings);
}

/* A request that was answered before is not computed again; insert gives its answer. */
static enum assay_err look_back(struct tx *tx, struct request *q, struct err *e)
{
    uint8_t body_sha256[32];

    if (q->once == NULL || q->once->key == NULL)
        return ASSAY_OK;
    enum assay_err rc = once_get(tx, q->caller->staff_id, q->once->key, body_sha256, q->answer, e);
    q->seen = rc == ASSAY_OK;
    return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
}

/* One snapshot of all pages, so that the content is of one moment. */
static enum assay_err compute(struct tx *tx, void *ctx, struct err *e)
{
    struct request *q = ctx;
    uint8_t last[32];
    size_t count = 0;
    enum assay_err rc;

    q->ready = (struct export_ready){0};
    if ((rc = look_back(tx, q, e)) != 0 || q->seen)
        return rc;
    rc = flow_scheme_tx(q->world, tx, q->name, &q->scheme, e);
    if (rc == ASSAY_ENOTFOUND)
        return err_set(e, rc, "the scheme %.40s is not loaded here", q->name);
    if (rc != ASSAY_OK)
        return rc;
    q->lists.scheme = q->scheme->name;
    q->lists.kind = export_kind(q->world, q->scheme);
    if ((rc = export_start(&q->lists, e)) != 0)
        return rc;
    const uint8_t *after = NULL;
    do {
        rc = release_ready(tx, q->scheme->name, after, last, &count, choose, q, e);
        after = last;
    } while (rc == ASSAY_OK && count == RELEASES_PAGE);
    if (rc != ASSAY_OK)
        return rc;
    if (q->lists.rows == 0)
        return (rc = release_candidates(tx, q->scheme->name, count_held, q, e)) != 0
                   ? rc
                   : nothing(q, e);
    return export_finish(&q->lists, e);
}

static enum assay_err insert(struct tx *tx, void *ctx, struct err *e)
{
    struct request *q = ctx;
    struct release_row r;
    struct json_out o;
    char hex[65], data[320];
    enum assay_err rc;

    if ((rc = flow_once_begin(tx, q->caller, q->once, q->answer, &q->replayed, e)) != 0 ||
        q->replayed)
        return rc;
    if (q->seen)
        return err_set(e, ASSAY_EBUSY, "the first answer to this request is gone; ask again");
    q->row.id = rand_id();
    q->row.requested_ms = clock_now_ms();
    str_hex(q->row.content_sha256, sizeof q->row.content_sha256, hex);
    (void)snprintf(data, sizeof data,
                   "{\"scheme\":\"%s\",\"scheme_version\":%lld,\"min_readings\":%lld,"
                   "\"rows\":%lld,\"content_sha256\":\"%s\"}",
                   q->row.scheme, (long long)q->row.scheme_version, (long long)q->row.min_readings,
                   (long long)q->row.row_count, hex);
    struct audit_entry entry = {.action = AUDIT_RELEASE_REQUESTED,
                                .actor = people_actor(q->caller, PEOPLE_RELEASE),
                                .objects = {{"release", q->row.id}},
                                .data = data};
    if ((rc = release_insert(tx, &q->row, e)) != 0 ||
        (rc = audit_write(tx, &entry, NULL, e)) != 0 ||
        (rc = release_find(tx, q->row.id, &r, e)) != 0)
        return rc;
    json_out_init(&o, q->answer);
    answer_begin(&o, &r, &q->lists.codes, q->caller);
    json_int(&o, "held", q->ready.held_readings);
    json_object_end(&o);
    return flow_once_end(tx, q->caller, q->once, q->answer, e);
}

/* The next page of rows. Until all are there, the release cannot be approved: its content is not
 * what it says. */
static enum assay_err insert_page(struct tx *tx, void *ctx, struct err *e)
{
    const struct request *q = ctx;
    int64_t end = q->written + RELEASES_PAGE;
    enum assay_err rc = ASSAY_OK;

    for (int64_t i = q->written; rc == ASSAY_OK && i < end && i < q->row.row_count; i++) {
        struct release_line l = {.task_id = q->chosen[i].task_id,
                                 .decision_id = q->chosen[i].decision_id,
                                 .readings = q->chosen[i].readings};
        rc = release_add_row(tx, q->row.id, i, &l, e);
    }
    return rc;
}

static enum assay_err keep(struct request *q, struct err *e)
{
    enum assay_err rc;

    q->row.row_count = q->lists.rows;
    q->row.requested_by = q->caller->staff_id;
    memcpy(q->row.content_sha256, q->lists.content_sha256, sizeof q->row.content_sha256);
    if (!q->seen) {
        q->row.scheme_version = q->scheme->version;
        (void)snprintf(q->row.scheme, sizeof q->row.scheme, "%s", q->scheme->name);
    }
    rc = store_write(q->world->store, insert, q, e);
    while (rc == ASSAY_OK && !q->replayed && q->written < q->row.row_count) {
        rc = store_write(q->world->store, insert_page, q, e);
        q->written += RELEASES_PAGE;
    }
    return rc;
}

enum assay_err release_request(struct world *w, const struct caller *c, const struct once *o,
                               const char *scheme, int64_t min_readings, struct buf *answer,
                               struct err *e)
{
    struct request q = {.world = w, .caller = c, .once = o, .name = scheme, .answer = answer};
    enum assay_err rc;

    if (min_readings < 1 || min_readings > EXPORT_READINGS_MAX)
        return err_set(e, ASSAY_EFORMAT, "min_readings is from 1 to %d", EXPORT_READINGS_MAX);
    q.row.min_readings = min_readings;
    rc = store_read(w->store, compute, &q, e);
    if (rc == ASSAY_OK)
        rc = keep(&q, e);
    export_clear(&q.lists);
    mem_free(q.chosen);
    return rc;
}
