/* assay scheme: load, list and show grading schemes, and what their codes are in others. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/fs.h"
#include "base/str.h"
#include "cli/cli.h"
#include "cli/simple.h"
#include "scheme/mapping.h"

static const char usage[] =
    "usage: assay scheme list\n"
    "       assay scheme load NAME|FILE\n"
    "       assay scheme show [NAME]\n"
    "       assay scheme map FROM [TO] [--code CODE [--tags TAGS]]\n\n"
    "list shows those in force in the workspace; load takes one of the program's own, or a new\n"
    "version from a file that ends in .json (doc/schemes.md is the format). A file with an error\n"
    "is refused with its line, and the version that is in force stays. show prints one of the\n"
    "program's own, or the names of all; map what codes of one scheme are in others, and whether\n"
    "that is exact, lossy or undefined (doc/mappings.md). show and map need no workspace.\n\n"
    "  --code CODE   of this code alone\n"
    "  --tags TAGS   that the decision has, such as \"medium:drawn series:known\"\n\n"
    "examples:\n"
    "  assay scheme load vics-us\n"
    "  assay scheme map uk-2014 --code B --tags medium:drawn\n";

static const char ending[] = ".json";

static bool is_file(const char *name)
{
    const size_t size = strlen(name), more = sizeof ending - 1;

    return strchr(name, '/') != NULL || (size > more && str_equal(name + size - more, ending));
}

static enum assay_err print(void *ctx, const char *name)
{
    struct world *w = ctx;
    const struct scheme *s;
    struct err e = {0};
    enum assay_err rc = flow_scheme(w, name, &s, &e);

    if (rc == ASSAY_OK)
        printf("%s\t%lld\t%s\n", name, (long long)s->version, s->label);
    return rc;
}

static const char *find_builtin(const char *name, size_t *size)
{
    const char *file, *text;

    for (size_t i = 0; (text = scheme_builtin(i, &file, size)) != NULL; i++) {
        if (strlen(file) == strlen(name) + sizeof ending - 1 && str_starts(file, name))
            return text;
    }
    return NULL;
}

static enum assay_err get_text(const char *name, struct buf *b, struct err *e)
{
    size_t size;
    const char *text = is_file(name) ? NULL : find_builtin(name, &size);

    if (is_file(name))
        return fs_read_file(name, b, e);
    if (text == NULL)
        return err_set(e, ASSAY_ENOTFOUND,
                       "there is no scheme %.60s; see assay scheme show, or name a file that ends "
                       "in .json",
                       name);
    buf_add(b, text, size);
    return ASSAY_OK;
}

static enum assay_err load(struct world *w, const char *name, struct err *e)
{
    struct buf b;

    buf_init(&b, SCHEME_TEXT_MAX);
    enum assay_err rc = get_text(name, &b, e);
    if (rc == ASSAY_OK) {
        rc = flow_scheme_load(w, people_operator(), (const char *)b.data, b.size, e);
        if (rc != ASSAY_OK)
            rc = err_prefix(e, rc, "%.200s", name);
    }
    buf_clear(&b);
    return rc;
}

static int show(const char *name)
{
    const char *file, *text;
    struct err e = {0};
    struct buf b;
    size_t size;
    enum assay_err rc = ASSAY_OK;

    for (size_t i = 0; name == NULL && (text = scheme_builtin(i, &file, &size)) != NULL; i++)
        printf("%.*s\n", (int)(strlen(file) - (sizeof ending - 1)), file);
    buf_init(&b, SCHEME_TEXT_MAX);
    if (name != NULL && (rc = get_text(name, &b, &e)) == ASSAY_OK)
        fputs(buf_cstr(&b), stdout);
    buf_clear(&b);
    return cli_flush(rc == ASSAY_OK ? CLI_DONE : cli_fail(rc, &e));
}

/* ---- mappings ---- */

struct mapped {
    const char *code, *tags; /* code NULL: all */
    size_t found;
};

static void print_cell(const struct mapping *m, const struct mapping_cell *c)
{
    printf("%s\t%s\t%s\t%s\t%s", m->from, c->code, m->to, mapping_kind_name(c->kind),
           c->to == NULL ? "-" : c->to);
    for (size_t i = 0; c->when[i] != NULL; i++)
        printf("%s%s", i == 0 ? "\twhen " : " ", c->when[i]);
    printf("%s%s\n", c->note == NULL ? "" : "\t", c->note == NULL ? "" : c->note);
}

static void print_mapping(const struct mapping *m, struct mapped *asked)
{
    const char *always[] = {NULL};
    const struct mapping_cell unknown = {
        .code = asked->code, .when = always, .note = "the mapping does not name it"};

    asked->found++;
    if (asked->code != NULL) {
        const struct mapping_cell *c = mapping_find(m, asked->code, asked->tags);
        print_cell(m, c == NULL ? &unknown : c);
        return;
    }
    for (size_t i = 0; i < m->cell_count; i++)
        print_cell(m, &m->cells[i]);
}

static int map(const char *from, const char *to, struct mapped *asked)
{
    const char *file, *text;
    struct err e = {0};
    size_t size;
    enum assay_err rc = ASSAY_OK;

    for (size_t i = 0; rc == ASSAY_OK && (text = mapping_builtin(i, &file, &size)) != NULL; i++) {
        struct arena *a = arena_new();
        struct mapping *m;
        rc = mapping_parse(a, text, size, &m, &e);
        if (rc == ASSAY_OK && str_equal(m->from, from) && (to == NULL || str_equal(m->to, to)))
            print_mapping(m, asked);
        arena_free(a);
    }
    if (rc == ASSAY_OK && asked->found == 0)
        rc = err_set(&e, ASSAY_ENOTFOUND, "there is no mapping from %.40s%s%.40s", from,
                     to == NULL ? "" : " to ", to == NULL ? "" : to);
    return cli_flush(rc == ASSAY_OK ? CLI_DONE : cli_fail(rc, &e));
}

int cli_scheme(struct cli *c, int argc, char **argv)
{
    struct mapped asked = {.tags = ""};
    const struct simple_flag flags[] = {
        {"code", NULL, &asked.code}, {"tags", NULL, &asked.tags}, {0}};
    struct err e = {0};
    struct world w;
    int status = simple_options(c, usage, flags, argc, argv);

    if (status != CLI_DONE)
        return status < 0 ? CLI_DONE : status;
    int words = argc - optind;
    char **word = argv + optind;
    bool lists = words == 1 && str_equal(word[0], "list");
    if ((words == 2 || words == 3) && str_equal(word[0], "map") &&
        (asked.code != NULL || asked.tags[0] == '\0'))
        return map(word[1], words == 3 ? word[2] : NULL, &asked);
    if ((words == 1 || words == 2) && str_equal(word[0], "show"))
        return show(words == 2 ? word[1] : NULL);
    if (!lists && !(words == 2 && str_equal(word[0], "load")))
        return cli_usage("scheme", "say list, load NAME or FILE, show, or map FROM");
    if ((status = cli_open(c, FLOW_WITHOUT_DECODER, &w)) != CLI_DONE)
        return status;
    enum assay_err rc = lists ? flow_each_scheme(&w, print, &w, &e) : load(&w, word[1], &e);
    status = rc == ASSAY_OK ? CLI_DONE : cli_fail(rc, &e);
    if (rc == ASSAY_EFORMAT || rc == ASSAY_ERANGE || rc == ASSAY_ELIMIT || rc == ASSAY_ESTATE)
        status = CLI_SOME_FAILED; /* it is the file that is refused */
    if (!lists && cli_sign(&w) != ASSAY_OK)
        status = CLI_CANNOT;
    flow_close(&w);
    return status;
}
