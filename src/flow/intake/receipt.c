/* Writes receipts. */
#include "flow/intake/receipt.h"

#include <stdio.h>
#include <string.h>

#include "assay/digest.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/str.h"
#include "store/batch.h"
#include "store/cases.h"
#include "store/item.h"

#define VERSION        1
#define CHECKPOINT_MAX (1 << 20)

struct making {
    struct world *world;
    struct audit_actor by;
    const char *batch;
    int64_t batch_id, now_ms, told;
    struct buf *text;
    struct buf checkpoint;
    struct json_out o;
    uint8_t sha256[32];
};

static void write_hash(struct json_out *o, const char *key, bool has, const uint8_t *bytes,
                       size_t size)
{
    if (has)
        json_hex(o, key, bytes, size);
}

static enum assay_err add_record(void *ctx, const struct case_record_row *r, struct err *e)
{
    struct making *m = ctx;
    struct json_out *o = &m->o;

    (void)e;
    m->told++;
    json_object(o, NULL);
    json_int(o, "number", r->number);
    json_text(o, "state", case_state_name(r->state));
    write_hash(o, "md5", r->has_md5, r->md5, sizeof r->md5);
    write_hash(o, "sha1", r->has_sha1, r->sha1, sizeof r->sha1);
    write_hash(o, "sha256", r->has_sha256, r->sha256, sizeof r->sha256);
    json_object_end(o);
    return ASSAY_OK;
}

static enum assay_err add_file(struct tx *tx, void *ctx, const struct case_file_row *f,
                               struct err *e)
{
    struct making *m = ctx;
    struct json_out *o = &m->o;
    int64_t counts[CASE_STATES], records = 0;
    enum assay_err rc = case_counts(tx, f->id, counts, e);

    if (rc != ASSAY_OK)
        return rc;
    for (size_t s = 0; s < CASE_STATES; s++)
        records += counts[s];
    json_object(o, NULL);
    json_hex(o, "sha256", f->sha256, sizeof f->sha256);
    json_int(o, "size", f->size);
    json_text(o, "profile", f->profile);
    json_text(o, "vics", f->version);
    json_text(o, "region", f->region);
    json_time(o, "begun_at", f->created_ms);
    json_time(o, "done_at", f->done_ms);
    json_int(o, "records", records);
    for (enum case_state s = CASE_TAKEN; s < CASE_STATES; s++)
        json_int(o, case_state_name(s), counts[s]);
    json_array(o, "not_taken");
    m->told = 0;
    rc = case_not_taken(tx, f->id, RECEIPT_NOT_TAKEN_MAX, add_record, m, e);
    json_array_end(o);
    json_int(o, "more", records - counts[CASE_TAKEN] - m->told);
    json_object_end(o);
    return rc;
}

static void add_state(void *ctx, const char *state, int64_t count)
{
    struct json_out *o = ctx;

    json_object(o, NULL);
    json_text(o, "state", state);
    json_int(o, "count", count);
    json_object_end(o);
}

static enum assay_err write_head(struct tx *tx, void *ctx, const struct batch_line *b,
                                 struct err *e)
{
    struct making *m = ctx;
    struct json_out *o = &m->o;

    (void)tx;
    (void)e;
    json_text(o, "format", "assay-receipt");
    json_int(o, "version", VERSION);
    json_text(o, "workspace", keys_workspace(m->world->keys));
    json_bool(o, "training", m->world->training);
    json_text(o, "batch", b->row.name);
    json_text(o, "sender", b->row.sender);
    json_text(o, "case_reference", b->row.case_reference);
    json_time(o, "made_at", m->now_ms);
    return ASSAY_OK;
}

static enum assay_err write_text(struct tx *tx, struct making *m, struct err *e)
{
    struct json_out *o = &m->o;
    struct batch_key key;
    enum assay_err rc = batch_find(tx, m->batch, &key, e);

    if (rc == ASSAY_ENOTFOUND)
        return err_set(e, rc, "there is no batch named %.100s", m->batch);
    m->batch_id = key.id;
    buf_reset(m->text);
    json_out_init(o, m->text);
    json_object(o, NULL);
    if (rc != ASSAY_OK || (rc = batch_each(tx, key.id, 0, write_head, m, e)) != 0)
        return rc;
    json_array(o, "files");
    if ((rc = case_files(tx, key.id, add_file, m, e)) != ASSAY_OK)
        return rc;
    json_array_end(o);
    json_array(o, "tasks");
    if ((rc = batch_states(tx, key.id, add_state, o, e)) != ASSAY_OK)
        return rc;
    json_array_end(o);
    json_text(o, "checkpoint", m->checkpoint.size == 0 ? NULL : buf_cstr(&m->checkpoint));
    json_object_end(o);
    buf_add_char(m->text, '\n');
    return m->text->over
               ? err_set(e, ASSAY_ELIMIT, "the receipt is longer than %d bytes", RECEIPT_MAX)
               : ASSAY_OK;
}

/* The text is made in the transaction that says so on the record. */
static enum assay_err make(struct tx *tx, void *ctx, struct err *e)
{
    struct making *m = ctx;
    struct assay_digests d;
    char data[128], hex[65];
    enum assay_err rc = write_text(tx, m, e);

    if (rc != ASSAY_OK)
        return rc;
    if (assay_digest(m->text->data, m->text->size, &d) != ASSAY_OK)
        return err_set(e, ASSAY_ENOMEM, "out of memory");
    str_hex(d.sha256, sizeof d.sha256, hex);
    (void)snprintf(data, sizeof data, "{\"sha256\":\"%s\"}", hex);
    const struct audit_entry entry = {.action = AUDIT_RECEIPT_MADE,
                                      .actor = m->by,
                                      .objects = {{"batch", m->batch_id}},
                                      .data = data};
    return audit_write(tx, &entry, NULL, e);
}

enum assay_err receipt_make(struct world *w, struct audit_actor by, const char *batch,
                            struct buf *text, struct buf *signature, struct err *e)
{
    struct making m = {
        .world = w, .by = by, .batch = batch, .now_ms = clock_now_ms(), .text = text};
    char comment[80], at[CLOCK_TEXT_SIZE];

    buf_init(&m.checkpoint, CHECKPOINT_MAX);
    enum assay_err rc = audit_checkpoint(w->data_dir, &m.checkpoint, e);
    if (rc == ASSAY_OK || rc == ASSAY_ENOTFOUND)
        rc = store_write(w->store, make, &m, e);
    if (rc == ASSAY_OK) {
        clock_text(m.now_ms, at);
        (void)snprintf(comment, sizeof comment, "assay receipt, made at %s", at);
        keys_minisign(w->keys, text->data, text->size, comment, signature);
    }
    buf_clear(&m.checkpoint);
    return rc;
}
