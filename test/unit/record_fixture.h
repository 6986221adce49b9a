/* A workspace with a store, keys and a record, and ways to tamper with it past the program. */
#ifndef TEST_RECORD_FIXTURE_H
#define TEST_RECORD_FIXTURE_H

#include <stddef.h>
#include <stdint.h>

#include "audit/audit.h"
#include "db.h"
#include "folder.h"

#define RECORD_EVENTS_MAX 2000

struct record_fixture {
    struct db *db;
    struct keys *keys;
    char config[FOLDER_PATH_SIZE]; /* where the site key and the head outside lie */
    char key_file[FOLDER_PATH_SIZE + 16];
    struct audit_event_id events[RECORD_EVENTS_MAX]; /* of those written, in order */
    size_t count;
    struct audit_report report; /* of the last verify */
    struct err e;
};

int record_setup(void **state);
int record_teardown(void **state);

void record_open(struct record_fixture *f);  /* store and keys, after record_close */
void record_close(struct record_fixture *f); /* so that a child can be forked */

/* Write n entries, some with objects, data and texts, each in a transaction with others. */
void record_write(struct record_fixture *f, size_t n);
void record_advance(struct record_fixture *f); /* must go well */
void record_verify(struct record_fixture *f);  /* must go well */

/* Verifying must fail with EDAMAGED, its text naming the entry of that index and its event. */
void record_names(struct record_fixture *f, size_t index);
/* The same with a text that holds this. */
void record_says(struct record_fixture *f, const char *text);

/* Statements as the database's owner: triggers and foreign keys do not hold. */
void record_sql(struct record_fixture *f, const char *statements);
/* A blob literal for them, of up to 32 bytes; static, of the last four calls. */
const char *record_blob(const void *bytes, size_t size);

/* Path of a file under DATA/audit; static. */
const char *record_path(const struct record_fixture *f, const char *name);
void record_read(const char *path, struct buf *b);
void record_flip(const char *path, size_t offset); /* one bit of the byte there */

#endif
