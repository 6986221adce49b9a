/* Makes answers, and writes them as folders. */
#include "flow/answer/answer.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/str.h"
#include "flow/answer/answer_impl.h"
#include "store/item.h"

#define NAME_CHARS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"

static void end(struct answering *a)
{
    answer_forget_received(a);
    outflow_clear(&a->out);
    outflow_clear(&a->differences);
    mem_free(a->written);
    mem_free(a->cells);
    arena_free(a->arena);
}

/* ---- the batch ---- */

struct finding {
    const char *name;
    struct batch_key key;
};

static enum assay_err find(struct tx *tx, void *ctx, struct err *e)
{
    struct finding *f = ctx;
    const enum assay_err rc = batch_find(tx, f->name, &f->key, e);

    return rc == ASSAY_ENOTFOUND ? err_set(e, rc, "there is no batch named %.100s", f->name) : rc;
}

static enum assay_err begin(struct answering *a, struct finding *f, struct err *e)
{
    enum assay_err rc = store_read(a->world->store, find, f, e);

    a->arena = arena_new();
    if (rc != ASSAY_OK)
        return rc;
    a->row.batch_id = f->key.id;
    a->row.scheme = f->key.scheme;
    if ((rc = flow_scheme(a->world, f->key.scheme, &a->scheme, e)) != ASSAY_OK)
        return rc;
    return answer_find_received(a, e);
}

/* ---- the profile ---- */

static enum assay_err parse_profile(struct answering *a, const char *text, struct err *e)
{
    struct profile *p;
    const enum assay_err rc = profile_parse(a->arena, text, strlen(text), &p, e);

    a->profile = rc == ASSAY_OK ? p : NULL;
    a->row.profile_text = text;
    a->row.profile = rc == ASSAY_OK ? p->name : NULL;
    return rc == ASSAY_OK ? rc : err_prefix(e, rc, "the profile of this batch");
}

/* The one that was named, or that all files were read by. */
static enum assay_err choose_profile(struct answering *a, struct err *e)
{
    const char *text = a->o->profile_text;

    if (a->o->profile != NULL) {
        a->profile = a->o->profile;
        a->row.profile_text = text;
    } else {
        for (size_t i = 0; i < a->received_count; i++) {
            if (text != NULL && !str_equal(text, a->received[i].profile_text))
                return err_set(e, ASSAY_ESTATE,
                               "files of this batch were read by different profiles; name one "
                               "with --profile");
            text = a->received[i].profile_text;
        }
        if (text == NULL)
            return err_set(e, ASSAY_ESTATE, "no records of VICS came with this batch");
        const enum assay_err rc = parse_profile(a, text, e);
        if (rc != ASSAY_OK)
            return rc;
    }
    if (a->profile->writes == NULL)
        return err_set(e, ASSAY_ESTATE, "the profile %s is for reading alone: it has no \"writes\"",
                       a->profile->name);
    return ASSAY_OK;
}

/* How grades get to the profile's scheme. */
static enum assay_err choose_rules(struct answering *a, struct err *e)
{
    struct mapping *m = NULL;
    enum assay_err rc = ASSAY_OK;

    if (!str_equal(a->row.scheme, a->profile->scheme))
        rc = mapping_between(a->arena, a->row.scheme, a->profile->scheme, &m, e);
    a->rules = (struct answer_rules){.profile = a->profile, .scheme = a->row.scheme, .mapping = m};
    if (rc != ASSAY_ENOTFOUND)
        return rc;
    return err_set(e, ASSAY_ESTATE,
                   "this batch is graded under %s and the profile %s is for %s; there is no "
                   "mapping between them. Write a profile for %s and name it with --profile",
                   a->row.scheme, a->profile->name, a->profile->scheme, a->row.scheme);
}

/* ---- the folder ---- */

static char *folder_path(const struct answering *a)
{
    struct buf b;

    buf_init(&b, 8192);
    buf_addf(&b, "%s/answer-", a->o->out_dir);
    for (const char *c = a->o->batch; *c != '\0'; c++)
        buf_add_char(&b, strchr(NAME_CHARS, *c) == NULL ? '-' : *c);
    buf_addf(&b, "-%lld", (long long)a->row.number);
    return buf_take(&b);
}

struct noting {
    struct answering *a;
    const uint8_t *content_sha256;
    enum audit_action action;
};

/* No entry, no answer. */
static enum assay_err note(struct tx *tx, void *ctx, struct err *e)
{
    const struct noting *n = ctx;
    const struct answering *a = n->a;
    char hex[65], data[400];

    str_hex(n->content_sha256, 32, hex);
    (void)snprintf(data, sizeof data,
                   "{\"number\":%lld,\"part\":%d,\"profile\":\"%s\",\"votes\":%lld,"
                   "\"received\":%lld,\"answered\":%lld,\"graded\":%lld,\"content_sha256\":\"%s\"}",
                   (long long)a->row.number, a->row.part, a->profile->name, (long long)a->row.votes,
                   (long long)a->report->received, (long long)a->report->answered,
                   (long long)a->report->counts[CASE_ANSWER_GRADED], hex);
    const struct audit_entry entry = {.action = n->action,
                                      .actor = a->o->by,
                                      .objects = {{"batch", a->row.batch_id}},
                                      .data = data};
    const enum assay_err rc = audit_write(tx, &entry, NULL, e);
    return rc != ASSAY_OK ? rc : case_answer_written(tx, a->row.id, n->content_sha256, e);
}

/* Everything in the folder, and then its name. */
static enum assay_err write_all(struct answering *a, enum audit_action action, const char *path,
                                struct err *e)
{
    uint8_t content[32];
    struct noting n = {a, content, action};
    enum assay_err rc = answer_write_files(a, e);

    if (rc != ASSAY_OK)
        return rc;
    answer_content(a, content);
    if (a->row.written && memcmp(content, a->row.content_sha256, sizeof content) != 0)
        return err_set(e, ASSAY_EDAMAGED,
                       "the files of this answer would not be what they were; nothing is written");
    if ((rc = answer_write_manifest(a, content, e)) != ASSAY_OK ||
        (rc = folder_sync(&a->folder, e)) != ASSAY_OK ||
        (rc = store_write(a->world->store, note, &n, e)) != ASSAY_OK)
        return rc;
    return folder_name(&a->folder, path, e);
}

static enum assay_err write_folder(struct answering *a, enum audit_action action, char **path,
                                   struct err *e)
{
    char *final = folder_path(a);
    enum assay_err rc;

    if ((rc = fs_make_dirs(a->o->out_dir, 0750, e)) == ASSAY_OK &&
        (rc = folder_open(&a->folder, a->o->out_dir, a->row.batch_id, e)) == ASSAY_OK) {
        rc = write_all(a, action, final, e);
        folder_close(&a->folder);
    }
    if (rc == ASSAY_EEXISTS)
        rc = err_set(e, ASSAY_ESTATE, "%.300s is there already; move it away", final);
    *path = rc == ASSAY_OK ? final : NULL;
    if (rc != ASSAY_OK)
        mem_free(final);
    return rc;
}

enum assay_err case_answer_make(struct world *w, const struct case_answer_options *o,
                                struct case_answer_report *out, char **path, struct err *e)
{
    struct answering a = {.world = w, .o = o, .report = out};
    struct finding f = {.name = o->batch};

    *path = NULL;
    *out = (struct case_answer_report){0};
    enum assay_err rc = begin(&a, &f, e);
    if (rc == ASSAY_OK && (rc = choose_profile(&a, e)) == ASSAY_OK &&
        (rc = choose_rules(&a, e)) == ASSAY_OK && (rc = answer_choose(&a, e)) == ASSAY_OK) {
        out->number = a.row.number;
        rc = write_folder(&a, AUDIT_ANSWER_MADE, path, e);
    }
    end(&a);
    return rc;
}

/* ---- again ---- */

struct again {
    struct answering *a;
    int64_t number;
    char *profile_text, *software;
};

static enum assay_err take_row(void *ctx, const struct case_answer_row *r, struct err *e)
{
    struct again *g = ctx;
    const char *scheme = g->a->row.scheme;

    (void)e;
    mem_free(g->profile_text);
    mem_free(g->software);
    g->profile_text = mem_strdup(r->profile_text);
    g->software = mem_strdup(r->software);
    g->a->row = *r;
    g->a->row.scheme = scheme;
    g->a->row.profile_text = g->profile_text;
    g->a->row.software = g->software;
    g->a->row.profile = NULL; /* the profile's own, when it is parsed */
    return ASSAY_OK;
}

static enum assay_err read_again(struct tx *tx, void *ctx, struct err *e)
{
    struct again *g = ctx;
    struct case_answer_report *out = g->a->report;
    int64_t being_taken;
    enum assay_err rc = case_answer_each(tx, g->a->row.batch_id, g->number, take_row, g, e);

    if (rc == ASSAY_OK && g->a->row.id == 0)
        return err_set(e, ASSAY_ENOTFOUND, "this batch has no answer %lld", (long long)g->number);
    if (rc != ASSAY_OK ||
        (rc = case_answer_received(tx, g->a->row.batch_id, &out->received, &being_taken, e)) != 0)
        return rc;
    rc = case_answer_counts(tx, g->a->row.id, 0, out->counts, e);
    out->answered = 0;
    for (size_t s = 0; s < CASE_ANSWER_STATES; s++)
        out->answered += out->counts[s];
    return rc;
}

enum assay_err case_answer_again(struct world *w, const struct case_answer_options *o,
                                 int64_t number, struct case_answer_report *out, char **path,
                                 struct err *e)
{
    struct answering a = {.world = w, .o = o, .report = out};
    struct finding f = {.name = o->batch};
    struct again g = {.a = &a, .number = number};

    *path = NULL;
    *out = (struct case_answer_report){.number = number};
    enum assay_err rc = begin(&a, &f, e);
    if (rc == ASSAY_OK && (rc = store_read(w->store, read_again, &g, e)) == ASSAY_OK &&
        (rc = parse_profile(&a, g.profile_text, e)) == ASSAY_OK &&
        (rc = choose_rules(&a, e)) == ASSAY_OK)
        rc = write_folder(&a, AUDIT_ANSWER_WRITTEN, path, e);
    end(&a);
    mem_free(g.profile_text);
    mem_free(g.software);
    return rc;
}

/* ---- telling ---- */

struct listing {
    struct finding finding;
    case_answer_fn *fn;
    void *ctx;
};

static enum assay_err list(struct tx *tx, void *ctx, struct err *e)
{
    struct listing *l = ctx;
    const enum assay_err rc = find(tx, &l->finding, e);

    return rc != ASSAY_OK ? rc : case_answer_each(tx, l->finding.key.id, 0, l->fn, l->ctx, e);
}

enum assay_err case_answer_list(struct world *w, const char *batch, case_answer_fn *fn, void *ctx,
                                struct err *e)
{
    struct listing l = {.finding = {.name = batch}, .fn = fn, .ctx = ctx};

    return store_read(w->store, list, &l, e);
}
