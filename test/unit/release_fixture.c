/* Makes workspaces with decisions, lots, readings and votes by the store's own functions. */
#include "release_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "assay/digest.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/rand.h"
#include "base/str.h"
#include "store/item.h"
#include "store/quality.h"
#include "store/task.h"
#include "store/workspace.h"

#define ANSWER_MAX (1 << 20)
#define PAGE       200 /* decisions a transaction */

static void must(enum assay_err rc, const struct err *e)
{
    if (rc != ASSAY_OK)
        fail_msg("%s: %s", assay_err_name(rc), e->text);
}

static enum assay_err put_workspace(struct tx *tx, void *ctx, struct err *e)
{
    return workspace_insert(tx, ctx, e);
}

void release_open(struct release_fixture *f)
{
    struct keys_place place = {.key_file = f->key_file};

    must(flow_open(db_folder(f->db), &place, db_url(f->db), FLOW_WITHOUT_DECODER, &f->w, &f->e),
         &f->e);
}

void release_shut(struct release_fixture *f)
{
    flow_close(&f->w);
}

static void make_workspace(struct release_fixture *f)
{
    struct keys_place place = {.key_file = f->key_file};
    struct workspace_row row = {.training = f->training, .created_ms = clock_now_ms()};
    struct store *s;
    struct keys *k;

    must(keys_create(db_folder(f->db), &place, &f->e), &f->e);
    must(keys_open(db_folder(f->db), &place, &k, &f->e), &f->e);
    must(store_open(db_folder(f->db), db_url(f->db), &s, &f->e), &f->e);
    (void)snprintf(row.key, sizeof row.key, "%s", keys_workspace(k));
    (void)snprintf(row.label, sizeof row.label, "Lake and Wood");
    must(store_write(s, put_workspace, &row, &f->e), &f->e);
    store_close(s);
    keys_close(k);
}

static struct caller person(struct release_fixture *f, const char *name, uint32_t roles)
{
    struct people_new in = {.name = name, .label = name, .roles = roles};
    struct caller c = {.roles = roles};

    must(people_add(f->w.store, f->w.keys, people_operator(), &in, &c.staff_id, &f->e), &f->e);
    (void)snprintf(c.name, sizeof c.name, "%s", name);
    (void)snprintf(c.label, sizeof c.label, "%s", name);
    (void)snprintf(c.workstation, sizeof c.workstation, "by the window");
    return c;
}

/* The training scheme; for a live workspace the same codes as a live scheme. */
static void load_scheme(struct release_fixture *f)
{
    const char *name, *text, *kind;
    struct buf b;
    size_t size;

    for (size_t i = 0; (text = scheme_builtin(i, &name, &size)) != NULL; i++) {
        if (strstr(name, "training-landscapes") != NULL)
            break;
    }
    assert_non_null(text);
    buf_init(&b, SCHEME_TEXT_MAX);
    kind = strstr(text, "\"training\"");
    assert_non_null(kind);
    buf_add(&b, text, (size_t)(kind - text));
    buf_add_str(&b, f->training ? "\"training\"" : "\"live\"");
    buf_add_str(&b, kind + strlen("\"training\""));
    must(flow_scheme_load(&f->w, people_operator(), buf_cstr(&b), b.size, &f->e), &f->e);
    buf_clear(&b);
    (void)snprintf(f->scheme, sizeof f->scheme, "training-landscapes");
}

static enum assay_err put_lot(struct tx *tx, int64_t staff_id, const char *state, int64_t *id,
                              struct err *e)
{
    struct shift_row s = {
        .id = rand_id(), .lot_id = rand_id(), .staff_id = staff_id, .started_ms = clock_now_ms()};
    struct lot_row l = {.id = s.lot_id};
    enum assay_err rc;

    *id = s.lot_id;
    (void)snprintf(l.state, sizeof l.state, "%s", state);
    if ((rc = shift_insert(tx, &s, e)) != 0 || (rc = shift_seal(tx, &s, 1, clock_now_ms(), e)) != 0)
        return rc;
    return str_equal(state, "submitted") ? ASSAY_OK : lot_move(tx, &l, "submitted", e);
}

static enum assay_err put_first(struct tx *tx, void *ctx, struct err *e)
{
    struct release_fixture *f = ctx;
    struct batch_row b = {.id = f->batch,
                          .name = "walk",
                          .scheme = f->scheme,
                          .sender = "",
                          .contact = "",
                          .case_reference = "",
                          .authority = "",
                          .purpose = "",
                          .handling = "",
                          .priority = 1,
                          .due_ms = INT64_MAX,
                          .created_ms = clock_now_ms()};
    enum assay_err rc = batch_insert(tx, &b, e);

    return rc != ASSAY_OK ? rc : put_lot(tx, f->grader, "passed", &f->lot, e);
}

static int setup(void **state, bool training)
{
    static const struct store_options options = {0};
    struct release_fixture *f = mem_zalloc(sizeof *f);

    f->training = training;
    f->db = db_new_closed(&options);
    folder_make(f->config);
    folder_make(f->out);
    (void)snprintf(f->key_file, sizeof f->key_file, "%s/site.key", f->config);
    make_workspace(f);
    release_open(f);
    buf_init(&f->answer, ANSWER_MAX);
    f->asks = person(f, "ruth", PEOPLE_RELEASE);
    f->approves = person(f, "carl", PEOPLE_RELEASE | PEOPLE_COMPLIANCE);
    f->grader = person(f, "anna", PEOPLE_ASSESSOR).staff_id;
    f->reader = person(f, "quinn", PEOPLE_QUALITY).staff_id;
    f->batch = rand_id();
    load_scheme(f);
    must(store_write(f->w.store, put_first, f, &f->e), &f->e);
    *state = f;
    return 0;
}

int release_setup(void **state)
{
    return setup(state, true);
}

int release_setup_live(void **state)
{
    return setup(state, false);
}

int release_teardown(void **state)
{
    struct release_fixture *f = *state;

    release_shut(f);
    buf_clear(&f->answer);
    db_free(f->db);
    folder_remove(f->config);
    folder_remove(f->out);
    mem_free(f);
    return 0;
}

/* ---- decisions ---- */

struct grading {
    struct release_fixture *f;
    const struct graded *g;
    size_t n;
    int64_t task_id;
};

static enum assay_err put_item(struct tx *tx, const struct release_fixture *f,
                               const struct graded *g, int64_t number, struct item_row *i,
                               struct err *e)
{
    char text[32];
    struct assay_digests d;
    enum assay_err rc;

    (void)f;
    (void)snprintf(text, sizeof text, "landscape %lld", (long long)number);
    if ((rc = assay_digest(text, strlen(text), &d)) != 0)
        return rc;
    *i = (struct item_row){.id = rand_id(),
                           .size = 1000 + number,
                           .mime = "image/jpeg",
                           .kind = "picture",
                           .created_ms = clock_now_ms()};
    memcpy(i->sha256, d.sha256, sizeof i->sha256);
    memcpy(i->sha1, d.sha1, sizeof i->sha1);
    memcpy(i->md5, d.md5, sizeof i->md5);
    struct picture_row p = {.item_id = i->id,
                            .pixel_policy = 1,
                            .width = 640,
                            .height = 480,
                            .frames = 1,
                            .orientation = 1,
                            .pdq_quality = 100,
                            .has_pdq = !g->no_pdq,
                            .maker = "test",
                            .made_ms = clock_now_ms()};
    memcpy(p.pdq, d.sha256, sizeof p.pdq);
    (void)snprintf(p.reason, sizeof p.reason, "%s", g->pdq_reason == NULL ? "" : g->pdq_reason);
    if ((rc = item_insert(tx, i, e)) != 0)
        return rc;
    return picture_put(tx, &p, e);
}

static enum assay_err put_decision(struct tx *tx, const struct release_fixture *f, int64_t task_id,
                                   int64_t version, const char *code, int64_t lot_id, int64_t *id,
                                   struct err *e)
{
    struct decision_row d = {.id = rand_id(),
                             .task_id = task_id,
                             .version = version,
                             .staff_id = f->grader,
                             .lot_id = lot_id,
                             .basis = "seen",
                             .scheme = f->scheme,
                             .scheme_version = 1,
                             .code = code,
                             .tags = "light:day season:summer",
                             .software = "test",
                             .decided_ms = 1795363280123};

    *id = d.id;
    return decision_insert(tx, &d, e);
}

static enum assay_err put_reading(struct tx *tx, const struct release_fixture *f,
                                  const struct graded *g, int64_t lot_id, int64_t task_id,
                                  int64_t decision_id, struct err *e)
{
    struct reading_row *r = mem_zalloc(sizeof *r);
    struct correction_row *c = mem_zalloc(sizeof *c);
    enum assay_err rc;

    r->id = rand_id();
    r->lot_id = lot_id;
    r->task_id = task_id;
    r->decision_id = decision_id;
    r->grader_id = f->grader;
    r->probability_ppm = 1000000;
    r->reader_id = f->reader;
    r->scheme_version = 1;
    r->decided_ms = clock_now_ms();
    (void)snprintf(r->kind, sizeof r->kind, "sample");
    (void)snprintf(r->outcome, sizeof r->outcome, "agrees");
    (void)snprintf(r->code, sizeof r->code, "%s", g->reading);
    c->id = rand_id();
    c->reading_id = r->id;
    c->lot_id = lot_id;
    c->task_id = task_id;
    c->staff_id = f->grader;
    c->opened_ms = clock_now_ms();
    (void)snprintf(c->code, sizeof c->code, "%s", g->reading);
    (void)snprintf(c->state, sizeof c->state, "open");
    if ((rc = reading_insert(tx, r, e)) == ASSAY_OK)
        rc = reading_decide(tx, r, NULL, 0, e);
    if (rc == ASSAY_OK && g->correction)
        rc = correction_insert(tx, c, e);
    mem_free(r);
    mem_free(c);
    return rc;
}

static enum assay_err put_graded(struct tx *tx, struct grading *k, int64_t number, struct err *e)
{
    const struct graded *g = k->g;
    const char *code = g->code == NULL ? "L1" : g->code;
    struct task_row t = {.id = rand_id(), .batch_id = k->f->batch, .priority = 1};
    struct item_row i;
    int64_t lot = k->f->lot;
    bool added;
    enum assay_err rc;

    if ((rc = put_item(tx, k->f, g, number, &i, e)) != 0 ||
        (g->own_lot &&
         (rc = put_lot(tx, k->f->grader, g->lot_state == NULL ? "passed" : g->lot_state, &lot,
                       e)) != 0))
        return rc;
    t.item_id = i.id;
    t.due_ms = INT64_MAX;
    (void)snprintf(t.scheme, sizeof t.scheme, "%s", k->f->scheme);
    (void)snprintf(t.state, sizeof t.state, "waiting");
    if ((rc = task_insert(tx, &t, clock_now_ms(), e)) != 0 ||
        (rc = put_decision(tx, k->f, t.id, 1, code, lot, &t.decision_id, e)) != 0)
        return rc;
    t.lot_id = lot;
    (void)snprintf(t.state, sizeof t.state, "%s", g->state == NULL ? "passed" : g->state);
    struct vote_row v = {rand_id(), t.id, clock_now_ms(), "a source", g->vote, ""};
    if ((rc = task_move(tx, &t, "waiting", clock_now_ms(), e)) != 0 ||
        (g->vote != NULL && (rc = vote_insert(tx, &v, &added, e)) != 0) ||
        (g->reading != NULL && (rc = put_reading(tx, k->f, g, lot, t.id, t.decision_id, e)) != 0))
        return rc;
    k->task_id = t.id;
    return ASSAY_OK;
}

static enum assay_err put_page(struct tx *tx, void *ctx, struct err *e)
{
    struct grading *k = ctx;
    enum assay_err rc = ASSAY_OK;

    for (size_t i = 0; rc == ASSAY_OK && i < k->n; i++)
        rc = put_graded(tx, k, k->f->count + (int64_t)i, e);
    return rc;
}

int64_t release_grade(struct release_fixture *f, const struct graded *g, size_t n)
{
    struct grading k = {.f = f, .g = g};

    while (n > 0) {
        k.n = n < PAGE ? n : PAGE;
        must(store_write(f->w.store, put_page, &k, &f->e), &f->e);
        f->count += (int64_t)k.n;
        n -= k.n;
    }
    return k.task_id;
}

struct anew {
    struct release_fixture *f;
    int64_t task_id;
    const char *code;
};

static enum assay_err put_anew(struct tx *tx, void *ctx, struct err *e)
{
    struct anew *a = ctx;
    struct task_row t;
    int64_t version;
    enum assay_err rc;

    if ((rc = task_get(tx, a->task_id, &t, e)) != 0 ||
        (rc = decision_version(tx, t.id, &version, e)) != 0 ||
        (rc = put_decision(tx, a->f, t.id, version + 1, a->code, t.lot_id, &t.decision_id, e)) != 0)
        return rc;
    return task_move(tx, &t, "passed", clock_now_ms(), e);
}

void release_supersede(struct release_fixture *f, int64_t task_id, const char *code)
{
    struct anew a = {f, task_id, code};

    must(store_write(f->w.store, put_anew, &a, &f->e), &f->e);
}

/* ---- releases ---- */

const char *release_answer_text(struct release_fixture *f, const char *key)
{
    static char text[256];
    struct arena *a = arena_new();
    struct json *j;

    must(json_parse(a, f->answer.data, f->answer.size, &j, &f->e), &f->e);
    const struct json *m = json_get(j, key);
    (void)snprintf(text, sizeof text, "%s", m == NULL || m->text == NULL ? "" : m->text);
    arena_free(a);
    return text;
}

int64_t release_ask(struct release_fixture *f, int64_t min_readings, uint8_t content[32])
{
    int64_t id = 0;

    must(release_request(&f->w, &f->asks, NULL, f->scheme, min_readings, &f->answer, &f->e), &f->e);
    assert_int_equal(str_unhex(release_answer_text(f, "content_sha256"), content, 32), ASSAY_OK);
    assert_int_equal(str_int64(release_answer_text(f, "release"), 1, INT64_MAX, &id), ASSAY_OK);
    return id;
}

void release_let_go(struct release_fixture *f, int64_t id, const uint8_t content[32])
{
    must(release_approve(&f->w, &f->approves, id, content, &f->answer, &f->e), &f->e);
}

int64_t release_approved(struct release_fixture *f, int64_t min_readings)
{
    uint8_t content[32];
    int64_t id = release_ask(f, min_readings, content);

    release_let_go(f, id, content);
    return id;
}

char *release_to_folder(struct release_fixture *f, int64_t id)
{
    char *path = NULL;

    must(release_write(&f->w, people_operator(), id, 0, f->out, &path, &f->e), &f->e);
    return path;
}
