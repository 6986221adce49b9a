/* Every byte of a snapshot: each section's digest, and that rows, ids and columns agree. */
#include <stdlib.h>
#include <string.h>

#include "index/compact.h"
#include "index/snapshot.h"

static bool all_zero(const unsigned char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] != 0)
            return false;
    }
    return true;
}

static bool rows_hold(const struct index_row *rows, uint32_t count)
{
    for (uint32_t i = 1; i < count; i++) {
        if (row_compare(&rows[i - 1], &rows[i]) >= 0)
            return false;
    }
    return true;
}

static bool ids_hold(const struct index_segment *s)
{
    uint32_t rows = s->layout.row_count;

    if (s->first == NULL)
        return true;
    if (s->first[0] != 0 || s->first[rows] != s->layout.id_count)
        return false;
    for (uint32_t i = 0; i < rows; i++) {
        if (s->first[i] >= s->first[i + 1] || s->first[i + 1] > s->layout.id_count)
            return false;
        for (uint32_t k = s->first[i] + 1; k < s->first[i + 1]; k++) {
            if (s->ids[k - 1] >= s->ids[k])
                return false;
        }
    }
    return true;
}

static bool dead_holds(const struct index_segment *s, uint64_t dead_count)
{
    size_t words = s->layout.size[SECTION_DEAD] / sizeof(uint64_t);
    uint64_t count = 0;

    for (size_t i = 0; i < words; i++)
        count += bits_set(atomic_load_explicit(&s->dead[i], memory_order_relaxed));
    for (uint64_t i = s->layout.id_count; i < 64 * (uint64_t)words; i++) {
        if (segment_is_dead(s, (uint32_t)i))
            return false;
    }
    return count == dead_count;
}

/* Each row once: as many entries as rows, in buckets of the rows' own values, ascending in each. */
static bool column_holds(const struct index_segment *s, unsigned column)
{
    uint32_t rows = s->layout.row_count;
    const uint32_t *dir = s->dir + (size_t)column * DIR_SIZE;
    const uint16_t *sym = s->sym + (size_t)column * rows;
    const uint8_t *number = s->number + (size_t)column * ROW_NUMBER_BYTES * rows;

    if (dir[0] != 0 || dir[DIR_SIZE - 1] != rows)
        return false;
    for (uint32_t v = 0; v + 1 < DIR_SIZE; v++) {
        if (dir[v] > dir[v + 1] || dir[v + 1] > rows)
            return false;
        uint32_t before = 0;
        for (uint32_t i = dir[v]; i < dir[v + 1]; i++) {
            uint32_t row = segment_number(number + (size_t)i * ROW_NUMBER_BYTES);
            if (row >= rows || (i > dir[v] && row <= before) ||
                row_chunk(&s->rows[row], column) != v ||
                row_chunk(&s->rows[row], (column + 1) % CHUNKS) != sym[i])
                return false;
            before = row;
        }
    }
    return true;
}

static enum assay_err check_sections(const unsigned char *bytes, size_t size,
                                     const struct snapshot_header *h,
                                     const struct snapshot_section *table, char *reason)
{
    static const char *const names[SECTIONS] = {"rows",    "first",   "ids",  "deleted", "dir",
                                                "symbols", "numbers", "high", "low"};
    uint8_t digest[SNAPSHOT_SHA256];
    uint64_t end = snapshot_digest_at(h->section_count) + SNAPSHOT_SHA256;

    if (!all_zero(h->zero, sizeof h->zero))
        return snapshot_refuse(reason, ASSAY_EDAMAGED, "the header's reserved bytes are not zero");
    for (uint32_t i = 0; i < h->section_count; i++) {
        const struct snapshot_section *e = &table[i];
        if (!snapshot_sha256(bytes + e->offset, e->size, digest))
            return snapshot_refuse(reason, ASSAY_ENOMEM, "SHA-256 failed");
        if (memcmp(digest, e->sha256, sizeof digest) != 0)
            return snapshot_refuse(reason, ASSAY_EDAMAGED,
                                   "section %s of part %u does not have its SHA-256",
                                   names[e->section], e->segment);
        if (!all_zero(bytes + end, e->offset - end))
            return snapshot_refuse(reason, ASSAY_EDAMAGED, "bytes between sections are not zero");
        end = e->offset + e->size;
    }
    if (!all_zero(bytes + end, size - end))
        return snapshot_refuse(reason, ASSAY_EDAMAGED, "bytes behind the sections are not zero");
    return ASSAY_OK;
}

/* The rows are read back, and all that was made of them must be what is made of them anew. */
static enum assay_err check_compact(const struct index_segment *s, const char **wrong)
{
    static const enum section made[] = {SECTION_DIR, SECTION_SYM, SECTION_HIGH, SECTION_LOW};
    const struct segment_layout *l = &s->layout;
    struct index_segment *anew = NULL;

    struct index_row *rows = malloc(l->row_count * sizeof *rows);
    enum assay_err rc = rows != NULL ? segment_allocate(l, &anew) : ASSAY_ENOMEM;
    if (rc != ASSAY_OK || (rc = compact_rows(s, rows)) != 0)
        goto out;
    if (!rows_hold(rows, l->row_count)) {
        *wrong = "hashes are not in order";
        goto out;
    }
    if ((rc = compact_fill(anew, rows)) != 0)
        goto out;
    for (size_t i = 0; i < sizeof made / sizeof made[0]; i++) {
        size_t at = l->offset[made[i]];
        if (memcmp(s->base + at, anew->base + at, l->size[made[i]]) != 0)
            *wrong = "columns do not agree with its hashes";
    }
out:
    segment_free(anew);
    free(rows);
    return rc;
}

static enum assay_err check_segment(unsigned char *base, const struct segment_layout *layout,
                                    const struct snapshot_section *entries, char *reason)
{
    struct index_segment *s = NULL;
    const char *wrong = NULL;
    enum assay_err rc = ASSAY_OK;

    if (segment_over(layout, base, &s) != ASSAY_OK)
        return snapshot_refuse(reason, ASSAY_ENOMEM, "no memory");
    if (s->rows == NULL && (rc = check_compact(s, &wrong)) != 0) {
        segment_free(s);
        return snapshot_refuse(reason, rc, "no memory");
    }
    if (wrong == NULL && s->rows != NULL && !rows_hold(s->rows, layout->row_count))
        wrong = "hashes are not in order";
    if (wrong != NULL)
        goto out;
    if (!ids_hold(s))
        wrong = "ids do not belong to its hashes";
    else if (!dead_holds(s, snapshot_dead(entries)->dead_count))
        wrong = "count of deleted ids is wrong";
    for (unsigned c = 0; c < CHUNKS && wrong == NULL && s->number != NULL; c++) {
        if (!column_holds(s, c))
            wrong = "columns do not agree with its hashes";
    }
out:
    segment_free(s);
    if (wrong == NULL)
        return ASSAY_OK;
    return snapshot_refuse(reason, ASSAY_EDAMAGED, "of part %u the %s", entries->segment, wrong);
}

enum assay_err snapshot_verify(const unsigned char *bytes, size_t size, char *reason)
{
    const struct snapshot_header *h = NULL;
    const struct snapshot_section *table = NULL;

    struct segment_layout *layouts = calloc(SNAPSHOT_SEGMENTS_MAX, sizeof *layouts);
    if (layouts == NULL)
        return snapshot_refuse(reason, ASSAY_ENOMEM, "no memory");
    enum assay_err rc = snapshot_read(bytes, size, &h, &table, layouts, reason);
    if (rc == ASSAY_OK)
        rc = check_sections(bytes, size, h, table, reason);
    for (uint32_t i = 0; rc == ASSAY_OK && i < h->segment_count; i++) {
        /* Only read: the segment's type lets others mark what is deleted. */
        unsigned char *base = (unsigned char *)(uintptr_t)(bytes + table->offset);
        rc = check_segment(base, &layouts[i], table, reason);
        table += snapshot_sections_of(&layouts[i]);
    }
    free(layouts);
    return rc;
}
