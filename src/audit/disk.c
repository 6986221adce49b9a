/* Reads and writes tiles and bundles as files. */
#include "audit/disk.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/mem.h"

#define FILE_MODE   0640
#define FOLDER_MODE 0750

struct disk *disk_new(const char *data_dir, uint64_t size)
{
    struct disk *d = mem_zalloc(sizeof *d);

    (void)snprintf(d->folder, sizeof d->folder, "%s/audit", data_dir);
    d->size = size;
    return d;
}

void disk_path(const struct disk *d, const char *name, char *out)
{
    int used = snprintf(out, PATH_MAX, "%.3900s/%.128s", d->folder, name);

    assert(used > 0 && used < PATH_MAX);
}

static void tile_file(const struct disk *d, const struct tile_name *name, char *out)
{
    char path[TILE_PATH_SIZE];

    tile_path(name, path);
    disk_path(d, path, out);
}

/* Cut the front of width hashes or entries out of what was read from offset on. */
static enum assay_err cut(const struct tile_name *name, struct buf *b, size_t offset, struct err *e)
{
    size_t at = 0, entry_size;
    const uint8_t *entry;
    unsigned count = 0;

    if (name->level == TILE_ENTRIES)
        while (count < name->width && tile_bundle_next(b->data + offset, b->size - offset, &at,
                                                       &entry, &entry_size) == ASSAY_OK)
            count++;
    else if (b->size - offset >= name->width * TREE_HASH_BYTES) {
        at = name->width * TREE_HASH_BYTES;
        count = name->width;
    }
    if (count < name->width)
        return err_set(e, ASSAY_EDAMAGED, "truncated");
    b->size = offset + at;
    return ASSAY_OK;
}

enum assay_err disk_read(const struct disk *d, const struct tile_name *name, struct buf *b,
                         struct err *e)
{
    struct tile_name full = *name;
    char path[PATH_MAX], shown[TILE_PATH_SIZE];
    size_t offset = b->size;
    enum assay_err rc;

    tile_path(name, shown);
    tile_file(d, name, path);
    rc = fs_read_file(path, b, e);
    if (rc == ASSAY_ENOTFOUND && name->width < TILE_WIDTH) {
        full.width = TILE_WIDTH;
        tile_path(&full, shown);
        tile_file(d, &full, path);
        rc = fs_read_file(path, b, e);
    }
    if (rc != ASSAY_OK)
        return rc;
    size_t whole = b->size;
    if ((rc = cut(name, b, offset, e)) == ASSAY_OK && b->size != whole && full.width == name->width)
        rc = err_set(e, ASSAY_EDAMAGED, "bytes behind its end");
    return rc == ASSAY_OK ? rc : err_prefix(e, rc, "%s", shown);
}

enum assay_err disk_hash(void *ctx, unsigned height, uint64_t index, struct tree_hash *out,
                         struct err *e)
{
    struct disk *d = ctx;
    int level = (int)(height / 8);
    unsigned below = height % 8;
    uint64_t first = index << below; /* of the hashes of that level under the subtree */
    struct tile_name name = {level, first / TILE_WIDTH, TILE_WIDTH};
    enum assay_err rc;

    assert(level < TILE_LEVELS);
    assert((index + 1) << height <= d->size);
    if (name.index == tile_full_count(d->size, level))
        name.width = tile_partial_width(d->size, level);
    if (!d->kept[level].full || d->kept[level].index != name.index ||
        d->kept[level].width != name.width) {
        struct buf b;
        buf_init(&b, TILE_BYTES);
        if ((rc = disk_read(d, &name, &b, e)) == ASSAY_OK) {
            memcpy(d->kept[level].hashes, b.data, b.size);
            d->kept[level].full = true;
            d->kept[level].index = name.index;
            d->kept[level].width = name.width;
        }
        buf_clear(&b);
        if (rc != ASSAY_OK)
            return rc;
    }
    tree_perfect(&d->kept[level].hashes[first % TILE_WIDTH], below, out);
    return ASSAY_OK;
}

static bool stands_already(const char *path, const uint8_t *bytes, size_t size)
{
    struct buf b;

    buf_init(&b, size + 1);
    bool same = fs_read_file(path, &b, NULL) == ASSAY_OK && b.size == size &&
                memcmp(b.data, bytes, size) == 0;
    buf_clear(&b);
    return same;
}

enum assay_err disk_write(const struct disk *d, const struct tile_name *name, const uint8_t *bytes,
                          size_t size, struct err *e)
{
    char path[PATH_MAX], folder[PATH_MAX];
    enum assay_err rc;

    assert(size > 0);
    tile_file(d, name, path);
    if (stands_already(path, bytes, size))
        return ASSAY_OK;
    memcpy(folder, path, sizeof folder);
    *strrchr(folder, '/') = '\0';
    if (access(folder, F_OK) != 0) {
        char *slash;
        if ((rc = fs_make_dirs(folder, FOLDER_MODE, e)) != 0)
            return rc;
        /* The new folders' names, up to DATA, must be on the disk too. */
        while ((slash = strrchr(folder, '/')) != NULL && strlen(folder) >= strlen(d->folder)) {
            *slash = '\0';
            if ((rc = fs_sync_dir(folder[0] == '\0' ? "/" : folder, e)) != 0)
                return rc;
        }
    }
    return fs_replace(path, bytes, size, FILE_MODE, e);
}

void disk_drop_partials(const struct disk *d, uint64_t old_size, uint64_t size)
{
    char path[PATH_MAX];

    for (int level = TILE_ENTRIES; level < TILE_LEVELS; level++) {
        int counted = level == TILE_ENTRIES ? 0 : level;
        struct tile_name name = {level, tile_full_count(old_size, counted), 1};
        if (name.index == tile_full_count(size, counted))
            continue;
        for (name.width = 1; name.width < TILE_WIDTH; name.width++) {
            tile_file(d, &name, path);
            (void)unlink(path);
        }
        *strrchr(path, '/') = '\0';
        (void)rmdir(path);
    }
}
