/* Finds entries of the record by what stands in them. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "audit/about.h"
#include "audit/audit.h"
#include "audit/rows.h"
#include "base/str.h"

struct finding {
    const struct audit_filter *filter;
    char action[80], actor[48]; /* as they stand in a line; "" asks for nothing */
    struct record_range range;
    struct arena *arena; /* of the page */
    size_t count;
    struct line {
        int64_t seq;
        const char *entry;
    } lines[ROWS_MAX];
};

/* The keys of a line have one order and quotes in values are escaped, so that a key and its value
 * can be looked for as text. */
static int64_t time_of(const char *entry)
{
    static const char key[] = "\"t_ms\":";
    const char *at = strstr(entry, key);
    char text[24];
    int64_t ms = 0;

    if (at == NULL)
        return 0;
    at += sizeof key - 1;
    size_t digits = strspn(at, "0123456789");
    if (digits == 0 || digits >= sizeof text)
        return 0;
    (void)snprintf(text, sizeof text, "%.*s", (int)digits, at);
    return str_int64(text, 0, INT64_MAX, &ms) == ASSAY_OK ? ms : 0;
}

static bool fits(const struct finding *f, const char *entry)
{
    int64_t ms = time_of(entry);

    return (f->action[0] == '\0' || strstr(entry, f->action) != NULL) &&
           (f->actor[0] == '\0' || strstr(entry, f->actor) != NULL) && ms >= f->filter->from_ms &&
           (f->filter->to_ms == 0 || ms < f->filter->to_ms);
}

static enum assay_err keep(void *ctx, const struct record_row *row, struct err *e)
{
    struct finding *f = ctx;

    (void)e;
    f->lines[f->count++] =
        (struct line){row->seq, row->entry == NULL ? "" : arena_strdup(f->arena, row->entry)};
    return ASSAY_OK;
}

static enum assay_err page_fn(struct tx *tx, void *ctx, struct err *e)
{
    struct finding *f = ctx;

    arena_free(f->arena);
    f->arena = arena_new();
    f->count = 0; /* this may be run again */
    return record_back(tx, &f->range, keep, f, e);
}

static void as_text(char *out, size_t size, const char *key, const char *value)
{
    out[0] = '\0';
    if (value != NULL)
        (void)snprintf(out, size, "\"%s\":\"%s\"", key, value);
}

/* Goes through the page that was read until enough is found; false when some of it is left. */
static bool look_through(struct finding *f, int64_t count, int64_t *found, audit_found_fn *fn,
                         void *ctx, enum assay_err *rc, struct err *e)
{
    for (size_t i = 0; i < f->count; i++) {
        if (*rc != ASSAY_OK || *found >= count)
            return false;
        f->range.before = f->lines[i].seq;
        if (fits(f, f->lines[i].entry)) {
            ++*found;
            *rc = fn(ctx, f->lines[i].seq, f->lines[i].entry, e);
        }
    }
    return true;
}

enum assay_err audit_find(struct store *s, const struct audit_filter *filter, int64_t before,
                          int64_t count, audit_found_fn *fn, void *ctx, int64_t *next,
                          struct err *e)
{
    struct finding *f = mem_zalloc(sizeof *f);
    int64_t found = 0;
    enum assay_err rc = ASSAY_OK;
    bool last = false;

    f->filter = filter;
    f->range = (struct record_range){before, ROWS_MAX, filter->noun, filter->object_id};
    as_text(f->action, sizeof f->action, "action", filter->action);
    as_text(f->actor, sizeof f->actor, "actor", filter->actor);
    for (size_t looked = 0; !last && found < count && looked < AUDIT_FIND_MAX; looked += f->count) {
        if ((rc = store_read(s, page_fn, f, e)) != 0)
            break;
        last = look_through(f, count, &found, fn, ctx, &rc, e) && f->count < ROWS_MAX;
        if (rc != ASSAY_OK)
            break;
    }
    *next = last ? 0 : f->range.before;
    arena_free(f->arena);
    mem_free(f);
    return rc;
}
