/* The report of where our grades are not the sender's. */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "flow/answer/answer_impl.h"

#define REASON_MAX 65536 /* bytes */

static void add_meaning(struct json_out *o, const struct profile *p, int64_t category)
{
    const char *code;
    const enum profile_means means = profile_category(p, category, &code);

    if (category < 0)
        json_null(o, "category");
    else
        json_int(o, "category", category);
    json_text(o, "means", profile_means_name(means));
    json_text(o, "code", code);
}

/* Whether the sender said something of it that we do not. */
static bool differs(const struct answering *a, const struct case_answer_line *l, int64_t category)
{
    const char *theirs, *ours;
    const enum profile_means means = profile_category(a->profile, l->record.category, &theirs);

    if (l->state != CASE_ANSWER_GRADED || means < PROFILE_NOT_PERTINENT ||
        l->record.category == category)
        return false;
    return profile_category(a->profile, category, &ours) != means ||
           (theirs == NULL) != (ours == NULL) || (theirs != NULL && !str_equal(theirs, ours));
}

struct settled {
    const struct keys *keys;
    struct buf text;
};

static void open_reason(void *ctx, int64_t reading_id, const void *sealed, size_t size)
{
    struct settled *s = ctx;

    if (keys_open_sealed(s->keys, &reading_id, sizeof reading_id, sealed, size, &s->text, NULL) !=
        ASSAY_OK)
        buf_reset(&s->text);
}

static enum assay_err add_row(struct answering *a, struct tx *tx, const struct case_answer_line *l,
                              int64_t category, size_t file, struct err *e)
{
    struct settled s = {.keys = a->world->keys};
    struct json_out *o = &a->differences_out;

    buf_init(&s.text, REASON_MAX);
    const enum assay_err rc = case_answer_settled(tx, l->task_id, open_reason, &s, e);
    if (rc == ASSAY_OK || rc == ASSAY_ENOTFOUND) {
        json_object(o, NULL);
        json_int(o, "file", (int64_t)file + 1);
        json_int(o, "number", l->record.number);
        json_hex(o, "sha256", l->sha256, sizeof l->sha256);
        json_object(o, "received");
        add_meaning(o, a->profile, l->record.category);
        json_object_end(o);
        json_object(o, "answered");
        json_int(o, "category", category);
        json_text(o, "code", l->code);
        json_int(o, "readings", l->readings);
        json_object_end(o);
        json_text(o, "settled", s.text.size == 0 ? NULL : buf_cstr(&s.text));
        json_object_end(o);
        a->report->differing++;
    }
    buf_wipe(&s.text);
    return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
}

static void count(struct answering *a, const struct case_answer_line *l)
{
    const bool graded = l->state == CASE_ANSWER_GRADED;
    const char *answered = graded ? l->code : case_answer_state_name(l->state);
    struct difference_cell *c;

    for (size_t i = 0; i < a->cell_count; i++) {
        c = &a->cells[i];
        if (c->category == l->record.category && c->graded == graded &&
            str_equal(c->answered, answered)) {
            c->count++;
            return;
        }
    }
    a->cells = mem_resize(a->cells, a->cell_count + 1, sizeof *a->cells);
    c = &a->cells[a->cell_count++];
    *c = (struct difference_cell){.category = l->record.category, .graded = graded, .count = 1};
    (void)snprintf(c->answered, sizeof c->answered, "%s", answered);
}

void differences_begin(struct answering *a)
{
    struct json_out *o = &a->differences_out;

    json_out_init(o, &a->differences.b);
    json_object(o, NULL);
    json_text(o, "format", "assay-differences");
    json_int(o, "version", 1);
    json_text(o, "scheme", a->row.scheme);
    json_text(o, "profile", a->profile->name);
    json_array(o, "rows");
}

enum assay_err differences_add(struct answering *a, struct tx *tx, const struct case_answer_line *l,
                               size_t file, struct err *e)
{
    struct answer_value value;
    enum assay_err rc = ASSAY_OK;

    if (l->state == CASE_ANSWER_GRADED && answer_value(&a->rules, l->code, l->tags, &value) &&
        differs(a, l, value.category))
        rc = add_row(a, tx, l, value.category, file, e);
    if (rc == ASSAY_OK)
        count(a, l);
    return rc;
}

void differences_end(struct answering *a)
{
    struct json_out *o = &a->differences_out;

    json_array_end(o);
    json_array(o, "cells");
    for (size_t i = 0; i < a->cell_count; i++) {
        const struct difference_cell *c = &a->cells[i];
        json_object(o, NULL);
        json_object(o, "received");
        add_meaning(o, a->profile, c->category);
        json_object_end(o);
        json_text(o, "answered", c->graded ? c->answered : NULL);
        json_text(o, "state", c->graded ? "graded" : c->answered);
        json_int(o, "count", c->count);
        json_object_end(o);
    }
    json_array_end(o);
    json_object_end(o);
    buf_add_char(o->b, '\n');
}
