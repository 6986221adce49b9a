/* assay stats: counts, for people or machines. */
#include <getopt.h>
#include <stdio.h>

#include "base/str.h"
#include "cli/cli.h"
#include "cli/simple.h"

static const char usage[] =
    "usage: assay stats [--format text|json]\n\n"
    "Prints items, sightings, tasks by state, lots, decisions, views and the\n"
    "size of the record.\n\n"
    "example: assay stats --format json\n";

static void print_text(const struct json *root)
{
    for (const struct json *j = root->first; j != NULL; j = j->next) {
        if (j->kind == JSON_IS_NUMBER)
            printf("%-19s %s\n", j->key, j->text);
        for (const struct json *k = j->kind == JSON_IS_OBJECT ? j->first : NULL; k != NULL;
             k = k->next)
            printf("%-6s %-12s %s\n", j->key, k->key, k->text);
    }
}

int cli_stats(struct cli *c, int argc, char **argv)
{
    const char *format = "text";
    const struct simple_flag flags[] = {{"format", NULL, &format}, {0}};
    struct err e = {0};
    struct world w;
    struct buf b;
    int status = simple_options(c, usage, flags, argc, argv);

    if (status != CLI_DONE)
        return status < 0 ? CLI_DONE : status;
    if (!str_equal(format, "text") && !str_equal(format, "json"))
        return cli_usage("stats", "--format is text or json");
    if ((status = cli_open_behind(c, FLOW_WITHOUT_DECODER, &w)) != CLI_DONE)
        return status;
    struct arena *a = arena_new();
    struct json *root;
    buf_init(&b, 1 << 20);
    enum assay_err rc = flow_stats(&w, &b, &e);
    if (rc == ASSAY_OK && str_equal(format, "json"))
        puts(buf_cstr(&b));
    else if (rc == ASSAY_OK && (rc = json_parse(a, b.data, b.size, &root, &e)) == ASSAY_OK)
        print_text(root);
    if (rc != ASSAY_OK)
        status = cli_fail(rc, &e);
    buf_clear(&b);
    arena_free(a);
    flow_close(&w);
    return status;
}
