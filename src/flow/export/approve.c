/* Approving and refusing a release, and how a release is answered. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "flow/decision.h"
#include "flow/export/answer.h"

#define PREVIEW_ROWS 20
#define REASON_MAX   8000 /* bytes: 2,000 characters */

void answer_begin(struct json_out *o, const struct release_row *r, const struct export_codes *codes,
                  const struct caller *c)
{
    json_object(o, NULL);
    json_id(o, "release", r->id);
    json_text(o, "scheme", r->scheme);
    json_int(o, "scheme_version", r->scheme_version);
    json_int(o, "min_readings", r->min_readings);
    json_int(o, "rows", r->row_count);
    json_hex(o, "content_sha256", r->content_sha256, sizeof r->content_sha256);
    json_text(o, "state", r->state);
    json_text(o, "requested_by", r->requested_label);
    json_time(o, "requested_at", r->requested_ms);
    json_text(o, "decided_by", r->decided_by == 0 ? NULL : r->decided_label);
    json_time(o, "decided_at", r->decided_ms);
    json_time(o, "written_at", r->written_ms);
    json_bool(o, "mine", r->requested_by == c->staff_id);
    json_array(o, "codes");
    for (size_t i = 0; i < codes->count; i++) {
        json_object(o, NULL);
        json_text(o, "code", codes->at[i].code);
        json_int(o, "count", codes->at[i].rows);
        json_object_end(o);
    }
    json_array_end(o);
}

static enum assay_err add_code(void *ctx, const struct release_count *c, struct err *e)
{
    return export_codes_add(ctx, c->code, c->ready, e);
}

enum assay_err answer_codes(struct tx *tx, int64_t id, struct export_codes *out, struct err *e)
{
    out->count = 0;
    return release_codes(tx, id, add_code, out, e);
}

struct preview {
    struct json_out *out;
    const struct release_row *row;
    int64_t left;
};

static enum assay_err add_preview(void *ctx, const struct release_line *l, struct err *e)
{
    struct preview *p = ctx;
    char date[EXPORT_DATE_SIZE];
    struct hashlist_row row;

    (void)e;
    if (p->left == 0)
        return ASSAY_OK;
    p->left--;
    export_row(l, p->row->scheme, SCHEME_LIVE, date, &row);
    json_object(p->out, NULL);
    json_hex(p->out, "sha256", row.sha256, sizeof row.sha256);
    json_text(p->out, "code", row.code);
    flow_add_tags(p->out, "tags", row.tags);
    json_text(p->out, "basis", row.basis);
    json_int(p->out, "readings", row.readings);
    if (row.has_pdq)
        json_int(p->out, "pdq_quality", row.pdq_quality);
    else
        json_null(p->out, "pdq_quality");
    json_text(p->out, "pdq_reason", row.pdq_reason);
    json_object_end(p->out);
    return ASSAY_OK;
}

enum assay_err answer_release(struct tx *tx, const struct release_row *r, const struct caller *c,
                              struct buf *answer, struct err *e)
{
    struct export_codes codes;
    struct json_out o;
    struct preview p = {&o, r, PREVIEW_ROWS};
    size_t count;
    enum assay_err rc = answer_codes(tx, r->id, &codes, e);

    if (rc != ASSAY_OK)
        return rc;
    buf_reset(answer);
    json_out_init(&o, answer);
    answer_begin(&o, r, &codes, c);
    json_array(&o, "preview");
    if ((rc = release_rows(tx, r->id, 0, &count, add_preview, &p, e)) != 0)
        return rc;
    json_array_end(&o);
    json_object_end(&o);
    return ASSAY_OK;
}

/* ---- deciding ---- */

struct deciding {
    struct world *world;
    const struct caller *caller;
    int64_t id;
    const uint8_t *content_sha256;
    const char *reason;
    struct buf *answer;
    struct export_lists lists;
};

static struct audit_actor actor(const struct caller *c)
{
    return people_actor(c, (c->roles & PEOPLE_RELEASE) != 0 ? PEOPLE_RELEASE : PEOPLE_COMPLIANCE);
}

/* A release that this person may decide on. */
static enum assay_err find_open(struct tx *tx, const struct deciding *d, struct release_row *r,
                                struct err *e)
{
    enum assay_err rc = export_find(tx, d->id, r, e);

    if (rc != ASSAY_OK)
        return rc;
    if (r->requested_by == d->caller->staff_id)
        return err_set(e, ASSAY_EDENIED,
                       "you asked for this release; another person decides on it");
    if (!str_equal(r->state, "requested"))
        return err_set(e, ASSAY_ESTATE, "this release was %s already", r->state);
    return ASSAY_OK;
}

/* Make the content again from the rows as they are now: this reads all, so it is not done while the
 * store's writer waits. What changes behind it is seen when the package is written. */
static enum assay_err check(struct tx *tx, void *ctx, struct err *e)
{
    struct deciding *d = ctx;
    const struct scheme *scheme;
    struct release_row r;
    enum assay_err rc;

    if ((rc = find_open(tx, d, &r, e)) != 0)
        return rc;
    if (memcmp(d->content_sha256, r.content_sha256, sizeof r.content_sha256) != 0)
        return err_set(e, ASSAY_ESTATE,
                       "this is not the content that was asked for; read the release again");
    if ((rc = flow_scheme_tx(d->world, tx, r.scheme, &scheme, e)) != 0)
        return rc;
    d->lists.scheme = scheme->name;
    d->lists.kind = export_kind(d->world, scheme);
    return export_stored(tx, &r, &d->lists, e);
}

static enum assay_err approve(struct tx *tx, void *ctx, struct err *e)
{
    struct deciding *d = ctx;
    struct audit_event_id event;
    struct release_row r;
    char hex[65], data[320];
    enum assay_err rc;

    if ((rc = find_open(tx, d, &r, e)) != 0)
        return rc;
    str_hex(r.content_sha256, sizeof r.content_sha256, hex);
    (void)snprintf(data, sizeof data,
                   "{\"scheme\":\"%s\",\"scheme_version\":%lld,\"min_readings\":%lld,"
                   "\"rows\":%lld,\"content_sha256\":\"%s\"}",
                   r.scheme, (long long)r.scheme_version, (long long)r.min_readings,
                   (long long)r.row_count, hex);
    struct audit_actor by = actor(d->caller);
    by.workstation = NULL; /* this entry goes out with the package; the session leads to it */
    struct audit_entry entry = {.action = AUDIT_RELEASE_APPROVED,
                                .actor = by,
                                .objects = {{"release", r.id}},
                                .data = data};
    if ((rc = audit_write(tx, &entry, &event, e)) != 0)
        return rc;
    memcpy(r.event, event.bytes, sizeof r.event);
    r.has_event = true;
    r.decided_by = d->caller->staff_id;
    r.decided_ms = clock_now_ms();
    (void)snprintf(r.state, sizeof r.state, "approved");
    if ((rc = release_decide(tx, &r, e)) != 0 || (rc = release_find(tx, r.id, &r, e)) != 0)
        return rc;
    return answer_release(tx, &r, d->caller, d->answer, e);
}

enum assay_err release_approve(struct world *w, const struct caller *c, int64_t id,
                               const uint8_t content_sha256[32], struct buf *answer, struct err *e)
{
    struct deciding d = {
        .world = w, .caller = c, .id = id, .content_sha256 = content_sha256, .answer = answer};
    enum assay_err rc = store_read(w->store, check, &d, e);

    export_clear(&d.lists);
    return rc != ASSAY_OK ? rc : store_write(w->store, approve, &d, e);
}

static enum assay_err refuse(struct tx *tx, void *ctx, struct err *e)
{
    struct deciding *d = ctx;
    struct release_row r;
    enum assay_err rc;

    if ((rc = find_open(tx, d, &r, e)) != 0)
        return rc;
    struct audit_entry entry = {.action = AUDIT_RELEASE_REFUSED,
                                .keys = d->world->keys,
                                .actor = actor(d->caller),
                                .objects = {{"release", r.id}},
                                .texts = {{"reason", d->reason}}};
    r.decided_by = d->caller->staff_id;
    r.decided_ms = clock_now_ms();
    (void)snprintf(r.state, sizeof r.state, "refused");
    if ((rc = audit_write(tx, &entry, NULL, e)) != 0 || (rc = release_decide(tx, &r, e)) != 0 ||
        (rc = release_find(tx, r.id, &r, e)) != 0)
        return rc;
    return answer_release(tx, &r, d->caller, d->answer, e);
}

enum assay_err release_refuse(struct world *w, const struct caller *c, int64_t id,
                              const char *reason, struct buf *answer, struct err *e)
{
    struct deciding d = {.world = w, .caller = c, .id = id, .reason = reason, .answer = answer};

    if (reason[0] == '\0' || strlen(reason) > REASON_MAX)
        return err_set(e, ASSAY_EFORMAT, "say why, in at most %d bytes", REASON_MAX);
    return store_write(w->store, refuse, &d, e);
}
