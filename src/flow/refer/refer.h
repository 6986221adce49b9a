/* Referrals: an escalated item that may lead to a child goes to police at once, outside of the
 * answer. doc/referral.md is the format of the file. */
#ifndef FLOW_REFER_REFER_H
#define FLOW_REFER_REFER_H

#include "flow/flow.h"
#include "store/referral.h"

#define REFERRAL_URGENT_MS ((int64_t)60 * 60 * 1000) /* to be acknowledged within */
#define REFERRAL_OTHER_MS  ((int64_t)24 * 60 * 60 * 1000)
#define REFERRAL_FILE      "referral.json"
#define REFERRAL_SIGNATURE "referral.json.minisig"

/* All borrowed. */
struct referral_new {
    int64_t escalation_id;
    bool urgent;
    const char *contact, *reason; /* whom it goes to, and why */
};

/* referral_make answers ReferralMade of the API, referral_step Referral, referral_list all of them.
 */

/* From an open escalation, which stays open; more than one may go out. ENOTFOUND; ESTATE: it is
 * settled. */
enum assay_err referral_make(struct world *w, const struct caller *c, const struct once *o,
                             const struct referral_new *in, struct buf *answer, struct err *e);
/* One step on: sent, acknowledged, closed with an outcome. ESTATE for any other. */
enum assay_err referral_step(struct world *w, const struct caller *c, int64_t id, const char *state,
                             const char *outcome, struct buf *answer, struct err *e);
enum assay_err referral_list(struct world *w, const struct caller *c, struct buf *answer,
                             struct err *e);
/* The file, or its signature, by name: the same bytes each time; each time it is on the record. */
enum assay_err referral_file(struct world *w, const struct caller *c, int64_t id, const char *name,
                             struct buf *out, struct err *e);

#endif
