/* Hashes that a client puts into its own bank, and takes out again. */
#include <stdio.h>
#include <string.h>

#include "base/rand.h"
#include "flow/listed.h"
#include "flow/service/service.h"

#define VERSION 1 /* banks have no files, so no versions */

struct banking {
    const struct service *s;
    const struct machine *who;
    const struct machine_list *bank;
    struct list_record row;
    const char *note; /* NULL: none */
    bool takes_out;
};

static enum assay_err write_entry(struct tx *tx, const struct banking *b, struct err *e)
{
    char data[120];

    (void)snprintf(data, sizeof data, "{\"list\":\"%s\",\"record\":\"%lld\",\"what\":\"%s\"}",
                   b->bank->name, (long long)b->row.id, b->takes_out ? "out" : "in");
    const struct audit_entry entry = {.action = AUDIT_CLIENT_BANKED,
                                      .actor = people_system(),
                                      .objects = {{"client", b->who->row.id}},
                                      .data = data};
    return audit_write(tx, &entry, NULL, e);
}

/* What the record says beside its hashes, as an import would keep it. */
static void seal_note(struct banking *b, struct buf *sealed)
{
    struct json_out o;
    struct buf plain;

    if (b->note == NULL || b->note[0] == '\0')
        return;
    buf_init(&plain, 8 * SERVICE_NOTE_MAX);
    json_out_init(&o, &plain);
    json_object(&o, NULL);
    json_text(&o, "note", b->note);
    json_object_end(&o);
    keys_seal(b->s->world->keys, b->row.identity, sizeof b->row.identity, plain.data, plain.size,
              sealed);
    buf_clear(&plain);
    b->row.details_sealed = sealed->data;
    b->row.details_size = sealed->size;
}

static enum assay_err change(struct tx *tx, void *ctx, struct err *e)
{
    struct banking *b = ctx;
    enum list_put what;
    enum assay_err rc;

    if (b->takes_out)
        rc = list_take_out(tx, b->bank->id, b->row.id, VERSION, e);
    else
        rc = list_put(tx, &b->row, VERSION, &what, e);
    return rc != ASSAY_OK ? rc : write_entry(tx, b, e);
}

enum assay_err service_bank(const struct service *s, const struct machine *who,
                            const struct machine_list *bank, const struct service_signals *in,
                            int64_t *row_id, struct err *e)
{
    struct banking b = {
        .s = s,
        .who = who,
        .bank = bank,
        .note = in->note,
        .row = {
            .id = rand_id(), .list_id = bank->id, .has = in->has, .pdq_quality = -1, .tags = ""}};
    struct buf sealed;

    memcpy(b.row.md5, in->md5, sizeof b.row.md5);
    memcpy(b.row.sha256, in->sha256, sizeof b.row.sha256);
    memcpy(b.row.pdq, in->pdq, sizeof b.row.pdq);
    flow_row_identity(&b.row, b.row.identity);
    buf_init(&sealed, 16 * SERVICE_NOTE_MAX);
    seal_note(&b, &sealed);
    const enum assay_err rc = store_write(s->world->store, change, &b, e);
    buf_clear(&sealed);
    *row_id = b.row.id;
    return rc;
}

enum assay_err service_unbank(const struct service *s, const struct machine *who,
                              const struct machine_list *bank, int64_t row_id, struct err *e)
{
    struct banking b = {.s = s, .who = who, .bank = bank, .row = {.id = row_id}, .takes_out = true};
    const enum assay_err rc = store_write(s->world->store, change, &b, e);

    return rc == ASSAY_ENOTFOUND ? err_set(e, rc, "there is no such content in this bank") : rc;
}
