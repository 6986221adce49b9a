/* assay match: files or hashes against lists, a line each; no workspace, no network. */
#include "cli/match.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "cli/cli.h"

#define LISTS_MAX   1000
#define THREADS_MAX 256

static const char usage[] =
    "usage: assay match --list FILE [--list FILE]... [OPTION]... PATH...|-\n"
    "       assay match --list FILE [--list FILE]... [OPTION]... --hashes FILE|-\n\n"
    "Looks files or hashes up in lists of hashes: MD5, SHA-1 and SHA-256 exactly, PDQ within a\n"
    "distance. Writes one JSON object a line for each, in the order given: `status` is match,\n"
    "no_match, or unmatchable where it could not be looked up, with the `reason`; `hits` names "
    "each\n"
    "record that it met, with all that its list says. Needs no workspace and no network.\n\n"
    "  --list FILE         a list: text (one hash a line), CSV, JSON Lines, VICS, ICSE,\n"
    "                      NSRLFile.txt, or a file that assay index built; told by its content\n"
    "  --skip-bad          use the rest of a list that has bad lines (without: nothing is done)\n"
    "  --distance N        bits in which a PDQ may differ, 0 to 64 (31)\n"
    "  --min-quality N     leave out PDQs of lower quality, 0 to 100, on both sides (50)\n"
    "  --turned            look the eight ways to turn and mirror a picture up\n"
    "  --hashes FILE|-     look up the hashes of a file or of standard input, in any form of a "
    "list\n"
    "  -                   read paths from standard input, one a line, as they come\n"
    "  -0                  those paths end with a NUL byte (find -print0)\n"
    "  -r                  folders with all that lies in them, sorted by name\n"
    "  --follow            look up the files that symbolic links lead to\n"
    "  -j N                files or hashes at once (the processors that this process may use)\n\n"
    "exit: 0 no hit, 10 hits, 1 some could not be looked up (hits or not), 2 usage, 3 cannot "
    "work\n\n"
    "examples:\n"
    "  assay match --list known.csv -r case-0412/ > hits.jsonl\n"
    "  assay match --list hashes.jsonl --list old-md5.txt photo.jpg\n"
    "  assay match --list known.csv --distance 16 --hashes - < uploads.txt\n";

struct options {
    struct hash_options hash;
    struct match_run run;
    char *lists[LISTS_MAX];
    size_t list_count;
    const char *hashes;
    bool skip_bad;
};

static int number(const char *name, const char *value, int64_t min, int64_t max, int64_t *out)
{
    if (str_int64(value, min, max, out) == ASSAY_OK)
        return CLI_DONE;
    return cli_usage("match", "%s is a number from %lld to %lld", name, (long long)min,
                     (long long)max);
}

static int parse_value(struct options *op, int o, char *value)
{
    int64_t n = 0;
    int status;

    switch (o) {
    case 'l':
        if (op->list_count == LISTS_MAX)
            return cli_usage("match", "at most %d lists", LISTS_MAX);
        op->lists[op->list_count++] = value;
        return CLI_DONE;
    case 'H':
        if (op->hashes != NULL)
            return cli_usage("match", "--hashes is said once");
        op->hashes = value;
        return CLI_DONE;
    case 'j':
        status = number("-j", value, 1, THREADS_MAX, &n);
        op->hash.threads = op->run.threads = (unsigned)n;
        return status;
    case 'D':
        status = number("--distance", value, 0, MATCH_RADIUS_MAX, &n);
        op->run.distance = (unsigned)n;
        return status;
    case 'q':
        status = number("--min-quality", value, 0, 100, &n);
        op->run.min_quality = (int)n;
        return status;
    default:
        return CLI_USAGE;
    }
}

static int check(const struct options *op, char *const *paths, int count)
{
    bool input = false;

    if (op->list_count == 0)
        return cli_usage("match", "name at least one list with --list");
    if (op->hashes != NULL && count > 0)
        return cli_usage("match", "files, or --hashes: not both");
    if (op->hashes != NULL && (op->run.turned || op->hash.folders || op->hash.follow))
        return cli_usage("match", "--turned, -r and --follow are about files, not about hashes");
    if (op->hashes == NULL && count == 0)
        return cli_usage("match", "name at least one file or folder, or - for standard input");
    for (int i = 0; i < count; i++)
        input = input || str_equal(paths[i], "-");
    if (op->hash.zeros && !input)
        return cli_usage("match", "-0 is about paths from standard input: add -");
    return CLI_DONE;
}

static int parse(struct options *op, struct cli *c, int argc, char **argv)
{
    static const struct option options[] = {
        {"list", required_argument, NULL, 'l'},     {"hashes", required_argument, NULL, 'H'},
        {"distance", required_argument, NULL, 'D'}, {"min-quality", required_argument, NULL, 'q'},
        {"turned", no_argument, NULL, 'T'},         {"skip-bad", no_argument, NULL, 'S'},
        {"follow", no_argument, NULL, 'L'},         {"data", required_argument, NULL, 'd'},
        {"help", no_argument, NULL, 'h'},           {0},
    };
    int o, status = CLI_DONE;

    while (status == CLI_DONE && (o = getopt_long(argc, argv, "hrj:0", options, NULL)) != -1) {
        switch (o) {
        case 'h':
            fputs(usage, stdout);
            return -1;
        case 'd':
            c->data_dir = optarg; /* accepted everywhere; nothing here looks at it */
            break;
        case 'r':
            op->hash.folders = true;
            break;
        case '0':
            op->hash.zeros = true;
            break;
        case 'L':
            op->hash.follow = true;
            break;
        case 'T':
            op->run.turned = true;
            break;
        case 'S':
            op->skip_bad = true;
            break;
        default:
            status = parse_value(op, o, optarg);
        }
    }
    return status != CLI_DONE ? status : check(op, argv + optind, argc - optind);
}

static int read_lists(struct options *op)
{
    struct match_lists *l = &op->run.lists;
    struct err e = {0};

    l->min_quality = op->run.min_quality;
    const enum assay_err rc = match_lists_read(l, op->lists, op->list_count, &e);
    if (rc != ASSAY_OK) {
        (void)cli_fail(rc, &e);
        return CLI_CANNOT;
    }
    if (l->refused > 0 && !op->skip_bad) {
        fprintf(stderr,
                "assay: %llu lines of the lists cannot be used; mend them, or say --skip-bad to "
                "match against the rest\n",
                (unsigned long long)l->refused);
        return CLI_CANNOT;
    }
    if (l->empty != NULL) {
        cli_refused(l->empty, "the list holds no hash: nothing could be found in it");
        return CLI_CANNOT;
    }
    return CLI_DONE;
}

static int run(struct options *op, char **paths, size_t count)
{
    struct match_run *m = &op->run;
    int status;

    (void)pthread_mutex_init(&m->lock, NULL);
    status = read_lists(op);
    if (status == CLI_DONE && op->hashes != NULL) {
        status = cli_flush(match_hashes(m, op->hashes));
    } else if (status == CLI_DONE) {
        op->hash.wants |= DECODE_HASH_PDQ | (m->turned ? (uint32_t)DECODE_HASH_TURNED : 0);
        status = hash_run(&op->hash, paths, count);
    }
    while (m->asker_count > 0)
        match_asker_free(m->askers[--m->asker_count]);
    (void)pthread_mutex_destroy(&m->lock);
    if (status == CLI_DONE && m->unmatchable > 0)
        status = CLI_SOME_FAILED;
    return status == CLI_DONE && m->hits > 0 ? CLI_HITS : status;
}

int cli_match(struct cli *c, int argc, char **argv)
{
    struct options *op = mem_zalloc(sizeof *op);

    op->hash = (struct hash_options){
        .algorithms = HASH_ALGORITHMS, .line = match_file_line, .line_ctx = &op->run};
    op->hash.threads = op->run.threads = hash_processors();
    op->run.distance = MATCH_DISTANCE;
    op->run.min_quality = MATCH_MIN_QUALITY;
    int status = parse(op, c, argc, argv);
    if (status == CLI_DONE)
        status = run(op, argv + optind, (size_t)(argc - optind));
    match_lists_clear(&op->run.lists);
    mem_free(op);
    return status < 0 ? CLI_DONE : status;
}
