/* Turns a stream of entries into tiles and bundles, holding only the open tile of each level. */
#ifndef AUDIT_TILER_H
#define AUDIT_TILER_H

#include <stddef.h>
#include <stdint.h>

#include "audit/tile.h"
#include "audit/tree.h"
#include "base/buf.h"
#include "base/err.h"

/* Takes a tile or bundle, borrowed for the call: the sequencer writes it, the verifier compares. */
typedef enum assay_err tiler_emit(void *ctx, const struct tile_name *name, const uint8_t *bytes,
                                  size_t size, struct err *e);

/* About 64 KiB and the open bundle: keep it on the heap. */
struct tiler {
    uint64_t size; /* entries so far */
    tiler_emit *emit;
    void *ctx;
    struct buf bundle; /* of the open level 0 tile */
    struct tree_hash open[TILE_LEVELS][TILE_WIDTH];
};

void tiler_init(struct tiler *t, tiler_emit *emit, void *ctx);
void tiler_clear(struct tiler *t);

/* Start behind size entries, a multiple of TILE_WIDTH, with the hashes of the open upper tiles read
 * from where they are kept. */
enum assay_err tiler_resume(struct tiler *t, uint64_t size, tree_read *read, void *ctx,
                            struct err *e);

/* Add an entry by its leaf hash. Emits what it completes: the bundle, its tile, then the tiles
 * above. entry NULL: bundles are not wanted and come out empty. */
enum assay_err tiler_add(struct tiler *t, const struct tree_hash *leaf, const void *entry,
                         size_t entry_size, struct err *e);

/* Emit the partial tiles and the partial bundle as they now stand; adding may go on. */
enum assay_err tiler_flush(struct tiler *t, struct err *e);

void tiler_root(struct tiler *t, struct tree_hash *out);

#endif
