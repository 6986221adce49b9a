/* The person's side of uploads: begun, listed, fed part by part, finished or given up. */
#include "flow/intake/upload.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/rand.h"
#include "base/str.h"
#include "flow/intake/upload_impl.h"
#include "flow/settings.h"
#include "format/country.h"
#include "store/batch.h"

#define TAGS_BYTES 8192 /* canonical text of SCHEME_TAGS_MAX tags */

static void add_upload(struct json_out *o, const struct upload_line *l)
{
    const struct upload_row *u = &l->row;

    json_object(o, NULL);
    json_id(o, "upload", u->id);
    json_id(o, "batch", u->batch_id);
    json_text(o, "batch_name", l->batch);
    json_int(o, "size", u->size);
    json_int(o, "received", u->received);
    json_int(o, "taken", u->taken);
    json_text(o, "state", u->state);
    json_text(o, "outcome", u->outcome);
    json_hex(o, "sha256_said", u->said, u->has_said ? sizeof u->said : 0);
    json_hex(o, "sha256", u->sha256, u->has_sha256 ? sizeof u->sha256 : 0);
    json_time(o, "created_at", u->created_ms);
    json_time(o, "changed_at", u->changed_ms);
    json_object_end(o);
}

/* One's own upload; what is another's looks like what is not there. */
static enum assay_err own(struct tx *tx, const struct caller *c, int64_t id, struct upload_row *u,
                          struct err *e)
{
    enum assay_err rc = upload_get(tx, id, u, NULL, e);

    if (rc == ASSAY_ENOTFOUND || (rc == ASSAY_OK && u->staff_id != c->staff_id))
        return err_set(e, ASSAY_ENOTFOUND, "there is no such upload of yours");
    return rc;
}

static enum assay_err answer_one(struct tx *tx, const struct upload_row *u, struct buf *answer,
                                 struct err *e)
{
    struct upload_line l = {.row = *u};
    struct json_out o;
    char batch[201];
    enum assay_err rc = batch_name(tx, u->batch_id, batch, sizeof batch, e);

    if (rc != ASSAY_OK)
        return rc;
    l.batch = batch;
    buf_reset(answer);
    json_out_init(&o, answer);
    add_upload(&o, &l);
    return ASSAY_OK;
}

/* ---- starting ---- */

struct starting {
    struct world *world;
    const struct caller *caller;
    const struct upload_new *in;
    int64_t open_max;
    struct buf tags, *answer;
};

static enum assay_err check_fields(const struct upload_new *in, int64_t size_max, struct err *e)
{
    size_t size = strlen(in->name);

    if (size == 0 || size > UPLOAD_NAME_MAX || !str_is_utf8(in->name, size))
        return err_set(e, ASSAY_ERANGE, "a file has a name of 1 to %d bytes of UTF-8",
                       UPLOAD_NAME_MAX);
    if (in->size < 1)
        return err_set(e, ASSAY_ERANGE, "an empty file is not taken: it has no bytes");
    if (in->size > size_max)
        return err_set(e, ASSAY_ELIMIT,
                       "a file of over %lld bytes is not taken here; use assay import, or have the "
                       "setting upload.size_max raised",
                       (long long)size_max);
    if (in->host_country != NULL && !country_is_code(in->host_country))
        return err_set(e, ASSAY_EFORMAT,
                       "host_country is a code of ISO 3166 of two letters, such as DE");
    return ASSAY_OK;
}

/* As with a sidecar: the source's own grade, which need not have every tag that ours must. */
static enum assay_err check_grade(struct tx *tx, struct starting *s, const struct batch_key *batch,
                                  struct err *e)
{
    const struct upload_new *in = s->in;
    const struct scheme *scheme;
    enum assay_err rc;

    buf_reset(&s->tags);
    if (in->code == NULL)
        return in->tag_count == 0
                   ? ASSAY_OK
                   : err_set(e, ASSAY_EFORMAT, "tags belong to a grade: give its code too");
    if ((rc = flow_scheme_tx(s->world, tx, batch->scheme, &scheme, e)) != 0 ||
        (rc = scheme_check_decision(scheme, in->code, in->tags, in->tag_count, SCHEME_CHECK_PARTIAL,
                                    e)) != 0)
        return rc;
    scheme_tags_text(in->tags, in->tag_count, &s->tags);
    return ASSAY_OK;
}

static void name_mac(const struct world *w, const struct upload_new *in, uint8_t mac[32])
{
    struct buf b;

    buf_init(&b, UPLOAD_NAME_MAX + 64);
    buf_addf(&b, "%lld/%s", (long long)in->modified_ms, in->name);
    keys_name(w->keys, "upload", b.data, b.size, mac);
    buf_wipe(&b);
}

static void seal_text(const struct starting *s, int64_t id, struct buf *out)
{
    const struct upload_new *in = s->in;
    char source[PEOPLE_NAME_SIZE + 8];
    struct json_out o;
    struct buf plain;

    (void)snprintf(source, sizeof source, "staff:%s", s->caller->name);
    buf_init(&plain, UPLOAD_TEXT_MAX);
    json_out_init(&o, &plain);
    json_object(&o, NULL);
    json_text(&o, "name", in->name);
    json_text(&o, "source", source);
    json_text(&o, "url", in->url);
    json_text(&o, "page_url", in->page_url);
    json_text(&o, "note", in->note);
    json_text(&o, "host_country", in->host_country);
    json_int(&o, "found_ms", in->found_ms);
    json_text(&o, "code", in->code);
    json_text_n(&o, "tags", s->tags.size > 0 ? (const char *)s->tags.data : "", s->tags.size);
    json_object_end(&o);
    keys_seal(s->world->keys, &id, sizeof id, plain.data, plain.size, out);
    buf_wipe(&plain);
}

static enum assay_err write_started(struct tx *tx, const struct starting *s,
                                    const struct upload_row *u, struct err *e)
{
    char data[64];

    (void)snprintf(data, sizeof data, "{\"size\":%lld}", (long long)u->size);
    struct audit_entry entry = {
        .action = AUDIT_UPLOAD_STARTED,
        .keys = s->world->keys,
        .actor = people_actor(s->caller, people_acting_role(s->caller, UPLOAD_ROLES)),
        .objects = {{"upload", u->id}, {"batch", u->batch_id}},
        .data = data,
        .texts = {{"name", s->in->name}}};
    return audit_write(tx, &entry, NULL, e);
}

static enum assay_err insert(struct tx *tx, const struct starting *s, struct upload_row *u,
                             struct err *e)
{
    struct buf sealed;
    int64_t open;
    enum assay_err rc = upload_count_open(tx, u->staff_id, &open, e);

    if (rc != ASSAY_OK)
        return rc;
    if (open >= s->open_max)
        return err_set(e, ASSAY_ESTATE,
                       "you have %lld uploads open, which is the limit; finish or give up some",
                       (long long)open);
    u->id = rand_id();
    u->created_ms = u->changed_ms = clock_now_ms();
    u->has_said = s->in->sha256 != NULL;
    if (u->has_said)
        memcpy(u->said, s->in->sha256, sizeof u->said);
    buf_init(&sealed, UPLOAD_TEXT_MAX + 64);
    seal_text(s, u->id, &sealed);
    rc = upload_insert(tx, u, sealed.data, sealed.size, e);
    buf_clear(&sealed);
    return rc != ASSAY_OK ? rc : write_started(tx, s, u, e);
}

static enum assay_err start(struct tx *tx, void *ctx, struct err *e)
{
    struct starting *s = ctx;
    struct upload_row u = {.staff_id = s->caller->staff_id,
                           .batch_id = s->in->batch_id,
                           .size = s->in->size,
                           .state = "open"};
    struct batch_key batch;
    bool mine = true;
    int64_t there;
    enum assay_err rc = batch_get(tx, s->in->batch_id, &batch, e);

    if (rc == ASSAY_OK && (s->caller->roles & PEOPLE_INTAKE) == 0)
        rc = batch_may_see(tx, batch.id, s->caller->staff_id, &mine, e);
    if (rc == ASSAY_ENOTFOUND || (rc == ASSAY_OK && !mine))
        return err_set(e, ASSAY_ENOTFOUND, "there is no such batch; open it first");
    if (rc != ASSAY_OK || (rc = check_grade(tx, s, &batch, e)) != 0)
        return rc;
    name_mac(s->world, s->in, u.name_mac);
    rc = upload_find_open(tx, &u, &there, e);
    if (rc == ASSAY_OK)
        rc = upload_get(tx, there, &u, NULL, e);
    else if (rc == ASSAY_ENOTFOUND)
        rc = insert(tx, s, &u, e);
    if (rc != ASSAY_OK)
        return rc;
    if (s->in->sha256 != NULL && (!u.has_said || memcmp(u.said, s->in->sha256, 32) != 0))
        return err_set(e, ASSAY_ESTATE,
                       "an upload of this name and size is open with another SHA-256; give it up "
                       "first");
    return answer_one(tx, &u, s->answer, e);
}

enum assay_err intake_upload_start(struct world *w, const struct caller *c,
                                   const struct upload_new *in, struct buf *answer, struct err *e)
{
    struct starting s = {.world = w, .caller = c, .in = in, .answer = answer};
    int64_t size_max;
    enum assay_err rc;

    if ((rc = settings_get(w->store, "upload.size_max", &size_max, e)) != 0 ||
        (rc = settings_get(w->store, "upload.open_max", &s.open_max, e)) != 0 ||
        (rc = check_fields(in, size_max, e)) != 0)
        return rc;
    buf_init(&s.tags, TAGS_BYTES);
    rc = store_write(w->store, start, &s, e);
    buf_clear(&s.tags);
    return rc;
}

/* ---- looking ---- */

struct looking {
    const struct caller *caller;
    int64_t id, size_max, open_max;
    struct buf *answer;
    struct json_out o;
};

static void add_line(void *ctx, const struct upload_line *l)
{
    struct looking *k = ctx;

    add_upload(&k->o, l);
}

static enum assay_err list(struct tx *tx, void *ctx, struct err *e)
{
    struct looking *k = ctx;

    buf_reset(k->answer);
    json_out_init(&k->o, k->answer);
    json_object(&k->o, NULL);
    json_array(&k->o, "uploads");
    enum assay_err rc = upload_each(tx, k->caller->staff_id, add_line, k, e);
    json_array_end(&k->o);
    json_int(&k->o, "size_max", k->size_max);
    json_int(&k->o, "open_max", k->open_max);
    json_int(&k->o, "part_min", UPLOAD_PART_MIN);
    json_int(&k->o, "part_max", UPLOAD_PART_MAX);
    json_object_end(&k->o);
    return rc;
}

enum assay_err intake_uploads(struct world *w, const struct caller *c, struct buf *answer,
                              struct err *e)
{
    struct looking k = {.caller = c, .answer = answer};
    enum assay_err rc;

    if ((rc = settings_get(w->store, "upload.size_max", &k.size_max, e)) != 0 ||
        (rc = settings_get(w->store, "upload.open_max", &k.open_max, e)) != 0)
        return rc;
    return store_read(w->store, list, &k, e);
}

static enum assay_err look(struct tx *tx, void *ctx, struct err *e)
{
    struct looking *k = ctx;
    struct upload_row u;
    enum assay_err rc = own(tx, k->caller, k->id, &u, e);

    return rc != ASSAY_OK ? rc : answer_one(tx, &u, k->answer, e);
}

enum assay_err intake_upload(struct world *w, const struct caller *c, int64_t id,
                             struct buf *answer, struct err *e)
{
    struct looking k = {.caller = c, .id = id, .answer = answer};

    return store_read(w->store, look, &k, e);
}

/* ---- finishing and giving up ---- */

struct closing {
    struct world *world;
    const struct caller *caller;
    int64_t id;
    struct buf *answer;
};

static enum assay_err finish(struct tx *tx, void *ctx, struct err *e)
{
    const struct closing *k = ctx;
    enum people_role role = people_acting_role(k->caller, UPLOAD_ROLES);
    struct audit_event_id event;
    struct upload_row u;
    char data[96];
    enum assay_err rc = own(tx, k->caller, k->id, &u, e);

    if (rc != ASSAY_OK)
        return rc;
    if (!str_equal(u.state, "open"))
        return answer_one(tx, &u, k->answer, e); /* finished before: a lost answer */
    (void)snprintf(data, sizeof data, "{\"size\":%lld,\"received\":%lld,\"parts\":%lld}",
                   (long long)u.size, (long long)u.received, (long long)u.parts);
    struct audit_entry entry = {.action = AUDIT_UPLOAD_FINISHED,
                                .actor = people_actor(k->caller, role),
                                .objects = {{"upload", u.id}, {"batch", u.batch_id}},
                                .data = data};
    if ((rc = audit_write(tx, &entry, &event, e)) != 0)
        return rc;
    u.session_id = k->caller->session_id;
    u.changed_ms = clock_now_ms();
    memcpy(u.event, event.bytes, sizeof u.event);
    (void)snprintf(u.role, sizeof u.role, "%s", entry.actor.role);
    (void)snprintf(u.state, sizeof u.state, "finishing");
    if ((rc = upload_finishing(tx, &u, e)) != 0)
        return rc;
    return answer_one(tx, &u, k->answer, e);
}

enum assay_err intake_upload_finish(struct world *w, const struct caller *c, int64_t id,
                                    struct buf *answer, struct err *e)
{
    struct closing k = {w, c, id, answer};

    return store_write(w->store, finish, &k, e);
}

static enum assay_err drop(struct tx *tx, void *ctx, struct err *e)
{
    const struct closing *k = ctx;
    struct upload_row u;
    char from[sizeof u.state];
    enum assay_err rc = own(tx, k->caller, k->id, &u, e);

    if (rc != ASSAY_OK || str_equal(u.state, "dropped"))
        return rc;
    if (!str_equal(u.state, "open") && !str_equal(u.state, "differs"))
        return err_set(e, ASSAY_ESTATE,
                       "this upload is being taken in, or was: it cannot be given up");
    memcpy(from, u.state, sizeof from);
    (void)snprintf(u.state, sizeof u.state, "dropped");
    (void)snprintf(u.outcome, sizeof u.outcome, "given up");
    return upload_close(k->world, tx, &u, from,
                        people_actor(k->caller, people_acting_role(k->caller, UPLOAD_ROLES)), e);
}

enum assay_err intake_upload_drop(struct world *w, const struct caller *c, int64_t id,
                                  struct err *e)
{
    struct closing k = {w, c, id, NULL};
    enum assay_err rc = store_write(w->store, drop, &k, e);

    return rc != ASSAY_OK ? rc : upload_remove_parts(w, id, e);
}
