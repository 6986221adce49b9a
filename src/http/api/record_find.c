/* Finding entries of the record, and handing one out with the proof that it stands there. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "http/api/api.h"
#include "store/record_find.h"
#include "store/staff.h"

#define COUNT_MAX     200
#define COUNT_DEFAULT 50
#define WORD_CHARS    60
#define TIME_CHARS    40
#define BEFORE_MAX    9007199254740991 /* the largest whole number of JavaScript */
#define PROOF_MAX     (1u << 20)
#define ENTRY_MAX     (64u * 1024)

struct found {
    struct found *next;
    int64_t seq, staff_id;
    const char *entry;
    char who[STAFF_LABEL_SIZE]; /* "": no person, or nobody who is here */
};

struct finding {
    struct arena *arena;
    struct found *first, **last;
    const char *name; /* the person asked for, to be made an id */
    int64_t staff_id;
};

static enum assay_err keep(void *ctx, int64_t seq, const char *entry, struct err *e)
{
    struct finding *f = ctx;
    struct found *one = arena_alloc(f->arena, sizeof *one);
    struct json *root;
    enum assay_err rc;

    *one = (struct found){.seq = seq, .entry = arena_strdup(f->arena, entry)};
    if ((rc = json_parse(f->arena, entry, strlen(entry), &root, e)) != 0)
        return err_prefix(e, ASSAY_EDAMAGED, "record: entry %lld", (long long)seq);
    const struct json *actor = json_get(root, "actor");
    if (actor != NULL && actor->kind == JSON_IS_STRING)
        (void)str_int64(actor->text, 1, INT64_MAX, &one->staff_id); /* else no person */
    *f->last = one;
    f->last = &one->next;
    return ASSAY_OK;
}

static enum assay_err name_people(struct tx *tx, void *ctx, struct err *e)
{
    struct finding *f = ctx;
    struct staff_row row;

    for (struct found *one = f->first; one != NULL; one = one->next) {
        enum assay_err rc =
            one->staff_id == 0 ? ASSAY_ENOTFOUND : staff_get(tx, one->staff_id, &row, e);
        if (rc == ASSAY_OK)
            (void)snprintf(one->who, sizeof one->who, "%s", row.label);
        else if (rc != ASSAY_ENOTFOUND)
            return rc;
    }
    return ASSAY_OK;
}

static enum assay_err find_person(struct tx *tx, void *ctx, struct err *e)
{
    struct finding *f = ctx;
    struct staff_row row;
    enum assay_err rc = staff_find(tx, f->name, &row, e);

    if (rc == ASSAY_OK)
        f->staff_id = row.id;
    return rc;
}

/* Who is asked for, as entries name them: an id, operator or system; or by the name they sign in
 * with. */
static enum assay_err actor_of(struct http_request *r, struct finding *f, const char *person,
                               struct audit_filter *filter, struct err *e)
{
    char digits[24];
    int64_t id;

    if (person == NULL || person[0] == '\0')
        return ASSAY_OK;
    filter->actor = person;
    if (str_equal(person, "operator") || str_equal(person, "system") ||
        str_int64(person, 1, INT64_MAX, &id) == ASSAY_OK)
        return ASSAY_OK;
    f->name = person;
    enum assay_err rc = store_read(r->world->store, find_person, f, e);
    if (rc == ASSAY_ENOTFOUND)
        return err_set(e, ASSAY_EFORMAT, "nobody here signs in by that name");
    (void)snprintf(digits, sizeof digits, "%lld", (long long)f->staff_id);
    filter->actor = arena_strdup(r->arena, digits);
    return rc;
}

/* noun:id, as entries write objects. */
static enum assay_err object_of(struct http_request *r, const char *object,
                                struct audit_filter *filter, struct err *e)
{
    const char *colon = object == NULL ? NULL : strchr(object, ':');

    if (object == NULL || object[0] == '\0')
        return ASSAY_OK;
    if (colon == NULL || colon == object || (size_t)(colon - object) >= RECORD_NOUN_SIZE ||
        str_int64(colon + 1, 0, INT64_MAX, &filter->object_id) != ASSAY_OK)
        return err_set(e, ASSAY_EFORMAT, "an object is a word and an id, such as task:123");
    filter->noun = arena_strndup(r->arena, object, (size_t)(colon - object));
    return ASSAY_OK;
}

static enum assay_err action_of(const char *action, struct audit_filter *filter, struct err *e)
{
    if (action == NULL || action[0] == '\0')
        return ASSAY_OK;
    for (int i = 0; i < AUDIT_ACTION_COUNT; i++) {
        if (str_equal(action, audit_action_name((enum audit_action)i))) {
            filter->action = audit_action_name((enum audit_action)i);
            return ASSAY_OK;
        }
    }
    return err_set(e, ASSAY_EFORMAT, "the record has no such action");
}

static enum assay_err time_of(const struct json *body, const char *key, int64_t *ms, struct err *e)
{
    const char *text = NULL;
    enum assay_err rc = json_want_text(body, key, TIME_CHARS, &text, e);

    if (rc != ASSAY_OK || text == NULL)
        return rc;
    if (clock_parse(text, ms) != ASSAY_OK)
        return err_set(e, ASSAY_EFORMAT, "%s is no time such as 2026-11-22T09:00:00Z", key);
    return ASSAY_OK;
}

static void answer_found(const struct finding *f, int64_t next, struct http_answer *a)
{
    struct json_out o;

    json_out_init(&o, &a->body);
    json_object(&o, NULL);
    json_array(&o, "entries");
    for (const struct found *one = f->first; one != NULL; one = one->next) {
        json_object(&o, NULL);
        json_int(&o, "index", one->seq);
        json_text(&o, "who", one->who[0] == '\0' ? NULL : one->who);
        json_raw(&o, "entry", one->entry);
        json_object_end(&o);
    }
    json_array_end(&o);
    if (next > 0)
        json_int(&o, "next", next);
    else
        json_null(&o, "next");
    json_object_end(&o);
}

enum assay_err api_search_record(struct http_request *r, struct http_answer *a, struct err *e)
{
    static const char *const members[] = {"action", "person", "object", "from_at",
                                          "to_at",  "before", "count",  NULL};
    struct finding f = {.arena = r->arena, .last = &f.first};
    struct audit_filter filter = {0};
    const char *action = NULL, *person = NULL, *object = NULL;
    int64_t before = BEFORE_MAX, count = COUNT_DEFAULT, next;
    enum assay_err rc;

    if ((rc = json_only(r->body, members, e)) != 0 ||
        (rc = json_want_text(r->body, "action", WORD_CHARS, &action, e)) != 0 ||
        (rc = json_want_text(r->body, "person", WORD_CHARS, &person, e)) != 0 ||
        (rc = json_want_text(r->body, "object", WORD_CHARS, &object, e)) != 0 ||
        (rc = json_want_int(r->body, "before", 0, BEFORE_MAX, &before, e)) != 0 ||
        (rc = json_want_int(r->body, "count", 1, COUNT_MAX, &count, e)) != 0 ||
        (rc = time_of(r->body, "from_at", &filter.from_ms, e)) != 0 ||
        (rc = time_of(r->body, "to_at", &filter.to_ms, e)) != 0 ||
        (rc = action_of(action, &filter, e)) != 0 || (rc = object_of(r, object, &filter, e)) != 0 ||
        (rc = actor_of(r, &f, person, &filter, e)) != 0 ||
        (rc = audit_find(r->world->store, &filter, before, count, keep, &f, &next, e)) != 0 ||
        (rc = store_read(r->world->store, name_people, &f, e)) != 0)
        return rc;
    answer_found(&f, next, a);
    return ASSAY_OK;
}

struct line {
    const uint8_t *event;
    int64_t seq;
    struct buf *text;
};

static enum assay_err read_line(struct tx *tx, void *ctx, struct err *e)
{
    struct line *l = ctx;

    buf_reset(l->text);
    return record_find(tx, l->event, &l->seq, l->text, e);
}

enum assay_err api_get_record_file(struct http_request *r, struct http_answer *a, struct err *e)
{
    struct audit_event_id id;
    enum assay_err rc = ASSAY_ENOTFOUND;

    if (str_unhex(r->params[0], id.bytes, sizeof id.bytes) != ASSAY_OK)
        return err_set(e, rc, "the record has no such entry");
    if (str_equal(r->params[1], "entry.json")) {
        struct line l = {id.bytes, 0, &a->body};
        buf_clear(&a->body);
        buf_init(&a->body, ENTRY_MAX);
        rc = store_read(r->world->store, read_line, &l, e);
    } else if (str_equal(r->params[1], "entry.tlog-proof")) {
        buf_clear(&a->body);
        buf_init(&a->body, PROOF_MAX);
        rc = audit_prove(r->world->store, r->world->data_dir, &id, &a->body, e);
    } else {
        return err_set(e, rc, "an entry has the files entry.json and entry.tlog-proof");
    }
    if (rc == ASSAY_ENOTFOUND)
        return err_set(e, rc, "the record has no such entry, or no signed head stands over it yet");
    if (rc == ASSAY_OK) {
        a->type = "application/octet-stream";
        a->download = str_equal(r->params[1], "entry.json") ? "entry.json" : "entry.tlog-proof";
    }
    return rc;
}
