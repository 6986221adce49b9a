/* Items as text: looking for them, the record of one, its names on request. */
#include "flow/items/items.h"

#include "http/api/api.h"

#define QUERY_CHARS 200

enum assay_err api_search_items(struct http_request *r, struct http_answer *a, struct err *e)
{
    static const char *const members[] = {"query", NULL};
    const char *query;
    enum assay_err rc;

    if ((rc = json_only(r->body, members, e)) != 0 ||
        (rc = http_text(r->body, "query", 1, QUERY_CHARS, &query, e)) != 0)
        return rc;
    return items_search(r->world, &r->caller, query, &a->body, e);
}

enum assay_err api_get_item(struct http_request *r, struct http_answer *a, struct err *e)
{
    int64_t id;
    enum assay_err rc = http_id(r, 0, &id, e);

    return rc != ASSAY_OK ? rc : items_record(r->world, &r->caller, id, &a->body, e);
}

enum assay_err api_show_item_names(struct http_request *r, struct http_answer *a, struct err *e)
{
    int64_t id;
    enum assay_err rc = http_id(r, 0, &id, e);

    return rc != ASSAY_OK ? rc : items_names(r->world, &r->caller, id, &a->body, e);
}
