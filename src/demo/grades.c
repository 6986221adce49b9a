/* Reads the grades that the generator wrote, and finds them by a task's file. */
#include "demo/grades.h"

#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/mem.h"
#include "format/sidecar.h"
#include "store/item.h"

#define FILE_MAX (64u << 20)

struct grades {
    struct arena *arena;
    struct grade *list;
    size_t count, capacity;
};

static enum assay_err add(void *ctx, const struct sidecar_row *row, struct err *e)
{
    struct grades *g = ctx;
    struct grade *one;

    if (row->sha256 == NULL || row->code == NULL || row->tag_count > GRADES_TAGS_MAX)
        return err_set(e, ASSAY_EFORMAT, "line %llu is no grade of a file",
                       (unsigned long long)row->line);
    if (g->count == g->capacity) {
        g->capacity = g->capacity == 0 ? 256 : 2 * g->capacity;
        g->list = mem_resize(g->list, g->capacity, sizeof *g->list);
    }
    one = &g->list[g->count++];
    memcpy(one->sha256, row->sha256, sizeof one->sha256);
    one->code = arena_strdup(g->arena, row->code);
    one->tag_count = row->tag_count;
    for (size_t i = 0; i < row->tag_count; i++)
        one->tags[i] = arena_strdup(g->arena, row->tags[i]);
    return ASSAY_OK;
}

static void refused(void *ctx, uint64_t line, const char *reason)
{
    (void)ctx; /* a file without a grade is graded as one that cannot be assessed */
    (void)line;
    (void)reason;
}

static int compare(const void *a, const void *b)
{
    const struct grade *x = a, *y = b;

    return memcmp(x->sha256, y->sha256, sizeof x->sha256);
}

enum assay_err grades_load(const char *path, struct grades **out, struct err *e)
{
    struct grades *g = mem_zalloc(sizeof *g);
    const struct sidecar_sink sink = {g, add, refused};
    struct csv_reader *r;
    struct buf b;

    g->arena = arena_new();
    buf_init(&b, FILE_MAX);
    enum assay_err rc = fs_read_file(path, &b, e);
    if (rc == ASSAY_OK) {
        r = csv_reader_new(b.data, b.size);
        rc = sidecar_read(r, &sink, e);
        csv_reader_free(r);
    }
    buf_clear(&b);
    if (rc != ASSAY_OK) {
        grades_free(g);
        return rc;
    }
    if (g->count > 0)
        qsort(g->list, g->count, sizeof *g->list, compare);
    *out = g;
    return ASSAY_OK;
}

void grades_free(struct grades *g)
{
    if (g == NULL)
        return;
    arena_free(g->arena);
    mem_free(g->list);
    mem_free(g);
}

struct finding {
    int64_t task_id;
    struct grade key;
};

static enum assay_err find_file(struct tx *tx, void *ctx, struct err *e)
{
    struct finding *f = ctx;
    struct item_row item;
    struct task t;
    enum assay_err rc = flow_task(tx, f->task_id, &t, e);

    if (rc == ASSAY_OK)
        rc = item_get(tx, t.item_id, &item, e);
    if (rc == ASSAY_OK)
        memcpy(f->key.sha256, item.sha256, sizeof f->key.sha256);
    return rc;
}

enum assay_err grades_of_task(const struct grades *g, struct world *w, int64_t task_id,
                              const struct grade **out, struct err *e)
{
    struct finding f = {.task_id = task_id};
    enum assay_err rc = store_read(w->store, find_file, &f, e);

    if (rc == ASSAY_OK)
        *out = g->count == 0 ? NULL : bsearch(&f.key, g->list, g->count, sizeof *g->list, compare);
    return rc;
}
