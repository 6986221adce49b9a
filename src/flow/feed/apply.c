/* Puts what the feed says into the store of a matching node, so that it can be cut off anywhere. */
#include "flow/feed/apply.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "flow/listed.h"
#include "people/client.h"

#define LISTS_MAX       10000
/* after_row of a list whose pages were all read: rows that came with none go. */
#define ALL_READ        INT64_MAX
/* A version that no row has: all of a list goes. */
#define NO_VERSION      INT64_MAX
#define SOURCE_JSON_MAX 4096

struct applying {
    const struct world *world;
    const struct feed_answer *a;
    int64_t list_id;
    struct feed_node_row node;
    struct feed_list_row list;
};

/* ---- the record ---- */

static enum assay_err note(struct tx *tx, enum audit_action action, int64_t list_id, int64_t pass,
                           struct err *e)
{
    char data[48];

    (void)snprintf(data, sizeof data, "{\"pass\":%lld}", (long long)pass);
    struct audit_entry entry = {.action = action, .actor = people_system(), .data = data};
    if (list_id != 0)
        entry.objects[0] = (struct audit_object){"list", list_id};
    return audit_write(tx, &entry, NULL, e);
}

/* ---- records ---- */

static void seal_source(const struct applying *g, struct list_record *r, const char *source,
                        struct buf *sealed)
{
    struct json_out o;
    struct buf plain;

    if (source == NULL)
        return;
    buf_init(&plain, SOURCE_JSON_MAX);
    json_out_init(&o, &plain);
    json_object(&o, NULL);
    json_text(&o, "source", source);
    json_object_end(&o);
    keys_seal(g->world->keys, r->identity, sizeof r->identity, plain.data, plain.size, sealed);
    buf_clear(&plain);
    r->details_sealed = sealed->data;
    r->details_size = sealed->size;
}

static enum assay_err apply_record(struct tx *tx, const struct applying *g,
                                   const struct feed_record *record, struct err *e)
{
    struct list_record r = record->row;
    struct buf sealed;
    enum list_put what;
    enum assay_err rc;

    if (record->gone) {
        rc = list_take_out(tx, r.list_id, r.id, g->node.pass, e);
        return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
    }
    buf_init(&sealed, (size_t)2 * SOURCE_JSON_MAX);
    flow_row_identity(&r, r.identity);
    seal_source(g, &r, record->source, &sealed);
    if ((rc = feed_row_make_way(tx, &r, g->node.pass, e)) == ASSAY_OK)
        rc = list_put(tx, &r, g->node.pass, &what, e);
    buf_clear(&sealed);
    return rc;
}

/* Those of lists that the node knows; of others a roster comes first. */
static enum assay_err apply_records(struct tx *tx, const struct applying *g, struct err *e)
{
    struct feed_list_row known = {0};
    enum assay_err rc = ASSAY_OK;

    for (size_t i = 0; rc == ASSAY_OK && i < g->a->record_count; i++) {
        const struct feed_record *r = &g->a->records[i];
        if (known.list_id != r->row.list_id)
            rc = feed_list_get(tx, r->row.list_id, &known, e);
        if (rc == ASSAY_OK)
            rc = apply_record(tx, g, r, e);
        rc = rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
    }
    return rc;
}

/* ---- the roster ---- */

static const struct feed_list *find_list(const struct feed_answer *a, int64_t id)
{
    for (size_t i = 0; i < a->list_count; i++) {
        if (a->lists[i].id == id)
            return &a->lists[i];
    }
    return NULL;
}

static enum assay_err remove_lists(struct tx *tx, const struct feed_answer *a, int64_t now,
                                   struct err *e)
{
    int64_t *ids = mem_array(LISTS_MAX, sizeof *ids);
    size_t count;
    enum assay_err rc = feed_lists(tx, ids, LISTS_MAX, &count, e);

    for (size_t i = 0; rc == ASSAY_OK && i < count; i++) {
        const struct feed_list_row from_new = {.list_id = ids[i]};
        if (find_list(a, ids[i]) != NULL)
            continue;
        if ((rc = list_set_removed(tx, ids[i], now, e)) == ASSAY_OK)
            rc = feed_list_advance(tx, &from_new, e);
    }
    mem_free(ids);
    return rc;
}

static enum assay_err put_lists(struct tx *tx, const struct feed_answer *a, int64_t now,
                                struct err *e)
{
    enum assay_err rc = ASSAY_OK;

    for (size_t i = 0; rc == ASSAY_OK && i < a->list_count; i++) {
        const struct list_row_head l = {.id = a->lists[i].id,
                                        .name = a->lists[i].name,
                                        .kind = a->lists[i].kind,
                                        .created_ms = now};
        rc = feed_list_put(tx, &l, e);
    }
    return rc;
}

/* Rights to lists that are here whole: of another a client would be told that nothing matches. */
static enum assay_err put_rights(struct tx *tx, const struct feed_answer *a,
                                 const struct feed_client *c, struct err *e)
{
    enum assay_err rc = ASSAY_OK;

    for (size_t i = 0; rc == ASSAY_OK && i < c->right_count; i++) {
        const struct feed_list *l = find_list(a, c->rights[i].list_id);
        struct feed_list_row row;
        if (l == NULL)
            continue;
        rc = feed_list_get(tx, l->id, &row, e);
        if (rc == ASSAY_OK && row.whole_pass > 0)
            rc = client_list_set(tx, c->row.id, l->name,
                                 c->rights[i].detail ? CLIENT_DETAIL : CLIENT_ANSWER, e);
    }
    return rc;
}

static enum assay_err put_clients(struct tx *tx, const struct applying *g, int64_t now,
                                  struct err *e)
{
    const struct feed_answer *a = g->a;
    enum assay_err rc = feed_clients_off(tx, now, e);

    for (size_t i = 0; rc == ASSAY_OK && i < a->client_count; i++) {
        struct client_row c = a->clients[i].row;
        c.created_ms = c.key_ms = now;
        c.disabled_ms = c.disabled_ms != 0 ? now : 0;
        people_key_mac(g->world->keys, c.key_sha256, c.key_mac);
        if ((rc = feed_client_put(tx, &c, e)) == ASSAY_OK)
            rc = put_rights(tx, a, &a->clients[i], e);
    }
    return rc;
}

static enum assay_err apply_roster(struct tx *tx, struct applying *g, struct err *e)
{
    const int64_t now = clock_now_ms();
    enum assay_err rc;

    if (!g->a->has_roster)
        return ASSAY_OK;
    if ((rc = remove_lists(tx, g->a, now, e)) != 0 || (rc = put_lists(tx, g->a, now, e)) != 0 ||
        (rc = put_clients(tx, g, now, e)) != 0)
        return rc;
    memcpy(g->node.roster, g->a->roster, sizeof g->node.roster);
    return ASSAY_OK;
}

/* ---- changes ---- */

static bool same_epoch(const struct applying *g)
{
    return memcmp(g->node.epoch, g->a->epoch, sizeof g->node.epoch) == 0;
}

static enum assay_err begin_anew(struct tx *tx, struct applying *g, struct err *e)
{
    enum assay_err rc = feed_lists_begin(tx, e);

    memcpy(g->node.epoch, g->a->epoch, sizeof g->node.epoch);
    memset(g->node.roster, 0, sizeof g->node.roster);
    g->node.seq = g->a->seq;
    g->node.pass++;
    return rc != ASSAY_OK ? rc : note(tx, AUDIT_FEED_BEGUN, 0, g->node.pass, e);
}

static bool has_roster(const struct applying *g)
{
    static const uint8_t none[FEED_ROSTER_BYTES];

    return memcmp(g->node.roster, none, sizeof none) != 0;
}

/* With all changes, all lists whole and everybody's rights, what is here is as of the answer. */
static enum assay_err date(struct tx *tx, struct applying *g, struct err *e)
{
    struct feed_list_row waiting;
    enum assay_err rc;

    if (g->a->seq < g->a->head || !has_roster(g))
        return ASSAY_OK;
    rc = feed_list_next(tx, g->node.pass, &waiting, e);
    if (rc == ASSAY_ENOTFOUND)
        g->node.as_of_ms = g->a->time_ms;
    return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
}

static enum assay_err apply_changes(struct tx *tx, void *ctx, struct err *e)
{
    struct applying *g = ctx;
    enum assay_err rc = feed_node_get(tx, &g->node, e);

    if (rc == ASSAY_ENOTFOUND) {
        g->node = (struct feed_node_row){0};
        rc = ASSAY_OK;
    }
    if (rc == ASSAY_OK && g->a->reset)
        rc = begin_anew(tx, g, e);
    else if (rc == ASSAY_OK && !same_epoch(g))
        rc = err_set(e, ASSAY_ESTATE, "the feed's epoch changed without a reset");
    if (rc != ASSAY_OK || (rc = apply_roster(tx, g, e)) != 0 || (rc = apply_records(tx, g, e)) != 0)
        return rc;
    g->node.seq = g->a->seq;
    if ((rc = date(tx, g, e)) != ASSAY_OK)
        return rc;
    return feed_node_put(tx, &g->node, e);
}

enum assay_err feed_apply_changes(struct world *w, const struct feed_answer *a, struct err *e)
{
    struct applying g = {.world = w, .a = a};

    if (a->training != w->training)
        return err_set(e, ASSAY_ESTATE,
                       a->training ? "the system of record is for training, this node is not"
                                   : "this node is for training, the system of record is not");
    return store_write(w->store, apply_changes, &g, e);
}

/* ---- a list whole ---- */

static enum assay_err apply_page(struct tx *tx, void *ctx, struct err *e)
{
    struct applying *g = ctx;
    enum assay_err rc;

    if ((rc = feed_node_get(tx, &g->node, e)) != 0 ||
        (rc = feed_list_get(tx, g->list_id, &g->list, e)) != 0)
        return rc;
    if (!same_epoch(g) || g->list.whole_pass == g->node.pass)
        return err_set(e, ASSAY_ESTATE, "the list is not to be read now");
    if ((rc = apply_records(tx, g, e)) != ASSAY_OK)
        return rc;
    g->list.after_row = g->a->next == 0 ? ALL_READ : g->a->next;
    return feed_list_advance(tx, &g->list, e);
}

enum assay_err feed_apply_page(struct world *w, int64_t list_id, const struct feed_answer *a,
                               struct err *e)
{
    struct applying g = {.world = w, .a = a, .list_id = list_id};

    return store_write(w->store, apply_page, &g, e);
}

/* ---- the rest ---- */

/* A list that is gone: its rows, then its place. */
static enum assay_err drop_removed(struct tx *tx, struct err *e)
{
    int64_t list_id, count;
    enum assay_err rc = feed_list_removed(tx, &list_id, e);

    if (rc != ASSAY_OK || (rc = list_drop_page(tx, list_id, NO_VERSION, &count, e)) != 0)
        return rc;
    return count > 0 ? ASSAY_OK : feed_list_forget(tx, list_id, e);
}

/* A list whose pages are all here: what came with none, then it is whole, and rights to it may
 * take effect with the roster, which is asked for again. */
static enum assay_err finish_list(struct tx *tx, struct applying *g, struct err *e)
{
    int64_t count;
    enum assay_err rc;

    if ((rc = feed_node_get(tx, &g->node, e)) != 0 ||
        (rc = feed_list_next(tx, g->node.pass, &g->list, e)) != 0)
        return rc;
    if (g->list.after_row != ALL_READ)
        return ASSAY_ENOTFOUND;
    rc = list_drop_page(tx, g->list.list_id, g->node.pass, &count, e);
    if (rc != ASSAY_OK || count > 0)
        return rc;
    g->list.whole_pass = g->node.pass;
    g->list.after_row = 0;
    memset(g->node.roster, 0, sizeof g->node.roster);
    if ((rc = feed_list_advance(tx, &g->list, e)) != 0 ||
        (rc = feed_node_put(tx, &g->node, e)) != 0)
        return rc;
    return note(tx, AUDIT_FEED_WHOLE, g->list.list_id, g->node.pass, e);
}

static enum assay_err apply_rest(struct tx *tx, void *ctx, struct err *e)
{
    enum assay_err rc = drop_removed(tx, e);

    return rc == ASSAY_ENOTFOUND ? finish_list(tx, ctx, e) : rc;
}

enum assay_err feed_apply_rest(struct world *w, struct err *e)
{
    struct applying g = {.world = w};

    return store_write(w->store, apply_rest, &g, e);
}

struct standing {
    struct feed_node_row *node;
    struct feed_list_row *list;
};

static enum assay_err read_standing(struct tx *tx, void *ctx, struct err *e)
{
    struct standing *s = ctx;
    enum assay_err rc = feed_node_get(tx, s->node, e);

    *s->list = (struct feed_list_row){0};
    if (rc != ASSAY_OK)
        return rc;
    rc = feed_list_next(tx, s->node->pass, s->list, e);
    return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
}

enum assay_err feed_stands(struct world *w, struct feed_node_row *node, struct feed_list_row *list,
                           struct err *e)
{
    struct standing s = {node, list};

    return store_read(w->store, read_standing, &s, e);
}
