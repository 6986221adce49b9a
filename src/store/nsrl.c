/* Reads NSRL's SQLite files with all of SQLite that a hostile file could use switched off. */
#include "store/nsrl.h"

#include <ctype.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/str.h"

#define STEPS_ONCE    10000 /* of SQLite's machine between two looks */
#define LOOKS_PER_ROW 1000  /* a row of a table takes a few dozen steps */
#define COLUMNS       3
#define XINFO_NAME    1 /* of a row of table_xinfo */
#define XINFO_HIDDEN  6 /* 0: of a table, not computed */

static const char *const columns[COLUMNS] = {"md5", "sha1", "sha256"};

struct reading {
    sqlite3 *db;
    sqlite3_stmt *rows;
    unsigned looks; /* since the last row */
};

static int is_too_long(void *ctx)
{
    struct reading *r = ctx;

    return ++r->looks > LOOKS_PER_ROW;
}

/* Columns may be told and read, and nothing else done. */
static int allow(void *ctx, int action, const char *a, const char *b, const char *c, const char *d)
{
    (void)ctx;
    (void)b;
    (void)c;
    (void)d;
    if (action == SQLITE_PRAGMA)
        return a != NULL && str_equal(a, "table_xinfo") ? SQLITE_OK : SQLITE_DENY;
    return action == SQLITE_SELECT || action == SQLITE_READ ? SQLITE_OK : SQLITE_DENY;
}

static enum assay_err wrong(struct reading *r, int code, struct err *e)
{
    char shown[200];

    if ((code & 0xff) == SQLITE_NOMEM)
        return err_set(e, ASSAY_ENOMEM, "out of memory");
    if ((code & 0xff) == SQLITE_INTERRUPT)
        return err_set(e, ASSAY_EFORMAT,
                       "a row of this SQLite file takes too much work: NSRL's do not");
    return err_set(e, (code & 0xff) == SQLITE_IOERR ? ASSAY_EIO : ASSAY_EFORMAT,
                   "this SQLite file cannot be read: %s",
                   str_shown(r->db == NULL ? sqlite3_errstr(code) : sqlite3_errmsg(r->db), shown,
                             sizeof shown));
}

/* As a URI, by which SQLite is told that nobody writes it: no lock, no journal is looked for. */
static void write_uri(const char *path, struct buf *uri)
{
    buf_add_str(uri, path[0] == '/' ? "file://" : "file:");
    for (const char *c = path; *c != '\0'; c++) {
        if (isalnum((unsigned char)*c) || strchr("/._-", *c) != NULL)
            buf_add_char(uri, *c);
        else
            buf_addf(uri, "%%%02x", (unsigned)(unsigned char)*c);
    }
    buf_add_str(uri, "?mode=ro&immutable=1");
}

static int harden(struct reading *r)
{
    static const struct {
        int what, most;
    } limits[] = {{SQLITE_LIMIT_LENGTH, 1 << 20},
                  {SQLITE_LIMIT_SQL_LENGTH, 1 << 16},
                  {SQLITE_LIMIT_COLUMN, 100},
                  {SQLITE_LIMIT_EXPR_DEPTH, 20},
                  {SQLITE_LIMIT_COMPOUND_SELECT, 3},
                  {SQLITE_LIMIT_VDBE_OP, 10000},
                  {SQLITE_LIMIT_FUNCTION_ARG, 8},
                  {SQLITE_LIMIT_ATTACHED, 0},
                  {SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 50},
                  {SQLITE_LIMIT_TRIGGER_DEPTH, 1},
                  {SQLITE_LIMIT_WORKER_THREADS, 0}};
    static const struct {
        int what, on;
    } settings[] = {{SQLITE_DBCONFIG_DEFENSIVE, 1},
                    {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
                    {SQLITE_DBCONFIG_ENABLE_VIEW, 0},
                    {SQLITE_DBCONFIG_ENABLE_TRIGGER, 0},
                    {SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0},
                    {SQLITE_DBCONFIG_DQS_DML, 0},
                    {SQLITE_DBCONFIG_DQS_DDL, 0}};
    int code = SQLITE_OK;

    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++)
        (void)sqlite3_limit(r->db, limits[i].what, limits[i].most);
    for (size_t i = 0; i < sizeof settings / sizeof settings[0] && code == SQLITE_OK; i++)
        code = sqlite3_db_config(r->db, settings[i].what, settings[i].on, NULL);
    sqlite3_progress_handler(r->db, STEPS_ONCE, is_too_long, r);
    if (code == SQLITE_OK)
        code = sqlite3_exec(r->db, "PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0", NULL, NULL,
                            NULL);
    return code == SQLITE_OK ? sqlite3_set_authorizer(r->db, allow, NULL) : code;
}

static int prepare(struct reading *r, const char *sql)
{
    (void)sqlite3_finalize(r->rows);
    r->rows = NULL;
    r->looks = 0;
    return sqlite3_prepare_v3(r->db, sql, -1, SQLITE_PREPARE_NO_VTAB, &r->rows, NULL);
}

/* Whether it is a table whose rows lie in the file: no view, and no virtual table, which would run
 * code of its own before a column of it is known. */
static int is_table(struct reading *r, const char *table, bool *is)
{
    int code = prepare(r, "SELECT 1 FROM main.sqlite_schema"
                          " WHERE type = 'table' AND rootpage > 0 AND name = ?1 COLLATE NOCASE");

    if (code == SQLITE_OK)
        code = sqlite3_bind_text(r->rows, 1, table, -1, SQLITE_STATIC);
    if (code != SQLITE_OK)
        return code;
    code = sqlite3_step(r->rows);
    *is = code == SQLITE_ROW;
    return code == SQLITE_ROW || code == SQLITE_DONE ? SQLITE_OK : code;
}

/* Which of the hashes the table has, a bit each. What a column would compute is not read. */
static int find_columns(struct reading *r, const char *table, unsigned *found)
{
    char sql[64];
    int code;

    *found = 0;
    (void)snprintf(sql, sizeof sql, "PRAGMA main.table_xinfo(%s)", table);
    if ((code = prepare(r, sql)) != SQLITE_OK)
        return code;
    while ((code = sqlite3_step(r->rows)) == SQLITE_ROW) {
        const char *name = (const char *)sqlite3_column_text(r->rows, XINFO_NAME);
        for (unsigned c = 0; c < COLUMNS; c++) {
            if (name != NULL && sqlite3_column_int(r->rows, XINFO_HIDDEN) == 0 &&
                sqlite3_stricmp(name, columns[c]) == 0)
                *found |= 1u << c;
        }
    }
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

static int select_from(struct reading *r, const char *table, unsigned found)
{
    char sql[96];
    size_t n = 0;

    n += (size_t)snprintf(sql, sizeof sql, "SELECT ");
    for (unsigned c = 0; c < COLUMNS; c++)
        n += (size_t)snprintf(sql + n, sizeof sql - n, "%s%s", c == 0 ? "" : ", ",
                              (found & 1u << c) != 0 ? columns[c] : "NULL");
    (void)snprintf(sql + n, sizeof sql - n, " FROM main.%s", table);
    return prepare(r, sql);
}

static enum assay_err begin(struct reading *r, struct err *e)
{
    static const char *const tables[] = {"METADATA", "FILE"};
    int code = SQLITE_OK;

    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        unsigned found = 0;
        bool is = false;

        code = is_table(r, tables[i], &is);
        if (is)
            code = find_columns(r, tables[i], &found);
        if (code == SQLITE_OK && found == 0)
            continue;
        if (code == SQLITE_OK)
            code = select_from(r, tables[i], found);
        if (code == SQLITE_OK)
            return ASSAY_OK;
    }
    if (code != SQLITE_OK)
        return wrong(r, code, e);
    return err_set(e, ASSAY_EFORMAT,
                   "this SQLite file is none of NSRL's: it has no table METADATA or FILE with a "
                   "column md5, sha1 or sha256");
}

static const char *text_at(struct reading *r, int column)
{
    if (sqlite3_column_type(r->rows, column) != SQLITE_TEXT)
        return NULL;
    return (const char *)sqlite3_column_text(r->rows, column);
}

static enum assay_err each_row(struct reading *r, nsrl_take *take, void *ctx, struct err *e)
{
    struct nsrl_row row = {0};
    enum assay_err rc = ASSAY_OK;
    int code = SQLITE_ROW;

    while (rc == ASSAY_OK && (code = sqlite3_step(r->rows)) == SQLITE_ROW) {
        r->looks = 0;
        row.number++;
        row.md5 = text_at(r, 0);
        row.sha1 = text_at(r, 1);
        row.sha256 = text_at(r, 2);
        rc = take(ctx, &row, e);
    }
    if (rc != ASSAY_OK)
        return rc;
    return code == SQLITE_DONE ? ASSAY_OK : wrong(r, code, e);
}

enum assay_err nsrl_read(const char *path, nsrl_take *take, void *ctx, struct err *e)
{
    struct reading r = {0};
    struct buf uri;
    enum assay_err rc;

    buf_init(&uri, (size_t)4 * PATH_MAX);
    write_uri(path, &uri);
    int code = uri.over ? SQLITE_CANTOPEN
                        : sqlite3_open_v2(buf_cstr(&uri), &r.db,
                                          SQLITE_OPEN_READONLY | SQLITE_OPEN_URI |
                                              SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE,
                                          NULL);
    if (code == SQLITE_OK)
        code = harden(&r);
    rc = code == SQLITE_OK ? begin(&r, e) : wrong(&r, code, e);
    if (rc == ASSAY_OK)
        rc = each_row(&r, take, ctx, e);
    (void)sqlite3_finalize(r.rows);
    (void)sqlite3_close(r.db);
    buf_clear(&uri);
    return rc;
}
