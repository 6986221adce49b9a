/* The grades that fit the pictures of the demo, by the SHA-256 of a file. */
#ifndef DEMO_GRADES_H
#define DEMO_GRADES_H

#include "flow/flow.h"

#define GRADES_TAGS_MAX 8

struct grade {
    uint8_t sha256[32];
    const char *code;
    const char *tags[GRADES_TAGS_MAX];
    size_t tag_count;
};

struct grades;

/* Read a file in the form of doc/sidecar.md with sha256, scheme, code and tags. ENOTFOUND, EFORMAT.
 */
enum assay_err grades_load(const char *path, struct grades **out, struct err *e);
void grades_free(struct grades *g); /* NULL is fine */

/* The one that fits a task's picture; NULL: none is known. Borrowed from g. */
enum assay_err grades_of_task(const struct grades *g, struct world *w, int64_t task_id,
                              const struct grade **out, struct err *e);

#endif
