/* Batches: the list, opening one, its place in the queue and who may see it. */
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "flow/batch_cases.h"
#include "flow/intake/intake.h"
#include "flow/intake/receipt.h"
#include "http/api/api.h"

#define NAME_CHARS    200
#define FIELD_CHARS   200
#define TIME_BYTES    40
#define NAMED_MAX     200
#define NO_DATE_TEXT  "none"
#define SIGNATURE_MAX 4096 /* bytes */

enum assay_err api_get_batches(struct http_request *r, struct http_answer *a, struct err *e)
{
    return intake_batches(r->world, &r->caller, 0, &a->body, e);
}

static enum assay_err priority_of(const struct json *body, int64_t *out, struct err *e)
{
    static const char *const names[] = {"urgent", "normal", "background"};
    const char *text = NULL;
    enum assay_err rc = json_need_text(body, "priority", 16, &text, e);

    for (int64_t i = 0; rc == ASSAY_OK && i < 3; i++) {
        if (str_equal(text, names[i])) {
            *out = i;
            return ASSAY_OK;
        }
    }
    return rc != ASSAY_OK ? rc
                          : err_set(e, ASSAY_EFORMAT, "priority is urgent, normal or background");
}

static enum assay_err due_of(const struct json *body, int64_t *out, struct err *e)
{
    const char *text = NULL;
    enum assay_err rc = json_need_text(body, "due_at", TIME_BYTES, &text, e);

    if (rc != ASSAY_OK)
        return rc;
    *out = INT64_MAX;
    if (str_equal(text, NO_DATE_TEXT) || clock_parse(text, out) == ASSAY_OK)
        return ASSAY_OK;
    return err_set(e, ASSAY_EFORMAT,
                   "due_at is a time such as 2027-01-31T09:00:00Z, or " NO_DATE_TEXT);
}

static enum assay_err people_of(const struct http_request *r, const int64_t **out, size_t *count,
                                struct err *e)
{
    const struct json *list = json_get(r->body, "people");
    size_t n = 0;

    if (list->kind != JSON_IS_ARRAY || list->size > NAMED_MAX)
        return err_set(e, ASSAY_EFORMAT, "people is an array of at most %d ids", NAMED_MAX);
    int64_t *ids = arena_alloc(r->arena, (list->size + 1) * sizeof *ids);
    for (const struct json *j = list->first; j != NULL; j = j->next) {
        if (j->kind != JSON_IS_STRING || j->text[0] == '0' ||
            str_int64(j->text, 1, INT64_MAX, &ids[n++]) != ASSAY_OK)
            return err_set(e, ASSAY_EFORMAT, "people is an array of ids");
    }
    *out = ids;
    *count = n;
    return ASSAY_OK;
}

/* Priority, due date and people, as far as the body has them. */
static enum assay_err change_of(const struct http_request *r, struct batch_change *c, struct err *e)
{
    enum assay_err rc = ASSAY_OK;

    *c = (struct batch_change){.set_priority = json_get(r->body, "priority") != NULL,
                               .set_due = json_get(r->body, "due_at") != NULL,
                               .set_people = json_get(r->body, "people") != NULL};
    if (c->set_priority)
        rc = priority_of(r->body, &c->priority, e);
    if (rc == ASSAY_OK && c->set_due)
        rc = due_of(r->body, &c->due_ms, e);
    if (rc == ASSAY_OK && c->set_people)
        rc = people_of(r, &c->people, &c->people_count, e);
    return rc;
}

enum assay_err api_open_batch(struct http_request *r, struct http_answer *a, struct err *e)
{
    static const char *const members[] = {"name",           "scheme",    "sender",  "contact",
                                          "case_reference", "authority", "purpose", "handling",
                                          "priority",       "due_at",    NULL};
    struct batch_new in = {.sender = "",
                           .contact = "",
                           .case_reference = "",
                           .authority = "",
                           .purpose = "",
                           .handling = ""};
    struct batch_change more;
    int64_t id;
    enum assay_err rc;

    if ((rc = json_only(r->body, members, e)) != 0 ||
        (rc = http_text(r->body, "name", 1, NAME_CHARS, &in.name, e)) != 0 ||
        (rc = http_text(r->body, "scheme", 1, SCHEME_NAME_MAX, &in.scheme, e)) != 0 ||
        (rc = http_text(r->body, "sender", 0, FIELD_CHARS, &in.sender, e)) != 0 ||
        (rc = http_text(r->body, "contact", 0, FIELD_CHARS, &in.contact, e)) != 0 ||
        (rc = http_text(r->body, "case_reference", 0, FIELD_CHARS, &in.case_reference, e)) != 0 ||
        (rc = http_text(r->body, "authority", 0, FIELD_CHARS, &in.authority, e)) != 0 ||
        (rc = http_text(r->body, "purpose", 0, FIELD_CHARS, &in.purpose, e)) != 0 ||
        (rc = http_text(r->body, "handling", 0, FIELD_CHARS, &in.handling, e)) != 0 ||
        (rc = change_of(r, &more, e)) != 0)
        return rc;
    in.priority = more.set_priority ? more.priority : 1;
    in.due_ms = more.set_due ? more.due_ms : INT64_MAX;
    rc = intake_batch(r->world,
                      people_actor(&r->caller, people_acting_role(&r->caller, INTAKE_OPENERS)), &in,
                      &id, e);
    if (rc == ASSAY_ENOTFOUND)
        return err_set(e, ASSAY_EFORMAT, "there is no scheme %.40s here", in.scheme);
    if (rc != ASSAY_OK)
        return rc;
    a->status = 201;
    return intake_batches(r->world, &r->caller, id, &a->body, e);
}

enum assay_err api_change_batch(struct http_request *r, struct http_answer *a, struct err *e)
{
    static const char *const members[] = {"priority", "due_at", "people", NULL};
    struct batch_change in;
    int64_t id;
    enum assay_err rc;

    if ((rc = json_only(r->body, members, e)) != 0 || (rc = change_of(r, &in, e)) != 0)
        return rc;
    if (!in.set_priority && !in.set_due && !in.set_people)
        return err_set(e, ASSAY_EFORMAT, "nothing to change: give priority, due_at or people");
    if ((rc = http_id(r, 0, &id, e)) != 0)
        return rc;
    return intake_change_batch(r->world, &r->caller, id, &in, &a->body, e);
}

enum assay_err api_get_intake(struct http_request *r, struct http_answer *a, struct err *e)
{
    return intake_monitor(r->world, &r->caller, &a->body, e);
}

enum assay_err api_get_colleagues(struct http_request *r, struct http_answer *a, struct err *e)
{
    return people_colleagues(r->world->store, &a->body, e);
}

enum assay_err api_get_batch_cases(struct http_request *r, struct http_answer *a, struct err *e)
{
    int64_t id;
    const enum assay_err rc = http_id(r, 0, &id, e);

    return rc != ASSAY_OK ? rc : flow_batch_cases(r->world, &r->caller, id, &a->body, e);
}

/* Text and signature together: made again, the text says another time. */
enum assay_err api_make_receipt(struct http_request *r, struct http_answer *a, struct err *e)
{
    struct buf text, signature;
    char *name = NULL;
    int64_t id;
    enum assay_err rc;

    if ((rc = http_id(r, 0, &id, e)) != 0 ||
        (rc = flow_batch_name(r->world, &r->caller, id, &name, e)) != 0)
        return rc;
    buf_init(&text, RECEIPT_MAX);
    buf_init(&signature, SIGNATURE_MAX);
    const uint32_t as = (r->caller.roles & PEOPLE_INTAKE) != 0 ? PEOPLE_INTAKE : PEOPLE_LEAD;
    rc = receipt_make(r->world, people_actor(&r->caller, as), name, &text, &signature, e);
    if (rc == ASSAY_OK) {
        struct json_out o;
        buf_clear(&a->body);
        buf_init(&a->body, (size_t)2 * RECEIPT_MAX);
        json_out_init(&o, &a->body);
        json_object(&o, NULL);
        json_text_n(&o, "receipt", buf_cstr(&text), text.size);
        json_text_n(&o, "signature", buf_cstr(&signature), signature.size);
        json_object_end(&o);
    }
    buf_clear(&text);
    buf_clear(&signature);
    mem_free(name);
    return rc;
}
