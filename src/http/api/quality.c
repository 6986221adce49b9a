/* Lots, blind readings and corrections. */
#include "base/str.h"
#include "flow/qa/qa.h"
#include "flow/queue/queue.h"
#include "http/api/api.h"

#define CODE_CHARS   40
#define REASON_CHARS 2000

enum assay_err api_get_lots(struct http_request *r, struct http_answer *a, struct err *e)
{
    return qa_lots(r->world, &r->caller, &a->body, e);
}

enum assay_err api_read(struct http_request *r, struct http_answer *a, struct err *e)
{
    static const char *const members[] = {"lease", "code", "tags", "reason", NULL};
    struct qa_reading_new in = {0};
    enum assay_err rc;

    if ((rc = json_only(r->body, members, e)) != 0 ||
        (rc = http_text(r->body, "code", 1, CODE_CHARS, &in.code, e)) != 0 ||
        (rc = http_tags(r, r->body, &in.tags, &in.tag_count, e)) != 0 ||
        (rc = http_text(r->body, "reason", 0, REASON_CHARS, &in.reason, e)) != 0 ||
        (rc = http_body_lease(r, in.lease, e)) != 0)
        return rc;
    return qa_read(r->world, &r->caller, &r->once, &in, &a->body, e);
}

enum assay_err api_get_corrections(struct http_request *r, struct http_answer *a, struct err *e)
{
    return qa_corrections(r->world, &r->caller, &a->body, e);
}

static enum assay_err answer_of(const struct http_request *r, struct qa_answer *in, struct err *e)
{
    static const char *const members[] = {"fix", "contest", NULL};
    static const char *const grade[] = {"code", "tags", NULL};
    const struct json *fix = json_get(r->body, "fix");
    enum assay_err rc = json_only(r->body, members, e);

    if (rc != ASSAY_OK)
        return rc;
    if ((fix == NULL) == (json_get(r->body, "contest") == NULL))
        return err_set(e, ASSAY_EFORMAT, "either fix it or contest it: one of fix and contest");
    if (fix == NULL)
        return http_text(r->body, "contest", 1, REASON_CHARS, &in->contest, e);
    if (fix->kind != JSON_IS_OBJECT)
        return err_set(e, ASSAY_EFORMAT, "fix is an object with code and tags");
    if ((rc = json_only(fix, grade, e)) != 0 ||
        (rc = http_text(fix, "code", 1, CODE_CHARS, &in->code, e)) != 0)
        return rc;
    return http_tags(r, fix, &in->tags, &in->tag_count, e);
}

enum assay_err api_answer_correction(struct http_request *r, struct http_answer *a, struct err *e)
{
    struct qa_answer in = {0};
    int64_t id;
    enum assay_err rc;

    if ((rc = answer_of(r, &in, e)) != 0 || (rc = http_id(r, 0, &id, e)) != 0)
        return rc;
    return qa_answer_correction(r->world, &r->caller, &r->once, id, &in, &a->body, e);
}

enum assay_err api_lease_correction(struct http_request *r, struct http_answer *a, struct err *e)
{
    int64_t id;
    enum assay_err rc = http_id(r, 0, &id, e);

    return rc != ASSAY_OK ? rc : queue_take_correction(r->world, &r->caller, id, &a->body, e);
}

enum assay_err api_close_correction(struct http_request *r, struct http_answer *a, struct err *e)
{
    static const char *const members[] = {"outcome", NULL};
    const char *outcome;
    int64_t id;
    enum assay_err rc;

    if ((rc = json_only(r->body, members, e)) != 0 ||
        (rc = http_text(r->body, "outcome", 1, 16, &outcome, e)) != 0 ||
        (rc = http_id(r, 0, &id, e)) != 0)
        return rc;
    bool upheld = str_equal(outcome, "upheld");
    if (!upheld && !str_equal(outcome, "dropped"))
        return err_set(e, ASSAY_EFORMAT, "outcome is upheld or dropped");
    return qa_close_correction(r->world, &r->caller, &r->once, id, upheld ? QA_UPHELD : QA_DROPPED,
                               &a->body, e);
}

enum assay_err api_supersede(struct http_request *r, struct http_answer *a, struct err *e)
{
    static const char *const members[] = {"code", "tags", "reason", NULL};
    struct qa_supersede_new in = {0};
    int64_t id;
    enum assay_err rc;

    if ((rc = json_only(r->body, members, e)) != 0 ||
        (rc = http_text(r->body, "code", 1, CODE_CHARS, &in.code, e)) != 0 ||
        (rc = http_tags(r, r->body, &in.tags, &in.tag_count, e)) != 0 ||
        (rc = http_text(r->body, "reason", 1, REASON_CHARS, &in.reason, e)) != 0 ||
        (rc = http_id(r, 0, &id, e)) != 0)
        return rc;
    return qa_supersede(r->world, &r->caller, &r->once, id, &in, &a->body, e);
}
