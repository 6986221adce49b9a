/* Reads what a node may know from the store and writes it as an answer of the change feed. */
#include "flow/feed/tell.h"

#include <string.h>

#include "assay/digest.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/rand.h"
#include "base/str.h"
#include "flow/listed.h"

#define VERSION    1
#define ROWS_MAX   4000
#define ROWS_BYTES (2 * 1024 * 1024) /* of their JSON, and one record more */
#define JSON_MAX   (7 * 1024 * 1024)
#define PAGES_MAX  16 /* of the store, looked through for one answer */
#define TICK_MS    250
#define ROSTER_MS  2000 /* between looks whether lists or clients changed */

struct telling {
    const struct world *world;
    int64_t client_id;
    const struct feed_ask *ask;
    uint8_t epoch[FEED_EPOCH_BYTES], roster[FEED_ROSTER_BYTES];
    int64_t *lists; /* that the client may know */
    size_t list_count, list_room;
    struct buf lists_json, clients_json, rows_json;
    struct json_out out; /* of the buffer that is written */
    int64_t rows, head, seq;
    int64_t last; /* the number of the row at hand, as the store counts */
    bool full;    /* the row at hand is for the next answer */
    int64_t one_list;
};

static void begin(struct telling *t, struct world *w, const struct machine *who)
{
    *t = (struct telling){.world = w, .client_id = who->row.id};
    buf_init(&t->lists_json, JSON_MAX);
    buf_init(&t->clients_json, JSON_MAX);
    buf_init(&t->rows_json, JSON_MAX);
}

static void end(struct telling *t)
{
    buf_clear(&t->lists_json);
    buf_clear(&t->clients_json);
    buf_clear(&t->rows_json);
    mem_free(t->lists);
}

static bool knows(const struct telling *t, int64_t list_id)
{
    for (size_t i = 0; i < t->list_count; i++) {
        if (t->lists[i] == list_id)
            return true;
    }
    return false;
}

/* ---- who asks, and the roster ---- */

static enum assay_err add_list(void *ctx, int64_t id, const char *name, const char *kind,
                               struct err *e)
{
    struct telling *t = ctx;

    (void)e;
    if (t->list_count == t->list_room) {
        t->list_room = t->list_room == 0 ? 16 : 2 * t->list_room;
        t->lists = mem_resize(t->lists, t->list_room, sizeof *t->lists);
    }
    t->lists[t->list_count++] = id;
    json_object(&t->out, NULL);
    json_id(&t->out, "id", id);
    json_text(&t->out, "name", name);
    json_text(&t->out, "kind", kind);
    json_object_end(&t->out);
    return ASSAY_OK;
}

static enum assay_err read_lists(struct tx *tx, struct telling *t, struct err *e)
{
    t->list_count = 0;
    buf_reset(&t->lists_json);
    json_out_init(&t->out, &t->lists_json);
    json_array(&t->out, NULL);
    enum assay_err rc = feed_roster(tx, t->client_id, add_list, t, e);
    json_array_end(&t->out);
    return rc;
}

static void add_right(void *ctx, int64_t list_id, const char *list, enum client_right right,
                      bool banks)
{
    struct telling *t = ctx;

    (void)list;
    (void)banks;
    if (!knows(t, list_id))
        return;
    json_object(&t->out, NULL);
    json_id(&t->out, "id", list_id);
    json_bool(&t->out, "detail", right == CLIENT_DETAIL);
    json_object_end(&t->out);
}

static enum assay_err add_client(struct tx *tx, void *ctx, const struct client_row *c,
                                 struct err *e)
{
    struct telling *t = ctx;
    struct json_out *o = &t->out;

    if (c->feeds || !c->has_sha256)
        return ASSAY_OK;
    json_object(o, NULL);
    json_id(o, "id", c->id);
    json_text(o, "name", c->name);
    json_text(o, "key", c->key_id);
    json_hex(o, "key_sha256", c->key_sha256, sizeof c->key_sha256);
    if (c->has_cert) {
        json_hex(o, "cert_sha256", c->cert_sha256, sizeof c->cert_sha256);
        json_int(o, "cert_until_ms", c->cert_until_ms);
    }
    json_bool(o, "disabled", c->disabled_ms != 0);
    json_int(o, "expires_ms", c->expires_ms);
    json_int(o, "rate", c->rate);
    json_int(o, "burst", c->burst);
    json_int(o, "distance_max", c->distance_max);
    json_int(o, "quality_min", c->quality_min);
    json_text(o, "keeps", c->keeps);
    json_array(o, "lists");
    enum assay_err rc = client_lists(tx, c->id, add_right, t, e);
    json_array_end(o);
    json_object_end(o);
    return rc;
}

static enum assay_err read_clients(struct tx *tx, struct telling *t, struct err *e)
{
    buf_reset(&t->clients_json);
    json_out_init(&t->out, &t->clients_json);
    json_array(&t->out, NULL);
    enum assay_err rc = client_each(tx, add_client, t, e);
    json_array_end(&t->out);
    return rc;
}

/* Right and lists as they are now: an answer may have waited for a minute. */
static enum assay_err read_right(struct tx *tx, struct telling *t, struct err *e)
{
    struct client_row c;
    enum assay_err rc = client_get(tx, t->client_id, &c, e);

    if (rc == ASSAY_OK && (!c.feeds || c.disabled_ms != 0))
        rc = err_set(e, ASSAY_EDENIED, "the client may not follow the feed");
    if (rc == ASSAY_OK && (rc = feed_epoch(tx, t->epoch, e)) == ASSAY_ENOTFOUND)
        rc = err_set(e, ASSAY_EBUSY, "the feed begins anew; ask again");
    return rc != ASSAY_OK ? rc : read_lists(tx, t, e);
}

static enum assay_err hash_roster(struct telling *t, struct err *e)
{
    struct assay_digests d;
    struct buf both;

    if (t->lists_json.over || t->clients_json.over)
        return err_set(e, ASSAY_ELIMIT, "there are too many lists or clients for a matching node");
    buf_init(&both, (size_t)2 * JSON_MAX);
    buf_add(&both, t->lists_json.data, t->lists_json.size);
    buf_add(&both, t->clients_json.data, t->clients_json.size);
    enum assay_err rc = assay_digest(both.data, both.size, &d);
    buf_clear(&both);
    if (rc == ASSAY_OK)
        memcpy(t->roster, d.sha256, sizeof t->roster);
    return rc;
}

/* ---- records ---- */

static void write_hash(struct json_out *o, const struct list_record *r, unsigned which,
                       const char *name, const void *bytes, size_t size)
{
    if ((r->has & which) != 0)
        json_hex(o, name, bytes, size);
}

static void write_live(struct telling *t, const struct list_record *r)
{
    struct json_out *o = &t->out;
    struct flow_row_says says;

    write_hash(o, r, LIST_MD5, "md5", r->md5, sizeof r->md5);
    write_hash(o, r, LIST_SHA1, "sha1", r->sha1, sizeof r->sha1);
    write_hash(o, r, LIST_SHA256, "sha256", r->sha256, sizeof r->sha256);
    write_hash(o, r, LIST_PDQ, "pdq", r->pdq, sizeof r->pdq);
    write_hash(o, r, LIST_ORIENTED, "pdq_oriented", r->pdq_oriented, sizeof r->pdq_oriented);
    json_int(o, "quality", r->pdq_quality);
    if (r->scheme != NULL && r->code != NULL) {
        json_text(o, "scheme", r->scheme);
        json_int(o, "scheme_version", r->scheme_version);
        json_text(o, "code", r->code);
    }
    if (r->tags != NULL && r->tags[0] != '\0')
        json_text(o, "tags", r->tags);
    flow_listed(t->world->keys, r, &says);
    if (says.source[0] != '\0')
        json_text(o, "source", says.source);
}

/* ELIMIT with full: this one is the next answer's first. */
static enum assay_err take_row(void *ctx, const struct list_record *r, struct err *e)
{
    struct telling *t = ctx;

    const bool shown =
        t->one_list != 0 ? r->list_id == t->one_list && r->live : knows(t, r->list_id);
    t->full = shown && (t->rows == ROWS_MAX || t->rows_json.size > ROWS_BYTES);
    if (t->full)
        return err_set(e, ASSAY_ELIMIT, "an answer is full");
    t->seq = t->last;
    if (!shown)
        return ASSAY_OK;
    t->rows++;
    json_object(&t->out, NULL);
    json_id(&t->out, "id", r->id);
    json_id(&t->out, "list", r->list_id);
    if (r->live)
        write_live(t, r);
    else
        json_bool(&t->out, "gone", true);
    json_object_end(&t->out);
    return ASSAY_OK;
}

static void begin_rows(struct telling *t, int64_t after)
{
    t->rows = 0;
    t->full = false;
    t->seq = after;
    buf_reset(&t->rows_json);
    json_out_init(&t->out, &t->rows_json);
    json_array(&t->out, NULL);
}

/* Pages until the answer is full or there are no more. *more: there may be. */
static enum assay_err read_rows(struct tx *tx, struct telling *t, int64_t after, bool *more,
                                struct err *e)
{
    enum assay_err rc = ASSAY_OK;

    begin_rows(t, after);
    for (int i = 0; rc == ASSAY_OK && i < PAGES_MAX; i++)
        rc = t->one_list != 0 ? list_page(tx, t->one_list, t->seq, &t->last, take_row, t, e)
                              : list_changes(tx, t->seq, &t->last, take_row, t, e);
    json_array_end(&t->out);
    *more = rc != ASSAY_ENOTFOUND;
    return t->full || rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
}

/* ---- changes ---- */

static bool is_reset(const struct telling *t)
{
    return memcmp(t->epoch, t->ask->epoch, sizeof t->epoch) != 0 || t->ask->since > t->head;
}

static bool is_same_roster(const struct telling *t)
{
    return memcmp(t->roster, t->ask->roster, sizeof t->roster) == 0;
}

static enum assay_err read_changes(struct tx *tx, void *ctx, struct err *e)
{
    struct telling *t = ctx;
    bool more;
    enum assay_err rc;

    if ((rc = read_right(tx, t, e)) != 0 || (rc = read_clients(tx, t, e)) != 0 ||
        (rc = hash_roster(t, e)) != 0 || (rc = list_clock(tx, &t->head, e)) != 0)
        return rc;
    if (!is_reset(t))
        return read_rows(tx, t, t->ask->since, &more, e);
    begin_rows(t, t->head);
    json_array_end(&t->out);
    return ASSAY_OK;
}

static enum assay_err read_epoch(struct tx *tx, void *ctx, struct err *e)
{
    return feed_epoch(tx, ctx, e);
}

static enum assay_err make_epoch(struct tx *tx, void *ctx, struct err *e)
{
    return feed_epoch_make(tx, ctx, e);
}

/* The first node that ever asks makes it. */
static enum assay_err ensure_epoch(struct world *w, struct err *e)
{
    uint8_t epoch[FEED_EPOCH_BYTES];
    enum assay_err rc = store_read(w->store, read_epoch, epoch, e);

    if (rc != ASSAY_ENOTFOUND)
        return rc;
    rand_bytes(epoch, sizeof epoch);
    return store_write(w->store, make_epoch, epoch, e);
}

static enum assay_err read_clock(struct tx *tx, void *ctx, struct err *e)
{
    return list_clock(tx, ctx, e);
}

/* Sleeps until rows changed, it is time to look at the roster, or the answer is due. */
static enum assay_err rest(struct world *w, struct telling *t, int64_t due_ms, feed_waits_fn *waits,
                           const void *ctx, struct err *e)
{
    const int64_t look_ms = clock_mono_ms() + ROSTER_MS;
    enum assay_err rc = ASSAY_OK;
    int64_t clock = t->seq;

    while (rc == ASSAY_OK && clock == t->seq && clock_mono_ms() < look_ms &&
           clock_mono_ms() < due_ms && waits(ctx)) {
        clock_sleep_ms(TICK_MS);
        rc = store_read(w->store, read_clock, &clock, e);
    }
    return rc;
}

static void write_head(const struct telling *t, struct json_out *o)
{
    json_object(o, NULL);
    json_int(o, "version", VERSION);
    json_hex(o, "epoch", t->epoch, sizeof t->epoch);
}

static void write_changes(struct telling *t, struct buf *answer)
{
    struct json_out o;

    json_out_init(&o, answer);
    write_head(t, &o);
    json_bool(&o, "reset", is_reset(t));
    json_int(&o, "seq", t->seq);
    json_int(&o, "head", t->head > t->seq ? t->head : t->seq);
    json_time(&o, "time", clock_now_ms());
    json_bool(&o, "training", t->world->training);
    json_hex(&o, "roster", t->roster, sizeof t->roster);
    if (!is_same_roster(t)) {
        json_raw(&o, "lists", buf_cstr(&t->lists_json));
        json_raw(&o, "clients", buf_cstr(&t->clients_json));
    }
    json_raw(&o, "rows", buf_cstr(&t->rows_json));
    json_object_end(&o);
}

enum assay_err feed_tell_changes(struct world *w, const struct machine *who,
                                 const struct feed_ask *ask, feed_waits_fn *waits, const void *ctx,
                                 struct buf *answer, int64_t *rows, struct err *e)
{
    const int64_t due_ms = clock_mono_ms() + ask->wait_ms;
    struct feed_ask now = *ask;
    struct telling t;
    enum assay_err rc;

    begin(&t, w, who);
    t.ask = &now;
    rc = ensure_epoch(w, e);
    while (rc == ASSAY_OK && (rc = store_read(w->store, read_changes, &t, e)) == ASSAY_OK) {
        if (is_reset(&t) || !is_same_roster(&t) || t.rows > 0 || t.seq < t.head ||
            clock_mono_ms() >= due_ms || !waits(ctx))
            break;
        now.since = t.seq; /* rows of others' lists are passed */
        rc = rest(w, &t, due_ms, waits, ctx, e);
    }
    *rows = t.rows;
    if (rc == ASSAY_OK)
        write_changes(&t, answer);
    end(&t);
    return rc;
}

/* ---- a list ---- */

struct page {
    struct telling t;
    int64_t after;
    bool more;
};

static enum assay_err read_list(struct tx *tx, void *ctx, struct err *e)
{
    struct page *p = ctx;
    enum assay_err rc = read_right(tx, &p->t, e);

    if (rc == ASSAY_OK && !knows(&p->t, p->t.one_list))
        return err_set(e, ASSAY_ENOTFOUND, "there is no such list for this client");
    return rc != ASSAY_OK ? rc : read_rows(tx, &p->t, p->after, &p->more, e);
}

enum assay_err feed_tell_list(struct world *w, const struct machine *who, int64_t list_id,
                              int64_t after, struct buf *answer, int64_t *rows, struct err *e)
{
    struct page p = {.after = after};
    struct json_out o;

    begin(&p.t, w, who);
    p.t.one_list = list_id;
    enum assay_err rc = ensure_epoch(w, e);
    if (rc == ASSAY_OK)
        rc = store_read(w->store, read_list, &p, e);
    *rows = p.t.rows;
    if (rc == ASSAY_OK) {
        json_out_init(&o, answer);
        write_head(&p.t, &o);
        json_raw(&o, "rows", buf_cstr(&p.t.rows_json));
        json_id(&o, "next", p.more ? p.t.seq : 0);
        json_object_end(&o);
    }
    end(&p.t);
    return rc;
}
