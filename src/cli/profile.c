/* assay profile: what the Category of a sender's VICS means. */
#include "cli/profile.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/str.h"
#include "cli/cli.h"
#include "cli/simple.h"
#include "flow/answer/answer.h"

static const char usage[] =
    "usage: assay profile list\n"
    "       assay profile show NAME\n"
    "       assay profile check FILE\n"
    "       assay profile proven NAME [--tool TOOL --person PERSON]\n\n"
    "A profile says what the numbers in the member Category of a sender's VICS JSON mean: regions\n"
    "and versions disagree, and some are not public. assay import --profile takes a case in by "
    "it.\n"
    "show prints one as JSON, to begin one of your own with; check reads a file and says what is\n"
    "wrong with it (doc/profiles.md is the format). They need no workspace.\n\n"
    "proven records in the workspace that a person loaded an answer in this profile's form into\n"
    "a tool, which took it (assay rehearse makes one); without --tool it tells what is recorded.\n"
    "It holds for these very bytes of the profile.\n\n"
    "examples:\n"
    "  assay profile list\n"
    "  assay profile show caid-uk > our-caid.json\n"
    "  assay profile check our-caid.json\n"
    "  assay profile proven our-caid.json --tool 'Tool 24.1' --person 'DC Example'\n";

static const char ending[] = ".json";

static bool is_file(const char *name)
{
    const size_t size = strlen(name), more = sizeof ending - 1;

    return strchr(name, '/') != NULL || (size > more && str_equal(name + size - more, ending));
}

/* "caid-uk.json" is called caid-uk. */
static size_t stem(const char *file)
{
    return strlen(file) - (sizeof ending - 1);
}

void cli_profile_names(struct buf *b)
{
    const char *file;
    size_t size;

    for (size_t i = 0; profile_builtin(i, &file, &size) != NULL; i++)
        buf_addf(b, "%s%.*s", i == 0 ? "" : ", ", (int)stem(file), file);
}

static enum assay_err find_builtin(const char *name, struct buf *text, struct err *e)
{
    const char *file, *body;
    struct buf names;
    size_t size;

    for (size_t i = 0; (body = profile_builtin(i, &file, &size)) != NULL; i++) {
        if (strlen(name) == stem(file) && memcmp(name, file, stem(file)) == 0) {
            buf_add(text, body, size);
            return ASSAY_OK;
        }
    }
    buf_init(&names, 4096);
    cli_profile_names(&names);
    enum assay_err rc = err_set(e, ASSAY_ENOTFOUND,
                                "there is no profile %.60s; there are %s, or name a file that ends "
                                "in .json",
                                name, buf_cstr(&names));
    buf_clear(&names);
    return rc;
}

enum assay_err cli_profile_find(struct arena *a, const char *name, struct buf *text,
                                struct profile **out, struct err *e)
{
    enum assay_err rc = is_file(name) ? fs_read_file(name, text, e) : find_builtin(name, text, e);

    if (rc != ASSAY_OK)
        return rc;
    rc = profile_parse(a, text->data, text->size, out, e);
    return rc == ASSAY_OK ? rc : err_prefix(e, rc, "the profile %.200s", name);
}

static void print_line(const struct profile *p)
{
    printf("%s\t%s\t%s\t%s%s\n", p->name, p->kind == PROFILE_TRAINING ? "training" : "live",
           p->scheme, p->label, p->missing == NULL ? "" : " (something is missing: see show)");
}

static enum assay_err list(struct err *e)
{
    enum assay_err rc = ASSAY_OK;
    const char *file, *body;
    size_t size;

    for (size_t i = 0; rc == ASSAY_OK && (body = profile_builtin(i, &file, &size)) != NULL; i++) {
        struct arena *a = arena_new();
        struct profile *p;
        if ((rc = profile_parse(a, body, size, &p, e)) == ASSAY_OK)
            print_line(p);
        arena_free(a);
    }
    return rc;
}

static enum assay_err show(const char *name, bool whole, struct err *e)
{
    struct arena *a = arena_new();
    struct profile *p;
    struct buf text;

    buf_init(&text, PROFILE_TEXT_MAX);
    enum assay_err rc = cli_profile_find(a, name, &text, &p, e);
    if (rc == ASSAY_OK && whole)
        fputs(buf_cstr(&text), stdout);
    else if (rc == ASSAY_OK)
        print_line(p);
    buf_clear(&text);
    arena_free(a);
    return rc;
}

/* ---- proof ---- */

struct proof {
    const char *tool, *person;
    int64_t found;
};

static void print_proof(void *ctx, const struct profile_proof_row *p)
{
    struct proof *proof = ctx;
    char at[CLOCK_TEXT_SIZE];

    proof->found++;
    clock_text(p->created_ms, at);
    printf("proven\t%s\t%s\t%s\n", p->tool, p->person, at);
}

static enum assay_err prove_open(struct world *w, struct proof *proof, const struct profile *p,
                                 const char *text, struct err *e)
{
    if (proof->tool != NULL)
        return profile_proof_record(w, people_operator(), p->name, text, proof->tool, proof->person,
                                    e);
    const enum assay_err rc = profile_proof_list(w, text, print_proof, proof, e);
    if (rc == ASSAY_OK && proof->found == 0)
        printf("unproven\n");
    return rc;
}

static int prove(struct cli *c, const char *name, struct proof *proof)
{
    struct arena *a = arena_new();
    struct profile *p;
    struct err e = {0};
    struct world w;
    struct buf text;
    int status = CLI_DONE;

    buf_init(&text, PROFILE_TEXT_MAX);
    enum assay_err rc = cli_profile_find(a, name, &text, &p, &e);
    if (rc == ASSAY_OK && (status = cli_open(c, FLOW_WITHOUT_DECODER, &w)) == CLI_DONE) {
        rc = prove_open(&w, proof, p, buf_cstr(&text), &e);
        if (cli_sign(&w) != ASSAY_OK)
            status = CLI_CANNOT;
        flow_close(&w);
    }
    buf_clear(&text);
    arena_free(a);
    return cli_flush(rc == ASSAY_OK ? status : cli_fail(rc, &e));
}

int cli_profile(struct cli *c, int argc, char **argv)
{
    struct proof proof = {0};
    const struct simple_flag flags[] = {
        {"tool", NULL, &proof.tool}, {"person", NULL, &proof.person}, {0}};
    struct err e = {0};
    int status = simple_options(c, usage, flags, argc, argv);

    if (status != CLI_DONE)
        return status < 0 ? CLI_DONE : status;
    const int words = argc - optind;
    char **word = argv + optind;
    enum assay_err rc;
    if (words == 2 && str_equal(word[0], "proven") &&
        (proof.tool == NULL) == (proof.person == NULL))
        return prove(c, word[1], &proof);
    if (proof.tool != NULL || proof.person != NULL)
        return cli_usage("profile", "--tool and --person are given together, with proven NAME");
    if (words == 1 && str_equal(word[0], "list"))
        rc = list(&e);
    else if (words == 2 && (str_equal(word[0], "show") || str_equal(word[0], "check")))
        rc = show(word[1], str_equal(word[0], "show"), &e);
    else
        return cli_usage("profile", "say list, show NAME, check FILE, or proven NAME");
    if (rc == ASSAY_EFORMAT || rc == ASSAY_ELIMIT)
        return cli_fail(rc, &e), CLI_SOME_FAILED; /* it is the file that is refused */
    return rc == ASSAY_OK ? cli_flush(CLI_DONE) : cli_fail(rc, &e);
}
