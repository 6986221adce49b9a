/* The last signed head, in the three places that keep it. */
#ifndef AUDIT_HEADS_H
#define AUDIT_HEADS_H

#include <stdbool.h>

#include "audit/note.h"
#include "base/buf.h"
#include "base/err.h"
#include "keys/keys.h"
#include "store/store.h"

/*
 * Signing writes them in this order: outside DATA (which detects a store or a DATA that was put
 * back), DATA/audit/checkpoint, table record_head. After a crash in between, an earlier place is
 * ahead of a later one; all must be heads of one growing tree.
 */
struct signed_head {
    const char *place; /* for sentences; borrowed or static */
    bool present;
    struct checkpoint c; /* size 0 when not present */
    struct buf text;     /* the signed note */
};

enum { HEADS_OUTSIDE, HEADS_FILE, HEADS_STORE, HEADS_COUNT };

struct heads {
    struct note_key key; /* the workspace's record key; its name is the log's origin */
    struct signed_head at[HEADS_COUNT];
};

/* The key under which a workspace's record is signed: assay/ID. */
void heads_key(const char *workspace, const uint8_t public_key[KEYS_PUBLIC_BYTES],
               struct note_key *out);

/* Read all three and check their signatures. EDAMAGED names the place. Clear in any case. */
enum assay_err heads_load(struct heads *h, struct store *s, const struct keys *k,
                          const char *data_dir, struct err *e);
void heads_clear(struct heads *h);

/* From here on as if there were none outside: for a copy that is not the workspace. */
void heads_leave_outside(struct heads *h);

/* The largest; of equals the first in the order of signing. Not present when there is none. */
const struct signed_head *heads_newest(const struct heads *h);

/* Read the head outside again and, if it is still what h has, replace it: a lock on its folder
 * makes that one step. EBUSY when another process has signed since. */
enum assay_err heads_swap_outside(const struct heads *h, const struct keys *k,
                                  const struct buf *text, struct err *e);

#endif
