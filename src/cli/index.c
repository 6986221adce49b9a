/* assay index: lists as one file that opens at once, for assay match. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "cli/cli.h"
#include "cli/match.h"

static const char usage[] =
    "usage: assay index build -o FILE [--skip-bad] LIST...\n"
    "       assay index info FILE\n"
    "       assay index verify FILE\n\n"
    "Builds one file of lists (as of assay match), with all they say, that assay match\n"
    "--list opens at once however many hashes it has. info tells what is in it; verify reads "
    "every\n"
    "byte. The digests in it find damage; they are no signature. Needs no workspace.\n\n"
    "  -o FILE     write it here; what is there is replaced as a whole\n"
    "  --skip-bad  use the rest of a list that has bad lines (without: nothing is done)\n\n"
    "exit: 0 done, 2 usage, 3 cannot work: a list or the file cannot be read, or is damaged\n\n"
    "examples:\n"
    "  assay index build -o known.idx hashes.jsonl old-md5.txt\n"
    "  assay match --list known.idx -r case-0412/\n";

static int cannot(enum assay_err rc, const struct err *e)
{
    (void)cli_fail(rc, e);
    return CLI_CANNOT;
}

static int build(const char *out, bool skip_bad, char **lists, size_t count)
{
    struct match_lists l = {.use = MATCH_TO_SAVE};
    struct err e = {0};
    int status = CLI_CANNOT;
    enum assay_err rc = match_lists_read(&l, lists, count, &e);

    const struct match_snapshot_source s = {.lists = (const char *const *)lists,
                                            .list_count = count,
                                            .records = l.records,
                                            .record_count = l.record_count};
    if (rc != ASSAY_OK)
        status = cannot(rc, &e);
    else if (l.refused > 0 && !skip_bad)
        fprintf(stderr,
                "assay: %llu lines of the lists cannot be used; mend them, or say --skip-bad to "
                "use the rest\n",
                (unsigned long long)l.refused);
    else if (l.empty != NULL)
        cli_refused(l.empty, "the list holds no hash: nothing could be found in it");
    else if ((rc = match_snapshot_save(out, &s, &e)) != ASSAY_OK)
        status = cannot(rc, &e);
    else
        status = CLI_DONE;
    if (status == CLI_DONE)
        printf("%s: %zu records of %zu lists\n", out, l.record_count, count);
    match_lists_clear(&l);
    return status;
}

static int info(const char *path)
{
    struct match_snapshot_info i;
    struct match_snapshot *s;
    struct err e = {0};
    char name[8192];
    struct buf text;
    const enum assay_err rc = match_snapshot_open(path, &s, &e);

    if (rc != ASSAY_OK)
        return cannot(rc, &e);
    match_snapshot_info(s, &i);
    printf("records %llu\nbytes %llu\n", (unsigned long long)i.records,
           (unsigned long long)i.bytes);
    for (unsigned kind = 0; kind < MATCH_KINDS; kind++)
        printf("%s %llu\n", match_name((enum match_kind)kind), (unsigned long long)i.entries[kind]);
    buf_init(&text, 8 * sizeof name);
    for (uint32_t list = 0; list < i.lists; list++) {
        if (match_snapshot_list(s, list, name, sizeof name) == 0)
            break;
        buf_reset(&text);
        str_escaped(name, &text);
        printf("list %s\n", buf_cstr(&text));
    }
    buf_clear(&text);
    match_snapshot_free(s);
    return CLI_DONE;
}

static int verify(const char *path)
{
    struct err e = {0};
    const enum assay_err rc = match_snapshot_verify(path, &e);

    if (rc != ASSAY_OK)
        return cannot(rc, &e);
    printf("good: every byte of it is as it was written\n");
    return CLI_DONE;
}

static int run(const char *out, bool skip_bad, char **words, int count)
{
    const char *what = count == 0 ? "" : words[0];

    if (str_equal(what, "build")) {
        if (out == NULL)
            return cli_usage("index", "say with -o where to write");
        if (count < 2)
            return cli_usage("index", "name at least one list");
        return build(out, skip_bad, words + 1, (size_t)count - 1);
    }
    if (out != NULL || skip_bad)
        return cli_usage("index", "-o and --skip-bad are about build");
    if ((!str_equal(what, "info") && !str_equal(what, "verify")) || count != 2)
        return cli_usage("index", "say build -o FILE LIST..., info FILE or verify FILE");
    return str_equal(what, "info") ? info(words[1]) : verify(words[1]);
}

int cli_index(struct cli *c, int argc, char **argv)
{
    static const struct option options[] = {
        {"skip-bad", no_argument, NULL, 'S'},
        {"data", required_argument, NULL, 'd'},
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    const char *out = NULL;
    bool skip_bad = false;
    int o;

    while ((o = getopt_long(argc, argv, "ho:", options, NULL)) != -1) {
        switch (o) {
        case 'h':
            fputs(usage, stdout);
            return CLI_DONE;
        case 'd':
            c->data_dir = optarg; /* accepted everywhere; nothing here looks at it */
            break;
        case 'o':
            out = optarg;
            break;
        case 'S':
            skip_bad = true;
            break;
        default:
            return CLI_USAGE;
        }
    }
    return cli_flush(run(out, skip_bad, argv + optind, argc - optind));
}
