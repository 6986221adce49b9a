/* The tamper-evident record: entries written with their acts, a Merkle tree over them, signed
 * heads. */
#ifndef AUDIT_AUDIT_H
#define AUDIT_AUDIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/json.h"
#include "keys/keys.h"
#include "store/store.h"

/*
 * doc/record.md is the format: RFC 6962 tree, C2SP tlog-tiles in DATA/audit, checkpoints signed
 * with Ed25519. An entry is one line of JSON with its keys in fixed order: v event t_ms mono_ms
 * boot actor role session action objects purpose outcome software data commit
 */
struct audit_event_id {
    uint8_t bytes[16];
};

/* Who does it. Commands of the operator: staff_id 0, role "operator"; background steps: role
 * "system". */
struct audit_actor {
    int64_t staff_id;        /* 0: no person */
    const char *role;        /* as in doc/glossary.md */
    int64_t session_id;      /* 0: none */
    const char *workstation; /* label of the session's workstation; NULL: none */
};

/* The table of actions stands in audit/actions.inc and doc/record.md; a test compares the two. */
enum audit_action {
#define AUDIT_ACTION(symbol, name, what) AUDIT_##symbol,
#include "audit/actions.inc"
#undef AUDIT_ACTION
    AUDIT_ACTION_COUNT
};
const char *audit_action_name(enum audit_action action);
const char *audit_action_what(enum audit_action action); /* in a few words */

struct audit_object {
    const char *noun; /* as in doc/glossary.md: "item", "task", "lot" ... */
    int64_t id;
};

/* Text that must not stand in the entry (a name, path, URL, note, reason): only SHA-256(salt ||
 * text) does; text and salt go to table record_text, which can be erased. */
struct audit_text {
    const char *field;
    const char *text; /* NULL: left out */
};

#define AUDIT_OBJECTS_MAX 16
#define AUDIT_TEXTS_MAX   16

struct audit_entry {
    enum audit_action action;
    const struct keys *keys; /* seals the texts (keys_seal); may be NULL when there are none */
    struct audit_actor actor;
    struct audit_object objects[AUDIT_OBJECTS_MAX]; /* up to the first with noun NULL */
    const char *purpose;                            /* code; NULL: "none" */
    const char *outcome;                            /* NULL: "done"; "refused", "failed" ... */
    const char *data; /* a JSON object of integers, strings and lists of them, without a member
                         "workstation" (it comes from the actor); NULL: {} */
    struct audit_text texts[AUDIT_TEXTS_MAX]; /* up to the first with field NULL */
};

/* Write the entry in the act's own transaction. When this fails the caller must fail too: no entry,
 * no act. *id (may be NULL) is the entry's random id. EFORMAT for data of another shape, ELIMIT for
 * an entry of over 65,535 bytes. */
enum assay_err audit_write(struct tx *tx, const struct audit_entry *entry,
                           struct audit_event_id *id, struct err *e);

/* ---- the sequencer ---- */

struct audit_head {
    uint64_t size; /* entries */
    uint8_t root[32];
};

/*
 * Give indexes to committed entries, write tiles and bundles, and sign a head if it grew: re-reads
 * the stored bytes, recomputes, checks that the new head extends the last signed one (the store's,
 * the tiles' and keys_head_path's, compare-and-swap). One process at a time, by a lease row; waits
 * some seconds for another (a killed one's lease runs out meanwhile), then EBUSY. EDAMAGED when the
 * record is behind or differs from the last signed head: nothing is signed. *head (may be NULL) is
 * the head that now stands.
 */
enum assay_err audit_advance(struct store *s, const struct keys *k, const char *data_dir,
                             struct audit_head *head, struct err *e);

/* The last signed head's checkpoint text (C2SP signed note), appended to b. ENOTFOUND before the
 * first. */
enum assay_err audit_checkpoint(const char *data_dir, struct buf *b, struct err *e);

/* C2SP tlog-proof text form of one entry, by its event id, against the last signed head; appended
 * to b. ENOTFOUND when it has no index yet. */
enum assay_err audit_prove(struct store *s, const char *data_dir, const struct audit_event_id *id,
                           struct buf *b, struct err *e);

/* The entry's line (without a line break) and its proof against the first signed head over it, each
 * appended: the same texts whenever they are asked for. For packages. ENOTFOUND when it has no
 * index yet. */
enum assay_err audit_prove_first(struct store *s, const char *data_dir,
                                 const struct audit_event_id *id, struct buf *entry,
                                 struct buf *proof, struct err *e);

/* Check such a text alone: entry bytes, public key. For recipients of packages. EFORMAT, EDAMAGED.
 */
enum assay_err audit_proof_verify(const char *proof, const void *entry, size_t entry_size,
                                  const uint8_t public_key[KEYS_PUBLIC_BYTES],
                                  struct audit_head *head, struct err *e);

struct audit_report {
    uint64_t entries;   /* in the store */
    uint64_t sequenced; /* of them with an index */
    struct audit_head head;
    uint64_t texts_erased; /* salted texts that are gone; that is allowed */
};

/*
 * Prove the record whole: every row's bytes against its leaf, leaves against tiles, tiles against
 * the signed head, the signature, the head against the head outside, order, commitments against the
 * texts that are there. EDAMAGED: the text names the first entry (its index and event id) that is
 * wrong and how.
 */
enum assay_err audit_verify(struct store *s, const struct keys *k, const char *data_dir,
                            struct audit_report *report, struct err *e);

/* The same, telling now and then how many of the entries are done. fn answers whether to go on;
 * EBUSY when it would not. */
struct audit_watch {
    bool (*fn)(void *ctx, uint64_t done, uint64_t size);
    void *ctx;
};
enum assay_err audit_verify_watched(struct store *s, const struct keys *k, const char *data_dir,
                                    const struct audit_watch *watch, struct audit_report *report,
                                    struct err *e);

/* ---- finding entries ---- */

/* What an entry must be like; what is NULL or 0 is not asked for. */
struct audit_filter {
    const char *action; /* its name */
    const char *actor;  /* as it stands in entries: an id in digits, "operator" or "system" */
    const char *noun;   /* of an object that it speaks of, with object_id */
    int64_t object_id;
    int64_t from_ms, to_ms; /* by the clock that the entry was written by; to_ms 0: no end */
};

/* One that fits: its index and its line, borrowed for the call. */
typedef enum assay_err audit_found_fn(void *ctx, int64_t seq, const char *entry, struct err *e);

/*
 * Entries with an index below `before` that fit, newest first, at most count; of AUDIT_FIND_MAX
 * that were looked at at most. *next is where to go on (as `before`); 0: all were looked at. By
 * object it looks at those that table record_about names.
 */
#define AUDIT_FIND_MAX 20000
enum assay_err audit_find(struct store *s, const struct audit_filter *f, int64_t before,
                          int64_t count, audit_found_fn *fn, void *ctx, int64_t *next,
                          struct err *e);

/* The key that heads are signed with, as C2SP verifiers take it; appended to b. */
void audit_key_text(const struct keys *k, struct buf *b);
/* ---- for backups ---- */

/* audit_verify of a restored copy that is looked at beside its workspace: the head outside, which
 * is the workspace's, is left out. */
enum assay_err audit_verify_copy(struct store *s, const struct keys *k, const char *data_dir,
                                 struct audit_report *report, struct err *e);

/*
 * Entries that were signed and that the store does not have: an older state was put back. Nothing
 * is given an index or signed meanwhile, so what is recorded now comes behind the loss.
 */
struct audit_gap {
    uint64_t have, want; /* entries have .. want - 1 are missing; equal: none */
    int64_t from_ms;     /* the last entry that is there; 0: none */
    int64_t to_ms;       /* when the newest head was kept outside; 0: not known */
};
/* EDAMAGED: a head does not verify. */
enum assay_err audit_gap(struct store *s, const struct keys *k, const char *data_dir,
                         struct audit_gap *out, struct err *e);
/* "entries 120 to 133 (14) are missing, of after ... and before ..." into out. */
#define AUDIT_GAP_SIZE 160
void audit_gap_text(const struct audit_gap *gap, char out[AUDIT_GAP_SIZE]);

/*
 * Give the missing entries up: an entry that names both heads is written, what vouches for them is
 * set aside (the head outside as ID.head.lost-SIZE beside it, DATA/audit as audit.lost-SIZE where
 * it is ahead), and the record goes on from what the store has. Run again after a crash. ESTATE
 * when nothing is missing. The texts are who accepts it and why.
 */
struct audit_loss {
    int64_t staff_id; /* who accepts it, an object of the entry */
    const char *reason;
};
enum assay_err audit_accept_loss(struct store *s, const struct keys *k, const char *data_dir,
                                 const struct audit_loss *loss, struct audit_gap *given_up,
                                 struct err *e);

/* The files of the tree of size entries, for a backup: fn gets the path below DATA/audit, such as
 * tile/0/000, and the bytes, both borrowed for the call. */
struct audit_files {
    enum assay_err (*fn)(void *ctx, const char *path, const void *bytes, size_t size,
                         struct err *e);
    void *ctx;
};
enum assay_err audit_each_file(const char *data_dir, uint64_t size, const struct audit_files *files,
                               struct err *e);

#endif
