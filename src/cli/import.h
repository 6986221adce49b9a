/* Between the files of assay import. */
#ifndef CLI_IMPORT_H
#define CLI_IMPORT_H

#include "cli/cli.h"
#include "flow/intake/cases.h"

/* A case of VICS, as it was asked for. Texts are borrowed; profile NULL: it is no case. */
struct import_case {
    const char *profile, *media;
    const char *receipt;   /* where to write one afterwards; NULL: nowhere */
    bool look, keep_going; /* --dry-run, --keep-going */
};

/* A path that is VICS is refused without a profile: its grades would mean nothing. */
enum assay_err import_case_check(const char *path, struct err *e);
/* Look at it, without a workspace. */
int import_case_look(const struct import_case *c, const struct intake_options *o, const char *path);
/* Take it in. */
enum assay_err import_case_take(struct world *w, const struct import_case *c,
                                const struct intake_options *o, const char *path,
                                struct intake_counts *counts, struct err *e);
/* The scheme of its profile, into out. ERANGE: it is not loaded. */
enum assay_err import_case_scheme(struct world *w, const struct import_case *c,
                                  char out[SCHEME_NAME_MAX + 1], struct err *e);

/* The receipt of a batch and its signature, as path and path.minisig. ENOTFOUND. */
enum assay_err cli_write_receipt(struct world *w, const char *batch, const char *path,
                                 struct err *e);

#endif
