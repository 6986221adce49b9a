/* assay list convert: a list in one form becomes one in another. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "cli/cli.h"
#include "cli/list.h"
#include "flow/lists/lists.h"

static void print_refused(void *ctx, uint64_t line, const char *reason)
{
    (void)ctx;
    fprintf(stderr, "assay: refused line %llu: %s\n", (unsigned long long)line, reason);
}

static int unknown_form(const char *name)
{
    struct buf names;

    buf_init(&names, 1024);
    for (size_t i = 0; listout_form_name(i) != NULL; i++)
        buf_addf(&names, "%s%s", i == 0 ? "" : ", ", listout_form_name(i));
    const int status =
        cli_usage("list", "convert needs --to FORM (one of %s)%s%s", buf_cstr(&names),
                  name == NULL ? "" : ", and not ", name == NULL ? "" : name);
    buf_clear(&names);
    return status;
}

/* Written beside it under another name, so that a list is whole or not there. */
static enum assay_err to_file(struct lists_convert *c, const char *path, struct err *e)
{
    char part[PATH_MAX], folder[PATH_MAX];
    enum assay_err rc;

    if ((size_t)snprintf(part, sizeof part, "%s.part", path) >= sizeof part)
        return err_set(e, ASSAY_ERANGE, "a path of over %d bytes", PATH_MAX);
    (void)snprintf(folder, sizeof folder, "%s", path);
    const int fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (fd < 0 || (c->out = fdopen(fd, "w")) == NULL) {
        rc = err_errno(e, "create %.200s", part);
        if (fd >= 0)
            (void)close(fd);
        return rc;
    }
    rc = lists_convert(c, e);
    if (rc == ASSAY_OK)
        rc = fs_sync(fd, e);
    (void)fclose(c->out);
    if (rc == ASSAY_OK && rename(part, path) != 0)
        rc = err_errno(e, "name %.200s", path);
    if (rc == ASSAY_OK)
        return fs_sync_dir(dirname(folder), e);
    (void)unlink(part);
    return rc;
}

int cli_list_convert(const struct list_conversion *c)
{
    const struct listout_form *form = c->form == NULL ? NULL : listout_form(c->form);
    struct listout_categories categories;
    struct lists_convert conversion = {
        .path = c->path, .form = form, .out = stdout, .refused = print_refused};
    struct err e = {0};
    enum assay_err rc;

    if (form == NULL)
        return unknown_form(c->form);
    if (listout_is_graded(form) != (c->categories != NULL))
        return cli_usage("list",
                         "vics needs --categories CODE=NUMBER,..., and nothing else takes it");
    if (c->categories != NULL) {
        if (listout_read_categories(c->categories, &categories, &e) != ASSAY_OK)
            return cli_usage("list", "%s", e.text);
        conversion.categories = &categories;
    }
    rc = c->out == NULL ? lists_convert(&conversion, &e) : to_file(&conversion, c->out, &e);
    if (rc != ASSAY_OK)
        return cli_fail(rc, &e);
    fprintf(stderr, "%lld records are written, %lld refused\n", (long long)conversion.records,
            (long long)conversion.refused_count);
    for (size_t i = 0; i < conversion.left_out.count; i++)
        fprintf(stderr, "%lld more are not: %s\n", (long long)conversion.left_out.of[i].records,
                conversion.left_out.of[i].why);
    return cli_flush(conversion.refused_count > 0 ? CLI_SOME_FAILED : CLI_DONE);
}
