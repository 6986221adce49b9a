/* Errors on standard error, with nothing in them that a terminal obeys. */
#include <stdarg.h>
#include <stdio.h>

#include "base/str.h"
#include "cli/cli.h"

#define SHOWN_MAX (64 * 1024)

int cli_fail(enum assay_err rc, const struct err *e)
{
    struct buf text;

    buf_init(&text, SHOWN_MAX);
    str_escaped(e->text[0] == '\0' ? assay_err_name(rc) : e->text, &text);
    fprintf(stderr, "assay: %s\n", buf_cstr(&text));
    buf_clear(&text);
    return rc == ASSAY_ERANGE || rc == ASSAY_EFORMAT ? CLI_USAGE : CLI_CANNOT;
}

int cli_usage(const char *command, const char *format, ...)
{
    char plain[512];
    struct buf text;
    va_list args;

    va_start(args, format);
    (void)vsnprintf(plain, sizeof plain, format, args);
    va_end(args);
    buf_init(&text, SHOWN_MAX);
    str_escaped(plain, &text);
    fprintf(stderr, "assay %s: %s; see assay %s --help\n", command, buf_cstr(&text), command);
    buf_clear(&text);
    return CLI_USAGE;
}

void cli_refused(const char *path, const char *reason)
{
    struct buf text;

    buf_init(&text, SHOWN_MAX);
    str_escaped(path, &text);
    fprintf(stderr, "assay: refused %s: %s\n", buf_cstr(&text), reason);
    buf_clear(&text);
}

int cli_flush(int status)
{
    if (fflush(stdout) != 0 || ferror(stdout) != 0) {
        fputs("assay: standard output cannot be written\n", stderr);
        return CLI_CANNOT;
    }
    return status;
}
