/* A process that dies, or meets a full disk, at any point while it writes and signs leaves a record
 * that the next call continues: nothing acknowledged is lost and everything verifies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/rand.h"
#include "record_fixture.h"

#define ROUNDS    24
#define DIED      9
#define ENTRY_MAX 70 /* acknowledged entries of a round, at most */

/* Calls until the process ends; negative: never. */
static long calls_left = -1;

static void maybe_die(void)
{
    if (calls_left >= 0 && calls_left-- == 0)
        _exit(DIED);
}

/* These stand before the C library's own. */
int fsync(int fd)
{
    maybe_die();
    return (int)syscall(SYS_fsync, fd);
}

int fdatasync(int fd)
{
    maybe_die();
    return (int)syscall(SYS_fdatasync, fd);
}

int rename(const char *from, const char *to)
{
    maybe_die();
    int rc = (int)syscall(SYS_rename, from, to);
    maybe_die();
    return rc;
}

/* Good writes until the disk is full; negative: it never is. The database writes by pwrite. */
static long writes_left = -1;

ssize_t write(int fd, const void *bytes, size_t size)
{
    if (writes_left == 0) {
        errno = ENOSPC;
        return -1;
    }
    if (writes_left > 0)
        writes_left--;
    return (ssize_t)syscall(SYS_write, fd, bytes, size);
}

static uint32_t pick(uint32_t below)
{
    uint32_t v;

    rand_bytes(&v, sizeof v);
    return v % below;
}

/* Writes, tells on the pipe what is acknowledged, signs, over and over, until it dies. */
static void live_and_die(struct record_fixture *f, int acks)
{
    record_open(f);
    calls_left = (long)pick(60);
    for (;;) {
        size_t n = 1 + pick(ENTRY_MAX);
        f->count = 0; /* the child's own list of events */
        record_write(f, n);
        if (write(acks, &n, sizeof n) != (ssize_t)sizeof n)
            _exit(1);
        record_advance(f);
    }
}

static void a_death_at_any_point_is_continued(void **state)
{
    struct record_fixture *f = *state;
    uint64_t acknowledged = 0, last_head = 0;

    for (int round = 0; round < ROUNDS; round++) {
        int ends[2], status;
        size_t n;

        record_close(f);
        assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0)
            live_and_die(f, ends[1]);
        (void)close(ends[1]);
        while (read(ends[0], &n, sizeof n) == (ssize_t)sizeof n)
            acknowledged += n;
        (void)close(ends[0]);
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), DIED);

        record_open(f);
        record_verify(f);                                        /* as it was left */
        record_sql(f, "UPDATE record_lease SET expires_ms = 0"); /* rather than wait for its end */
        record_advance(f);
        record_verify(f);
        assert_true(f->report.entries >= acknowledged);
        assert_int_equal(f->report.sequenced, f->report.entries);
        assert_int_equal(f->report.head.size, f->report.entries);
        assert_true(f->report.head.size >= last_head);
        last_head = f->report.head.size;
        acknowledged = f->report.entries; /* what was not acknowledged may be there too */
    }
}

static void a_killed_holders_lease_is_waited_for(void **state)
{
    struct record_fixture *f = *state;
    int status;

    record_write(f, 3);
    record_close(f);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        record_open(f);
        calls_left = 8;
        record_advance(f);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(WEXITSTATUS(status), DIED);
    record_open(f);
    record_advance(f);
    record_verify(f);
    assert_int_equal(f->report.head.size, 3);
}

static void a_full_disk_stops_signing_until_there_is_room(void **state)
{
    struct record_fixture *f = *state;
    enum assay_err rc = ASSAY_EFULL;

    for (long n = 0; rc != ASSAY_OK; n++) {
        record_write(f, 150);
        writes_left = n;
        rc = audit_advance(db_store(f->db), f->keys, db_folder(f->db), NULL, &f->e);
        writes_left = -1;
        if (rc != ASSAY_OK)
            assert_int_equal(rc, ASSAY_EFULL);
        record_verify(f);
        record_advance(f);
        record_verify(f);
        assert_int_equal(f->report.head.size, f->count);
        assert_true(n < 20); /* it ends where all writes of a call go well */
    }
}

#define THREADS         4
#define ROUNDS_A_THREAD 10

static enum assay_err write_one(struct tx *tx, void *ctx, struct err *e)
{
    struct audit_entry entry = {.action = AUDIT_SIGN_IN, .actor = {.role = "system"}};

    (void)ctx;
    return audit_write(tx, &entry, NULL, e);
}

static void *write_and_sign(void *ctx)
{
    struct record_fixture *f = ctx;
    struct err e;

    for (int i = 0; i < ROUNDS_A_THREAD; i++)
        if (store_write(db_store(f->db), write_one, NULL, &e) != ASSAY_OK ||
            audit_advance(db_store(f->db), f->keys, db_folder(f->db), NULL, &e) != ASSAY_OK) {
            (void)fprintf(stderr, "%s\n", e.text);
            return f;
        }
    return NULL;
}

static void many_who_sign_at_once_wait_for_one_another(void **state)
{
    struct record_fixture *f = *state;
    pthread_t threads[THREADS];
    void *failed;

    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, write_and_sign, f), 0);
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], &failed), 0);
        assert_null(failed);
    }
    record_verify(f);
    assert_int_equal(f->report.head.size, THREADS * ROUNDS_A_THREAD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_death_at_any_point_is_continued, record_setup,
                                        record_teardown),
        cmocka_unit_test_setup_teardown(a_full_disk_stops_signing_until_there_is_room, record_setup,
                                        record_teardown),
        cmocka_unit_test_setup_teardown(many_who_sign_at_once_wait_for_one_another, record_setup,
                                        record_teardown),
        cmocka_unit_test_setup_teardown(a_killed_holders_lease_is_waited_for, record_setup,
                                        record_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
