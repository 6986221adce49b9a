/* assay serve: the server and its background steps, until it is told to stop. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"
#include "cli/background.h"
#include "cli/cli.h"
#include "cli/simple.h"
#include "demo/demo.h"
#include "http/server.h"

static const char usage[] =
    "usage: assay serve [--listen ADDR:PORT | --listen unix:PATH] [--public-url URL] [--db URL]\n"
    "                   [--debug]\n"
    "       assay serve --role match --follow URL --key FILE [--ca FILE] [--listen ...]\n\n"
    "Runs the console, the API and the background steps. Listens on 127.0.0.1:8470; any address "
    "but\n"
    "loopback or a UNIX socket is refused, because passwords need TLS: put nginx or HAProxy in "
    "front.\n"
    "Stops in order on SIGTERM or SIGINT: requests under way are answered (10 s at most), the "
    "record\n"
    "is signed.\n\n"
    "  --public-url URL   what people's browsers open, such as https://assay.example.org, when a "
    "proxy\n"
    "                     in front ends TLS: cookies become __Host- and Secure, HSTS is sent, "
    "requests\n"
    "                     from pages of any other origin change nothing\n"
    "  --role match       a matching node: it answers clients' questions about hashes and nothing\n"
    "                     else, from what it learns of the system of record (doc/feed.md)\n"
    "  --follow URL       the system of record: https://HOST[:PORT], unix:/PATH, or http:// with\n"
    "                     a loopback address\n"
    "  --key FILE         its first line is the node's key, from: assay client add NAME --feed on\n"
    "  --ca FILE          certificates (PEM) to trust in place of the system's\n"
    "  --debug            log each request\n\n"
    "examples:\n"
    "  assay serve\n"
    "  assay serve --listen unix:/run/assay/http.sock --public-url https://assay.example.org\n"
    "  assay serve --db postgres:///assay\n"
    "  assay --data /srv/node serve --role match --follow https://assay.example.org \\\n"
    "      --key /etc/assay/node.key\n";

/* One server a workspace on SQLite; the lock goes with the process. */
static enum assay_err lock(const struct world *w, int *fd, struct err *e)
{
    char path[PATH_MAX];

    *fd = -1;
    if (store_engine(w->store) == STORE_POSTGRES)
        return ASSAY_OK;
    (void)snprintf(path, sizeof path, "%s/serve.lock", w->data_dir);
    *fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (*fd < 0)
        return err_errno(e, "open %.200s", path);
    if (flock(*fd, LOCK_EX | LOCK_NB) == 0)
        return ASSAY_OK;
    (void)close(*fd);
    *fd = -1;
    return err_set(e, ASSAY_EBUSY,
                   "another server runs on %.200s; stop it first, or use PostgreSQL for several",
                   w->data_dir);
}

static enum assay_err write_started(struct tx *tx, void *ctx, struct err *e)
{
    const struct world *w = ctx;
    char data[256];

    (void)snprintf(data, sizeof data, "{\"layers\":\"%s\"}", decode_env_layers(w->decode));
    struct audit_entry entry = {
        .action = AUDIT_SERVER_STARTED, .actor = people_system(), .data = data};
    return audit_write(tx, &entry, NULL, e);
}

static enum assay_err write_stopped(struct tx *tx, void *ctx, struct err *e)
{
    struct audit_entry entry = {.action = AUDIT_SERVER_STOPPED, .actor = people_system()};

    (void)ctx;
    return audit_write(tx, &entry, NULL, e);
}

/* Of somebody who may not be there. */
static enum assay_err print_link(struct world *w, const char *name, const char *address,
                                 struct err *e)
{
    char link[PEOPLE_TOKEN_SIZE];
    int64_t id;
    enum assay_err rc = people_find(w->store, name, &id, e);

    if (rc == ASSAY_ENOTFOUND)
        return ASSAY_OK;
    if (rc == ASSAY_OK)
        rc = people_link(w->store, w->keys, id, link, e);
    if (rc == ASSAY_OK)
        printf("%-11s  %s/#link=%s\n", name, address, link);
    return rc;
}

static enum assay_err print_links(struct world *w, const char *address, struct err *e)
{
    enum assay_err rc = ASSAY_OK;
    const char *name;

    printf("\n%-11s  %s\n", "role", "sign-in link (12 hours)");
    for (unsigned i = 0; rc == ASSAY_OK && (name = demo_extra_person(i)) != NULL; i++)
        rc = print_link(w, name, address, e);
    for (unsigned i = 0; rc == ASSAY_OK && i < PEOPLE_ROLE_COUNT; i++)
        rc = print_link(w, people_role_name(i), address, e);
    return rc;
}

/* A folder is a matching node's or a workspace with cases, never both. */
static enum assay_err check_role(struct world *w, const struct cli_serving *s, struct err *e)
{
    bool is_node;
    enum assay_err rc = feed_is_node(w, &is_node, e);

    if (rc == ASSAY_OK && is_node && s->follow.url == NULL)
        return err_set(e, ASSAY_ESTATE,
                       "%.200s is a matching node's; serve it with --role match --follow URL --key "
                       "FILE",
                       w->data_dir);
    return rc;
}

static enum assay_err start(struct world *w, struct live *lists, struct cli_serving *s,
                            struct http_server **server, struct err *e)
{
    enum assay_err rc = ASSAY_OK;

    if (s->follow.url != NULL &&
        (rc = feed_follow(w, lists, &s->follow, &s->place.feed, e)) != ASSAY_OK)
        return rc;
    return http_start(w, lists, &s->place, server, e);
}

int cli_run_server(struct world *w, struct cli_serving *s)
{
    struct http_server *server = NULL;
    struct background *background;
    struct live *lists = NULL; /* one for intake and clients: it holds every hash */
    struct err e = {0};
    sigset_t end;
    int fd;
    enum assay_err rc = check_role(w, s, &e);

    if (rc != ASSAY_OK || (rc = lock(w, &fd, &e)) != ASSAY_OK)
        return cli_fail(rc, &e);
    cli_hold_end(&end);
    if ((rc = store_write(w->store, write_started, w, &e)) != 0)
        goto out;
    lists = live_new(w->store);
    if ((rc = start(w, lists, s, &server, &e)) != 0)
        goto out;
    background = background_start(w, lists, s->follow.url == NULL ? cli_cores() : 0);
    printf("assay serves %s%s at %s\n", s->follow.url == NULL ? "" : "matching node ", w->label,
           http_address(server));
    if (atomic_load(&w->behind))
        fputs("assay: READ-ONLY: signed entries are missing, an older backup was put back; see\n"
              "assay audit verify, and assay restore --help\n",
              stderr);
    if (s->links)
        rc = print_links(w, http_address(server), &e);
    (void)fflush(stdout);
    log_info("server.started", LOG_WORD("layers", decode_env_layers(w->decode)));
    if (rc == ASSAY_OK) {
        int number = cli_await_end(&end);
        log_info("server.stopping", LOG_COUNT("signal", number));
    }
    http_stop(server);
    (void)store_write(w->store, write_stopped, NULL, NULL);
    background_stop(background);
out:
    feed_stop(s->place.feed);
    live_free(lists);
    if (fd >= 0)
        (void)close(fd);
    return rc == ASSAY_OK ? CLI_DONE : cli_fail(rc, &e);
}

int cli_serve(struct cli *c, int argc, char **argv)
{
    struct cli_serving s = {.place.listen_at = "127.0.0.1:8470"};
    const char *role = NULL;
    bool debug = false;
    const struct simple_flag flags[] = {{"listen", NULL, &s.place.listen_at},
                                        {"public-url", NULL, &s.place.public_url},
                                        {"role", NULL, &role},
                                        {"follow", NULL, &s.follow.url},
                                        {"key", NULL, &s.follow.key_file},
                                        {"ca", NULL, &s.follow.ca_file},
                                        {"db", NULL, &c->store_url},
                                        {"debug", &debug, NULL},
                                        {0}};
    struct world w;
    int status = simple_options(c, usage, flags, argc, argv);

    if (status != CLI_DONE)
        return status < 0 ? CLI_DONE : status;
    if (optind < argc)
        return cli_usage("serve", "'%s' is not understood", argv[optind]);
    if (role != NULL && !str_equal(role, "match"))
        return cli_usage("serve", "the only role is match; without one it is the system of record");
    if ((role != NULL) != (s.follow.url != NULL) || (role != NULL) != (s.follow.key_file != NULL) ||
        (role == NULL && s.follow.ca_file != NULL))
        return cli_usage("serve", "--role match, --follow URL and --key FILE go together");
    log_set_level(debug ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO);
    if ((status = cli_open_behind(c, FLOW_WITH_DECODER, &w)) != CLI_DONE)
        return status;
    status = cli_run_server(&w, &s);
    flow_close(&w);
    return status;
}
