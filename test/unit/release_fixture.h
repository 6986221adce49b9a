/* A small workspace made by hand, with decisions that could go out; for the tests of releases. */
#ifndef TEST_RELEASE_FIXTURE_H
#define TEST_RELEASE_FIXTURE_H

#include <stddef.h>
#include <stdint.h>

#include "db.h"
#include "flow/export/release.h"
#include "folder.h"

/* A decision to put in: the fields left zero are those of a row that goes out. */
struct graded {
    const char *code;        /* NULL: "L1" */
    const char *state;       /* of its task; NULL: "passed" */
    const char *vote;        /* a source's code; NULL: none */
    const char *reading;     /* a quality reader's code; NULL: none */
    const char *pdq_reason;  /* NULL: trusted */
    bool no_pdq, correction; /* correction: an open one in its lot */
    bool own_lot;            /* not in the lot of the others, which has passed */
    const char *lot_state;   /* of its own lot; NULL: "passed" */
};

struct release_fixture {
    struct db *db;
    struct world w;
    char config[FOLDER_PATH_SIZE], key_file[FOLDER_PATH_SIZE + 16];
    char out[FOLDER_PATH_SIZE]; /* for packages */
    bool training;
    struct caller asks, approves;
    int64_t grader, reader, batch, lot, session;
    int64_t count; /* decisions put in */
    struct buf answer;
    char scheme[41];
    struct err e;
};

int release_setup(void **state);      /* a training workspace */
int release_setup_live(void **state); /* a live one with a made-up live scheme */
int release_teardown(void **state);

void release_open(struct release_fixture *f);
void release_shut(struct release_fixture *f); /* so that a child can be forked */

/* Put n decisions in; items are numbered from 0 over all calls. Returns the last one's task. */
int64_t release_grade(struct release_fixture *f, const struct graded *g, size_t n);
/* Grade a task anew, as a fixed correction does. */
void release_supersede(struct release_fixture *f, int64_t task_id, const char *code);

/* Ask, which must go well; the content's hash into it. Returns its id. */
int64_t release_ask(struct release_fixture *f, int64_t min_readings, uint8_t content[32]);
void release_let_go(struct release_fixture *f, int64_t id, const uint8_t content[32]);
/* Both. */
int64_t release_approved(struct release_fixture *f, int64_t min_readings);
/* Write it into f->out; the folder's path, for the caller to free. */
char *release_to_folder(struct release_fixture *f, int64_t id);

/* The member of the last answer, borrowed from a static buffer. */
const char *release_answer_text(struct release_fixture *f, const char *key);

#endif
