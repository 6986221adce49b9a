/* An error with a sentence for people, filled in where the failure happens. */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stddef.h>

#include "assay/err.h"

#define ERR_TEXT_SIZE 512

/*
 * Belongs to the caller, who may pass NULL where the text is of no interest. `code` equals the
 * value returned; `text` names the thing and, where a person can mend it, says what to do.
 */
struct err {
    enum assay_err code;
    char text[ERR_TEXT_SIZE];
};

/* Fill e (may be NULL) and return code, so that a failure is one line: return err_set(e, ...). */
enum assay_err err_set(struct err *e, enum assay_err code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same with errno's text added; maps ENOSPC, EDQUOT to EFULL, ENOENT to ENOTFOUND, EEXIST to
 * EEXISTS, EACCES and EPERM to EDENIED, everything else to EIO. */
enum assay_err err_errno(struct err *e, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Put `prefix: ` in front of the text that is there; for callers who know the larger thing. */
enum assay_err err_prefix(struct err *e, enum assay_err code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
