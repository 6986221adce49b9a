/* assay client: programs of others that may match hashes, their keys and rights. */
#include <getopt.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/str.h"
#include "cli/cli.h"
#include "cli/simple.h"
#include "match/test_picture.h"
#include "people/client.h"

static const char usage[] =
    "usage: assay client add NAME [LIMITS]\n"
    "       assay client list\n"
    "       assay client set NAME LIMITS\n"
    "       assay client rights NAME LIST none|answer|detail\n"
    "       assay client bank NAME LIST\n"
    "       assay client rotate NAME\n"
    "       assay client cert NAME FILE|none\n"
    "       assay client disable NAME | enable NAME\n"
    "       assay client test > FILE\n\n"
    "A client is a platform's program that asks POST /api/v1/match by an API key and can do "
    "nothing\n"
    "else (doc/matching.md). add and rotate print the key, once. With the right answer it learns "
    "of\n"
    "a list's hashes only yes or no, with detail what the list says of them. bank makes a list\n"
    "that the client fills itself (routes in the form of HMA). cert lets it in by a certificate\n"
    "(PEM) that the proxy in front has seen, too. test writes the picture that every\n"
    "client's requests are answered `test` for, to try the way with.\n\n"
    "LIMITS:\n"
    "  --rate N        hashes a second (1000)\n"
    "  --burst N       hashes at once (20000)\n"
    "  --distance N    bits, 0 to 31: how far PDQ is looked for at most (31)\n"
    "  --quality N     0 to 100: PDQ of less is not looked for (50)\n"
    "  --keep WHAT     of a hit: counts, or hits (which rows, by day) (counts)\n"
    "  --expires DATE  the key ends then, such as 2027-06-30; never\n"
    "  --feed on|off   it is a matching node and may follow the change feed of the lists that it\n"
    "                  has the right detail to (off)\n\n"
    "examples:\n"
    "  assay client add acme --rate 500\n"
    "  assay client rights acme hotline-2026 answer\n"
    "  assay client add node-1 --feed on\n"
    "  assay client cert acme acme.pem\n"
    "  assay client disable acme\n"
    "  assay client bank acme acme-own\n"
    "  assay client test > assay-test.png\n";

struct texts {
    const char *rate, *burst, *distance, *quality, *keep, *expires, *feed;
};

static enum assay_err number(const char *what, const char *text, int64_t *out, struct err *e)
{
    if (text != NULL && str_int64(text, 0, INT64_MAX, out) != ASSAY_OK)
        return err_set(e, ASSAY_ERANGE, "--%s is followed by a whole number", what);
    return ASSAY_OK;
}

static enum assay_err limits_of(const struct texts *t, struct people_client_limits *out,
                                struct err *e)
{
    enum assay_err rc;

    if ((rc = number("rate", t->rate, &out->rate, e)) != 0 ||
        (rc = number("burst", t->burst, &out->burst, e)) != 0 ||
        (rc = number("distance", t->distance, &out->distance_max, e)) != 0 ||
        (rc = number("quality", t->quality, &out->quality_min, e)) != 0)
        return rc;
    out->keeps = t->keep;
    if (t->expires != NULL && str_equal(t->expires, "never"))
        out->expires_ms = 0;
    else if (t->expires != NULL && clock_parse(t->expires, &out->expires_ms) != ASSAY_OK)
        return err_set(e, ASSAY_ERANGE, "--expires is a date such as 2027-06-30, or never");
    if (t->feed != NULL && !str_equal(t->feed, "on") && !str_equal(t->feed, "off"))
        return err_set(e, ASSAY_ERANGE, "--feed is on or off");
    out->feeds = t->feed == NULL ? -1 : str_equal(t->feed, "on");
    return ASSAY_OK;
}

static enum assay_err show_key(enum assay_err rc, char key[PEOPLE_KEY_SIZE])
{
    if (rc == ASSAY_OK)
        printf("key  %s\n", key);
    mem_wipe(key, PEOPLE_KEY_SIZE);
    return rc;
}

static enum assay_err list(struct world *w, struct err *e)
{
    struct buf b;

    buf_init(&b, 64 * 1024 * 1024);
    enum assay_err rc = people_clients(w->store, NULL, &b, e);
    if (rc == ASSAY_OK)
        puts(buf_cstr(&b));
    buf_clear(&b);
    return rc;
}

static enum assay_err rights(struct world *w, char *const *words, struct err *e)
{
    static const char *const names[] = {"none", "answer", "detail"};

    for (int i = 0; i < 3; i++) {
        if (str_equal(words[2], names[i]))
            return people_client_right(w->store, people_operator(), words[0], words[1],
                                       (enum client_right)(i - 1), e);
    }
    return err_set(e, ASSAY_ERANGE, "the right is none, answer or detail");
}

static enum assay_err certify(struct world *w, const char *name, const char *path, struct err *e)
{
    char hex[2 * CERT_BYTES + 1], until[CLOCK_TEXT_SIZE];
    struct cert cert;
    struct buf pem;

    if (str_equal(path, "none"))
        return people_client_cert(w->store, people_operator(), name, NULL, e);
    buf_init(&pem, CERT_TEXT_MAX);
    enum assay_err rc = fs_read_file(path, &pem, e);
    if (rc == ASSAY_OK && (rc = cert_read(pem.data, pem.size, &cert, e)) == ASSAY_OK &&
        (rc = people_client_cert(w->store, people_operator(), name, &cert, e)) == ASSAY_OK) {
        str_hex(cert.sha256, sizeof cert.sha256, hex);
        clock_text(cert.until_ms, until);
        printf("certificate  SHA-256 %s, until %s\n", hex, until);
    }
    buf_clear(&pem);
    return rc;
}

static enum assay_err run(struct world *w, const char *verb, char *const *words,
                          struct people_client_limits *limits, struct err *e)
{
    char key[PEOPLE_KEY_SIZE];

    if (str_equal(verb, "list"))
        return list(w, e);
    if (str_equal(verb, "rights"))
        return rights(w, words, e);
    if (str_equal(verb, "bank"))
        return people_client_bank(w->store, people_operator(), words[0], words[1], e);
    if (str_equal(verb, "cert"))
        return certify(w, words[0], words[1], e);
    if (str_equal(verb, "add"))
        return show_key(
            people_client_add(w->store, w->keys, people_operator(), words[0], limits, key, e), key);
    if (str_equal(verb, "rotate"))
        return show_key(
            people_client_rotate(w->store, w->keys, people_operator(), words[0], key, e), key);
    if (str_equal(verb, "disable") || str_equal(verb, "enable"))
        limits->disabled = str_equal(verb, "disable");
    return people_client_change(w->store, people_operator(), words[0], limits, e);
}

/* How many words follow the verb; -1: there is no such verb. */
static int words_of(const char *verb)
{
    static const struct {
        const char *verb;
        int words;
    } verbs[] = {{"add", 1},    {"list", 0}, {"set", 1},     {"rights", 3}, {"bank", 2},
                 {"rotate", 1}, {"cert", 2}, {"disable", 1}, {"enable", 1}, {"test", 0}};

    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        if (str_equal(verb, verbs[i].verb))
            return verbs[i].words;
    }
    return -1;
}

static int write_test_picture(void)
{
    struct buf png;

    buf_init(&png, TEST_PICTURE_BYTES + 1);
    test_picture(&png);
    const bool written = fwrite(png.data, 1, png.size, stdout) == png.size && fflush(stdout) == 0;
    buf_clear(&png);
    if (written)
        return CLI_DONE;
    perror("assay: the picture cannot be written");
    return CLI_CANNOT;
}

int cli_client(struct cli *c, int argc, char **argv)
{
    struct people_client_limits limits = PEOPLE_CLIENT_USUAL;
    struct texts t = {0};
    const struct simple_flag flags[] = {
        {"rate", NULL, &t.rate},         {"burst", NULL, &t.burst},
        {"distance", NULL, &t.distance}, {"quality", NULL, &t.quality},
        {"keep", NULL, &t.keep},         {"expires", NULL, &t.expires},
        {"feed", NULL, &t.feed},         {0}};
    struct err e = {0};
    struct world w;
    int status = simple_options(c, usage, flags, argc, argv);

    if (status != CLI_DONE)
        return status < 0 ? CLI_DONE : status;
    if (optind == argc || words_of(argv[optind]) != argc - optind - 1)
        return cli_usage("client", "say what to do, and with which client");
    if (limits_of(&t, &limits, &e) != ASSAY_OK)
        return cli_usage("client", "%s", e.text);
    const char *verb = argv[optind];
    if (str_equal(verb, "test"))
        return write_test_picture();
    if ((status = cli_open(c, FLOW_WITHOUT_DECODER, &w)) != CLI_DONE)
        return status;
    enum assay_err rc = run(&w, verb, argv + optind + 1, &limits, &e);
    status = rc == ASSAY_OK ? CLI_DONE : cli_fail(rc, &e);
    if (!str_equal(verb, "list") && cli_sign(&w) != ASSAY_OK)
        status = CLI_CANNOT;
    flow_close(&w);
    return status;
}
