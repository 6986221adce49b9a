/* Keeps the table of objects that entries speak of: made from the entries, never the other way. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "audit/about.h"
#include "audit/rows.h"
#include "base/str.h"

#define PAGES_MAX 40 /* a call; a record from before this table is caught up with step by step */

/* Quotes inside values are escaped, so these texts stand only where the keys do. */
static const char before_objects[] = "\"objects\":[";

bool about_next(const char *entry, size_t *at, char *noun, int64_t *id)
{
    if (*at == 0) {
        const char *from = strstr(entry, before_objects);
        if (from == NULL)
            return false;
        *at = (size_t)(from - entry) + sizeof before_objects - 1;
    }
    const char *word = entry + *at;
    if (*word == ',')
        word++;
    if (*word++ != '"')
        return false;
    size_t noun_size = strcspn(word, ":\"");
    const char *number = word + noun_size + 1;
    size_t digits = strspn(word[noun_size] == ':' ? number : "", "0123456789");
    char text[24];
    if (word[noun_size] != ':' || noun_size == 0 || noun_size >= RECORD_NOUN_SIZE || digits == 0 ||
        digits >= sizeof text || number[digits] != '"')
        return false;
    (void)snprintf(noun, RECORD_NOUN_SIZE, "%.*s", (int)noun_size, word);
    (void)snprintf(text, sizeof text, "%.*s", (int)digits, number);
    *at = (size_t)(number + digits + 1 - entry);
    return str_int64(text, 0, INT64_MAX, id) == ASSAY_OK;
}

static enum assay_err size_fn(struct tx *tx, void *ctx, struct err *e)
{
    return record_about_size(tx, ctx, e);
}

static enum assay_err insert_fn(struct tx *tx, void *ctx, struct err *e)
{
    const struct rows *rows = ctx;
    const struct row *row = NULL;
    char noun[RECORD_NOUN_SIZE];
    int64_t id;
    enum assay_err rc;

    for (size_t i = 0; i < rows->count; i++) {
        size_t at = 0;
        row = &rows->row[i];
        while (row->entry != NULL && about_next(row->entry, &at, noun, &id)) {
            if ((rc = record_about_insert(tx, noun, id, row->seq, e)) != 0)
                return rc;
        }
    }
    return row == NULL ? ASSAY_OK : record_about_reach(tx, row->seq + 1, e);
}

enum assay_err about_advance(struct store *s, uint64_t size, struct err *e)
{
    struct rows *rows = mem_zalloc(sizeof *rows);
    int64_t at = 0;
    enum assay_err rc = store_read(s, size_fn, &at, e);

    for (int page = 0; rc == ASSAY_OK && (uint64_t)at < size && page < PAGES_MAX; page++) {
        if ((rc = rows_read(rows, s, at, e)) != 0 || rows->count == 0)
            break;
        if ((rc = store_write(s, insert_fn, rows, e)) == ASSAY_OK)
            at = rows->row[rows->count - 1].seq + 1;
    }
    rows_clear(rows);
    mem_free(rows);
    return rc;
}
