/* POST /api/v1/match: hashes in JSON, or a file, and a client's terms. */
#include <assert.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "http/api/api.h"
#include "http/api/machine.h"
#include "http/api/whole.h"
#include "http/match_body.h"
#include "match/test_picture.h"

static_assert(SERVICE_FILE_MAX < 2 * GATE_PART_MAX, "a refusal of a longer file is heard");

bool machine_may_ask(struct http_request *r, int64_t hashes, struct http_answer *a)
{
    int64_t wait_s = 0;
    struct err e = {0};
    struct machines *m = r->service->machines;

    if (machines_take(m, r->machine, hashes, &wait_s, &e) == ASSAY_OK)
        return true;
    machines_count(m, r->machine, 0, MACHINE_LIMITED, hashes);
    http_problem(a, 429, "slow_down", e.text);
    a->retry_s = wait_s;
    return false;
}

static enum assay_err check_length(const struct http_answer *a, enum assay_err rc, struct err *e)
{
    if (rc == ASSAY_OK && a->body.over)
        return err_set(e, ASSAY_ELIMIT, "the answer is too long; ask for fewer hashes");
    return rc;
}

static enum assay_err match_hashes(struct http_request *r, const void *bytes, size_t size,
                                   struct http_answer *a, struct err *e)
{
    struct match_body b;
    struct json_out o;
    enum assay_err rc = match_body_parse(r->machine, bytes, size, &b, e);

    if (rc != ASSAY_OK)
        return rc;
    if (machine_may_ask(r, (int64_t)b.count, a)) {
        json_out_init(&o, &a->body);
        json_object(&o, NULL);
        rc = service_match(r->service, r->machine, b.asks, b.count, b.distance, &o, e);
        json_object_end(&o);
    }
    match_body_clear(&b);
    return check_length(a, rc, e);
}

enum assay_err machine_hash_file(struct http_request *r, const struct machine *who,
                                 const void *bytes, size_t size, struct service_file *out,
                                 struct err *e)
{
    while (sem_wait(r->service->files) != 0 && errno == EINTR)
        ;
    enum assay_err rc = service_hash_file(r->service, who, bytes, size, out, e);
    (void)sem_post(r->service->files);
    return rc;
}

void machine_write_file(const struct service_file *f, struct json_out *o)
{
    json_object(o, "file");
    json_int(o, "size", (int64_t)f->size);
    json_text(o, "type", f->type);
    json_hex(o, "md5", f->md5, sizeof f->md5);
    json_hex(o, "sha1", f->sha1, sizeof f->sha1);
    json_hex(o, "sha256", f->sha256, sizeof f->sha256);
    json_hex(o, "pdq", f->pdq, f->has_pdq ? sizeof f->pdq : 0);
    if (f->has_pdq)
        json_int(o, "pdq_quality", f->quality);
    else
        json_null(o, "pdq_quality");
    json_text(o, "pdq_reason", f->pdq_reason);
    json_object_end(o);
}

static enum assay_err distance_of(const struct http_request *r, int64_t *out, struct err *e)
{
    *out = PEOPLE_DISTANCE_MAX;
    return http_query_int(r->query, "distance", 0, PEOPLE_DISTANCE_MAX, out, e);
}

static enum assay_err match_file(struct http_request *r, const void *bytes, size_t size,
                                 struct http_answer *a, struct err *e)
{
    struct service_file f;
    struct json_out o;
    int64_t distance;
    enum assay_err rc;

    if ((rc = distance_of(r, &distance, e)) != ASSAY_OK)
        return rc;
    if (!machine_may_ask(r, 1, a))
        return ASSAY_OK;
    if ((rc = machine_hash_file(r, r->machine, bytes, size, &f, e)) != 0)
        return rc;
    json_out_init(&o, &a->body);
    json_object(&o, NULL);
    machine_write_file(&f, &o);
    rc = service_match(r->service, r->machine, &f.ask, 1, distance, &o, e);
    json_object_end(&o);
    return check_length(a, rc, e);
}

/* Nothing of the body is read yet. */
enum assay_err api_match(struct http_request *r, struct http_answer *a, struct err *e)
{
    const char *type = r->content_type == NULL ? "" : r->content_type;
    bool is_file = strcasecmp(type, "application/octet-stream") == 0;
    int64_t distance;
    enum assay_err rc = distance_of(r, &distance, e);

    if (rc != ASSAY_OK)
        return rc;
    if (!is_file && strncasecmp(type, "application/json", strlen("application/json")) != 0) {
        http_problem(a, 415, "media_type",
                     "The body is hashes (Content-Type application/json) or a file "
                     "(application/octet-stream).");
        return ASSAY_OK;
    }
    if (is_file)
        whole_begin(r, SERVICE_FILE_MAX, match_file);
    else
        whole_begin(r, MATCH_BODY_MAX, match_hashes);
    return ASSAY_OK;
}

enum assay_err api_get_test_picture(struct http_request *r, struct http_answer *a, struct err *e)
{
    (void)r;
    (void)e;
    a->type = "image/png";
    a->download = "assay-test.png";
    test_picture(&a->body);
    return ASSAY_OK;
}

enum assay_err api_get_terms(struct http_request *r, struct http_answer *a, struct err *e)
{
    (void)e;
    service_terms(r->machine, &a->body);
    return ASSAY_OK;
}
