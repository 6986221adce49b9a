/* Routes in the form of HMA, so that its clients can ask here; doc/matching.md tells what differs.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "assay/pdq.h"
#include "base/clock.h"
#include "base/str.h"
#include "http/api/api.h"
#include "http/api/hma.h"
#include "http/api/machine.h"
#include "http/api/whole.h"
#include "http/match_body.h"
#include "http/multipart.h"
#include "http/routes.h"

#define SIGNAL_SIZE 65

enum assay_err hma_status(struct http_request *r, struct http_answer *a, struct err *e)
{
    bool ready = service_ready(r->service) || str_equal(a->route->pattern, "/status/live");

    (void)e;
    a->type = "text/plain; charset=utf-8";
    a->status = ready ? 200 : 503;
    buf_add_str(&a->body, ready ? "I-AM-ALIVE" : "INDEX-NOT-LOADED");
    return ASSAY_OK;
}

static const char no_urls[] =
    "This server fetches nothing by URL; send the file or its hash instead.";

enum assay_err hma_url(struct http_request *r, struct http_answer *a, struct err *e)
{
    (void)r;
    (void)e;
    http_problem(a, 403, "denied", no_urls);
    return ASSAY_OK;
}

/* ---- banks: the lists with the detail right, in capitals ---- */

void hma_bank_name(const char *list, char out[HMA_BANK_SIZE])
{
    size_t i = 0;

    for (; list[i] != '\0' && i + 1 < HMA_BANK_SIZE; i++)
        out[i] = isalnum((unsigned char)list[i]) ? (char)toupper((unsigned char)list[i]) : '_';
    out[i] = '\0';
}

/* Whether the query's banks, if it names any, have this one. */
static bool is_wanted(const char *query, const char *bank)
{
    char list[GATE_TARGET_MAX];
    const char *at = list;

    if (!http_query_text(query, "banks", list, sizeof list))
        return true;
    while (*at != '\0') {
        size_t size = strcspn(at, ",");
        if (size == strlen(bank) && memcmp(at, bank, size) == 0)
            return true;
        at += size + (at[size] == ',');
    }
    return false;
}

static void write_bank(struct json_out *o, const char *bank)
{
    json_object(o, NULL);
    json_text(o, "name", bank);
    json_raw(o, "matching_enabled_ratio", "1.0");
    json_object_end(o);
}

enum assay_err hma_banks(struct http_request *r, struct http_answer *a, struct err *e)
{
    struct json_out o;
    char bank[HMA_BANK_SIZE];

    (void)e;
    json_out_init(&o, &a->body);
    json_array(&o, NULL);
    for (size_t i = 0; i < r->machine->list_count; i++) {
        hma_bank_name(r->machine->lists[i].name, bank);
        if (r->machine->lists[i].detail)
            write_bank(&o, bank);
    }
    json_array_end(&o);
    return ASSAY_OK;
}

enum assay_err hma_bank(struct http_request *r, struct http_answer *a, struct err *e)
{
    struct json_out o;
    char bank[HMA_BANK_SIZE];

    json_out_init(&o, &a->body);
    for (size_t i = 0; i < r->machine->list_count; i++) {
        hma_bank_name(r->machine->lists[i].name, bank);
        if (r->machine->lists[i].detail && str_equal(bank, r->params[0])) {
            write_bank(&o, bank);
            return ASSAY_OK;
        }
    }
    return err_set(e, ASSAY_ENOTFOUND, "there is no such bank");
}

/* ---- looking up ---- */

#define HITS_MAX SERVICE_HITS_MAX

struct hits {
    struct {
        char bank[HMA_BANK_SIZE];
        int64_t row_id;
        uint32_t distance;
    } list[HITS_MAX];
    size_t count;
    const char *query;
};

static void take_hit(void *ctx, const char *list, int64_t row_id, uint32_t distance)
{
    struct hits *h = ctx;
    char bank[HMA_BANK_SIZE];

    hma_bank_name(list, bank);
    if (h->count == HITS_MAX || !is_wanted(h->query, bank))
        return;
    (void)snprintf(h->list[h->count].bank, HMA_BANK_SIZE, "%s", bank);
    h->list[h->count].row_id = row_id;
    h->list[h->count++].distance = distance;
}

static void write_hit(struct json_out *o, const struct hits *h, size_t i)
{
    char distance[16];

    (void)snprintf(distance, sizeof distance, "%u", h->list[i].distance);
    json_object(o, NULL);
    json_int(o, "bank_content_id", h->list[i].row_id);
    json_text(o, "distance", distance);
    json_object_end(o);
}

/* {"BANK":[{"bank_content_id":1,"distance":"4"}]} */
static void write_by_bank(struct json_out *o, const char *key, const struct hits *h)
{
    json_object(o, key);
    for (size_t i = 0; i < h->count; i++) {
        bool first = true;
        for (size_t k = 0; k < i; k++)
            first = first && !str_equal(h->list[k].bank, h->list[i].bank);
        if (!first)
            continue;
        json_array(o, h->list[i].bank);
        for (size_t k = i; k < h->count; k++) {
            if (str_equal(h->list[k].bank, h->list[i].bank))
                write_hit(o, h, k);
        }
        json_array_end(o);
    }
    json_object_end(o);
}

/* The hits of signal and signal_type in the query; false with a problem in a. */
static enum assay_err look_up(struct http_request *r, struct http_answer *a, struct hits *h,
                              bool *good, struct err *e)
{
    static const struct {
        const char *type, *kind;
    } types[] = {{"pdq", "pdq"}, {"video_md5", "md5"}, {"video_sha256", "sha256"}};
    char signal[SIGNAL_SIZE], type[24];
    const char *kind = NULL;
    struct service_ask ask;

    *good = false;
    h->query = r->query;
    if (r->query != NULL && strstr(r->query, "url=") != NULL)
        return hma_url(r, a, e);
    if (!http_query_text(r->query, "signal", signal, sizeof signal) ||
        !http_query_text(r->query, "signal_type", type, sizeof type))
        return err_set(e, ASSAY_EFORMAT, "give signal and signal_type");
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        kind = str_equal(type, types[i].type) ? types[i].kind : kind;
    if (kind == NULL)
        return err_set(e, ASSAY_EFORMAT, "signal_type is pdq, video_md5 or video_sha256");
    match_body_ask(r->machine, signal, kind, -1, &ask);
    if (ask.reason != NULL && str_equal(ask.reason, "format"))
        return err_set(e, ASSAY_EFORMAT, "signal is no hash of that type");
    if (!machine_may_ask(r, 1, a))
        return ASSAY_OK;
    enum assay_err rc = service_each_hit(r->service, r->machine, &ask, take_hit, h, e);
    *good = rc == ASSAY_OK;
    return rc;
}

enum assay_err hma_lookup(struct http_request *r, struct http_answer *a, struct err *e)
{
    struct hits h = {.count = 0};
    struct json_out o;
    bool good;
    enum assay_err rc = look_up(r, a, &h, &good, e);

    if (good) {
        json_out_init(&o, &a->body);
        write_by_bank(&o, NULL, &h);
    }
    return rc;
}

enum assay_err hma_raw_lookup(struct http_request *r, struct http_answer *a, struct err *e)
{
    struct hits h = {.count = 0};
    struct json_out o;
    char text[8];
    bool good;
    enum assay_err rc = look_up(r, a, &h, &good, e);
    bool distances = http_query_text(r->query, "include_distance", text, sizeof text) &&
                     (str_equal(text, "true") || str_equal(text, "1"));

    if (!good)
        return rc;
    json_out_init(&o, &a->body);
    json_object(&o, NULL);
    json_array(&o, "matches");
    for (size_t i = 0; i < h.count; i++) {
        if (distances)
            write_hit(&o, &h, i);
        else
            json_int(&o, NULL, h.list[i].row_id);
    }
    json_array_end(&o);
    json_object_end(&o);
    return rc;
}

enum assay_err hma_index(struct http_request *r, struct http_answer *a, struct err *e)
{
    struct match_info info;
    struct json_out o;

    (void)e;
    live_info(r->service->live, &info);
    json_out_init(&o, &a->body);
    json_object(&o, NULL);
    json_object(&o, "pdq");
    json_bool(&o, "present", service_ready(r->service));
    json_int(&o, "built_to", clock_now_ms() / 1000);
    json_int(&o, "size", (int64_t)info.entries[MATCH_PDQ]);
    json_object_end(&o);
    json_object_end(&o);
    return ASSAY_OK;
}

/* ---- bodies ---- */

/* Hashes the form's file; *good false with 429 in a. */
static enum assay_err hash_form(struct http_request *r, const void *bytes, size_t size,
                                struct http_answer *a, struct service_file *f, bool *good,
                                struct err *e)
{
    struct multipart_file part;
    enum assay_err rc = multipart_parse(r->content_type, bytes, size, &part, e);

    *good = false;
    if (rc != ASSAY_OK)
        return rc;
    if (!str_equal(part.name, "photo"))
        return err_set(e, ASSAY_EFORMAT, "the field of the file is named photo");
    if (!machine_may_ask(r, 1, a))
        return ASSAY_OK;
    rc = machine_hash_file(r, r->machine, part.bytes, part.size, f, e);
    *good = rc == ASSAY_OK;
    return rc;
}

/* As there: an empty text where the picture has too few features. */
static enum assay_err answer_hash(struct http_request *r, const void *bytes, size_t size,
                                  struct http_answer *a, struct err *e)
{
    char hex[65] = "";
    struct service_file f;
    struct json_out o;
    bool good;
    enum assay_err rc = hash_form(r, bytes, size, a, &f, &good, e);

    if (!good)
        return rc;
    if (f.has_pdq && f.pdq_reason == NULL)
        str_hex(f.pdq, sizeof f.pdq, hex);
    json_out_init(&o, &a->body);
    json_object(&o, NULL);
    json_text(&o, "pdq", hex);
    json_object_end(&o);
    return rc;
}

enum assay_err hma_hash(struct http_request *r, struct http_answer *a, struct err *e)
{
    (void)a;
    (void)e;
    whole_begin(r, SERVICE_FILE_MAX, answer_hash);
    return ASSAY_OK;
}

static enum assay_err answer_lookup(struct http_request *r, const void *bytes, size_t size,
                                    struct http_answer *a, struct err *e)
{
    struct hits h = {.query = r->query};
    struct service_file f;
    struct json_out o;
    bool good;
    enum assay_err rc = hash_form(r, bytes, size, a, &f, &good, e);

    if (!good)
        return rc;
    f.ask.count = 0; /* the PDQ alone, as there */
    if (f.pdq_reason == NULL) {
        f.ask.hashes[f.ask.count].kind = MATCH_PDQ;
        memcpy(f.ask.hashes[f.ask.count++].bytes, f.pdq, sizeof f.pdq);
    }
    if ((rc = service_each_hit(r->service, r->machine, &f.ask, take_hit, &h, e)) != 0)
        return rc;
    json_out_init(&o, &a->body);
    json_object(&o, NULL);
    write_by_bank(&o, "pdq", &h);
    json_object_end(&o);
    return rc;
}

enum assay_err hma_lookup_file(struct http_request *r, struct http_answer *a, struct err *e)
{
    (void)a;
    (void)e;
    whole_begin(r, SERVICE_FILE_MAX, answer_lookup);
    return ASSAY_OK;
}

/* {"pdq":["HEX","HEX"]}: {"pdq":[true,{"distance":9}]} */
static enum assay_err answer_compare(struct http_request *r, const void *bytes, size_t size,
                                     struct http_answer *a, struct err *e)
{
    static const char *const members[] = {"pdq", NULL};
    struct json *body;
    struct assay_pdq pair[2];
    struct json_out o;
    enum assay_err rc = json_parse(r->arena, bytes, size, &body, e);

    if (rc != ASSAY_OK || (rc = json_only(body, members, e)) != 0)
        return rc;
    const struct json *list = json_get(body, "pdq"), *j = list == NULL ? NULL : list->first;
    for (size_t i = 0; i < 2; i++, j = j->next) {
        if (j == NULL || list->kind != JSON_IS_ARRAY || list->size != 2 ||
            j->kind != JSON_IS_STRING || assay_pdq_from_hex(j->text, j->size, &pair[i]) != ASSAY_OK)
            return err_set(e, ASSAY_EFORMAT, "pdq is an array of two PDQ hashes");
    }
    unsigned distance = assay_pdq_distance(&pair[0], &pair[1]);
    json_out_init(&o, &a->body);
    json_object(&o, NULL);
    json_array(&o, "pdq");
    json_bool(&o, NULL, distance <= ASSAY_PDQ_MATCH_BITS);
    json_object(&o, NULL);
    json_int(&o, "distance", distance);
    json_object_end(&o);
    json_array_end(&o);
    json_object_end(&o);
    return ASSAY_OK;
}

enum assay_err hma_compare(struct http_request *r, struct http_answer *a, struct err *e)
{
    (void)a;
    (void)e;
    whole_begin(r, GATE_BODY_MAX, answer_compare);
    return ASSAY_OK;
}
