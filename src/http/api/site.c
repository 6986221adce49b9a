/* What administrators set: schemes, settings; and the keys that they may know of. */
#include <string.h>

#include "base/str.h"
#include "flow/schemes.h"
#include "flow/settings.h"
#include "http/api/api.h"
#include "store/workspace.h"

enum assay_err api_get_schemes(struct http_request *r, struct http_answer *a, struct err *e)
{
    return schemes_list(r->world, &a->body, e);
}

enum assay_err api_get_scheme_version(struct http_request *r, struct http_answer *a, struct err *e)
{
    int64_t version;

    if (str_int64(r->params[1], 1, INT64_MAX, &version) != ASSAY_OK)
        return err_set(e, ASSAY_ENOTFOUND, "a scheme's version is a number from 1");
    return schemes_version(r->world, r->params[0], version, &a->body, e);
}

static enum assay_err text_of(const struct http_request *r, const char **text, struct err *e)
{
    static const char *const members[] = {"text", NULL};
    enum assay_err rc = json_only(r->body, members, e);

    return rc != ASSAY_OK ? rc : http_text(r->body, "text", 1, GATE_BODY_MAX, text, e);
}

enum assay_err api_check_scheme(struct http_request *r, struct http_answer *a, struct err *e)
{
    const char *text;
    enum assay_err rc = text_of(r, &text, e);

    return rc != ASSAY_OK ? rc : schemes_check(r->world, text, &a->body, e);
}

enum assay_err api_add_scheme(struct http_request *r, struct http_answer *a, struct err *e)
{
    const char *text;
    enum assay_err rc = text_of(r, &text, e);

    return rc != ASSAY_OK ? rc : schemes_take(r->world, &r->caller, text, &a->body, e);
}

enum assay_err api_get_settings(struct http_request *r, struct http_answer *a, struct err *e)
{
    return settings_list(r->world, &a->body, e);
}

enum assay_err api_set_setting(struct http_request *r, struct http_answer *a, struct err *e)
{
    static const char *const members[] = {"value", NULL};
    int64_t value;
    enum assay_err rc;

    if ((rc = json_only(r->body, members, e)) != 0 ||
        (rc = json_need_int(r->body, "value", 0, INT64_MAX, &value, e)) != 0 ||
        (rc = settings_set(r->world, people_actor(&r->caller, PEOPLE_ADMIN), r->params[0], value,
                           e)) != 0)
        return rc;
    return settings_list(r->world, &a->body, e);
}

static enum assay_err read_workspace(struct tx *tx, void *ctx, struct err *e)
{
    return workspace_get(tx, ctx, e);
}

enum assay_err api_get_keys(struct http_request *r, struct http_answer *a, struct err *e)
{
    const struct keys *k = r->world->keys;
    struct workspace_row workspace;
    struct keys_about about;
    struct buf text;
    struct json_out o;
    enum assay_err rc = store_read(r->world->store, read_workspace, &workspace, e);

    if (rc != ASSAY_OK)
        return rc;
    buf_init(&text, 4096);
    json_out_init(&o, &a->body);
    json_object(&o, NULL);
    json_text(&o, "workspace", keys_workspace(k));
    json_time(&o, "created_at", workspace.created_ms);
    json_array(&o, "keys");
    for (size_t i = 0; keys_about(k, i, &about); i++) {
        json_object(&o, NULL);
        json_text(&o, "use", about.use);
        json_hex(&o, "id", about.id, sizeof about.id);
        json_bool(&o, "in_use", about.in_use);
        json_hex(&o, "public", about.public_key, about.signs ? sizeof about.public_key : 0);
        json_object_end(&o);
    }
    json_array_end(&o);
    audit_key_text(k, &text);
    json_text(&o, "record_key", buf_cstr(&text));
    buf_reset(&text);
    keys_minisign_public(k, &text);
    json_text(&o, "release_key", buf_cstr(&text));
    json_object_end(&o);
    buf_clear(&text);
    return ASSAY_OK;
}
