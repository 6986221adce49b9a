/* Makes a small record for verifiers that are not ours: usage make_record FOLDER COUNT... writes
 * that many entries and signs, once for each COUNT; FOLDER must exist. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"
#include "base/fs.h"

struct writing {
    long left;
    struct audit_event_id last;
};

static void must(enum assay_err rc, const struct err *e)
{
    if (rc == ASSAY_OK)
        return;
    (void)fprintf(stderr, "make_record: %s\n", e->text);
    exit(1);
}

static enum assay_err write_entries(struct tx *tx, void *ctx, struct err *e)
{
    struct writing *w = ctx;
    enum assay_err rc = ASSAY_OK;

    for (long i = 0; i < w->left && rc == ASSAY_OK; i++) {
        struct audit_entry entry = {.action = AUDIT_VAULT_CHECKED,
                                    .actor = {.role = "operator"},
                                    .data = "{\"place\":\"gr\xc3\xbc\xc3\x9f\"}"};
        rc = audit_write(tx, &entry, &w->last, e);
    }
    return rc;
}

static void path_of(char *out, const char *folder, const char *name)
{
    if ((size_t)snprintf(out, PATH_MAX, "%s/%s", folder, name) >= PATH_MAX)
        exit(1);
}

int main(int argc, char **argv)
{
    char data[PATH_MAX], key_file[PATH_MAX], path[PATH_MAX], name[32];
    struct keys_place place = {.key_file = key_file};
    struct store *store;
    struct keys *keys;
    struct err e;
    struct buf b;

    if (argc < 3)
        return 2;
    path_of(data, argv[1], "data");
    path_of(key_file, argv[1], "site.key");
    must(fs_make_dirs(data, 0700, &e), &e);
    must(keys_create(data, &place, &e), &e);
    must(keys_open(data, &place, &keys, &e), &e);
    must(store_open(data, NULL, &store, &e), &e);
    buf_init(&b, 1 << 20);
    for (int i = 2; i < argc; i++) {
        struct writing w = {.left = strtol(argv[i], NULL, 10)};
        must(store_write(store, write_entries, &w, &e), &e);
        must(audit_advance(store, keys, data, NULL, &e), &e);
        buf_reset(&b);
        must(audit_checkpoint(data, &b, &e), &e);
        (void)snprintf(name, sizeof name, "checkpoint.%d", i - 1);
        path_of(path, argv[1], name);
        must(fs_replace(path, b.data, b.size, 0600, &e), &e);
        buf_reset(&b);
        must(audit_prove(store, data, &w.last, &b, &e), &e);
        path_of(path, argv[1], "last.tlog-proof");
        must(fs_replace(path, b.data, b.size, 0600, &e), &e);
    }
    (void)printf("%s\n", keys_workspace(keys));
    buf_clear(&b);
    store_close(store);
    keys_close(keys);
    return 0;
}
