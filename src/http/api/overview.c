/* What the server says of itself and of the whole workspace. */
#include <string.h>

#include "backup/backup.h"
#include "base/clock.h"
#include "base/embed.h"
#include "flow/service/service.h"
#include "flow/waiting.h"
#include "http/api/api.h"
#include "http/metrics.h"
#include "store/schemes.h"
#include "store/workspace.h"

extern const struct embedded openapi_files[]; /* api/openapi.yaml as JSON, made when built */

static void plain(struct http_answer *a, const char *text)
{
    a->type = "text/plain; charset=utf-8";
    buf_add_str(&a->body, text);
}

enum assay_err api_get_health(struct http_request *r, struct http_answer *a, struct err *e)
{
    (void)r;
    (void)e;
    plain(a, "ok\n");
    return ASSAY_OK;
}

static enum assay_err read_workspace(struct tx *tx, void *ctx, struct err *e)
{
    return workspace_get(tx, ctx, e);
}

/* The store answers and the record's last head can be read. */
static enum assay_err ready(struct world *w, struct err *e)
{
    struct workspace_row row;
    struct buf head;
    enum assay_err rc = store_read(w->store, read_workspace, &row, e);

    if (rc != ASSAY_OK)
        return rc;
    buf_init(&head, HTTP_ANSWER_MAX);
    rc = audit_checkpoint(w->data_dir, &head, e);
    buf_clear(&head);
    return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc; /* before the first is signed */
}

enum assay_err api_get_ready(struct http_request *r, struct http_answer *a, struct err *e)
{
    char as_of[CLOCK_TEXT_SIZE];

    if (ready(r->world, e) != ASSAY_OK)
        return ASSAY_EBUSY;
    if (r->service->feed == NULL) {
        plain(a, "ready\n");
        return ASSAY_OK;
    }
    if (!service_ready(r->service)) {
        http_problem(a, 503, "not_ready", "The lists are being fetched.");
        return ASSAY_OK;
    }
    clock_text(feed_as_of(r->service->feed), as_of);
    plain(a, "ready, as of ");
    buf_addf(&a->body, "%s\n", as_of);
    return ASSAY_OK;
}

enum assay_err api_get_openapi(struct http_request *r, struct http_answer *a, struct err *e)
{
    (void)r;
    (void)e;
    buf_add(&a->body, openapi_files[0].bytes, openapi_files[0].size);
    return ASSAY_OK;
}

enum assay_err api_get_metrics(struct http_request *r, struct http_answer *a, struct err *e)
{
    a->type = "text/plain; version=0.0.4; charset=utf-8";
    enum assay_err rc = metrics_text(r->metrics, r->world, &a->body, e);
    if (rc == ASSAY_OK && r->service->feed != NULL)
        metrics_feed(r->service->feed, &a->body);
    return rc;
}

static enum assay_err add_scheme(void *ctx, const char *name)
{
    json_text(ctx, NULL, name);
    return ASSAY_OK;
}

static enum assay_err list_schemes(struct tx *tx, void *ctx, struct err *e)
{
    struct http_answer *a = ctx;
    struct json_out o;

    buf_reset(&a->body);
    json_out_init(&o, &a->body);
    json_array(&o, NULL);
    enum assay_err rc = schemes_each(tx, add_scheme, &o, e);
    json_array_end(&o);
    return rc;
}

enum assay_err api_get_workspace(struct http_request *r, struct http_answer *a, struct err *e)
{
    struct json_out o;
    enum assay_err rc = store_read(r->world->store, list_schemes, a, e);

    if (rc != ASSAY_OK)
        return rc;
    const char *schemes = arena_strdup(r->arena, buf_cstr(&a->body));
    buf_reset(&a->body);
    json_out_init(&o, &a->body);
    json_object(&o, NULL);
    json_text(&o, "label", r->world->label);
    json_bool(&o, "training", r->world->training);
    json_text(&o, "version", ASSAY_VERSION);
    json_bool(&o, "ready", ready(r->world, NULL) == ASSAY_OK);
    json_raw(&o, "schemes", schemes);
    json_object_end(&o);
    return ASSAY_OK;
}

enum assay_err api_get_stats(struct http_request *r, struct http_answer *a, struct err *e)
{
    return flow_stats(r->world, &a->body, e);
}

enum assay_err api_get_backups(struct http_request *r, struct http_answer *a, struct err *e)
{
    return backup_list(r->world->store, &a->body, e);
}

enum assay_err api_get_waiting(struct http_request *r, struct http_answer *a, struct err *e)
{
    return flow_waiting(r->world, &r->caller, &a->body, e);
}
