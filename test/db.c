/* Makes and removes the stores that tests run on. */
#include "db.h"

#include <ftw.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/rand.h"

#define FOLDER_SIZE 256
#define URL_SIZE    1024
#define SCHEMA_SIZE 40
#define OPEN_FDS    16

struct db {
    struct store_options options;
    struct store *store;
    char folder[FOLDER_SIZE];
    char schema[SCHEMA_SIZE]; /* PostgreSQL's */
    char url[URL_SIZE];       /* empty on SQLite */
};

static void die(const char *what, const char *why)
{
    (void)fprintf(stderr, "test/db: %s: %s\n", what, why);
    abort();
}

enum store_engine db_engine(void)
{
    const char *name = getenv("ASSAY_TEST_DB");

    if (name == NULL || strcmp(name, "sqlite") == 0)
        return STORE_SQLITE;
    if (strcmp(name, "postgres") != 0)
        die("ASSAY_TEST_DB", name);
    return STORE_POSTGRES;
}

static const char *server_url(void)
{
    const char *url = getenv("ASSAY_TEST_URL");

    if (url == NULL)
        die("ASSAY_TEST_URL is not set", "run the test through test/with_postgres.sh");
    return url;
}

static void command(const char *format, const char *schema)
{
    char text[2 * SCHEMA_SIZE + 32];
    PGconn *c = PQconnectdb(server_url());

    (void)snprintf(text, sizeof text, format, schema);
    if (PQstatus(c) != CONNECTION_OK)
        die("connect", PQerrorMessage(c));
    PQclear(PQexec(c, "SET client_min_messages = warning"));
    PGresult *r = PQexec(c, text);
    if (PQresultStatus(r) != PGRES_COMMAND_OK)
        die(text, PQerrorMessage(c));
    PQclear(r);
    PQfinish(c);
}

static void make_schema(struct db *db)
{
    char name[RAND_NAME_SIZE];

    rand_name(name);
    (void)snprintf(db->schema, sizeof db->schema, "t%.30s", name + 5);
    command("CREATE SCHEMA %s", db->schema);
    (void)snprintf(db->url, sizeof db->url, "%s%coptions=-csearch_path%%3D%s", server_url(),
                   strchr(server_url(), '?') == NULL ? '?' : '&', db->schema);
}

struct db *db_new_closed(const struct store_options *options)
{
    struct db *db = mem_zalloc(sizeof *db);
    const char *temp = getenv("TMPDIR");

    db->options = *options;
    (void)snprintf(db->folder, sizeof db->folder, "%.200s/assay-test-XXXXXX",
                   temp == NULL ? "/tmp" : temp);
    if (mkdtemp(db->folder) == NULL)
        die("make a folder", db->folder);
    if (db_engine() == STORE_POSTGRES)
        make_schema(db);
    return db;
}

void db_open(struct db *db)
{
    struct err e = {0};

    if (store_open_with(db->folder, db_url(db), &db->options, &db->store, &e) != ASSAY_OK)
        die("open the store", e.text);
}

void db_close(struct db *db)
{
    store_close(db->store);
    db->store = NULL;
}

struct db *db_new_with(const struct store_options *options)
{
    struct db *db = db_new_closed(options);

    db_open(db);
    return db;
}

struct db *db_new(void)
{
    struct store_options options = {.migrations = migrations, .migrations_count = migrations_count};

    return db_new_with(&options);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *walk)
{
    (void)st;
    (void)type;
    (void)walk;
    return remove(path);
}

void db_free(struct db *db)
{
    if (db == NULL)
        return;
    db_close(db);
    if (db_url(db) != NULL)
        command("DROP SCHEMA %s CASCADE", db->schema);
    if (nftw(db->folder, remove_one, OPEN_FDS, FTW_DEPTH | FTW_PHYS) != 0)
        die("remove the folder", db->folder);
    mem_free(db);
}

struct store *db_store(struct db *db)
{
    return db->store;
}

const char *db_folder(const struct db *db)
{
    return db->folder;
}

const char *db_url(const struct db *db)
{
    return db->url[0] == '\0' ? NULL : db->url;
}
