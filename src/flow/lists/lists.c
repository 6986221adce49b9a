/* Lists as they are shown, and what people change in them. */
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/rand.h"
#include "base/str.h"
#include "flow/listed.h"
#include "flow/lists/lists_impl.h"
#include "store/staff.h"

#define TEXTS_MAX  (2 * 1024 * 1024)
#define HELD_MAX   100 /* rows that are shown */
#define SWITCH_MAX 100 /* rows of one list that share a hash */

/* ---- showing ---- */

struct showing {
    struct world *world;
    const char *name;
    struct json_out o;
    int64_t id;
    struct buf *answer;
    struct tx *tx; /* of held rows alone */
};

static void add_about(struct showing *s, const struct list_row_head *l)
{
    struct buf plain;

    buf_init(&plain, TEXTS_MAX);
    flow_list_about(s->world->keys, l, &plain);
    json_raw(&s->o, "about", buf_cstr(&plain));
    buf_wipe(&plain);
}

static enum assay_err add_list(void *ctx, const struct list_row_head *l, int64_t rows,
                               struct err *e)
{
    struct showing *s = ctx;

    (void)e;
    json_object(&s->o, NULL);
    json_id(&s->o, "id", l->id);
    json_text(&s->o, "name", l->name);
    json_text(&s->o, "kind", l->kind);
    json_text(&s->o, "trust", l->trust);
    json_text(&s->o, "confirm", l->confirm);
    json_int(&s->o, "version", l->version);
    json_int(&s->o, "hashes", rows);
    json_int(&s->o, "hits", l->hits);
    json_int(&s->o, "switched_off", l->off);
    json_int(&s->o, "quarantined", l->quarantined);
    json_time(&s->o, "expires_at", l->expires_ms);
    json_time(&s->o, "created_at", l->created_ms);
    add_about(s, l);
    if (s->id == 0)
        json_object_end(&s->o);
    return ASSAY_OK;
}

static enum assay_err add_version(void *ctx, const struct list_version_row *v, struct err *e)
{
    struct showing *s = ctx;

    (void)e;
    json_object(&s->o, NULL);
    json_int(&s->o, "version", v->version);
    json_hex(&s->o, "sha256", v->file_sha256, sizeof v->file_sha256);
    json_text(&s->o, "form", v->form);
    json_time(&s->o, "started_at", v->started_ms);
    json_time(&s->o, "done_at", v->done_ms);
    json_int(&s->o, "records", v->records);
    json_int(&s->o, "added", v->added);
    json_int(&s->o, "removed", v->removed);
    json_int(&s->o, "refused", v->refused);
    json_object_end(&s->o);
    return ASSAY_OK;
}

static enum assay_err find_named(struct tx *tx, const char *name, int64_t *id, struct err *e)
{
    enum assay_err rc = list_find(tx, name, id, e);

    return rc == ASSAY_ENOTFOUND
               ? err_set(e, rc, "there is no list %.60s; see assay list show", name)
               : rc;
}

static enum assay_err show(struct tx *tx, void *ctx, struct err *e)
{
    struct showing *s = ctx;
    enum assay_err rc;

    s->id = 0;
    if (s->name != NULL && (rc = find_named(tx, s->name, &s->id, e)) != 0)
        return rc;
    buf_reset(s->answer);
    json_out_init(&s->o, s->answer);
    json_object(&s->o, NULL);
    json_array(&s->o, "lists");
    if ((rc = list_each(tx, s->id, add_list, s, e)) != 0)
        return rc;
    if (s->id != 0) {
        json_array(&s->o, "versions");
        if ((rc = list_versions(tx, s->id, add_version, s, e)) != 0)
            return rc;
        json_array_end(&s->o);
        json_object_end(&s->o);
    }
    json_array_end(&s->o);
    json_object_end(&s->o);
    return ASSAY_OK;
}

enum assay_err lists_show(struct world *w, const char *name, struct buf *answer, struct err *e)
{
    struct showing s = {.world = w, .name = name, .answer = answer};

    return store_read(w->store, show, &s, e);
}

/* ---- what is held back ---- */

static enum assay_err add_held(void *ctx, const struct list_record *r, struct err *e)
{
    struct showing *s = ctx;
    struct json_out *o = &s->o;
    struct staff_row who = {0};
    struct buf plain;

    if (r->off_by != 0) {
        enum assay_err rc = staff_get(s->tx, r->off_by, &who, e);
        if (rc != ASSAY_OK && rc != ASSAY_ENOTFOUND)
            return rc;
    }
    buf_init(&plain, TEXTS_MAX);
    if (r->off_reason_size > 0 &&
        keys_open_sealed(s->world->keys, &r->id, sizeof r->id, r->off_reason_sealed,
                         r->off_reason_size, &plain, NULL) != ASSAY_OK)
        buf_add_str(&plain, "(it does not open)");
    json_object(o, NULL);
    json_id(o, "row", r->id);
    json_hex(o, "md5", r->md5, (r->has & LIST_MD5) != 0 ? sizeof r->md5 : 0);
    json_hex(o, "sha1", r->sha1, (r->has & LIST_SHA1) != 0 ? sizeof r->sha1 : 0);
    json_hex(o, "sha256", r->sha256, (r->has & LIST_SHA256) != 0 ? sizeof r->sha256 : 0);
    json_hex(o, "pdq", r->pdq, (r->has & LIST_PDQ) != 0 ? sizeof r->pdq : 0);
    json_text(o, "code", r->code);
    json_int(o, "hits", r->hits);
    json_time(o, "off_at", r->off_ms);
    json_text(o, "off_by", who.label[0] == '\0' ? NULL : who.label);
    json_text(o, "reason", r->off_ms == 0 ? NULL : buf_cstr(&plain));
    json_time(o, "quarantined_at", r->quarantined_ms);
    json_object_end(o);
    buf_wipe(&plain);
    return ASSAY_OK;
}

static enum assay_err held(struct tx *tx, void *ctx, struct err *e)
{
    struct showing *s = ctx;
    enum assay_err rc = find_named(tx, s->name, &s->id, e);

    if (rc != ASSAY_OK)
        return rc;
    s->tx = tx;
    buf_reset(s->answer);
    json_out_init(&s->o, s->answer);
    json_object(&s->o, NULL);
    json_array(&s->o, "rows");
    if ((rc = list_held(tx, s->id, HELD_MAX, add_held, s, e)) != 0)
        return rc;
    json_array_end(&s->o);
    json_object_end(&s->o);
    return ASSAY_OK;
}

enum assay_err lists_held(struct world *w, const char *name, struct buf *answer, struct err *e)
{
    struct showing s = {.world = w, .name = name, .answer = answer};

    return store_read(w->store, held, &s, e);
}

/* ---- removing ---- */

struct change {
    struct world *world;
    struct audit_actor by;
    const char *name, *reason, *confirm;
    struct list_hash_key key;
    uint8_t hash[32];
    int64_t id, version, count;
    bool own;
};

static enum assay_err write_entry(struct tx *tx, const struct change *c, enum audit_action action,
                                  struct err *e)
{
    struct json_out o;
    struct buf data;

    buf_init(&data, 1024);
    json_out_init(&o, &data);
    json_object(&o, NULL);
    json_text(&o, "list", c->name);
    if (action == AUDIT_LIST_CHANGED)
        json_text(&o, "confirm", c->confirm);
    else
        json_int(&o, "rows", c->count);
    if (action == AUDIT_LIST_SWITCHED) {
        json_text(&o, "to", c->reason == NULL ? "on" : "off");
        json_hex(&o, "hash", c->hash, c->key.size);
    }
    json_object_end(&o);
    struct audit_entry entry = {.action = action,
                                .keys = c->world->keys,
                                .actor = c->by,
                                .objects = {{"list", c->id}},
                                .data = buf_cstr(&data),
                                .texts = {{"reason", c->reason}}};
    enum assay_err rc = audit_write(tx, &entry, NULL, e);
    buf_clear(&data);
    return rc;
}

static enum assay_err look(void *ctx, const struct list_row_head *l, int64_t rows, struct err *e)
{
    struct change *c = ctx;

    (void)rows;
    (void)e;
    c->version = l->version + 1;
    c->own = str_equal(l->kind, "own") || str_equal(l->kind, "test");
    return ASSAY_OK;
}

static enum assay_err drop_page(struct tx *tx, void *ctx, struct err *e)
{
    struct change *c = ctx;
    enum assay_err rc;

    if ((rc = find_named(tx, c->name, &c->id, e)) != 0 ||
        (rc = list_each(tx, c->id, look, c, e)) != 0)
        return rc;
    if (c->own)
        return err_set(e, ASSAY_ESTATE, "the list %.60s is the workspace's own and stays", c->name);
    /* One more than the version under way, which may have rows. */
    return list_drop_page(tx, c->id, c->version + 1, &c->count, e);
}

static enum assay_err end_list(struct tx *tx, void *ctx, struct err *e)
{
    const struct change *c = ctx;
    enum assay_err rc = list_set_removed(tx, c->id, clock_now_ms(), e);

    return rc != ASSAY_OK ? rc : write_entry(tx, c, AUDIT_LIST_REMOVED, e);
}

enum assay_err lists_remove(struct world *w, struct audit_actor by, const char *name, struct err *e)
{
    struct change c = {.world = w, .by = by, .name = name};
    int64_t all = 0;
    enum assay_err rc;

    /* The rows first: killed between, the list is there still, and the same call goes on. */
    while ((rc = store_write(w->store, drop_page, &c, e)) == ASSAY_OK && c.count > 0)
        all += c.count;
    c.count = all;
    return rc != ASSAY_OK ? rc : store_write(w->store, end_list, &c, e);
}

/* ---- confirmation ---- */

static enum assay_err look_at_trust(void *ctx, const struct list_row_head *l, int64_t rows,
                                    struct err *e)
{
    const struct change *c = ctx;

    (void)rows;
    if (str_equal(c->confirm, "one") &&
        (!str_equal(l->kind, "hashes") || !str_equal(l->trust, "trusted")))
        return err_set(e, ASSAY_ESTATE,
                       "the list %.60s is %s, of kind %s; one confirmation is enough only for a "
                       "trusted list of hashes",
                       l->name, l->trust, l->kind);
    return ASSAY_OK;
}

static enum assay_err set_confirm(struct tx *tx, void *ctx, struct err *e)
{
    struct change *c = ctx;
    enum assay_err rc;

    if ((rc = find_named(tx, c->name, &c->id, e)) != 0 ||
        (rc = list_head(tx, c->id, look_at_trust, c, e)) != 0 ||
        (rc = list_set_confirm(tx, c->id, c->confirm, e)) != 0)
        return rc;
    return write_entry(tx, c, AUDIT_LIST_CHANGED, e);
}

enum assay_err lists_confirm(struct world *w, struct audit_actor by, const char *name,
                             const char *confirm, struct err *e)
{
    struct change c = {.world = w, .by = by, .name = name, .confirm = confirm};

    if (!str_equal(confirm, "one") && !str_equal(confirm, "hidden_vote"))
        return err_set(e, ASSAY_EFORMAT, "confirm is hidden_vote or one");
    return store_write(w->store, set_confirm, &c, e);
}

/* ---- switching ---- */

static enum assay_err switch_one(struct tx *tx, const struct change *c, int64_t row_id,
                                 struct err *e)
{
    struct list_switch s = {.staff_id = c->by.staff_id, .now_ms = clock_now_ms()};
    struct buf sealed;
    enum assay_err rc;

    if (c->reason == NULL)
        return list_switch_on(tx, row_id, e);
    buf_init(&sealed, TEXTS_MAX);
    keys_seal(c->world->keys, &row_id, sizeof row_id, c->reason, strlen(c->reason), &sealed);
    s.reason_sealed = sealed.data;
    s.reason_size = sealed.size;
    rc = list_switch(tx, row_id, &s, e);
    buf_clear(&sealed);
    return rc;
}

static enum assay_err switch_rows(struct tx *tx, void *ctx, struct err *e)
{
    struct change *c = ctx;
    int64_t ids[SWITCH_MAX];
    size_t count;
    enum assay_err rc;

    if ((rc = find_named(tx, c->name, &c->id, e)) != 0 ||
        (rc = list_rows_of_hash(tx, c->id, &c->key, ids, SWITCH_MAX, &count, e)) != 0)
        return rc;
    if (count == 0 && c->key.which == LIST_SHA256) {
        c->key.which = LIST_PDQ;
        if ((rc = list_rows_of_hash(tx, c->id, &c->key, ids, SWITCH_MAX, &count, e)) != 0)
            return rc;
    }
    if (count == 0)
        return err_set(e, ASSAY_ENOTFOUND, "the list %.60s does not have this hash", c->name);
    for (size_t i = 0; i < count; i++) {
        if ((rc = switch_one(tx, c, ids[i], e)) != 0)
            return rc;
    }
    c->count = (int64_t)count;
    return write_entry(tx, c, AUDIT_LIST_SWITCHED, e);
}

enum assay_err lists_switch(struct world *w, struct audit_actor by, const char *name,
                            const char *hash, const char *reason, int64_t *count, struct err *e)
{
    static const struct {
        enum list_hash which;
        size_t size;
    } kinds[] = {{LIST_MD5, 16}, {LIST_SHA1, 20}, {LIST_SHA256, 32}};
    struct change c = {.world = w, .by = by, .name = name, .reason = reason};
    enum assay_err rc;

    for (size_t i = 0; i < 3; i++) {
        if (str_unhex(hash, c.hash, kinds[i].size) == ASSAY_OK)
            c.key = (struct list_hash_key){kinds[i].which, c.hash, kinds[i].size};
    }
    if (c.key.size == 0)
        return err_set(e, ASSAY_EFORMAT, "a hash is 32, 40 or 64 hex digits");
    if (reason != NULL && (reason[0] == '\0' || strlen(reason) > 4096))
        return err_set(e, ASSAY_EFORMAT, "say why, in up to 4096 bytes");
    rc = store_write(w->store, switch_rows, &c, e);
    *count = c.count;
    return rc;
}
