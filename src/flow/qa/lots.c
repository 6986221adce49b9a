/* Lots: drawing the sample, judging, listing. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assay/digest.h"
#include "base/clock.h"
#include "base/rand.h"
#include "base/str.h"
#include "flow/decision.h"
#include "flow/qa/qa_impl.h"
#include "store/task.h"

#define PAGE 1000

enum assay_err qa_lot_tasks(struct tx *tx, int64_t lot_id, struct arena *a, int64_t **ids,
                            size_t *count, struct err *e)
{
    struct lot_row lot;
    size_t n = 0;
    enum assay_err rc = lot_get(tx, lot_id, &lot, e);

    if (rc != ASSAY_OK)
        return rc;
    size_t room = (size_t)lot.size + PAGE;
    *ids = arena_alloc(a, room * sizeof **ids);
    *count = 0;
    do {
        int64_t after = *count == 0 ? 0 : (*ids)[*count - 1];
        size_t left = room - *count;
        if ((rc = task_ids_of_lot(tx, lot_id, after, *ids + *count, left < PAGE ? left : PAGE, &n,
                                  e)) != 0)
            return rc;
        *count += n;
    } while (n == PAGE && *count < room);
    return ASSAY_OK;
}

enum assay_err qa_add_readings(struct tx *tx, int64_t lot_id, const int64_t *task_ids, size_t count,
                               const char *kind, int64_t probability_ppm, struct err *e)
{
    struct reading_row *r = mem_zalloc(sizeof *r);
    struct decision_copy *d = mem_zalloc(sizeof *d);
    enum assay_err rc = ASSAY_OK;
    bool there;
    struct task t;

    for (size_t i = 0; rc == ASSAY_OK && i < count; i++) {
        if ((rc = reading_exists(tx, lot_id, task_ids[i], &there, e)) != 0)
            break;
        if (there)
            continue;
        if ((rc = flow_task(tx, task_ids[i], &t, e)) != 0 ||
            (rc = decision_get(tx, t.decision_id, d, e)) != 0)
            break;
        *r = (struct reading_row){.id = rand_id(),
                                  .lot_id = lot_id,
                                  .task_id = t.id,
                                  .decision_id = d->id,
                                  .grader_id = d->staff_id,
                                  .probability_ppm = probability_ppm};
        (void)snprintf(r->kind, sizeof r->kind, "%s", kind);
        rc = reading_insert(tx, r, e);
    }
    mem_free(r);
    mem_free(d);
    return rc;
}

static enum assay_err note_confirmed(struct tx *tx, int64_t lot_id, int64_t task_id, struct err *e)
{
    const struct audit_entry entry = {.action = AUDIT_TASK_CONFIRMED,
                                      .actor = people_system(),
                                      .objects = {{"task", task_id}, {"lot", lot_id}}};

    return audit_write(tx, &entry, NULL, e);
}

/* Take those away that one reading confirms; ids are ascending and stay so. The record names each,
 * so that the sample can be drawn again. */
static enum assay_err leave_confirmed_out(struct tx *tx, int64_t lot_id, int64_t *ids,
                                          size_t *count, struct err *e)
{
    int64_t found[PAGE], after = 0;
    size_t n, kept = 0, at = 0;

    do {
        enum assay_err rc = lot_confirmed(tx, lot_id, after, found, PAGE, &n, e);
        for (size_t i = 0; rc == ASSAY_OK && i < n; i++) {
            while (at < *count && ids[at] < found[i])
                ids[kept++] = ids[at++];
            at += at < *count && ids[at] == found[i];
            rc = note_confirmed(tx, lot_id, found[i], e);
        }
        if (rc != ASSAY_OK)
            return rc;
        after = n == 0 ? after : found[n - 1];
    } while (n == PAGE);
    while (at < *count)
        ids[kept++] = ids[at++];
    *count = kept;
    return ASSAY_OK;
}

/* A task with its place in the draw. */
struct drawn {
    uint8_t place[ASSAY_SHA256_BYTES];
    int64_t task_id;
};

static int by_place(const void *a, const void *b)
{
    return memcmp(a, b, ASSAY_SHA256_BYTES);
}

/* Order the tasks by SHA-256(seed, id as decimal text): anybody with the record draws the same. */
static enum assay_err draw(const uint8_t seed[32], int64_t *ids, size_t count, struct arena *a)
{
    struct drawn *d = arena_alloc(a, (count + 1) * sizeof *d);

    for (size_t i = 0; i < count; i++) {
        struct assay_digests digests;
        uint8_t text[32 + 24];
        memcpy(text, seed, 32);
        int size = snprintf((char *)text + 32, 24, "%lld", (long long)ids[i]);
        enum assay_err rc = assay_digest(text, 32 + (size_t)size, &digests);
        if (rc != ASSAY_OK)
            return rc;
        memcpy(d[i].place, digests.sha256, sizeof d[i].place);
        d[i].task_id = ids[i];
    }
    qsort(d, count, sizeof *d, by_place);
    for (size_t i = 0; i < count; i++)
        ids[i] = d[i].task_id;
    return ASSAY_OK;
}

static enum assay_err write_sampled(struct tx *tx, const struct lot_row *lot, struct err *e)
{
    char hex[65], data[192];

    str_hex(lot->seed, sizeof lot->seed, hex);
    (void)snprintf(data, sizeof data, "{\"seed\":\"%s\",\"size\":%lld,\"sample_size\":%lld}", hex,
                   (long long)lot->size, (long long)lot->sample_size);
    struct audit_entry entry = {.action = AUDIT_LOT_SAMPLED,
                                .actor = people_system(),
                                .objects = {{"lot", lot->id}},
                                .data = data};
    return audit_write(tx, &entry, NULL, e);
}

static enum assay_err sample_in(struct tx *tx, struct arena *a, int64_t lot_id, struct err *e)
{
    struct lot_row lot;
    int64_t *ids;
    size_t count;
    char state[12];
    enum assay_err rc;

    if ((rc = lot_hold(tx, lot_id, e)) != 0 || (rc = lot_get(tx, lot_id, &lot, e)) != 0 ||
        (rc = qa_lot_tasks(tx, lot_id, a, &ids, &count, e)) != 0)
        return rc;
    if (!str_equal(lot.state, "submitted"))
        return ASSAY_OK; /* another process drew it while we waited for it */
    if ((rc = leave_confirmed_out(tx, lot_id, ids, &count, e)) != 0)
        return rc;
    rand_bytes(lot.seed, sizeof lot.seed);
    lot.has_seed = true;
    lot.sample_size = flow_sample_size((int64_t)count);
    (void)snprintf(lot.state, sizeof lot.state, "sampling");
    if ((rc = draw(lot.seed, ids, count, a)) != 0)
        return err_set(e, rc, "out of memory");
    int64_t ppm = count == 0 ? 0 : lot.sample_size * 1000000 / (int64_t)count;
    if ((rc = lot_move(tx, &lot, "submitted", e)) != 0 ||
        (rc = qa_add_readings(tx, lot_id, ids, (size_t)lot.sample_size, "sample", ppm, e)) != 0 ||
        (rc = write_sampled(tx, &lot, e)) != 0)
        return rc;
    return qa_judge(tx, lot_id, state, e); /* an empty lot passes at once */
}

static enum assay_err sample(struct tx *tx, void *ctx, struct err *e)
{
    struct arena *a = arena_new();
    int64_t lot_id;
    enum assay_err rc = lot_unsampled(tx, &lot_id, e);

    (void)ctx;
    if (rc == ASSAY_OK)
        rc = sample_in(tx, a, lot_id, e);
    arena_free(a);
    return rc;
}

enum assay_err qa_sample(struct world *w, int64_t *lots, struct err *e)
{
    enum assay_err rc;

    *lots = 0;
    while ((rc = store_write(w->store, sample, NULL, e)) == ASSAY_OK)
        (*lots)++;
    return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
}

static enum assay_err write_closed(struct tx *tx, const struct lot_row *lot,
                                   const struct lot_counts *n, struct err *e)
{
    char data[160];

    (void)snprintf(data, sizeof data, "{\"readings\":%lld,\"critical\":%lld,\"major\":%lld}",
                   (long long)n->readings, (long long)n->critical, (long long)n->major);
    struct audit_entry entry = {.action = AUDIT_LOT_CLOSED,
                                .actor = people_system(),
                                .objects = {{"lot", lot->id}},
                                .outcome = lot->state,
                                .data = data};
    return audit_write(tx, &entry, NULL, e);
}

static enum assay_err fail(struct tx *tx, struct lot_row *lot, const struct lot_counts *n,
                           const int64_t *ids, size_t count, struct err *e)
{
    char from[12];
    enum assay_err rc;

    memcpy(from, lot->state, sizeof from);
    (void)snprintf(lot->state, sizeof lot->state, "failed");
    lot->reread = true;
    int64_t *again = mem_array(count + 1, sizeof *again);
    memcpy(again, ids, count * sizeof *again);
    if ((rc = lot_move(tx, lot, from, e)) == ASSAY_OK &&
        (rc = write_closed(tx, lot, n, e)) == ASSAY_OK &&
        (rc = leave_confirmed_out(tx, lot->id, again, &count, e)) == ASSAY_OK)
        rc = qa_add_readings(tx, lot->id, again, count, "reread", 1000000, e);
    mem_free(again);
    return rc;
}

static enum assay_err pass(struct tx *tx, struct lot_row *lot, const struct lot_counts *n,
                           const int64_t *ids, size_t count, struct err *e)
{
    char from[12];
    struct task t;
    enum assay_err rc;

    memcpy(from, lot->state, sizeof from);
    (void)snprintf(lot->state, sizeof lot->state, "passed");
    lot->closed_ms = clock_now_ms();
    if ((rc = lot_move(tx, lot, from, e)) != 0 || (rc = write_closed(tx, lot, n, e)) != 0)
        return rc;
    for (size_t i = 0; i < count; i++) {
        if ((rc = flow_task(tx, ids[i], &t, e)) != 0 ||
            (rc = flow_move(tx, &t, FLOW_PASS, 0, e)) != 0 || (rc = flow_spread(tx, &t, e)) != 0)
            return rc;
    }
    return ASSAY_OK;
}

static enum assay_err judge_in(struct tx *tx, struct arena *a, struct lot_row *lot, struct err *e)
{
    struct lot_counts n;
    int64_t *ids;
    size_t count;
    enum assay_err rc = lot_count(tx, lot->id, &n, e);

    if (rc != ASSAY_OK || n.waiting_sample > 0 || n.waiting_third > 0)
        return rc;
    if ((rc = qa_lot_tasks(tx, lot->id, a, &ids, &count, e)) != 0)
        return rc;
    if (!lot->reread && (n.critical > QA_CRITICAL_MAX || n.major > QA_MAJOR_MAX)) {
        if ((rc = fail(tx, lot, &n, ids, count, e)) != 0 ||
            (rc = lot_count(tx, lot->id, &n, e)) != 0 || n.waiting_sample > 0)
            return rc;
    }
    if (n.corrections_open > 0)
        return ASSAY_OK;
    return pass(tx, lot, &n, ids, count, e);
}

enum assay_err qa_judge(struct tx *tx, int64_t lot_id, char state[12], struct err *e)
{
    struct arena *a = arena_new();
    struct lot_row lot = {0};
    enum assay_err rc;

    if ((rc = lot_hold(tx, lot_id, e)) == ASSAY_OK)
        rc = lot_get(tx, lot_id, &lot, e);
    if (rc == ASSAY_OK && (str_equal(lot.state, "sampling") || str_equal(lot.state, "failed")))
        rc = judge_in(tx, a, &lot, e);
    memcpy(state, lot.state, sizeof lot.state);
    arena_free(a);
    return rc;
}

struct listing {
    const struct caller *caller;
    struct buf *answer;
    struct json_out o;
};

static void add_lot(void *ctx, const struct lot_line *line)
{
    struct listing *l = ctx;
    const struct lot_row *r = &line->row;
    bool lead = (l->caller->roles & PEOPLE_LEAD) != 0;

    json_object(&l->o, NULL);
    json_id(&l->o, "lot", r->id);
    json_text(&l->o, "state", r->state);
    json_int(&l->o, "size", r->size);
    json_int(&l->o, "sample_size", r->sample_size);
    json_int(&l->o, "read",
             line->counts.readings - line->counts.waiting_sample - line->counts.waiting_third);
    json_int(&l->o, "differing", line->counts.differing);
    json_int(&l->o, "upheld", line->counts.upheld);
    json_int(&l->o, "corrections_open", line->counts.corrections_open);
    json_bool(&l->o, "reread", r->reread);
    json_time(&l->o, "submitted_at", r->submitted_ms);
    json_time(&l->o, "closed_at", r->closed_ms);
    json_hex(&l->o, "seed", r->seed, lead && r->has_seed ? sizeof r->seed : 0);
    json_text(&l->o, "grader", lead ? line->grader : NULL);
    json_bool(&l->o, "mine", r->staff_id == l->caller->staff_id);
    json_int(&l->o, "waiting_sample", line->counts.waiting_sample);
    json_int(&l->o, "waiting_third", line->counts.waiting_third);
    json_object_end(&l->o);
}

static enum assay_err lots(struct tx *tx, void *ctx, struct err *e)
{
    struct listing *l = ctx;
    uint32_t all = PEOPLE_QUALITY | PEOPLE_ARBITER | PEOPLE_LEAD;

    buf_reset(l->answer);
    json_out_init(&l->o, l->answer);
    json_object(&l->o, NULL);
    json_array(&l->o, "lots");
    enum assay_err rc =
        lot_each(tx, (l->caller->roles & all) != 0 ? 0 : l->caller->staff_id, add_lot, l, e);
    json_array_end(&l->o);
    json_object_end(&l->o);
    return rc;
}

enum assay_err qa_lots(struct world *w, const struct caller *c, struct buf *answer, struct err *e)
{
    struct listing l = {.caller = c, .answer = answer};

    return store_read(w->store, lots, &l, e);
}
