/* The verbs of the assess screen. */
#include "flow/grade/grade.h"
#include "http/api/api.h"

#define CODE_CHARS 40
#define NOTE_CHARS 2000
#define REASON_MAX 6

enum assay_err api_decide(struct http_request *r, struct http_answer *a, struct err *e)
{
    static const char *const members[] = {"lease", "code", "tags", "note", NULL};
    struct grade_new in = {0};
    enum assay_err rc;

    if ((rc = json_only(r->body, members, e)) != 0 ||
        (rc = http_text(r->body, "code", 1, CODE_CHARS, &in.code, e)) != 0 ||
        (rc = http_tags(r, r->body, &in.tags, &in.tag_count, e)) != 0 ||
        (rc = http_text(r->body, "note", 0, NOTE_CHARS, &in.note, e)) != 0 ||
        (rc = http_body_lease(r, in.lease, e)) != 0)
        return rc;
    return grade_decide(r->world, &r->caller, &r->once, &in, &a->body, e);
}

enum assay_err api_undo(struct http_request *r, struct http_answer *a, struct err *e)
{
    return grade_undo(r->world, &r->caller, &r->once, &a->body, e);
}

enum assay_err api_get_later(struct http_request *r, struct http_answer *a, struct err *e)
{
    return grade_later(r->world, &r->caller, &a->body, e);
}

static enum assay_err only_lease(const struct http_request *r, uint8_t token[QUEUE_TOKEN_BYTES],
                                 struct err *e)
{
    static const char *const members[] = {"lease", NULL};
    enum assay_err rc = json_only(r->body, members, e);

    return rc != ASSAY_OK ? rc : http_body_lease(r, token, e);
}

enum assay_err api_put_off(struct http_request *r, struct http_answer *a, struct err *e)
{
    uint8_t token[QUEUE_TOKEN_BYTES];
    enum assay_err rc = only_lease(r, token, e);

    return rc != ASSAY_OK ? rc : grade_put_off(r->world, &r->caller, &r->once, token, &a->body, e);
}

enum assay_err api_second_look(struct http_request *r, struct http_answer *a, struct err *e)
{
    uint8_t token[QUEUE_TOKEN_BYTES];
    enum assay_err rc = only_lease(r, token, e);

    return rc != ASSAY_OK ? rc
                          : grade_second_look(r->world, &r->caller, &r->once, token, &a->body, e);
}

enum assay_err api_escalate(struct http_request *r, struct http_answer *a, struct err *e)
{
    static const char *const members[] = {"lease", "reason", "note", NULL};
    uint8_t token[QUEUE_TOKEN_BYTES];
    const char *note = NULL;
    int64_t reason;
    enum assay_err rc;

    if ((rc = json_only(r->body, members, e)) != 0 ||
        (rc = json_need_int(r->body, "reason", 1, REASON_MAX, &reason, e)) != 0 ||
        (rc = http_text(r->body, "note", 0, NOTE_CHARS, &note, e)) != 0 ||
        (rc = http_body_lease(r, token, e)) != 0)
        return rc;
    return grade_escalate(r->world, &r->caller, &r->once, token, reason, note, &a->body, e);
}

enum assay_err api_get_escalations(struct http_request *r, struct http_answer *a, struct err *e)
{
    return grade_escalations(r->world, &r->caller, &a->body, e);
}

enum assay_err api_return_escalation(struct http_request *r, struct http_answer *a, struct err *e)
{
    int64_t id;
    enum assay_err rc = http_id(r, 0, &id, e);

    return rc != ASSAY_OK ? rc : grade_return_escalation(r->world, &r->caller, id, &a->body, e);
}
