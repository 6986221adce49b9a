/* Nothing acknowledged is lost when the disk is full or fails, or the writer is killed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sqlite3.h>

#include "base/clock.h"
#include "base/mem.h"
#include "db.h"
#include "faulty_vfs.h"
#include "store_fixture.h"

#define WRITES       10
#define LARGE_BYTES  600000 /* ten of them fill more of the log than a checkpoint waits for */
#define SMALL_BYTES  20000
#define KILLS        20
#define KILL_THREADS 4
#define IDS_A_ROUND  1000000

static enum assay_err put_bytes(struct store *s, int64_t id, size_t size, struct err *e)
{
    unsigned char *bytes = mem_zalloc(size);
    struct thing t = {.id = id, .bytes = bytes, .size = size};
    enum assay_err rc = store_write(s, thing_put, &t, e);

    mem_free(bytes);
    return rc;
}

static struct db *faulty_db(void)
{
    struct store_options options = fixture_options;

    faulty_register();
    options.vfs = FAULTY_VFS;
    return db_new_with(&options);
}

static enum assay_err look_for(struct tx *tx, void *ctx, struct err *e)
{
    struct sql *q = sql(tx, "SELECT id FROM thing WHERE id = $1");

    sql_int(q, *(int64_t *)ctx);
    enum assay_err rc = sql_one(q, e);
    sql_done(q);
    return rc;
}

static void assert_there(struct store *s, int64_t id)
{
    assert_int_equal(store_read(s, look_for, &id, NULL), ASSAY_OK);
}

/* One run with the n-th such call failing; true when the run was over before it. */
static bool survive_failing(enum faulty_call call, int n, int code, enum faulty_repeat repeat,
                            size_t size)
{
    struct db *db = faulty_db();
    bool acked[WRITES + 1] = {false}, failed = false;
    struct err e = {0};

    faulty_arm(call, n, code, repeat);
    for (int64_t id = 1; id <= WRITES; id++) {
        enum assay_err rc = put_bytes(db_store(db), id, size, &e);
        assert_true(rc == ASSAY_OK || rc == ASSAY_EIO);
        assert_false(failed && rc == ASSAY_OK); /* after one failure nothing is believed */
        acked[id] = rc == ASSAY_OK;
        failed = rc != ASSAY_OK;
    }
    /* One more, so that the checkpoint behind the last answer is over; its error counts too. */
    (void)!put_bytes(db_store(db), WRITES + 1, 1, &e);
    bool over = faulty_disarm() == 0;
    if (!over)
        assert_int_equal(put_bytes(db_store(db), WRITES + 2, 1, &e), ASSAY_EIO);
    db_close(db);
    db_open(db);
    for (int64_t id = 1; id <= WRITES; id++)
        if (acked[id])
            assert_there(db_store(db), id);
    assert_int_equal(store_check(db_store(db), NULL), ASSAY_OK);
    put_ok(db_store(db), WRITES + 3);
    db_free(db);
    return over;
}

static void after_the_nth_fsync_fails_nothing_more_is_acknowledged(void **state)
{
    int n = 1;

    (void)state;
    if (db_engine() != STORE_SQLITE)
        return;
    while (!survive_failing(FAULTY_SYNC, n, SQLITE_IOERR_FSYNC, FAULTY_FOREVER, LARGE_BYTES))
        n++;
    print_message("# %d fsyncs were failed for ever\n", n - 1);
    assert_true(n > WRITES);
    for (int i = 1; i < n; i++)
        (void)survive_failing(FAULTY_SYNC, i, SQLITE_IOERR_FSYNC, FAULTY_ONCE, LARGE_BYTES);
}

static void after_the_nth_write_fails_nothing_more_is_acknowledged(void **state)
{
    int n = 1;

    (void)state;
    if (db_engine() != STORE_SQLITE)
        return;
    while (!survive_failing(FAULTY_WRITE, n, SQLITE_IOERR_WRITE, FAULTY_ONCE, SMALL_BYTES))
        n += 5;
    print_message("# of %d writes every fifth was failed\n", n - 1);
    assert_true(n > WRITES);
}

/* Full for a moment at the n-th write: that function fails, those after it go on. */
static bool survive_full(int n)
{
    struct db *db = faulty_db();
    bool acked[WRITES + 1] = {false};
    struct err e = {0};
    int refused = 0;

    faulty_arm(FAULTY_WRITE, n, SQLITE_FULL, FAULTY_ONCE);
    for (int64_t id = 1; id <= WRITES; id++) {
        enum assay_err rc = put_bytes(db_store(db), id, SMALL_BYTES, &e);
        assert_true(rc == ASSAY_OK || rc == ASSAY_EFULL);
        acked[id] = rc == ASSAY_OK;
        refused += rc != ASSAY_OK;
    }
    bool over = faulty_disarm() == 0;
    assert_true(refused <= 1);
    assert_int_equal(count_of(db_store(db)), WRITES - refused);
    db_close(db);
    db_open(db);
    for (int64_t id = 1; id <= WRITES; id++)
        if (acked[id])
            assert_there(db_store(db), id);
    assert_int_equal(store_check(db_store(db), NULL), ASSAY_OK);
    db_free(db);
    return over;
}

static void a_disk_full_for_a_moment_refuses_one_write(void **state)
{
    int n = 1;

    (void)state;
    if (db_engine() != STORE_SQLITE)
        return;
    while (!survive_full(n))
        n += 5;
    assert_true(n > WRITES);
}

static void fill(const char *path, size_t size)
{
    char *bytes = mem_zalloc(size);
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, size), size);
    assert_int_equal(close(fd), 0);
    mem_free(bytes);
}

/* Write until the file system is full; the last id acknowledged. */
static int64_t write_until_full(struct store *s)
{
    struct err e = {0};
    enum assay_err rc;
    int64_t id = 0;

    while ((rc = put_bytes(s, id + 1, SMALL_BYTES, &e)) == ASSAY_OK)
        id++;
    assert_int_equal(rc, ASSAY_EFULL);
    assert_string_equal(e.text,
                        "the disk is full; nothing was written, try again when there is room");
    return id;
}

static void on_a_full_disk_reads_go_on_and_writes_when_there_is_room(void **state)
{
    struct db *db;
    char other[512];

    (void)state;
    if (db_engine() != STORE_SQLITE)
        return;
    db = db_new_closed(&fixture_options);
    if (mount("assay-test", db_folder(db), "tmpfs", 0, "size=3m") != 0) {
        print_message("# skipped: no file system can be mounted here (%s)\n", strerror(errno));
        db_free(db);
        skip();
    }
    (void)snprintf(other, sizeof other, "%s/other", db_folder(db));
    fill(other, 1 << 20);
    db_open(db);
    int64_t acked = write_until_full(db_store(db));
    assert_true(acked > 10);
    for (int i = 0; i < 3; i++)
        assert_int_equal(put_bytes(db_store(db), acked + 1, SMALL_BYTES, NULL), ASSAY_EFULL);
    assert_int_equal(count_of(db_store(db)), acked);
    assert_int_equal(unlink(other), 0);
    assert_int_equal(put_bytes(db_store(db), acked + 1, SMALL_BYTES, NULL), ASSAY_OK);
    assert_int_equal(count_of(db_store(db)), acked + 1);
    assert_int_equal(store_check(db_store(db), NULL), ASSAY_OK);
    db_close(db);
    db_open(db);
    assert_int_equal(count_of(db_store(db)), acked + 1);
    db_close(db);
    assert_int_equal(umount(db_folder(db)), 0);
    db_free(db);
}

static void another_program_s_lock_is_waited_for_then_told(void **state)
{
    struct store_options options = fixture_options;
    struct db *db;
    sqlite3 *other = NULL;
    char path[512];
    struct err e = {0};
    struct thing t = {.id = 1};

    (void)state;
    if (db_engine() != STORE_SQLITE)
        return;
    options.busy_ms = 300;
    db = db_new_with(&options);
    (void)snprintf(path, sizeof path, "%s/assay.db", db_folder(db));
    assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    int64_t began_ms = clock_mono_ms();
    assert_int_equal(store_write(db_store(db), thing_put, &t, &e), ASSAY_EBUSY);
    assert_in_range(clock_mono_ms() - began_ms, 200, 60000);
    assert_int_equal(count_of(db_store(db)), 0);
    assert_int_equal(sqlite3_exec(other, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(other), SQLITE_OK);
    put_ok(db_store(db), 1);
    db_free(db);
}

/* ---- kill -9 ---- */

struct killed {
    struct store *store;
    int64_t first;
    int fd; /* acknowledged ids go here, 8 bytes at once */
};

static void *write_for_ever(void *arg)
{
    const struct killed *k = arg;

    for (int64_t id = k->first;; id++) {
        struct thing t = {.id = id};
        if (store_write(k->store, thing_put, &t, NULL) != ASSAY_OK ||
            write(k->fd, &id, sizeof id) != sizeof id)
            _exit(1);
    }
}

static void child_main(struct db *db, int64_t first, int fd)
{
    struct killed k[KILL_THREADS];
    pthread_t threads[KILL_THREADS];

    db_open(db);
    for (int i = 0; i < KILL_THREADS; i++) {
        k[i] = (struct killed){db_store(db), first + i * (IDS_A_ROUND / KILL_THREADS), fd};
        if (pthread_create(&threads[i], NULL, write_for_ever, &k[i]) != 0)
            _exit(1);
    }
    (void)pthread_join(threads[0], NULL);
    _exit(1);
}

/* Start a writer, take some of its acknowledgements, kill it, take the rest. */
static size_t one_kill(struct db *db, int round, int64_t *acks, size_t count, size_t max)
{
    int ends[2], status;
    size_t least = count + 1 + (size_t)(round * 7);

    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        child_main(db, (int64_t)round * IDS_A_ROUND + 1, ends[1]);
    assert_int_equal(close(ends[1]), 0);
    for (bool alive = true; count < max; count++) {
        if (alive && count >= least) {
            clock_sleep_ms(round % 4);
            assert_int_equal(kill(child, SIGKILL), 0);
            alive = false;
        }
        if (read(ends[0], &acks[count], sizeof acks[0]) != sizeof acks[0])
            break;
    }
    assert_true(count < max);
    assert_true(count >= least);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(close(ends[0]), 0);
    return count;
}

static void of_a_killed_writer_nothing_acknowledged_is_lost(void **state)
{
    enum { ACKS_MAX = 200000 };
    struct db *db = db_new_closed(&fixture_options);
    int64_t *acks = mem_array(ACKS_MAX, sizeof *acks);
    size_t count = 0;

    (void)state;
    for (int round = 0; round < KILLS; round++) {
        count = one_kill(db, round, acks, count, ACKS_MAX);
        db_open(db);
        assert_int_equal(store_check(db_store(db), NULL), ASSAY_OK);
        db_close(db);
    }
    db_open(db);
    for (size_t i = 0; i < count; i++)
        assert_there(db_store(db), acks[i]);
    print_message("# %d kills, %zu acknowledged, none lost\n", KILLS, count);
    db_free(db);
    mem_free(acks);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(after_the_nth_fsync_fails_nothing_more_is_acknowledged),
        cmocka_unit_test(after_the_nth_write_fails_nothing_more_is_acknowledged),
        cmocka_unit_test(a_disk_full_for_a_moment_refuses_one_write),
        cmocka_unit_test(on_a_full_disk_reads_go_on_and_writes_when_there_is_room),
        cmocka_unit_test(another_program_s_lock_is_waited_for_then_told),
        cmocka_unit_test(of_a_killed_writer_nothing_acknowledged_is_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
