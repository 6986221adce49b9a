/* The signed head for others, and proofs that an entry is under it. */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "audit/audit.h"
#include "audit/disk.h"
#include "audit/heads.h"
#include "audit/proof.h"
#include "base/fs.h"
#include "base/mem.h"
#include "store/record.h"

enum assay_err audit_checkpoint(const char *data_dir, struct buf *b, struct err *e)
{
    char path[PATH_MAX];

    (void)snprintf(path, sizeof path, "%.3900s/audit/" DISK_CHECKPOINT, data_dir);
    enum assay_err rc = fs_read_file(path, b, e);
    if (rc == ASSAY_ENOTFOUND)
        return err_set(e, rc, "record: no head has been signed yet");
    return rc;
}

struct find {
    const struct audit_event_id *id;
    int64_t seq;
    struct buf entry;
};

static enum assay_err find_fn(struct tx *tx, void *ctx, struct err *e)
{
    struct find *f = ctx;

    buf_reset(&f->entry);
    return record_find(tx, f->id->bytes, &f->seq, &f->entry, e);
}

/* The checkpoint's head, unverified: what is proved here is checked by whoever gets it. */
static enum assay_err read_head(const struct buf *text, struct tree_head *out, struct err *e)
{
    struct checkpoint c;
    struct note note;
    enum assay_err rc;

    if ((rc = note_parse((const char *)text->data, text->size, &note, e)) != 0 ||
        (rc = checkpoint_parse(note.text, note.text_size, &c, e)) != 0)
        return err_prefix(e, ASSAY_EDAMAGED, "audit/checkpoint");
    *out = c.head;
    return ASSAY_OK;
}

/* The proof that f's entry is under the head of the note in text, appended to b. */
static enum assay_err prove_under(const char *data_dir, const struct find *f,
                                  const struct buf *text, struct buf *b, struct err *e)
{
    struct disk *disk = NULL;
    struct tree_hash leaf;
    struct tree_head head;
    struct proof p = {0};
    enum assay_err rc = read_head(text, &head, e);

    if (rc != ASSAY_OK)
        return rc;
    if (f->seq < 0 || (uint64_t)f->seq >= head.size)
        return err_set(e, ASSAY_ENOTFOUND, "record: the event is not under a signed head yet");
    p.index = (uint64_t)f->seq;
    p.checkpoint = (const char *)text->data;
    p.checkpoint_size = text->size;
    disk = disk_new(data_dir, head.size);
    if ((rc = tree_prove_inclusion(disk_hash, disk, p.index, head.size, &p.path, e)) != 0) {
        rc = err_prefix(e, ASSAY_EDAMAGED, "record: proof of entry %llu",
                        (unsigned long long)p.index);
        goto out;
    }
    tree_leaf(f->entry.data, f->entry.size, &leaf);
    if (tree_check_inclusion(&leaf, p.index, &head, &p.path) != ASSAY_OK) {
        rc = err_set(e, ASSAY_EDAMAGED, "record: entry %llu is not under the signed head",
                     (unsigned long long)p.index);
        goto out;
    }
    proof_write(&p, b);
out:
    mem_free(disk);
    return rc;
}

enum assay_err audit_prove(struct store *s, const char *data_dir, const struct audit_event_id *id,
                           struct buf *b, struct err *e)
{
    struct find f = {.id = id, .seq = -1};
    struct buf text;
    enum assay_err rc;

    buf_init(&text, NOTE_SIZE_MAX);
    buf_init(&f.entry, TILE_ENTRY_MAX);
    rc = store_read(s, find_fn, &f, e);
    if (rc == ASSAY_ENOTFOUND)
        rc = err_set(e, rc, "record: no such event");
    if (rc == ASSAY_OK && (rc = audit_checkpoint(data_dir, &text, e)) == ASSAY_OK)
        rc = prove_under(data_dir, &f, &text, b, e);
    buf_clear(&f.entry);
    buf_clear(&text);
    return rc;
}

struct first {
    struct find find;
    struct buf text; /* the first signed head over it */
};

static enum assay_err keep_head(void *ctx, const struct record_head *head, struct err *e)
{
    struct first *f = ctx;

    (void)e;
    buf_add_str(&f->text, head->checkpoint);
    return ASSAY_OK;
}

static enum assay_err first_fn(struct tx *tx, void *ctx, struct err *e)
{
    struct first *f = ctx;
    enum assay_err rc = find_fn(tx, &f->find, e);

    buf_reset(&f->text);
    if (rc != ASSAY_OK || f->find.seq < 0)
        return rc;
    return record_heads(tx, f->find.seq + 1, 1, keep_head, f, e);
}

enum assay_err audit_prove_first(struct store *s, const char *data_dir,
                                 const struct audit_event_id *id, struct buf *entry,
                                 struct buf *proof, struct err *e)
{
    struct first f = {.find = {.id = id, .seq = -1}};
    enum assay_err rc;

    buf_init(&f.text, NOTE_SIZE_MAX);
    buf_init(&f.find.entry, TILE_ENTRY_MAX);
    rc = store_read(s, first_fn, &f, e);
    if (rc == ASSAY_ENOTFOUND)
        rc = err_set(e, rc, "record: no such event");
    else if (rc == ASSAY_OK && f.text.size == 0)
        rc = err_set(e, ASSAY_ENOTFOUND, "record: the event is not under a signed head yet");
    if (rc == ASSAY_OK && (rc = prove_under(data_dir, &f.find, &f.text, proof, e)) == ASSAY_OK)
        buf_add(entry, f.find.entry.data, f.find.entry.size);
    buf_clear(&f.find.entry);
    buf_clear(&f.text);
    return rc;
}
