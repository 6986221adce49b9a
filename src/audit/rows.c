/* Reads entries by index, a batch at a time. */
#include "audit/rows.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"

void rows_name(uint64_t seq, const uint8_t event[RECORD_EVENT_BYTES], char *out)
{
    char hex[2 * RECORD_EVENT_BYTES + 1];

    str_hex(event, RECORD_EVENT_BYTES, hex);
    (void)snprintf(out, ROWS_NAME_SIZE, "entry %llu (event %s)", (unsigned long long)seq, hex);
}

static enum assay_err keep_row(void *ctx, const struct record_row *from, struct err *e)
{
    struct rows *r = ctx;
    struct row *to = &r->row[r->count];

    if (from->event == NULL || from->leaf == NULL)
        return err_set(e, ASSAY_EDAMAGED, "record: an index without an event or leaf");
    to->seq = from->seq;
    memcpy(to->event, from->event, sizeof to->event);
    memcpy(to->leaf.bytes, from->leaf, sizeof to->leaf.bytes);
    to->size = from->entry == NULL ? 0 : strlen(from->entry);
    to->entry = from->entry == NULL ? NULL : arena_strndup(r->a, from->entry, to->size);
    r->count++;
    return ASSAY_OK;
}

struct read_ctx {
    struct rows *rows;
    int64_t seq;
};

static enum assay_err read_rows(struct tx *tx, void *ctx, struct err *e)
{
    struct read_ctx *c = ctx;

    rows_clear(c->rows); /* this may be run again */
    c->rows->a = arena_new();
    return record_rows(tx, c->seq, ROWS_MAX, keep_row, c->rows, e);
}

enum assay_err rows_read(struct rows *r, struct store *s, int64_t seq, struct err *e)
{
    struct read_ctx c = {r, seq};

    return store_read(s, read_rows, &c, e);
}

void rows_clear(struct rows *r)
{
    arena_free(r->a);
    r->a = NULL;
    r->count = 0;
}
