/* The snapshot file: its header and table read, and an index opened over it. */
#include "index/snapshot.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "index/index_impl.h"

size_t snapshot_digest_at(size_t section_count)
{
    return sizeof(struct snapshot_header) + section_count * sizeof(struct snapshot_section);
}

size_t snapshot_data_at(size_t section_count)
{
    size_t end = snapshot_digest_at(section_count) + SNAPSHOT_SHA256;
    return (end + SEGMENT_ALIGNMENT - 1) / SEGMENT_ALIGNMENT * SEGMENT_ALIGNMENT;
}

bool snapshot_sha256(const void *bytes, size_t size, uint8_t out[SNAPSHOT_SHA256])
{
    return EVP_Digest(bytes, size, out, NULL, EVP_sha256(), NULL) == 1;
}

enum assay_err snapshot_refuse(char *reason, enum assay_err rc, const char *format, ...)
{
    va_list args;

    if (reason != NULL) {
        va_start(args, format);
        (void)vsnprintf(reason, ASSAY_INDEX_REASON_SIZE, format, args);
        va_end(args);
    }
    return rc;
}

enum assay_err snapshot_refuse_errno(char *reason, const char *what, const char *path)
{
    int code = errno;
    const char *text = strerrordesc_np(code);
    enum assay_err rc = ASSAY_EIO;

    if (code == ENOENT)
        rc = ASSAY_ENOTFOUND;
    else if (code == EACCES || code == EPERM || code == EROFS)
        rc = ASSAY_EDENIED;
    else if (code == ENOSPC || code == EDQUOT)
        rc = ASSAY_EFULL;
    else if (code == ENOMEM)
        rc = ASSAY_ENOMEM;
    return snapshot_refuse(reason, rc, "%s %.128s: %s", what, path,
                           text != NULL ? text : "unknown error");
}

size_t snapshot_sections_of(const struct segment_layout *layout)
{
    size_t count = 0;

    for (unsigned i = 0; i < SECTIONS; i++)
        count += layout->size[i] > 0;
    return count;
}

const struct snapshot_section *snapshot_dead(const struct snapshot_section *entries)
{
    while (entries->section != SECTION_DEAD)
        entries++;
    return entries;
}

static enum assay_err check_header(const unsigned char *bytes, size_t size, char *reason)
{
    const struct snapshot_header *h = (const struct snapshot_header *)bytes;
    uint8_t digest[SNAPSHOT_SHA256];

    if (size < snapshot_data_at(0) || memcmp(h->magic, SNAPSHOT_MAGIC, sizeof h->magic) != 0)
        return snapshot_refuse(reason, ASSAY_EFORMAT, "this is no index of assay");
    if (h->version == 0 || h->version > SNAPSHOT_VERSION)
        return snapshot_refuse(reason, ASSAY_EVERSION,
                               "the index has format %u, this assay reads 1 to %u", h->version,
                               SNAPSHOT_VERSION);
    if (h->section_count > SNAPSHOT_SEGMENTS_MAX * SECTIONS ||
        size < snapshot_data_at(h->section_count))
        return snapshot_refuse(reason, ASSAY_EDAMAGED, "the file ends within its section table");
    size_t digest_at = snapshot_digest_at(h->section_count);
    if (!snapshot_sha256(bytes, digest_at, digest))
        return snapshot_refuse(reason, ASSAY_ENOMEM, "SHA-256 failed");
    if (memcmp(digest, bytes + digest_at, sizeof digest) != 0)
        return snapshot_refuse(reason, ASSAY_EDAMAGED,
                               "header or section table do not have their SHA-256");
    if (h->file_size != size)
        return snapshot_refuse(reason, ASSAY_EDAMAGED,
                               "the file has %zu bytes, its header says %llu", size,
                               (unsigned long long)h->file_size);
    if (h->permutation != PERMUTATION_ID)
        return snapshot_refuse(reason, ASSAY_EVERSION, "the index has bits in an unknown order, %u",
                               h->permutation);
    if (h->segment_count > SNAPSHOT_SEGMENTS_MAX)
        return snapshot_refuse(reason, ASSAY_EDAMAGED, "the header says %u parts",
                               h->segment_count);
    return ASSAY_OK;
}

/* One segment's entries: sizes give the layout, and the layout every other number. Returns how many
 * entries there are, 0 when they do not hold together. */
static size_t read_segment(const struct snapshot_section *entries, size_t left, uint32_t segment,
                           uint64_t base, struct segment_layout *layout)
{
    uint64_t size[SECTIONS] = {0};
    size_t count = 0;

    while (count < left && entries[count].segment == segment && entries[count].section < SECTIONS &&
           (count == 0 || entries[count].section > entries[count - 1].section)) {
        size[entries[count].section] = entries[count].size;
        count++;
    }
    const bool compact = size[SECTION_ROWS] == 0;
    uint64_t rows = size[SECTION_ROWS] / sizeof(struct index_row);
    uint64_t ids = size[SECTION_IDS] / sizeof(uint32_t);
    if (compact)
        rows = size[SECTION_SYM] / (CHUNKS * sizeof(uint16_t));
    if (rows < (compact ? SEGMENT_COLUMNS_MIN : 1) || rows > SEGMENT_ROWS_MAX || ids < rows ||
        ids > SEGMENT_IDS_MAX)
        return 0;
    *layout = segment_layout(compact ? ASSAY_INDEX_COMPACT : ASSAY_INDEX_FAST, (uint32_t)rows,
                             (uint32_t)ids);
    if (count != snapshot_sections_of(layout))
        return 0;
    for (size_t i = 0; i < count; i++) {
        const struct snapshot_section *e = &entries[i];
        uint64_t dead_max = e->section == SECTION_DEAD ? ids : 0;
        if (e->offset != base + layout->offset[e->section] || e->size != layout->size[e->section] ||
            e->size == 0 || e->dead_count > dead_max)
            return 0;
    }
    return count;
}

enum assay_err snapshot_read(const unsigned char *bytes, size_t size,
                             const struct snapshot_header **header,
                             const struct snapshot_section **sections,
                             struct segment_layout *layouts, char *reason)
{
    const struct snapshot_header *h = (const struct snapshot_header *)bytes;
    const struct snapshot_section *table = (const struct snapshot_section *)(bytes + sizeof *h);
    size_t taken = 0;
    uint64_t pairs = 0;

    enum assay_err rc = check_header(bytes, size, reason);
    if (rc != ASSAY_OK)
        return rc;
    uint64_t at = snapshot_data_at(h->section_count);
    for (uint32_t i = 0; i < h->segment_count; i++) {
        size_t count = read_segment(table + taken, h->section_count - taken, i, at, &layouts[i]);
        if (count == 0 || (h->version == 1 && layouts[i].form == ASSAY_INDEX_COMPACT))
            return snapshot_refuse(reason, ASSAY_EDAMAGED,
                                   "the section table does not describe part %u", i);
        pairs += layouts[i].id_count - snapshot_dead(table + taken)->dead_count;
        taken += count;
        at += layouts[i].total;
    }
    if (taken != h->section_count || at != size || pairs != h->pair_count)
        return snapshot_refuse(reason, ASSAY_EDAMAGED,
                               "the section table does not describe the whole file");
    *header = h;
    *sections = table;
    return ASSAY_OK;
}

/* The index's segments over the bytes. */
static enum assay_err adopt(struct assay_index *ix, unsigned char *bytes,
                            const struct snapshot_header *h, const struct snapshot_section *table,
                            const struct segment_layout *layouts)
{
    struct index_set *set = index_set_new(h->segment_count, 0);
    enum assay_err rc = ASSAY_OK;
    size_t made = 0;

    if (set == NULL)
        return ASSAY_ENOMEM;
    for (; made < h->segment_count && rc == ASSAY_OK; made++) {
        rc = segment_over(&layouts[made], bytes + table->offset, &set->segments[made]);
        if (rc != ASSAY_OK)
            break;
        set->segments[made]->dead_count = (uint32_t)snapshot_dead(table)->dead_count;
        table += snapshot_sections_of(&layouts[made]);
    }
    if (rc == ASSAY_OK) {
        free(index_publish(ix, set));
        return ASSAY_OK;
    }
    for (size_t i = 0; i < made; i++)
        segment_free(set->segments[i]);
    free(set);
    return rc;
}

enum assay_err snapshot_index(unsigned char *bytes, size_t size, struct assay_index **out,
                              char *reason)
{
    const struct snapshot_header *header = NULL;
    const struct snapshot_section *table = NULL;
    struct assay_index *ix = NULL;

    struct segment_layout *layouts = calloc(SNAPSHOT_SEGMENTS_MAX, sizeof *layouts);
    if (layouts == NULL)
        return snapshot_refuse(reason, ASSAY_ENOMEM, "no memory");
    enum assay_err rc = snapshot_read(bytes, size, &header, &table, layouts, reason);
    if (rc != ASSAY_OK)
        goto out;
    if ((rc = assay_index_new(&ix)) != 0 || (rc = adopt(ix, bytes, header, table, layouts)) != 0) {
        assay_index_free(ix);
        rc = snapshot_refuse(reason, rc, "no memory");
        goto out;
    }
    *out = ix;
out:
    free(layouts);
    return rc;
}

/* Maps the whole file. Private: what is marked as deleted stays in memory. */
static enum assay_err map_file(const char *path, int protection, unsigned char **bytes,
                               size_t *size, char *reason)
{
    enum assay_err rc = ASSAY_OK;
    struct stat st;

    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return snapshot_refuse_errno(reason, "open", path);
    if (fstat(fd, &st) != 0) {
        rc = snapshot_refuse_errno(reason, "stat", path);
        goto out;
    }
    if (!S_ISREG(st.st_mode) || st.st_size == 0) {
        rc = snapshot_refuse(reason, ASSAY_EFORMAT, "%.128s is no index of assay", path);
        goto out;
    }
    void *map = mmap(NULL, (size_t)st.st_size, protection, MAP_PRIVATE | MAP_NORESERVE, fd, 0);
    if (map == MAP_FAILED) {
        rc = snapshot_refuse_errno(reason, "map", path);
        goto out;
    }
    *bytes = map;
    *size = (size_t)st.st_size;
out:
    (void)close(fd);
    return rc;
}

enum assay_err assay_index_open(const char *path, struct assay_index **out, char *reason)
{
    unsigned char *bytes = NULL;
    size_t size = 0;

    assert(path != NULL);
    assert(out != NULL);
    enum assay_err rc = map_file(path, PROT_READ | PROT_WRITE, &bytes, &size, reason);
    if (rc != ASSAY_OK)
        return rc;
    if ((rc = snapshot_index(bytes, size, out, reason)) != 0) {
        (void)munmap(bytes, size);
        return rc;
    }
    (*out)->map = bytes;
    (*out)->map_size = size;
    return ASSAY_OK;
}

enum assay_err assay_index_verify(const char *path, char *reason)
{
    unsigned char *bytes = NULL;
    size_t size = 0;

    assert(path != NULL);
    enum assay_err rc = map_file(path, PROT_READ, &bytes, &size, reason);
    if (rc != ASSAY_OK)
        return rc;
    rc = snapshot_verify(bytes, size, reason);
    (void)munmap(bytes, size);
    return rc;
}
