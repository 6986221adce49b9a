/* Referrals: escalated items that go to police. */
#include "base/str.h"
#include "flow/refer/refer.h"
#include "http/api/api.h"

#define CONTACT_CHARS 200
#define REASON_CHARS  2000
#define WORD_CHARS    20
#define FILE_MAX      ((size_t)1 << 20) /* bytes */

enum assay_err api_get_referrals(struct http_request *r, struct http_answer *a, struct err *e)
{
    return referral_list(r->world, &r->caller, &a->body, e);
}

enum assay_err api_refer(struct http_request *r, struct http_answer *a, struct err *e)
{
    static const char *const members[] = {"contact", "reason", "urgent", NULL};
    struct referral_new in = {0};
    enum assay_err rc;

    if ((rc = json_only(r->body, members, e)) != 0 ||
        (rc = http_text(r->body, "contact", 1, CONTACT_CHARS, &in.contact, e)) != 0 ||
        (rc = http_text(r->body, "reason", 1, REASON_CHARS, &in.reason, e)) != 0 ||
        (rc = json_want_bool(r->body, "urgent", &in.urgent, e)) != 0 ||
        (rc = http_id(r, 0, &in.escalation_id, e)) != 0)
        return rc;
    return referral_make(r->world, &r->caller, &r->once, &in, &a->body, e);
}

enum assay_err api_step_referral(struct http_request *r, struct http_answer *a, struct err *e)
{
    static const char *const members[] = {"state", "outcome", NULL};
    const char *state, *outcome = NULL;
    int64_t id;
    enum assay_err rc;

    if ((rc = json_only(r->body, members, e)) != 0 ||
        (rc = http_text(r->body, "state", 1, WORD_CHARS, &state, e)) != 0 ||
        (rc = json_want_text(r->body, "outcome", WORD_CHARS, &outcome, e)) != 0 ||
        (rc = http_id(r, 0, &id, e)) != 0)
        return rc;
    return referral_step(r->world, &r->caller, id, state, outcome, &a->body, e);
}

enum assay_err api_get_referral_file(struct http_request *r, struct http_answer *a, struct err *e)
{
    int64_t id;
    enum assay_err rc = http_id(r, 0, &id, e);

    if (rc != ASSAY_OK)
        return rc;
    a->type = "application/octet-stream";
    a->download = str_equal(r->params[1], REFERRAL_FILE) ? REFERRAL_FILE : REFERRAL_SIGNATURE;
    buf_clear(&a->body);
    buf_init(&a->body, FILE_MAX);
    return referral_file(r->world, &r->caller, id, r->params[1], &a->body, e);
}
