/* Any bytes as a snapshot of an index, also with digest and size put right: it is refused or it
 * answers, takes deletes and merges, and reads nothing behind its end. */
#include <stdlib.h>
#include <string.h>

#include "assay/index.h"
#include "fuzz.h"
#include "index/snapshot.h"

#define BLOCK_MAX ((size_t)1 << 20)

/* One search, and with its first hit a delete, which must find what the search found when the file
 * verifies. */
static void use(struct assay_index *ix, const uint8_t *hash)
{
    static const unsigned radii[] = {0, 31, 64};
    const struct assay_index_hit *hits;
    struct assay_index_reader *r;
    size_t count;

    if (assay_index_reader_new(ix, &r) != ASSAY_OK)
        abort();
    for (size_t i = 0; i < sizeof radii / sizeof radii[0]; i++) {
        if (assay_index_search(r, hash, radii[i], &hits, &count) != ASSAY_OK)
            abort();
        for (size_t k = 1; k < count; k++) {
            if (hits[k - 1].distance > hits[k].distance || hits[k].distance > radii[i])
                abort();
        }
    }
    for (uint32_t id = 0; id < 10; id++)
        (void)assay_index_delete(ix, hash, id);
    if (assay_index_add(ix, hash, 3) != ASSAY_OK || assay_index_merge(ix) != ASSAY_OK)
        abort();
    if (assay_index_search(r, hash, 0, &hits, &count) != ASSAY_OK || count == 0)
        abort();
    assay_index_reader_free(r);
}

static void try_bytes(uint8_t *bytes, size_t size)
{
    char reason[ASSAY_INDEX_REASON_SIZE];
    uint8_t hash[ASSAY_INDEX_HASH_BYTES] = {0};
    struct assay_index *ix;

    bool good = snapshot_verify(bytes, size, reason) == ASSAY_OK;
    if (snapshot_index(bytes, size, &ix, reason) == ASSAY_OK) {
        use(ix, hash);
        memset(hash, 0xff, sizeof hash);
        use(ix, hash);
        assay_index_free(ix);
    } else if (good) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct snapshot_header *h;

    if (size == 0 || size > BLOCK_MAX)
        return 0;
    /* Aligned, and ending where a block of memory ends. */
    void *block = NULL;
    if (posix_memalign(&block, SEGMENT_ALIGNMENT, size) != 0)
        abort();
    uint8_t *bytes = block;
    memcpy(bytes, data, size);
    try_bytes(bytes, size);

    memcpy(bytes, data, size);
    h = block;
    if (size >= sizeof *h && h->section_count <= SNAPSHOT_SEGMENTS_MAX * SECTIONS &&
        size >= snapshot_data_at(h->section_count)) {
        size_t digest_at = snapshot_digest_at(h->section_count);
        memcpy(h->magic, SNAPSHOT_MAGIC, sizeof h->magic);
        h->version = SNAPSHOT_VERSION;
        h->permutation = PERMUTATION_ID;
        h->file_size = size;
        if (!snapshot_sha256(bytes, digest_at, bytes + digest_at))
            abort();
        try_bytes(bytes, size);
    }
    free(block);
    return 0;
}
