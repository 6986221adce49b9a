/* Fills struct err. */
#include "base/err.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum assay_err err_set(struct err *e, enum assay_err code, const char *format, ...)
{
    va_list args;

    assert(code != ASSAY_OK);
    if (e == NULL)
        return code;
    e->code = code;
    va_start(args, format);
    (void)vsnprintf(e->text, sizeof e->text, format, args);
    va_end(args);
    return code;
}

static enum assay_err code_of_errno(int number)
{
    switch (number) {
    case ENOSPC:
    case EDQUOT:
        return ASSAY_EFULL;
    case ENOENT:
        return ASSAY_ENOTFOUND;
    case EEXIST:
        return ASSAY_EEXISTS;
    case EACCES:
    case EPERM:
        return ASSAY_EDENIED;
    default:
        return ASSAY_EIO;
    }
}

enum assay_err err_errno(struct err *e, const char *format, ...)
{
    int number = errno;
    enum assay_err code = code_of_errno(number);
    char what[ERR_TEXT_SIZE / 2], reason[128];
    va_list args;

    if (e == NULL)
        return code;
    va_start(args, format);
    (void)vsnprintf(what, sizeof what, format, args);
    va_end(args);
    return err_set(e, code, "%s: %s", what, strerror_r(number, reason, sizeof reason));
}

enum assay_err err_prefix(struct err *e, enum assay_err code, const char *format, ...)
{
    char what[ERR_TEXT_SIZE / 2], before[ERR_TEXT_SIZE];
    va_list args;

    assert(code != ASSAY_OK);
    if (e == NULL)
        return code;
    va_start(args, format);
    (void)vsnprintf(what, sizeof what, format, args);
    va_end(args);
    memcpy(before, e->text, sizeof before);
    return err_set(e, code, "%.200s: %.300s", what, before);
}
