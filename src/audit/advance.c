/* The sequencer: gives indexes to committed entries, writes tiles, signs the head. */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "audit/about.h"
#include "audit/audit.h"
#include "audit/disk.h"
#include "audit/heads.h"
#include "audit/rows.h"
#include "audit/tiler.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/rand.h"

/* Renewed while it works; when it is outlived all the same, the tables let only one of two win. */
#define LEASE_MS        3000
#define LEASE_FAR_MS    60000
#define LEASE_RENEW_MS  1000
#define LEASE_WAIT_MS   4000 /* longer than a killed process's lease */
#define LEASE_PAUSE_MS  20
#define BATCHES_MAX     2000 /* so that a storm of writes cannot keep one call busy for ever */
#define CHECKPOINT_MODE 0640

struct advance {
    struct store *store;
    const struct keys *keys;
    const char *data_dir;
    uint8_t holder[RECORD_HOLDER_BYTES];
    int64_t leased_ms; /* monotonic: when the lease was last taken */
    struct heads heads;
    uint64_t size;     /* entries with an index, the batch now being written included */
    struct disk *disk; /* of the last signed tree */
    struct tiler *tiler;
    struct rows rows;
    struct checkpoint signed_now;
    struct buf text; /* its note */
};

static enum assay_err take_lease(struct tx *tx, struct advance *a, struct err *e)
{
    struct record_lease lease = {.now_ms = clock_now_ms(), .far_ms = LEASE_FAR_MS};

    lease.until_ms = lease.now_ms + LEASE_MS;
    memcpy(lease.holder, a->holder, sizeof lease.holder);
    return record_lease_take(tx, &lease, e);
}

static enum assay_err lease_fn(struct tx *tx, void *ctx, struct err *e)
{
    struct advance *a = ctx;

    a->leased_ms = clock_mono_ms();
    return take_lease(tx, a, e);
}

/* Long work between batches keeps the lease too. EBUSY when it was lost. */
static enum assay_err keep_lease(struct advance *a, struct err *e)
{
    if (clock_mono_ms() - a->leased_ms < LEASE_RENEW_MS)
        return ASSAY_OK;
    return store_write(a->store, lease_fn, a, e);
}

static enum assay_err wait_for_lease(struct advance *a, struct err *e)
{
    int64_t until_ms = clock_mono_ms() + LEASE_WAIT_MS;
    enum assay_err rc;

    while ((rc = store_write(a->store, lease_fn, a, e)) == ASSAY_EBUSY &&
           clock_mono_ms() < until_ms)
        clock_sleep_ms(LEASE_PAUSE_MS);
    return rc;
}

static enum assay_err drop_fn(struct tx *tx, void *ctx, struct err *e)
{
    const struct advance *a = ctx;

    return record_lease_drop(tx, a->holder, e);
}

/* A lease that ran out under a stalled holder lets two work at once; the keys of the tables then
 * refuse the later one. */
static enum assay_err overtaken(enum assay_err rc, struct err *e)
{
    if (rc != ASSAY_EEXISTS)
        return rc;
    return err_set(e, ASSAY_EBUSY, "record: another process signed it at the same time");
}

/* ---- indexes ---- */

static enum assay_err collect(void *ctx, const struct record_row *from, struct err *e)
{
    struct rows *r = ctx;
    struct row *to = &r->row[r->count];

    assert(r->count < ROWS_MAX);
    if (from->event == NULL || from->entry == NULL)
        return err_set(e, ASSAY_EDAMAGED, "record: an entry that waited for its index is gone");
    memcpy(to->event, from->event, sizeof to->event);
    tree_leaf(from->entry, strlen(from->entry), &to->leaf);
    r->count++;
    return ASSAY_OK;
}

static enum assay_err sequence_fn(struct tx *tx, void *ctx, struct err *e)
{
    struct advance *a = ctx;
    enum assay_err rc;
    int64_t first;

    a->rows.count = 0; /* this may be run again */
    if ((rc = take_lease(tx, a, e)) != 0 || (rc = record_size(tx, &first, e)) != 0)
        return rc;
    a->size = (uint64_t)first;
    if ((rc = record_waiting(tx, ROWS_MAX, collect, &a->rows, e)) != 0 || a->rows.count == 0)
        return rc;
    for (size_t i = 0; i < a->rows.count; i++) {
        const struct row *r = &a->rows.row[i];
        rc = record_seq_insert(tx, first + (int64_t)i, r->event, r->leaf.bytes, e);
        if (rc != ASSAY_OK)
            return overtaken(rc, e);
    }
    a->size += a->rows.count;
    return record_new_clear(tx, first, e);
}

static enum assay_err sequence(struct advance *a, struct err *e)
{
    enum assay_err rc = ASSAY_OK;

    for (int i = 0; i < BATCHES_MAX; i++) {
        if ((rc = store_write(a->store, sequence_fn, a, e)) != 0 || a->rows.count < ROWS_MAX)
            break;
    }
    rows_clear(&a->rows);
    return rc;
}

/* ---- tiles, from bytes read again ---- */

static enum assay_err head_differs(const struct signed_head *head, struct err *e)
{
    return err_set(e, ASSAY_EDAMAGED,
                   "record: its first %" PRIu64 " entries are not those that were signed (%.160s): "
                   "rewritten, or another workspace's store. Nothing is signed; run assay audit "
                   "verify",
                   head->c.head.size, head->place);
}

/* Each signed head of the size that the tiler has reached must have its root. */
static enum assay_err check_heads_here(struct advance *a, struct err *e)
{
    struct tree_hash root;

    for (int i = 0; i < HEADS_COUNT; i++) {
        const struct signed_head *head = &a->heads.at[i];
        if (!head->present || head->c.head.size != a->tiler->size)
            continue;
        tiler_root(a->tiler, &root);
        if (tree_compare(&root, &head->c.head.root) != 0)
            return head_differs(head, e);
    }
    return ASSAY_OK;
}

/* Heads of sizes before the tiler's start, by the tiles that stand. */
static enum assay_err check_older_heads(struct advance *a, uint64_t start, struct err *e)
{
    struct tree_hash root;
    enum assay_err rc;

    for (int i = 0; i < HEADS_COUNT; i++) {
        const struct signed_head *head = &a->heads.at[i];
        if (!head->present || head->c.head.size >= start)
            continue;
        if ((rc = tree_root(disk_hash, a->disk, head->c.head.size, &root, e)) != 0)
            return rc;
        if (tree_compare(&root, &head->c.head.root) != 0)
            return head_differs(head, e);
    }
    return ASSAY_OK;
}

/* Start from the tiles of the last signed tree; from nothing where they are gone. */
static enum assay_err start_tiler(struct advance *a, struct err *e)
{
    uint64_t start = a->disk->size - a->disk->size % TILE_WIDTH;
    enum assay_err rc;

    if ((rc = tiler_resume(a->tiler, start, disk_hash, a->disk, e)) == ASSAY_OK)
        rc = check_older_heads(a, start, e);
    if (rc != ASSAY_ENOTFOUND)
        return rc;
    log_warn("record.tiles_made_again", LOG_COUNT("entries", a->disk->size));
    return tiler_resume(a->tiler, 0, disk_hash, a->disk, e);
}

static enum assay_err write_tile(void *ctx, const struct tile_name *name, const uint8_t *bytes,
                                 size_t size, struct err *e)
{
    return disk_write(ctx, name, bytes, size, e);
}

static enum assay_err add_row(struct advance *a, const struct row *row, struct err *e)
{
    char name[ROWS_NAME_SIZE];
    struct tree_hash leaf;
    enum assay_err rc;

    rows_name(a->tiler->size, row->event, name);
    if ((uint64_t)row->seq != a->tiler->size || row->entry == NULL || row->size > TILE_ENTRY_MAX)
        return err_set(e, ASSAY_EDAMAGED, "record: %s is missing from the store", name);
    tree_leaf(row->entry, row->size, &leaf);
    if (tree_compare(&leaf, &row->leaf) != 0)
        return err_set(e, ASSAY_EDAMAGED, "record: %s was changed in the store", name);
    if ((rc = tiler_add(a->tiler, &leaf, row->entry, row->size, e)) != 0)
        return rc;
    return check_heads_here(a, e);
}

static enum assay_err make_tiles(struct advance *a, struct err *e)
{
    enum assay_err rc;

    if ((rc = start_tiler(a, e)) != 0 || (rc = check_heads_here(a, e)) != 0)
        return rc;
    while (a->tiler->size < a->size) {
        uint64_t left = a->size - a->tiler->size;
        if ((rc = keep_lease(a, e)) != 0 ||
            (rc = rows_read(&a->rows, a->store, (int64_t)a->tiler->size, e)) != 0)
            return rc;
        if (a->rows.count == 0)
            return err_set(e, ASSAY_EDAMAGED, "record: entry %" PRIu64 " is missing from the store",
                           a->tiler->size);
        for (size_t i = 0; i < a->rows.count && i < left; i++)
            if ((rc = add_row(a, &a->rows.row[i], e)) != 0)
                return rc;
    }
    return tiler_flush(a->tiler, e);
}

/* ---- signing ---- */

static void sign_head(struct advance *a)
{
    uint8_t signature[KEYS_SIGNATURE_BYTES];

    a->signed_now.head.size = a->tiler->size;
    tiler_root(a->tiler, &a->signed_now.head.root);
    (void)snprintf(a->signed_now.origin, sizeof a->signed_now.origin, "%s", a->heads.key.name);
    checkpoint_text(&a->signed_now, &a->text);
    keys_sign(a->keys, KEYS_SIGN_RECORD, a->text.data, a->text.size, signature);
    buf_add_char(&a->text, '\n');
    note_add_signature(&a->heads.key, signature, &a->text);
    assert(!a->text.over);
}

static enum assay_err head_fn(struct tx *tx, void *ctx, struct err *e)
{
    struct advance *a = ctx;
    struct record_head head = {.size = (int64_t)a->signed_now.head.size,
                               .checkpoint = buf_cstr(&a->text),
                               .signed_ms = clock_now_ms()};

    memcpy(head.root, a->signed_now.head.root.bytes, sizeof head.root);
    return overtaken(record_head_insert(tx, &head, e), e);
}

/* Bring the head into the places that do not have it. The outside comes first: once a head is
 * there, no store that was put back passes unseen; a crash behind it is made good by the next call.
 */
static enum assay_err publish(struct advance *a, struct err *e)
{
    uint64_t size = a->signed_now.head.size;
    char path[PATH_MAX];
    enum assay_err rc;

    if (!a->heads.at[HEADS_OUTSIDE].present && heads_newest(&a->heads)->present)
        log_warn("record.head_adopted", LOG_COUNT("entries", heads_newest(&a->heads)->c.head.size));
    if (a->heads.at[HEADS_OUTSIDE].c.head.size < size &&
        (rc = heads_swap_outside(&a->heads, a->keys, &a->text, e)) != 0)
        return rc;
    disk_path(a->disk, DISK_CHECKPOINT, path);
    if (a->heads.at[HEADS_FILE].c.head.size < size &&
        (rc = fs_replace(path, a->text.data, a->text.size, CHECKPOINT_MODE, e)) != 0)
        return rc;
    if (a->heads.at[HEADS_STORE].c.head.size < size &&
        (rc = store_write(a->store, head_fn, a, e)) != 0)
        return rc;
    disk_drop_partials(a->disk, a->disk->size, size);
    return ASSAY_OK;
}

static enum assay_err size_fn(struct tx *tx, void *ctx, struct err *e)
{
    struct advance *a = ctx;
    int64_t size = 0;
    enum assay_err rc = record_size(tx, &size, e);

    a->size = (uint64_t)size;
    return rc;
}

static enum assay_err advance_leased(struct advance *a, struct err *e)
{
    enum assay_err rc;

    if ((rc = heads_load(&a->heads, a->store, a->keys, a->data_dir, e)) != 0 ||
        (rc = store_read(a->store, size_fn, a, e)) != 0)
        return rc;
    const struct signed_head *newest = heads_newest(&a->heads);
    uint64_t was = newest->c.head.size;
    /* Before anything gets an index: entries that are recorded now must not take the place of those
     * that are missing. */
    if (a->size < was)
        return err_set(e, ASSAY_EDAMAGED,
                       "record: the store has %" PRIu64 " entries, but %" PRIu64 " were signed "
                       "(%.160s): an older backup was put back. Restore one that has them all, or "
                       "accept the loss (assay restore --help); until then nothing is signed",
                       a->size, was, newest->place);
    if ((rc = sequence(a, e)) != 0)
        return rc;
    tree_empty(&a->signed_now.head.root);
    if (a->size == 0)
        return ASSAY_OK;
    a->disk = disk_new(a->data_dir, was);
    a->tiler = mem_zalloc(sizeof *a->tiler);
    tiler_init(a->tiler, write_tile, a->disk);
    if ((rc = make_tiles(a, e)) != 0)
        return rc;
    if (a->size == was) {
        a->signed_now = newest->c;
        buf_add(&a->text, newest->text.data, newest->text.size);
    } else {
        sign_head(a);
    }
    return publish(a, e);
}

enum assay_err audit_advance(struct store *s, const struct keys *k, const char *data_dir,
                             struct audit_head *head, struct err *e)
{
    struct advance *a = mem_zalloc(sizeof *a);
    enum assay_err rc;

    a->store = s;
    a->keys = k;
    a->data_dir = data_dir;
    rand_bytes(a->holder, sizeof a->holder);
    buf_init(&a->text, NOTE_SIZE_MAX);
    if ((rc = wait_for_lease(a, e)) != 0)
        goto out;
    rc = advance_leased(a, e);
    (void)store_write(s, drop_fn, a, NULL); /* else it runs out by itself */
    if (rc == ASSAY_OK)
        rc = about_advance(s, a->size, e);
    if (rc == ASSAY_OK && head != NULL) {
        head->size = a->signed_now.head.size;
        memcpy(head->root, a->signed_now.head.root.bytes, sizeof head->root);
    }
out:
    rows_clear(&a->rows);
    if (a->tiler != NULL)
        tiler_clear(a->tiler);
    mem_free(a->tiler);
    mem_free(a->disk);
    heads_clear(&a->heads);
    buf_clear(&a->text);
    mem_free(a);
    return rc;
}
