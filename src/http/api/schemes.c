/* Schemes in force and the site's guidance. */
#include "http/api/api.h"

#define TARGET_CHARS 81
#define BODY_CHARS   20000

enum assay_err api_get_scheme(struct http_request *r, struct http_answer *a, struct err *e)
{
    return flow_scheme_view(r->world, r->params[0], &a->body, e);
}

enum assay_err api_set_guidance(struct http_request *r, struct http_answer *a, struct err *e)
{
    static const char *const members[] = {"target", "body", NULL};
    const char *target, *body = NULL;
    enum assay_err rc;

    if ((rc = json_only(r->body, members, e)) != 0 ||
        (rc = http_text(r->body, "target", 1, TARGET_CHARS, &target, e)) != 0 ||
        (rc = http_text(r->body, "body", 0, BODY_CHARS, &body, e)) != 0)
        return rc;
    if (body == NULL)
        return err_set(e, ASSAY_EFORMAT, "body is missing; an empty one takes the guidance away");
    return flow_guidance_set(r->world, &r->caller, r->params[0], target, body, &a->body, e);
}
