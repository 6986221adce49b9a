/* The tables of the record: entries, their order, signed heads, the sequencer's lease. */
#ifndef STORE_RECORD_H
#define STORE_RECORD_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "store/store.h"

/* For src/audit alone: everybody else writes entries with audit_write. */
#define RECORD_EVENT_BYTES  16
#define RECORD_HASH_BYTES   32
#define RECORD_SALT_BYTES   16
#define RECORD_HOLDER_BYTES 16

/* An entry, as it waits for its index. */
enum assay_err record_insert(struct tx *tx, const uint8_t event[RECORD_EVENT_BYTES],
                             const char *entry, struct err *e);

/* A text that the entry only commits to. */
enum assay_err record_text_insert(struct tx *tx, const uint8_t event[RECORD_EVENT_BYTES],
                                  const char *field, const uint8_t salt[RECORD_SALT_BYTES],
                                  const struct buf *sealed, struct err *e);

/* What a reading function is given, borrowed for the call; it must not use the transaction. A
 * result other than ASSAY_OK ends the reading and is returned. */
struct record_row {
    int64_t seq;                 /* index from 0; -1: none yet */
    const uint8_t *event, *leaf; /* leaf NULL: no index yet */
    const char *entry;           /* NULL: the row is gone */
};
typedef enum assay_err record_row_fn(void *ctx, const struct record_row *row, struct err *e);

/* Entries without an index, oldest first, at most max. */
enum assay_err record_waiting(struct tx *tx, int64_t max, record_row_fn *fn, void *ctx,
                              struct err *e);
/* Entries by index, from seq on, at most max. */
enum assay_err record_rows(struct tx *tx, int64_t seq, int64_t max, record_row_fn *fn, void *ctx,
                           struct err *e);

/* The number of entries with an index: one more than the last index. */
enum assay_err record_size(struct tx *tx, int64_t *size, struct err *e);
/* EEXISTS when the index or the event has been given. */
enum assay_err record_seq_insert(struct tx *tx, int64_t seq,
                                 const uint8_t event[RECORD_EVENT_BYTES],
                                 const uint8_t leaf[RECORD_HASH_BYTES], struct err *e);
/* Entries that have an index of at least seq no longer wait. */
enum assay_err record_new_clear(struct tx *tx, int64_t seq, struct err *e);

/* An entry's index (-1: none yet) and its text, appended to entry. ENOTFOUND. */
enum assay_err record_find(struct tx *tx, const uint8_t event[RECORD_EVENT_BYTES], int64_t *seq,
                           struct buf *entry, struct err *e);

struct record_head {
    int64_t size; /* entries, from 1 */
    uint8_t root[RECORD_HASH_BYTES];
    const char *checkpoint; /* signed note; borrowed in a record_head_fn */
    int64_t signed_ms;
};
typedef enum assay_err record_head_fn(void *ctx, const struct record_head *head, struct err *e);

/* EEXISTS when there is a head of this size. */
enum assay_err record_head_insert(struct tx *tx, const struct record_head *head, struct err *e);
/* Signed heads of at least size entries, smallest first, at most max. */
enum assay_err record_heads(struct tx *tx, int64_t size, int64_t max, record_head_fn *fn, void *ctx,
                            struct err *e);
/* The checkpoint of the largest head, appended to b. ENOTFOUND. */
enum assay_err record_head_last(struct tx *tx, struct buf *b, struct err *e);

/* Take or keep the lease until until_ms. EBUSY while another holds it; a lease that ends more than
 * far_ms from now was written under a clock that has been set back, and is taken. */
struct record_lease {
    uint8_t holder[RECORD_HOLDER_BYTES];
    int64_t now_ms, until_ms, far_ms;
};
enum assay_err record_lease_take(struct tx *tx, const struct record_lease *lease, struct err *e);
enum assay_err record_lease_drop(struct tx *tx, const uint8_t holder[RECORD_HOLDER_BYTES],
                                 struct err *e);

struct record_counts {
    int64_t entries, sequenced, waiting, texts;
};
enum assay_err record_count(struct tx *tx, struct record_counts *out, struct err *e);

/* An entry that neither has an index nor waits for one: nothing of ours leaves such a row.
 * ENOTFOUND when all is well. */
enum assay_err record_stray(struct tx *tx, uint8_t event[RECORD_EVENT_BYTES], struct err *e);

/* SQLite alone: an entry with a NUL byte in it, behind which reading as text would not see.
 * ENOTFOUND when all is well. PostgreSQL keeps no such text. */
enum assay_err record_cut(struct tx *tx, uint8_t event[RECORD_EVENT_BYTES], struct err *e);

struct record_text {
    int64_t seq; /* of its entry; -1: none yet */
    const uint8_t *event, *salt;
    const char *field, *entry;
    const void *sealed;
    size_t sealed_size;
};
typedef enum assay_err record_text_fn(void *ctx, const struct record_text *text, struct err *e);

/* Texts in the order of (event, field), those behind the given one, at most max. */
enum assay_err record_texts(struct tx *tx, const uint8_t event[RECORD_EVENT_BYTES],
                            const char *field, int64_t max, record_text_fn *fn, void *ctx,
                            struct err *e);

#endif
