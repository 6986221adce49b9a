/* What the lists know of hashes, asked by a person; each question is on the record. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/str.h"
#include "flow/decision.h"
#include "flow/listed.h"
#include "flow/matching/matching.h"
#include "format/listfile.h"
#include "store/match.h"

#define ROWS_MAX   100  /* of one ask */
#define TOLD_MAX   1000 /* of all */
#define LIST_ABOUT (2 * 1024 * 1024)

struct found {
    size_t ask;
    int64_t row_id;
    enum match_kind kind;
    uint32_t distance;
};

struct looking {
    struct world *world;
    const struct caller *caller;
    const struct matching_ask *asks;
    size_t ask_count;
    struct found found[TOLD_MAX];
    size_t found_count;
    bool *more;        /* an ask has rows that are not told */
    int64_t source_id; /* whose source is known; 0: none */
    char source[LISTED_SOURCE_SIZE];
    struct json_out o;
    struct buf *answer;
};

/* ---- what is asked ---- */

static void add_hash(struct matching_ask *ask, enum match_kind kind, const uint8_t *bytes)
{
    struct matching_hash *h = &ask->hashes[ask->count];

    if (ask->count == MATCHING_HASHES_MAX)
        return;
    ask->count++;
    h->kind = kind;
    memcpy(h->bytes, bytes, match_bytes(kind));
}

static void add_record_hashes(struct matching_ask *ask, const struct listfile_record *r)
{
    if ((r->has & LISTFILE_MD5) != 0)
        add_hash(ask, MATCH_MD5, r->md5);
    if ((r->has & LISTFILE_SHA1) != 0)
        add_hash(ask, MATCH_SHA1, r->sha1);
    if ((r->has & LISTFILE_SHA256) != 0)
        add_hash(ask, MATCH_SHA256, r->sha256);
    if ((r->has & LISTFILE_PDQ) != 0)
        add_hash(ask, MATCH_PDQ, r->pdq);
    if ((r->has & LISTFILE_ORIENTED) != 0)
        add_hash(ask, MATCH_PDQ, r->pdq_oriented);
    /* 64 digits that may be a PDQ as well say nothing for certain. */
    if ((r->has & (LISTFILE_SHA256 | LISTFILE_PDQ)) == LISTFILE_SHA256) {
        ask->has_sha256 = true;
        memcpy(ask->sha256, r->sha256, sizeof ask->sha256);
    }
}

void matching_ask_of(const char *line, struct matching_ask *out)
{
    static const char between[] = " \t,;";

    *out = (struct matching_ask){0};
    for (line += strspn(line, between);; line += strspn(line, between)) {
        struct listfile_record r = {.quality = -1};
        const char *why = listfile_hash(line, &r, &line);

        if (why != NULL) {
            out->reason = out->count == 0 ? why : NULL;
            return;
        }
        add_record_hashes(out, &r);
    }
}

/* ---- what is found ---- */

static void keep(struct looking *l, size_t ask, enum match_kind kind, const struct match_hit *hits,
                 size_t count, size_t *kept)
{
    for (size_t i = 0; i < count; i++) {
        if (*kept == ROWS_MAX || l->found_count == TOLD_MAX) {
            l->more[ask] = true;
            return;
        }
        (*kept)++;
        l->found[l->found_count++] =
            (struct found){ask, (int64_t)hits[i].record, kind, hits[i].distance};
    }
}

static enum assay_err look_up(struct looking *l, struct match_reader *r, struct err *e)
{
    const struct match_hit *hits;
    size_t count;

    for (size_t i = 0; i < l->ask_count; i++) {
        size_t kept = 0;
        for (size_t h = 0; h < l->asks[i].count; h++) {
            const struct matching_hash *hash = &l->asks[i].hashes[h];
            enum assay_err rc =
                match_search(r, hash->kind, hash->bytes, MATCHING_RADIUS, &hits, &count, e);
            if (rc != ASSAY_OK)
                return rc;
            keep(l, i, hash->kind, hits, count, &kept);
        }
    }
    return ASSAY_OK;
}

/* ---- what is told ---- */

struct row {
    struct looking *looking;
    struct match_target target;
    const struct found *found;
};

static enum assay_err keep_source(void *ctx, const struct list_row_head *head, int64_t rows,
                                  struct err *e)
{
    struct looking *l = ctx;
    struct buf plain;

    (void)rows;
    (void)e;
    buf_init(&plain, LIST_ABOUT);
    flow_list_about(l->world->keys, head, &plain);
    flow_listed_text(plain.data, plain.size, "source", l->source);
    buf_wipe(&plain);
    return ASSAY_OK;
}

/* Whether MD5 or SHA-1 are equal and the SHA-256 are not: one of the two files was made for it. */
static bool is_conflict(const struct row *r)
{
    const struct matching_ask *ask = &r->looking->asks[r->found->ask];

    return (r->found->kind == MATCH_MD5 || r->found->kind == MATCH_SHA1) && ask->has_sha256 &&
           r->target.has_sha256 && memcmp(ask->sha256, r->target.sha256, sizeof ask->sha256) != 0;
}

static enum assay_err add_record(void *ctx, const struct list_record *record, struct err *e)
{
    const struct row *r = ctx;
    const struct match_target *t = &r->target;
    struct json_out *o = &r->looking->o;
    struct flow_row_says listed;

    (void)e;
    flow_listed(r->looking->world->keys, record, &listed);
    const char *source = listed.source[0] != '\0' ? listed.source : r->looking->source;
    json_object(o, NULL);
    json_text(o, "list", t->list);
    json_text(o, "kind", t->kind);
    json_text(o, "trust", t->trust);
    json_text(o, "source", source[0] == '\0' ? NULL : source);
    json_text(o, "hash", match_name(r->found->kind));
    json_int(o, "distance", r->found->distance);
    json_bool(o, "conflict", is_conflict(r));
    json_text(o, "scheme", t->scheme[0] == '\0' ? NULL : t->scheme);
    json_int(o, "scheme_version", record->scheme_version);
    json_text(o, "code", t->code[0] == '\0' ? NULL : t->code);
    flow_add_tags(o, "tags", record->tags);
    json_bool(o, "collage", listed.collage);
    json_bool(o, "quarantined", t->quarantined);
    json_time(o, "expires_at", t->expires_ms);
    json_object_end(o);
    return ASSAY_OK;
}

/* *status: 0 nothing yet, 1 the test list, 2 another. */
static enum assay_err add_row(struct tx *tx, struct looking *l, const struct found *f, int *status,
                              struct err *e)
{
    struct row r = {.looking = l, .found = f};
    enum assay_err rc = match_target_get(tx, f->row_id, &r.target, e);

    if (rc != ASSAY_OK || !r.target.live)
        return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
    if (l->source_id != r.target.list_id) {
        l->source[0] = '\0';
        if ((rc = list_head(tx, r.target.list_id, keep_source, l, e)) != 0)
            return rc;
        l->source_id = r.target.list_id;
    }
    const int is = str_equal(r.target.kind, "test") ? 1 : 2;
    *status = is > *status ? is : *status;
    return list_get(tx, f->row_id, add_record, &r, e);
}

static enum assay_err add_answer(struct tx *tx, struct looking *l, size_t ask, size_t *next,
                                 struct err *e)
{
    static const char *const names[] = {"no_match", "test", "match"};
    const char *reason = l->asks[ask].reason;
    int status = 0;
    enum assay_err rc = ASSAY_OK;

    json_object(&l->o, NULL);
    json_array(&l->o, "rows");
    for (; *next < l->found_count && l->found[*next].ask == ask && rc == ASSAY_OK; (*next)++)
        rc = add_row(tx, l, &l->found[*next], &status, e);
    json_array_end(&l->o);
    json_text(&l->o, "status", status == 0 && reason != NULL ? "unmatchable" : names[status]);
    json_text(&l->o, "reason", reason);
    json_bool(&l->o, "more", l->more[ask]);
    json_object_end(&l->o);
    return rc;
}

static enum assay_err answer(struct tx *tx, void *ctx, struct err *e)
{
    struct looking *l = ctx;
    char data[64];
    size_t next = 0;
    enum assay_err rc = ASSAY_OK;

    (void)snprintf(data, sizeof data, "{\"asked\":%zu,\"found\":%zu}", l->ask_count,
                   l->found_count);
    const struct audit_entry entry = {
        .action = AUDIT_LIST_ASKED,
        .actor = people_actor(l->caller, people_acting_role(l->caller, MATCHING_ASKERS)),
        .data = data};
    buf_reset(l->answer);
    json_out_init(&l->o, l->answer);
    json_array(&l->o, NULL);
    for (size_t i = 0; i < l->ask_count && rc == ASSAY_OK; i++)
        rc = add_answer(tx, l, i, &next, e);
    json_array_end(&l->o);
    return rc != ASSAY_OK ? rc : audit_write(tx, &entry, NULL, e);
}

enum assay_err matching_look_up(struct world *w, struct live *lists, const struct caller *c,
                                const struct matching_ask *asks, size_t count, struct buf *out,
                                struct err *e)
{
    struct match_reader *r;

    if (!live_ready(lists))
        return err_set(e, ASSAY_EBUSY, "the lists are being read; ask again in a moment");
    struct looking *l = mem_zalloc(sizeof *l);
    l->world = w;
    l->caller = c;
    l->asks = asks;
    l->ask_count = count;
    l->answer = out;
    l->more = mem_zalloc(count + 1);
    r = live_take(lists);
    enum assay_err rc = look_up(l, r, e);
    live_give(lists, r);
    if (rc == ASSAY_OK)
        rc = store_write(w->store, answer, l, e);
    mem_free(l->more);
    mem_free(l);
    return rc;
}
