/* Makes referrals, and takes them from step to step. */
#include "flow/refer/refer.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/rand.h"
#include "base/str.h"
#include "store/batch.h"
#include "store/decision.h"
#include "store/item.h"

#define TEXT_MAX    65536 /* bytes */
#define CONTACT_MAX 2048
#define VERSION     1

static const char *const outcomes[] = {"identified", "known", "investigating", "no_action", NULL};

struct referring {
    struct world *world;
    const struct caller *caller;
    const struct once *once;
    const struct referral_new *in;
    int64_t id;
    const char *state, *outcome, *name;
    struct buf *answer;
    /* Of making one: */
    struct task task;
    struct escalation_row escalation;
    struct referral_row row;
    struct json_out o;
    struct tx *tx;
};

/* ---- how it is answered ---- */

static enum assay_err open_text(const struct world *w, int64_t id, const void *sealed, size_t size,
                                struct buf *out, struct err *e)
{
    const enum assay_err rc = keys_open_sealed(w->keys, &id, sizeof id, sealed, size, out, e);

    return rc == ASSAY_OK ? rc : err_prefix(e, rc, "referral %lld", (long long)id);
}

static enum assay_err add_referral(void *ctx, const struct referral_row *r, struct err *e)
{
    struct referring *f = ctx;
    struct json_out *o = &f->o;
    struct buf contact;

    buf_init(&contact, CONTACT_MAX);
    const enum assay_err rc =
        open_text(f->world, r->id, r->contact_sealed, r->contact_size, &contact, e);
    if (rc == ASSAY_OK) {
        json_object(o, NULL);
        json_id(o, "referral", r->id);
        json_id(o, "task", r->task_id);
        json_bool(o, "urgent", r->urgent);
        json_text_n(o, "contact", buf_cstr(&contact), contact.size);
        json_text(o, "state", referral_state_name(r->state));
        json_text(o, "outcome", r->outcome);
        json_text(o, "made_by", r->made_label);
        json_time(o, "made_at", r->made_ms);
        json_time(o, "due_at", r->due_ms);
        json_bool(o, "overdue", r->state < REFERRAL_ACKNOWLEDGED && r->due_ms < clock_now_ms());
        json_time(o, "sent_at", r->sent_ms);
        json_time(o, "acknowledged_at", r->acknowledged_ms);
        json_time(o, "closed_at", r->closed_ms);
        json_object_end(o);
    }
    buf_wipe(&contact);
    return rc;
}

static enum assay_err answer_one(struct tx *tx, struct referring *f, int64_t id, struct err *e)
{
    buf_reset(f->answer);
    json_out_init(&f->o, f->answer);
    return referral_get(tx, id, add_referral, f, e);
}

/* ---- making ---- */

static enum assay_err add_batch(struct tx *tx, void *ctx, const struct batch_line *b, struct err *e)
{
    struct json_out *o = ctx;

    (void)tx;
    (void)e;
    json_text(o, "batch", b->row.name);
    json_text(o, "sender", b->row.sender);
    json_text(o, "case_reference", b->row.case_reference);
    return ASSAY_OK;
}

static enum assay_err add_item(struct tx *tx, const struct task *t, struct json_out *o,
                               struct err *e)
{
    struct item_row i;
    struct picture_row p;
    enum assay_err rc = item_get(tx, t->item_id, &i, e);

    if (rc != ASSAY_OK)
        return rc;
    json_id(o, "item", i.id);
    json_hex(o, "sha256", i.sha256, sizeof i.sha256);
    json_hex(o, "sha1", i.sha1, sizeof i.sha1);
    json_hex(o, "md5", i.md5, sizeof i.md5);
    json_int(o, "size", i.size);
    json_text(o, "mime", i.mime);
    rc = picture_get(tx, t->item_id, &p, e);
    json_hex(o, "pdq", p.pdq, rc == ASSAY_OK && p.has_pdq && p.reason[0] == '\0' ? 32 : 0);
    return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
}

static enum assay_err add_decision(struct tx *tx, const struct task *t, struct json_out *o,
                                   struct err *e)
{
    struct decision_copy d;
    enum assay_err rc;

    json_text(o, "scheme", t->scheme);
    if (t->decision_id == 0) {
        json_null(o, "code");
        json_null(o, "tags");
        return ASSAY_OK;
    }
    if ((rc = decision_get(tx, t->decision_id, &d, e)) != ASSAY_OK)
        return rc;
    json_text(o, "code", d.code[0] == '\0' ? NULL : d.code);
    json_text(o, "tags", d.tags);
    return ASSAY_OK;
}

static enum assay_err write_text(struct tx *tx, struct referring *f, struct buf *b, struct err *e)
{
    struct json_out o;
    enum assay_err rc;

    json_out_init(&o, b);
    json_object(&o, NULL);
    json_text(&o, "format", "assay-referral");
    json_int(&o, "version", VERSION);
    json_text(&o, "workspace", keys_workspace(f->world->keys));
    json_bool(&o, "training", f->world->training);
    json_id(&o, "referral", f->row.id);
    json_bool(&o, "urgent", f->in->urgent);
    json_text(&o, "contact", f->in->contact);
    json_text(&o, "reason", f->in->reason);
    json_text(&o, "made_by", f->caller->label);
    json_time(&o, "made_at", f->row.made_ms);
    json_time(&o, "due_at", f->row.due_ms);
    if ((rc = batch_each(tx, f->task.batch_id, 0, add_batch, &o, e)) != 0)
        return rc;
    json_id(&o, "task", f->task.id);
    if ((rc = add_item(tx, &f->task, &o, e)) != 0 || (rc = add_decision(tx, &f->task, &o, e)) != 0)
        return rc;
    json_object(&o, "escalation");
    json_int(&o, "reason", f->escalation.reason);
    json_time(&o, "raised_at", f->escalation.created_ms);
    json_object_end(&o);
    json_object_end(&o);
    buf_add_char(b, '\n');
    return ASSAY_OK;
}

static enum assay_err insert(struct tx *tx, struct referring *f, struct err *e)
{
    struct buf text, sealed, contact;
    struct referral_row *r = &f->row;

    buf_init(&text, TEXT_MAX);
    buf_init(&sealed, TEXT_MAX + 64);
    buf_init(&contact, CONTACT_MAX + 64);
    enum assay_err rc = write_text(tx, f, &text, e);
    if (rc == ASSAY_OK) {
        keys_seal(f->world->keys, &r->id, sizeof r->id, text.data, text.size, &sealed);
        keys_seal(f->world->keys, &r->id, sizeof r->id, f->in->contact, strlen(f->in->contact),
                  &contact);
        r->text_sealed = sealed.data;
        r->text_size = sealed.size;
        r->contact_sealed = contact.data;
        r->contact_size = contact.size;
        rc = referral_insert(tx, r, e);
    }
    buf_wipe(&text);
    buf_clear(&sealed);
    buf_clear(&contact);
    return rc;
}

static enum assay_err find_escalated(struct tx *tx, struct referring *f, struct err *e)
{
    struct escalation_row open;
    enum assay_err rc;

    if ((rc = escalation_get(tx, f->in->escalation_id, &f->escalation, e)) != 0 ||
        (rc = flow_task(tx, f->escalation.task_id, &f->task, e)) != 0 ||
        (rc = flow_may_see(tx, f->caller, &f->task, e)) != 0)
        return rc == ASSAY_ENOTFOUND ? err_set(e, rc, "there is no such escalation") : rc;
    rc = escalation_open(tx, f->task.id, &open, e);
    if (rc == ASSAY_ENOTFOUND || (rc == ASSAY_OK && open.id != f->escalation.id))
        return err_set(e, ASSAY_ESTATE, "this escalation is settled already");
    return rc;
}

/* The answer is kept for who asks twice, in clear: so nothing that is sealed is in it. */
static void answer_made(struct referring *f)
{
    json_out_init(&f->o, f->answer);
    json_object(&f->o, NULL);
    json_id(&f->o, "referral", f->row.id);
    json_id(&f->o, "task", f->row.task_id);
    json_text(&f->o, "state", referral_state_name(f->row.state));
    json_time(&f->o, "due_at", f->row.due_ms);
    json_object_end(&f->o);
}

static enum assay_err make(struct tx *tx, void *ctx, struct err *e)
{
    struct referring *f = ctx;
    const int64_t now = clock_now_ms();
    char data[64];
    bool replayed;
    enum assay_err rc = flow_once_begin(tx, f->caller, f->once, f->answer, &replayed, e);

    if (rc != ASSAY_OK || replayed)
        return rc;
    if ((rc = find_escalated(tx, f, e)) != ASSAY_OK)
        return rc;
    f->row = (struct referral_row){
        .id = rand_id(),
        .task_id = f->task.id,
        .escalation_id = f->escalation.id,
        .made_by = f->caller->staff_id,
        .made_ms = now,
        .due_ms = now + (f->in->urgent ? REFERRAL_URGENT_MS : REFERRAL_OTHER_MS),
        .urgent = f->in->urgent};
    (void)snprintf(data, sizeof data, "{\"urgent\":%d}", f->in->urgent);
    const struct audit_entry entry = {
        .action = AUDIT_REFERRAL_MADE,
        .keys = f->world->keys,
        .actor = people_actor(f->caller, PEOPLE_LEAD),
        .objects = {{"referral", f->row.id}, {"task", f->task.id}, {"item", f->task.item_id}},
        .data = data,
        .texts = {{"contact", f->in->contact}, {"reason", f->in->reason}}};
    if ((rc = insert(tx, f, e)) != ASSAY_OK || (rc = audit_write(tx, &entry, NULL, e)) != 0)
        return rc;
    answer_made(f);
    return flow_once_end(tx, f->caller, f->once, f->answer, e);
}

enum assay_err referral_make(struct world *w, const struct caller *c, const struct once *o,
                             const struct referral_new *in, struct buf *answer, struct err *e)
{
    struct referring f = {.world = w, .caller = c, .once = o, .in = in, .answer = answer};

    return store_write(w->store, make, &f, e);
}

/* ---- steps ---- */

/* A referral that this person may see. */
static enum assay_err take_row(void *ctx, const struct referral_row *r, struct err *e)
{
    struct referring *f = ctx;

    (void)e;
    f->row = *r; /* sealed texts and names are not looked at any more */
    f->row.outcome = NULL;
    return ASSAY_OK;
}

static enum assay_err find(struct tx *tx, struct referring *f, struct err *e)
{
    enum assay_err rc;

    if ((rc = referral_get(tx, f->id, take_row, f, e)) != 0 ||
        (rc = flow_task(tx, f->row.task_id, &f->task, e)) != 0 ||
        (rc = flow_may_see(tx, f->caller, &f->task, e)) != 0)
        return rc == ASSAY_ENOTFOUND ? err_set(e, rc, "there is no such referral") : rc;
    return ASSAY_OK;
}

static enum assay_err check_step(const struct referring *f, enum referral_state to, struct err *e)
{
    size_t known = 0;

    if (to > REFERRAL_CLOSED || to != f->row.state + 1)
        return err_set(e, ASSAY_ESTATE, "this referral is %s; it is next %s",
                       referral_state_name(f->row.state),
                       f->row.state == REFERRAL_CLOSED ? "nothing"
                                                       : referral_state_name(f->row.state + 1));
    if ((to == REFERRAL_CLOSED) != (f->outcome != NULL))
        return err_set(e, ASSAY_EFORMAT, "an outcome is said when it is closed, and only then");
    while (f->outcome != NULL && outcomes[known] != NULL && !str_equal(outcomes[known], f->outcome))
        known++;
    if (f->outcome != NULL && outcomes[known] == NULL)
        return err_set(e, ASSAY_EFORMAT,
                       "outcome is identified, known, investigating or no_action");
    return ASSAY_OK;
}

static enum assay_err step(struct tx *tx, void *ctx, struct err *e)
{
    struct referring *f = ctx;
    enum referral_state to = REFERRAL_MADE;
    char data[96];
    enum assay_err rc = find(tx, f, e);

    while (to <= REFERRAL_CLOSED && !str_equal(f->state, referral_state_name(to)))
        to++;
    if (rc != ASSAY_OK || (rc = check_step(f, to, e)) != ASSAY_OK)
        return rc;
    struct referral_row *r = &f->row;
    const enum referral_state from = r->state;
    r->state = to;
    r->outcome = f->outcome;
    *(to == REFERRAL_SENT           ? &r->sent_ms
      : to == REFERRAL_ACKNOWLEDGED ? &r->acknowledged_ms
                                    : &r->closed_ms) = clock_now_ms();
    (void)snprintf(data, sizeof data, "{\"state\":\"%s\",\"outcome\":\"%s\"}", f->state,
                   f->outcome == NULL ? "" : f->outcome);
    const struct audit_entry entry = {.action = AUDIT_REFERRAL_MOVED,
                                      .actor = people_actor(f->caller, PEOPLE_LEAD),
                                      .objects = {{"referral", r->id}, {"task", r->task_id}},
                                      .data = data};
    if ((rc = referral_move(tx, r, from, e)) != 0 || (rc = audit_write(tx, &entry, NULL, e)) != 0)
        return rc;
    return answer_one(tx, f, r->id, e);
}

enum assay_err referral_step(struct world *w, const struct caller *c, int64_t id, const char *state,
                             const char *outcome, struct buf *answer, struct err *e)
{
    struct referring f = {
        .world = w, .caller = c, .id = id, .state = state, .outcome = outcome, .answer = answer};

    return store_write(w->store, step, &f, e);
}

static enum assay_err list(struct tx *tx, void *ctx, struct err *e)
{
    struct referring *f = ctx;

    buf_reset(f->answer);
    json_out_init(&f->o, f->answer);
    json_object(&f->o, NULL);
    json_array(&f->o, "referrals");
    const enum assay_err rc = referral_each(tx, f->caller->staff_id, add_referral, f, e);
    json_array_end(&f->o);
    json_object_end(&f->o);
    return rc;
}

enum assay_err referral_list(struct world *w, const struct caller *c, struct buf *answer,
                             struct err *e)
{
    struct referring f = {.world = w, .caller = c, .answer = answer};

    return store_read(w->store, list, &f, e);
}

/* ---- the file ---- */

static enum assay_err take_text(void *ctx, const struct referral_row *r, struct err *e)
{
    struct referring *f = ctx;

    buf_reset(f->answer);
    return open_text(f->world, r->id, r->text_sealed, r->text_size, f->answer, e);
}

static enum assay_err file(struct tx *tx, void *ctx, struct err *e)
{
    struct referring *f = ctx;
    char data[64];
    enum assay_err rc;

    (void)snprintf(data, sizeof data, "{\"file\":\"%s\"}", f->name);
    if ((rc = find(tx, f, e)) != 0 || (rc = referral_get(tx, f->id, take_text, f, e)) != 0)
        return rc;
    const struct audit_entry entry = {.action = AUDIT_REFERRAL_READ,
                                      .actor = people_actor(f->caller, PEOPLE_LEAD),
                                      .objects = {{"referral", f->id}, {"task", f->row.task_id}},
                                      .data = data};
    return audit_write(tx, &entry, NULL, e);
}

enum assay_err referral_file(struct world *w, const struct caller *c, int64_t id, const char *name,
                             struct buf *out, struct err *e)
{
    struct referring f = {.world = w, .caller = c, .id = id, .name = name};
    char comment[96], at[CLOCK_TEXT_SIZE];
    const bool signature = str_equal(name, REFERRAL_SIGNATURE);
    struct buf text;

    if (!signature && !str_equal(name, REFERRAL_FILE))
        return err_set(e, ASSAY_ENOTFOUND, "a referral has no such file");
    buf_init(&text, TEXT_MAX);
    f.answer = &text;
    const enum assay_err rc = store_write(w->store, file, &f, e); /* no entry, no file */
    if (rc == ASSAY_OK && signature) {
        clock_text(f.row.made_ms, at);
        (void)snprintf(comment, sizeof comment, "assay referral %lld, made at %s", (long long)id,
                       at);
        keys_minisign(w->keys, text.data, text.size, comment, out);
    } else if (rc == ASSAY_OK) {
        buf_add(out, text.data, text.size);
    }
    buf_wipe(&text);
    return rc;
}
