/* A rehearsal: a made-up case and its answer, by which a tool shows whether it takes our form. */
#ifndef FLOW_ANSWER_REHEARSE_H
#define FLOW_ANSWER_REHEARSE_H

#include "assay/digest.h"
#include "base/buf.h"
#include "format/profile.h"

/* One of its pictures. */
struct rehearsal_file {
    char name[40]; /* in the case's folder Files */
    struct assay_digests digests;
    bool is_there; /* false: the case names it and it is not written */
    bool has_pdq;
    uint8_t pdq[32];
};

/* How many it needs: one for each code that the profile writes, and for each reason for no grade.
 */
size_t rehearsal_count(const struct profile *p);
/* Which of them the case only names. */
bool rehearsal_is_there(const struct profile *p, size_t index);

/* The case as a sender would write it, and its answer, each appended: VICS in the profile's form,
 * which has `writes`. now_ms: when all of it was graded. */
void rehearsal_write(const struct profile *p, const struct rehearsal_file *files, int64_t now_ms,
                     struct buf *received, struct buf *answered);

#endif
