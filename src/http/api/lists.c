/* Lists as people of a workspace see them, and what they know of one hash. */
#include "flow/lists/lists.h"

#include "flow/matching/matching.h"
#include "flow/service/service.h"
#include "http/api/api.h"

#define HASH_CHARS 64

enum assay_err api_get_lists(struct http_request *r, struct http_answer *a, struct err *e)
{
    return lists_show(r->world, NULL, &a->body, e);
}

enum assay_err api_get_list(struct http_request *r, struct http_answer *a, struct err *e)
{
    return lists_show(r->world, r->params[0], &a->body, e);
}

enum assay_err api_look_up(struct http_request *r, struct http_answer *a, struct err *e)
{
    static const char *const members[] = {"hash", NULL};
    const char *hash;
    enum assay_err rc;

    if ((rc = json_only(r->body, members, e)) != 0 ||
        (rc = http_text(r->body, "hash", 1, HASH_CHARS, &hash, e)) != 0)
        return rc;
    return matching_look_up(r->world, r->service->live, &r->caller, hash, &a->body, e);
}
