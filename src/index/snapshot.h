/* The snapshot file's header and section table; doc/index.md. */
#ifndef INDEX_SNAPSHOT_H
#define INDEX_SNAPSHOT_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "assay/index.h"
#include "index/segment.h"

#define SNAPSHOT_MAGIC        "ASSAYIDX"
#define SNAPSHOT_VERSION      2 /* 1 when no part is compact */
#define SNAPSHOT_SHA256       32
#define SNAPSHOT_SEGMENTS_MAX 512

/* As in the file, where numbers are little-endian; row.h holds the machine to that. */
struct snapshot_header {
    char magic[8];
    uint32_t version, permutation, segment_count, section_count;
    uint64_t file_size, pair_count; /* pairs that are not deleted */
    uint8_t zero[24];
};

struct snapshot_section {
    uint32_t segment, section; /* section: enum section */
    uint64_t offset, size;     /* bytes; offset from the file's begin */
    uint64_t dead_count;       /* of SECTION_DEAD: bits set; else 0 */
    uint8_t sha256[SNAPSHOT_SHA256];
};

static_assert(sizeof(struct snapshot_header) == 64, "the header is 64 bytes");
static_assert(sizeof(struct snapshot_section) == 64, "a section's entry is 64 bytes");

/* Where the SHA-256 of header and table stands, and where the first section begins. */
size_t snapshot_digest_at(size_t section_count);
size_t snapshot_data_at(size_t section_count);

/* False: the machine's OpenSSL refused. */
bool snapshot_sha256(const void *bytes, size_t size, uint8_t out[SNAPSHOT_SHA256]);

/* Set reason (may be NULL) and return rc. */
enum assay_err snapshot_refuse(char *reason, enum assay_err rc, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The same with errno's text; ENOTFOUND, EDENIED, EFULL, EIO by errno. */
enum assay_err snapshot_refuse_errno(char *reason, const char *what, const char *path);

/* What header and table say, when they hold together and with the size. *sections points into
 * bytes; layouts has room for SNAPSHOT_SEGMENTS_MAX. EFORMAT, EVERSION, EDAMAGED, ENOMEM. */
enum assay_err snapshot_read(const unsigned char *bytes, size_t size,
                             const struct snapshot_header **header,
                             const struct snapshot_section **sections,
                             struct segment_layout *layouts, char *reason);

/* The number of the segment's sections. */
size_t snapshot_sections_of(const struct segment_layout *layout);

/* Of the segment's entries the one of SECTION_DEAD, which every segment has. */
const struct snapshot_section *snapshot_dead(const struct snapshot_section *entries);

/* Every byte of a snapshot. Errors as of assay_index_verify. */
enum assay_err snapshot_verify(const unsigned char *bytes, size_t size, char *reason);

/* An index over a snapshot's bytes, which are borrowed, SEGMENT_ALIGNMENT aligned and, where they
 * say which ids are deleted, written. Errors as of assay_index_open. */
enum assay_err snapshot_index(unsigned char *bytes, size_t size, struct assay_index **out,
                              char *reason);

#endif
