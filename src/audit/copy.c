/* Gives out the files of the record's tree as they were at one head. */
#include <inttypes.h>
#include <stdio.h>

#include "audit/audit.h"
#include "audit/disk.h"
#include "audit/tile.h"
#include "base/mem.h"

static enum assay_err give(const struct disk *d, const struct tile_name *name, struct buf *b,
                           const struct audit_files *files, struct err *e)
{
    char path[TILE_PATH_SIZE];
    enum assay_err rc;

    tile_path(name, path);
    buf_reset(b);
    if ((rc = disk_read(d, name, b, e)) == ASSAY_ENOTFOUND)
        return err_set(e, ASSAY_EDAMAGED,
                       "record: audit/%s is missing; run assay audit verify, which says what to do",
                       path);
    if (rc == ASSAY_OK)
        rc = files->fn(files->ctx, path, b->data, b->size, e);
    return rc;
}

/* One level of tiles, or the bundles, which are as many as the lowest tiles. */
static enum assay_err give_level(const struct disk *d, int level, struct buf *b,
                                 const struct audit_files *files, struct err *e)
{
    int counted = level == TILE_ENTRIES ? 0 : level;
    uint64_t full = tile_full_count(d->size, counted);
    struct tile_name last = {level, full, tile_partial_width(d->size, counted)};
    enum assay_err rc = ASSAY_OK;

    for (uint64_t i = 0; rc == ASSAY_OK && i < full; i++) {
        struct tile_name name = {level, i, TILE_WIDTH};
        rc = give(d, &name, b, files, e);
    }
    if (rc == ASSAY_OK && last.width > 0)
        rc = give(d, &last, b, files, e);
    return rc;
}

enum assay_err audit_each_file(const char *data_dir, uint64_t size, const struct audit_files *files,
                               struct err *e)
{
    struct disk *d = disk_new(data_dir, size);
    enum assay_err rc = ASSAY_OK;
    struct buf b;

    buf_init(&b, TILE_BUNDLE_MAX);
    for (int level = TILE_ENTRIES; rc == ASSAY_OK && level < TILE_LEVELS; level++)
        rc = give_level(d, level, &b, files, e);
    buf_clear(&b);
    mem_free(d);
    return rc;
}
