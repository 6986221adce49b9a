/* assay list: lists of hashes that others made. */
#include <getopt.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/str.h"
#include "cli/cli.h"
#include "cli/list.h"
#include "cli/simple.h"
#include "flow/lists/lists.h"

static const char usage[] =
    "usage: assay list import NAME FILE [--kind KIND] [--trust TRUST] [--source TEXT]\n"
    "                  [--licence TEXT] [--contact TEXT] [--reason TEXT] [--expires DATE]\n"
    "       assay list show [NAME]\n"
    "       assay list lint FILE\n"
    "       assay list convert FILE --to FORM [-o OUT] [--categories CODE=NUMBER,...]\n"
    "       assay list off NAME HASH --reason TEXT\n"
    "       assay list on NAME HASH\n"
    "       assay list set NAME --confirm hidden-vote|one\n"
    "       assay list remove NAME\n\n"
    "FILE has hashes as text, CSV, JSON Lines, VICS, INTERPOL's ICSE CSV, NSRL's NSRLFile.txt or\n"
    "its SQLite file of version 3 (doc/lists.md). import makes the list if it is not there, and\n"
    "FILE its next version: what the last version had and FILE has not is removed.\n"
    "The same file again does nothing; an import that was cut goes on. lint says what an import\n"
    "would refuse; convert writes the records in another form; both need no workspace.\n\n"
    "  --kind KIND     hashes, known_good or never_export (hashes)\n"
    "  --trust TRUST   trusted or candidate (candidate)\n"
    "  --reason TEXT   why a hash is off, or files of known_good and never_export are held back\n"
    "  --expires DATE  until when those are, such as 2027-06-30\n"
    "  --confirm WHAT  what an exact hash of a trusted list with a grade does: hidden-vote (a "
    "vote\n"
    "                  that nobody sees before their own), or one: the same grade given blind by\n"
    "                  one person is enough, and the file is not read again\n\n"
    "  --to FORM       md5, sha1, sha256, pdq (a hash a line), md5sum, sha1sum, sha256sum, csv,\n"
    "                  jsonl, vics, icse, nsrl or local-file (of python-threatexchange)\n"
    "  -o, --out OUT   a file, replaced as a whole (stdout)\n"
    "  --categories CODE=NUMBER,...  of vics: the Category of each code; * stands for all "
    "others\n\n"
    "examples:\n"
    "  assay list import hotline-2026 hashes.jsonl --trust trusted --source 'Hotline of Example'\n"
    "  assay list import nsrl NSRLFile.txt --kind known_good --reason 'files of software'\n"
    "  assay list convert hashes.jsonl --to vics --categories A=1,B=2,C=3 -o list.json\n"
    "  assay list off hotline-2026 d3b07384d113edec49eaa6238ad5ff00 --reason 'a blank page'\n";

struct options {
    const char *kind, *trust, *source, *licence, *contact, *reason, *expires, *confirm;
    const char *to, *out, *categories;
};

static void print_refused(void *ctx, uint64_t line, const char *reason)
{
    (void)ctx;
    fprintf(stderr, "assay: refused line %llu: %s\n", (unsigned long long)line, reason);
}

static int print_counts(const struct lists_counts *n)
{
    if (n->same)
        printf("version %lld is this very file; nothing was done\n", (long long)n->version);
    else
        printf("version %lld: %lld records, %lld added, %lld removed, %lld refused\n",
               (long long)n->version, (long long)n->records, (long long)n->added,
               (long long)n->removed, (long long)n->refused);
    return n->refused > 0 ? CLI_SOME_FAILED : CLI_DONE;
}

static int lint(const char *path)
{
    struct lists_counts n;
    struct err e = {0};
    enum assay_err rc = lists_lint(path, print_refused, NULL, &n, &e);

    if (rc != ASSAY_OK)
        return cli_fail(rc, &e);
    printf("%lld records, %lld would be refused\n", (long long)n.records, (long long)n.refused);
    return n.refused > 0 ? CLI_SOME_FAILED : CLI_DONE;
}

static int show(struct world *w, const char *name)
{
    struct err e = {0};
    struct buf b;

    buf_init(&b, 64 * 1024 * 1024);
    enum assay_err rc = lists_show(w, name, &b, &e);
    if (rc == ASSAY_OK)
        puts(buf_cstr(&b));
    buf_clear(&b);
    return rc == ASSAY_OK ? CLI_DONE : cli_fail(rc, &e);
}

static int import(struct world *w, const struct options *o, int64_t expires_ms, char *const *words)
{
    const struct lists_import in = {.name = words[0],
                                    .path = words[1],
                                    .kind = o->kind,
                                    .trust = o->trust,
                                    .source = o->source,
                                    .licence = o->licence,
                                    .contact = o->contact,
                                    .reason = o->reason,
                                    .expires_ms = expires_ms,
                                    .by = people_operator(),
                                    .refused = print_refused};
    struct lists_counts n;
    struct err e = {0};
    enum assay_err rc = lists_import(w, &in, &n, &e);

    return rc == ASSAY_OK ? print_counts(&n) : cli_fail(rc, &e);
}

static int change(struct world *w, const char *verb, char *const *words, const struct options *o)
{
    struct err e = {0};
    int64_t count = 0;
    enum assay_err rc;

    if (str_equal(verb, "remove"))
        rc = lists_remove(w, people_operator(), words[0], &e);
    else if (str_equal(verb, "set"))
        rc = lists_confirm(w, people_operator(), words[0],
                           str_equal(o->confirm, "hidden-vote") ? "hidden_vote" : o->confirm, &e);
    else
        rc = lists_switch(w, people_operator(), words[0], words[1], o->reason, &count, &e);
    return rc == ASSAY_OK ? CLI_DONE : cli_fail(rc, &e);
}

/* Whether so many words may follow the verb. */
static bool fits(const char *verb, int words)
{
    if (str_equal(verb, "show"))
        return words <= 1;
    if (str_equal(verb, "lint") || str_equal(verb, "remove") || str_equal(verb, "set") ||
        str_equal(verb, "convert"))
        return words == 1;
    return words == 2 &&
           (str_equal(verb, "import") || str_equal(verb, "off") || str_equal(verb, "on"));
}

int cli_list(struct cli *c, int argc, char **argv)
{
    struct options o = {0};
    const struct simple_flag flags[] = {{"kind", NULL, &o.kind},
                                        {"trust", NULL, &o.trust},
                                        {"source", NULL, &o.source},
                                        {"licence", NULL, &o.licence},
                                        {"contact", NULL, &o.contact},
                                        {"reason", NULL, &o.reason},
                                        {"expires", NULL, &o.expires},
                                        {"confirm", NULL, &o.confirm},
                                        {"to", NULL, &o.to},
                                        {"out", NULL, &o.out},
                                        {"categories", NULL, &o.categories},
                                        {0}};
    int64_t expires_ms = 0;
    struct world w;
    int status = simple_options(c, usage, flags, argc, argv);

    if (status != CLI_DONE)
        return status < 0 ? CLI_DONE : status;
    if (optind == argc || !fits(argv[optind], argc - optind - 1))
        return cli_usage("list", "say what to do, and with which list");
    const char *verb = argv[optind];
    char *const *words = argv + optind + 1;
    if (o.expires != NULL && clock_parse(o.expires, &expires_ms) != ASSAY_OK)
        return cli_usage("list", "--expires is a date such as 2027-06-30");
    if (str_equal(verb, "off") != (o.reason != NULL) && !str_equal(verb, "import"))
        return cli_usage("list", "off needs --reason TEXT, and nothing else but import takes it");
    if (str_equal(verb, "set") != (o.confirm != NULL))
        return cli_usage("list",
                         "set needs --confirm hidden-vote or one, and nothing else takes it");
    if (str_equal(verb, "convert")) {
        const struct list_conversion to = {words[0], o.to, o.out, o.categories};
        return cli_list_convert(&to);
    }
    if (o.to != NULL || o.out != NULL || o.categories != NULL)
        return cli_usage("list", "--to, -o and --categories are about convert");
    if (str_equal(verb, "lint"))
        return lint(words[0]);
    if ((status = cli_open(c, FLOW_WITHOUT_DECODER, &w)) != CLI_DONE)
        return status;
    if (str_equal(verb, "show"))
        status = show(&w, argc - optind == 2 ? words[0] : NULL);
    else if (str_equal(verb, "import"))
        status = import(&w, &o, expires_ms, words);
    else
        status = change(&w, verb, words, &o);
    if (!str_equal(verb, "show") && cli_sign(&w) != ASSAY_OK)
        status = CLI_CANNOT;
    flow_close(&w);
    return status;
}
