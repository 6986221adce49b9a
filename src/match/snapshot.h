/* Lists as one file that opens at once: the index, the digests and what the lists say. */
#ifndef MATCH_SNAPSHOT_H
#define MATCH_SNAPSHOT_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "match/listed.h"
#include "match/match.h"

#define MATCH_SNAPSHOT_MAGIC "ASSAYLST"

/* What a snapshot is made of: records of lists that were read together. All borrowed. */
struct match_snapshot_source {
    const char *const *lists; /* their names */
    size_t list_count;
    struct listed *const *records;
    size_t record_count; /* at most 2^32 - 1 */
};

/*
 * Write them into a file that replaces path whole: beside it, synced, renamed. PDQs that their list
 * says not to match on are kept in their record and are not found.
 *
 * EIO, EFULL, EDENIED, ENOTFOUND: the old file stands. ELIMIT: too many records. ENOMEM.
 */
enum assay_err match_snapshot_save(const char *path, const struct match_snapshot_source *s,
                                   struct err *e);

struct match_snapshot;

/*
 * Only header and section table are checked, so this takes no longer for ten million records than
 * for one. A file that is damaged behind its table gives wrong answers, but no read outside of it.
 * EFORMAT: no snapshot of lists; EVERSION: a later format; EDAMAGED; as the index's open, too.
 */
enum assay_err match_snapshot_open(const char *path, struct match_snapshot **out, struct err *e);
void match_snapshot_free(struct match_snapshot *s); /* NULL is fine */

/* Every byte: each section's SHA-256, order of the digests, each record's bounds, the index. */
enum assay_err match_snapshot_verify(const char *path, struct err *e);

struct match_snapshot_info {
    uint64_t records, entries[MATCH_KINDS], bytes;
    uint32_t lists;
};
void match_snapshot_info(const struct match_snapshot *s, struct match_snapshot_info *out);
/* The name of a list into out, cut at size. Returns its bytes, 0 when there is no such list. */
size_t match_snapshot_list(const struct match_snapshot *s, uint32_t list, char *out, size_t size);
/* NULL: there is no such record, or it is damaged. */
const struct listed *match_snapshot_record(const struct match_snapshot *s, uint64_t record);

struct match_snapshot_reader; /* one thread at a time */
struct match_snapshot_reader *match_snapshot_reader_new(struct match_snapshot *s);
void match_snapshot_reader_free(struct match_snapshot_reader *r); /* NULL is fine */

/* As match_announce. */
void match_snapshot_announce(struct match_snapshot_reader *r, const uint8_t *pdqs, size_t count,
                             unsigned radius);

/* As match_search; the hits' list is that of the record, 0 when it is damaged. */
enum assay_err match_snapshot_search(struct match_snapshot_reader *r, enum match_kind kind,
                                     const uint8_t *hash, unsigned radius,
                                     const struct match_hit **hits, size_t *count, struct err *e);

#endif
