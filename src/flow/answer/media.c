/* What goes back for one record. */
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "flow/answer/answer_impl.h"

#define SAID_MAX ((size_t)128 * 1024 * 1024)

/* The record as it was kept: said, and why it was not taken. */
static enum assay_err open_said(const struct answering *a, struct arena *arena,
                                const struct case_answer_line *l, const struct json **said,
                                const char **reason, struct err *e)
{
    const struct case_record_row *r = &l->record;
    struct json *kept;
    struct buf plain;

    buf_init(&plain, SAID_MAX);
    enum assay_err rc = keys_open_sealed(a->world->keys, &r->id, sizeof r->id, r->said_sealed,
                                         r->said_size, &plain, e);
    if (rc == ASSAY_OK)
        rc = json_parse(arena, plain.data, plain.size, &kept, e);
    if (rc == ASSAY_OK) {
        *said = json_get(kept, "said");
        if (*said != NULL && (*said)->kind != JSON_IS_OBJECT)
            *said = NULL;
        rc = json_want_text(kept, "reason", SAID_MAX, reason, e);
    }
    buf_wipe(&plain);
    return rc == ASSAY_OK ? rc : err_prefix(e, rc, "record %lld", (long long)r->number);
}

static void describe_file(const struct case_answer_line *l, struct vics_answer *out)
{
    const struct case_record_row *r = &l->record;

    out->has_file = l->has_item;
    out->has_md5 = l->has_item || r->has_md5;
    memcpy(out->md5, l->has_item ? l->md5 : r->md5, sizeof out->md5);
    memcpy(out->sha1, l->sha1, sizeof out->sha1);
    memcpy(out->sha256, l->sha256, sizeof out->sha256);
    out->size = l->size;
    out->mime = l->mime;
    out->has_pdq = l->has_pdq;
    memcpy(out->pdq, l->pdq, sizeof out->pdq);
}

bool answer_value(const struct answer_rules *r, const char *code, const char *tags,
                  struct answer_value *out)
{
    bool exact = true;

    if (r->mapping != NULL) {
        const struct mapping_cell *cell = mapping_find(r->mapping, code, tags);
        if (cell == NULL || cell->kind == MAPPING_UNDEFINED)
            return false;
        code = cell->to;
        exact = cell->kind == MAPPING_EXACT;
    }
    const struct profile_code *c = profile_code(r->profile, code);
    if (c == NULL)
        return false;
    *out = (struct answer_value){c->value, exact && c->exact};
    return true;
}

struct vics_shape answer_shape(const struct profile *p, bool flat)
{
    const struct profile_writes *w = p->writes;

    return (struct vics_shape){.version = w->version,
                               .region = w->region,
                               .flat = flat,
                               .bom = w->bom,
                               .upper_hex = w->hex == PROFILE_UPPER,
                               .received_order = w->order == PROFILE_RECEIVED};
}

void answer_say(struct vics_writer *w, const struct answer_rules *r,
                const struct case_answer_line *l, const struct json *said, const char *reason)
{
    struct answer_value value = {r->profile->writes->ungraded, true};
    const bool graded = l->state == CASE_ANSWER_GRADED && answer_value(r, l->code, l->tags, &value);
    struct vics_answer out = {.number = l->record.number,
                              .category = value.category,
                              .graded = graded,
                              .dated_ms = l->decided_ms,
                              .tags = graded ? l->tags : ""};
    char received[24] = "", readings[24], version[24];

    (void)snprintf(readings, sizeof readings, "%lld", (long long)l->readings);
    (void)snprintf(version, sizeof version, "%lld", (long long)l->scheme_version);
    if (l->record.category >= 0)
        (void)snprintf(received, sizeof received, "%lld", (long long)l->record.category);
    const struct vics_note notes[] = {
        {"state", case_answer_state_name(l->state)},
        {"reason", reason},
        {"scheme", graded ? r->scheme : NULL},
        {"scheme_version", graded ? version : NULL},
        {"code", graded ? l->code : NULL},
        {"tags", graded && l->tags[0] != '\0' ? l->tags : NULL},
        {"mapping", graded ? (value.exact ? "exact" : "lossy") : NULL},
        {"basis", graded ? l->basis : NULL},
        {"readings", graded ? readings : NULL},
        {"category_received", received[0] == '\0' ? NULL : received},
    };
    out.notes = notes;
    out.note_count = sizeof notes / sizeof notes[0];
    describe_file(l, &out);
    vics_write_media(w, said, &out);
}

enum assay_err answer_media(struct answering *a, const struct case_answer_line *l, struct err *e)
{
    const char *reason = NULL;
    const struct json *said = NULL;
    struct answer_value value;
    struct arena *arena = arena_new();
    enum assay_err rc = open_said(a, arena, l, &said, &reason, e);

    if (rc == ASSAY_OK && l->state == CASE_ANSWER_GRADED &&
        !answer_value(&a->rules, l->code, l->tags, &value))
        rc = err_set(e, ASSAY_ESTATE, "%s has no Category", l->code);
    if (rc == ASSAY_OK)
        answer_say(&a->writer, &a->rules, l, said, reason);
    arena_free(arena);
    return rc;
}
