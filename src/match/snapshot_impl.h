/* The snapshot file's header and section table. doc/lists.md is the format. */
#ifndef MATCH_SNAPSHOT_IMPL_H
#define MATCH_SNAPSHOT_IMPL_H

#include "match/snapshot.h"

#define FILE_VERSION 1
#define ALIGNMENT    4096 /* of every section */

enum part { PART_LISTS, PART_PLACES, PART_RECORDS, PART_MD5, PART_SHA1, PART_SHA256, PART_PDQ };
#define PARTS (PART_PDQ + 1)

/* Little-endian, as the machines that assay runs on; the index's row.h holds them to that. */
struct file_head {
    char magic[8];
    uint32_t version, lists;
    uint64_t file_size, records;
    uint8_t zero[32];
    struct {
        uint64_t offset, size;
        uint8_t sha256[32];
        uint8_t zero[16];
    } parts[PARTS];
    uint8_t sha256[32]; /* of all before it */
};
static_assert(sizeof(struct file_head) == 64 + 64 * PARTS + 32, "no gaps");

#endif
