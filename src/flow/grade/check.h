/* The shift-end check: rules over the decisions of an open lot, by text, before anything is looked
 * at. */
#ifndef FLOW_GRADE_CHECK_H
#define FLOW_GRADE_CHECK_H

#include "flow/flow.h"

enum check_rule {
    CHECK_OPEN_LEASES,
    CHECK_LATER_PILE,
    CHECK_REQUIRED_TAG_MISSING,
    CHECK_TAG_CONTRADICTS,
    CHECK_NEVER_REVEALED,
    CHECK_HASH_UNTRUSTED,
    CHECK_STALE_SCHEME,
    CHECK_TOO_FAST,
    CHECK_RULE_COUNT
};

#define CHECK_REVEALED_MS 500 /* a listed grade needs a sharp view of at least this */
#define CHECK_FAST_MS     400 /* graded sooner after the first sharp view: look again */

struct check_finding {
    enum check_rule rule;
    int64_t task_id;
    char code[SCHEME_CODE_MAX + 1];
    char *tags;   /* in the check's arena */
    char *detail; /* why, in words */
};

struct check {
    struct arena *arena; /* the caller's */
    struct check_finding *findings;
    size_t count, capacity;
    int64_t open_leases, later, decided;
    int64_t counts[CHECK_RULE_COUNT];
};

/* Run every rule over the open lot of this person. */
enum assay_err check_run(struct world *w, struct tx *tx, int64_t staff_id, int64_t lot_id,
                         struct check *out, struct err *e);

/* No rule that blocks was broken. */
bool check_ready(const struct check *c);

/* The Check object of the OpenAPI file, appended to answer. */
void check_answer(const struct check *c, struct buf *answer);

#endif
