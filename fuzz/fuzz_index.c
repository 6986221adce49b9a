/* Any bytes as a snapshot of an index, also with digest and size put right: it is refused or it
 * answers, takes deletes and merges, and reads nothing behind its end. An input that begins with
 * "patch:" changes a compact snapshot that is made here, as none is small. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

/* ---- changes of a compact snapshot ---- */

#define PATCH      "patch:"
#define PATCH_SIZE (sizeof PATCH - 1)
#define MADE_COUNT SEGMENT_COLUMNS_MIN
#define MADE_ALIKE 300 /* few ones: near the hash of zeros, which is searched */

/* Each writes value over four bytes of a section, whose digest is put right. */
struct patch {
    uint8_t section;
    uint8_t place[4], value[4]; /* little-endian, as all here */
};

static uint64_t next(uint64_t *state)
{
    uint64_t v = *state += 0x9e3779b97f4a7c15u;

    v = (v ^ v >> 30) * 0xbf58476d1ce4e5b9u;
    v = (v ^ v >> 27) * 0x94d049bb133111ebu;
    return v ^ v >> 31;
}

static struct assay_index *make_index(void)
{
    uint64_t hash[ASSAY_INDEX_HASH_BYTES / sizeof(uint64_t)], draw = 1;
    struct assay_index *ix;

    if (assay_index_new(&ix) != ASSAY_OK)
        abort();
    assay_index_set_form(ix, ASSAY_INDEX_COMPACT);
    for (uint32_t i = 0; i < MADE_COUNT; i++) {
        for (size_t k = 0; k < sizeof hash / sizeof hash[0]; k++)
            hash[k] = i < MADE_ALIKE ? next(&draw) & next(&draw) & next(&draw) & next(&draw)
                                     : next(&draw);
        if (assay_index_add(ix, (const uint8_t *)hash, i) != ASSAY_OK)
            abort();
    }
    return ix;
}

static size_t made_size;

/* The snapshot's bytes, made once. */
static const uint8_t *made(void)
{
    static uint8_t *bytes;
    char folder[4096], path[4200];
    const char *temp = getenv("TMPDIR");
    size_t room = (size_t)8 << 20;

    if (bytes != NULL)
        return bytes;
    struct assay_index *ix = make_index();
    (void)snprintf(folder, sizeof folder, "%s/fuzz-index-XXXXXX", temp == NULL ? "/tmp" : temp);
    if ((bytes = malloc(room)) == NULL || mkdtemp(folder) == NULL)
        abort();
    (void)snprintf(path, sizeof path, "%s/index", folder);
    FILE *f = assay_index_save(ix, path, NULL) == ASSAY_OK ? fopen(path, "rb") : NULL;
    if (f == NULL)
        abort();
    made_size = fread(bytes, 1, room, f);
    if (((const struct snapshot_header *)(const void *)bytes)->version != SNAPSHOT_VERSION)
        abort(); /* not compact */
    (void)fclose(f);
    if (unlink(path) != 0 || rmdir(folder) != 0)
        abort();
    assay_index_free(ix);
    return bytes;
}

static uint32_t number(const uint8_t p[4])
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void try_patches(const uint8_t *data, size_t size)
{
    void *block = NULL;
    const uint8_t *whole = made();

    if (posix_memalign(&block, SEGMENT_ALIGNMENT, made_size) != 0)
        abort();
    uint8_t *bytes = block;
    memcpy(bytes, whole, made_size);
    const struct snapshot_header *h = block;
    struct snapshot_section *table = (struct snapshot_section *)(bytes + sizeof *h);
    for (; size >= sizeof(struct patch); size -= sizeof(struct patch)) {
        const struct patch *p = (const struct patch *)data;
        struct snapshot_section *e = &table[p->section % h->section_count];
        memcpy(bytes + e->offset + number(p->place) % (e->size - sizeof p->value + 1), p->value,
               sizeof p->value);
        if (!snapshot_sha256(bytes + e->offset, e->size, e->sha256))
            abort();
        data += sizeof *p;
    }
    const size_t digest_at = snapshot_digest_at(h->section_count);
    if (!snapshot_sha256(bytes, digest_at, bytes + digest_at))
        abort();
    try_bytes(bytes, made_size);
    free(block);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct snapshot_header *h;

    if (size == 0 || size > BLOCK_MAX)
        return 0;
    if (size >= PATCH_SIZE && memcmp(data, PATCH, PATCH_SIZE) == 0) {
        const size_t most = 16 * sizeof(struct patch), rest = size - PATCH_SIZE;
        try_patches(data + PATCH_SIZE, rest < most ? rest : most);
        return 0;
    }
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
