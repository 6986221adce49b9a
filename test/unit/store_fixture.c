/* The tables of the store's own tests. */
#include "store_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

const struct migration fixture_migrations[2] = {
    {
        .number = 1,
        .name = "thing",
        .text = "CREATE TABLE parent (id INTEGER NOT NULL PRIMARY KEY) STRICT;\n"
                "CREATE TABLE thing (\n"
                "    id INTEGER NOT NULL PRIMARY KEY,\n"
                "    name TEXT UNIQUE,\n"
                "    count INTEGER NOT NULL CHECK (count <> 13),\n"
                "    bytes BLOB,\n"
                "    parent_id INTEGER REFERENCES parent (id),\n"
                "    late_id INTEGER REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED\n"
                ") STRICT;\n",
        .extra = {"", ""},
        .sha256 = {{1}, {1}},
    },
    {
        .number = 2,
        .name = "ledger",
        .text = "CREATE TABLE ledger (id INTEGER NOT NULL PRIMARY KEY, note TEXT NOT NULL) STRICT;",
        .extra =
            {
                "CREATE TRIGGER ledger_no_update BEFORE UPDATE ON ledger\n"
                "BEGIN SELECT RAISE(ABORT, 'ledger: append-only'); END;\n"
                "CREATE TRIGGER ledger_no_delete BEFORE DELETE ON ledger\n"
                "BEGIN SELECT RAISE(ABORT, 'ledger: append-only'); END;",
                "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$\n"
                "BEGIN RAISE EXCEPTION 'ledger: append-only'; END $$;\n"
                "CREATE TRIGGER ledger_refuse BEFORE UPDATE OR DELETE ON ledger\n"
                "FOR EACH ROW EXECUTE FUNCTION refuse();",
            },
        .sha256 = {{2}, {2}},
    },
};

const struct store_options fixture_options = {.migrations = fixture_migrations,
                                              .migrations_count = 2};

enum assay_err thing_put(struct tx *tx, void *ctx, struct err *e)
{
    const struct thing *t = ctx;
    struct sql *q = sql(tx, "INSERT INTO thing (id, name, count, bytes, parent_id, late_id)"
                            " VALUES ($1, $2, $3, $4, $5, $6)");

    sql_int(q, t->id);
    sql_text(q, t->name);
    sql_int(q, t->count);
    sql_blob(q, t->bytes, t->size);
    sql_id(q, t->parent_id);
    sql_id(q, t->late_id);
    return sql_run_done(q, NULL, e);
}

enum assay_err thing_count(struct tx *tx, void *ctx, struct err *e)
{
    int64_t *out = ctx;
    struct sql *q = sql(tx, "SELECT count(*) FROM thing");
    enum assay_err rc = sql_one(q, e);

    if (rc == ASSAY_OK)
        *out = sql_get_int(q, 0);
    sql_done(q);
    return rc;
}

void put_ok(struct store *s, int64_t id)
{
    struct thing t = {.id = id};
    struct err e = {0};

    if (store_write(s, thing_put, &t, &e) != ASSAY_OK)
        fail_msg("%s", e.text);
}

int64_t count_of(struct store *s)
{
    int64_t count = -1;
    struct err e = {0};

    if (store_read(s, thing_count, &count, &e) != ASSAY_OK)
        fail_msg("%s", e.text);
    return count;
}
