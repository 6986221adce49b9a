/* A case of VICS that police sent: every record kept as it was said, its media taken in. */
#ifndef FLOW_INTAKE_CASES_H
#define FLOW_INTAKE_CASES_H

#include "flow/intake/intake.h"
#include "format/profile.h"
#include "store/cases.h"

enum cases_wrong {
    CASES_KEEP,
    CASES_STOP
}; /* records that are wrong: kept as refused, or EFORMAT */

/* All borrowed. */
struct cases_options {
    /* batch_id, report, ctx and by; the rest is not looked at. A record is reported by its path, or
     * its number. */
    const struct intake_options *intake;
    const char *path;  /* of the JSON, or of a ZIP that holds such and their media */
    const char *media; /* the folder that RelativeFilePath begins in; NULL: the JSON's own */
    const struct profile *profile;
    const char *profile_text; /* that it was read from; kept with the file */
    enum cases_wrong wrong;
};

struct cases_counts {
    int64_t records, already; /* in the file; of them, here since an earlier call */
    int64_t missing, mismatched, refused;
    int64_t means[PROFILE_GRADE + 1]; /* records by what their Category means */
    char version[CASE_CONTEXT_SIZE], region[CASE_CONTEXT_SIZE];
};

/*
 * Take in all of it, in the order of the file, some records a transaction; of a ZIP (w needs
 * FLOW_WITH_DECODER) one document behind the other, when all were looked through. Killed at any
 * moment, the same call goes on. Media are found by RelativeFilePath, which never leads out of the
 * folder, else by a hash among all files of the folder; what was found is held against size and
 * hashes, and is taken only where all agree. A Category that the profile calls a grade of the
 * batch's scheme is a hidden vote. EEXISTS: it is here already; ESTATE: the profile is for
 * documents of another region or version; EFORMAT: it is no VICS, or, with CASES_STOP, the first
 * record that is wrong.
 */
enum assay_err cases_take(struct world *w, const struct cases_options *o,
                          struct intake_counts *counts, struct cases_counts *out, struct err *e);

/* The same without a workspace: what would be taken, and what not. All media are read. Of o->intake
 * only report and ctx are looked at; media that are there are reported as new. */
enum assay_err cases_look(const struct cases_options *o, struct cases_counts *out, struct err *e);

#endif
