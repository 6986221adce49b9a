/* What the steps share of lists: what rows and lists say, a row's identity, lists of one's own. */
#ifndef FLOW_LISTED_H
#define FLOW_LISTED_H

#include "flow/flow.h"
#include "store/list.h"

#define LISTED_SOURCE_SIZE 401 /* a longer source is cut */

/* The tag by which a list marks a picture that is made of several: near it lies more than is meant.
 */
#define LISTED_GRID "grid"

struct flow_row_says {
    char source[LISTED_SOURCE_SIZE]; /* ""; UTF-8 */
    bool collage;                    /* the row has the tag LISTED_GRID */
};

/* Of a row as the store lends it. What does not open says nothing. */
void flow_listed(const struct keys *k, const struct list_record *r, struct flow_row_says *out);

/* The texts of a list itself (source, licence, contact, reason) as a JSON object, added to plain;
 * "{}" where there are none. */
void flow_list_about(const struct keys *k, const struct list_row_head *l, struct buf *plain);

/* SHA-256 over which hashes there are and their bytes. */
void flow_row_identity(const struct list_record *r, uint8_t identity[32]);

/* A member of texts as those of a list or of a row, cut to fit; "" without one. */
void flow_listed_text(const void *json_text, size_t size, const char *key,
                      char out[LISTED_SOURCE_SIZE]);

/* The workspace's list of kind own or test, named like it; made where it is not there yet. */
enum assay_err flow_list_of_kind(struct tx *tx, const char *kind, const char *trust, int64_t *id,
                                 struct err *e);

#endif
