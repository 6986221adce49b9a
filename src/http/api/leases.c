/* Tasks handed out, kept and given back; pictures by tickets. */
#include <string.h>

#include "base/str.h"
#include "flow/queue/queue.h"
#include "http/api/api.h"

#define TAKE_MAX     4
#define SHOWN_MS_MAX 3600000

enum assay_err api_take_leases(struct http_request *r, struct http_answer *a, struct err *e)
{
    static const char *const members[] = {"queue", "count", "task", NULL};
    enum queue_name queue;
    const char *name;
    int64_t count, task = 0;
    enum assay_err rc;

    if ((rc = json_only(r->body, members, e)) != 0 ||
        (rc = http_text(r->body, "queue", 1, 16, &name, e)) != 0 ||
        (rc = json_need_int(r->body, "count", 1, TAKE_MAX, &count, e)) != 0 ||
        (json_get(r->body, "task") != NULL && (rc = json_need_id(r->body, "task", &task, e)) != 0))
        return rc;
    if (queue_parse(name, &queue) != ASSAY_OK)
        return err_set(e, ASSAY_EFORMAT,
                       "queue is one of grade, later, escalated, reading and third");
    return queue_take(r->world, &r->caller, queue, count, task, &a->body, e);
}

enum assay_err api_extend_lease(struct http_request *r, struct http_answer *a, struct err *e)
{
    uint8_t token[QUEUE_TOKEN_BYTES];
    enum assay_err rc = http_lease(r, 0, token, e);

    return rc != ASSAY_OK ? rc : queue_extend(r->world, &r->caller, token, &a->body, e);
}

enum assay_err api_return_lease(struct http_request *r, struct http_answer *a, struct err *e)
{
    uint8_t token[QUEUE_TOKEN_BYTES];
    enum assay_err rc = http_lease(r, 0, token, e);

    a->status = 204;
    return rc != ASSAY_OK ? rc : queue_return(r->world, &r->caller, token, e);
}

static enum assay_err renditions_of(const struct http_request *r, uint32_t *out, struct err *e)
{
    const struct json *list = json_get(r->body, "renditions");
    const struct json *j = list == NULL ? NULL : list->first;

    *out = 0;
    if (list == NULL || list->kind != JSON_IS_ARRAY || list->size > DECODE_RENDITION_COUNT)
        return err_set(e, ASSAY_EFORMAT, "renditions is an array of at most %d names",
                       DECODE_RENDITION_COUNT);
    for (; j != NULL; j = j->next) {
        unsigned i = 0;
        while (i < DECODE_RENDITION_COUNT &&
               (j->kind != JSON_IS_STRING ||
                !str_equal(j->text, decode_rendition_name((enum decode_rendition)i))))
            i++;
        if (i == DECODE_RENDITION_COUNT)
            return err_set(e, ASSAY_EFORMAT, "there is no such rendition");
        *out |= 1u << i;
    }
    return ASSAY_OK;
}

enum assay_err api_issue_tickets(struct http_request *r, struct http_answer *a, struct err *e)
{
    static const char *const members[] = {"renditions", NULL};
    uint8_t token[QUEUE_TOKEN_BYTES];
    uint32_t renditions;
    enum assay_err rc;

    if ((rc = json_only(r->body, members, e)) != 0 ||
        (rc = renditions_of(r, &renditions, e)) != 0 || (rc = http_lease(r, 0, token, e)) != 0)
        return rc;
    return queue_tickets(r->world, &r->caller, token, renditions, &a->body, e);
}

enum assay_err api_show_names(struct http_request *r, struct http_answer *a, struct err *e)
{
    uint8_t token[QUEUE_TOKEN_BYTES];
    enum assay_err rc = http_lease(r, 0, token, e);

    return rc != ASSAY_OK ? rc : queue_names(r->world, &r->caller, token, &a->body, e);
}

/* The record entry is on the disk when queue_picture returns; not one byte goes without. */
enum assay_err api_get_picture(struct http_request *r, struct http_answer *a, struct err *e)
{
    struct queue_picture p = {0};
    enum assay_err rc = queue_picture(r->world, &r->caller, r->params[0], &p, e);

    if (rc != ASSAY_OK)
        return rc;
    buf_clear(&a->body);
    a->body = p.bytes; /* wiped when it is sent */
    a->type = "image/jpeg";
    a->view_id = p.viewing_id;
    a->rendition = decode_rendition_name(p.rendition);
    return ASSAY_OK;
}

enum assay_err api_end_view(struct http_request *r, struct http_answer *a, struct err *e)
{
    static const char *const members[] = {"shown_ms", NULL};
    int64_t view, shown;
    enum assay_err rc;

    if ((rc = json_only(r->body, members, e)) != 0 ||
        (rc = json_need_int(r->body, "shown_ms", 0, SHOWN_MS_MAX, &shown, e)) != 0 ||
        (rc = http_id(r, 0, &view, e)) != 0)
        return rc;
    a->status = 204;
    return queue_view_end(r->world, &r->caller, view, shown, e);
}
