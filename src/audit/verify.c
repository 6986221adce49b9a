/* Proves the record whole, or names the first entry that is wrong and how. */
#include <assert.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "audit/audit.h"
#include "audit/disk.h"
#include "audit/heads.h"
#include "audit/rows.h"
#include "audit/texts.h"
#include "audit/tiler.h"
#include "base/mem.h"
#include "base/str.h"

/*
 * Four places tell of each signed entry: its text (record), its leaf hash (record_seq), the hash in
 * the level 0 tile, the bytes in the bundle. The rows are streamed through a tiler; when a level 0
 * tile is complete, the four are compared entry by entry, so that the first difference is named and
 * the odd one out is known. Tiles above and heads must then follow from the leaves.
 */
#define HEADS_AT_ONCE 64

enum slot_state { SLOT_WHOLE, SLOT_NO_INDEX, SLOT_NO_TEXT, SLOT_OTHER_EVENT };

/* What the store has of one entry of the open level 0 tile. */
struct slot {
    enum slot_state state;
    uint8_t event[RECORD_EVENT_BYTES];
    struct tree_hash text_leaf, index_leaf;
};

/* A few heads of table record_head, in the order of size. */
struct past_heads {
    size_t count, next;
    struct past_head {
        int64_t size;
        struct tree_hash root;
    } head[HEADS_AT_ONCE];
};

struct verify {
    struct store *store;
    struct heads heads;
    uint64_t rows_size;   /* entries with an index */
    uint64_t signed_size; /* of the newest head */
    uint64_t good_size;   /* the last head that was found right */
    struct disk *disk;
    struct tiler *tiler;
    struct rows rows;
    size_t row_next;
    struct slot slots[TILE_WIDTH];
    struct past_heads past;
    uint64_t commitments;
    const struct audit_watch *watch;
    bool of_copy; /* the head outside is another's, ahead of this one by right */ /* or NULL */
};

/* ---- one level 0 tile against the store ---- */

/* The event id as an entry's own bytes give it: the name of a row that is gone. */
static void event_of_entry(const uint8_t *entry, size_t size, uint8_t event[RECORD_EVENT_BYTES])
{
    static const char before[] = "{\"v\":1,\"event\":\"";
    char hex[2 * RECORD_EVENT_BYTES + 1] = "";

    memset(event, 0, RECORD_EVENT_BYTES);
    if (size < sizeof before - 1 + sizeof hex - 1 || memcmp(entry, before, sizeof before - 1) != 0)
        return;
    memcpy(hex, entry + sizeof before - 1, sizeof hex - 1);
    (void)str_unhex(hex, event, RECORD_EVENT_BYTES);
}

/* The files' side of a level 0 tile. */
struct tile_side {
    struct tree_hash tile[TILE_WIDTH], bundle[TILE_WIDTH];
    uint8_t event[TILE_WIDTH][RECORD_EVENT_BYTES];
};

/* The signer makes tiles again only from the first that it misses, so all of them must go first. */
static enum assay_err tile_is_gone(const struct tile_name *name, struct err *e)
{
    char path[TILE_PATH_SIZE];

    tile_path(name, path);
    return err_set(
        e, ASSAY_EDAMAGED,
        "record: audit/%s, or the bundle beside it, is missing; somebody took it away. Put "
        "DATA/audit back from a backup, or remove DATA/audit/tile: the next signing (assay "
        "serve, import) makes all of it again from the store. Then verify again",
        path);
}

static enum assay_err read_side(struct verify *v, uint64_t index, struct tile_side *side,
                                struct err *e)
{
    bool full = index < tile_full_count(v->signed_size, 0);
    struct tile_name tile = {0, index, full ? TILE_WIDTH : tile_partial_width(v->signed_size, 0)};
    struct tile_name entries = {TILE_ENTRIES, index, tile.width};
    const uint8_t *entry;
    size_t offset = 0, size;
    enum assay_err rc;
    struct buf b;

    buf_init(&b, TILE_BUNDLE_MAX);
    if ((rc = disk_read(v->disk, &tile, &b, e)) != 0)
        goto out;
    memcpy(side->tile, b.data, b.size);
    buf_reset(&b);
    if ((rc = disk_read(v->disk, &entries, &b, e)) != 0)
        goto out;
    for (unsigned i = 0; i < tile.width; i++) {
        rc = tile_bundle_next(b.data, b.size, &offset, &entry, &size);
        assert(rc == ASSAY_OK); /* disk_read counted them */
        tree_leaf(entry, size, &side->bundle[i]);
        event_of_entry(entry, size, side->event[i]);
    }
out:
    buf_clear(&b);
    if (rc == ASSAY_OK)
        return rc;
    if (rc == ASSAY_ENOTFOUND)
        return tile_is_gone(&tile, e);
    return err_prefix(e, rc, "record: tiles of entries %" PRIu64 " to %" PRIu64, index * TILE_WIDTH,
                      index * TILE_WIDTH + tile.width - 1);
}

static bool same(const struct tree_hash *a, const struct tree_hash *b)
{
    return tree_compare(a, b) == 0;
}

/* What is wrong with one entry; NULL when nothing is. */
static const char *fault_of(const struct slot *slot, const struct tree_hash *tile,
                            const struct tree_hash *bundle)
{
    if (slot->state == SLOT_NO_INDEX)
        return "was deleted from the store's index (record_seq)";
    if (slot->state == SLOT_NO_TEXT)
        return "was deleted from the store (record)";
    bool text = same(&slot->text_leaf, tile), index = same(&slot->index_leaf, tile);
    bool kept = same(bundle, tile);
    if (text && index && kept)
        return slot->state == SLOT_OTHER_EVENT ? "stands under another event id in the store"
                                               : NULL;
    if (!text && !index && kept)
        return "is not what was signed here: changed, moved, put in or left out in the store";
    if (!text && kept)
        return "was changed in the store (record)";
    if (!index && kept)
        return "has a changed leaf hash in the store (record_seq)";
    if (text && index)
        return "was changed in its entry bundle (tile/entries)";
    if (same(&slot->text_leaf, bundle))
        return "has a changed hash in its tile (tile/0)";
    return "differs between store, tile and bundle";
}

/* The first width entries of the tile, which lie in the slots. */
static enum assay_err check_tile_0(struct verify *v, uint64_t index, unsigned width, struct err *e)
{
    struct tile_side *side = mem_alloc(sizeof *side);
    char name[ROWS_NAME_SIZE];
    enum assay_err rc = read_side(v, index, side, e);

    for (unsigned i = 0; rc == ASSAY_OK && i < width; i++) {
        const struct slot *slot = &v->slots[i];
        const char *fault = fault_of(slot, &side->tile[i], &side->bundle[i]);
        if (fault == NULL)
            continue;
        /* Name it by the id that was signed where the bundle still has it. */
        bool kept = same(&side->bundle[i], &side->tile[i]);
        rows_name(index * TILE_WIDTH + i, kept ? side->event[i] : slot->event, name);
        rc = err_set(e, ASSAY_EDAMAGED, "record: %s %s", name, fault);
    }
    mem_free(side);
    return rc;
}

/* ---- tiles as the tiler completes them ---- */

static enum assay_err check_tile(void *ctx, const struct tile_name *name, const uint8_t *bytes,
                                 size_t size, struct err *e)
{
    struct verify *v = ctx;
    char path[TILE_PATH_SIZE];
    enum assay_err rc;
    struct buf b;

    if (name->level == TILE_ENTRIES)
        return ASSAY_OK; /* compared with their tile */
    if (name->level == 0)
        return check_tile_0(v, name->index, name->width, e);
    buf_init(&b, TILE_BYTES);
    tile_path(name, path);
    rc = disk_read(v->disk, name, &b, e);
    if (rc == ASSAY_ENOTFOUND) {
        rc = tile_is_gone(name, e);
        goto out;
    }
    if (rc != ASSAY_OK) {
        rc = err_prefix(e, rc, "record: %s", path);
        goto out;
    }
    for (size_t at = 0; at < size; at += TREE_HASH_BYTES)
        if (memcmp(b.data + at, bytes + at, TREE_HASH_BYTES) != 0) {
            uint64_t hash = name->index * TILE_WIDTH + at / TREE_HASH_BYTES;
            rc = err_set(e, ASSAY_EDAMAGED,
                         "record: %s was changed, in the hash over the entries from %" PRIu64 " on",
                         path, hash << (8 * name->level));
            goto out;
        }
out:
    buf_clear(&b);
    return rc;
}

/* ---- heads ---- */

static enum assay_err keep_head(void *ctx, const struct record_head *from, struct err *e)
{
    struct verify *v = ctx;
    struct past_head *to = &v->past.head[v->past.count];
    struct checkpoint c;
    enum assay_err rc;

    to->size = from->size;
    memcpy(to->root.bytes, from->root, sizeof to->root.bytes);
    rc = checkpoint_open(from->checkpoint, strlen(from->checkpoint), &v->heads.key, &c, e);
    if (rc == ASSAY_OK && (c.head.size != (uint64_t)from->size || !same(&c.head.root, &to->root)))
        rc = err_set(e, ASSAY_EDAMAGED, "size or root is not what was signed");
    if (rc != ASSAY_OK)
        return err_prefix(e, ASSAY_EDAMAGED, "record: the store's head of %" PRId64 " entries",
                          from->size);
    v->past.count++;
    return ASSAY_OK;
}

static enum assay_err heads_fn(struct tx *tx, void *ctx, struct err *e)
{
    struct verify *v = ctx;

    v->past.count = v->past.next = 0; /* this may be run again */
    return record_heads(tx, (int64_t)v->tiler->size + 1, HEADS_AT_ONCE, keep_head, v, e);
}

static enum assay_err head_is_wrong(struct verify *v, const char *place, struct err *e)
{
    unsigned width = tile_partial_width(v->tiler->size, 0);
    char name[ROWS_NAME_SIZE];
    enum assay_err rc;

    /* The entry itself, where the open tile still tells it from the store. */
    if (width > 0 && (rc = check_tile_0(v, tile_full_count(v->tiler->size, 0), width, e)) != 0)
        return rc;
    v->rows.row[0] = (struct row){0};
    if ((rc = rows_read(&v->rows, v->store, (int64_t)v->good_size, e)) != 0)
        return rc;
    rows_name(v->good_size, v->rows.row[0].event, name);
    return err_set(e, ASSAY_EDAMAGED,
                   "record: rewritten since the head of %" PRIu64
                   " entries was signed (%.160s): the "
                   "first wrong entry is %s or a later one before entry %" PRIu64,
                   v->tiler->size, place, name, v->tiler->size);
}

/* Every head of the size that has been reached must have the root over the rows so far. */
static enum assay_err check_heads_here(struct verify *v, struct err *e)
{
    struct tree_hash root;
    bool rooted = false;
    enum assay_err rc;

    for (int i = 0; i < HEADS_COUNT; i++) {
        const struct signed_head *head = &v->heads.at[i];
        if (!head->present || head->c.head.size != v->tiler->size)
            continue;
        if (!rooted)
            tiler_root(v->tiler, &root);
        rooted = true;
        if (!same(&root, &head->c.head.root))
            return head_is_wrong(v, head->place, e);
    }
    if (v->past.next < v->past.count &&
        v->past.head[v->past.next].size == (int64_t)v->tiler->size) {
        if (!rooted)
            tiler_root(v->tiler, &root);
        rooted = true;
        if (!same(&root, &v->past.head[v->past.next].root))
            return head_is_wrong(v, "table record_head", e);
        v->past.next++;
        if (v->past.next == v->past.count && v->past.count == HEADS_AT_ONCE &&
            (rc = store_read(v->store, heads_fn, v, e)) != 0)
            return rc;
    }
    if (rooted)
        v->good_size = v->tiler->size;
    return ASSAY_OK;
}

/* ---- rows ---- */

/* The row of the next index, NULL where the store has none. */
static enum assay_err next_row(struct verify *v, const struct row **out, struct err *e)
{
    enum assay_err rc;

    if (v->row_next == v->rows.count) {
        if ((rc = rows_read(&v->rows, v->store, (int64_t)v->tiler->size, e)) != 0)
            return rc;
        v->row_next = 0;
    }
    *out = NULL;
    if (v->row_next < v->rows.count && v->rows.row[v->row_next].seq == (int64_t)v->tiler->size)
        *out = &v->rows.row[v->row_next++];
    return ASSAY_OK;
}

static void fill_slot(struct slot *slot, const struct row *row)
{
    uint8_t event[RECORD_EVENT_BYTES];

    *slot = (struct slot){.state = SLOT_NO_INDEX};
    if (row == NULL)
        return;
    memcpy(slot->event, row->event, sizeof slot->event);
    slot->index_leaf = row->leaf;
    slot->state = SLOT_NO_TEXT;
    if (row->entry == NULL)
        return;
    tree_leaf(row->entry, row->size, &slot->text_leaf);
    event_of_entry((const uint8_t *)row->entry, row->size, event);
    slot->state = memcmp(event, row->event, sizeof event) == 0 ? SLOT_WHOLE : SLOT_OTHER_EVENT;
}

static enum assay_err verify_row(struct verify *v, struct err *e)
{
    struct slot *slot = &v->slots[v->tiler->size % TILE_WIDTH];
    const struct row *row;
    char name[ROWS_NAME_SIZE];
    enum assay_err rc;

    if (v->watch != NULL && v->tiler->size % TILE_WIDTH == 0 &&
        !v->watch->fn(v->watch->ctx, v->tiler->size, v->rows_size))
        return err_set(e, ASSAY_EBUSY, "record: verifying was stopped");
    if ((rc = next_row(v, &row, e)) != 0)
        return rc;
    fill_slot(slot, row);
    if (row != NULL && row->entry != NULL)
        v->commitments += texts_count_commitments(row->entry, row->size);
    /* Behind the last head only the store tells of an entry. */
    bool whole = slot->state == SLOT_WHOLE && same(&slot->text_leaf, &slot->index_leaf);
    if (v->tiler->size >= v->signed_size && !whole) {
        rows_name(v->tiler->size, slot->event, name);
        return err_set(e, ASSAY_EDAMAGED, "record: %s was changed or deleted before it was signed",
                       name);
    }
    return tiler_add(v->tiler, &slot->text_leaf, NULL, 0, e);
}

static enum assay_err size_fn(struct tx *tx, void *ctx, struct err *e)
{
    struct verify *v = ctx;
    int64_t size;
    enum assay_err rc = record_size(tx, &size, e);

    if (rc == ASSAY_OK)
        v->rows_size = (uint64_t)size;
    return rc;
}

/* A store and a DATA that were put back together agree with each other; the head outside does not.
 */
static enum assay_err check_behind(struct verify *v, struct err *e)
{
    const struct signed_head *outside = &v->heads.at[HEADS_OUTSIDE];
    uint64_t inside = v->heads.at[HEADS_FILE].c.head.size;

    if (v->heads.at[HEADS_STORE].c.head.size > inside)
        inside = v->heads.at[HEADS_STORE].c.head.size;
    if (v->heads.at[HEADS_STORE].present && !v->heads.at[HEADS_FILE].present)
        return err_set(
            e, ASSAY_EDAMAGED,
            "record: the signed head audit/checkpoint is missing; somebody took it away. "
            "The next signing makes it, and tiles that are missing, again from the "
            "store: run assay serve or import, then verify again");
    if (v->of_copy)
        return ASSAY_OK;
    if (!outside->present && inside > 0)
        return err_set(
            e, ASSAY_EDAMAGED,
            "record: the signed head that is kept outside (%.160s) is missing, so nothing "
            "vouches for the %" PRIu64 " entries; put it back from the machine that "
            "signed last",
            outside->place, v->rows_size);
    if (v->rows_size < outside->c.head.size && v->rows_size >= inside)
        return err_set(e, ASSAY_EDAMAGED,
                       "record: it has %" PRIu64 " entries, but %" PRIu64
                       " were signed (%.160s): an "
                       "older backup was put back. Entries %" PRIu64 " to %" PRIu64
                       " are missing; restore a backup that has them, or accept the loss: assay "
                       "restore --help",
                       v->rows_size, outside->c.head.size, outside->place, v->rows_size,
                       outside->c.head.size - 1);
    return ASSAY_OK;
}

static enum assay_err skip_tile(void *ctx, const struct tile_name *name, const uint8_t *bytes,
                                size_t size, struct err *e)
{
    (void)ctx;
    (void)name;
    (void)bytes;
    (void)size;
    (void)e;
    return ASSAY_OK;
}

static enum assay_err verify_rows(struct verify *v, const char *data_dir, struct err *e)
{
    enum assay_err rc;

    if ((rc = store_read(v->store, size_fn, v, e)) != 0 || (rc = check_behind(v, e)) != 0)
        return rc;
    v->signed_size = heads_newest(&v->heads)->c.head.size;
    v->disk = disk_new(data_dir, v->signed_size);
    v->tiler = mem_zalloc(sizeof *v->tiler);
    tiler_init(v->tiler, check_tile, v);
    if ((rc = store_read(v->store, heads_fn, v, e)) != 0)
        return rc;
    while (v->tiler->size < v->signed_size) {
        if ((rc = verify_row(v, e)) != 0 || (rc = check_heads_here(v, e)) != 0)
            return rc;
    }
    if ((rc = tiler_flush(v->tiler, e)) != 0)
        return rc;
    /* What has an index but no head yet has no tiles either. */
    tiler_clear(v->tiler);
    tiler_init(v->tiler, skip_tile, v);
    v->tiler->size = v->signed_size;
    while (v->tiler->size < v->rows_size)
        if ((rc = verify_row(v, e)) != 0)
            return rc;
    return ASSAY_OK;
}

/* ---- rows that the index does not lead to ---- */

static enum assay_err stray_fn(struct tx *tx, void *ctx, struct err *e)
{
    return record_stray(tx, ctx, e);
}

static enum assay_err cut_fn(struct tx *tx, void *ctx, struct err *e)
{
    return record_cut(tx, ctx, e);
}

static enum assay_err none_of(struct verify *v, store_fn *find, const char *what, struct err *e)
{
    uint8_t event[RECORD_EVENT_BYTES];
    char hex[2 * RECORD_EVENT_BYTES + 1];
    enum assay_err rc = store_read(v->store, find, event, e);

    if (rc == ASSAY_ENOTFOUND)
        return ASSAY_OK;
    if (rc != ASSAY_OK)
        return rc;
    str_hex(event, sizeof event, hex);
    return err_set(e, ASSAY_EDAMAGED, "record: the entry of event %s %s", hex, what);
}

static enum assay_err count_fn(struct tx *tx, void *ctx, struct err *e)
{
    return record_count(tx, ctx, e);
}

static enum assay_err verify_all(struct verify *v, const struct keys *k, const char *data_dir,
                                 struct audit_report *report, struct err *e)
{
    struct record_counts counts;
    uint64_t texts;
    enum assay_err rc;

    if ((rc = heads_load(&v->heads, v->store, k, data_dir, e)) != 0)
        return rc;
    if (v->of_copy)
        heads_leave_outside(&v->heads);
    if ((rc = verify_rows(v, data_dir, e)) != 0 ||
        (rc = none_of(v, stray_fn, "was put into the store past the program", e)) != 0 ||
        (store_engine(v->store) == STORE_SQLITE &&
         (rc = none_of(v, cut_fn, "has bytes behind its end", e)) != 0) ||
        (rc = texts_verify(v->store, k, &texts, e)) != 0 ||
        (rc = store_read(v->store, count_fn, &counts, e)) != 0)
        return rc;
    report->entries = (uint64_t)counts.entries;
    report->sequenced = (uint64_t)counts.sequenced;
    report->texts_erased = v->commitments > texts ? v->commitments - texts : 0;
    report->head.size = v->signed_size;
    memcpy(report->head.root, heads_newest(&v->heads)->c.head.root.bytes, sizeof report->head.root);
    return ASSAY_OK;
}

static enum assay_err verify(struct verify *v, const struct keys *k, const char *data_dir,
                             struct audit_report *report, struct err *e)
{
    struct audit_report found = {0};
    enum assay_err rc = verify_all(v, k, data_dir, &found, e);

    if (rc == ASSAY_OK && report != NULL)
        *report = found;
    rows_clear(&v->rows);
    if (v->tiler != NULL)
        tiler_clear(v->tiler);
    mem_free(v->tiler);
    mem_free(v->disk);
    heads_clear(&v->heads);
    mem_free(v);
    return rc;
}

enum assay_err audit_verify(struct store *s, const struct keys *k, const char *data_dir,
                            struct audit_report *report, struct err *e)
{
    return audit_verify_watched(s, k, data_dir, NULL, report, e);
}

enum assay_err audit_verify_watched(struct store *s, const struct keys *k, const char *data_dir,
                                    const struct audit_watch *watch, struct audit_report *report,
                                    struct err *e)
{
    struct verify *v = mem_zalloc(sizeof *v);

    v->store = s;
    v->watch = watch;
    return verify(v, k, data_dir, report, e);
}

enum assay_err audit_verify_copy(struct store *s, const struct keys *k, const char *data_dir,
                                 struct audit_report *report, struct err *e)
{
    struct verify *v = mem_zalloc(sizeof *v);

    v->store = s;
    v->of_copy = true;
    return verify(v, k, data_dir, report, e);
}
