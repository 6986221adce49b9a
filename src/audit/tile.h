/* C2SP tlog-tiles: names of tiles and bundles, their widths, and the bundle encoding. */
#ifndef AUDIT_TILE_H
#define AUDIT_TILE_H

#include <stddef.h>
#include <stdint.h>

#include "audit/tree.h"
#include "base/buf.h"
#include "base/err.h"

/*
 * Source: c2sp.org/tlog-tiles. A tile of level l holds up to 256 hashes, each over 256^l entries;
 * only full tiles are hashed into the level above. A bundle holds the entries of a level 0 tile,
 * each behind its size as two bytes, big-endian. The rightmost of each are partial.
 *
 *     tile/<level>/<index>[.p/<width>]     tile/entries/<index>[.p/<width>]
 */
#define TILE_WIDTH      256
#define TILE_BYTES      (TILE_WIDTH * TREE_HASH_BYTES)
#define TILE_LEVELS     8    /* enough for 2^63 entries */
#define TILE_ENTRIES    (-1) /* in the place of a level: the bundle of entries */
#define TILE_PATH_SIZE  64   /* the longest path and a NUL */
#define TILE_ENTRY_MAX  65535
#define TILE_BUNDLE_MAX (TILE_WIDTH * (2 + TILE_ENTRY_MAX)) /* bytes */

struct tile_name {
    int level;      /* 0 .. TILE_LEVELS - 1, or TILE_ENTRIES */
    uint64_t index; /* from 0, from the left */
    unsigned width; /* 1 .. TILE_WIDTH; less than TILE_WIDTH: partial */
};

/* The path under the log's folder; out holds TILE_PATH_SIZE characters. */
void tile_path(const struct tile_name *name, char *out);

/* How many full tiles a level has in a tree of size entries, and the width of the partial one
 * behind them (0: none). Level 0 counts for bundles too. */
uint64_t tile_full_count(uint64_t size, int level);
unsigned tile_partial_width(uint64_t size, int level);

/* Append one entry of at most TILE_ENTRY_MAX bytes (asserted) to a bundle. */
void tile_bundle_add(struct buf *bundle, const void *entry, size_t size);

/* The next entry at *offset of a bundle, borrowed, and *offset behind it. ENOTFOUND at the end,
 * EFORMAT when the bundle ends within an entry. */
enum assay_err tile_bundle_next(const uint8_t *bundle, size_t bundle_size, size_t *offset,
                                const uint8_t **entry, size_t *entry_size);

#endif
