/* What leads and administrators change in lists: made, imported, rows off and on, removed. */
#include "base/clock.h"
#include "base/json.h"
#include "base/str.h"
#include "flow/lists/lists.h"
#include "flow/service/service.h"
#include "http/api/api.h"
#include "http/api/whole.h"

#define NAME_CHARS    40
#define TEXT_CHARS    4096
#define HASH_CHARS    64
#define DATE_SIZE     40
#define FILE_MAX      SERVICE_FILE_MAX /* longer lists go through the command line */
#define REFUSED_SHOWN 100
#define REFUSED_BYTES (1024 * 1024)

static struct audit_actor actor(const struct http_request *r)
{
    return people_actor(&r->caller, people_acting_role(&r->caller, LISTS_KEEPERS));
}

/* ---- making ---- */

enum assay_err api_add_list(struct http_request *r, struct http_answer *a, struct err *e)
{
    static const char *const members[] = {"name",    "kind",    "trust",  "source",
                                          "licence", "contact", "reason", NULL};
    struct lists_import in = {.by = actor(r)};
    const struct json *b = r->body;
    enum assay_err rc;

    if ((rc = json_only(b, members, e)) != 0 ||
        (rc = json_need_text(b, "name", NAME_CHARS, &in.name, e)) != 0 ||
        (rc = json_want_text(b, "kind", NAME_CHARS, &in.kind, e)) != 0 ||
        (rc = json_want_text(b, "trust", NAME_CHARS, &in.trust, e)) != 0 ||
        (rc = json_want_text(b, "source", TEXT_CHARS, &in.source, e)) != 0 ||
        (rc = json_want_text(b, "licence", TEXT_CHARS, &in.licence, e)) != 0 ||
        (rc = json_want_text(b, "contact", TEXT_CHARS, &in.contact, e)) != 0 ||
        (rc = json_want_text(b, "reason", TEXT_CHARS, &in.reason, e)) != 0 ||
        (rc = lists_make(r->world, &in, e)) != 0)
        return rc;
    a->status = 201;
    return lists_show(r->world, in.name, &a->body, e);
}

/* ---- importing ---- */

/* The first refused lines, as elements of an array. */
struct refused {
    struct buf lines;
    struct json_out o;
    size_t count;
};

static void add_refused(void *ctx, uint64_t line, const char *reason)
{
    struct refused *f = ctx;

    if (f->count++ >= REFUSED_SHOWN)
        return;
    json_object(&f->o, NULL);
    json_int(&f->o, "line", (int64_t)line);
    json_text(&f->o, "reason", reason);
    json_object_end(&f->o);
}

static void refused_begin(struct refused *f)
{
    f->count = 0;
    buf_init(&f->lines, REFUSED_BYTES);
    json_out_init(&f->o, &f->lines);
    json_array(&f->o, NULL);
}

static void write_counts(const struct lists_counts *n, struct refused *f, struct buf *answer)
{
    struct json_out o;

    json_array_end(&f->o);
    json_out_init(&o, answer);
    json_object(&o, NULL);
    json_int(&o, "version", n->version);
    json_int(&o, "records", n->records);
    json_int(&o, "added", n->added);
    json_int(&o, "removed", n->removed);
    json_int(&o, "refused", n->refused);
    json_bool(&o, "same", n->same);
    json_raw(&o, "lines", buf_cstr(&f->lines));
    json_object_end(&o);
}

static enum assay_err check_file(struct http_request *r, const void *bytes, size_t size,
                                 struct http_answer *a, struct err *e)
{
    struct lists_counts n;
    struct refused f;

    (void)r;
    refused_begin(&f);
    enum assay_err rc = lists_lint_bytes(bytes, size, add_refused, &f, &n, e);
    if (rc == ASSAY_OK)
        write_counts(&n, &f, &a->body);
    buf_clear(&f.lines);
    return rc;
}

/* Nothing of the body is read yet, here and below. */
enum assay_err api_check_list(struct http_request *r, struct http_answer *a, struct err *e)
{
    (void)a;
    (void)e;
    whole_begin(r, FILE_MAX, check_file);
    return ASSAY_OK;
}

static enum assay_err query_of(const struct http_request *r, struct lists_import *in, struct err *e)
{
    char text[DATE_SIZE];

    in->wrong = LISTS_STOPS;
    if (http_query_text(r->query, "wrong", text, sizeof text)) {
        if (!str_equal(text, "skip") && !str_equal(text, "stop"))
            return err_set(e, ASSAY_EFORMAT, "wrong is skip or stop");
        in->wrong = str_equal(text, "skip") ? LISTS_SKIPS : LISTS_STOPS;
    }
    if (http_query_text(r->query, "expires", text, sizeof text) &&
        clock_parse(text, &in->expires_ms) != ASSAY_OK)
        return err_set(e, ASSAY_EFORMAT, "expires is a date such as 2027-06-30");
    return ASSAY_OK;
}

static enum assay_err import_file(struct http_request *r, const void *bytes, size_t size,
                                  struct http_answer *a, struct err *e)
{
    struct lists_counts n;
    struct refused f;
    struct lists_import in = {.name = r->params[0],
                              .bytes = bytes,
                              .size = size,
                              .list = LISTS_KNOWS,
                              .by = actor(r),
                              .refused = add_refused,
                              .ctx = &f};
    enum assay_err rc = query_of(r, &in, e);

    if (rc != ASSAY_OK)
        return rc;
    refused_begin(&f);
    if ((rc = lists_import(r->world, &in, &n, e)) == ASSAY_OK)
        write_counts(&n, &f, &a->body);
    buf_clear(&f.lines);
    return rc;
}

enum assay_err api_import_list(struct http_request *r, struct http_answer *a, struct err *e)
{
    struct lists_import in = {0};
    enum assay_err rc = query_of(r, &in, e);

    (void)a;
    if (rc != ASSAY_OK)
        return rc;
    whole_begin(r, FILE_MAX, import_file);
    return ASSAY_OK;
}

/* ---- rows ---- */

enum assay_err api_get_held(struct http_request *r, struct http_answer *a, struct err *e)
{
    return lists_held(r->world, r->params[0], &a->body, e);
}

static enum assay_err switch_rows(struct http_request *r, const char *hash, const char *reason,
                                  struct http_answer *a, struct err *e)
{
    int64_t count;
    struct json_out o;
    enum assay_err rc = lists_switch(r->world, actor(r), r->params[0], hash, reason, &count, e);

    if (rc != ASSAY_OK)
        return rc;
    json_out_init(&o, &a->body);
    json_object(&o, NULL);
    json_int(&o, "rows", count);
    json_object_end(&o);
    return ASSAY_OK;
}

enum assay_err api_list_off(struct http_request *r, struct http_answer *a, struct err *e)
{
    static const char *const members[] = {"hash", "reason", NULL};
    const char *hash, *reason;
    enum assay_err rc;

    if ((rc = json_only(r->body, members, e)) != 0 ||
        (rc = json_need_text(r->body, "hash", HASH_CHARS, &hash, e)) != 0 ||
        (rc = json_need_text(r->body, "reason", TEXT_CHARS, &reason, e)) != 0)
        return rc;
    return switch_rows(r, hash, reason, a, e);
}

enum assay_err api_list_on(struct http_request *r, struct http_answer *a, struct err *e)
{
    static const char *const members[] = {"hash", NULL};
    const char *hash;
    enum assay_err rc;

    if ((rc = json_only(r->body, members, e)) != 0 ||
        (rc = json_need_text(r->body, "hash", HASH_CHARS, &hash, e)) != 0)
        return rc;
    return switch_rows(r, hash, NULL, a, e);
}

enum assay_err api_change_list(struct http_request *r, struct http_answer *a, struct err *e)
{
    static const char *const members[] = {"confirm", NULL};
    const char *confirm;
    enum assay_err rc;

    if ((rc = json_only(r->body, members, e)) != 0 ||
        (rc = json_need_text(r->body, "confirm", NAME_CHARS, &confirm, e)) != 0 ||
        (rc = lists_confirm(r->world, actor(r), r->params[0], confirm, e)) != 0)
        return rc;
    return lists_show(r->world, r->params[0], &a->body, e);
}

enum assay_err api_remove_list(struct http_request *r, struct http_answer *a, struct err *e)
{
    a->status = 204;
    return lists_remove(r->world, actor(r), r->params[0], e);
}
