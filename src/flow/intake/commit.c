/* The rows of a group of files: items, blobs, tasks, sightings, votes and the record, at once. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/rand.h"
#include "base/str.h"
#include "flow/intake/intake_impl.h"
#include "store/batch.h"
#include "store/decision.h"
#include "store/task.h"

#define SIGHTING_TEXT_MAX (256 * 1024) /* every text at its longest, each byte escaped */

#define LINE_MAX_BYTES ((size_t)33 * 1024 * 1024) /* a record of a case, and a little */

#define RACES_MAX 50 /* a group has 24 files, and each may be met by another process */

struct group {
    struct world *world;
    const struct intake_options *options;
    const struct batch_key *batch;
    struct taken *taken;
    size_t count;
};

static const char *const kind_names[] = {"picture", "video", "other"};

static void text_or_base64(struct json_out *o, const char *key, const char *text)
{
    char base64_key[32];
    struct buf b;

    if (str_is_utf8(text, strlen(text))) {
        json_text(o, key, text);
        return;
    }
    buf_init(&b, SIGHTING_TEXT_MAX);
    str_base64(text, strlen(text), &b);
    (void)snprintf(base64_key, sizeof base64_key, "%s_base64", key);
    json_text(o, base64_key, buf_cstr(&b));
    buf_clear(&b);
}

/* Path, source, URLs and note as sealed JSON, appended to out. */
static void seal_texts(const struct world *w, int64_t sighting_id, const struct taken *t,
                       struct buf *out)
{
    struct buf plain;
    struct json_out o;

    buf_init(&plain, SIGHTING_TEXT_MAX);
    json_out_init(&o, &plain);
    json_object(&o, NULL);
    text_or_base64(&o, "path", t->inner);
    if (t->note != NULL) {
        json_text(&o, "source", t->note->source);
        json_text(&o, "url", t->note->url);
        json_text(&o, "page_url", t->note->page_url);
        json_text(&o, "note", t->note->note);
        json_text(&o, "host_country", t->note->host_country);
    }
    json_object_end(&o);
    assert(!plain.over);
    keys_seal(w->keys, &sighting_id, sizeof sighting_id, plain.data, plain.size, out);
    buf_wipe(&plain);
}

static enum assay_err insert_item(struct tx *tx, const struct group *g, struct taken *t,
                                  struct item_row *item, struct err *e)
{
    int64_t now = clock_now_ms();
    enum assay_err rc;

    *item = (struct item_row){.id = rand_id(), .size = (int64_t)t->digests.size, .created_ms = now};
    memcpy(item->sha256, t->digests.sha256, sizeof item->sha256);
    memcpy(item->sha1, t->digests.sha1, sizeof item->sha1);
    memcpy(item->md5, t->digests.md5, sizeof item->md5);
    (void)snprintf(item->mime, sizeof item->mime, "%s", decode_type_mime(t->type));
    (void)snprintf(item->kind, sizeof item->kind, "%s", kind_names[decode_type_kind(t->type)]);
    struct blob_row blob = {.size = (int64_t)t->blob.size,
                            .item_id = item->id,
                            .rendition = "original",
                            .maker = "",
                            .created_ms = now};
    memcpy(blob.id, t->blob.id, sizeof blob.id);
    memcpy(blob.wrapped, t->blob.wrapped, sizeof blob.wrapped);
    if ((rc = item_insert(tx, item, e)) != 0 || (rc = blob_insert(tx, &blob, e)) != 0)
        return rc;
    return identify_job_insert(tx, item->id, g->batch->priority, e);
}

/* A new task of an item that was identified for another scheme goes straight on. */
static enum assay_err catch_up(struct tx *tx, int64_t task_id, int64_t item_id, struct err *e)
{
    struct picture_row p;
    struct task t;
    enum assay_err rc = picture_get(tx, item_id, &p, e);

    if (rc == ASSAY_ENOTFOUND)
        return ASSAY_OK;
    if (rc != ASSAY_OK || (rc = flow_task(tx, task_id, &t, e)) != 0)
        return rc;
    enum flow_event ev = FLOW_IDENTIFIED;
    if (str_equal(p.failure, "unsupported"))
        ev = FLOW_NOT_SUPPORTED;
    else if (p.failure[0] != '\0')
        ev = FLOW_NOT_DECODABLE;
    return flow_move(tx, &t, ev, 0, e);
}

static enum assay_err find_or_insert_task(struct tx *tx, const struct group *g, int64_t item_id,
                                          struct task_row *task, struct err *e)
{
    enum assay_err rc = task_find(tx, item_id, g->batch->scheme, task, e);

    if (rc == ASSAY_OK) {
        /* Pressing it holds its row: a lot that is passing just now has passed, or waits for us. */
        rc = task_press(tx, task->id, g->batch->priority, g->batch->due_ms, e);
        return rc != ASSAY_OK ? rc : task_get(tx, task->id, task, e);
    }
    if (rc != ASSAY_ENOTFOUND)
        return rc;
    *task = (struct task_row){.id = rand_id(),
                              .item_id = item_id,
                              .batch_id = g->batch->id,
                              .priority = g->batch->priority,
                              .due_ms = g->batch->due_ms};
    (void)snprintf(task->scheme, sizeof task->scheme, "%s", g->batch->scheme);
    (void)snprintf(task->state, sizeof task->state, "%s", flow_state_name(FLOW_RECEIVED));
    if ((rc = task_insert(tx, task, clock_now_ms(), e)) != 0)
        return rc;
    return catch_up(tx, task->id, item_id, e);
}

static enum assay_err write_entry(struct tx *tx, const struct group *g, const struct taken *t,
                                  const struct item_row *item, int64_t sighting_id, int64_t task_id,
                                  int64_t twin_id, struct err *e)
{
    char name[FLOW_ITEM_NAME_SIZE];
    struct json_out o;
    struct buf data;

    flow_item_name(g->world, item->sha256, name);
    buf_init(&data, 1024);
    json_out_init(&o, &data);
    json_object(&o, NULL);
    json_text(&o, "verdict", intake_verdict_name(t->verdict));
    json_text(&o, "item_name", name);
    json_int(&o, "size", item->size);
    if (twin_id != 0)
        json_id(&o, "md5_twin", twin_id); /* equal MD5, other bytes: somebody made them so */
    json_object_end(&o);
    struct audit_entry entry = {.action = AUDIT_ITEM_IMPORTED,
                                .keys = g->world->keys,
                                .actor = g->options->by,
                                .objects = {{"item", item->id},
                                            {"sighting", sighting_id},
                                            {"batch", g->batch->id},
                                            {"task", task_id}},
                                .data = buf_cstr(&data),
                                .texts = {{"path", t->inner}}};
    if (t->note != NULL) {
        entry.texts[1] = (struct audit_text){"source", t->note->source};
        entry.texts[2] = (struct audit_text){"url", t->note->url};
        entry.texts[3] = (struct audit_text){"page_url", t->note->page_url};
        entry.texts[4] = (struct audit_text){"note", t->note->note};
        entry.texts[5] = (struct audit_text){"host_country", t->note->host_country};
    }
    enum assay_err rc = audit_write(tx, &entry, NULL, e);
    buf_clear(&data);
    return rc;
}

static enum assay_err insert_vote(struct tx *tx, const struct group *g, const struct taken *t,
                                  int64_t task_id, struct err *e)
{
    enum assay_err rc;
    bool added;

    if (t->note == NULL || t->note->code[0] == '\0')
        return ASSAY_OK;
    /* Who has said what they think does not grade it a second time as if for themselves. */
    if (t->note->staff_id != 0 &&
        (rc = task_exclude(tx, task_id, t->note->staff_id, "voted", e)) != 0)
        return rc;
    struct vote_row vote = {.id = rand_id(),
                            .task_id = task_id,
                            .created_ms = clock_now_ms(),
                            .source = t->note->source,
                            .code = t->note->code,
                            .tags = t->note->tags};
    rc = vote_insert(tx, &vote, &added, e);
    if (rc != ASSAY_OK || !added)
        return rc;
    struct audit_entry entry = {.action = AUDIT_SOURCE_VOTED,
                                .keys = g->world->keys,
                                .actor = g->options->by,
                                .objects = {{"task", task_id}, {"vote", vote.id}},
                                .texts = {{"source", t->note->source}, {"code", t->note->code}}};
    return audit_write(tx, &entry, NULL, e);
}

/* The same bytes were graded and have passed: the sighting inherits. */
static enum assay_err inherit(struct tx *tx, const struct group *g, struct taken *t,
                              const struct task_row *task, int64_t sighting_id, struct err *e)
{
    if (!str_equal(task->state, flow_state_name(FLOW_PASSED)))
        return ASSAY_OK;
    assert(task->decision_id != 0);
    enum assay_err rc = inheritance_link(tx, sighting_id, task->decision_id, clock_now_ms(), e);
    if (rc != ASSAY_OK)
        return rc;
    t->verdict = INTAKE_INHERITED;
    struct audit_entry entry = {.action = AUDIT_DECISION_INHERITED,
                                .actor = g->options->by,
                                .objects = {{"sighting", sighting_id},
                                            {"task", task->id},
                                            {"decision", task->decision_id}}};
    return audit_write(tx, &entry, NULL, e);
}

static enum assay_err refuse(struct tx *tx, const struct group *g, const struct taken *t,
                             struct err *e)
{
    struct audit_entry entry = {.action = AUDIT_FILE_REFUSED,
                                .keys = g->world->keys,
                                .actor = g->options->by,
                                .objects = {{"batch", g->batch->id}},
                                .outcome = "refused",
                                .texts = {{"path", t->inner}, {"reason", t->reason}}};

    return audit_write(tx, &entry, NULL, e);
}

/* What a record of a case said, as JSON, and what was found of it or is wrong with it. */
static void seal_line(const struct world *w, const struct taken *t, struct buf *out)
{
    struct case_line *l = t->line;
    struct json_out o;
    struct buf plain;

    buf_init(&plain, LINE_MAX_BYTES);
    json_out_init(&o, &plain);
    json_object(&o, NULL);
    json_raw(&o, "said", l->said.size == 0 ? "null" : buf_cstr(&l->said));
    json_int(&o, "line", (int64_t)l->line);
    json_int(&o, "offset", (int64_t)l->offset);
    if (t->verdict == INTAKE_REFUSED)
        json_text(&o, "reason", t->reason);
    if (l->row.state == CASE_MISMATCH) {
        json_object(&o, "found");
        json_int(&o, "size", (int64_t)t->digests.size);
        json_hex(&o, "md5", t->digests.md5, sizeof t->digests.md5);
        json_hex(&o, "sha1", t->digests.sha1, sizeof t->digests.sha1);
        json_hex(&o, "sha256", t->digests.sha256, sizeof t->digests.sha256);
        json_object_end(&o);
    }
    json_object_end(&o);
    assert(!plain.over);
    keys_seal(w->keys, &l->row.id, sizeof l->row.id, plain.data, plain.size, out);
    buf_wipe(&plain);
}

static enum assay_err put_line(struct tx *tx, const struct group *g, const struct taken *t,
                               int64_t item_id, struct err *e)
{
    struct case_record_row row;
    struct buf sealed;

    if (t->line == NULL)
        return ASSAY_OK;
    row = t->line->row;
    buf_init(&sealed, LINE_MAX_BYTES + 64);
    seal_line(g->world, t, &sealed);
    row.item_id = item_id;
    row.said_sealed = sealed.data;
    row.said_size = sealed.size;
    const enum assay_err rc = case_record_put(tx, &row, e);
    buf_clear(&sealed);
    return rc;
}

/* Nothing of it becomes an item. Of a case, only files that are not what their record says are on
 * the record one by one: the others stand in the case's own rows and counts. */
static enum assay_err commit_none(struct tx *tx, const struct group *g, const struct taken *t,
                                  struct err *e)
{
    enum assay_err rc = ASSAY_OK;

    if (t->line == NULL || t->line->row.state == CASE_MISMATCH)
        rc = refuse(tx, g, t, e);
    return rc != ASSAY_OK ? rc : put_line(tx, g, t, 0, e);
}

static enum assay_err commit_one(struct tx *tx, const struct group *g, struct taken *t,
                                 struct err *e)
{
    uint8_t path_mac[32];
    int64_t sighting_id = rand_id(), twin_id = 0, there;
    struct item_row item;
    struct task_row task;
    enum assay_err rc;

    if (t->verdict == INTAKE_REFUSED || t->verdict == INTAKE_MISSING)
        return commit_none(tx, g, t, e);
    struct buf keyed;
    buf_init(&keyed, SIGHTING_TEXT_MAX);
    buf_addf(&keyed, "%lld/%s", (long long)g->batch->id, t->inner);
    keys_name(g->world->keys, "path", keyed.data, keyed.size, path_mac);
    buf_clear(&keyed);
    rc = sighting_find(tx, g->batch->id, path_mac, t->digests.sha256, &there, e);
    if (rc == ASSAY_OK) {
        t->verdict = INTAKE_SEEN;
        rc = item_find(tx, t->digests.sha256, &item, e);
        return rc != ASSAY_OK ? rc : put_line(tx, g, t, item.id, e);
    }
    if (rc != ASSAY_ENOTFOUND)
        return rc;

    t->verdict = INTAKE_KNOWN;
    rc = item_find(tx, t->digests.sha256, &item, e);
    if (rc == ASSAY_ENOTFOUND) {
        assert(t->sealed);
        t->verdict = INTAKE_NEW;
        if ((rc = item_md5_twin(tx, t->digests.md5, t->digests.sha256, &twin_id, e)) == ASSAY_OK)
            rc = insert_item(tx, g, t, &item, e);
    }
    if (rc != ASSAY_OK || (rc = find_or_insert_task(tx, g, item.id, &task, e)) != 0)
        return rc;
    struct sighting_row s = {.id = sighting_id,
                             .item_id = item.id,
                             .batch_id = g->batch->id,
                             .found_ms = t->note == NULL ? 0 : t->note->found_ms,
                             .created_ms = clock_now_ms()};
    struct buf sealed;
    memcpy(s.path_mac, path_mac, sizeof path_mac);
    buf_init(&sealed, SIGHTING_TEXT_MAX + 64);
    seal_texts(g->world, sighting_id, t, &sealed);
    s.text_sealed = sealed.data;
    s.text_size = sealed.size;
    rc = sighting_insert(tx, &s, e);
    buf_clear(&sealed);
    if (rc != ASSAY_OK || (rc = insert_vote(tx, g, t, task.id, e)) != 0 ||
        (rc = inherit(tx, g, t, &task, sighting_id, e)) != 0 ||
        (rc = put_line(tx, g, t, item.id, e)) != 0)
        return rc;
    return write_entry(tx, g, t, &item, sighting_id, task.id, twin_id, e);
}

static enum assay_err commit_group(struct tx *tx, void *ctx, struct err *e)
{
    const struct group *g = ctx;
    struct batch_tally tally = {.last_ms = clock_now_ms()};

    for (size_t i = 0; i < g->count; i++) {
        enum assay_err rc = commit_one(tx, g, &g->taken[i], e);
        if (rc != ASSAY_OK)
            return rc;
        enum intake_verdict v = g->taken[i].verdict;
        tally.files += v == INTAKE_NEW || v == INTAKE_KNOWN || v == INTAKE_INHERITED;
        tally.fresh += v == INTAKE_NEW;
        tally.refused += v == INTAKE_REFUSED;
    }
    /* Last, so that on PostgreSQL groups of one batch wait for each other as short as can be. */
    return batch_tally_add(tx, g->batch->id, &tally, e);
}

enum assay_err intake_commit(struct world *w, const struct intake_options *o,
                             const struct batch_key *batch, struct taken *group, size_t count,
                             struct err *e)
{
    struct group g = {w, o, batch, group, count};
    enum assay_err rc = ASSAY_EEXISTS;

    /* EEXISTS: another process took in the same bytes at the same moment; now they are known. */
    for (unsigned i = 0; rc == ASSAY_EEXISTS && i < RACES_MAX; i++)
        rc = store_write(w->store, commit_group, &g, e);
    return rc;
}
