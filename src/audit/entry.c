/* Writing an entry: its canonical line, its commitments, its rows. */
#include "audit/entry.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "audit/audit.h"
#include "audit/tile.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/rand.h"
#include "base/str.h"

#define ENTRY_VERSION 1
#define NONE          "none"
#define NUMBER_SIZE   24
#define CONTEXT_MAX   256

struct commitment {
    uint8_t salt[RECORD_SALT_BYTES];
    struct tree_hash hash;
};

void entry_commitment(const uint8_t salt[RECORD_SALT_BYTES], const void *text, size_t size,
                      struct tree_hash *out)
{
    crypto_hash_sha256_state state;

    (void)crypto_hash_sha256_init(&state);
    (void)crypto_hash_sha256_update(&state, salt, RECORD_SALT_BYTES);
    (void)crypto_hash_sha256_update(&state, text, size);
    (void)crypto_hash_sha256_final(&state, out->bytes);
}

void entry_seal_context(const uint8_t event[RECORD_EVENT_BYTES], const char *field, struct buf *b)
{
    buf_add_str(b, "record_text");
    buf_add(b, event, RECORD_EVENT_BYTES);
    buf_add_str(b, field);
}

static enum assay_err write_scalar(struct json_out *o, const char *key, const struct json *j,
                                   struct err *e)
{
    int64_t v;

    if (j->kind == JSON_IS_STRING) {
        json_text_n(o, key, j->text, j->size);
        return ASSAY_OK;
    }
    if (j->kind != JSON_IS_NUMBER || str_int64(j->text, INT64_MIN, INT64_MAX, &v) != ASSAY_OK)
        return err_set(e, ASSAY_EFORMAT, "record: data holds integers, strings and lists of them");
    json_int(o, key, v);
    return ASSAY_OK;
}

/* The members of data (a JSON object) written anew: no spaces, one form of each number. */
static enum assay_err write_members(struct json_out *o, const struct json *data, struct err *e)
{
    enum assay_err rc;

    for (const struct json *m = data->first; m != NULL; m = m->next) {
        if (m->kind != JSON_IS_ARRAY) {
            if ((rc = write_scalar(o, m->key, m, e)) != 0)
                return rc;
            continue;
        }
        json_array(o, m->key);
        for (const struct json *v = m->first; v != NULL; v = v->next)
            if ((rc = write_scalar(o, NULL, v, e)) != 0)
                return rc;
        json_array_end(o);
    }
    return ASSAY_OK;
}

static enum assay_err write_data(struct json_out *o, const struct audit_entry *entry, struct err *e)
{
    const char *text = entry->data == NULL ? "{}" : entry->data;
    struct arena *a = arena_new();
    struct json *data;
    enum assay_err rc;

    if ((rc = json_parse(a, text, strlen(text), &data, e)) != 0) {
        rc = err_prefix(e, rc, "record: data");
        goto out;
    }
    if (data->kind != JSON_IS_OBJECT || json_get(data, "workstation") != NULL) {
        rc = err_set(e, ASSAY_EFORMAT, "record: data is an object, its workstation the actor's");
        goto out;
    }
    json_object(o, "data");
    if (entry->actor.workstation != NULL)
        json_text(o, "workstation", entry->actor.workstation);
    rc = write_members(o, data, e);
    json_object_end(o);
out:
    arena_free(a);
    return rc;
}

static void write_actor(struct json_out *o, const struct audit_actor *actor)
{
    char number[NUMBER_SIZE];

    assert(actor->role != NULL);
    assert(actor->staff_id >= 0);
    if (actor->staff_id > 0)
        json_id(o, "actor", actor->staff_id);
    else
        json_text(o, "actor", actor->role); /* "operator" or "system": no person */
    json_text(o, "role", actor->role);
    (void)snprintf(number, sizeof number, "%lld", (long long)actor->session_id);
    json_text(o, "session", actor->session_id == 0 ? NONE : number);
}

static void write_objects(struct json_out *o, const struct audit_entry *entry)
{
    char text[128];

    json_array(o, "objects");
    for (size_t i = 0; i < AUDIT_OBJECTS_MAX && entry->objects[i].noun != NULL; i++) {
        (void)snprintf(text, sizeof text, "%.64s:%lld", entry->objects[i].noun,
                       (long long)entry->objects[i].id);
        json_text(o, NULL, text);
    }
    json_array_end(o);
}

static size_t count_texts(const struct audit_entry *entry)
{
    size_t count = 0;

    while (count < AUDIT_TEXTS_MAX && entry->texts[count].field != NULL)
        count++;
    return count;
}

static void write_commit(struct json_out *o, const struct audit_entry *entry,
                         const struct commitment *commitments)
{
    json_object(o, "commit");
    for (size_t i = 0; i < count_texts(entry); i++)
        if (entry->texts[i].text != NULL)
            json_hex(o, entry->texts[i].field, commitments[i].hash.bytes, TREE_HASH_BYTES);
    json_object_end(o);
}

/* The line of doc/record.md section 2, without a newline. */
static enum assay_err write_line(const struct audit_entry *entry, const struct audit_event_id *id,
                                 const struct commitment *commitments, struct buf *line,
                                 struct err *e)
{
    struct json_out o;
    enum assay_err rc;

    json_out_init(&o, line);
    json_object(&o, NULL);
    json_int(&o, "v", ENTRY_VERSION);
    json_hex(&o, "event", id->bytes, sizeof id->bytes);
    json_int(&o, "t_ms", clock_now_ms());
    json_int(&o, "mono_ms", clock_mono_ms());
    json_text(&o, "boot", clock_boot());
    write_actor(&o, &entry->actor);
    json_text(&o, "action", audit_action_name(entry->action));
    write_objects(&o, entry);
    json_text(&o, "purpose", entry->purpose == NULL ? NONE : entry->purpose);
    json_text(&o, "outcome", entry->outcome == NULL ? "done" : entry->outcome);
    json_text(&o, "software", "assay " ASSAY_VERSION);
    if ((rc = write_data(&o, entry, e)) != 0)
        return rc;
    write_commit(&o, entry, commitments);
    json_object_end(&o);
    if (line->over)
        return err_set(e, ASSAY_ELIMIT, "record: an entry of over %d bytes", TILE_ENTRY_MAX);
    if (!str_is_utf8(line->data, line->size))
        return err_set(e, ASSAY_EFORMAT, "record: an entry that is not UTF-8");
    return ASSAY_OK;
}

static enum assay_err keep_text(struct tx *tx, const struct audit_entry *entry,
                                const struct audit_event_id *id, const struct audit_text *text,
                                const struct commitment *commitment, struct err *e)
{
    struct buf context, sealed;
    enum assay_err rc;

    assert(entry->keys != NULL);
    buf_init(&context, CONTEXT_MAX);
    buf_init(&sealed, ENTRY_TEXT_MAX + CONTEXT_MAX);
    entry_seal_context(id->bytes, text->field, &context);
    assert(!context.over);
    keys_seal(entry->keys, context.data, context.size, text->text, strlen(text->text), &sealed);
    rc = record_text_insert(tx, id->bytes, text->field, commitment->salt, &sealed, e);
    buf_clear(&sealed);
    buf_clear(&context);
    return rc;
}

enum assay_err audit_write(struct tx *tx, const struct audit_entry *entry,
                           struct audit_event_id *id, struct err *e)
{
    struct commitment commitments[AUDIT_TEXTS_MAX];
    struct audit_event_id event;
    struct buf line;
    enum assay_err rc = ASSAY_OK;
    size_t count = count_texts(entry);

    buf_init(&line, TILE_ENTRY_MAX);
    rand_bytes(event.bytes, sizeof event.bytes);
    for (size_t i = 0; i < count; i++) {
        const char *text = entry->texts[i].text;
        if (text == NULL)
            continue;
        if (strlen(text) > ENTRY_TEXT_MAX) {
            rc = err_set(e, ASSAY_ELIMIT, "record: a text of over %d bytes", ENTRY_TEXT_MAX);
            goto out;
        }
        rand_bytes(commitments[i].salt, sizeof commitments[i].salt);
        entry_commitment(commitments[i].salt, text, strlen(text), &commitments[i].hash);
    }
    if ((rc = write_line(entry, &event, commitments, &line, e)) != 0 ||
        (rc = record_insert(tx, event.bytes, buf_cstr(&line), e)) != 0)
        goto out;
    for (size_t i = 0; i < count; i++)
        if (entry->texts[i].text != NULL &&
            (rc = keep_text(tx, entry, &event, &entry->texts[i], &commitments[i], e)) != 0)
            goto out;
    if (id != NULL)
        *id = event;
out:
    buf_clear(&line);
    return rc;
}
