/* Looking for items by an id or a hash that is typed exactly. */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/str.h"
#include "flow/items/items_impl.h"
#include "store/history.h"
#include "store/item.h"
#include "store/task.h"

#define FOUND_MAX  50
#define HASH_BYTES 32 /* the longest */

struct searching {
    const struct caller *caller;
    const char *query;
    int64_t id; /* not 0: it is an id */
    size_t hash_size;
    uint8_t hash[HASH_BYTES];
    struct buf *answer;
    struct json_out o;
    size_t count;
    int64_t items[FOUND_MAX];
    const char *by[FOUND_MAX];
};

static enum assay_err is_none(struct err *e)
{
    return err_set(e, ASSAY_EFORMAT,
                   "type an id, or all hex digits of a hash: MD5 has 32, SHA-1 40, SHA-256 and PDQ "
                   "64");
}

/* White space around and between digits comes with pasting; it means nothing. */
static enum assay_err understand(struct searching *s, struct err *e)
{
    char text[2 * HASH_BYTES + 1];
    size_t size = 0;

    for (const char *at = s->query; *at != '\0'; at++) {
        if (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r')
            continue;
        if (size == sizeof text - 1)
            return is_none(e);
        text[size++] = *at >= 'A' && *at <= 'F' ? (char)(*at - 'A' + 'a') : *at;
    }
    text[size] = '\0';
    if (str_int64(text, 1, INT64_MAX, &s->id) == ASSAY_OK)
        return ASSAY_OK;
    s->id = 0;
    s->hash_size = size / 2;
    if ((size == 32 || size == 40 || size == 64) &&
        str_unhex(text, s->hash, s->hash_size) == ASSAY_OK)
        return ASSAY_OK;
    return is_none(e);
}

static void add(struct searching *s, int64_t item_id, const char *by)
{
    for (size_t i = 0; i < s->count; i++) {
        if (s->items[i] == item_id)
            return;
    }
    if (s->count < FOUND_MAX) {
        s->items[s->count] = item_id;
        s->by[s->count++] = by;
    }
}

static enum assay_err by_id(struct tx *tx, struct searching *s, struct err *e)
{
    struct item_row item;
    struct task_row task;
    enum assay_err rc = item_get(tx, s->id, &item, e);

    if (rc == ASSAY_OK)
        add(s, item.id, "item");
    else if (rc != ASSAY_ENOTFOUND)
        return rc;
    if ((rc = task_get(tx, s->id, &task, e)) == ASSAY_OK)
        add(s, task.item_id, "task");
    return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
}

static enum assay_err by_hash(struct tx *tx, struct searching *s, struct err *e)
{
    static const struct {
        enum history_hash hash;
        size_t size;
        const char *name;
    } ways[] = {{HISTORY_MD5, 16, "md5"},          {HISTORY_SHA1, 20, "sha1"},
                {HISTORY_SHA256, 32, "sha256"},    {HISTORY_PDQ, 32, "pdq"},
                {HISTORY_PDQ_ORIENTED, 32, "pdq"}, {HISTORY_PDQ_FACET, 32, "pdq"}};
    int64_t ids[FOUND_MAX];
    size_t n;

    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        if (ways[i].size != s->hash_size)
            continue;
        enum assay_err rc =
            history_find(tx, ways[i].hash, s->hash, s->hash_size, ids, FOUND_MAX, &n, e);
        if (rc != ASSAY_OK)
            return rc;
        for (size_t k = 0; k < n; k++)
            add(s, ids[k], ways[i].name);
    }
    return ASSAY_OK;
}

static enum assay_err add_tasks(struct tx *tx, struct searching *s, int64_t item_id, struct err *e)
{
    int64_t ids[FOUND_MAX];
    struct task_row t;
    size_t n;
    enum assay_err rc = history_tasks(tx, item_id, items_for(s->caller), ids, FOUND_MAX, &n, e);

    json_array(&s->o, "tasks");
    for (size_t i = 0; rc == ASSAY_OK && i < n; i++) {
        if ((rc = task_get(tx, ids[i], &t, e)) != 0)
            break;
        json_object(&s->o, NULL);
        json_id(&s->o, "task", t.id);
        json_text(&s->o, "scheme", t.scheme);
        json_text(&s->o, "state", t.state);
        json_object_end(&s->o);
    }
    json_array_end(&s->o);
    return rc;
}

static enum assay_err add_found(struct tx *tx, struct searching *s, struct err *e)
{
    struct item_row item;
    enum assay_err rc = ASSAY_OK;

    json_out_init(&s->o, s->answer);
    json_object(&s->o, NULL);
    json_array(&s->o, "items");
    for (size_t i = 0; rc == ASSAY_OK && i < s->count; i++) {
        if ((rc = item_get(tx, s->items[i], &item, e)) != 0)
            break;
        json_object(&s->o, NULL);
        json_id(&s->o, "item", item.id);
        json_text(&s->o, "by", s->by[i]);
        json_hex(&s->o, "sha256", item.sha256, sizeof item.sha256);
        json_text(&s->o, "mime", item.mime);
        json_int(&s->o, "size", item.size);
        json_time(&s->o, "created_at", item.created_ms);
        rc = add_tasks(tx, s, item.id, e);
        json_object_end(&s->o);
    }
    json_array_end(&s->o);
    json_object_end(&s->o);
    return rc;
}

/* Leave out what came in by batches that are for other people alone. */
static enum assay_err drop_hidden(struct tx *tx, struct searching *s, struct err *e)
{
    size_t kept = 0;
    bool may;

    for (size_t i = 0; i < s->count; i++) {
        enum assay_err rc = history_may_see(tx, s->items[i], items_for(s->caller), &may, e);
        if (rc != ASSAY_OK)
            return rc;
        s->items[kept] = s->items[i];
        s->by[kept] = s->by[i];
        kept += may;
    }
    s->count = kept;
    return ASSAY_OK;
}

static enum assay_err search(struct tx *tx, void *ctx, struct err *e)
{
    struct searching *s = ctx;
    char data[96];
    enum assay_err rc;

    buf_reset(s->answer);
    s->count = 0;
    if ((rc = s->id != 0 ? by_id(tx, s, e) : by_hash(tx, s, e)) != 0 ||
        (rc = drop_hidden(tx, s, e)) != 0)
        return rc;
    (void)snprintf(data, sizeof data, "{\"by\":\"%s\",\"digits\":%zu,\"found\":%zu}",
                   s->id != 0 ? "id" : "hash", 2 * s->hash_size, s->count);
    struct audit_entry entry = {
        .action = AUDIT_ITEM_SEARCHED,
        .actor = people_actor(s->caller, people_acting_role(s->caller, ITEMS_READERS)),
        .data = data};
    if (s->count > 0)
        entry.objects[0] = (struct audit_object){"item", s->items[0]};
    if ((rc = audit_write(tx, &entry, NULL, e)) != 0)
        return rc;
    return add_found(tx, s, e);
}

enum assay_err items_search(struct world *w, const struct caller *c, const char *query,
                            struct buf *answer, struct err *e)
{
    struct searching s = {.caller = c, .query = query, .answer = answer};
    enum assay_err rc = understand(&s, e);

    return rc != ASSAY_OK ? rc : store_write(w->store, search, &s, e);
}
