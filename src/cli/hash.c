/* assay hash: digests and PDQ of files, a line each; no workspace, no network. */
#include "cli/hash.h"

#include <getopt.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "cli/cli.h"

#define THREADS_MAX 256

static const char usage[] =
    "usage: assay hash [OPTION]... PATH...|-\n\n"
    "Writes MD5, SHA-1, SHA-256 and, of pictures, PDQ: one line a file, in the order given. Needs\n"
    "no workspace, no network and no rights beyond reading the files. Pictures are decoded in a\n"
    "sandbox; their type is told from the content, never from the name. A file that cannot be\n"
    "hashed has a line too, with `error`. Symbolic links, pipes, sockets and devices are "
    "refused.\n\n"
    "  -                   read paths from standard input, one a line, as they come\n"
    "  -0                  those paths end with a NUL byte (find -print0)\n"
    "  -r                  folders with all that lies in them, sorted by name\n"
    "  --follow            hash the files that symbolic links lead to\n"
    "  -j N                files at once (the processors that this process may use)\n"
    "  --format jsonl|tsv  JSON, one object a line (this is the default), or a table with a head\n"
    "  --algorithms LIST   some of md5,sha1,sha256,pdq (all)\n"
    "  --fast              decode large JPEGs at a part of their size: quicker, and the PDQ is "
    "near\n"
    "                      the exact one instead of equal; `pdq_method` says which were\n"
    "  --pdq-scale 512     PDQ as the reference's command-line tool makes it, for lists of its "
    "making\n"
    "  --turned            also the PDQ of the eight ways to turn and mirror a picture\n"
    "  --stable-bits       also how many bits of the PDQ can be relied on, 0 to 255\n"
    "  --frames            also the PDQ of the frames and pages that differ, up to 255\n"
    "  --thumbnail         also that of an embedded thumbnail that shows another picture\n"
    "  --unbordered        also that of what plain bars and margins leave of a picture\n\n"
    "exit: 0 all hashed, 1 some not (each named), 2 usage, 3 cannot work\n\n"
    "examples:\n"
    "  assay hash -r case-0412/ > case-0412.jsonl\n"
    "  assay hash --format tsv --algorithms md5,sha1 *.jpg\n"
    "  assay hash --frames --thumbnail --unbordered found.gif\n"
    "  find /mnt/disk -type f -size +1k -print0 | assay hash -0 - > disk.jsonl\n";

unsigned hash_processors(void)
{
    cpu_set_t set;

    if (sched_getaffinity(0, sizeof set, &set) != 0 || CPU_COUNT(&set) < 1)
        return cli_cores();
    return CPU_COUNT(&set) > THREADS_MAX ? THREADS_MAX : (unsigned)CPU_COUNT(&set);
}

static int parse_algorithms(const char *list, uint32_t *out)
{
    static const struct {
        const char *name;
        enum hash_algorithm bit;
    } known[] = {
        {"md5", HASH_MD5}, {"sha1", HASH_SHA1}, {"sha256", HASH_SHA256}, {"pdq", HASH_OF_PICTURE}};

    for (*out = 0;; list++) {
        const size_t size = strcspn(list, ",");
        uint32_t bit = 0;

        for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
            if (strlen(known[i].name) == size && memcmp(known[i].name, list, size) == 0)
                bit = (uint32_t)known[i].bit;
        }
        if (bit == 0)
            return cli_usage("hash", "--algorithms names some of md5,sha1,sha256,pdq, not '%.*s'",
                             (int)(size < 80 ? size : 80), list);
        *out |= bit;
        list += size;
        if (*list == '\0')
            return CLI_DONE;
    }
}

static int parse_value(struct hash_options *h, int o, const char *value)
{
    int64_t threads;

    switch (o) {
    case 'j':
        if (str_int64(value, 1, THREADS_MAX, &threads) != ASSAY_OK)
            return cli_usage("hash", "-j is a number from 1 to %d", THREADS_MAX);
        h->threads = (unsigned)threads;
        return CLI_DONE;
    case 'f':
        if (!str_equal(value, "jsonl") && !str_equal(value, "tsv"))
            return cli_usage("hash", "--format is jsonl or tsv");
        h->format = str_equal(value, "tsv") ? HASH_TSV : HASH_JSONL;
        return CLI_DONE;
    case 's':
        if (!str_equal(value, "512"))
            return cli_usage("hash", "--pdq-scale is 512; without it pictures keep their size");
        h->wants |= DECODE_HASH_SCALE_512;
        return CLI_DONE;
    case 'a':
        return parse_algorithms(value, &h->algorithms);
    default:
        return CLI_USAGE;
    }
}

/* The options that only add to what is wanted of a picture. */
static bool take_want(struct hash_options *h, int o)
{
    static const struct {
        int option;
        enum decode_hash_want want;
    } known[] = {{'F', DECODE_HASH_FAST},      {'T', DECODE_HASH_TURNED},
                 {'S', DECODE_HASH_STABLE},    {'A', DECODE_HASH_FRAMES},
                 {'E', DECODE_HASH_THUMBNAIL}, {'U', DECODE_HASH_UNBORDERED}};

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (known[i].option != o)
            continue;
        h->wants |= (uint32_t)known[i].want;
        return true;
    }
    return false;
}

/* What is asked for must be able to have an effect. */
static int check(const struct hash_options *h, char *const *paths, int count)
{
    bool input = false;

    if (count == 0)
        return cli_usage("hash", "name at least one file or folder, or - for standard input");
    for (int i = 0; i < count; i++)
        input = input || str_equal(paths[i], "-");
    if (h->zeros && !input)
        return cli_usage("hash", "-0 is about standard input: add -");
    if (h->wants != 0 && (h->algorithms & HASH_OF_PICTURE) == 0)
        return cli_usage("hash",
                         "--fast, --pdq-scale, --turned, --stable-bits, --frames, --thumbnail and "
                         "--unbordered are about PDQ, which --algorithms leaves out");
    if ((h->wants & DECODE_HASH_FAST) != 0 && (h->wants & DECODE_HASH_SCALE_512) != 0)
        return cli_usage("hash", "--fast and --pdq-scale are two ways to make one hash: name one");
    if ((h->wants & DECODE_HASH_FAST) != 0 && (h->wants & DECODE_HASH_UNBORDERED) != 0)
        return cli_usage("hash", "--unbordered finds borders to the line, for which --fast decodes "
                                 "too few pixels: name one");
    return CLI_DONE;
}

static int parse(struct hash_options *h, struct cli *c, int argc, char **argv)
{
    static const struct option options[] = {
        {"format", required_argument, NULL, 'f'},
        {"algorithms", required_argument, NULL, 'a'},
        {"follow", no_argument, NULL, 'L'},
        {"fast", no_argument, NULL, 'F'},
        {"pdq-scale", required_argument, NULL, 's'},
        {"turned", no_argument, NULL, 'T'},
        {"stable-bits", no_argument, NULL, 'S'},
        {"frames", no_argument, NULL, 'A'},
        {"thumbnail", no_argument, NULL, 'E'},
        {"unbordered", no_argument, NULL, 'U'},
        {"data", required_argument, NULL, 'd'},
        {"help", no_argument, NULL, 'h'},
        {0},
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
            h->folders = true;
            break;
        case '0':
            h->zeros = true;
            break;
        case 'L':
            h->follow = true;
            break;
        default:
            if (!take_want(h, o))
                status = parse_value(h, o, optarg);
        }
    }
    return status != CLI_DONE ? status : check(h, argv + optind, argc - optind);
}

int cli_hash(struct cli *c, int argc, char **argv)
{
    struct hash_options h = {.algorithms = HASH_ALGORITHMS, .threads = hash_processors()};
    const int status = parse(&h, c, argc, argv);

    if (status != CLI_DONE)
        return status < 0 ? CLI_DONE : status;
    if ((h.algorithms & HASH_OF_PICTURE) != 0)
        h.wants |= DECODE_HASH_PDQ;
    h.line = hash_line;
    h.line_ctx = &h;
    return hash_run(&h, argv + optind, (size_t)(argc - optind));
}
