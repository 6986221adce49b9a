/* The record: its signed head, its entries, and whether it is whole. */
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "http/api/api.h"
#include "http/proving.h"
#include "store/record_find.h"

#define COUNT_MAX     200
#define COUNT_DEFAULT 50
#define FROM_MAX      9007199254740991 /* the largest whole number of JavaScript */

static void add_check(struct json_out *o, const struct record_check *c)
{
    json_object(o, "last_check");
    json_time(o, "checked_at", c->checked_ms);
    json_text(o, "by", c->who);
    json_int(o, "entries", c->entries);
    json_bool(o, "good", c->finding[0] == '\0');
    json_text(o, "finding", c->finding[0] == '\0' ? NULL : c->finding);
    json_object_end(o);
}

struct head {
    int64_t size, signed_size, signed_ms;
    bool checked;
    struct record_check check;
};

static void add_actions(struct json_out *o)
{
    json_array(o, "actions");
    for (int i = 0; i < AUDIT_ACTION_COUNT; i++) {
        json_object(o, NULL);
        json_text(o, "action", audit_action_name((enum audit_action)i));
        json_text(o, "what", audit_action_what((enum audit_action)i));
        json_object_end(o);
    }
    json_array_end(o);
}

static enum assay_err read_head(struct tx *tx, void *ctx, struct err *e)
{
    struct head *h = ctx;
    enum assay_err rc;

    if ((rc = record_size(tx, &h->size, e)) != 0 ||
        (rc = record_head_time(tx, &h->signed_size, &h->signed_ms, e)) != 0)
        return rc;
    rc = record_check_last(tx, &h->check, e);
    h->checked = rc == ASSAY_OK;
    return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
}

enum assay_err api_get_record_head(struct http_request *r, struct http_answer *a, struct err *e)
{
    struct head h = {0};
    struct json_out o;
    struct buf head, key;
    enum assay_err rc = store_read(r->world->store, read_head, &h, e);

    if (rc != ASSAY_OK)
        return rc;
    buf_init(&head, HTTP_ANSWER_MAX);
    buf_init(&key, 1024);
    audit_key_text(r->world->keys, &key);
    rc = audit_checkpoint(r->world->data_dir, &head, e);
    if (rc == ASSAY_OK || rc == ASSAY_ENOTFOUND) {
        json_out_init(&o, &a->body);
        json_object(&o, NULL);
        json_int(&o, "size", h.size);
        json_text(&o, "checkpoint", rc == ASSAY_OK ? buf_cstr(&head) : NULL);
        json_int(&o, "signed_size", h.signed_size);
        json_time(&o, "signed_at", h.signed_ms);
        json_text(&o, "key", buf_cstr(&key));
        if (h.checked)
            add_check(&o, &h.check);
        else
            json_null(&o, "last_check");
        add_actions(&o);
        json_object_end(&o);
        rc = ASSAY_OK;
    }
    buf_clear(&key);
    buf_clear(&head);
    return rc;
}

struct page {
    int64_t from, count, size;
    struct buf *answer;
    struct json_out o;
};

static enum assay_err add_entry(void *ctx, const struct record_row *row, struct err *e)
{
    struct page *p = ctx;

    (void)e;
    json_object(&p->o, NULL);
    json_int(&p->o, "index", row->seq);
    json_raw(&p->o, "entry", row->entry == NULL ? "{}" : row->entry);
    json_object_end(&p->o);
    return ASSAY_OK;
}

static enum assay_err read_page(struct tx *tx, void *ctx, struct err *e)
{
    struct page *p = ctx;
    enum assay_err rc;

    buf_reset(p->answer);
    json_out_init(&p->o, p->answer);
    json_object(&p->o, NULL);
    json_array(&p->o, "entries");
    if ((rc = record_rows(tx, p->from, p->count, add_entry, p, e)) != 0 ||
        (rc = record_size(tx, &p->size, e)) != 0)
        return rc;
    json_array_end(&p->o);
    if (p->from + p->count < p->size)
        json_int(&p->o, "next", p->from + p->count);
    else
        json_null(&p->o, "next");
    json_object_end(&p->o);
    return ASSAY_OK;
}

enum assay_err api_get_record_entries(struct http_request *r, struct http_answer *a, struct err *e)
{
    struct page p = {.count = COUNT_DEFAULT, .answer = &a->body};
    enum assay_err rc;

    if ((rc = http_query_int(r->query, "from", 0, FROM_MAX, &p.from, e)) != 0 ||
        (rc = http_query_int(r->query, "count", 1, COUNT_MAX, &p.count, e)) != 0)
        return rc;
    return store_read(r->world->store, read_page, &p, e);
}

enum assay_err api_get_verify(struct http_request *r, struct http_answer *a, struct err *e)
{
    struct json_out o;

    (void)e;
    json_out_init(&o, &a->body);
    json_object(&o, NULL);
    proving_show(r->proving, &o);
    json_object_end(&o);
    return ASSAY_OK;
}

enum assay_err api_verify_record(struct http_request *r, struct http_answer *a, struct err *e)
{
    enum assay_err rc = proving_begin(r->proving, &r->caller, e);

    return rc != ASSAY_OK ? rc : api_get_verify(r, a, e);
}
