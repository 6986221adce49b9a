/* Migrations: numbered SQL files in the program, applied in order, each once, each whole. */
#ifndef STORE_MIGRATE_H
#define STORE_MIGRATE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "store/store.h"

#define STORE_BUSY_MS 10000

#define MIGRATION_ENGINES      2
#define MIGRATION_SHA256_BYTES 32

/*
 * sql/NNNN_name.sql, and what only one engine understands (triggers, grants) beside it in
 * NNNN_name.sqlite.sql and NNNN_name.postgres.sql. tools/embed_sql.py makes the table below of
 * them. Arrays are indexed by enum store_engine.
 */
struct migration {
    int64_t number;                       /* from 1, without gaps */
    const char *name;                     /* the file's name between number and ending */
    const char *text;                     /* for both engines, as written for SQLite */
    const char *extra[MIGRATION_ENGINES]; /* run after text; "" when there is none */
    /* SHA-256 of the bytes of text followed by those of extra, as they are in the files. */
    uint8_t sha256[MIGRATION_ENGINES][MIGRATION_SHA256_BYTES];
};

/* The program's own, in order of their numbers. */
extern const struct migration migrations[];
extern const size_t migrations_count;

/* How store_open does its work; tests give other migrations and another SQLite VFS. */
struct store_options {
    const struct migration *migrations;
    size_t migrations_count;
    const char *vfs; /* NULL: SQLite's own */
    int busy_ms;     /* how long to wait for another's lock before EBUSY; 0: STORE_BUSY_MS */
};

/* store_open with options; the options' migrations are borrowed during the call only. */
enum assay_err store_open_with(const char *data_dir, const char *url,
                               const struct store_options *options, struct store **out,
                               struct err *e);

/*
 * The text for PostgreSQL: the whole words INTEGER, BLOB and STRICT become BIGINT, BYTEA and
 * nothing. Words inside string literals and comments are replaced too, so the generator refuses
 * them in literals. The caller frees the result with mem_free.
 */
char *migrate_postgres_text(const char *text);

#endif
