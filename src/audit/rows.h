/* Stored entries, read in short transactions and held while they are hashed. */
#ifndef AUDIT_ROWS_H
#define AUDIT_ROWS_H

#include <stdint.h>

#include "audit/tree.h"
#include "base/err.h"
#include "base/mem.h"
#include "store/record.h"
#include "store/store.h"

#define ROWS_MAX 500 /* keeps a transaction under 50 ms on both engines */

struct row {
    int64_t seq;
    uint8_t event[RECORD_EVENT_BYTES];
    struct tree_hash leaf; /* as record_seq has it */
    const char *entry;     /* NULL: record has no such row */
    size_t size;           /* bytes of entry */
};

/* A batch of them; zeroed is empty. About 32 KiB. */
struct rows {
    struct arena *a;
    size_t count;
    struct row row[ROWS_MAX];
};

/* Up to ROWS_MAX entries from index seq on; what r held before is freed. */
enum assay_err rows_read(struct rows *r, struct store *s, int64_t seq, struct err *e);
void rows_clear(struct rows *r);

/* Entry index and event id for sentences, such as "entry 17 (event 0f..)"; out of ROWS_NAME_SIZE.
 */
#define ROWS_NAME_SIZE 72
void rows_name(uint64_t seq, const uint8_t event[RECORD_EVENT_BYTES], char *out);

#endif
