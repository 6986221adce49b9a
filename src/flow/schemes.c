/* Listing schemes, and looking at a scheme file before it is taken. */
#include "flow/schemes.h"

#include <string.h>

#include "base/json.h"
#include "base/str.h"
#include "store/schemes.h"

struct listing {
    struct world *world;
    struct tx *tx;
    struct buf *answer;
    struct json_out o;
    struct err *e;
};

static const char *kind_name(const struct scheme *s)
{
    return s->kind == SCHEME_LIVE ? "live" : "training";
}

static void add_version(void *ctx, const struct scheme_row *row)
{
    struct json_out *o = ctx;

    json_object(o, NULL);
    json_int(o, "version", row->version);
    json_hex(o, "sha256", row->sha256, sizeof row->sha256);
    json_time(o, "loaded_at", row->loaded_ms);
    json_object_end(o);
}

static enum assay_err collect_name(void *ctx, const char *name)
{
    buf_addf(ctx, "%s ", name);
    return ASSAY_OK;
}

static enum assay_err add_scheme(struct tx *tx, struct listing *l, const char *name, struct err *e)
{
    const struct scheme *s;
    enum assay_err rc = flow_scheme_tx(l->world, tx, name, &s, e);

    if (rc != ASSAY_OK)
        return rc;
    json_object(&l->o, NULL);
    json_text(&l->o, "name", s->name);
    json_text(&l->o, "label", s->label);
    json_text(&l->o, "jurisdiction", s->jurisdiction);
    json_text(&l->o, "kind", kind_name(s));
    json_int(&l->o, "version", s->version);
    json_int(&l->o, "codes", (int64_t)s->code_count);
    json_array(&l->o, "versions");
    rc = schemes_versions(tx, name, add_version, &l->o, e);
    json_array_end(&l->o);
    json_object_end(&l->o);
    return rc;
}

static enum assay_err list(struct tx *tx, void *ctx, struct err *e)
{
    struct listing *l = ctx;
    char name[SCHEME_NAME_MAX + 1];
    struct buf names;
    enum assay_err rc;

    buf_reset(l->answer);
    buf_init(&names, SCHEME_TEXT_MAX);
    if ((rc = schemes_each(tx, collect_name, &names, e)) != 0)
        goto out;
    json_out_init(&l->o, l->answer);
    json_object(&l->o, NULL);
    json_array(&l->o, "schemes");
    for (const char *at = buf_cstr(&names); rc == ASSAY_OK && *at != '\0';) {
        size_t size = strcspn(at, " ");
        memcpy(name, at, size);
        name[size] = '\0';
        rc = add_scheme(tx, l, name, e);
        at += size + 1;
    }
    json_array_end(&l->o);
    json_object_end(&l->o);
out:
    buf_clear(&names);
    return rc;
}

enum assay_err schemes_list(struct world *w, struct buf *answer, struct err *e)
{
    struct listing l = {.world = w, .answer = answer};

    return store_read(w->store, list, &l, e);
}

struct one {
    const char *name;
    int64_t version;
    struct buf *answer, body;
};

static enum assay_err read_one(struct tx *tx, void *ctx, struct err *e)
{
    struct one *v = ctx;
    struct scheme_row row;
    struct json_out o;

    buf_reset(v->answer);
    buf_reset(&v->body);
    enum assay_err rc = schemes_get(tx, v->name, v->version, &row, &v->body, e);
    if (rc != ASSAY_OK)
        return rc;
    json_out_init(&o, v->answer);
    json_object(&o, NULL);
    json_int(&o, "version", row.version);
    json_hex(&o, "sha256", row.sha256, sizeof row.sha256);
    json_time(&o, "loaded_at", row.loaded_ms);
    json_raw(&o, "scheme", buf_cstr(&v->body));
    json_object_end(&o);
    return ASSAY_OK;
}

enum assay_err schemes_version(struct world *w, const char *name, int64_t version,
                               struct buf *answer, struct err *e)
{
    struct one v = {.name = name, .version = version, .answer = answer};

    buf_init(&v.body, SCHEME_TEXT_MAX);
    enum assay_err rc = store_read(w->store, read_one, &v, e);
    buf_clear(&v.body);
    if (rc == ASSAY_ENOTFOUND)
        return err_set(e, rc, "that version of the scheme is not loaded here");
    return rc;
}

struct newest {
    const char *name;
    int64_t version;
    uint8_t sha256[32];
};

static enum assay_err read_newest(struct tx *tx, void *ctx, struct err *e)
{
    struct newest *n = ctx;

    return schemes_newest(tx, n->name, &n->version, n->sha256, NULL, e);
}

static void answer_checked(const struct scheme *s, int64_t in_force, const char *problem,
                           struct buf *answer)
{
    struct json_out o;

    buf_reset(answer);
    json_out_init(&o, answer);
    json_object(&o, NULL);
    json_text(&o, "problem", problem);
    json_text(&o, "name", s == NULL ? NULL : s->name);
    json_text(&o, "label", s == NULL ? NULL : s->label);
    json_text(&o, "kind", s == NULL ? NULL : kind_name(s));
    json_int(&o, "version", s == NULL ? 0 : s->version);
    json_int(&o, "in_force", in_force);
    json_object_end(&o);
}

enum assay_err schemes_check(struct world *w, const char *text, struct buf *answer, struct err *e)
{
    struct arena *a = arena_new();
    struct scheme *s = NULL;
    struct newest n = {0};
    const char *problem = NULL;
    struct err why = {0};
    enum assay_err rc = scheme_parse(a, text, strlen(text), &s, &why);

    if (rc != ASSAY_OK) {
        answer_checked(NULL, 0, why.text, answer);
        rc = ASSAY_OK;
        goto out;
    }
    n.name = s->name;
    if ((rc = store_read(w->store, read_newest, &n, e)) != ASSAY_OK && rc != ASSAY_ENOTFOUND)
        goto out;
    rc = ASSAY_OK;
    if (w->training && s->kind == SCHEME_LIVE)
        problem = "This is a live scheme; a training workspace refuses it.";
    else if (n.version == s->version)
        problem = "This version is in force already. Give a changed file a higher version.";
    else if (n.version > s->version)
        problem = "A higher version is in force. Give the file a higher one than that.";
    answer_checked(s, n.version, problem, answer);
out:
    arena_free(a);
    return rc;
}

enum assay_err schemes_take(struct world *w, const struct caller *c, const char *text,
                            struct buf *answer, struct err *e)
{
    enum assay_err rc = flow_scheme_load(w, people_actor(c, PEOPLE_ADMIN), text, strlen(text), e);

    if (rc == ASSAY_OK)
        rc = schemes_list(w, answer, e);
    return rc;
}
