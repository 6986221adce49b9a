/* Tells of a batch's cases: counts alone, nothing of what a record says. */
#include "flow/batch_cases.h"

#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "store/batch.h"
#include "store/case_answer.h"

#define KEEPERS (PEOPLE_INTAKE | PEOPLE_LEAD) /* who sees every batch */

struct looking {
    const struct caller *caller;
    int64_t batch_id;
    struct buf *answer;
    struct json_out o;
    struct tx *tx;
    char *name;
};

static enum assay_err take_name(struct tx *tx, void *ctx, const struct batch_line *b, struct err *e)
{
    struct looking *l = ctx;

    (void)tx;
    (void)e;
    mem_free(l->name);
    l->name = mem_strdup(b->row.name);
    return ASSAY_OK;
}

static enum assay_err find(struct tx *tx, void *ctx, struct err *e)
{
    struct looking *l = ctx;
    const bool keeper = (l->caller->roles & KEEPERS) != 0;
    const enum assay_err rc =
        batch_each(tx, l->batch_id, keeper ? 0 : l->caller->staff_id, take_name, l, e);

    if (rc == ASSAY_OK && l->name == NULL)
        return err_set(e, ASSAY_ENOTFOUND, "there is no such batch");
    return rc;
}

static enum assay_err add_file(struct tx *tx, void *ctx, const struct case_file_row *f,
                               struct err *e)
{
    struct looking *l = ctx;
    struct json_out *o = &l->o;
    int64_t counts[CASE_STATES], records = 0;
    const enum assay_err rc = case_counts(tx, f->id, counts, e);

    if (rc != ASSAY_OK)
        return rc;
    for (size_t s = 0; s < CASE_STATES; s++)
        records += counts[s];
    json_object(o, NULL);
    json_hex(o, "sha256", f->sha256, sizeof f->sha256);
    json_int(o, "size", f->size);
    json_text(o, "profile", f->profile);
    json_text(o, "vics", f->version);
    json_text(o, "region", f->region);
    json_time(o, "begun_at", f->created_ms);
    json_time(o, "done_at", f->done_ms);
    json_int(o, "records", records);
    for (enum case_state s = CASE_TAKEN; s < CASE_STATES; s++)
        json_int(o, case_state_name(s), counts[s]);
    json_object_end(o);
    return ASSAY_OK;
}

static enum assay_err add_answer(void *ctx, const struct case_answer_row *r, struct err *e)
{
    struct looking *l = ctx;
    struct json_out *o = &l->o;
    int64_t counts[CASE_ANSWER_STATES], answered = 0;
    const enum assay_err rc = case_answer_counts(l->tx, r->id, 0, counts, e);

    if (rc != ASSAY_OK)
        return rc;
    for (size_t s = 0; s < CASE_ANSWER_STATES; s++)
        answered += counts[s];
    json_object(o, NULL);
    json_int(o, "number", r->number);
    json_bool(o, "part", r->part);
    json_text(o, "profile", r->profile);
    json_int(o, "votes", r->votes);
    json_time(o, "made_at", r->created_ms);
    json_int(o, "answered", answered);
    json_object(o, "states");
    for (size_t s = 0; s < CASE_ANSWER_STATES; s++) {
        if (counts[s] > 0)
            json_int(o, case_answer_state_name((enum case_answer_state)s), counts[s]);
    }
    json_object_end(o);
    json_hex(o, "content_sha256", r->content_sha256, sizeof r->content_sha256);
    json_object_end(o);
    return ASSAY_OK;
}

static enum assay_err look(struct tx *tx, void *ctx, struct err *e)
{
    struct looking *l = ctx;
    enum assay_err rc = find(tx, l, e);

    if (rc != ASSAY_OK)
        return rc;
    l->tx = tx;
    buf_reset(l->answer);
    json_out_init(&l->o, l->answer);
    json_object(&l->o, NULL);
    json_array(&l->o, "files");
    if ((rc = case_files(tx, l->batch_id, add_file, l, e)) != ASSAY_OK)
        return rc;
    json_array_end(&l->o);
    json_array(&l->o, "answers");
    if ((rc = case_answer_each(tx, l->batch_id, 0, add_answer, l, e)) != ASSAY_OK)
        return rc;
    json_array_end(&l->o);
    json_object_end(&l->o);
    return ASSAY_OK;
}

enum assay_err flow_batch_cases(struct world *w, const struct caller *c, int64_t batch_id,
                                struct buf *answer, struct err *e)
{
    struct looking l = {.caller = c, .batch_id = batch_id, .answer = answer};
    const enum assay_err rc = store_read(w->store, look, &l, e);

    mem_free(l.name);
    return rc;
}

enum assay_err flow_batch_name(struct world *w, const struct caller *c, int64_t batch_id,
                               char **name, struct err *e)
{
    struct looking l = {.caller = c, .batch_id = batch_id};
    const enum assay_err rc = store_read(w->store, find, &l, e);

    *name = l.name;
    return rc;
}
