/* Pictures: tickets that work once, and the record entry that stands before any pixel leaves. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/rand.h"
#include "base/str.h"
#include "flow/queue/queue_impl.h"
#include "store/item.h"
#include "store/quality.h"

/*
 * A ticket is hex of: number 16, task 8, session 8, fence 8, expires 8, rendition 1, MAC 32;
 * integers little-endian. The number goes into table viewing, where it is unique: so a ticket works
 * once, on whichever server it is shown.
 */
#define TICKET_BODY_BYTES 49
#define TICKET_BYTES      (TICKET_BODY_BYTES + KEYS_MAC_BYTES)
#define RENDITION_MAX     (16u * 1024 * 1024)

struct ticket {
    uint8_t number[16];
    int64_t task_id, session_id, fence, expires_ms;
    enum decode_rendition rendition;
};

static void put64(uint8_t *to, int64_t v)
{
    for (unsigned i = 0; i < 8; i++)
        to[i] = (uint8_t)((uint64_t)v >> (8 * i));
}

static int64_t get64(const uint8_t *from)
{
    uint64_t v = 0;

    for (unsigned i = 0; i < 8; i++)
        v |= (uint64_t)from[i] << (8 * i);
    return (int64_t)v;
}

static void ticket_text(const struct keys *k, const struct ticket *t,
                        char out[2 * TICKET_BYTES + 1])
{
    uint8_t b[TICKET_BYTES];

    memcpy(b, t->number, 16);
    put64(b + 16, t->task_id);
    put64(b + 24, t->session_id);
    put64(b + 32, t->fence);
    put64(b + 40, t->expires_ms);
    b[48] = (uint8_t)t->rendition;
    keys_ticket_mac(k, "picture", b, TICKET_BODY_BYTES, b + TICKET_BODY_BYTES);
    str_hex(b, sizeof b, out);
}

static enum assay_err ticket_parse(const struct keys *k, const char *text, struct ticket *out)
{
    uint8_t b[TICKET_BYTES], mac[KEYS_MAC_BYTES];

    if (str_unhex(text, b, sizeof b) != ASSAY_OK)
        return ASSAY_EDENIED;
    keys_ticket_mac(k, "picture", b, TICKET_BODY_BYTES, mac);
    if (!str_equal_secret(mac, b + TICKET_BODY_BYTES, sizeof mac) ||
        b[48] >= DECODE_RENDITION_COUNT)
        return ASSAY_EDENIED;
    *out = (struct ticket){.task_id = get64(b + 16),
                           .session_id = get64(b + 24),
                           .fence = get64(b + 32),
                           .expires_ms = get64(b + 40),
                           .rendition = (enum decode_rendition)b[48]};
    memcpy(out->number, b, sizeof out->number);
    return ASSAY_OK;
}

enum assay_err queue_add_tickets(const struct world *w, struct tx *tx, struct json_out *o,
                                 const char *key, const struct held *h, uint32_t renditions,
                                 struct err *e)
{
    json_array(o, key);
    for (unsigned i = 0; i < DECODE_RENDITION_COUNT; i++) {
        struct ticket t = {.task_id = h->task.id,
                           .session_id = h->lease.session_id,
                           .fence = h->lease.fence,
                           .expires_ms = h->lease.expires_ms,
                           .rendition = (enum decode_rendition)i};
        char text[2 * TICKET_BYTES + 1];
        struct blob_row blob;
        if ((renditions >> i & 1) == 0)
            continue;
        enum assay_err rc =
            blob_find(tx, h->task.item_id, decode_rendition_name(t.rendition), &blob, e);
        if (rc == ASSAY_ENOTFOUND)
            continue;
        if (rc != ASSAY_OK)
            return rc;
        rand_bytes(t.number, sizeof t.number);
        ticket_text(w->keys, &t, text);
        json_object(o, NULL);
        json_text(o, "rendition", decode_rendition_name(t.rendition));
        json_text(o, "ticket", text);
        json_int(o, "width", blob.width);
        json_int(o, "height", blob.height);
        json_object_end(o);
    }
    json_array_end(o);
    return ASSAY_OK;
}

struct viewing {
    struct world *world;
    const struct caller *caller;
    struct ticket ticket;
    struct viewing_row row;
    struct blob_row blob;
    struct audit_event_id event;
};

/* Everything that a court may ask of a view: who, what, how clear, why, by whose leave. */
static enum assay_err write_view(struct tx *tx, struct viewing *v, const struct lease_row *l,
                                 enum people_role role, struct err *e)
{
    enum decode_rendition r = v->ticket.rendition;
    bool covered = r == DECODE_COVER || r == DECODE_STRIP;
    bool grey = r != DECODE_SMALL_COLOUR && r != DECODE_FULL_COLOUR;
    char name[FLOW_ITEM_NAME_SIZE];
    struct item_row item;
    struct task t;
    struct json_out o;
    struct buf data;
    enum assay_err rc;

    if ((rc = flow_task(tx, v->ticket.task_id, &t, e)) != 0 ||
        (rc = item_get(tx, t.item_id, &item, e)) != 0 ||
        (rc = blob_find(tx, t.item_id, decode_rendition_name(r), &v->blob, e)) != 0)
        return rc;
    flow_item_name(v->world, item.sha256, name);
    buf_init(&data, 1024);
    json_out_init(&o, &data);
    json_object(&o, NULL);
    json_text(&o, "item_name", name);
    json_text(&o, "rendition", decode_rendition_name(r));
    json_int(&o, "covered", covered);
    json_int(&o, "grey", grey);
    json_int(&o, "width", v->blob.width);
    json_int(&o, "height", v->blob.height);
    json_int(&o, "frames", 1);
    json_int(&o, "fence", l->fence);
    json_id(&o, "authorisation", l->authorisation_id);
    json_object_end(&o);
    struct audit_entry entry = {
        .action = AUDIT_PICTURE_VIEWED,
        .actor = people_actor(v->caller, role),
        .objects = {{"viewing", v->row.id}, {"task", t.id}, {"item", t.item_id}},
        .purpose = l->purpose,
        .data = buf_cstr(&data)};
    rc = audit_write(tx, &entry, &v->event, e);
    buf_clear(&data);
    return rc;
}

/* The live lease that the ticket was issued under. */
static enum assay_err lease_of(struct tx *tx, const struct viewing *v, struct lease_row *l,
                               enum people_role *role, struct err *e)
{
    struct task t;
    enum assay_err rc = lease_of_task(tx, v->ticket.task_id, clock_now_ms(), l, e);

    if (rc == ASSAY_OK && (rc = flow_task(tx, l->task_id, &t, e)) == ASSAY_OK)
        rc = flow_may_see(tx, v->caller, &t, e);
    if (rc == ASSAY_ENOTFOUND ||
        (rc == ASSAY_OK && (l->fence != v->ticket.fence || l->staff_id != v->caller->staff_id)))
        return err_set(e, ASSAY_EDENIED, "this ticket is not valid; take a new one");
    if (rc != ASSAY_OK || (rc = queue_authorised(tx, v->caller, &l->authorisation_id, e)) != 0)
        return rc;
    *role = queue_role(l->purpose, "");
    if (l->reading_id != 0) {
        struct reading_row *r = mem_zalloc(sizeof *r);
        rc = reading_get(tx, l->reading_id, r, e);
        *role = queue_role(l->purpose, r->kind);
        mem_free(r);
    }
    return rc;
}

static enum assay_err begin_view(struct tx *tx, void *ctx, struct err *e)
{
    struct viewing *v = ctx;
    enum people_role role = PEOPLE_ASSESSOR;
    struct lease_row l;
    enum assay_err rc;

    if ((rc = lease_of(tx, v, &l, &role, e)) != 0)
        return rc;
    v->row = (struct viewing_row){.id = rand_id(),
                                  .task_id = v->ticket.task_id,
                                  .staff_id = v->caller->staff_id,
                                  .session_id = v->caller->session_id,
                                  .fence = v->ticket.fence,
                                  .started_ms = clock_now_ms(),
                                  .rendition = decode_rendition_name(v->ticket.rendition)};
    if ((rc = write_view(tx, v, &l, role, e)) != 0)
        return rc;
    memcpy(v->row.event, v->event.bytes, sizeof v->row.event);
    memcpy(v->row.ticket, v->ticket.number, sizeof v->row.ticket);
    rc = viewing_insert(tx, &v->row, e);
    if (rc == ASSAY_EEXISTS)
        return err_set(e, ASSAY_EDENIED, "this ticket was used; take a new one");
    return rc;
}

enum assay_err queue_picture(struct world *w, const struct caller *c, const char *ticket,
                             struct queue_picture *out, struct err *e)
{
    struct viewing v = {.world = w, .caller = c};
    struct vault_blob blob;
    enum assay_err rc;

    if (ticket_parse(w->keys, ticket, &v.ticket) != ASSAY_OK ||
        v.ticket.session_id != c->session_id || v.ticket.expires_ms <= clock_now_ms())
        return err_set(e, ASSAY_EDENIED, "this ticket is not valid; take a new one");
    if ((rc = store_write(w->store, begin_view, &v, e)) != 0)
        return rc;
    blob = (struct vault_blob){.size = (uint64_t)v.blob.size};
    memcpy(blob.id, v.blob.id, sizeof blob.id);
    memcpy(blob.wrapped, v.blob.wrapped, sizeof blob.wrapped);
    out->viewing_id = v.row.id;
    out->rendition = v.ticket.rendition;
    buf_init(&out->bytes, RENDITION_MAX);
    rc = vault_get(w->vault, &blob, &v.event, &out->bytes, e);
    if (rc != ASSAY_OK)
        buf_wipe(&out->bytes);
    return rc;
}

struct ending {
    const struct caller *caller;
    int64_t viewing_id, shown_ms;
};

static enum assay_err end_view(struct tx *tx, void *ctx, struct err *e)
{
    const struct ending *n = ctx;
    char data[64];
    int64_t task_id;
    enum assay_err rc = viewing_end(tx, n->viewing_id, n->caller->session_id, clock_now_ms(),
                                    n->shown_ms, &task_id, e);

    if (rc == ASSAY_ENOTFOUND)
        return err_set(e, rc, "there is no such open view of yours");
    if (rc != ASSAY_OK)
        return rc;
    (void)snprintf(data, sizeof data, "{\"shown_ms\":%lld}", (long long)n->shown_ms);
    struct audit_entry entry = {.action = AUDIT_VIEW_ENDED,
                                .actor = people_actor(n->caller, people_viewing_role(n->caller)),
                                .objects = {{"viewing", n->viewing_id}, {"task", task_id}},
                                .data = data};
    return audit_write(tx, &entry, NULL, e);
}

enum assay_err queue_view_end(struct world *w, const struct caller *c, int64_t viewing_id,
                              int64_t shown_ms, struct err *e)
{
    struct ending n = {c, viewing_id, shown_ms};

    return store_write(w->store, end_view, &n, e);
}
