/* A fresh store for a test, on the engine that ASSAY_TEST_DB names, and a folder to keep it in. */
#ifndef TEST_DB_H
#define TEST_DB_H

#include "store/migrate.h"
#include "store/store.h"

/*
 * ASSAY_TEST_DB is "sqlite" (also when unset) or "postgres"; the latter takes a server's URL from
 * ASSAY_TEST_URL, which test/with_postgres.sh sets. Each db lies alone: SQLite's in its folder,
 * PostgreSQL's in a schema of its own. Every failure ends the program with a sentence.
 *
 *     struct db *db = db_new();             // with the program's own migrations, opened
 *     store_write(db_store(db), ...);
 *     db_free(db);                          // closed and removed
 */
struct db;

struct db *db_new(void);
struct db *db_new_with(const struct store_options *options); /* borrowed until db_free */
void db_free(struct db *db);                                 /* NULL is fine */

/* An empty folder and no store yet; db_open opens it (again after db_close). */
struct db *db_new_closed(const struct store_options *options);
void db_open(struct db *db);
void db_close(struct db *db);

struct store *db_store(struct db *db);      /* NULL while closed */
const char *db_folder(const struct db *db); /* for data_dir, and for files of the test's own */
const char *db_url(const struct db *db);    /* for store_open; NULL on SQLite */
enum store_engine db_engine(void);

#endif
