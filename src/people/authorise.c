/* Authorisations: a named person may view media, authorised by a named person, from and to. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/rand.h"
#include "base/str.h"
#include "people/people_impl.h"
#include "store/authorisation.h"
#include "store/staff.h"

#define PURPOSE_MAX   80  /* bytes, as in the OpenAPI file */
#define REFERENCE_MAX 200 /* the same */

struct authorising {
    const struct keys *keys;
    const struct caller *by;
    struct authorisation_row row;
};

static enum assay_err authorise(struct tx *tx, void *ctx, struct err *e)
{
    struct authorising *a = ctx;
    char from[CLOCK_TEXT_SIZE], to[CLOCK_TEXT_SIZE], data[160];
    struct staff_row staff;
    enum assay_err rc = staff_get(tx, a->row.staff_id, &staff, e);

    if (rc == ASSAY_ENOTFOUND)
        return err_set(e, rc, "there is no such person");
    if (rc != ASSAY_OK)
        return rc;
    a->row.id = rand_id();
    a->row.created_ms = clock_now_ms();
    if ((rc = authorisation_insert(tx, &a->row, e)) != 0)
        return rc;
    clock_text(a->row.from_ms, from);
    clock_text(a->row.to_ms, to);
    (void)snprintf(data, sizeof data, "{\"from\":\"%s\",\"to\":\"%s\"}", from, to);
    const struct audit_entry entry = {
        .action = AUDIT_AUTHORISATION_GRANTED,
        .keys = a->keys,
        .actor = people_actor(a->by, people_acting_role(a->by, PEOPLE_COMPLIANCE)),
        .objects = {{"authorisation", a->row.id}, {"staff", a->row.staff_id}},
        .data = data,
        .texts = {{"authorised_by", a->row.authorised_by},
                  {"purpose", a->row.purpose},
                  {"reference", a->row.reference}}};
    return audit_write(tx, &entry, NULL, e);
}

static bool is_text(const char *text, size_t min, size_t max)
{
    size_t size = strlen(text);

    return size >= min && size <= max && str_is_utf8(text, size);
}

enum assay_err people_authorise(struct store *s, const struct keys *k, const struct caller *by,
                                const struct authorisation_new *in, int64_t *id, struct err *e)
{
    struct authorising a = {.keys = k,
                            .by = by,
                            .row = {.staff_id = in->staff_id,
                                    .authorised_by = in->authorised_by,
                                    .purpose = in->purpose,
                                    .reference = in->reference == NULL ? "" : in->reference,
                                    .from_ms = in->from_ms,
                                    .to_ms = in->to_ms}};

    if (by->staff_id != 0 && by->staff_id == in->staff_id)
        return err_set(e, ASSAY_EDENIED, "nobody authorises themselves; ask another person");
    if (!is_text(a.row.authorised_by, 1, PEOPLE_LABEL_SIZE - 1) ||
        !is_text(a.row.purpose, 1, PURPOSE_MAX) || !is_text(a.row.reference, 0, REFERENCE_MAX))
        return err_set(e, ASSAY_ERANGE,
                       "an authorisation names who gives it and its purpose (up to %d bytes); its "
                       "reference may have up to %d",
                       PURPOSE_MAX, REFERENCE_MAX);
    if (in->from_ms < 0 || in->to_ms <= in->from_ms)
        return err_set(e, ASSAY_ERANGE, "an authorisation must end after it begins");
    enum assay_err rc = store_write(s, authorise, &a, e);
    if (rc == ASSAY_OK)
        *id = a.row.id;
    return rc;
}

struct revoking {
    const struct caller *by;
    int64_t id;
};

static enum assay_err revoke(struct tx *tx, void *ctx, struct err *e)
{
    const struct revoking *r = ctx;
    struct audit_actor by =
        people_actor(r->by, people_acting_role(r->by, PEOPLE_COMPLIANCE | PEOPLE_LEAD));
    int64_t staff_id;
    enum assay_err rc = authorisation_revoke(tx, r->id, clock_now_ms(), &staff_id, e);

    if (rc == ASSAY_ENOTFOUND)
        return err_set(e, rc, "there is no such authorisation, or it is revoked already");
    if (rc != ASSAY_OK)
        return rc;
    const struct audit_entry entry = {.action = AUDIT_AUTHORISATION_REVOKED,
                                      .actor = by,
                                      .objects = {{"authorisation", r->id}, {"staff", staff_id}}};
    if ((rc = audit_write(tx, &entry, NULL, e)) != 0)
        return rc;
    /* What they hold they held by its leave; with another in force they may take tasks anew. */
    return people_end_leases(tx, staff_id, by, "revoked", e);
}

enum assay_err people_revoke(struct store *s, const struct keys *k, const struct caller *by,
                             int64_t authorisation_id, struct err *e)
{
    struct revoking r = {by, authorisation_id};

    (void)k;
    return store_write(s, revoke, &r, e);
}

struct listing {
    struct json_out o;
    struct buf *answer;
    int64_t id;
    bool found;
};

static void list_one(void *ctx, const struct authorisation_row *a)
{
    struct listing *l = ctx;

    l->found = true;
    json_object(&l->o, NULL);
    json_id(&l->o, "authorisation", a->id);
    json_id(&l->o, "staff", a->staff_id);
    json_text(&l->o, "staff_name", a->staff_name);
    json_text(&l->o, "authorised_by", a->authorised_by);
    json_text(&l->o, "purpose", a->purpose);
    json_text(&l->o, "reference", a->reference);
    json_time(&l->o, "from_at", a->from_ms);
    json_time(&l->o, "to_at", a->to_ms);
    json_time(&l->o, "revoked_at", a->revoked_ms);
    json_object_end(&l->o);
}

static enum assay_err list(struct tx *tx, void *ctx, struct err *e)
{
    struct listing *l = ctx;
    enum assay_err rc;

    buf_reset(l->answer);
    json_out_init(&l->o, l->answer);
    if (l->id == 0) {
        json_object(&l->o, NULL);
        json_array(&l->o, "authorisations");
    }
    if ((rc = authorisation_each(tx, l->id, list_one, l, e)) != 0)
        return rc;
    if (l->id == 0) {
        json_array_end(&l->o);
        json_object_end(&l->o);
    } else if (!l->found) {
        return err_set(e, ASSAY_ENOTFOUND, "there is no such authorisation");
    }
    return ASSAY_OK;
}

enum assay_err people_authorisations(struct store *s, int64_t id, struct buf *answer, struct err *e)
{
    struct listing l = {.answer = answer, .id = id};

    return store_read(s, list, &l, e);
}

struct ends {
    int64_t staff_id, until_ms;
};

static enum assay_err read_until(struct tx *tx, void *ctx, struct err *e)
{
    struct ends *n = ctx;

    return authorisation_until(tx, n->staff_id, clock_now_ms(), &n->until_ms, e);
}

enum assay_err people_authorised_until(struct store *s, int64_t staff_id, int64_t *until_ms,
                                       struct err *e)
{
    struct ends n = {.staff_id = staff_id};
    enum assay_err rc = store_read(s, read_until, &n, e);

    if (rc == ASSAY_OK)
        *until_ms = n.until_ms;
    return rc;
}
