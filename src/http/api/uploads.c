/* Uploads: begun, fed part by part, finished, looked at, given up. */
#include <assert.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "flow/intake/upload.h"
#include "http/api/api.h"

static_assert(UPLOAD_PART_MAX == GATE_PART_MAX, "the gate lets in what a part may have");

#define NAME_CHARS UPLOAD_NAME_MAX
#define TIME_BYTES 40
#define CODE_CHARS 40

enum assay_err api_get_uploads(struct http_request *r, struct http_answer *a, struct err *e)
{
    return intake_uploads(r->world, &r->caller, &a->body, e);
}

static enum assay_err hash_of(const struct http_request *r, const uint8_t **out, struct err *e)
{
    uint8_t *bytes = arena_alloc(r->arena, 32);
    const char *text = NULL;
    enum assay_err rc = json_want_text(r->body, "sha256", 64, &text, e);

    if (rc != ASSAY_OK || text == NULL)
        return rc;
    if (str_unhex(text, bytes, 32) != ASSAY_OK)
        return err_set(e, ASSAY_EFORMAT, "sha256 is 64 hex digits");
    *out = bytes;
    return ASSAY_OK;
}

static enum assay_err found_of(const struct http_request *r, int64_t *out, struct err *e)
{
    const char *text = NULL;
    enum assay_err rc = json_want_text(r->body, "found_at", TIME_BYTES, &text, e);

    if (rc != ASSAY_OK || text == NULL)
        return rc;
    if (clock_parse(text, out) != ASSAY_OK)
        return err_set(e, ASSAY_EFORMAT, "found_at is no time such as 2026-11-22T09:00:00Z");
    return ASSAY_OK;
}

/* Texts that are absent or empty say nothing. */
static enum assay_err fields_of(const struct http_request *r, struct upload_new *in, struct err *e)
{
    enum assay_err rc;

    if ((rc = http_text(r->body, "url", 0, UPLOAD_URL_MAX, &in->url, e)) != 0 ||
        (rc = http_text(r->body, "page_url", 0, UPLOAD_URL_MAX, &in->page_url, e)) != 0 ||
        (rc = http_text(r->body, "note", 0, UPLOAD_NOTE_MAX, &in->note, e)) != 0 ||
        (rc = http_text(r->body, "host_country", 0, 2, &in->host_country, e)) != 0 ||
        (rc = http_text(r->body, "code", 0, CODE_CHARS, &in->code, e)) != 0 ||
        (rc = found_of(r, &in->found_ms, e)) != 0)
        return rc;
    if (in->host_country != NULL && in->host_country[0] == '\0')
        in->host_country = NULL;
    if (in->code != NULL && in->code[0] == '\0')
        in->code = NULL;
    if (json_get(r->body, "tags") != NULL)
        rc = http_tags(r, r->body, &in->tags, &in->tag_count, e);
    return rc;
}

enum assay_err api_start_upload(struct http_request *r, struct http_answer *a, struct err *e)
{
    static const char *const members[] = {
        "batch", "name",     "size", "modified_ms",  "sha256", "url", "page_url",
        "note",  "found_at", "code", "host_country", "tags",   NULL};
    struct upload_new in = {0};
    enum assay_err rc;

    if ((rc = json_only(r->body, members, e)) != 0 ||
        (rc = json_need_id(r->body, "batch", &in.batch_id, e)) != 0 ||
        (rc = http_text(r->body, "name", 1, NAME_CHARS, &in.name, e)) != 0 ||
        (rc = json_need_int(r->body, "size", 1, INT64_MAX, &in.size, e)) != 0 ||
        (rc = json_want_int(r->body, "modified_ms", 0, INT64_MAX, &in.modified_ms, e)) != 0 ||
        (rc = hash_of(r, &in.sha256, e)) != 0 || (rc = fields_of(r, &in, e)) != 0)
        return rc;
    a->status = 201;
    rc = intake_upload_start(r->world, &r->caller, &in, &a->body, e);
    if (rc != ASSAY_ELIMIT)
        return rc;
    http_problem(a, 413, "too_large", e->text);
    return ASSAY_OK;
}

enum assay_err api_get_upload(struct http_request *r, struct http_answer *a, struct err *e)
{
    int64_t id;
    enum assay_err rc = http_id(r, 0, &id, e);

    return rc != ASSAY_OK ? rc : intake_upload(r->world, &r->caller, id, &a->body, e);
}

enum assay_err api_drop_upload(struct http_request *r, struct http_answer *a, struct err *e)
{
    int64_t id;
    enum assay_err rc = http_id(r, 0, &id, e);

    a->status = 204;
    return rc != ASSAY_OK ? rc : intake_upload_drop(r->world, &r->caller, id, e);
}

static enum assay_err feed(void *ctx, const void *bytes, size_t size, struct err *e)
{
    return intake_part_feed(ctx, bytes, size, e);
}

static enum assay_err finish(void *ctx, struct http_answer *a, struct err *e)
{
    return intake_part_finish(ctx, &a->body, e);
}

static void give_up(void *ctx)
{
    intake_part_free(ctx);
}

/* Nothing of the body is read yet: it goes to the vault as it comes. */
enum assay_err api_put_upload_bytes(struct http_request *r, struct http_answer *a, struct err *e)
{
    struct upload_sink *sink;
    int64_t id, offset = -1;
    enum assay_err rc;

    (void)a;
    if ((rc = http_query_int(r->query, "offset", 0, INT64_MAX, &offset, e)) != 0 ||
        (rc = http_id(r, 0, &id, e)) != 0)
        return rc;
    if (offset < 0)
        return err_set(e, ASSAY_EFORMAT, "say where the part begins: ?offset=0");
    if ((rc = intake_part_begin(r->world, &r->caller, id, offset, &sink, e)) != 0)
        return rc;
    r->sink = (struct http_sink){sink, feed, finish, give_up};
    return ASSAY_OK;
}

enum assay_err api_finish_upload(struct http_request *r, struct http_answer *a, struct err *e)
{
    int64_t id;
    enum assay_err rc = http_id(r, 0, &id, e);

    return rc != ASSAY_OK ? rc : intake_upload_finish(r->world, &r->caller, id, &a->body, e);
}
