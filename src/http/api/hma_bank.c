/* Banking in the form of HMA: a client's hashes into its own bank, and out of it. */
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "format/listfile.h"
#include "http/api/api.h"
#include "http/api/hma.h"
#include "http/api/machine.h"
#include "http/api/whole.h"

static const struct {
    const char *name, *kind;
} signals[] = {{"pdq", "pdq"}, {"video_md5", "md5"}, {"video_sha256", "sha256"}};

#define SIGNALS (sizeof signals / sizeof signals[0])

/* The client's own bank of that name. EDENIED: it is somebody else's list. */
static enum assay_err own_bank(const struct http_request *r, const struct machine_list **out,
                               struct err *e)
{
    char bank[HMA_BANK_SIZE];
    bool is_there = false;

    for (size_t i = 0; i < r->machine->list_count; i++) {
        const struct machine_list *l = &r->machine->lists[i];
        hma_bank_name(l->name, bank);
        if (!l->detail || !str_equal(bank, r->params[0]))
            continue;
        *out = l;
        if (l->banks)
            return ASSAY_OK;
        is_there = true;
    }
    return is_there ? err_set(e, ASSAY_EDENIED,
                              "this bank is not filled by clients; an "
                              "administrator makes one that is yours")
                    : err_set(e, ASSAY_ENOTFOUND, "there is no such bank");
}

static enum assay_err read_signal(const struct json *body, const char *name, const char *kind,
                                  struct listfile_record *r, struct err *e)
{
    char line[8 + 2 * 32 + 1];
    const char *hex = NULL, *rest, *why;
    enum assay_err rc = json_want_text(body, name, 2 * 32, &hex, e);

    if (rc != ASSAY_OK || hex == NULL)
        return rc;
    (void)snprintf(line, sizeof line, "%s:%s", kind, hex);
    why = listfile_hash(line, r, &rest);
    if (why == NULL && rest[0] != '\0')
        why = "there is something behind the hash";
    return why == NULL ? ASSAY_OK : err_set(e, ASSAY_EFORMAT, "%s: %s", name, why);
}

static enum assay_err read_signals(const struct http_request *r, const struct json *body,
                                   struct service_signals *out, struct err *e)
{
    static const char *const members[] = {"pdq",  "video_md5", "video_sha256",
                                          "note", "metadata",  NULL};
    struct listfile_record hashes = {0};
    enum assay_err rc = json_only(body, members, e);

    for (size_t i = 0; i < SIGNALS && rc == ASSAY_OK; i++)
        rc = read_signal(body, signals[i].name, signals[i].kind, &hashes, e);
    if (rc != ASSAY_OK || (rc = json_want_text(body, "note", SERVICE_NOTE_MAX, &out->note, e)) != 0)
        return rc;
    if (hashes.has == 0)
        return err_set(e, ASSAY_EFORMAT, "give pdq, video_md5 or video_sha256");
    if ((hashes.has & LISTFILE_PDQ) != 0 && service_refuses(r->machine, hashes.pdq, -1) != NULL)
        return err_set(e, ASSAY_EFORMAT, "pdq: this is of a flat picture and near too many others");
    out->has = ((hashes.has & LISTFILE_MD5) != 0 ? LIST_MD5 : 0) |
               ((hashes.has & LISTFILE_SHA256) != 0 ? LIST_SHA256 : 0) |
               ((hashes.has & LISTFILE_PDQ) != 0 ? LIST_PDQ : 0);
    memcpy(out->md5, hashes.md5, sizeof out->md5);
    memcpy(out->sha256, hashes.sha256, sizeof out->sha256);
    memcpy(out->pdq, hashes.pdq, sizeof out->pdq);
    return ASSAY_OK;
}

static enum assay_err answer_signal(struct http_request *r, const void *bytes, size_t size,
                                    struct http_answer *a, struct err *e)
{
    const struct machine_list *bank = NULL;
    struct service_signals in = {0};
    struct json *body;
    struct json_out o;
    int64_t row_id;
    enum assay_err rc = own_bank(r, &bank, e);

    if (rc != ASSAY_OK || (rc = json_parse(r->arena, bytes, size, &body, e)) != 0 ||
        (rc = read_signals(r, body, &in, e)) != 0)
        return rc;
    if (!machine_may_ask(r, 1, a))
        return ASSAY_OK;
    if ((rc = service_bank(r->service, r->machine, bank, &in, &row_id, e)) != 0)
        return rc;
    json_out_init(&o, &a->body);
    json_object(&o, NULL);
    json_int(&o, "id", row_id);
    json_object(&o, "signals");
    for (size_t i = 0; i < SIGNALS; i++) {
        if (json_get(body, signals[i].name) != NULL)
            json_text(&o, signals[i].name, json_get(body, signals[i].name)->text);
    }
    json_object_end(&o);
    json_object_end(&o);
    return ASSAY_OK;
}

enum assay_err hma_signal(struct http_request *r, struct http_answer *a, struct err *e)
{
    (void)a;
    (void)e;
    whole_begin(r, GATE_BODY_MAX, answer_signal);
    return ASSAY_OK;
}

enum assay_err hma_forget(struct http_request *r, struct http_answer *a, struct err *e)
{
    const struct machine_list *bank = NULL;
    int64_t row_id;
    enum assay_err rc = own_bank(r, &bank, e);

    if (rc != ASSAY_OK || (rc = http_id(r, 1, &row_id, e)) != 0)
        return rc;
    if (!machine_may_ask(r, 1, a))
        return ASSAY_OK;
    if ((rc = service_unbank(r->service, r->machine, bank, row_id, e)) != 0)
        return rc;
    buf_add_str(&a->body, "{\"deleted\":1}");
    return ASSAY_OK;
}
