/* A training workspace for tests of the flow: people of every role, tasks that wait, no decoder. */
#ifndef TEST_WORLD_H
#define TEST_WORLD_H

#include <stdint.h>

#include "base/json.h"
#include "db.h"
#include "flow/flow.h"

/*
 * On the engine that ASSAY_TEST_DB names, in a folder of its own, with the scheme
 * training-landscapes and one batch. Every failure of the setting-up ends the program with a
 * sentence.
 *
 *     struct world_test *t = world_new();
 *     struct caller *anna = world_person(t, "anna", PEOPLE_ASSESSOR);
 *     world_tasks(t, 10, WORLD_WITH_PICTURES, ids);
 *     ... queue_take(&t->world, anna, ...)
 *     world_free(t);
 */
struct world_test {
    struct world world;
    struct db *db;
    struct arena *arena;
    int64_t batch_id;
    char config[256]; /* the site key's folder */
    char key_file[300];
    struct buf answer; /* for the answer of a call; made anew by each */
    struct err e;
};

struct world_test *world_new(void);
void world_free(struct world_test *t);
/* The same as cmocka wants them: *state is the world. */
int world_setup(void **state);
int world_teardown(void **state);
/* Close and open the workspace, as another process does after a kill. */
void world_close(struct world_test *t);
void world_open(struct world_test *t);

/* A person with a session and an authorisation in force; lives as long as t. */
struct caller *world_person(struct world_test *t, const char *name, uint32_t roles);
/* Another session of the same person. */
struct caller *world_session(struct world_test *t, const struct caller *c);
/* Another batch under the same scheme. */
int64_t world_batch(struct world_test *t, const char *name);

/* Items with their tasks, in state waiting; with pictures each has all sealed renditions whose
 * bytes are "TASK-ID/rendition". Their paths are lake/TASK-ID.jpg. ids (may be NULL) holds count.
 */
enum world_pictures { WORLD_WITH_PICTURES, WORLD_WITHOUT_PICTURES };
void world_tasks(struct world_test *t, size_t count, enum world_pictures pictures, int64_t *ids);

/* A statement past the program, and a question that one number answers. */
void world_sql(struct world_test *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
int64_t world_int(struct world_test *t, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Whether the engine refuses the statement. */
bool world_refuses(struct world_test *t, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* A blob of up to 32 bytes as a literal in the engine's SQL, into out. Returns out. */
const char *world_blob(const void *bytes, size_t size, char *out, size_t out_size);

/* The lease ran out long ago. */
void world_expire(struct world_test *t, const uint8_t token[16]);

/* The last answer as a tree, which lives as long as t; and one text of a tree by a path such as
 * "leases.0.lease". NULL: not there or null. */
const struct json *world_json(struct world_test *t, struct buf *answer);
const struct json *world_at(const struct json *root, const char *path);
const char *world_text(const struct json *root, const char *path);
int64_t world_number(const struct json *root, const char *path);
/* Hex of a lease in an answer as the token that calls take. */
void world_token(const struct json *root, const char *path, uint8_t token[16]);

#endif
