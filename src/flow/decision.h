/* Decisions: what every step that grades writes in the same way. */
#ifndef FLOW_DECISION_H
#define FLOW_DECISION_H

#include "base/json.h"
#include "flow/flow.h"
#include "store/decision.h"

/* Insert a decision with its sealed note and its record entry. note may be NULL. */
enum assay_err flow_write_decision(const struct world *w, struct tx *tx,
                                   const struct decision_row *d, const struct task *t,
                                   enum audit_action action, struct audit_actor by,
                                   const char *purpose, const char *note, struct err *e);

/* A decision is superseded or has passed: the list of own decisions and every sighting that hangs
 * on the task follow it. */
enum assay_err flow_spread(struct tx *tx, const struct task *t, struct err *e);

/* The store's text of tags (one space between) as an array of strings under key. */
void flow_add_tags(struct json_out *o, const char *key, const char *tags);

#endif
