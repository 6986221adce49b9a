/* The rules of the shift-end check. */
#include "flow/grade/check.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/str.h"
#include "flow/decision.h"
#include "store/decision.h"
#include "store/task.h"

static const struct {
    const char *name, *label;
    bool blocking;
} rules[CHECK_RULE_COUNT] = {
    {"open_leases", "Still handed to you; they go back to the queue when you submit.", false},
    {"later_pile", "On your Later pile; they go back to the queue when you submit.", false},
    {"required_tag_missing", "A tag that the grade needs is missing.", true},
    {"tag_contradicts", "A tag contradicts the grade or another tag.", true},
    {"never_revealed", "Graded for a list without a sharp view of half a second.", true},
    {"hash_untrusted", "The picture's perceptual hash is not to be trusted; its byte hashes are.",
     false},
    {"stale_scheme", "Graded under an older version of the scheme.", false},
    {"too_fast", "Graded very soon after the first sharp view.", false},
};

struct looking {
    struct world *world;
    struct tx *tx;
    struct check *check;
    struct err *e;
};

static void add(struct looking *l, enum check_rule rule, const struct decision_standing *d,
                const char *detail)
{
    struct check *c = l->check;

    if (c->count == c->capacity) {
        size_t grown = c->capacity == 0 ? 64 : c->capacity * 2;
        struct check_finding *f = arena_alloc(c->arena, grown * sizeof *f);
        if (c->count > 0)
            memcpy(f, c->findings, c->count * sizeof *f);
        c->findings = f;
        c->capacity = grown;
    }
    struct check_finding *f = &c->findings[c->count++];
    f->rule = rule;
    f->task_id = d->task_id;
    (void)snprintf(f->code, sizeof f->code, "%s", d->code);
    f->tags = arena_strdup(c->arena, d->tags);
    f->detail = arena_strdup(c->arena, detail);
    c->counts[rule]++;
}

/* Split "a b c" in place; returns how many. */
static size_t split(char *tags, const char **out, size_t max)
{
    size_t n = 0;

    while (*tags != '\0' && n < max) {
        out[n++] = tags;
        char *space = strchr(tags, ' ');
        if (space == NULL)
            break;
        *space = '\0';
        tags = space + 1;
    }
    return n;
}

static void look_at_tags(struct looking *l, const struct scheme *s,
                         const struct decision_standing *d)
{
    const char *tags[SCHEME_TAGS_MAX];
    size_t n = split(arena_strdup(l->check->arena, d->tags), tags, SCHEME_TAGS_MAX);
    struct err why = {0};

    if (scheme_check_decision(s, d->code, tags, n, SCHEME_CHECK_PARTIAL, &why) != ASSAY_OK)
        add(l, CHECK_TAG_CONTRADICTS, d, why.text);
    else if (scheme_check_decision(s, d->code, tags, n, SCHEME_CHECK_COMPLETE, &why) != ASSAY_OK)
        add(l, CHECK_REQUIRED_TAG_MISSING, d, why.text);
}

static enum assay_err look(void *ctx, const struct decision_standing *d)
{
    struct looking *l = ctx;
    const struct scheme *s;
    enum assay_err rc = flow_scheme_tx(l->world, l->tx, d->scheme, &s, l->e);

    if (rc != ASSAY_OK)
        return rc;
    const struct scheme_code *code = scheme_find_code(s, d->code);
    bool listed = code != NULL && code->listed;
    l->check->decided++;
    look_at_tags(l, s, d);
    if (listed && str_equal(d->basis, "seen") && d->revealed_ms < CHECK_REVEALED_MS)
        add(l, CHECK_NEVER_REVEALED, d, "reveal it and grade it again, or undo it");
    if (listed && d->pdq_reason != NULL)
        add(l, CHECK_HASH_UNTRUSTED, d, d->pdq_reason);
    if (d->scheme_version != s->version)
        add(l, CHECK_STALE_SCHEME, d, "the scheme in force is newer");
    if (d->handed_ms != 0 && d->decided_ms - d->handed_ms < CHECK_FAST_MS)
        add(l, CHECK_TOO_FAST, d, "look again if you are not sure");
    return ASSAY_OK;
}

enum assay_err check_run(struct world *w, struct tx *tx, int64_t staff_id, int64_t lot_id,
                         struct check *out, struct err *e)
{
    struct looking l = {w, tx, out, e};
    enum assay_err rc;

    if ((rc = lease_count(tx, staff_id, clock_now_ms(), &out->open_leases, e)) != 0 ||
        (rc = later_count(tx, staff_id, &out->later, e)) != 0)
        return rc;
    out->counts[CHECK_OPEN_LEASES] = out->open_leases;
    out->counts[CHECK_LATER_PILE] = out->later;
    return decision_each(tx, lot_id, look, &l, e);
}

bool check_ready(const struct check *c)
{
    for (unsigned i = 0; i < CHECK_RULE_COUNT; i++) {
        if (rules[i].blocking && c->counts[i] > 0)
            return false;
    }
    return true;
}

static void add_task(struct json_out *o, const struct check_finding *f)
{
    json_object(o, NULL);
    json_id(o, "task", f->task_id);
    json_text(o, "code", f->code);
    flow_add_tags(o, "tags", f->tags);
    json_text(o, "detail", f->detail);
    json_object_end(o);
}

void check_answer(const struct check *c, struct buf *answer)
{
    struct json_out o;

    json_out_init(&o, answer);
    json_object(&o, NULL);
    json_array(&o, "rows");
    for (unsigned i = 0; i < CHECK_RULE_COUNT; i++) {
        if (c->counts[i] == 0)
            continue;
        json_object(&o, NULL);
        json_text(&o, "rule", rules[i].name);
        json_text(&o, "label", rules[i].label);
        json_int(&o, "count", c->counts[i]);
        json_bool(&o, "blocking", rules[i].blocking);
        json_array(&o, "tasks");
        for (size_t k = 0; k < c->count; k++) {
            if (c->findings[k].rule == (enum check_rule)i)
                add_task(&o, &c->findings[k]);
        }
        json_array_end(&o);
        json_object_end(&o);
    }
    json_array_end(&o);
    json_bool(&o, "ready", check_ready(c));
    json_text(&o, "statement",
              "I have graded this work myself, to the best of my judgement and under the scheme in "
              "force.");
    json_int(&o, "decided", c->decided);
    json_object_end(&o);
}
