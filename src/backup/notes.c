/* What of backups the workspace itself keeps: rows, record entries, and their list. */
#include <stdio.h>

#include "backup/backup.h"
#include "base/clock.h"
#include "base/rand.h"

#define LIST_MAX 100

struct noting {
    const struct backup_report *report;
    int64_t took_ms;
    enum audit_action action;
};

static enum assay_err note(struct tx *tx, void *ctx, struct err *e)
{
    const struct noting *n = ctx;
    const struct backup_report *r = n->report;
    struct backup_row row = {rand_id(),         BACKUP_TESTED,     "",         r->entries,
                             (int64_t)r->files, (int64_t)r->bytes, n->took_ms, clock_now_ms()};
    char data[160];
    enum assay_err rc = ASSAY_OK;

    (void)snprintf(row.name, sizeof row.name, "%s", r->name);
    (void)snprintf(data, sizeof data, "{\"backup\":\"%s\",\"entries\":%lld}", r->name,
                   (long long)r->entries);
    struct audit_entry entry = {.action = n->action, .actor = people_operator(), .data = data};
    if (n->action == AUDIT_BACKUP_TESTED)
        rc = backup_insert(tx, &row, e);
    return rc != ASSAY_OK ? rc : audit_write(tx, &entry, NULL, e);
}

enum assay_err backup_note_tested(struct world *w, const struct backup_report *r, int64_t took_ms,
                                  struct err *e)
{
    struct noting n = {r, took_ms, AUDIT_BACKUP_TESTED};

    return store_write(w->store, note, &n, e);
}

enum assay_err backup_note_restored(struct world *w, const struct backup_report *r, struct err *e)
{
    struct noting n = {r, 0, AUDIT_WORKSPACE_RESTORED};

    return store_write(w->store, note, &n, e);
}

/* ---- the list ---- */

static void add_row(struct json_out *o, const char *key, const struct backup_row *b)
{
    json_object(o, key);
    json_id(o, "id", b->id);
    json_text(o, "act", backup_act_name(b->act));
    json_text(o, "backup", b->name);
    json_int(o, "entries", b->entries);
    json_int(o, "files", b->files);
    json_int(o, "bytes", b->size_bytes);
    json_int(o, "took_ms", b->took_ms);
    json_time(o, "done", b->done_ms);
    json_object_end(o);
}

static enum assay_err add_last(struct tx *tx, struct json_out *o, enum backup_act act,
                               const char *key, struct err *e)
{
    struct backup_row row;
    enum assay_err rc = backup_last(tx, act, &row, e);

    if (rc == ASSAY_OK)
        add_row(o, key, &row);
    else if (rc == ASSAY_ENOTFOUND)
        json_null(o, key);
    return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
}

static void add_each(void *ctx, const struct backup_row *b)
{
    add_row(ctx, NULL, b);
}

static enum assay_err list(struct tx *tx, void *ctx, struct err *e)
{
    struct buf *answer = ctx;
    struct json_out o;
    enum assay_err rc;

    buf_reset(answer);
    json_out_init(&o, answer);
    json_object(&o, NULL);
    if ((rc = add_last(tx, &o, BACKUP_MADE, "last_backup", e)) != 0 ||
        (rc = add_last(tx, &o, BACKUP_TESTED, "last_test", e)) != 0)
        return rc;
    json_array(&o, "backups");
    rc = backup_each(tx, LIST_MAX, add_each, &o, e);
    json_array_end(&o);
    json_object_end(&o);
    return rc;
}

enum assay_err backup_list(struct store *s, struct buf *answer, struct err *e)
{
    return store_read(s, list, answer, e);
}
