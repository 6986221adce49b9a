/* Between the files of the item's record. */
#ifndef FLOW_ITEMS_ITEMS_IMPL_H
#define FLOW_ITEMS_ITEMS_IMPL_H

#include "base/json.h"
#include "flow/items/items.h"

#define ITEMS_TASKS_MAX 16 /* schemes under which one item is graded */

struct item_record {
    struct world *world;
    const struct caller *caller;
    int64_t item_id;
    struct buf *answer;
    struct json_out o;
    size_t task_count;
    int64_t tasks[ITEMS_TASKS_MAX];
    int64_t decision_id; /* of the task being written: the one that stands */
    bool blind;          /* some task is: the history leaves out what was done with it */
    bool matches_hidden; /* the caller may judge, and a task has not passed */
};

/* For whom rows are asked for: batches that are for other people are left out, save for those who
 * supervise (0). */
int64_t items_for(const struct caller *c);

/* Whose act it was, as far as the caller may know: the label, or null; and whether it was theirs.
 */
void items_add_who(struct item_record *r, const char *key, int64_t staff_id, const char *label);

/* A Task object: its state, and what was done with it. */
enum assay_err items_add_task(struct tx *tx, struct item_record *r, int64_t task_id, struct err *e);

/* Whether what lists know of the item could sway the caller, into matches_hidden. */
enum assay_err items_hide_matches(struct tx *tx, struct item_record *r, struct err *e);
/* Members matches_hidden, matches, stack. */
enum assay_err items_add_matches(struct tx *tx, struct item_record *r, struct err *e);

/* The member history: entries of the record that speak of the item or its tasks, oldest first,
 * without those of looking. */
enum assay_err items_add_history(struct tx *tx, struct item_record *r, struct err *e);

#endif
