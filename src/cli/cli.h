/* The command line: what the commands share. */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "flow/feed.h"
#include "flow/flow.h"
#include "http/server.h"

/* Exit statuses: a stable contract. */
enum cli_exit {
    CLI_DONE = 0,
    CLI_SOME_FAILED = 1, /* some inputs failed; each is named on stderr */
    CLI_USAGE = 2,
    CLI_CANNOT = 3, /* no workspace, wrong key, damaged */
    CLI_HITS = 10   /* assay match: what was looked for is there */
};

/* Options that stand before or after the command's name. */
struct cli {
    const char *data_dir;    /* --data, ASSAY_DATA, or ./assay-data */
    const char *store_url;   /* --db, ASSAY_DB, or NULL: as `assay init` was told */
    struct keys_place place; /* --key-file and the environment */
};

typedef int cli_command(struct cli *c, int argc, char **argv);

/* One file a command; each prints its own --help. */
cli_command cli_init, cli_user, cli_scheme, cli_setting, cli_import, cli_identify, cli_serve,
    cli_export, cli_verify, cli_audit, cli_vault, cli_stats, cli_doctor, cli_demo, cli_work,
    cli_list, cli_key, cli_drop, cli_backup, cli_restore, cli_hash, cli_match, cli_index,
    cli_client, cli_profile, cli_receipt, cli_answer, cli_rehearse;

/* Print "assay: TEXT" on stderr, with nothing in it that a terminal obeys, and return the exit
 * status that fits the code. */
int cli_fail(enum assay_err rc, const struct err *e);

/* "assay COMMAND: TEXT" and a hint at --help; returns CLI_USAGE. */
int cli_usage(const char *command, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* "assay: refused PATH: REASON" on stderr, the path escaped. */
void cli_refused(const char *path, const char *reason);

/* Open the workspace or print why not; CLI_DONE when it is open. */
int cli_open(const struct cli *c, enum flow_open_what what, struct world *w);
/* The same also where signed entries are missing, which the other refuses: for commands that only
 * look, or that go on from there. */
int cli_open_behind(const struct cli *c, enum flow_open_what what, struct world *w);

/* Sign what was recorded. Another process that does so just now is fine. Prints what is wrong
 * otherwise. */
enum assay_err cli_sign(struct world *w);

/* A line that is written over while stderr is a terminal, and nothing otherwise. */
void cli_progress(const char *format, ...) __attribute__((format(printf, 1, 2)));
void cli_progress_end(void);

/* Print to stdout, and end with a message when it is full or closed. */
int cli_flush(int status);

/* ---- parts that several commands are made of ---- */

/* Make the workspace in c->data_dir. */
enum assay_err cli_make_workspace(const struct cli *c, const char *label, bool training,
                                  struct err *e);

/* Identify whatever waits, with this many threads, showing progress. */
enum assay_err cli_identify_all(struct world *w, unsigned threads, uint64_t done[3], struct err *e);

struct cli_serving {
    struct http_place place;
    bool links;               /* print a sign-in link a role (training workspaces) */
    struct feed_place follow; /* url not NULL: as a matching node of it */
};
/* Serve until SIGTERM or SIGINT. */
int cli_run_server(struct world *w, struct cli_serving *s);

/* For commands that run until SIGTERM or SIGINT: hold these back, before any thread is made, so
 * that they end nothing on the way; then wait for one, whose number is returned. */
void cli_hold_end(sigset_t *set);
int cli_await_end(const sigset_t *set);

unsigned cli_cores(void);

#endif
