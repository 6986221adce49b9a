/* The record's cost: entries written, signed and verified a second, one more entry signed at that
 * size, and the tree alone, beside the bare hashing of the same entries. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"
#include "audit/tree.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/str.h"
#include "db.h"

#define ENTRIES    50000
#define A_TIME     500 /* entries a transaction */
#define ONE_MORE   20  /* heads of one entry each */
#define TREE_SIZE  1000000
#define ENTRY_SIZE 420 /* bytes of a usual entry */

/* Leaves "0", "1" ... in ASCII decimal. */
static const char tree_root_hex[] =
    "91faf55f503a1a079b38f2464c2b8227cfe174f4e33326fbeae67590cfc3c612";

static void must(enum assay_err rc, const struct err *e)
{
    if (rc == ASSAY_OK)
        return;
    (void)fprintf(stderr, "bench_audit: %s\n", e->text);
    exit(3);
}

static enum assay_err write_entries(struct tx *tx, void *ctx, struct err *e)
{
    const int *count = ctx;
    enum assay_err rc = ASSAY_OK;

    for (int i = 0; i < *count && rc == ASSAY_OK; i++) {
        struct audit_entry entry = {
            .action = AUDIT_PICTURE_VIEWED,
            .actor = {.staff_id = 1, .role = "assessor", .session_id = 2, .workstation = "desk 3"},
            .objects = {{"item", 1234567890123}, {"task", 1234567890124}},
            .purpose = "grading",
            .data = "{\"rendition\":\"cover\",\"authorisation\":\"77\",\"lease\":\"99\"}",
        };
        rc = audit_write(tx, &entry, NULL, e);
    }
    return rc;
}

static void print_rate(const char *what, int64_t count, int64_t ms)
{
    (void)printf("%-38s %8lld in %6lld ms   %9.0f a second\n", what, (long long)count,
                 (long long)ms, 1000.0 * (double)count / (double)(ms > 0 ? ms : 1));
}

static void bench_record(struct db *db, struct keys *keys)
{
    struct store *s = db_store(db);
    struct audit_report report;
    int count = A_TIME, one = 1;
    struct err e;

    int64_t began_ms = clock_mono_ms();
    for (int i = 0; i < ENTRIES / A_TIME; i++)
        must(store_write(s, write_entries, &count, &e), &e);
    print_rate("entries written, 500 a transaction", ENTRIES, clock_mono_ms() - began_ms);
    began_ms = clock_mono_ms();
    must(audit_advance(s, keys, db_folder(db), NULL, &e), &e);
    print_rate("entries indexed, put in tiles, signed", ENTRIES, clock_mono_ms() - began_ms);
    int64_t taken_ms = 0;
    for (int i = 0; i < ONE_MORE; i++) {
        must(store_write(s, write_entries, &one, &e), &e);
        began_ms = clock_mono_ms();
        must(audit_advance(s, keys, db_folder(db), NULL, &e), &e);
        taken_ms += clock_mono_ms() - began_ms;
    }
    print_rate("heads over one more entry each", ONE_MORE, taken_ms);
    began_ms = clock_mono_ms();
    must(audit_verify(s, keys, db_folder(db), &report, &e), &e);
    print_rate("entries verified", (int64_t)report.entries, clock_mono_ms() - began_ms);
}

static void bench_tree(void)
{
    char text[16], entry[ENTRY_SIZE], hex[2 * TREE_HASH_BYTES + 1];
    struct tree_edge edge = {0};
    struct tree_hash hash;

    memset(entry, 'x', sizeof entry);
    int64_t began_ms = clock_mono_ms();
    for (int i = 0; i < TREE_SIZE; i++)
        tree_leaf(entry, sizeof entry, &hash);
    print_rate("leaves of 420 bytes hashed", TREE_SIZE, clock_mono_ms() - began_ms);
    began_ms = clock_mono_ms();
    for (int i = 0; i < TREE_SIZE; i++) {
        int size = snprintf(text, sizeof text, "%d", i);
        tree_leaf(text, (size_t)size, &hash);
        tree_edge_add(&edge, &hash);
    }
    tree_edge_root(&edge, &hash);
    print_rate("short leaves put into a tree", TREE_SIZE, clock_mono_ms() - began_ms);
    str_hex(hash.bytes, sizeof hash.bytes, hex);
    if (!str_equal(hex, tree_root_hex)) {
        (void)fprintf(stderr, "bench_audit: the root of %d leaves is %s\n", TREE_SIZE, hex);
        exit(3);
    }
}

int main(void)
{
    struct db *db = db_new();
    char key_file[4096];
    struct keys_place place = {.key_file = key_file};
    struct keys *keys;
    struct err e;

    (void)snprintf(key_file, sizeof key_file, "%s-key/site.key", db_folder(db));
    must(keys_create(db_folder(db), &place, &e), &e);
    must(keys_open(db_folder(db), &place, &keys, &e), &e);
    bench_record(db, keys);
    bench_tree();
    (void)remove(keys_head_path(keys));
    (void)remove(key_file);
    keys_close(keys);
    (void)snprintf(key_file, sizeof key_file, "%s-key", db_folder(db));
    (void)remove(key_file);
    db_free(db);
    return 0;
}
