/* decide-fill DATA TASKS PEOPLE: gives a training workspace tasks that wait and people with
 * sessions. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/rand.h"
#include "base/str.h"
#include "flow/intake/intake.h"
#include "store/item.h"
#include "store/task.h"

/*
 * The rows are those of imported and identified pictures, without the pictures: what is measured
 * with them is the way of a decision. For each person the session's token is printed, a line each.
 */
#define GROUP       200 /* items a transaction */
#define TASKS_MAX   1000000
#define PEOPLE_MAX  256
#define DAY_MS      (24LL * 60 * 60 * 1000)
#define SCHEME_NAME "training-landscapes"

struct filling {
    struct world world;
    int64_t batch_id, left;
};

static void must(enum assay_err rc, const struct err *e)
{
    if (rc == ASSAY_OK)
        return;
    (void)fprintf(stderr, "decide-fill: %s\n", e->text);
    exit(3);
}

static enum assay_err insert_one(struct tx *tx, const struct filling *f, struct err *e)
{
    struct item_row item = {.id = rand_id(), .size = 1000, .mime = "image/jpeg", .kind = "picture"};
    struct task_row task = {.id = rand_id(),
                            .item_id = item.id,
                            .batch_id = f->batch_id,
                            .priority = 1,
                            .due_ms = INT64_MAX,
                            .scheme = SCHEME_NAME,
                            .state = "waiting"};
    struct picture_row picture = {
        .item_id = item.id, .width = 640, .height = 480, .frames = 1, .maker = "bench"};
    struct sighting_row sighting = {.id = rand_id(),
                                    .item_id = item.id,
                                    .batch_id = f->batch_id,
                                    .text_sealed = "x",
                                    .text_size = 1};
    enum assay_err rc;

    rand_bytes(item.sha256, sizeof item.sha256);
    rand_bytes(item.sha1, sizeof item.sha1);
    rand_bytes(item.md5, sizeof item.md5);
    rand_bytes(sighting.path_mac, sizeof sighting.path_mac);
    if ((rc = item_insert(tx, &item, e)) != 0 || (rc = picture_put(tx, &picture, e)) != 0 ||
        (rc = task_insert(tx, &task, clock_now_ms(), e)) != 0)
        return rc;
    return sighting_insert(tx, &sighting, e);
}

static enum assay_err insert_group(struct tx *tx, void *ctx, struct err *e)
{
    const struct filling *f = ctx;
    enum assay_err rc = ASSAY_OK;

    for (int64_t i = 0; rc == ASSAY_OK && i < GROUP && i < f->left; i++)
        rc = insert_one(tx, f, e);
    return rc;
}

static void add_person(const struct world *w, int64_t number)
{
    struct people_new in = {.label = "Bench", .roles = PEOPLE_ASSESSOR};
    struct authorisation_new a = {.authorised_by = "bench", .purpose = "bench", .reference = ""};
    struct caller nobody = {0};
    char name[PEOPLE_NAME_SIZE], link[PEOPLE_TOKEN_SIZE], token[PEOPLE_TOKEN_SIZE];
    struct err e;
    int64_t id;

    (void)snprintf(name, sizeof name, "bench%lld", (long long)number);
    in.name = name;
    must(people_add(w->store, w->keys, people_operator(), &in, &a.staff_id, &e), &e);
    a.from_ms = clock_now_ms();
    a.to_ms = a.from_ms + DAY_MS;
    must(people_authorise(w->store, w->keys, &nobody, &a, &id, &e), &e);
    must(people_link(w->store, w->keys, a.staff_id, link, &e), &e);
    must(people_sign_in_link(w->store, w->keys, link, "bench", token, &e), &e);
    (void)puts(token);
}

int main(int argc, char **argv)
{
    struct batch_new batch = {.name = "bench",
                              .scheme = SCHEME_NAME,
                              .sender = "",
                              .contact = "",
                              .case_reference = "",
                              .authority = "",
                              .purpose = "",
                              .handling = "",
                              .priority = 1,
                              .due_ms = INT64_MAX};
    struct keys_place place = {0};
    struct filling f = {0};
    int64_t people;
    struct err e;

    if (argc != 4 || str_int64(argv[2], 1, TASKS_MAX, &f.left) != ASSAY_OK ||
        str_int64(argv[3], 1, PEOPLE_MAX, &people) != ASSAY_OK) {
        (void)fputs("usage: decide-fill DATA TASKS PEOPLE\n", stderr);
        return 2;
    }
    keys_place_from_env(&place);
    must(flow_open(argv[1], &place, NULL, FLOW_WITHOUT_DECODER, &f.world, &e), &e);
    must(intake_batch(&f.world, people_operator(), &batch, &f.batch_id, &e), &e);
    for (; f.left > 0; f.left -= GROUP)
        must(store_write(f.world.store, insert_group, &f, &e), &e);
    for (int64_t i = 0; i < people; i++)
        add_person(&f.world, i);
    flow_close(&f.world);
    return 0;
}
