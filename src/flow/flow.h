/* The way of a file: the one table of states and moves, and what every step works with. */
#ifndef FLOW_FLOW_H
#define FLOW_FLOW_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "audit/audit.h"
#include "base/buf.h"
#include "base/err.h"
#include "decode/decode.h"
#include "keys/keys.h"
#include "people/people.h"
#include "scheme/scheme.h"
#include "store/store.h"
#include "vault/vault.h"

/* What a step works with; opened by flow_open, shared by all threads. */
struct world {
    char *data_dir;
    struct keys *keys;
    struct store *store;
    struct vault *vault;
    struct decode_env *decode; /* NULL unless asked for */
    bool training;
    char *label; /* the workspace's name as people see it */
    struct scheme_cache *schemes;
    atomic_bool behind; /* signed entries are missing (audit_gap): nothing may be graded */
};

enum flow_open_what { FLOW_WITHOUT_DECODER, FLOW_WITH_DECODER };

/* Open the workspace in data_dir. ENOTFOUND, EKEY, EVERSION, EDAMAGED ... each with what to do. */
enum assay_err flow_open(const char *data_dir, const struct keys_place *place,
                         const char *store_url, enum flow_open_what what, struct world *out,
                         struct err *e);
void flow_close(struct world *w);

/* Look whether signed entries are missing, and set w->behind by it. */
enum assay_err flow_find_gap(struct world *w, struct audit_gap *out, struct err *e);

/* ---- the table ---- */

enum flow_state {
    FLOW_RECEIVED,    /* sealed, byte-hashed; waits for the decoder */
    FLOW_UNSUPPORTED, /* a type that this version does not show; enters the way when one does */
    FLOW_UNDECODABLE, /* damaged beyond showing, or over a limit */
    FLOW_WAITING,     /* in the queue */
    FLOW_LATER,       /* on one assessor's Later pile */
    FLOW_SECOND_LOOK, /* in the queue, for anybody but who sent it */
    FLOW_ESCALATED,   /* waits for a lead */
    FLOW_GRADED,      /* a decision stands, its shift is open */
    FLOW_SUBMITTED,   /* its lot is sealed */
    FLOW_PASSED,      /* its lot passed; may be released and inherited */
    FLOW_STATE_COUNT
};
const char *flow_state_name(enum flow_state s);
enum assay_err flow_state_parse(const char *name, enum flow_state *out);

enum flow_event {
    FLOW_IDENTIFIED,
    FLOW_NOT_SUPPORTED,
    FLOW_NOT_DECODABLE,
    FLOW_GRADE,
    FLOW_TAKE_BACK, /* undo */
    FLOW_PUT_OFF,
    FLOW_HAND_BACK, /* from Later or an escalation to the queue */
    FLOW_ASK_SECOND,
    FLOW_ESCALATE,
    FLOW_SUBMIT,
    FLOW_CORRECT, /* a new decision inside a sealed lot */
    FLOW_PASS,
    FLOW_EVENT_COUNT
};
const char *flow_event_name(enum flow_event ev);

/* The state after it; ESTATE when the table has no such move, EDENIED when none of `roles` may (0:
 * the system). */
enum assay_err flow_next(enum flow_state from, enum flow_event ev, uint32_t roles,
                         enum flow_state *to, struct err *e);

/* What moves. Fill with flow_task; the move writes state, owner, decision and lot as they stand in
 * it. */
struct task {
    int64_t id, item_id, batch_id;
    char scheme[SCHEME_NAME_MAX + 1];
    enum flow_state state;
    int64_t owner_id, decision_id, lot_id; /* 0: none */
    int64_t fence;
};
/* ENOTFOUND. */
enum assay_err flow_task(struct tx *tx, int64_t task_id, struct task *out, struct err *e);

/* ENOTFOUND, as for a task that is not there, when the batch that brought it is for named people
 * and the caller is none of them. For whatever hands out a task, its pictures or its texts. */
enum assay_err flow_may_see(struct tx *tx, const struct caller *c, const struct task *t,
                            struct err *e);

/* The only place that changes a task's state: checks the table, updates guarded by the state that
 * was read (ESTATE when somebody was faster) and sets t->state. The caller writes the record entry
 * of the act. */
enum assay_err flow_move(struct tx *tx, struct task *t, enum flow_event ev, uint32_t roles,
                         struct err *e);

/* ---- the same request twice ---- */

/* Key and body of a request that must act once. NULL key: no such care (commands). */
struct once {
    const char *key; /* 8..64 characters */
    uint8_t body_sha256[32];
};
/* First thing in a transaction. *replayed true: the answer of the first time is in `answer`, do
 * nothing more. ESTATE: same key, other body. */
enum assay_err flow_once_begin(struct tx *tx, const struct caller *c, const struct once *o,
                               struct buf *answer, bool *replayed, struct err *e);
/* Last thing in it. */
enum assay_err flow_once_end(struct tx *tx, const struct caller *c, const struct once *o,
                             struct buf *answer, struct err *e);

/* ---- lots ---- */

/* How many tasks of a lot are read again: 10 %, rounded up, at least 5; all of a smaller lot. */
#define FLOW_SAMPLE_PERCENT 10
#define FLOW_SAMPLE_MIN     5
int64_t flow_sample_size(int64_t lot_size);

/* ---- schemes in force ---- */

/* The newest loaded version of a scheme; parsed once, lives as long as w. ENOTFOUND. */
enum assay_err flow_scheme(struct world *w, const char *name, const struct scheme **out,
                           struct err *e);
/* The same inside a transaction. */
enum assay_err flow_scheme_tx(struct world *w, struct tx *tx, const char *name,
                              const struct scheme **out, struct err *e);
/* Load a scheme file's text: new versions must be higher (EEXISTS for the same bytes is fine and
 * quiet). EFORMAT names line and reason; ESTATE: a live scheme in a training workspace. */
enum assay_err flow_scheme_load(struct world *w, struct audit_actor by, const char *text,
                                size_t size, struct err *e);
/* Names of the loaded schemes, in order; an error of fn stops it and is returned. */
enum assay_err flow_each_scheme(struct world *w, enum assay_err (*fn)(void *ctx, const char *name),
                                void *ctx, struct err *e);
/* {"scheme":...,"guidance":[...]}; and a new guidance version, answering it. */
enum assay_err flow_scheme_view(struct world *w, const char *name, struct buf *answer,
                                struct err *e);
enum assay_err flow_guidance_set(struct world *w, const struct caller *c, const char *scheme,
                                 const char *target, const char *body, struct buf *answer,
                                 struct err *e);

/* The keyed name of an item for the record: HMAC of its SHA-256, hex. */
#define FLOW_ITEM_NAME_SIZE 65
void flow_item_name(const struct world *w, const uint8_t sha256[32], char out[FLOW_ITEM_NAME_SIZE]);

/* Counts for `assay stats` and GET /api/v1/stats. */
enum assay_err flow_stats(struct world *w, struct buf *answer, struct err *e);

#endif
