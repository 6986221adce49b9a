/* Builds tiles level by level from the entries' leaf hashes. */
#include "audit/tiler.h"

#include <assert.h>

void tiler_init(struct tiler *t, tiler_emit *emit, void *ctx)
{
    t->size = 0;
    t->emit = emit;
    t->ctx = ctx;
    buf_init(&t->bundle, TILE_BUNDLE_MAX);
}

void tiler_clear(struct tiler *t)
{
    buf_clear(&t->bundle);
}

enum assay_err tiler_resume(struct tiler *t, uint64_t size, tree_read *read, void *ctx,
                            struct err *e)
{
    enum assay_err rc;

    assert(size % TILE_WIDTH == 0);
    buf_reset(&t->bundle);
    for (int level = 1; level < TILE_LEVELS; level++) {
        uint64_t first = tile_full_count(size, level) * TILE_WIDTH;
        for (unsigned i = 0; i < tile_partial_width(size, level); i++)
            if ((rc = read(ctx, 8 * (unsigned)level, first + i, &t->open[level][i], e)) != 0)
                return rc;
    }
    t->size = size;
    return ASSAY_OK;
}

static enum assay_err emit_tile(struct tiler *t, int level, uint64_t index, unsigned width,
                                struct err *e)
{
    struct tile_name name = {level, index, width};

    if (level == TILE_ENTRIES)
        return t->emit(t->ctx, &name, t->bundle.data, t->bundle.size, e);
    return t->emit(t->ctx, &name, t->open[level][0].bytes, width * TREE_HASH_BYTES, e);
}

enum assay_err tiler_add(struct tiler *t, const struct tree_hash *leaf, const void *entry,
                         size_t entry_size, struct err *e)
{
    struct tree_hash up = *leaf;
    enum assay_err rc;

    if (entry != NULL)
        tile_bundle_add(&t->bundle, entry, entry_size);
    for (int level = 0; level < TILE_LEVELS; level++) {
        uint64_t at = t->size >> (8 * level); /* the new hash's place in its level */
        t->open[level][at % TILE_WIDTH] = up;
        if (at % TILE_WIDTH != TILE_WIDTH - 1)
            break;
        if (level == 0) {
            if ((rc = emit_tile(t, TILE_ENTRIES, at / TILE_WIDTH, TILE_WIDTH, e)) != 0)
                return rc;
            buf_reset(&t->bundle);
        }
        if ((rc = emit_tile(t, level, at / TILE_WIDTH, TILE_WIDTH, e)) != 0)
            return rc;
        tree_perfect(t->open[level], 8, &up);
    }
    t->size++;
    return ASSAY_OK;
}

enum assay_err tiler_flush(struct tiler *t, struct err *e)
{
    enum assay_err rc;

    for (int level = TILE_ENTRIES; level < TILE_LEVELS; level++) {
        int counted = level == TILE_ENTRIES ? 0 : level;
        unsigned width = tile_partial_width(t->size, counted);
        if (width > 0 &&
            (rc = emit_tile(t, level, tile_full_count(t->size, counted), width, e)) != 0)
            return rc;
    }
    return ASSAY_OK;
}

/* The perfect subtrees that a root is made of all lie in the open tiles. */
static enum assay_err read_open(void *ctx, unsigned height, uint64_t index, struct tree_hash *out,
                                struct err *e)
{
    const struct tiler *t = ctx;
    unsigned level = height / 8, below = height % 8;

    (void)e;
    tree_perfect(&t->open[level][(index << below) % TILE_WIDTH], below, out);
    return ASSAY_OK;
}

void tiler_root(struct tiler *t, struct tree_hash *out)
{
    enum assay_err rc = tree_root(read_open, t, t->size, out, NULL);

    assert(rc == ASSAY_OK);
    (void)rc;
}
