/* PostgreSQL: connections, transactions, and what its errors mean to us. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "store/engine_impl.h"
#include "store/postgres_impl.h"

#define SERVER_VERSION_MIN 150000

/* Any number will do, as long as no other program takes it on the same database. */
#define MIGRATE_LOCK "7094682131"

/* The server's words on one line, without its "ERROR:" and the newline at the end. */
static void say(const PGresult *r, const PGconn *pg, char *out, size_t size)
{
    const char *text = r == NULL ? NULL : PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);

    (void)snprintf(out, size, "%s", text != NULL ? text : PQerrorMessage(pg));
    for (char *c = out; *c != '\0'; c++)
        if (*c == '\n')
            *c = c[1] == '\0' ? '\0' : ' ';
}

static enum assay_err lost(struct postgres_conn *c, const char *text, struct err *e)
{
    c->base.lost = true;
    c->again = true;
    return err_set(e, ASSAY_EBUSY,
                   "the connection to the database server was lost; nothing was written, try again "
                   "(%s)",
                   text);
}

/* Which of our codes a SQLSTATE is, ASSAY_OK for those not known. Longest prefix first. */
static enum assay_err code_of(const char *state)
{
    static const struct {
        const char *state;
        enum assay_err code;
    } codes[] = {
        {"23505", ASSAY_EEXISTS},  /* unique_violation */
        {"23", ASSAY_ESTATE},      /* other constraints */
        {"P0001", ASSAY_ESTATE},   /* RAISE in a trigger */
        {"25006", ASSAY_ESTATE},   /* a read that writes */
        {"42501", ASSAY_ESTATE},   /* a grant that refuses, beside the trigger that does */
        {"40", ASSAY_EBUSY},       /* serialization failure, deadlock */
        {"53100", ASSAY_EFULL},    /* disk_full */
        {"53200", ASSAY_ENOMEM},   /* out_of_memory */
        {"53", ASSAY_EBUSY},       /* too many connections */
        {"55P03", ASSAY_EBUSY},    /* lock_timeout */
        {"57014", ASSAY_EBUSY},    /* cancelled */
        {"58", ASSAY_EIO},         /* the server's disk */
        {"XX001", ASSAY_EDAMAGED}, /* data_corrupted */
        {"XX002", ASSAY_EDAMAGED}, /* index_corrupted */
        {"22021", ASSAY_EFORMAT},  /* not UTF-8 */
        {"22", ASSAY_ERANGE},      /* a value out of range */
        {"54", ASSAY_ELIMIT},      /* too large or too complex */
    };

    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        if (str_starts(state, codes[i].state))
            return codes[i].code;
    return ASSAY_EUNSUPPORTED;
}

enum assay_err postgres_error(struct postgres_conn *c, const PGresult *r, struct err *e)
{
    const char *state = r == NULL ? NULL : PQresultErrorField(r, PG_DIAG_SQLSTATE);
    char text[ERR_TEXT_SIZE / 2];

    say(r, c->pg, text, sizeof text);
    if (PQstatus(c->pg) == CONNECTION_BAD || state == NULL)
        return lost(c, text, e);
    enum assay_err rc = code_of(state);
    if (str_equal(state, "40001") || str_equal(state, "40P01"))
        c->again = true;
    switch (rc) {
    case ASSAY_EEXISTS:
        return err_set(e, rc, "it is in the store already (%s)", text);
    case ASSAY_ESTATE:
        return err_set(e, rc, "the store refuses this change (%s)", text);
    case ASSAY_EFULL:
        return err_set(e, rc, STORE_FULL_TEXT);
    case ASSAY_EBUSY:
        return err_set(e, rc, "the database is held by others; nothing was written, try again (%s)",
                       text);
    case ASSAY_EUNSUPPORTED:
        return err_set(e, rc, "the database does not understand: %s", text);
    default:
        return err_set(e, rc, "the database server reports an error (%s, %s)", text, state);
    }
}

static enum assay_err run(struct postgres_conn *c, const char *text, struct err *e)
{
    PGresult *r = PQexec(c->pg, text);
    ExecStatusType status = PQresultStatus(r);
    enum assay_err rc = ASSAY_OK;

    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_EMPTY_QUERY) {
        rc = postgres_error(c, r, e);
        conn_note(&c->base, rc);
    }
    PQclear(r);
    return rc;
}

static void drop_notice(void *ctx, const char *text)
{
    (void)ctx;
    (void)text;
}

/* A server that answers before its disk has the bytes breaks our one promise. */
static enum assay_err check_settings(struct postgres_conn *c, struct err *e)
{
    static const char *const names[] = {"fsync", "full_page_writes", "synchronous_commit"};
    enum assay_err rc = ASSAY_OK;

    if (PQserverVersion(c->pg) < SERVER_VERSION_MIN)
        return err_set(e, ASSAY_EUNSUPPORTED, "the database server is older than PostgreSQL 15");
    PGresult *r = PQexec(c->pg, "SELECT current_setting('fsync'), "
                                "current_setting('full_page_writes'), "
                                "current_setting('synchronous_commit'), "
                                "current_setting('server_encoding')");
    if (PQresultStatus(r) != PGRES_TUPLES_OK)
        rc = postgres_error(c, r, e);
    for (int i = 0; rc == ASSAY_OK && i < 3; i++)
        if (str_equal(PQgetvalue(r, 0, i), "off"))
            rc = err_set(e, ASSAY_EUNSUPPORTED,
                         "the database server runs with %s = off and can lose what it has "
                         "acknowledged; switch it on",
                         names[i]);
    if (rc == ASSAY_OK && !str_equal(PQgetvalue(r, 0, 3), "UTF8"))
        rc = err_set(e, ASSAY_EUNSUPPORTED, "the database's encoding is not UTF8");
    PQclear(r);
    return rc;
}

static void disconnect(struct conn *base)
{
    struct postgres_conn *c = (struct postgres_conn *)base;

    conn_clear(base);
    PQfinish(c->pg);
    mem_free(c);
}

static enum assay_err connect_to(const struct store_place *place, enum conn_use use,
                                 struct conn **out, struct err *e)
{
    static const char *const names[] = {"dbname", "fallback_application_name", "client_encoding",
                                        "connect_timeout", NULL};
    const char *const values[] = {place->url, "assay", "UTF8", "10", NULL};
    enum assay_err rc;
    char text[ERR_TEXT_SIZE / 2];

    (void)use; /* any connection does both */
    assert(PQisthreadsafe() == 1);
    struct postgres_conn *c = mem_zalloc(sizeof *c);
    c->base.engine = &engine_postgres;
    c->pg = PQconnectdbParams(names, values, 1);
    (void)PQsetNoticeProcessor(c->pg, drop_notice, NULL);
    if (PQstatus(c->pg) != CONNECTION_OK) {
        say(NULL, c->pg, text, sizeof text);
        rc = PQconnectionNeedsPassword(c->pg) != 0 || PQconnectionUsedPassword(c->pg) != 0
                 ? err_set(e, ASSAY_EKEY, "the database server refuses the password (%s)", text)
                 : err_set(e, ASSAY_EBUSY, "the database server cannot be reached (%s)", text);
        goto out;
    }
    if ((rc = check_settings(c, e)) != 0)
        goto out;
    (void)snprintf(text, sizeof text,
                   "SET lock_timeout = %d; SET client_min_messages = warning; SET jit = off",
                   place->busy_ms);
    rc = run(c, text, e);
out:
    if (rc != ASSAY_OK) {
        disconnect(&c->base);
        return rc;
    }
    *out = &c->base;
    return ASSAY_OK;
}

static enum assay_err begin(struct conn *base, enum tx_kind kind, struct err *e)
{
    struct postgres_conn *c = (struct postgres_conn *)base;

    base->fatal = ASSAY_OK;
    c->again = false;
    switch (kind) {
    case TX_READ:
        return run(c, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", e);
    case TX_WRITE:
        return run(c, "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE", e);
    case TX_MIGRATE:
        break;
    }
    return run(c,
               "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;"
               "SELECT pg_advisory_xact_lock(" MIGRATE_LOCK ")",
               e);
}

static void rollback(struct conn *base)
{
    struct postgres_conn *c = (struct postgres_conn *)base;

    if (PQtransactionStatus(c->pg) != PQTRANS_IDLE)
        PQclear(PQexec(c->pg, "ROLLBACK"));
    if (PQtransactionStatus(c->pg) != PQTRANS_IDLE)
        base->lost = true;
}

static enum assay_err commit(struct conn *base, struct err *e)
{
    struct postgres_conn *c = (struct postgres_conn *)base;
    PGresult *r = PQexec(c->pg, "COMMIT");
    enum assay_err rc = ASSAY_OK;

    if (PQresultStatus(r) == PGRES_COMMAND_OK) {
        /* A transaction that an error has spoilt ends in a ROLLBACK, politely. */
        if (!str_equal(PQcmdStatus(r), "COMMIT"))
            rc = err_set(e, ASSAY_ESTATE, "the transaction had failed; nothing was written");
    } else if (PQstatus(c->pg) == CONNECTION_BAD) {
        base->lost = true;
        c->again = false;
        rc =
            err_set(e, ASSAY_EIO,
                    "the connection to the database server was lost while committing; look whether "
                    "the change is there before doing it again");
    } else {
        rc = postgres_error(c, r, e);
    }
    PQclear(r);
    if (rc != ASSAY_OK)
        rollback(base);
    return rc;
}

static bool retry(const struct conn *base)
{
    return ((const struct postgres_conn *)base)->again;
}

static enum assay_err script(struct conn *base, const char *text, struct err *e)
{
    return run((struct postgres_conn *)base, text, e);
}

static enum assay_err check(struct conn *base, struct err *e)
{
    struct postgres_conn *c = (struct postgres_conn *)base;
    enum assay_err rc = ASSAY_OK;
    PGresult *r = PQexec(c->pg, "SELECT conname FROM pg_constraint WHERE NOT convalidated"
                                " AND connamespace = current_schema()::regnamespace"
                                " UNION ALL SELECT relname FROM pg_index"
                                " JOIN pg_class ON pg_class.oid = indexrelid WHERE NOT indisvalid"
                                " AND relnamespace = current_schema()::regnamespace");

    if (PQresultStatus(r) != PGRES_TUPLES_OK)
        rc = postgres_error(c, r, e);
    else if (PQntuples(r) > 0)
        rc = err_set(e, ASSAY_EDAMAGED, "the database's constraint or index %.100s is not valid",
                     PQgetvalue(r, 0, 0));
    PQclear(r);
    return rc;
}

/*
 * Asked of the catalogue as a table, not with to_regclass: that looks into a cache of the session's
 * which, behind the migration lock, still says what was true before another process migrated.
 */
static const char has_migrations[] = "SELECT 1 FROM pg_class WHERE relname = 'migration'"
                                     " AND relnamespace = current_schema()::regnamespace";

const struct engine engine_postgres = {
    .kind = STORE_POSTGRES,
    .has_migrations = has_migrations,
    .connect = connect_to,
    .disconnect = disconnect,
    .begin = begin,
    .commit = commit,
    .rollback = rollback,
    .retry = retry,
    .script = script,
    .check = check,
    .copy_out = postgres_copy_out,
    .copy_in = postgres_copy_in,
    .sql_new = postgres_sql_new,
    .sql_free = postgres_sql_free,
    .bind_int = postgres_bind_int,
    .bind_text = postgres_bind_text,
    .bind_blob = postgres_bind_blob,
    .bind_null = postgres_bind_null,
    .step = postgres_step,
    .changed = postgres_changed,
    .is_null = postgres_is_null,
    .get_int = postgres_get_int,
    .get_text = postgres_get_text,
    .get_blob = postgres_get_blob,
    .reset = postgres_sql_reset,
};
