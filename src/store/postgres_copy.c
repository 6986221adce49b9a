/* PostgreSQL: all tables out to files and in again, each in one transaction. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/str.h"
#include "store/postgres_impl.h"

#define TABLES_MAX  256
#define NAME_SIZE   64 /* of a table, PostgreSQL's own limit, with its NUL */
#define PATH_BYTES  4096
#define WRITE_BYTES (1u << 20)
#define FILE_MODE   0600

/*
 * COPY's text form is the same in all versions of PostgreSQL. Files are named NNN-TABLE.copy, and
 * stand in an order in which each table's foreign keys find their rows: those of tables before it,
 * or of its own.
 */
struct table {
    char name[NAME_SIZE];
    bool placed;
};

struct tables {
    size_t count;
    struct table table[TABLES_MAX];
    size_t order[TABLES_MAX];
    size_t placed;
};

static enum assay_err ask(struct postgres_conn *c, const char *text, PGresult **out, struct err *e)
{
    PGresult *r = PQexec(c->pg, text);

    if (PQresultStatus(r) != PGRES_TUPLES_OK) {
        enum assay_err rc = postgres_error(c, r, e);
        PQclear(r);
        return rc;
    }
    *out = r;
    return ASSAY_OK;
}

static struct table *find(struct tables *t, const char *name)
{
    for (size_t i = 0; i < t->count; i++)
        if (str_equal(t->table[i].name, name))
            return &t->table[i];
    return NULL;
}

/* A table may come when all that it refers to, but itself, are there. */
static bool may_come(struct tables *t, const struct table *table, const PGresult *keys)
{
    for (int i = 0; i < PQntuples(keys); i++) {
        if (!str_equal(PQgetvalue(keys, i, 0), table->name))
            continue;
        const struct table *other = find(t, PQgetvalue(keys, i, 1));
        if (other != NULL && other != table && !other->placed)
            return false;
    }
    return true;
}

/* Table migration is left out: whoever fills the tables has made them by the same migrations. */
static enum assay_err list_tables(struct postgres_conn *c, struct tables *t, struct err *e)
{
    PGresult *names = NULL, *keys = NULL;
    enum assay_err rc;

    if ((rc = ask(c,
                  "SELECT relname FROM pg_class WHERE relkind = 'r' AND relname <> 'migration'"
                  " AND relnamespace = current_schema()::regnamespace ORDER BY relname",
                  &names, e)) != 0 ||
        (rc = ask(c,
                  "SELECT a.relname, b.relname FROM pg_constraint k"
                  " JOIN pg_class a ON a.oid = k.conrelid JOIN pg_class b ON b.oid = k.confrelid"
                  " WHERE k.contype = 'f' AND k.connamespace = current_schema()::regnamespace",
                  &keys, e)) != 0)
        goto out;
    assert(PQntuples(names) <= TABLES_MAX);
    for (int i = 0; i < PQntuples(names); i++)
        (void)snprintf(t->table[t->count++].name, NAME_SIZE, "%s", PQgetvalue(names, i, 0));
    while (t->placed < t->count) {
        size_t before = t->placed;
        for (size_t i = 0; i < t->count; i++)
            if (!t->table[i].placed && may_come(t, &t->table[i], keys)) {
                t->table[i].placed = true;
                t->order[t->placed++] = i;
            }
        assert(t->placed > before); /* our tables refer to each other in no circle */
    }
out:
    PQclear(names);
    PQclear(keys);
    return rc;
}

static void file_of(const struct tables *t, size_t index, const char *folder, char *path)
{
    (void)snprintf(path, PATH_BYTES, "%.3900s/%03zu-%s.copy", folder, index + 1,
                   t->table[t->order[index]].name);
}

/* The rows that the server sends, until it says that they are all. */
static enum assay_err receive(struct postgres_conn *c, int fd, struct buf *b, struct err *e)
{
    enum assay_err rc = ASSAY_OK;
    char *row = NULL;
    int size;

    while ((size = PQgetCopyData(c->pg, &row, 0)) > 0) {
        if (rc == ASSAY_OK && b->size + (size_t)size > b->max) {
            rc = fs_write_all(fd, b->data, b->size, e);
            buf_reset(b);
        }
        if (rc == ASSAY_OK && (size_t)size > b->max)
            rc = fs_write_all(fd, row, (size_t)size, e);
        else if (rc == ASSAY_OK)
            buf_add(b, row, (size_t)size);
        PQfreemem(row);
    }
    PGresult *r = PQgetResult(c->pg);
    if (rc == ASSAY_OK && (size == -2 || PQresultStatus(r) != PGRES_COMMAND_OK))
        rc = postgres_error(c, r, e);
    PQclear(r);
    while ((r = PQgetResult(c->pg)) != NULL)
        PQclear(r);
    return rc == ASSAY_OK ? fs_write_all(fd, b->data, b->size, e) : rc;
}

static enum assay_err start_copy(struct postgres_conn *c, const char *table, const char *way,
                                 ExecStatusType wanted, struct err *e)
{
    char text[NAME_SIZE + 64];
    enum assay_err rc = ASSAY_OK;

    (void)snprintf(text, sizeof text, "COPY \"%s\" %s", table, way);
    PGresult *r = PQexec(c->pg, text);
    if (PQresultStatus(r) != wanted)
        rc = postgres_error(c, r, e);
    PQclear(r);
    return rc;
}

static enum assay_err table_out(struct postgres_conn *c, const char *table, const char *path,
                                struct err *e)
{
    enum assay_err rc;
    struct buf b;
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);

    if (fd < 0)
        return err_errno(e, "create %.300s", path);
    buf_init(&b, WRITE_BYTES);
    if ((rc = start_copy(c, table, "TO STDOUT", PGRES_COPY_OUT, e)) == 0 &&
        (rc = receive(c, fd, &b, e)) == 0)
        rc = fs_sync(fd, e);
    buf_clear(&b);
    (void)close(fd);
    return rc == ASSAY_OK ? rc : err_prefix(e, rc, "%.300s", path);
}

enum assay_err postgres_copy_out(struct conn *base, const struct store_copy *copy, struct err *e)
{
    struct postgres_conn *c = (struct postgres_conn *)base;
    struct tables *t = mem_zalloc(sizeof *t);
    char path[PATH_BYTES];
    enum assay_err rc = list_tables(c, t, e);

    for (size_t i = 0; rc == ASSAY_OK && i < t->count; i++) {
        file_of(t, i, copy->folder, path);
        rc = table_out(c, t->table[t->order[i]].name, path, e);
        if (copy->step != NULL)
            copy->step(copy->step_ctx, i + 1, t->count);
    }
    mem_free(t);
    return rc;
}

static enum assay_err send(struct postgres_conn *c, int fd, struct err *e)
{
    enum assay_err rc = ASSAY_OK;
    struct buf b;
    ssize_t n;

    buf_init(&b, WRITE_BYTES);
    unsigned char *bytes = buf_reserve(&b, WRITE_BYTES);
    while ((n = read(fd, bytes, WRITE_BYTES)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            rc = err_errno(e, "read");
            break;
        }
        if (PQputCopyData(c->pg, (const char *)bytes, (int)n) != 1) {
            rc = postgres_error(c, NULL, e);
            break;
        }
    }
    buf_clear(&b);
    if (PQputCopyEnd(c->pg, rc == ASSAY_OK ? NULL : "the file cannot be read") != 1 &&
        rc == ASSAY_OK)
        rc = postgres_error(c, NULL, e);
    PGresult *r = PQgetResult(c->pg);
    if (rc == ASSAY_OK && PQresultStatus(r) != PGRES_COMMAND_OK)
        rc = postgres_error(c, r, e);
    PQclear(r);
    while ((r = PQgetResult(c->pg)) != NULL)
        PQclear(r);
    return rc;
}

static enum assay_err table_in(struct postgres_conn *c, const char *table, const char *path,
                               struct err *e)
{
    char text[NAME_SIZE + 64];
    enum assay_err rc;
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

    if (fd < 0)
        return err_errno(e, "open %.300s", path);
    /* What a migration put there itself comes from the file again. */
    (void)snprintf(text, sizeof text, "DELETE FROM \"%s\"", table);
    if ((rc = c->base.engine->script(&c->base, text, e)) == 0 &&
        (rc = start_copy(c, table, "FROM STDIN", PGRES_COPY_IN, e)) == 0)
        rc = send(c, fd, e);
    (void)close(fd);
    return rc == ASSAY_OK ? rc : err_prefix(e, rc, "%.300s", path);
}

/* The mark of the restore that filled the database is its workspace table's comment: it comes and
 * goes with the transaction, and no table is there for its sake. */
static enum assay_err look_before(struct postgres_conn *c, const char *mark, bool *filled,
                                  struct err *e)
{
    PGresult *r = NULL;
    enum assay_err rc = ask(c,
                            "SELECT obj_description('workspace'::regclass, 'pg_class'),"
                            " (SELECT count(*) FROM workspace)",
                            &r, e);

    if (rc != ASSAY_OK)
        return rc;
    *filled = str_equal(PQgetvalue(r, 0, 0), mark);
    if (!*filled && !str_equal(PQgetvalue(r, 0, 1), "0"))
        rc = err_set(e, ASSAY_EEXISTS, "the database holds a workspace; name an empty one");
    PQclear(r);
    return rc;
}

static enum assay_err leave_mark(struct postgres_conn *c, const char *mark, struct err *e)
{
    char text[128];

    (void)snprintf(text, sizeof text, "COMMENT ON TABLE workspace IS '%s'", mark);
    return c->base.engine->script(&c->base, text, e);
}

enum assay_err postgres_copy_in(struct conn *base, const struct store_filling *filling,
                                struct err *e)
{
    struct postgres_conn *c = (struct postgres_conn *)base;
    struct tables *t;
    char path[PATH_BYTES];
    bool filled;
    enum assay_err rc = look_before(c, filling->mark, &filled, e);

    if (rc != ASSAY_OK || filled)
        return rc;
    t = mem_zalloc(sizeof *t);
    rc = list_tables(c, t, e);
    for (size_t i = 0; rc == ASSAY_OK && i < t->count; i++) {
        file_of(t, i, filling->folder, path);
        rc = table_in(c, t->table[t->order[i]].name, path, e);
    }
    mem_free(t);
    return rc == ASSAY_OK ? leave_mark(c, filling->mark, e) : rc;
}
