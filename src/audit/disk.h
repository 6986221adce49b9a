/* The record's files: tiles and bundles under DATA/audit in the tlog-tiles layout. */
#ifndef AUDIT_DISK_H
#define AUDIT_DISK_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "audit/tile.h"
#include "audit/tree.h"
#include "base/buf.h"
#include "base/err.h"

#define DISK_CHECKPOINT "checkpoint" /* the last signed head, under DATA/audit */

/* Reads a tree of a given size; the last tile of each level is kept. About 64 KiB: on the heap. */
struct disk {
    char folder[PATH_MAX]; /* DATA/audit */
    uint64_t size;         /* entries of the tree whose tiles are read */
    struct {
        bool full;      /* something is kept */
        uint64_t index; /* of the tile kept */
        unsigned width;
        struct tree_hash hashes[TILE_WIDTH];
    } kept[TILE_LEVELS];
};

/* Free with mem_free. */
struct disk *disk_new(const char *data_dir, uint64_t size);

/* DATA/audit/name, into out of PATH_MAX characters. */
void disk_path(const struct disk *d, const char *name, char *out);

/* The bytes of a tile or bundle, appended to b. Where a partial one is gone because its full one
 * stands, the front of that is given. ENOTFOUND, EDAMAGED (not of the size that its name says). */
enum assay_err disk_read(const struct disk *d, const struct tile_name *name, struct buf *b,
                         struct err *e);

/* A tree_read over the tiles of the tree of d->size entries. */
enum assay_err disk_hash(void *d, unsigned height, uint64_t index, struct tree_hash *out,
                         struct err *e);

/* Put a tile or bundle there whole, on the disk on return. One that stands with these bytes is left
 * alone. */
enum assay_err disk_write(const struct disk *d, const struct tile_name *name, const uint8_t *bytes,
                          size_t size, struct err *e);

/* Remove the partial tiles and bundles of the tree of old_size entries whose full ones stand in the
 * tree of size entries. Failing to is no fault: they are right, only of no more use. */
void disk_drop_partials(const struct disk *d, uint64_t old_size, uint64_t size);

#endif
