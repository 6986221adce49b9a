/* Notices that an older state was put back, and goes on from it when that is accepted. */
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/audit.h"
#include "audit/heads.h"
#include "audit/rows.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/str.h"
#include "store/feed.h"

#define HEAD_MODE 0600

/* The time that an entry's own bytes give; 0 when there is none. */
static int64_t time_of(const char *entry, size_t size)
{
    struct arena *a = arena_new();
    struct json *j;
    int64_t ms = 0;

    if (json_parse(a, entry, size, &j, NULL) != ASSAY_OK ||
        json_want_int(j, "t_ms", 0, INT64_MAX, &ms, NULL) != ASSAY_OK)
        ms = 0;
    arena_free(a);
    return ms;
}

static enum assay_err size_fn(struct tx *tx, void *ctx, struct err *e)
{
    return record_size(tx, ctx, e);
}

static enum assay_err measure(const struct heads *h, struct store *s, struct audit_gap *out,
                              struct err *e)
{
    const struct signed_head *newest = heads_newest(h);
    struct rows *rows;
    struct stat st;
    int64_t size = 0;
    enum assay_err rc = store_read(s, size_fn, &size, e);

    *out = (struct audit_gap){.have = (uint64_t)size, .want = (uint64_t)size};
    if (rc != ASSAY_OK || newest->c.head.size <= out->have)
        return rc;
    out->want = newest->c.head.size;
    if (h->at[HEADS_OUTSIDE].present && stat(h->at[HEADS_OUTSIDE].place, &st) == 0)
        out->to_ms = (int64_t)st.st_mtim.tv_sec * 1000;
    if (size == 0)
        return ASSAY_OK;
    rows = mem_zalloc(sizeof *rows);
    rc = rows_read(rows, s, size - 1, e);
    if (rc == ASSAY_OK && rows->count > 0 && rows->row[0].entry != NULL)
        out->from_ms = time_of(rows->row[0].entry, rows->row[0].size);
    rows_clear(rows);
    mem_free(rows);
    return rc;
}

enum assay_err audit_gap(struct store *s, const struct keys *k, const char *data_dir,
                         struct audit_gap *out, struct err *e)
{
    struct heads h;
    enum assay_err rc = heads_load(&h, s, k, data_dir, e);

    if (rc == ASSAY_OK)
        rc = measure(&h, s, out, e);
    heads_clear(&h);
    return rc;
}

void audit_gap_text(const struct audit_gap *gap, char out[AUDIT_GAP_SIZE])
{
    char from[CLOCK_TEXT_SIZE] = "the beginning", to[CLOCK_TEXT_SIZE] = "now";

    if (gap->from_ms > 0)
        clock_text(gap->from_ms, from);
    if (gap->to_ms > 0)
        clock_text(gap->to_ms, to);
    (void)snprintf(out, AUDIT_GAP_SIZE,
                   "entries %" PRIu64 " to %" PRIu64 " (%" PRIu64
                   ") are missing: all that was recorded between %s and %s",
                   gap->have, gap->want - 1, gap->want - gap->have, from, to);
}

/* ---- giving up ---- */

struct accepting {
    const struct keys *keys;
    const struct audit_loss *loss;
    const struct audit_gap *gap;
    const struct heads *heads;
};

static enum assay_err write_entry(struct tx *tx, void *ctx, struct err *e)
{
    const struct accepting *a = ctx;
    const struct checkpoint *lost = &heads_newest(a->heads)->c;
    const struct checkpoint *kept = &a->heads->at[HEADS_STORE].c;
    char data[400], lost_root[65], kept_root[65];

    str_hex(lost->head.root.bytes, 32, lost_root);
    str_hex(kept->head.root.bytes, 32, kept_root);
    (void)snprintf(data, sizeof data,
                   "{\"first_missing\":%" PRIu64 ",\"missing\":%" PRIu64 ",\"lost_size\":%" PRIu64
                   ",\"lost_root\":\"%s\",\"kept_size\":%" PRIu64 ",\"kept_root\":\"%s\"}",
                   a->gap->have, a->gap->want - a->gap->have, lost->head.size, lost_root,
                   kept->head.size, kept_root);
    struct audit_entry entry = {.action = AUDIT_LOSS_ACCEPTED,
                                .keys = a->keys,
                                .actor = {.role = "operator"},
                                .objects = {{"staff", a->loss->staff_id}},
                                .data = data,
                                .texts = {{"reason", a->loss->reason}}};
    enum assay_err rc = audit_write(tx, &entry, NULL, e);
    return rc != ASSAY_OK ? rc : feed_epoch_forget(tx, e); /* nodes begin anew */
}

/* The head outside goes aside whole, on the disk, before anything takes its place. */
static enum assay_err set_head_aside(const struct heads *h, const struct audit_gap *gap,
                                     struct err *e)
{
    const struct signed_head *outside = &h->at[HEADS_OUTSIDE];
    char path[PATH_MAX];

    if (!outside->present)
        return ASSAY_OK;
    (void)snprintf(path, sizeof path, "%.3900s.lost-%" PRIu64, outside->place, gap->want);
    return fs_replace(path, outside->text.data, outside->text.size, HEAD_MODE, e);
}

/* Tiles that are ahead of the store tell of entries that it lacks: kept, but out of the way. */
static enum assay_err set_tiles_aside(const struct heads *h, const struct audit_gap *gap,
                                      const char *data_dir, struct err *e)
{
    char from[PATH_MAX], to[PATH_MAX];

    if (h->at[HEADS_FILE].c.head.size <= gap->have)
        return ASSAY_OK;
    (void)snprintf(from, sizeof from, "%.3900s/audit", data_dir);
    (void)snprintf(to, sizeof to, "%.3900s/audit.lost-%" PRIu64, data_dir, gap->want);
    if (rename(from, to) != 0)
        return err_errno(e, "set %.300s aside", from);
    return fs_sync_dir(data_dir, e);
}

/* From here on nothing vouches for what is lost but what was set aside. */
static enum assay_err step_back(const struct heads *h, const struct keys *k, struct err *e)
{
    const struct signed_head *kept = &h->at[HEADS_STORE];

    if (kept->present)
        return heads_swap_outside(h, k, &kept->text, e);
    if (unlink(keys_head_path(k)) != 0 && errno != ENOENT)
        return err_errno(e, "remove %.300s", keys_head_path(k));
    return ASSAY_OK;
}

enum assay_err audit_accept_loss(struct store *s, const struct keys *k, const char *data_dir,
                                 const struct audit_loss *loss, struct audit_gap *given_up,
                                 struct err *e)
{
    struct accepting a = {.keys = k, .loss = loss, .gap = given_up};
    struct heads h;
    enum assay_err rc = heads_load(&h, s, k, data_dir, e);

    a.heads = &h;
    if (rc != ASSAY_OK || (rc = measure(&h, s, given_up, e)) != 0)
        goto out;
    if (given_up->have == given_up->want) {
        rc = err_set(e, ASSAY_ESTATE, "no entry is missing: there is no loss to accept");
        goto out;
    }
    if ((rc = set_head_aside(&h, given_up, e)) != 0 ||
        (rc = store_write(s, write_entry, &a, e)) != 0 ||
        (rc = set_tiles_aside(&h, given_up, data_dir, e)) != 0 || (rc = step_back(&h, k, e)) != 0)
        goto out;
    rc = audit_advance(s, k, data_dir, NULL, e);
out:
    heads_clear(&h);
    return rc;
}
