/* Makes training workspaces for tests of the flow. */
#include "world.h"

#include <libpq-fe.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assay/digest.h"
#include "base/clock.h"
#include "base/rand.h"
#include "base/str.h"
#include "store/item.h"
#include "store/task.h"
#include "store/workspace.h"
#include "unit/folder.h"

#define GROUP 200 /* items a transaction */

static void die(const char *what, const char *why)
{
    (void)fprintf(stderr, "test/world: %s: %s\n", what, why);
    abort();
}

static void must(enum assay_err rc, const char *what, const struct err *e)
{
    if (rc != ASSAY_OK)
        die(what, e->text);
}

/* ---- SQL past the program ---- */

static const char *sqlite_run(struct world_test *t, const char *text, int64_t *number)
{
    static _Thread_local char why[300];
    char path[300];
    sqlite3 *c = NULL;
    sqlite3_stmt *q = NULL;
    bool good = false;

    (void)snprintf(path, sizeof path, "%s/assay.db", db_folder(t->db));
    if (sqlite3_open(path, &c) == SQLITE_OK && sqlite3_busy_timeout(c, 10000) == SQLITE_OK &&
        sqlite3_exec(c, "PRAGMA foreign_keys = ON", NULL, NULL, NULL) == SQLITE_OK) {
        if (number == NULL) {
            good = sqlite3_exec(c, text, NULL, NULL, NULL) == SQLITE_OK;
        } else if (sqlite3_prepare_v2(c, text, -1, &q, NULL) == SQLITE_OK &&
                   sqlite3_step(q) == SQLITE_ROW) {
            *number = sqlite3_column_int64(q, 0);
            good = true;
        }
    }
    (void)snprintf(why, sizeof why, "%s", sqlite3_errmsg(c));
    (void)sqlite3_finalize(q);
    (void)sqlite3_close(c);
    return good ? NULL : why;
}

static const char *postgres_run(struct world_test *t, const char *text, int64_t *number)
{
    static _Thread_local char why[300];
    PGconn *c = PQconnectdb(db_url(t->db));
    PGresult *r = PQexec(c, text);
    ExecStatusType status = PQresultStatus(r);
    bool good =
        number == NULL ? status == PGRES_COMMAND_OK : status == PGRES_TUPLES_OK && PQntuples(r) > 0;

    if (good && number != NULL)
        *number = strtoll(PQgetvalue(r, 0, 0), NULL, 10);
    (void)snprintf(why, sizeof why, "%s", PQerrorMessage(c));
    PQclear(r);
    PQfinish(c);
    return good ? NULL : why;
}

static const char *run(struct world_test *t, const char *text, int64_t *number)
{
    return db_engine() == STORE_SQLITE ? sqlite_run(t, text, number)
                                       : postgres_run(t, text, number);
}

void world_sql(struct world_test *t, const char *format, ...)
{
    char text[4000];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    const char *why = run(t, text, NULL);
    if (why != NULL)
        die(text, why);
}

int64_t world_int(struct world_test *t, const char *format, ...)
{
    char text[4000];
    int64_t number = 0;
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    const char *why = run(t, text, &number);
    if (why != NULL)
        die(text, why);
    return number;
}

bool world_refuses(struct world_test *t, const char *format, ...)
{
    char text[4000];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return run(t, text, NULL) != NULL;
}

const char *world_blob(const void *bytes, size_t size, char *out, size_t out_size)
{
    char hex[65];

    if (size > 32)
        die("blob", "too long");
    str_hex(bytes, size, hex);
    (void)snprintf(out, out_size, db_engine() == STORE_SQLITE ? "x'%s'" : "decode('%s', 'hex')",
                   hex);
    return out;
}

void world_expire(struct world_test *t, const uint8_t token[16])
{
    char text[100];

    world_sql(t, "UPDATE lease SET taken_ms = 1, expires_ms = 2 WHERE token = %s",
              world_blob(token, 16, text, sizeof text));
}

/* ---- the workspace ---- */

static enum assay_err insert_workspace(struct tx *tx, void *ctx, struct err *e)
{
    return workspace_insert(tx, ctx, e);
}

static void load_scheme(struct world_test *t)
{
    const char *name, *text;
    size_t size;

    for (size_t i = 0; (text = scheme_builtin(i, &name, &size)) != NULL; i++) {
        if (strstr(name, "training-landscapes") != NULL) {
            must(flow_scheme_load(&t->world, people_system(), text, size, &t->e), name, &t->e);
            return;
        }
    }
    die("scheme", "training-landscapes is not built in");
}

void world_open(struct world_test *t)
{
    struct keys_place place = {.key_file = t->key_file};

    must(flow_open(db_folder(t->db), &place, db_url(t->db), FLOW_WITHOUT_DECODER, &t->world, &t->e),
         "flow_open", &t->e);
}

void world_close(struct world_test *t)
{
    flow_close(&t->world);
}

static void make_rows(struct world_test *t)
{
    struct keys_place place = {.key_file = t->key_file};
    struct workspace_row row = {.label = "Test", .training = true, .created_ms = clock_now_ms()};
    struct keys *keys;

    must(keys_create(db_folder(t->db), &place, &t->e), "keys_create", &t->e);
    must(keys_open(db_folder(t->db), &place, &keys, &t->e), "keys_open", &t->e);
    (void)snprintf(row.key, sizeof row.key, "%s", keys_workspace(keys));
    keys_close(keys);
    db_open(t->db);
    must(store_write(db_store(t->db), insert_workspace, &row, &t->e), "workspace", &t->e);
    db_close(t->db);
}

struct world_test *world_new(void)
{
    struct world_test *t = mem_zalloc(sizeof *t);
    static const struct store_options options = {.migrations = migrations};
    struct store_options own = options;

    own.migrations_count = migrations_count;
    folder_make(t->config);
    char *slash = strrchr(t->config, '/');
    *slash = '\0';
    (void)setenv("TMPDIR", t->config, 1); /* where syncs are free, if there is such a place */
    *slash = '/';
    (void)snprintf(t->key_file, sizeof t->key_file, "%s/site.key", t->config);
    t->db = db_new_closed(&own);
    t->arena = arena_new();
    buf_init(&t->answer, 16u << 20);
    make_rows(t);
    world_open(t);
    load_scheme(t);
    t->batch_id = world_batch(t, "first");
    return t;
}

void world_free(struct world_test *t)
{
    if (t == NULL)
        return;
    world_close(t);
    db_free(t->db);
    folder_remove(t->config);
    buf_clear(&t->answer);
    arena_free(t->arena);
    mem_free(t);
}

int world_setup(void **state)
{
    *state = world_new();
    return 0;
}

int world_teardown(void **state)
{
    world_free(*state);
    return 0;
}

struct caller *world_session(struct world_test *t, const struct caller *c)
{
    struct caller *copy = arena_alloc(t->arena, sizeof *copy);
    uint8_t mac[32];
    char text[100];

    *copy = *c;
    copy->session_id = rand_id();
    rand_bytes(mac, sizeof mac);
    world_sql(t,
              "INSERT INTO session (id, token_mac, staff_id, workstation, created_ms, seen_ms)"
              " VALUES (%lld, %s, %lld, 'desk', %lld, %lld)",
              (long long)copy->session_id, world_blob(mac, sizeof mac, text, sizeof text),
              (long long)copy->staff_id, (long long)clock_now_ms(), (long long)clock_now_ms());
    return copy;
}

struct caller *world_person(struct world_test *t, const char *name, uint32_t roles)
{
    struct caller c = {.staff_id = rand_id(), .roles = roles, .workstation = "desk"};
    long long now = (long long)clock_now_ms();

    (void)snprintf(c.name, sizeof c.name, "%s", name);
    (void)snprintf(c.label, sizeof c.label, "%s", name);
    world_sql(t, "INSERT INTO staff (id, name, label, created_ms) VALUES (%lld, '%s', '%s', %lld)",
              (long long)c.staff_id, name, name, now);
    world_sql(t,
              "INSERT INTO authorisation (id, staff_id, authorised_by, purpose, reference, from_ms,"
              " to_ms, created_ms) VALUES (%lld, %lld, 'the head', 'grading', '', %lld, %lld, "
              "%lld)",
              (long long)rand_id(), (long long)c.staff_id, now - 1000, now + 86400000LL, now);
    return world_session(t, &c);
}

static enum assay_err insert_batch(struct tx *tx, void *ctx, struct err *e)
{
    return batch_insert(tx, ctx, e);
}

int64_t world_batch(struct world_test *t, const char *name)
{
    struct batch_row row = {.id = rand_id(),
                            .name = name,
                            .scheme = "training-landscapes",
                            .sender = "",
                            .contact = "",
                            .case_reference = "",
                            .authority = "",
                            .purpose = "",
                            .handling = "",
                            .priority = 1,
                            .due_ms = INT64_MAX,
                            .created_ms = clock_now_ms()};

    must(store_write(t->world.store, insert_batch, &row, &t->e), "batch", &t->e);
    return row.id;
}

/* ---- tasks ---- */

struct making {
    struct world_test *t;
    size_t count;
    enum world_pictures pictures;
    int64_t *ids;
};

static enum assay_err make_pictures(struct tx *tx, const struct making *m, int64_t item_id,
                                    int64_t task_id, struct err *e)
{
    for (unsigned i = 0; i < DECODE_RENDITION_COUNT; i++) {
        const char *name = decode_rendition_name((enum decode_rendition)i);
        struct vault_blob sealed;
        char text[64];
        int size = snprintf(text, sizeof text, "%lld/%s", (long long)task_id, name);
        enum assay_err rc = vault_put(m->t->world.vault, text, (size_t)size, &sealed, e);
        if (rc != ASSAY_OK)
            return rc;
        struct blob_row row = {.size = size,
                               .item_id = item_id,
                               .rendition = name,
                               .width = 480,
                               .height = 320,
                               .maker = "test"};
        memcpy(row.id, sealed.id, sizeof row.id);
        memcpy(row.wrapped, sealed.wrapped, sizeof row.wrapped);
        if ((rc = blob_insert(tx, &row, e)) != 0)
            return rc;
    }
    return ASSAY_OK;
}

static enum assay_err make_one(struct tx *tx, const struct making *m, int64_t *task_id,
                               struct err *e)
{
    struct item_row item = {.id = rand_id(),
                            .size = 1000,
                            .mime = "image/jpeg",
                            .kind = "picture",
                            .created_ms = clock_now_ms()};
    struct task_row task = {.id = rand_id(),
                            .item_id = item.id,
                            .batch_id = m->t->batch_id,
                            .priority = 1,
                            .due_ms = INT64_MAX,
                            .scheme = "training-landscapes",
                            .state = "waiting"};
    struct picture_row picture = {.made_ms = clock_now_ms(),
                                  .item_id = item.id,
                                  .width = 640,
                                  .height = 480,
                                  .frames = 1,
                                  .maker = "test"};
    struct sighting_row sighting = {.created_ms = clock_now_ms(),
                                    .id = rand_id(),
                                    .item_id = item.id,
                                    .batch_id = m->t->batch_id};
    struct buf sealed;
    char text[80];
    enum assay_err rc;

    int size = snprintf(text, sizeof text, "{\"path\":\"lake/%lld.jpg\"}", (long long)task.id);
    buf_init(&sealed, 1000);
    keys_seal(m->t->world.keys, &sighting.id, sizeof sighting.id, text, (size_t)size, &sealed);
    sighting.text_sealed = sealed.data;
    sighting.text_size = sealed.size;

    *task_id = task.id;
    rand_bytes(item.sha256, sizeof item.sha256);
    rand_bytes(item.sha1, sizeof item.sha1);
    rand_bytes(item.md5, sizeof item.md5);
    rand_bytes(sighting.path_mac, sizeof sighting.path_mac);
    if ((rc = item_insert(tx, &item, e)) != 0 || (rc = picture_put(tx, &picture, e)) != 0 ||
        (rc = task_insert(tx, &task, clock_now_ms(), e)) != 0 ||
        (rc = sighting_insert(tx, &sighting, e)) != 0)
        goto out;
    rc = m->pictures == WORLD_WITH_PICTURES ? make_pictures(tx, m, item.id, task.id, e) : ASSAY_OK;
out:
    buf_clear(&sealed);
    return rc;
}

static enum assay_err make_group(struct tx *tx, void *ctx, struct err *e)
{
    const struct making *m = ctx;

    for (size_t i = 0; i < m->count; i++) {
        int64_t id;
        enum assay_err rc = make_one(tx, m, &id, e);
        if (rc != ASSAY_OK)
            return rc;
        if (m->ids != NULL)
            m->ids[i] = id;
    }
    return ASSAY_OK;
}

void world_tasks(struct world_test *t, size_t count, enum world_pictures pictures, int64_t *ids)
{
    while (count > 0) {
        struct making m = {t, count < GROUP ? count : GROUP, pictures, ids};
        must(store_write(t->world.store, make_group, &m, &t->e), "tasks", &t->e);
        count -= m.count;
        ids = ids == NULL ? NULL : ids + m.count;
    }
}

/* ---- answers ---- */

const struct json *world_json(struct world_test *t, struct buf *answer)
{
    struct json *root;

    must(json_parse(t->arena, answer->data, answer->size, &root, &t->e), "answer", &t->e);
    return root;
}

const struct json *world_at(const struct json *root, const char *path)
{
    char part[64];

    while (root != NULL && *path != '\0') {
        size_t size = strcspn(path, ".");
        (void)snprintf(part, sizeof part, "%.*s", (int)size, path);
        path += size + (path[size] == '.' ? 1 : 0);
        if (root->kind == JSON_IS_ARRAY) {
            long index = strtol(part, NULL, 10);
            root = root->first;
            while (root != NULL && index-- > 0)
                root = root->next;
        } else {
            root = json_get(root, part);
        }
    }
    return root;
}

const char *world_text(const struct json *root, const char *path)
{
    const struct json *v = world_at(root, path);

    return v == NULL || v->kind != JSON_IS_STRING ? NULL : v->text;
}

int64_t world_number(const struct json *root, const char *path)
{
    const struct json *v = world_at(root, path);

    if (v == NULL || (v->kind != JSON_IS_NUMBER && v->kind != JSON_IS_STRING))
        die("no number at", path);
    return strtoll(v->text, NULL, 10);
}

void world_token(const struct json *root, const char *path, uint8_t token[16])
{
    const char *hex = world_text(root, path);

    if (hex == NULL || str_unhex(hex, token, 16) != ASSAY_OK)
        die("no lease at", path);
}
