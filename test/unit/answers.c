/* Walks a team through the flow and prints each answer behind the name of its OpenAPI schema, for
 * check_answers.py. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flow/intake/intake.h"
#include "flow/waiting.h"
#include "flow/items/items.h"
#include "flow/schemes.h"
#include "flow/settings.h"
#include "steps.h"

static void show(struct world_test *t, const char *schema, enum assay_err rc)
{
    if (rc != ASSAY_OK) {
        (void)fprintf(stderr, "%s: %s\n", schema, t->e.text);
        exit(1);
    }
    (void)printf("%s\t", schema);
    for (const char *at = buf_cstr(&t->answer); *at != '\0'; at++) /* a scheme has line breaks */
        (void)putchar(*at == '\n' ? ' ' : *at);
    (void)putchar('\n');
}

static void token_of(struct world_test *t, const char *path, uint8_t token[16])
{
    world_token(world_json(t, &t->answer), path, token);
}

static void decide(struct world_test *t, const struct caller *c, const uint8_t token[16],
                   const char *code)
{
    show(t, "Decision", step_try_decide(t, c, token, code));
}

/* One lot of five: taken in every way, four readings and a correction of each outcome. */
static void grade(struct world_test *t, const struct caller *anna, const struct caller *lee)
{
    uint8_t token[16];
    struct buf *a = &t->answer;

    show(t, "ShiftState", shift_get(&t->world, anna, a, &t->e));
    show(t, "Shift", shift_start(&t->world, anna, a, &t->e));
    show(t, "ShiftState", shift_get(&t->world, anna, a, &t->e));
    show(t, "Leases", queue_take(&t->world, anna, QUEUE_GRADE, 4, 0, a, &t->e));
    token_of(t, "leases.0.lease", token);
    show(t, "Tickets", queue_tickets(&t->world, anna, token, 3, a, &t->e));
    show(t, "Tickets", queue_extend(&t->world, anna, token, a, &t->e));
    show(t, "Names", queue_names(&t->world, anna, token, a, &t->e));
    decide(t, anna, token, "L1");
    show(t, "Lease", grade_undo(&t->world, anna, NULL, a, &t->e));
    token_of(t, "lease", token);
    show(t, "TaskMoved", grade_put_off(&t->world, anna, NULL, token, a, &t->e));
    show(t, "LaterList", grade_later(&t->world, anna, a, &t->e));
    show(t, "Leases", queue_take(&t->world, anna, QUEUE_LATER, 1, 0, a, &t->e));
    token_of(t, "leases.0.lease", token);
    decide(t, anna, token, "not-listed");
    show(t, "Check", shift_check(&t->world, anna, a, &t->e));
    world_sql(t, "DELETE FROM lease");
    show(t, "Leases", queue_take(&t->world, anna, QUEUE_GRADE, 1, 0, a, &t->e));
    token_of(t, "leases.0.lease", token);
    show(t, "TaskMoved", grade_second_look(&t->world, anna, NULL, token, a, &t->e));
    for (int i = 0; i < 2; i++) {
        show(t, "Leases", queue_take(&t->world, anna, QUEUE_GRADE, 1, 0, a, &t->e));
        token_of(t, "leases.0.lease", token);
        show(t, "TaskMoved",
             grade_escalate(&t->world, anna, NULL, token, i + 1, i == 0 ? NULL : "x", a, &t->e));
    }
    show(t, "Escalations", grade_escalations(&t->world, lee, a, &t->e));
    int64_t id = world_number(world_json(t, a), "escalations.0.escalation");
    show(t, "TaskMoved", grade_return_escalation(&t->world, lee, id, a, &t->e));
    show(t, "Leases", queue_take(&t->world, lee, QUEUE_ESCALATED, 1, 0, a, &t->e));
    token_of(t, "leases.0.lease", token);
    decide(t, lee, token, "L2");
    for (int i = 0; i < 4; i++)
        (void)step_grade(t, anna, "L1");
    show(t, "Check", shift_check(&t->world, anna, a, &t->e));
    show(t, "Submitted", shift_submit(&t->world, anna, NULL, a, &t->e));
}

static void read_one(struct world_test *t, const struct caller *c, enum queue_name q,
                     const char *code)
{
    struct grade_tags tags = step_tags(code);
    struct qa_reading_new in = {
        .code = code, .tags = tags.tags, .tag_count = tags.count, .reason = "by the lake"};

    show(t, "Leases", queue_take(&t->world, c, q, 1, 0, &t->answer, &t->e));
    token_of(t, "leases.0.lease", in.lease);
    show(t, "Reading", qa_read(&t->world, c, NULL, &in, &t->answer, &t->e));
}

static void quality(struct world_test *t, const struct caller *anna, const struct caller *lee)
{
    const struct caller *quinn = world_person(t, "quinn", PEOPLE_QUALITY);
    const struct caller *ari = world_person(t, "ari", PEOPLE_ARBITER);
    struct buf *a = &t->answer;
    int64_t lots;

    if (qa_sample(&t->world, &lots, &t->e) != ASSAY_OK)
        exit(1);
    show(t, "Lots", qa_lots(&t->world, anna, a, &t->e));
    show(t, "Lots", qa_lots(&t->world, lee, a, &t->e));
    for (int i = 0; i < 3; i++) {
        read_one(t, quinn, QUEUE_READING, "L3");
        read_one(t, ari, QUEUE_THIRD, "L3");
    }
    show(t, "Corrections", qa_corrections(&t->world, anna, a, &t->e));
    for (int i = 0; i < 3; i++) {
        struct grade_tags tags = step_tags("L3");
        struct qa_answer in = {.contest = "no"};
        show(t, "Corrections", qa_corrections(&t->world, anna, a, &t->e));
        int64_t id = world_number(world_json(t, a), "corrections.0.correction");
        show(t, "Lease", queue_take_correction(&t->world, anna, id, a, &t->e));
        if (i == 0)
            in = (struct qa_answer){.code = "L3", .tags = tags.tags, .tag_count = tags.count};
        show(t, "Correction", qa_answer_correction(&t->world, anna, NULL, id, &in, a, &t->e));
        show(t, "Corrections", qa_corrections(&t->world, lee, a, &t->e));
        if (i > 0)
            show(t, "Correction",
                 qa_close_correction(&t->world, lee, NULL, id, i == 1 ? QA_UPHELD : QA_DROPPED, a,
                                     &t->e));
    }
    show(t, "Lots", qa_lots(&t->world, lee, a, &t->e));
}

/* Every item as each kind of reader is shown it. */
static void items(struct world_test *t)
{
    const struct caller *readers[] = {world_person(t, "cora", PEOPLE_LEAD),
                                      world_person(t, "qadi", PEOPLE_QUALITY),
                                      world_person(t, "odo", PEOPLE_AUDITOR)};
    struct buf *a = &t->answer;
    char digits[24];

    if (audit_advance(t->world.store, t->world.keys, t->world.data_dir, NULL, &t->e) != ASSAY_OK)
        exit(1);
    for (size_t i = 0; i < sizeof readers / sizeof readers[0]; i++) {
        for (int at = 0; at < 12; at++) {
            int64_t id = world_int(t, "SELECT id FROM item ORDER BY id LIMIT 1 OFFSET %d", at);
            (void)snprintf(digits, sizeof digits, "%lld", (long long)id);
            show(t, "ItemsFound", items_search(&t->world, readers[i], digits, a, &t->e));
            show(t, "Item", items_record(&t->world, readers[i], id, a, &t->e));
        }
    }
    int64_t id = world_int(t, "SELECT min(id) FROM item");
    show(t, "Names", items_names(&t->world, readers[0], id, a, &t->e));
}

static void site(struct world_test *t)
{
    struct buf *a = &t->answer;

    show(t, "SettingList", settings_list(&t->world, a, &t->e));
    show(t, "SchemeList", schemes_list(&t->world, a, &t->e));
    show(t, "SchemeVersion", schemes_version(&t->world, "training-landscapes", 1, a, &t->e));
    show(t, "SchemeChecked", schemes_check(&t->world, "{", a, &t->e));
}

int main(void)
{
    struct world_test *t = world_new();
    const struct caller *anna = world_person(t, "anna", PEOPLE_ASSESSOR);
    struct caller *lee = world_person(t, "lee", PEOPLE_LEAD);
    struct buf *a = &t->answer;

    world_tasks(t, 12, WORLD_WITH_PICTURES, NULL);
    grade(t, anna, lee);
    quality(t, anna, lee);
    show(t, "Stats", flow_stats(&t->world, a, &t->e));
    show(t, "Batches", intake_batches(&t->world, lee, 0, a, &t->e));
    show(t, "Intake", intake_monitor(&t->world, lee, a, &t->e));
    lee->roles = (1u << PEOPLE_ROLE_COUNT) - 1; /* everything that may wait for anybody */
    show(t, "Waiting", flow_waiting(&t->world, lee, a, &t->e));
    lee->roles = PEOPLE_LEAD;
    show(t, "Guidance",
         flow_guidance_set(&t->world, lee, "training-landscapes", "L1", "look for the sea", a,
                           &t->e));
    show(t, "Guidance",
         flow_guidance_set(&t->world, lee, "training-landscapes", "light:day", "no sun", a, &t->e));
    show(t, "SchemeView", flow_scheme_view(&t->world, "training-landscapes", a, &t->e));
    site(t);
    items(t);
    world_free(t);
    return 0;
}
