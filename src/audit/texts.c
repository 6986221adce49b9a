/* Opens sealed texts and compares them with the commitments in their entries. */
#include "audit/texts.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "audit/entry.h"
#include "audit/rows.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "store/record.h"

#define TEXTS_AT_ONCE 200
#define FIELD_MAX     128
#define NO_COMMIT     "\"commit\":{}}" /* how an entry without commitments ends */

uint64_t texts_count_commitments(const char *entry, size_t size)
{
    struct json *j;

    if (size >= strlen(NO_COMMIT) &&
        memcmp(entry + size - strlen(NO_COMMIT), NO_COMMIT, strlen(NO_COMMIT)) == 0)
        return 0;
    struct arena *a = arena_new();
    const struct json *commit =
        json_parse(a, entry, size, &j, NULL) == ASSAY_OK ? json_get(j, "commit") : NULL;
    uint64_t count = commit == NULL ? 0 : commit->size;
    arena_free(a);
    return count;
}

struct walk {
    const struct keys *keys;
    uint8_t event[RECORD_EVENT_BYTES]; /* of the last text seen */
    char field[FIELD_MAX];
    uint64_t count, batch;
};

/* Whether the entry commits to exactly these bytes under field. */
static bool is_committed(const struct record_text *t, const struct buf *plain)
{
    struct arena *a = arena_new();
    struct tree_hash made, stated;
    bool good = false;
    struct json *j;

    if (t->entry != NULL && json_parse(a, t->entry, strlen(t->entry), &j, NULL) == ASSAY_OK) {
        const struct json *hex = json_get(json_get(j, "commit"), t->field);
        entry_commitment(t->salt, plain->data, plain->size, &made);
        good = hex != NULL && hex->kind == JSON_IS_STRING &&
               str_unhex(hex->text, stated.bytes, sizeof stated.bytes) == ASSAY_OK &&
               tree_compare(&made, &stated) == 0;
    }
    arena_free(a);
    return good;
}

static enum assay_err check_text(void *ctx, const struct record_text *t, struct err *e)
{
    struct walk *w = ctx;
    struct buf context, plain;
    char name[ROWS_NAME_SIZE];
    enum assay_err rc = ASSAY_OK;

    rows_name(t->seq < 0 ? 0 : (uint64_t)t->seq, t->event, name);
    buf_init(&context, 2 * FIELD_MAX);
    buf_init(&plain, ENTRY_TEXT_MAX);
    entry_seal_context(t->event, t->field, &context);
    if (context.over || strlen(t->field) >= sizeof w->field)
        rc = err_set(e, ASSAY_EDAMAGED, "record: a text of %s has a field name that is too long",
                     name);
    else if (keys_open_sealed(w->keys, context.data, context.size, t->sealed, t->sealed_size,
                              &plain, NULL) != ASSAY_OK ||
             !is_committed(t, &plain))
        rc = err_set(e, ASSAY_EDAMAGED,
                     "record: %s: the text of %.64s is not the one it commits to", name, t->field);
    else {
        memcpy(w->event, t->event, sizeof w->event);
        (void)snprintf(w->field, sizeof w->field, "%s", t->field);
        w->count++;
        w->batch++;
    }
    buf_wipe(&plain);
    buf_clear(&context);
    return rc;
}

static enum assay_err texts_fn(struct tx *tx, void *ctx, struct err *e)
{
    struct walk *w = ctx, at = *w;

    w->batch = 0;
    enum assay_err rc = record_texts(tx, at.event, at.field, TEXTS_AT_ONCE, check_text, w, e);
    if (rc != ASSAY_OK)
        *w = at; /* it may be run again */
    return rc;
}

enum assay_err texts_verify(struct store *s, const struct keys *k, uint64_t *count, struct err *e)
{
    struct walk w = {.keys = k};
    enum assay_err rc;

    do
        if ((rc = store_read(s, texts_fn, &w, e)) != 0)
            return rc;
    while (w.batch == TEXTS_AT_ONCE);
    *count = w.count;
    return ASSAY_OK;
}
