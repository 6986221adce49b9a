/* Releases: asked for, approved by another person, downloaded. */
#include "base/str.h"
#include "flow/export/release.h"
#include "http/api/api.h"

#define SCHEME_CHARS     40
#define READINGS_MAX     9
#define REASON_CHARS     2000
#define RELEASE_FILE_MAX ((size_t)1 << 30) /* bytes of a package file */

enum assay_err api_get_releases(struct http_request *r, struct http_answer *a, struct err *e)
{
    return release_list(r->world, &r->caller, &a->body, e);
}

enum assay_err api_request_release(struct http_request *r, struct http_answer *a, struct err *e)
{
    static const char *const members[] = {"scheme", "min_readings", NULL};
    const char *scheme;
    int64_t readings;
    enum assay_err rc;

    if ((rc = json_only(r->body, members, e)) != 0 ||
        (rc = http_text(r->body, "scheme", 1, SCHEME_CHARS, &scheme, e)) != 0 ||
        (rc = json_need_int(r->body, "min_readings", 1, READINGS_MAX, &readings, e)) != 0)
        return rc;
    return release_request(r->world, &r->caller, &r->once, scheme, readings, &a->body, e);
}

enum assay_err api_get_release(struct http_request *r, struct http_answer *a, struct err *e)
{
    int64_t id;
    enum assay_err rc = http_id(r, 0, &id, e);

    return rc != ASSAY_OK ? rc : release_get(r->world, &r->caller, id, &a->body, e);
}

enum assay_err api_approve_release(struct http_request *r, struct http_answer *a, struct err *e)
{
    static const char *const members[] = {"content_sha256", NULL};
    uint8_t sha256[32];
    const char *text;
    int64_t id;
    enum assay_err rc;

    if ((rc = json_only(r->body, members, e)) != 0 ||
        (rc = http_text(r->body, "content_sha256", 1, 64, &text, e)) != 0 ||
        (rc = http_id(r, 0, &id, e)) != 0)
        return rc;
    if (str_unhex(text, sha256, sizeof sha256) != ASSAY_OK)
        return err_set(e, ASSAY_EFORMAT, "content_sha256 is 64 hex digits");
    return release_approve(r->world, &r->caller, id, sha256, &a->body, e);
}

enum assay_err api_refuse_release(struct http_request *r, struct http_answer *a, struct err *e)
{
    static const char *const members[] = {"reason", NULL};
    const char *reason;
    int64_t id;
    enum assay_err rc;

    if ((rc = json_only(r->body, members, e)) != 0 ||
        (rc = http_text(r->body, "reason", 1, REASON_CHARS, &reason, e)) != 0 ||
        (rc = http_id(r, 0, &id, e)) != 0)
        return rc;
    return release_refuse(r->world, &r->caller, id, reason, &a->body, e);
}

enum assay_err api_get_package_file(struct http_request *r, struct http_answer *a, struct err *e)
{
    static const char *const files[] = {"manifest.json", "hashes.jsonl", "hashes.csv",
                                        "manifest.json.minisig"};
    int64_t id;
    enum assay_err rc = http_id(r, 0, &id, e);

    for (size_t i = 0; rc == ASSAY_OK && i < sizeof files / sizeof files[0]; i++) {
        if (!str_equal(r->params[1], files[i]))
            continue;
        a->type = "application/octet-stream";
        a->download = files[i];
        buf_clear(&a->body);
        buf_init(&a->body, RELEASE_FILE_MAX);
        return release_file(r->world, &r->caller, id, files[i], &a->body, e);
    }
    return rc != ASSAY_OK ? rc : err_set(e, ASSAY_ENOTFOUND, "a package has no such file");
}
