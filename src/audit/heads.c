/* Reads the signed heads, and swaps the one outside DATA. */
#include "audit/heads.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "audit/audit.h"
#include "audit/disk.h"
#include "base/fs.h"
#include "store/record.h"

#define HEAD_MODE 0600

void heads_key(const char *workspace, const uint8_t public_key[KEYS_PUBLIC_BYTES],
               struct note_key *out)
{
    char name[64];

    (void)snprintf(name, sizeof name, "assay/%.32s", workspace);
    note_key_init(out, name, NOTE_ED25519, public_key);
}

void audit_key_text(const struct keys *k, struct buf *b)
{
    uint8_t public_key[KEYS_PUBLIC_BYTES];
    struct note_key key;

    keys_public(k, KEYS_SIGN_RECORD, public_key);
    heads_key(keys_workspace(k), public_key, &key);
    note_key_text(&key, b);
}

/* Take what was read, or that nothing is there, into h. */
static enum assay_err take(const struct heads *h, struct signed_head *head, enum assay_err read_rc,
                           struct err *e)
{
    enum assay_err rc = read_rc;

    if (rc == ASSAY_ENOTFOUND)
        return ASSAY_OK;
    if (rc == ASSAY_OK)
        rc = checkpoint_open((const char *)head->text.data, head->text.size, &h->key, &head->c, e);
    if (rc == ASSAY_EFORMAT)
        rc = ASSAY_EDAMAGED;
    if (rc != ASSAY_OK)
        return err_prefix(e, rc, "%.200s", head->place);
    head->present = true;
    return ASSAY_OK;
}

static enum assay_err read_last(struct tx *tx, void *ctx, struct err *e)
{
    struct buf *text = ctx;

    buf_reset(text);
    return record_head_last(tx, text, e);
}

enum assay_err heads_load(struct heads *h, struct store *s, const struct keys *k,
                          const char *data_dir, struct err *e)
{
    uint8_t public_key[KEYS_PUBLIC_BYTES];
    char path[PATH_MAX];
    enum assay_err rc;

    *h = (struct heads){0};
    keys_public(k, KEYS_SIGN_RECORD, public_key);
    heads_key(keys_workspace(k), public_key, &h->key);
    for (int i = 0; i < HEADS_COUNT; i++)
        buf_init(&h->at[i].text, NOTE_SIZE_MAX);
    h->at[HEADS_OUTSIDE].place = keys_head_path(k);
    h->at[HEADS_FILE].place = "audit/checkpoint";
    h->at[HEADS_STORE].place = "the store's last signed head";

    (void)snprintf(path, sizeof path, "%.3900s/audit/" DISK_CHECKPOINT, data_dir);
    rc = fs_read_file(keys_head_path(k), &h->at[HEADS_OUTSIDE].text, e);
    if ((rc = take(h, &h->at[HEADS_OUTSIDE], rc, e)) != 0)
        return rc;
    rc = fs_read_file(path, &h->at[HEADS_FILE].text, e);
    if ((rc = take(h, &h->at[HEADS_FILE], rc, e)) != 0)
        return rc;
    rc = store_read(s, read_last, &h->at[HEADS_STORE].text, e);
    return take(h, &h->at[HEADS_STORE], rc, e);
}

void heads_clear(struct heads *h)
{
    for (int i = 0; i < HEADS_COUNT; i++)
        buf_clear(&h->at[i].text);
}

void heads_leave_outside(struct heads *h)
{
    h->at[HEADS_OUTSIDE].present = false;
    h->at[HEADS_OUTSIDE].c = (struct checkpoint){0};
}

const struct signed_head *heads_newest(const struct heads *h)
{
    const struct signed_head *newest = &h->at[0];

    for (int i = 1; i < HEADS_COUNT; i++)
        if (h->at[i].present && (!newest->present || h->at[i].c.head.size > newest->c.head.size))
            newest = &h->at[i];
    return newest;
}

static bool outside_is_as_read(const struct heads *h, const char *path)
{
    const struct signed_head *was = &h->at[HEADS_OUTSIDE];
    struct buf now;

    buf_init(&now, NOTE_SIZE_MAX);
    enum assay_err rc = fs_read_file(path, &now, NULL);
    bool same = was->present ? rc == ASSAY_OK && now.size == was->text.size &&
                                   memcmp(now.data, was->text.data, now.size) == 0
                             : rc == ASSAY_ENOTFOUND;
    buf_clear(&now);
    return same;
}

enum assay_err heads_swap_outside(const struct heads *h, const struct keys *k,
                                  const struct buf *text, struct err *e)
{
    const char *path = keys_head_path(k);
    char folder[PATH_MAX];
    enum assay_err rc;

    (void)snprintf(folder, sizeof folder, "%s%s", strchr(path, '/') == NULL ? "./" : "", path);
    char *slash = strrchr(folder, '/');
    slash[slash == folder ? 1 : 0] = '\0';
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return err_errno(e, "open %.200s, where the last signed head is kept", folder);
    while (flock(fd, LOCK_EX) != 0)
        if (errno != EINTR) {
            rc = err_errno(e, "lock %.200s", folder);
            goto out;
        }
    if (!outside_is_as_read(h, path))
        rc = err_set(e, ASSAY_EBUSY, "record: another process signed it at the same time (%.200s)",
                     path);
    else
        rc = fs_replace(path, text->data, text->size, HEAD_MODE, e);
out:
    (void)close(fd); /* gives the lock back */
    return rc;
}
