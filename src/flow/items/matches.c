/* What lists knew of an item, and what was done with it: for whom it can sway no more. */
#include "flow/items/items_impl.h"
#include "store/history.h"
#include "store/match.h"

/* Roles that grade, read or settle; who has none of them is swayed by nothing. */
#define JUDGES PEOPLE_SEES_MEDIA

static enum assay_err add_match(void *ctx, const struct match_seen *m, struct err *e)
{
    struct item_record *r = ctx;
    struct json_out *o = &r->o;

    (void)e;
    json_object(o, NULL);
    json_text(o, "list", m->list);
    json_text(o, "list_kind", m->list_kind);
    json_text(o, "hash", m->kind);
    json_int(o, "distance", m->distance);
    json_text(o, "code", m->code);
    json_text(o, "outcome", m->outcome);
    json_time(o, "found_at", m->found_ms);
    json_object_end(o);
    return ASSAY_OK;
}

static enum assay_err add_stack(struct tx *tx, struct item_record *r, struct err *e)
{
    struct json_out *o = &r->o;
    struct stack_place place;
    enum assay_err rc = stack_of(tx, r->item_id, &place, e);

    if (rc == ASSAY_ENOTFOUND) {
        json_null(o, "stack");
        return ASSAY_OK;
    }
    if (rc != ASSAY_OK)
        return rc;
    json_object(o, "stack");
    json_id(o, "of_item", place.of_item_id);
    json_int(o, "distance", place.distance);
    json_time(o, "joined_at", place.joined_ms);
    json_object_end(o);
    return ASSAY_OK;
}

enum assay_err items_hide_matches(struct tx *tx, struct item_record *r, struct err *e)
{
    int64_t open = 0;
    enum assay_err rc = ASSAY_OK;

    if ((r->caller->roles & JUDGES) != 0)
        rc = history_count_open(tx, r->item_id, &open, e);
    r->matches_hidden = open > 0;
    return rc;
}

enum assay_err items_add_matches(struct tx *tx, struct item_record *r, struct err *e)
{
    struct json_out *o = &r->o;
    enum assay_err rc = ASSAY_OK;

    json_bool(o, "matches_hidden", r->matches_hidden);
    json_array(o, "matches");
    if (!r->matches_hidden)
        rc = match_each(tx, r->item_id, add_match, r, e);
    json_array_end(o);
    if (rc == ASSAY_OK && !r->matches_hidden)
        return add_stack(tx, r, e);
    json_null(o, "stack");
    return rc;
}
