/* The history of an item as the record tells it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "flow/items/items_impl.h"
#include "store/record_find.h"
#include "store/staff.h"

#define LOOKED_MAX 4000 /* entries of one object, the newest; a much viewed item has many */
#define LISTED_MAX 500

struct line {
    int64_t seq;
    const char *entry;
};

struct history {
    struct item_record *record;
    struct arena *arena;
    size_t count;
    struct line lines[LISTED_MAX];
};

static bool is_any(const char *entry, const char *const *actions, size_t count)
{
    char key[64];

    for (size_t i = 0; i < count; i++) {
        (void)snprintf(key, sizeof key, "\"action\":\"%s\"", actions[i]);
        if (strstr(entry, key) != NULL)
            return true;
    }
    return false;
}

/* Of a task that the caller may still read blind only what was done with the bytes is told, and
 * that a list knows them to nobody who may still judge. */
static bool belongs(const char *entry, const struct item_record *r)
{
    static const char *const matching[] = {"item.matched", "hash.collision", "list.quarantined",
                                           "source.voted", "task.confirmed"};
    static const char *const looking[] = {
        "picture.viewed", "view.ended", "ticket.issued", "task.leased",
        "task.returned",  "item.read",  "item.opened",   "item.searched",
    };
    static const char *const of_bytes[] = {"item.imported", "item.identified"};

    if (r->blind)
        return is_any(entry, of_bytes, sizeof of_bytes / sizeof of_bytes[0]);
    if (r->matches_hidden && is_any(entry, matching, sizeof matching / sizeof matching[0]))
        return false;
    return !is_any(entry, looking, sizeof looking / sizeof looking[0]);
}

static enum assay_err collect(void *ctx, const struct record_row *row, struct err *e)
{
    struct history *h = ctx;

    (void)e;
    if (row->entry == NULL || h->count == LISTED_MAX || !belongs(row->entry, h->record))
        return ASSAY_OK;
    h->lines[h->count++] = (struct line){row->seq, arena_strdup(h->arena, row->entry)};
    return ASSAY_OK;
}

static int by_seq(const void *a, const void *b)
{
    const struct line *x = a, *y = b;

    return x->seq < y->seq ? -1 : x->seq > y->seq;
}

static const char *text_of(const struct json *root, const char *key)
{
    const struct json *v = json_get(root, key);

    return v != NULL && v->kind == JSON_IS_STRING ? v->text : "";
}

static enum assay_err add_line(struct tx *tx, struct history *h, const struct line *l,
                               struct err *e)
{
    struct json_out *o = &h->record->o;
    struct staff_row who = {0};
    struct json *root;
    int64_t staff_id = 0, t_ms = 0;
    enum assay_err rc;

    if ((rc = json_parse(h->arena, l->entry, strlen(l->entry), &root, e)) != 0)
        return err_prefix(e, ASSAY_EDAMAGED, "record: entry %lld", (long long)l->seq);
    const struct json *time = json_get(root, "t_ms");
    if (time != NULL && time->kind == JSON_IS_NUMBER)
        (void)str_int64(time->text, 0, INT64_MAX, &t_ms);
    if (str_int64(text_of(root, "actor"), 1, INT64_MAX, &staff_id) == ASSAY_OK &&
        (rc = staff_get(tx, staff_id, &who, e)) != ASSAY_OK && rc != ASSAY_ENOTFOUND)
        return rc;
    json_object(o, NULL);
    json_int(o, "index", l->seq);
    json_time(o, "at", t_ms);
    json_text(o, "action", text_of(root, "action"));
    json_text(o, "role", text_of(root, "role"));
    items_add_who(h->record, "who", staff_id, who.label[0] == '\0' ? NULL : who.label);
    json_text(o, "outcome", text_of(root, "outcome"));
    json_object_end(o);
    return ASSAY_OK;
}

static enum assay_err collect_of(struct tx *tx, struct history *h, const char *noun, int64_t id,
                                 struct err *e)
{
    const struct record_range range = {INT64_MAX, LOOKED_MAX, noun, id};

    return record_back(tx, &range, collect, h, e);
}

enum assay_err items_add_history(struct tx *tx, struct item_record *r, struct err *e)
{
    struct history *h = mem_zalloc(sizeof *h);
    int64_t last = -1;
    enum assay_err rc;

    h->record = r;
    h->arena = arena_new();
    rc = collect_of(tx, h, "item", r->item_id, e);
    for (size_t i = 0; rc == ASSAY_OK && i < r->task_count; i++)
        rc = collect_of(tx, h, "task", r->tasks[i], e);
    qsort(h->lines, h->count, sizeof h->lines[0], by_seq);
    json_array(&r->o, "history");
    for (size_t i = 0; rc == ASSAY_OK && i < h->count; i++) {
        if (h->lines[i].seq != last)
            rc = add_line(tx, h, &h->lines[i], e);
        last = h->lines[i].seq;
    }
    json_array_end(&r->o);
    arena_free(h->arena);
    mem_free(h);
    return rc;
}
