/* assay import: take files and folders in, with a line a file. */
#include <getopt.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/str.h"
#include "cli/import.h"
#include "flow/export/release.h"
#include "flow/intake/intake.h"

static const char usage[] =
    "usage: assay import [OPTION]... FILE|FOLDER...\n"
    "       assay import --profile NAME [--media DIR] [--dry-run] [OPTION]... "
    "CASE.json|CASE.zip\n\n"
    "Seals each file in the vault, hashes it, and hands pictures to the queue. ZIP archives are\n"
    "unpacked, and what senders encrypted with age to this workspace (assay key show intake) is\n"
    "decrypted on the way: each entry is a file, ARCHIVE/NAME. May run while the\n"
    "server runs, and again after it was cut off: what is there already is not taken twice.\n"
    "One line a file on standard output: new, known, inherited, seen or refused, and the path\n"
    "(unpacked: an archive, all of it);\n"
    "bytes of it that a terminal would obey stand as \\xHH. jsonl gives it exactly, as path or, "
    "when\n"
    "it is not UTF-8, as path_base64.\n\n"
    "  --batch NAME       the batch (the first folder's name); the same name goes on with it\n"
    "  --scheme NAME      the scheme it is graded under (the only one of its kind)\n"
    "  --sender, --contact, --case, --authority, --purpose, --handling TEXT   as the sender says\n"
    "  --priority urgent|normal|background\n"
    "  --due DATE         RFC 3339, such as 2027-01-31\n"
    "  --sidecar FILE     CSV: file or hash, source, scheme, code, tags, url, page_url, note,\n"
    "                     time_found; a source's own grade stays hidden from assessors. Or the\n"
    "                     folder of a package, whose grades are its publisher's\n"
    "  --training         accept a sidecar package of a training workspace\n"
    "  --profile NAME     CASE.json is VICS (Project VIC, CAID), or in the ZIP with its media, "
    "and\n"
    "                     this is what its grades mean (assay profile list); each record is kept\n"
    "                     as it was said, a grade as a hidden vote\n"
    "  --media DIR        where the media of the case lie (beside CASE.json, or inside the ZIP)\n"
    "  --dry-run          say what would be taken, and take nothing; needs no workspace\n"
    "  --receipt FILE     write a signed receipt of the batch afterwards (assay receipt)\n"
    "  --keep-going       take a case of which some records are wrong; they are kept as refused\n"
    "  -j N               threads (the number of cores)\n"
    "  --format text|jsonl\n"
    "  --later            leave hashing and rendering to the server\n\n"
    "exit: 0 all taken, 1 some refused (each named), 2 usage, 3 cannot work\n\n"
    "examples:\n"
    "  assay import --batch 0412 --sender 'Unit 7' --priority urgent case-0412/\n"
    "  assay import --batch 0412 --sidecar grades.csv case-0412/\n"
    "  assay import --profile caid-uk --dry-run case-0412/case.json\n";

enum format { FORMAT_TEXT, FORMAT_JSONL };

struct importing {
    struct batch_new batch;
    struct intake_options options;
    struct intake_counts counts;
    enum format format;
    bool later;
    bool training;
    struct import_case vics;
    struct package_report package; /* of --sidecar, when it is one */
    int64_t started_ms;
};

/* The path to the byte: what is no UTF-8 goes as base64. */
static void add_path(struct json_out *o, const char *path)
{
    struct buf base64;

    if (str_is_utf8(path, strlen(path))) {
        json_text(o, "path", path);
        return;
    }
    buf_init(&base64, 1 << 18);
    str_base64(path, strlen(path), &base64);
    json_text(o, "path_base64", buf_cstr(&base64));
    buf_clear(&base64);
}

static void report(void *ctx, const char *path, enum intake_verdict v, const char *mime,
                   const char *reason)
{
    const struct importing *n = ctx;
    double seconds = (double)(clock_mono_ms() - n->started_ms) / 1000;
    struct json_out o;
    struct buf line;

    buf_init(&line, 1 << 20);
    if (n->format == FORMAT_TEXT) {
        str_escaped(path, &line);
        printf("%s\t%s%s%s\n", intake_verdict_name(v), buf_cstr(&line), reason == NULL ? "" : "\t",
               reason == NULL ? "" : reason);
    } else {
        json_out_init(&o, &line);
        json_object(&o, NULL);
        json_text(&o, "verdict", intake_verdict_name(v));
        add_path(&o, path);
        json_text(&o, "mime", mime);
        json_text(&o, "reason", reason);
        json_object_end(&o);
        puts(buf_cstr(&line));
    }
    buf_clear(&line);
    if (v == INTAKE_REFUSED)
        cli_refused(path, reason);
    cli_progress("import %llu files, %.0f a second", (unsigned long long)n->counts.files,
                 seconds > 0 ? (double)n->counts.files / seconds : 0);
}

static int parse_priority(const char *text, int64_t *out)
{
    static const char *const names[] = {"urgent", "normal", "background"};

    for (int64_t i = 0; i < 3; i++) {
        if (str_equal(text, names[i])) {
            *out = i;
            return CLI_DONE;
        }
    }
    return cli_usage("import", "--priority is urgent, normal or background");
}

static int parse_more(struct importing *n, int o, const char *value)
{
    int64_t threads;

    switch (o) {
    case 'p':
        return parse_priority(value, &n->batch.priority);
    case 'u':
        if (clock_parse(value, &n->batch.due_ms) != ASSAY_OK)
            return cli_usage("import", "--due is a date such as 2027-01-31");
        return CLI_DONE;
    case 'j':
        if (str_int64(value, 1, 64, &threads) != ASSAY_OK)
            return cli_usage("import", "-j is a number from 1 to 64");
        n->options.threads = (unsigned)threads;
        return CLI_DONE;
    case 'f':
        if (!str_equal(value, "text") && !str_equal(value, "jsonl"))
            return cli_usage("import", "--format is text or jsonl");
        n->format = str_equal(value, "text") ? FORMAT_TEXT : FORMAT_JSONL;
        return CLI_DONE;
    default:
        return CLI_USAGE;
    }
}

static int check_case(const struct importing *n, int paths)
{
    const struct import_case *v = &n->vics;

    if (v->profile == NULL && (v->media != NULL || v->look || v->keep_going))
        return cli_usage("import", "--media, --dry-run and --keep-going go with --profile");
    if (v->profile != NULL && (paths != 1 || n->options.sidecar != NULL))
        return cli_usage("import", "with --profile name one file of VICS, and no sidecar");
    return CLI_DONE;
}

static int parse(struct importing *n, struct cli *c, int argc, char **argv)
{
    static const struct option options[] = {
        {"batch", required_argument, NULL, 'B'},    {"scheme", required_argument, NULL, 'S'},
        {"sender", required_argument, NULL, 's'},   {"contact", required_argument, NULL, 'c'},
        {"case", required_argument, NULL, 'C'},     {"authority", required_argument, NULL, 'a'},
        {"purpose", required_argument, NULL, 'P'},  {"handling", required_argument, NULL, 'H'},
        {"priority", required_argument, NULL, 'p'}, {"due", required_argument, NULL, 'u'},
        {"sidecar", required_argument, NULL, 'k'},  {"format", required_argument, NULL, 'f'},
        {"later", no_argument, NULL, 'l'},          {"data", required_argument, NULL, 'd'},
        {"training", no_argument, NULL, 't'},       {"profile", required_argument, NULL, 'r'},
        {"media", required_argument, NULL, 'm'},    {"dry-run", no_argument, NULL, 'n'},
        {"keep-going", no_argument, NULL, 'g'},     {"receipt", required_argument, NULL, 'e'},
        {"help", no_argument, NULL, 'h'},           {0},
    };
    struct batch_new *b = &n->batch;
    int o, status = CLI_DONE;

    while (status == CLI_DONE && (o = getopt_long(argc, argv, "hj:", options, NULL)) != -1) {
        const char **text = o == 'B'   ? &b->name
                            : o == 'S' ? &b->scheme
                            : o == 's' ? &b->sender
                            : o == 'c' ? &b->contact
                            : o == 'C' ? &b->case_reference
                            : o == 'a' ? &b->authority
                            : o == 'P' ? &b->purpose
                            : o == 'H' ? &b->handling
                            : o == 'k' ? &n->options.sidecar
                            : o == 'r' ? &n->vics.profile
                            : o == 'm' ? &n->vics.media
                            : o == 'e' ? &n->vics.receipt
                            : o == 'd' ? &c->data_dir
                                       : NULL;
        if (text != NULL) {
            *text = optarg;
        } else if (o == 'l') {
            n->later = true;
        } else if (o == 'n') {
            n->vics.look = true;
        } else if (o == 'g') {
            n->vics.keep_going = true;
        } else if (o == 't') {
            n->training = true;
        } else if (o == 'h') {
            fputs(usage, stdout);
            return -1;
        } else {
            status = parse_more(n, o, optarg);
        }
    }
    if (status == CLI_DONE && optind >= argc)
        status = cli_usage("import", "name at least one file or folder");
    return status == CLI_DONE ? check_case(n, argc - optind) : status;
}

static bool is_package(const char *path)
{
    char *manifest = mem_alloc(strlen(path) + 16);
    struct buf b;
    bool is;

    (void)snprintf(manifest, strlen(path) + 16, "%s/manifest.json", path);
    buf_init(&b, 1 << 20);
    is = fs_read_file(manifest, &b, NULL) == ASSAY_OK &&
         str_starts(buf_cstr(&b), "{\"format\":\"assay-package\"");
    buf_clear(&b);
    mem_free(manifest);
    return is;
}

/* Taking a package of hashes in as media would only fill the workspace with lists that are not
 * shown. */
static enum assay_err refuse_package(const char *path, struct err *e)
{
    if (!is_package(path))
        return ASSAY_OK;
    return err_set(e, ASSAY_ERANGE,
                   "%.200s is a package of hashes, not a folder of media; look at it with assay "
                   "verify, or give it as --sidecar to take its grades as its publisher's",
                   path);
}

/* A package's grades count as its publisher's own, so it must be whole; a training one must never
 * be mistaken for work. */
static enum assay_err look_at_sidecar(struct importing *n, struct err *e)
{
    struct intake_options *o = &n->options;

    if (o->sidecar == NULL || !is_package(o->sidecar))
        return ASSAY_OK;
    enum assay_err rc = package_verify(
        o->sidecar, NULL, n->training ? PACKAGE_TRAINING_TOO : PACKAGE_LIVE_ONLY, &n->package, e);
    if (rc == ASSAY_ESTATE)
        return err_set(e, rc,
                       "the sidecar is a package of a training workspace; --training accepts it");
    if (rc != ASSAY_OK)
        return err_prefix(e, rc, "the sidecar %.200s", o->sidecar);
    o->publisher = n->package.label;
    return ASSAY_OK;
}

static enum assay_err only_scheme(void *ctx, const char *name)
{
    char *out = ctx;

    if (out[0] != '\0')
        return ASSAY_ERANGE;
    (void)snprintf(out, SCHEME_NAME_MAX + 1, "%s", name);
    return ASSAY_OK;
}

static enum assay_err run(struct world *w, struct importing *n, char **paths, int count,
                          struct err *e)
{
    char scheme[SCHEME_NAME_MAX + 1] = "", *folder = mem_strdup(paths[0]);
    uint64_t done[3] = {0};
    enum assay_err rc = ASSAY_OK;

    for (int i = 0; rc == ASSAY_OK && i < count; i++)
        rc = refuse_package(paths[i], e);
    for (int i = 0; rc == ASSAY_OK && n->vics.profile == NULL && i < count; i++)
        rc = import_case_check(paths[i], e);
    if (rc == ASSAY_OK && n->vics.profile != NULL && n->batch.scheme == NULL) {
        rc = import_case_scheme(w, &n->vics, scheme, e);
        n->batch.scheme = scheme;
    }
    if (rc == ASSAY_OK)
        rc = look_at_sidecar(n, e);
    if (rc == ASSAY_OK && n->batch.scheme == NULL) {
        rc = flow_each_scheme(w, only_scheme, scheme, e);
        if (rc == ASSAY_ERANGE)
            rc = err_set(e, rc, "several schemes are loaded: name one with --scheme");
        n->batch.scheme = scheme;
    }
    if (n->batch.name == NULL)
        n->batch.name = basename(folder);
    n->options.by = people_operator();
    if (rc == ASSAY_OK)
        rc = intake_batch(w, n->options.by, &n->batch, &n->options.batch_id, e);
    if (rc == ASSAY_OK)
        rc = n->vics.profile != NULL
                 ? import_case_take(w, &n->vics, &n->options, paths[0], &n->counts, e)
                 : intake_paths(w, &n->options, (const char *const *)paths, (size_t)count,
                                &n->counts, e);
    cli_progress_end();
    if (rc == ASSAY_OK && n->vics.receipt != NULL)
        rc = cli_write_receipt(w, n->batch.name, n->vics.receipt, e);
    if (rc == ASSAY_OK && !n->later)
        rc = cli_identify_all(w, n->options.threads, done, e);
    mem_free(folder);
    if (rc != ASSAY_OK && n->counts.files == 0)
        return rc;
    double seconds = (double)(clock_mono_ms() - n->started_ms) / 1000;
    fprintf(stderr,
            "%llu files in %.1f s: %llu new, %llu known, %llu inherited, %llu seen before, "
            "%llu refused; %llu of a type that is not shown yet; %llu archives unpacked\n",
            (unsigned long long)n->counts.files, seconds, (unsigned long long)n->counts.fresh,
            (unsigned long long)n->counts.known, (unsigned long long)n->counts.inherited,
            (unsigned long long)n->counts.seen, (unsigned long long)n->counts.refused,
            (unsigned long long)n->counts.unsupported, (unsigned long long)n->counts.archives);
    if (!n->later)
        fprintf(stderr, "identified: %llu pictures, %llu not supported, %llu not decodable\n",
                (unsigned long long)done[0], (unsigned long long)done[1],
                (unsigned long long)done[2]);
    return rc;
}

int cli_import(struct cli *c, int argc, char **argv)
{
    struct importing n = {.batch = {.sender = "",
                                    .contact = "",
                                    .case_reference = "",
                                    .authority = "",
                                    .purpose = "",
                                    .handling = "",
                                    .priority = 1,
                                    .due_ms = INT64_MAX},
                          .options = {.threads = cli_cores(), .report = report},
                          .started_ms = clock_mono_ms()};
    struct err e = {0};
    struct world w;
    int status = parse(&n, c, argc, argv);

    if (status != CLI_DONE)
        return status < 0 ? CLI_DONE : status;
    n.options.ctx = &n;
    if (n.vics.look)
        return import_case_look(&n.vics, &n.options, argv[optind]);
    (void)setvbuf(stdout, NULL, _IOLBF, 0); /* a line is an acknowledgement: let it out at once */
    status = cli_open(c, FLOW_WITH_DECODER, &w); /* archives are unpacked even --later */
    if (status != CLI_DONE)
        return status;
    enum assay_err rc = run(&w, &n, argv + optind, argc - optind, &e);
    if (rc != ASSAY_OK)
        status = cli_fail(rc, &e);
    else if (n.counts.refused > 0)
        status = CLI_SOME_FAILED;
    if (cli_sign(&w) != ASSAY_OK)
        status = CLI_CANNOT;
    flow_close(&w);
    return status;
}
