/* Lists as people of a workspace see them, and what they know of hashes and of a file. */
#include "flow/lists/lists.h"

#include <assert.h>
#include <string.h>

#include "flow/matching/matching.h"
#include "http/api/api.h"
#include "http/api/machine.h"
#include "http/api/whole.h"

#define LINE_CHARS 600 /* all hashes of one file, with their kinds */

enum assay_err api_get_lists(struct http_request *r, struct http_answer *a, struct err *e)
{
    return lists_show(r->world, NULL, &a->body, e);
}

enum assay_err api_get_list(struct http_request *r, struct http_answer *a, struct err *e)
{
    return lists_show(r->world, r->params[0], &a->body, e);
}

/* ---- looking up ---- */

/* What a person's file is held to: the quality that lists are. */
static const struct machine person = {.row = {.quality_min = LIVE_QUALITY_MIN}};

static enum assay_err look_up(struct http_request *r, const struct matching_ask *asks, size_t count,
                              const struct service_file *file, struct http_answer *a, struct err *e)
{
    struct json_out o;
    struct buf answers;

    buf_init(&answers, HTTP_ANSWER_MAX);
    enum assay_err rc =
        matching_look_up(r->world, r->service->live, &r->caller, asks, count, &answers, e);
    if (rc == ASSAY_OK && answers.over)
        rc = err_set(e, ASSAY_ELIMIT, "the answer is too long; ask for fewer hashes");
    if (rc == ASSAY_OK) {
        json_out_init(&o, &a->body);
        json_object(&o, NULL);
        if (file != NULL)
            machine_write_file(file, &o);
        json_raw(&o, "answers", buf_cstr(&answers));
        json_object_end(&o);
    }
    buf_clear(&answers);
    return rc;
}

enum assay_err api_look_up(struct http_request *r, struct http_answer *a, struct err *e)
{
    static const char *const members[] = {"hashes", NULL};
    const struct json *hashes = json_get(r->body, "hashes");
    size_t n = 0;
    enum assay_err rc = json_only(r->body, members, e);

    if (rc != ASSAY_OK)
        return rc;
    if (hashes == NULL || hashes->kind != JSON_IS_ARRAY || hashes->size == 0 ||
        hashes->size > MATCHING_ASKS_MAX)
        return err_set(e, ASSAY_EFORMAT, "hashes is an array of 1 to %d texts", MATCHING_ASKS_MAX);
    struct matching_ask *asks = arena_alloc(r->arena, hashes->size * sizeof *asks);
    for (const struct json *j = hashes->first; j != NULL; j = j->next) {
        if (j->kind != JSON_IS_STRING || j->size > LINE_CHARS)
            return err_set(e, ASSAY_EFORMAT, "a hash is a text of at most %d bytes", LINE_CHARS);
        matching_ask_of(j->text, &asks[n++]);
    }
    return look_up(r, asks, n, NULL, a, e);
}

static_assert(SERVICE_HASHES_MAX <= MATCHING_HASHES_MAX, "room for all hashes of a file");

static enum assay_err look_up_file(struct http_request *r, const void *bytes, size_t size,
                                   struct http_answer *a, struct err *e)
{
    struct service_file f;
    struct matching_ask ask = {.has_sha256 = true};
    enum assay_err rc = machine_hash_file(r, &person, bytes, size, &f, e);

    if (rc != ASSAY_OK)
        return rc;
    memcpy(ask.sha256, f.sha256, sizeof ask.sha256);
    ask.reason = f.ask.reason;
    for (; ask.count < f.ask.count; ask.count++) {
        ask.hashes[ask.count].kind = f.ask.hashes[ask.count].kind;
        memcpy(ask.hashes[ask.count].bytes, f.ask.hashes[ask.count].bytes, MATCH_HASH_MAX);
    }
    return look_up(r, &ask, 1, &f, a, e);
}

/* Nothing of the file is read yet; it is in memory alone. */
enum assay_err api_look_up_file(struct http_request *r, struct http_answer *a, struct err *e)
{
    (void)a;
    (void)e;
    whole_begin(r, SERVICE_FILE_MAX, look_up_file);
    return ASSAY_OK;
}
