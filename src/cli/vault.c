/* assay vault check: every blob that the store names is there and whole; what no row names is
 * swept. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "cli/cli.h"
#include "cli/simple.h"
#include "store/item.h"

static const char usage[] = "usage: assay vault check [--read-data] [--sweep]\n\n"
                            "  --read-data   read and verify every byte; else length and header\n"
                            "  --sweep       take away files that no row names and that are older "
                            "than a day: what an import\n"
                            "                that was cut off left behind\n\n"
                            "example: assay vault check --read-data\n";

#define GRACE_S (24 * 60 * 60)

struct checking {
    struct world *world;
    bool data, sweep;
    uint64_t good, bad, strays, swept;
    uint8_t last[16];
    struct vault_blob page[500];
    size_t count;
    struct names {
        struct names *next;
        char name[VAULT_NAME_SIZE];
    } * buckets[65536];
};

static size_t bucket(const char *name)
{
    uint8_t two[2] = {0};
    char hex[5];

    memcpy(hex, name, 4);
    hex[4] = '\0';
    (void)!str_unhex(hex, two, 2);
    return (size_t)two[0] << 8 | two[1];
}

static enum assay_err collect(void *ctx, const struct blob_row *b)
{
    struct checking *k = ctx;
    struct vault_blob *v = &k->page[k->count++];

    *v = (struct vault_blob){.size = (uint64_t)b->size};
    memcpy(v->id, b->id, sizeof v->id);
    memcpy(v->wrapped, b->wrapped, sizeof v->wrapped);
    return ASSAY_OK;
}

static enum assay_err page(struct tx *tx, void *ctx, struct err *e)
{
    struct checking *k = ctx;
    uint8_t after[16];

    memcpy(after, k->last, sizeof after);
    k->count = 0;
    return blob_page(tx, k->good + k->bad == 0 ? NULL : after, k->last, collect, k, e);
}

static enum assay_err check_rows(struct checking *k, struct err *e)
{
    enum assay_err rc;

    while ((rc = store_read(k->world->store, page, k, e)) == ASSAY_OK) {
        for (size_t i = 0; i < k->count; i++) {
            struct err why = {0};
            struct names *n = mem_zalloc(sizeof *n);
            vault_name(k->world->vault, k->page[i].id, n->name);
            n->next = k->buckets[bucket(n->name)];
            k->buckets[bucket(n->name)] = n;
            if (vault_check_blob(k->world->vault, &k->page[i], k->data, &why) == ASSAY_OK) {
                k->good++;
            } else {
                k->bad++;
                fprintf(stderr, "assay: %s\n", why.text);
            }
        }
        cli_progress("vault %llu blobs", (unsigned long long)(k->good + k->bad));
    }
    cli_progress_end();
    return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
}

static enum assay_err look_for_strays(void *ctx, const char *name, bool stray, int64_t age_s)
{
    struct checking *k = ctx;

    if (!stray) {
        for (const struct names *n = k->buckets[bucket(name)]; n != NULL; n = n->next) {
            if (str_equal(n->name, name))
                return ASSAY_OK;
        }
    }
    k->strays++;
    if (k->sweep && age_s > GRACE_S && vault_remove_named(k->world->vault, name, NULL) == ASSAY_OK)
        k->swept++;
    return ASSAY_OK;
}

static enum assay_err write_entry(struct tx *tx, void *ctx, struct err *e)
{
    const struct checking *k = ctx;
    char data[160];

    (void)snprintf(data, sizeof data, "{\"good\":%llu,\"bad\":%llu,\"swept\":%llu,\"data\":%d}",
                   (unsigned long long)k->good, (unsigned long long)k->bad,
                   (unsigned long long)k->swept, k->data);
    struct audit_entry entry = {.action = AUDIT_VAULT_CHECKED,
                                .actor = people_operator(),
                                .outcome = k->bad == 0 ? NULL : "failed",
                                .data = data};
    return audit_write(tx, &entry, NULL, e);
}

static void forget(struct checking *k)
{
    for (size_t i = 0; i < sizeof k->buckets / sizeof k->buckets[0]; i++) {
        while (k->buckets[i] != NULL) {
            struct names *next = k->buckets[i]->next;
            mem_free(k->buckets[i]);
            k->buckets[i] = next;
        }
    }
    mem_free(k);
}

int cli_vault(struct cli *c, int argc, char **argv)
{
    bool data = false, sweep = false;
    const struct simple_flag flags[] = {{"read-data", &data, NULL}, {"sweep", &sweep, NULL}, {0}};
    struct err e = {0};
    struct world w;
    int status = simple_options(c, usage, flags, argc, argv);

    if (status != CLI_DONE)
        return status < 0 ? CLI_DONE : status;
    if (argc - optind != 1 || !str_equal(argv[optind], "check"))
        return cli_usage("vault", "say check");
    if ((status = cli_open(c, FLOW_WITHOUT_DECODER, &w)) != CLI_DONE)
        return status;
    struct checking *k = mem_zalloc(sizeof *k);
    k->world = &w;
    k->data = data;
    k->sweep = sweep;
    enum assay_err rc;
    if ((rc = check_rows(k, &e)) != 0 || (rc = vault_each(w.vault, look_for_strays, k, &e)) != 0 ||
        (rc = store_write(w.store, write_entry, k, &e)) != 0) {
        status = cli_fail(rc, &e);
    } else {
        printf("%s: %llu blobs whole, %llu damaged, %llu named by no row%s\n",
               k->bad == 0 ? "good" : "bad", (unsigned long long)k->good,
               (unsigned long long)k->bad, (unsigned long long)(k->strays - k->swept),
               k->swept > 0 ? " (older ones were swept)" : "");
        status = k->bad == 0 ? CLI_DONE : CLI_CANNOT;
    }
    forget(k);
    if (cli_sign(&w) != ASSAY_OK)
        status = CLI_CANNOT;
    flow_close(&w);
    return status;
}
