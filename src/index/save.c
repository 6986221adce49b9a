/* Saving an index: all that is in it at one moment, written beside the file and renamed over it. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "index/index_impl.h"
#include "index/snapshot.h"

#define FILE_MODE 0644
#define IO_MAX    (64u << 20) /* bytes a call */

/* The segments as they were, with copies of their deletes; no merge takes them away meanwhile. */
struct saved {
    struct index_segment **segments;
    uint64_t **dead;
    size_t count, section_count;
    struct snapshot_section *table;
    struct snapshot_header header;
};

static void saved_clear(struct saved *v)
{
    for (size_t i = 0; i < v->count && v->dead != NULL; i++)
        free(v->dead[i]);
    free(v->dead);
    free(v->segments);
    free(v->table);
}

/* Under merging and writing. */
static enum assay_err capture(struct assay_index *ix, struct saved *v)
{
    enum assay_err rc = index_freeze_tails(ix);
    const struct index_set *set = atomic_load(&ix->set);

    if (rc != ASSAY_OK)
        return rc;
    if (set->segment_count > SNAPSHOT_SEGMENTS_MAX)
        return ASSAY_ELIMIT;
    v->segments = calloc(set->segment_count + 1, sizeof *v->segments);
    v->dead = calloc(set->segment_count + 1, sizeof *v->dead);
    if (v->segments == NULL || v->dead == NULL)
        return ASSAY_ENOMEM;
    for (; v->count < set->segment_count; v->count++) {
        const struct index_segment *s = set->segments[v->count];
        size_t words = s->layout.size[SECTION_DEAD] / sizeof(uint64_t);
        uint64_t *dead = malloc(words * sizeof *dead);
        if (dead == NULL)
            return ASSAY_ENOMEM;
        for (size_t w = 0; w < words; w++)
            dead[w] = atomic_load_explicit(&s->dead[w], memory_order_relaxed);
        v->segments[v->count] = set->segments[v->count];
        v->dead[v->count] = dead;
        v->section_count += snapshot_sections_of(&s->layout);
        v->header.pair_count += s->layout.id_count;
    }
    return ASSAY_OK;
}

static const void *section_bytes(const struct saved *v, size_t segment, unsigned section)
{
    if (section == SECTION_DEAD)
        return v->dead[segment];
    const struct index_segment *s = v->segments[segment];
    return s->base + s->layout.offset[section];
}

/* Fills header and table, which need every section's digest. */
static enum assay_err describe(struct saved *v)
{
    uint64_t at = snapshot_data_at(v->section_count);
    struct snapshot_section *e;

    v->header.version = 1;
    v->table = calloc(v->section_count + 1, sizeof *v->table);
    if (v->table == NULL)
        return ASSAY_ENOMEM;
    e = v->table;
    for (size_t i = 0; i < v->count; i++) {
        const struct segment_layout *l = &v->segments[i]->layout;
        for (unsigned k = 0; k < SECTIONS; k++) {
            if (l->size[k] == 0)
                continue;
            e->segment = (uint32_t)i;
            e->section = k;
            e->offset = at + l->offset[k];
            e->size = l->size[k];
            for (size_t w = 0; k == SECTION_DEAD && w < l->size[k] / sizeof(uint64_t); w++)
                e->dead_count += bits_set(v->dead[i][w]);
            v->header.pair_count -= e->dead_count;
            if (!snapshot_sha256(section_bytes(v, i, k), e->size, e->sha256))
                return ASSAY_ENOMEM;
            e++;
        }
        if (l->form == ASSAY_INDEX_COMPACT)
            v->header.version = SNAPSHOT_VERSION;
        at += l->total;
    }
    memcpy(v->header.magic, SNAPSHOT_MAGIC, sizeof v->header.magic);
    v->header.permutation = PERMUTATION_ID;
    v->header.segment_count = (uint32_t)v->count;
    v->header.section_count = (uint32_t)v->section_count;
    v->header.file_size = at;
    return ASSAY_OK;
}

/* False: errno says why. */
static bool write_at(int fd, uint64_t at, const void *bytes, size_t size)
{
    const unsigned char *from = bytes;

    while (size > 0) {
        ssize_t n = pwrite(fd, from, size < IO_MAX ? size : IO_MAX, (off_t)at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        from += n;
        at += (uint64_t)n;
        size -= (size_t)n;
    }
    return true;
}

/* What no section covers stays zero, as the file's size is set first. */
static bool write_all(int fd, const struct saved *v, const uint8_t digest[SNAPSHOT_SHA256])
{
    size_t digest_at = snapshot_digest_at(v->section_count);

    if (ftruncate(fd, (off_t)v->header.file_size) != 0 ||
        !write_at(fd, 0, &v->header, sizeof v->header) ||
        !write_at(fd, sizeof v->header, v->table, digest_at - sizeof v->header) ||
        !write_at(fd, digest_at, digest, SNAPSHOT_SHA256))
        return false;
    for (size_t i = 0; i < v->section_count; i++) {
        const struct snapshot_section *e = &v->table[i];
        if (!write_at(fd, e->offset, section_bytes(v, e->segment, e->section), e->size))
            return false;
    }
    return fchmod(fd, FILE_MODE) == 0 && fsync(fd) == 0;
}

static bool sync_folder_of(const char *path)
{
    char copy[PATH_MAX];

    (void)snprintf(copy, sizeof copy, "%s", path);
    int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool good = fsync(fd) == 0;
    (void)close(fd);
    return good;
}

static bool header_digest(const struct saved *v, uint8_t digest[SNAPSHOT_SHA256])
{
    size_t size = snapshot_digest_at(v->section_count);
    unsigned char *both = malloc(size);

    if (both == NULL)
        return false;
    memcpy(both, &v->header, sizeof v->header);
    memcpy(both + sizeof v->header, v->table, size - sizeof v->header);
    bool good = snapshot_sha256(both, size, digest);
    free(both);
    return good;
}

static enum assay_err write_file(struct saved *v, const char *path, char *reason)
{
    char temp[PATH_MAX];
    uint8_t digest[SNAPSHOT_SHA256];
    enum assay_err rc = ASSAY_OK;

    if (!header_digest(v, digest))
        return snapshot_refuse(reason, ASSAY_ENOMEM, "no memory");
    if ((size_t)snprintf(temp, sizeof temp, "%s.XXXXXX", path) >= sizeof temp)
        return snapshot_refuse(reason, ASSAY_EIO, "a path of over %d bytes", PATH_MAX);
    int fd = mkostemp(temp, O_CLOEXEC);
    if (fd < 0)
        return snapshot_refuse_errno(reason, "create a file beside", path);
    if (!write_all(fd, v, digest))
        rc = snapshot_refuse_errno(reason, "write", path);
    else if (rename(temp, path) != 0)
        rc = snapshot_refuse_errno(reason, "name", path);
    else if (!sync_folder_of(path))
        rc = snapshot_refuse_errno(reason, "sync the folder of", path);
    if (rc != ASSAY_OK)
        (void)unlink(temp); /* gone already after the rename */
    (void)close(fd);
    return rc;
}

enum assay_err assay_index_save(struct assay_index *ix, const char *path, char *reason)
{
    struct saved v = {0};

    assert(ix != NULL);
    assert(path != NULL);
    enum assay_err rc = assay_index_merge(ix); /* so that little is left to do under writing */
    if (rc != ASSAY_OK)
        return snapshot_refuse(reason, rc, "no memory to merge what was added");
    (void)pthread_mutex_lock(&ix->merging);
    (void)pthread_mutex_lock(&ix->writing);
    rc = capture(ix, &v);
    (void)pthread_mutex_unlock(&ix->writing);
    if (rc == ASSAY_OK)
        rc = describe(&v);
    if (rc == ASSAY_OK)
        rc = write_file(&v, path, reason);
    else if (rc == ASSAY_ELIMIT)
        rc = snapshot_refuse(reason, rc, "the index has over %d parts", SNAPSHOT_SEGMENTS_MAX);
    else
        rc = snapshot_refuse(reason, rc, "no memory");
    (void)pthread_mutex_unlock(&ix->merging);
    saved_clear(&v);
    return rc;
}
