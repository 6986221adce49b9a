/* SQLite: connections, transactions, and what its errors mean to us. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "store/engine_impl.h"
#include "store/sqlite_impl.h"

/* Pages in the log from which on they are moved to the database after a commit: 4 MB. */
#define CHECKPOINT_PAGES 1000

#define RETRY_MS 20

/* A full disk is told from a broken one; a failed fsync is broken whatever the errno. */
static bool is_full(sqlite3 *db, int code)
{
    if ((code & 0xff) == SQLITE_FULL)
        return true;
    if ((code & 0xff) != SQLITE_IOERR || code == SQLITE_IOERR_FSYNC ||
        code == SQLITE_IOERR_DIR_FSYNC)
        return false;
    int system = sqlite3_system_errno(db);
    return system == ENOSPC || system == EDQUOT;
}

static enum assay_err constraint(sqlite3 *db, int code, struct err *e)
{
    switch (code) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID:
        return err_set(e, ASSAY_EEXISTS, "it is in the store already (%s)", sqlite3_errmsg(db));
    default:
        return err_set(e, ASSAY_ESTATE, "the store refuses this change (%s)", sqlite3_errmsg(db));
    }
}

enum assay_err sqlite_error(sqlite3 *db, int code, struct err *e)
{
    const char *text = db == NULL ? sqlite3_errstr(code) : sqlite3_errmsg(db);

    if (is_full(db, code))
        return err_set(e, ASSAY_EFULL, STORE_FULL_TEXT);
    switch (code & 0xff) {
    case SQLITE_CONSTRAINT:
        return constraint(db, code, e);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return err_set(e, ASSAY_EBUSY,
                       "another program holds the database; nothing was written, try again");
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return err_set(e, ASSAY_EDAMAGED, "the database is damaged (%s)", text);
    case SQLITE_NOMEM:
        return err_set(e, ASSAY_ENOMEM, "no memory for the database");
    case SQLITE_READONLY:
        return err_set(e, ASSAY_ESTATE, "the database cannot be written here (%s)", text);
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
        return err_set(e, ASSAY_EIO, "the disk under the database failed (%s, error %d)", text,
                       code);
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return err_set(e, ASSAY_EDENIED, "the database may not be used (%s)", text);
    case SQLITE_TOOBIG:
        return err_set(e, ASSAY_ELIMIT, "too large for the database (%s)", text);
    default:
        return err_set(e, ASSAY_EUNSUPPORTED, "the database does not understand: %s", text);
    }
}

static enum assay_err run(struct sqlite_conn *c, const char *text, struct err *e)
{
    if (sqlite3_exec(c->db, text, NULL, NULL, NULL) == SQLITE_OK)
        return ASSAY_OK;
    enum assay_err rc = sqlite_error(c->db, sqlite3_extended_errcode(c->db), e);
    conn_note(&c->base, rc);
    return rc;
}

static int count_log_pages(void *ctx, sqlite3 *db, const char *name, int pages)
{
    struct sqlite_conn *c = ctx;

    (void)db;
    (void)name;
    c->log_pages = pages;
    return SQLITE_OK;
}

/* SQLite would make the file with the umask's mode; ours is for the owner alone, and its log files
 * take their mode from it. */
static enum assay_err make_file(const char *path, struct err *e)
{
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

    if (fd < 0 && errno == EEXIST)
        return ASSAY_OK; /* not opened: closing it would drop this process's locks on it */
    if (fd < 0)
        return err_errno(e, "create the database %.300s", path);
    (void)close(fd);
    char *folder = mem_strdup(path);
    enum assay_err rc = fs_sync_dir(dirname(folder), e);
    mem_free(folder);
    return rc;
}

/* Turning the log on needs the file alone for a moment, and SQLite does not wait for that. */
static enum assay_err use_log(struct sqlite_conn *c, struct err *e)
{
    int64_t began_ms = clock_mono_ms();

    for (;;) {
        int code = sqlite3_exec(c->db, "PRAGMA journal_mode = WAL", NULL, NULL, NULL);
        if (code == SQLITE_OK)
            return ASSAY_OK;
        if (code != SQLITE_BUSY || clock_mono_ms() - began_ms > c->busy_ms)
            return sqlite_error(c->db, sqlite3_extended_errcode(c->db), e);
        clock_sleep_ms(RETRY_MS);
    }
}

static enum assay_err configure(struct sqlite_conn *c, enum conn_use use, struct err *e)
{
    enum assay_err rc;
    sqlite3_stmt *mode = NULL;

    (void)sqlite3_extended_result_codes(c->db, 1);
    (void)sqlite3_busy_timeout(c->db, c->busy_ms);
    (void)sqlite3_db_config(c->db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, NULL);
    (void)sqlite3_db_config(c->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    (void)sqlite3_db_config(c->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    (void)sqlite3_db_config(c->db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    (void)sqlite3_db_config(c->db, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
    /* recursive_triggers: else INSERT OR REPLACE deletes rows past the triggers that refuse it. */
    if ((rc = use_log(c, e)) != 0 ||
        (rc = run(c,
                  "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"
                  "PRAGMA recursive_triggers = ON; PRAGMA cell_size_check = ON;"
                  "PRAGMA temp_store = MEMORY; PRAGMA mmap_size = 0; PRAGMA cache_size = -16000;"
                  "PRAGMA journal_size_limit = 67108864",
                  e)) != 0)
        return rc;
    if (use == CONN_READ)
        return run(c, "PRAGMA query_only = ON", e);

    /* This replaces SQLite's own checkpoint inside COMMIT, whose errors it does not tell. */
    (void)sqlite3_wal_hook(c->db, count_log_pages, c);
    int code = sqlite3_prepare_v2(c->db, "PRAGMA journal_mode", -1, &mode, NULL);
    if (code == SQLITE_OK && sqlite3_step(mode) == SQLITE_ROW &&
        strcmp((const char *)sqlite3_column_text(mode, 0), "wal") != 0)
        rc = err_set(e, ASSAY_EUNSUPPORTED,
                     "this file system cannot keep the database's write-ahead log; put the "
                     "workspace on a local disk");
    (void)sqlite3_finalize(mode);
    return rc;
}

static void disconnect(struct conn *base)
{
    struct sqlite_conn *c = (struct sqlite_conn *)base;

    conn_clear(base);
    (void)sqlite3_close_v2(c->db);
    mem_free(c);
}

static enum assay_err connect_to(const struct store_place *place, enum conn_use use,
                                 struct conn **out, struct err *e)
{
    enum assay_err rc = make_file(place->path, e);

    assert(sqlite3_threadsafe() != 0);
    if (rc != ASSAY_OK)
        return rc;
    struct sqlite_conn *c = mem_zalloc(sizeof *c);
    c->base.engine = &engine_sqlite;
    c->busy_ms = place->busy_ms;
    int code = sqlite3_open_v2(place->path, &c->db,
                               SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW |
                                   SQLITE_OPEN_EXRESCODE,
                               place->vfs);
    if (code != SQLITE_OK)
        rc = sqlite_error(c->db, code, e);
    else
        rc = configure(c, use, e);
    if (rc != ASSAY_OK) {
        disconnect(&c->base);
        return rc;
    }
    *out = &c->base;
    return ASSAY_OK;
}

static enum assay_err begin(struct conn *base, enum tx_kind kind, struct err *e)
{
    struct sqlite_conn *c = (struct sqlite_conn *)base;

    base->fatal = ASSAY_OK;
    return run(c, kind == TX_READ ? "BEGIN DEFERRED" : "BEGIN IMMEDIATE", e);
}

static void rollback(struct conn *base)
{
    struct sqlite_conn *c = (struct sqlite_conn *)base;

    if (sqlite3_get_autocommit(c->db) == 0 &&
        sqlite3_exec(c->db, "ROLLBACK", NULL, NULL, NULL) != SQLITE_OK)
        base->lost = true;
}

static enum assay_err commit(struct conn *base, struct err *e)
{
    struct sqlite_conn *c = (struct sqlite_conn *)base;
    enum assay_err rc = run(c, "COMMIT", e);

    if (rc != ASSAY_OK)
        rollback(base);
    return rc;
}

static bool retry(const struct conn *base)
{
    (void)base;
    return false; /* one writer, and readers keep their snapshot */
}

static enum assay_err script(struct conn *base, const char *text, struct err *e)
{
    return run((struct sqlite_conn *)base, text, e);
}

/* The first line of the pragma's answer that is not "ok" is the damage. */
static enum assay_err check_pragma(struct sqlite_conn *c, const char *pragma, struct err *e)
{
    sqlite3_stmt *q = NULL;
    enum assay_err rc = ASSAY_OK;
    int code = sqlite3_prepare_v2(c->db, pragma, -1, &q, NULL);

    while (code == SQLITE_OK || code == SQLITE_ROW) {
        code = sqlite3_step(q);
        if (code != SQLITE_ROW)
            break;
        const char *text = (const char *)sqlite3_column_text(q, 0);
        if (text != NULL && strcmp(text, "ok") == 0)
            continue;
        rc = err_set(e, ASSAY_EDAMAGED, "the database is damaged (%s: %.300s)", pragma,
                     text == NULL ? "a row" : text);
        break;
    }
    if (rc == ASSAY_OK && code != SQLITE_DONE && code != SQLITE_ROW)
        rc = sqlite_error(c->db, code, e);
    (void)sqlite3_finalize(q);
    return rc;
}

static enum assay_err check(struct conn *base, struct err *e)
{
    struct sqlite_conn *c = (struct sqlite_conn *)base;
    enum assay_err rc = check_pragma(c, "PRAGMA integrity_check(1)", e);

    return rc != ASSAY_OK ? rc : check_pragma(c, "PRAGMA foreign_key_check", e);
}

enum assay_err sqlite_mark(struct conn *base, struct err *e)
{
    return run((struct sqlite_conn *)base, "SAVEPOINT mark", e);
}

enum assay_err sqlite_keep(struct conn *base, struct err *e)
{
    struct sqlite_conn *c = (struct sqlite_conn *)base;
    int unmet = 0, high;

    (void)sqlite3_db_status(c->db, SQLITE_DBSTATUS_DEFERRED_FKS, &unmet, &high, 0);
    if (unmet != 0)
        return err_set(e, ASSAY_ESTATE,
                       "the store refuses this change (a row it refers to is not there)");
    return run(c, "RELEASE mark", e);
}

void sqlite_undo(struct conn *base)
{
    struct sqlite_conn *c = (struct sqlite_conn *)base;

    if (sqlite3_get_autocommit(c->db) == 0 && run(c, "ROLLBACK TO mark; RELEASE mark", NULL) != 0)
        rollback(base);
}

bool sqlite_in_transaction(const struct conn *base)
{
    return sqlite3_get_autocommit(((const struct sqlite_conn *)base)->db) == 0;
}

enum assay_err sqlite_checkpoint(struct conn *base, struct err *e)
{
    struct sqlite_conn *c = (struct sqlite_conn *)base;

    if (c->log_pages < CHECKPOINT_PAGES)
        return ASSAY_OK;
    c->log_pages = 0;
    int code = sqlite3_wal_checkpoint_v2(c->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    if (code == SQLITE_OK || (code & 0xff) == SQLITE_BUSY || (code & 0xff) == SQLITE_LOCKED)
        return ASSAY_OK;
    return sqlite_error(c->db, code, e);
}

void sqlite_abandon(struct conn *base)
{
    struct sqlite_conn *c = (struct sqlite_conn *)base;

    (void)sqlite3_db_config(c->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
}

const struct engine engine_sqlite = {
    .kind = STORE_SQLITE,
    .has_migrations = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'migration'",
    .connect = connect_to,
    .disconnect = disconnect,
    .begin = begin,
    .commit = commit,
    .rollback = rollback,
    .retry = retry,
    .script = script,
    .check = check,
    .copy_out = sqlite_copy_out,
    .sql_new = sqlite_sql_new,
    .sql_free = sqlite_sql_free,
    .bind_int = sqlite_bind_int,
    .bind_text = sqlite_bind_text,
    .bind_blob = sqlite_bind_blob,
    .bind_null = sqlite_bind_null,
    .step = sqlite_step,
    .changed = sqlite_changed,
    .is_null = sqlite_is_null,
    .get_int = sqlite_get_int,
    .get_text = sqlite_get_text,
    .get_blob = sqlite_get_blob,
    .reset = sqlite_sql_reset,
};
