/* The pool against a decoder that does harm: each deed is contained, and the next file is right. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"
#include "canary/hashing.h"
#include "decode/pool.h"

#define CANARY_CPU_S 1
#define SLEEP_WALL_S 3 /* of the deeds that wait; the others may find the machine busy */

static struct decode_env *env, *hasty, *unlocked;
static struct decode_worker *worker, *hasty_worker;

static int start(void **state)
{
    struct decode_limits limits = decode_limits_default;
    struct err e = {0};

    (void)state;
    limits.cpu_s = CANARY_CPU_S;
    limits.memory_bytes = 512u << 20;
    if (decode_env_new_in(ASSAY_TEST_CANARY, &limits, &env, &e) == ASSAY_OK &&
        decode_worker_new(env, ASSAY_DIGEST_KINDS, &worker, &e) == ASSAY_OK) {
        limits.wall_s = SLEEP_WALL_S;
        if (decode_env_new_in(ASSAY_TEST_CANARY, &limits, &hasty, &e) != ASSAY_OK ||
            decode_worker_new(hasty, ASSAY_DIGEST_KINDS, &hasty_worker, &e) != ASSAY_OK)
            goto out;
        limits.wall_s = decode_limits_default.wall_s;
        limits.side_max = CANARY_SIDE_UNLOCKED;
        if (decode_env_new_in(ASSAY_TEST_CANARY, &limits, &unlocked, &e) == ASSAY_OK)
            return 0;
    }
out:
    print_error("%s\n", e.text);
    return -1;
}

static int stop(void **state)
{
    (void)state;
    decode_worker_free(worker);
    decode_worker_free(hasty_worker);
    decode_env_free(hasty);
    decode_env_free(env);
    decode_env_free(unlocked);
    return 0;
}

static void skip_without_sandbox(void)
{
    if (strstr(decode_env_layers(env), "off") != NULL) {
        print_message("skipped: a sanitizer build has no sandbox\n");
        skip();
    }
}

static struct decode_hashed attempt(struct decode_worker *w, const char *deed)
{
    const int fd = memfd_create("test", MFD_CLOEXEC);
    struct decode_hashed h = {0};
    struct err e = {0};

    assert_true(fd >= 0);
    assert_int_equal(fs_write_all(fd, "\xff\xd8\xff", 3, NULL), ASSAY_OK);
    assert_int_equal(fs_write_all(fd, deed, strlen(deed), NULL), ASSAY_OK);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    assert_int_equal(decode_worker_hash(w, fd, DECODE_HASH_PDQ, &h, &e), ASSAY_OK);
    (void)close(fd);
    return h;
}

/* Its process is then a used one. */
static void the_next_file_is_right(struct decode_worker *w)
{
    const struct decode_hashed h = attempt(w, "nothing");

    if (h.picture != ASSAY_OK)
        print_error("%s\n", h.why.text);
    assert_int_equal(h.picture, ASSAY_OK);
    assert_int_equal(h.flags, 0);
    assert_int_equal(h.digests.size, 10);
}

static const struct deed {
    const char *name;
    enum assay_err rc; /* EFORMAT: refused and alive; EDAMAGED: died or lied; ELIMIT: stopped */
    const char *says;
} deeds[] = {
    {"nothing", ASSAY_OK, ""},
    {"write", ASSAY_EDAMAGED, "signal 11"},
    {"unlock", ASSAY_EFORMAT, ""},
    {"abort", ASSAY_EDAMAGED, "signal 6"},
    {"silence", ASSAY_EDAMAGED, "status 0"},
    {"loop", ASSAY_ELIMIT, "processor time"},
    {"sleep", ASSAY_ELIMIT, "longer than 3 s"},
    {"hold", ASSAY_ELIMIT, "longer than 3 s"},
    {"hang-up", ASSAY_EDAMAGED, "stopped speaking"},
    {"noise", ASSAY_OK, ""},
    {"garbage", ASSAY_EDAMAGED, "no answer of this protocol"},
    {"half", ASSAY_EDAMAGED, "status 0"},
    {"lie", ASSAY_EDAMAGED, "impossible sides"},
    {"other-type", ASSAY_EDAMAGED, "another type"},
    {"poison", ASSAY_OK, ""},
};

static void every_deed_is_contained_and_the_next_file_is_right(void **state)
{
    (void)state;
    skip_without_sandbox();
    for (size_t i = 0; i < sizeof deeds / sizeof deeds[0]; i++) {
        struct decode_worker *w = strstr(deeds[i].says, "longer") != NULL ? hasty_worker : worker;
        struct decode_hashed h;

        the_next_file_is_right(w);
        h = attempt(w, deeds[i].name);
        if (h.picture != deeds[i].rc || strstr(h.why.text, deeds[i].says) == NULL)
            print_error("%s: %s (%s)\n", deeds[i].name, assay_err_name(h.picture), h.why.text);
        assert_int_equal(h.picture, deeds[i].rc);
        assert_non_null(strstr(h.why.text, deeds[i].says));
        the_next_file_is_right(w);
    }
}

/* One that is a reply too many is no answer to the file after it. */
static void an_answer_kept_in_store_is_not_taken(void **state)
{
    struct decode_worker *w;
    struct decode_hashed h;

    (void)state;
    assert_int_equal(decode_worker_new(env, ASSAY_DIGEST_KINDS, &w, NULL), ASSAY_OK);
    h = attempt(w, "twice");
    assert_int_equal(h.picture, ASSAY_OK);
    assert_int_equal(h.flags, DECODE_TRAILING_DATA);
    /* The second has the number of this file and is sound, but it was there before the request. */
    the_next_file_is_right(w);
    decode_worker_free(w);
}

static void a_process_that_is_not_locked_in_is_refused(void **state)
{
    struct decode_worker *w;
    struct decode_hashed h;

    (void)state;
    assert_int_equal(decode_worker_new(unlocked, ASSAY_DIGEST_KINDS, &w, NULL), ASSAY_OK);
    h = attempt(w, "nothing");
    assert_int_equal(h.picture, ASSAY_EDAMAGED);
    assert_non_null(strstr(h.why.text, "not the one that was tried"));
    decode_worker_free(w);
}

/* Each file has its own share: many that use half of one do not add up. */
static void processor_time_is_counted_for_each_file(void **state)
{
    struct decode_worker *w;

    (void)state;
    skip_without_sandbox();
    assert_int_equal(decode_worker_new(env, ASSAY_DIGEST_KINDS, &w, NULL), ASSAY_OK);
    for (unsigned i = 1; i <= 4; i++) {
        const struct decode_hashed h = attempt(w, "busy");

        assert_int_equal(h.picture, ASSAY_OK);
        assert_int_equal(h.width, i); /* all in one process */
    }
    decode_worker_free(w);
}

static void *idle(void *arg)
{
    struct decode_worker *w = NULL;

    assert_int_equal(decode_worker_new(env, ASSAY_DIGEST_KINDS, &w, NULL), ASSAY_OK);
    the_next_file_is_right(w);
    atomic_store((atomic_bool *)arg, true);
    clock_sleep_ms(60000);
    return arg;
}

/* What the thread held stays open, which does not matter to a test. */
static void an_idle_process_dies_with_its_thread(void **state)
{
    pthread_t thread;
    siginfo_t info = {0};
    atomic_bool decoded = false;

    (void)state;
    skip_without_sandbox();
    decode_worker_free(worker);
    worker = NULL;
    assert_int_equal(pthread_create(&thread, NULL, idle, &decoded), 0);
    while (!atomic_load(&decoded))
        clock_sleep_ms(10);
    assert_int_equal(waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT), 0);
    assert_int_equal(info.si_pid, 0);
    assert_int_equal(pthread_cancel(thread), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    for (int i = 0; i < 1200 && info.si_pid == 0; i++) {
        clock_sleep_ms(50);
        assert_int_equal(waitid(P_ALL, 0, &info, WEXITED | WNOHANG), 0);
    }
    assert_int_equal(info.si_code, CLD_KILLED);
    assert_int_equal(info.si_status, SIGKILL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_deed_is_contained_and_the_next_file_is_right),
        cmocka_unit_test(an_answer_kept_in_store_is_not_taken),
        cmocka_unit_test(a_process_that_is_not_locked_in_is_refused),
        cmocka_unit_test(processor_time_is_counted_for_each_file),
        cmocka_unit_test(an_idle_process_dies_with_its_thread),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
