/* What the lists know of one hash, asked by a person; each question is on the record. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/str.h"
#include "flow/matching/matching.h"
#include "store/match.h"

#define ROWS_MAX 100

struct found {
    int64_t row_id;
    enum match_kind kind;
    uint32_t distance;
};

struct looking {
    struct world *world;
    const struct caller *caller;
    struct found rows[ROWS_MAX];
    size_t count, digits;
    bool more;
    struct json_out o;
    struct buf *answer;
};

static void keep(struct looking *l, enum match_kind kind, const struct match_hit *hits,
                 size_t count)
{
    for (size_t i = 0; i < count && l->count < ROWS_MAX; i++)
        l->rows[l->count++] = (struct found){(int64_t)hits[i].record, kind, hits[i].distance};
    l->more = l->more || l->count == ROWS_MAX;
}

static enum assay_err look_up(struct looking *l, struct match_reader *r, const char *hash,
                              struct err *e)
{
    static const enum match_kind kinds[] = {MATCH_MD5, MATCH_SHA1, MATCH_SHA256, MATCH_PDQ};
    uint8_t bytes[MATCH_HASH_MAX];
    const struct match_hit *hits;
    size_t count;

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (str_unhex(hash, bytes, match_bytes(kinds[i])) != ASSAY_OK)
            continue;
        l->digits = 2 * match_bytes(kinds[i]);
        enum assay_err rc = match_search(r, kinds[i], bytes, MATCHING_RADIUS, &hits, &count, e);
        if (rc != ASSAY_OK)
            return rc;
        keep(l, kinds[i], hits, count);
    }
    return l->digits > 0 ? ASSAY_OK
                         : err_set(e, ASSAY_EFORMAT, "a hash is 32, 40 or 64 hex digits");
}

static enum assay_err add_row(struct tx *tx, struct looking *l, const struct found *f,
                              struct err *e)
{
    struct match_target t;
    enum assay_err rc = match_target_get(tx, f->row_id, &t, e);

    if (rc != ASSAY_OK || !t.live)
        return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
    json_object(&l->o, NULL);
    json_text(&l->o, "list", t.list);
    json_text(&l->o, "kind", t.kind);
    json_text(&l->o, "trust", t.trust);
    json_text(&l->o, "hash", match_name(f->kind));
    json_int(&l->o, "distance", f->distance);
    json_text(&l->o, "scheme", t.scheme[0] == '\0' ? NULL : t.scheme);
    json_text(&l->o, "code", t.code[0] == '\0' ? NULL : t.code);
    json_bool(&l->o, "quarantined", t.quarantined);
    json_time(&l->o, "expires_at", t.expires_ms);
    json_object_end(&l->o);
    return ASSAY_OK;
}

static enum assay_err answer(struct tx *tx, void *ctx, struct err *e)
{
    struct looking *l = ctx;
    char data[64];
    enum assay_err rc = ASSAY_OK;

    (void)snprintf(data, sizeof data, "{\"digits\":%zu,\"found\":%zu}", l->digits, l->count);
    const struct audit_entry entry = {
        .action = AUDIT_LIST_ASKED,
        .actor = people_actor(l->caller, people_acting_role(l->caller, MATCHING_ASKERS)),
        .data = data};
    buf_reset(l->answer);
    json_out_init(&l->o, l->answer);
    json_object(&l->o, NULL);
    json_array(&l->o, "rows");
    for (size_t i = 0; i < l->count && rc == ASSAY_OK; i++)
        rc = add_row(tx, l, &l->rows[i], e);
    json_array_end(&l->o);
    json_bool(&l->o, "more", l->more);
    json_object_end(&l->o);
    return rc != ASSAY_OK ? rc : audit_write(tx, &entry, NULL, e);
}

enum assay_err matching_look_up(struct world *w, struct live *lists, const struct caller *c,
                                const char *hash, struct buf *out, struct err *e)
{
    struct looking l = {.world = w, .caller = c, .answer = out};
    struct match_reader *r;

    if (!live_ready(lists))
        return err_set(e, ASSAY_EBUSY, "the lists are being read; ask again in a moment");
    r = live_take(lists);
    enum assay_err rc = look_up(&l, r, hash, e);
    live_give(lists, r);
    return rc != ASSAY_OK ? rc : store_write(w->store, answer, &l, e);
}
