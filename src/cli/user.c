/* assay user: people, their roles, passwords and authorisations. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/rand.h"
#include "base/str.h"
#include "cli/cli.h"

static const char usage[] =
    "usage: assay user add NAME --role ROLE[,ROLE...] [--label TEXT] [--password-file FILE]\n"
    "       assay user list\n"
    "       assay user disable NAME | enable NAME\n"
    "       assay user reset NAME [--password-file FILE]\n"
    "       assay user authorise NAME --by PERSON [--purpose TEXT] [--from DATE] [--to DATE]\n"
    "       assay user link NAME\n\n"
    "Roles: assessor analyst quality arbiter lead intake release welfare compliance admin "
    "auditor.\n"
    "An administrator sees no media, so admin does not go with assessor, quality, arbiter, lead.\n"
    "Without --password-file a password is made and printed once. The first line of the file "
    "counts.\n"
    "Nobody is handed a picture without an authorisation in force: a named person allows it, from "
    "a\n"
    "date to a date (today and a year on when left out).\n"
    "link prints a sign-in link of 12 hours; in training workspaces only.\n\n"
    "examples:\n"
    "  assay user add kim --role admin --label 'Kim Lee'\n"
    "  assay user add alex --role assessor,quality\n"
    "  assay user authorise alex --by 'Chief Officer Smith' --to 2027-06-30\n";

struct options {
    const char *roles, *label, *password_file, *by, *purpose, *from, *to;
};

#define YEAR_MS (365LL * 24 * 60 * 60 * 1000)

static int parse(struct cli *c, struct options *out, int argc, char **argv)
{
    static const struct option options[] = {
        {"role", required_argument, NULL, 'r'},    {"label", required_argument, NULL, 'l'},
        {"by", required_argument, NULL, 'b'},      {"password-file", required_argument, NULL, 'p'},
        {"purpose", required_argument, NULL, 'u'}, {"from", required_argument, NULL, 'f'},
        {"to", required_argument, NULL, 't'},      {"data", required_argument, NULL, 'd'},
        {"help", no_argument, NULL, 'h'},          {0},
    };
    int o;

    while ((o = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        const char **text = o == 'r'   ? &out->roles
                            : o == 'l' ? &out->label
                            : o == 'b' ? &out->by
                            : o == 'p' ? &out->password_file
                            : o == 'u' ? &out->purpose
                            : o == 'f' ? &out->from
                            : o == 't' ? &out->to
                            : o == 'd' ? &c->data_dir
                                       : NULL;
        if (text != NULL) {
            *text = optarg;
        } else if (o == 'h') {
            fputs(usage, stdout);
            return -1;
        } else {
            return CLI_USAGE;
        }
    }
    return CLI_DONE;
}

/* The first line of the file, or 24 random characters that are printed. mem_wipe_free. */
static enum assay_err password(const struct options *o, char **out, struct err *e)
{
    static const char letters[] = "abcdefghijkmnpqrstuvwxyz23456789"; /* 32: 5 bits a character */
    struct buf b;

    if (o->password_file != NULL) {
        buf_init(&b, 4096);
        enum assay_err rc = fs_read_file(o->password_file, &b, e);
        if (rc == ASSAY_OK) {
            char *line = mem_strdup(buf_cstr(&b));
            line[strcspn(line, "\r\n")] = '\0';
            *out = line;
        }
        buf_wipe(&b);
        return rc;
    }
    *out = mem_zalloc(25);
    rand_bytes(*out, 24);
    for (size_t i = 0; i < 24; i++)
        (*out)[i] = letters[(unsigned char)(*out)[i] & 31];
    printf("password  %s\n", *out);
    return ASSAY_OK;
}

static enum assay_err parse_roles(const char *text, uint32_t *roles, struct err *e)
{
    char *copy = mem_strdup(text), *rest = copy, *one;
    enum assay_err rc = ASSAY_OK;

    *roles = 0;
    while (rc == ASSAY_OK && (one = strsep(&rest, ",")) != NULL) {
        if (people_role_parse(one, roles) != ASSAY_OK)
            rc = err_set(e, ASSAY_ERANGE, "there is no role '%.40s'; see assay user --help", one);
    }
    mem_free(copy);
    return rc;
}

static enum assay_err add(struct world *w, const char *name, const struct options *o, struct err *e)
{
    struct people_new in = {.name = name, .label = o->label == NULL ? name : o->label};
    char *secret = NULL;
    int64_t id;
    enum assay_err rc;

    if (o->roles == NULL)
        return err_set(e, ASSAY_ERANGE, "give the new person at least one --role");
    if ((rc = parse_roles(o->roles, &in.roles, e)) != 0 || (rc = password(o, &secret, e)) != 0)
        return rc;
    in.password = secret;
    rc = people_add(w->store, w->keys, people_operator(), &in, &id, e);
    mem_wipe_free(secret, strlen(secret));
    if (rc == ASSAY_OK && (in.roles & PEOPLE_SEES_MEDIA) != 0)
        fprintf(stderr, "Next: assay user authorise %s --by 'the person who allows it'\n", name);
    return rc;
}

static enum assay_err authorise(struct world *w, int64_t id, const struct options *o, struct err *e)
{
    int64_t now = clock_now_ms();
    struct caller operator_ = {0};
    struct authorisation_new in = {.staff_id = id,
                                   .authorised_by = o->by,
                                   .purpose = o->purpose == NULL ? "assessment" : o->purpose,
                                   .reference = "",
                                   .from_ms = now,
                                   .to_ms = now + YEAR_MS};

    if (o->by == NULL || o->by[0] == '\0')
        return err_set(e, ASSAY_ERANGE, "--by names the person who allows it");
    if ((o->from != NULL && clock_parse(o->from, &in.from_ms) != ASSAY_OK) ||
        (o->to != NULL && clock_parse(o->to, &in.to_ms) != ASSAY_OK) || in.to_ms <= in.from_ms)
        return err_set(e, ASSAY_ERANGE, "--from and --to are dates such as 2027-06-30, in order");
    return people_authorise(w->store, w->keys, &operator_, &in, &id, e);
}

static enum assay_err reset(struct world *w, int64_t id, const struct options *o, struct err *e)
{
    struct people_change change = {0};
    char *secret = NULL;
    enum assay_err rc = password(o, &secret, e);

    if (rc != ASSAY_OK)
        return rc;
    change.password = secret;
    rc = people_change(w->store, w->keys, people_operator(), id, &change, e);
    mem_wipe_free(secret, strlen(secret));
    return rc;
}

static enum assay_err list(struct world *w, struct err *e)
{
    struct buf b;

    buf_init(&b, 16 * 1024 * 1024);
    enum assay_err rc = people_list(w->store, 0, &b, e);
    if (rc == ASSAY_OK)
        puts(buf_cstr(&b));
    buf_clear(&b);
    return rc;
}

static enum assay_err run(struct world *w, const char *verb, const char *name,
                          const struct options *o, struct err *e)
{
    struct people_change change = {.set_disabled = true, .disabled = str_equal(verb, "disable")};
    char link[PEOPLE_TOKEN_SIZE];
    int64_t id;
    enum assay_err rc;

    if (str_equal(verb, "add"))
        return add(w, name, o, e);
    rc = people_find(w->store, name, &id, e);
    if (rc == ASSAY_ENOTFOUND)
        return err_set(e, rc, "there is no person named %.40s; see assay user list", name);
    if (rc != ASSAY_OK)
        return rc;
    if (str_equal(verb, "disable") || str_equal(verb, "enable"))
        return people_change(w->store, w->keys, people_operator(), id, &change, e);
    if (str_equal(verb, "reset"))
        return reset(w, id, o, e);
    if (str_equal(verb, "authorise"))
        return authorise(w, id, o, e);
    if (!str_equal(verb, "link"))
        return err_set(e, ASSAY_ERANGE, "there is no 'assay user %.40s'", verb);
    if ((rc = people_link(w->store, w->keys, id, link, e)) == ASSAY_OK)
        printf("/#link=%s\n", link);
    return rc;
}

int cli_user(struct cli *c, int argc, char **argv)
{
    struct options o = {0};
    struct err e = {0};
    struct world w;
    int status = parse(c, &o, argc, argv);

    if (status != CLI_DONE)
        return status < 0 ? CLI_DONE : status;
    bool lists = optind < argc && str_equal(argv[optind], "list");
    if (argc - optind != (lists ? 1 : 2))
        return cli_usage("user", "say what to do, and with whom");
    if ((status = cli_open(c, FLOW_WITHOUT_DECODER, &w)) != CLI_DONE)
        return status;
    enum assay_err rc = lists ? list(&w, &e) : run(&w, argv[optind], argv[optind + 1], &o, &e);
    status = rc == ASSAY_OK ? CLI_DONE : cli_fail(rc, &e);
    if (!lists && cli_sign(&w) != ASSAY_OK)
        status = CLI_CANNOT;
    flow_close(&w);
    return status;
}
