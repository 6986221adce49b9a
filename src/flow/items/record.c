/* The record of one item: what it is, where it was seen, what was done with it. */
#include <string.h>

#include "flow/items/items_impl.h"
#include "flow/names.h"
#include "store/facet.h"
#include "store/history.h"
#include "store/item.h"

#define SIGHTINGS_MAX 500

void items_add_who(struct item_record *r, const char *key, int64_t staff_id, const char *label)
{
    bool mine = staff_id == r->caller->staff_id;
    bool known = mine || (r->caller->roles & ITEMS_SEES_PEOPLE) != 0;

    json_text(&r->o, key, known ? label : NULL);
}

int64_t items_for(const struct caller *c)
{
    return (c->roles & (PEOPLE_COMPLIANCE | PEOPLE_AUDITOR)) != 0 ? 0 : c->staff_id;
}

static enum assay_err item_of(struct tx *tx, struct item_record *r, struct item_row *item,
                              struct err *e)
{
    int64_t staff_id = items_for(r->caller);
    bool may = true;
    enum assay_err rc = item_get(tx, r->item_id, item, e);

    if (rc == ASSAY_OK)
        rc = history_may_see(tx, r->item_id, staff_id, &may, e);
    if (rc == ASSAY_ENOTFOUND || (rc == ASSAY_OK && !may))
        return err_set(e, ASSAY_ENOTFOUND, "there is no such item");
    if (rc != ASSAY_OK)
        return rc;
    return history_tasks(tx, r->item_id, staff_id, r->tasks, ITEMS_TASKS_MAX, &r->task_count, e);
}

static enum assay_err write_entry(struct tx *tx, struct item_record *r, enum audit_action action,
                                  struct err *e)
{
    struct item_row item;
    struct audit_entry entry = {
        .action = action,
        .actor = people_actor(r->caller, people_acting_role(r->caller, ITEMS_READERS)),
        .objects = {{"item", r->item_id}}};
    enum assay_err rc = item_of(tx, r, &item, e);

    if (rc != ASSAY_OK)
        return rc;
    for (size_t i = 0; i < r->task_count && i + 1 < AUDIT_OBJECTS_MAX; i++)
        entry.objects[i + 1] = (struct audit_object){"task", r->tasks[i]};
    return audit_write(tx, &entry, NULL, e);
}

static enum assay_err reading_fn(struct tx *tx, void *ctx, struct err *e)
{
    return write_entry(tx, ctx, AUDIT_ITEM_READ, e);
}

static void add_facet(void *ctx, const struct facet_row *f)
{
    struct json_out *o = ctx;

    json_object(o, NULL);
    json_text(o, "kind", f->kind);
    json_int(o, "place", f->place);
    json_int(o, "width", f->width);
    json_int(o, "height", f->height);
    json_hex(o, "pdq", f->pdq, f->has_pdq ? sizeof f->pdq : 0);
    json_int(o, "pdq_quality", f->pdq_quality);
    json_text(o, "pdq_reason", f->reason[0] == '\0' ? NULL : f->reason);
    json_object_end(o);
}

static enum assay_err add_picture(struct tx *tx, struct item_record *r, struct err *e)
{
    struct picture_row p;
    struct json_out *o = &r->o;
    enum assay_err rc = picture_get(tx, r->item_id, &p, e);

    if (rc == ASSAY_ENOTFOUND) {
        json_null(o, "picture");
        return ASSAY_OK;
    }
    if (rc != ASSAY_OK)
        return rc;
    json_object(o, "picture");
    json_int(o, "width", p.width);
    json_int(o, "height", p.height);
    json_int(o, "frames", p.frames);
    json_int(o, "frames_seen", p.frames_seen);
    json_array(o, "flags");
    for (unsigned i = 0; decode_flag_name(i) != NULL; i++) {
        if ((p.flags >> i & 1) != 0)
            json_text(o, NULL, decode_flag_name(i));
    }
    json_array_end(o);
    json_hex(o, "pdq", p.pdq, p.has_pdq ? sizeof p.pdq : 0);
    json_hex(o, "pdq_oriented", p.pdq_oriented, p.has_oriented ? sizeof p.pdq_oriented : 0);
    json_int(o, "pdq_quality", p.pdq_quality);
    json_text(o, "pdq_reason", p.reason[0] == '\0' ? NULL : p.reason);
    json_text(o, "failure", p.failure[0] == '\0' ? NULL : p.failure);
    json_time(o, "made_at", p.made_ms);
    json_array(o, "facets");
    rc = facet_each(tx, r->item_id, add_facet, o, e);
    json_array_end(o);
    json_object_end(o);
    return rc;
}

static enum assay_err add_sighting(void *ctx, const struct history_sighting *s)
{
    struct item_record *r = ctx;

    json_object(&r->o, NULL);
    json_id(&r->o, "sighting", s->id);
    json_text(&r->o, "batch", s->batch);
    json_time(&r->o, "created_at", s->created_ms);
    json_time(&r->o, "found_at", s->found_ms);
    if (s->inherits_task_id != 0) {
        json_object(&r->o, "inherits");
        json_id(&r->o, "task", s->inherits_task_id);
        json_int(&r->o, "version", s->inherits_version);
        json_time(&r->o, "linked_at", s->linked_ms);
        json_object_end(&r->o);
    } else {
        json_null(&r->o, "inherits");
    }
    json_object_end(&r->o);
    return ASSAY_OK;
}

static enum assay_err add_facts(struct tx *tx, struct item_record *r, struct err *e)
{
    struct json_out *o = &r->o;
    struct item_row item;
    int64_t twin, sightings;
    enum assay_err rc;

    if ((rc = item_of(tx, r, &item, e)) != 0 ||
        (rc = item_md5_twin(tx, item.md5, item.sha256, &twin, e)) != 0 ||
        (rc = history_count_sightings(tx, item.id, items_for(r->caller), &sightings, e)) != 0)
        return rc;
    json_id(o, "item", item.id);
    json_hex(o, "sha256", item.sha256, sizeof item.sha256);
    json_hex(o, "sha1", item.sha1, sizeof item.sha1);
    json_hex(o, "md5", item.md5, sizeof item.md5);
    json_id(o, "md5_twin", twin);
    json_int(o, "size", item.size);
    json_text(o, "mime", item.mime);
    json_text(o, "kind", item.kind);
    json_time(o, "created_at", item.created_ms);
    if ((rc = add_picture(tx, r, e)) != 0)
        return rc;
    json_int(o, "sighting_count", sightings);
    json_array(o, "sightings");
    rc = history_sightings(tx, item.id, items_for(r->caller), SIGHTINGS_MAX, add_sighting, r, e);
    json_array_end(o);
    return rc;
}

static enum assay_err record_fn(struct tx *tx, void *ctx, struct err *e)
{
    struct item_record *r = ctx;
    enum assay_err rc;

    buf_reset(r->answer);
    r->blind = false;
    json_out_init(&r->o, r->answer);
    json_object(&r->o, NULL);
    if ((rc = add_facts(tx, r, e)) != 0)
        return rc;
    json_array(&r->o, "tasks");
    for (size_t i = 0; i < r->task_count; i++) {
        if ((rc = items_add_task(tx, r, r->tasks[i], e)) != 0)
            return rc;
    }
    json_array_end(&r->o);
    if ((rc = items_hide_matches(tx, r, e)) != 0 || (rc = items_add_matches(tx, r, e)) != 0 ||
        (rc = items_add_history(tx, r, e)) != 0)
        return rc;
    json_object_end(&r->o);
    return ASSAY_OK;
}

enum assay_err items_record(struct world *w, const struct caller *c, int64_t item_id,
                            struct buf *answer, struct err *e)
{
    struct item_record r = {.world = w, .caller = c, .item_id = item_id, .answer = answer};
    enum assay_err rc = store_write(w->store, reading_fn, &r, e);

    if (rc == ASSAY_OK)
        rc = store_read(w->store, record_fn, &r, e);
    if (rc == ASSAY_EKEY)
        return err_set(e, ASSAY_EDAMAGED, "a note of item %lld does not open", (long long)item_id);
    return rc;
}

static enum assay_err names_fn(struct tx *tx, void *ctx, struct err *e)
{
    struct item_record *r = ctx;
    enum assay_err rc;

    buf_reset(r->answer);
    if ((rc = write_entry(tx, r, AUDIT_NAMES_VIEWED, e)) != 0)
        return rc;
    json_out_init(&r->o, r->answer);
    json_object(&r->o, NULL);
    if ((rc = flow_add_names(r->world, tx, r->caller, r->item_id, &r->o, e)) != 0)
        return rc;
    json_object_end(&r->o);
    return ASSAY_OK;
}

enum assay_err items_names(struct world *w, const struct caller *c, int64_t item_id,
                           struct buf *answer, struct err *e)
{
    struct item_record r = {.world = w, .caller = c, .item_id = item_id, .answer = answer};

    return store_write(w->store, names_fn, &r, e);
}
