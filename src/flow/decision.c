/* Writing a decision: its row, its sealed note and its record entry. */
#include "flow/decision.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "flow/own.h"

enum assay_err flow_write_decision(const struct world *w, struct tx *tx,
                                   const struct decision_row *d, const struct task *t,
                                   enum audit_action action, struct audit_actor by,
                                   const char *purpose, const char *note, struct err *e)
{
    struct decision_row row = *d;
    struct json_out o;
    struct buf data, sealed;
    enum assay_err rc;

    buf_init(&sealed, 16384);
    buf_init(&data, 16384);
    if (note != NULL && note[0] != '\0') {
        keys_seal(w->keys, &row.id, sizeof row.id, note, strlen(note), &sealed);
        row.note_sealed = sealed.data;
        row.note_size = sealed.size;
    }
    if ((rc = decision_insert(tx, &row, e)) != 0)
        goto out;
    json_out_init(&o, &data);
    json_object(&o, NULL);
    json_text(&o, "basis", row.basis);
    json_text(&o, "scheme", row.scheme);
    json_int(&o, "scheme_version", row.scheme_version);
    json_int(&o, "guidance_version", row.guidance_version);
    json_text(&o, "code", row.code == NULL ? "" : row.code);
    json_text(&o, "tags", row.tags);
    json_int(&o, "version", row.version);
    json_int(&o, "fence", row.fence);
    json_int(&o, "revealed_ms", row.revealed_ms);
    json_object_end(&o);
    struct audit_entry entry = {.action = action,
                                .keys = w->keys,
                                .actor = by,
                                .objects = {{"decision", row.id},
                                            {"task", t->id},
                                            {"item", t->item_id},
                                            {"lot", row.lot_id}},
                                .purpose = purpose,
                                .data = buf_cstr(&data),
                                .texts = {{"note", note}}};
    if (row.lot_id == 0)
        entry.objects[3] = (struct audit_object){NULL, 0};
    rc = audit_write(tx, &entry, NULL, e);
out:
    buf_clear(&data);
    buf_wipe(&sealed);
    return rc;
}

enum assay_err flow_spread(struct tx *tx, const struct task *t, struct err *e)
{
    int64_t count = 0;
    char data[64];
    enum assay_err rc = flow_own_put(tx, t, e);

    if (rc == ASSAY_OK)
        rc = inheritance_spread(tx, t->id, t->decision_id, clock_now_ms(), &count, e);
    if (rc != ASSAY_OK || count == 0)
        return rc;
    (void)snprintf(data, sizeof data, "{\"sightings\":%lld}", (long long)count);
    struct audit_entry entry = {.action = AUDIT_DECISION_INHERITED,
                                .actor = people_system(),
                                .objects = {{"task", t->id}, {"decision", t->decision_id}},
                                .data = data};
    return audit_write(tx, &entry, NULL, e);
}

void flow_add_tags(struct json_out *o, const char *key, const char *tags)
{
    json_array(o, key);
    for (const char *at = tags; *at != '\0';) {
        size_t size = strcspn(at, " ");
        json_text_n(o, NULL, at, size);
        at += size + (at[size] == ' ' ? 1 : 0);
    }
    json_array_end(o);
}
