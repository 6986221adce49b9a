/* The sandbox against a child that tries to do harm: each deed is contained, and work goes on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/mem.h"
#include "decode/decode.h"
#include "media/files.h"

#define CANARY_CPU_S 1
#define SLEEP_WALL_S 2 /* of the deed that only waits; the others may find the machine busy */

static struct decode_env *canary, *sleeper, *real;
static struct buf good;
static struct assay_pdq good_pdq;

static int start(void **state)
{
    struct decode_limits short_time = decode_limits_default, short_wall;
    struct files_picture rgb = files_landscape(8, 320, 240);
    struct decode_picture p;
    struct err e = {0};

    (void)state;
    short_time.cpu_s = CANARY_CPU_S;
    short_time.memory_bytes = 512u << 20;
    short_wall = short_time;
    short_wall.wall_s = SLEEP_WALL_S;
    buf_init(&good, FILES_BYTES_MAX);
    files_jpeg(&rgb, 85, FILES_BASELINE, &good);
    files_picture_free(&rgb);
    if (decode_env_new_in(ASSAY_TEST_CANARY, &short_time, &canary, &e) != ASSAY_OK ||
        decode_env_new_in(ASSAY_TEST_CHILDREN, &decode_limits_default, &real, &e) != ASSAY_OK ||
        decode_env_new_in(ASSAY_TEST_CANARY, &short_wall, &sleeper, &e) != ASSAY_OK ||
        decode_picture(real, good.data, good.size, &p, &e) != ASSAY_OK) {
        print_error("%s\n", e.text);
        return -1;
    }
    good_pdq = p.pdq;
    decode_picture_clear(&p);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    decode_env_free(canary);
    decode_env_free(sleeper);
    decode_env_free(real);
    buf_clear(&good);
    return 0;
}

static void skip_without_sandbox(void)
{
    if (strstr(decode_env_layers(canary), "off") != NULL) {
        print_message("skipped: a sanitizer build has no sandbox\n");
        skip();
    }
}

static enum assay_err attempt(const char *deed, struct err *e)
{
    char file[64];
    struct decode_picture p = {0};
    int size = snprintf(file, sizeof file, "\xff\xd8\xff%s", deed);
    struct decode_env *env = strcmp(deed, "sleep") == 0 ? sleeper : canary;
    enum assay_err rc = decode_picture(env, file, (size_t)size, &p, e);

    decode_picture_clear(&p);
    return rc;
}

static void the_next_file_is_right(void)
{
    struct decode_picture p;

    assert_int_equal(decode_picture(real, good.data, good.size, &p, NULL), ASSAY_OK);
    assert_memory_equal(&p.pdq, &good_pdq, sizeof good_pdq);
    decode_picture_clear(&p);
}

static const struct deed {
    const char *name;
    enum assay_err rc; /* EFORMAT: refused and alive; EDAMAGED: died or lied; ELIMIT: stopped */
    const char *says;
} deeds[] = {
    {"nothing", ASSAY_OK, ""},
    {"open", ASSAY_EFORMAT, ""},
    {"create", ASSAY_EFORMAT, ""},
    {"socket", ASSAY_EDAMAGED, "forbidden system call"},
    {"connect", ASSAY_EDAMAGED, "forbidden system call"},
    {"fork", ASSAY_EDAMAGED, "forbidden system call"},
    {"exec", ASSAY_EDAMAGED, "forbidden system call"},
    {"ptrace", ASSAY_EDAMAGED, "forbidden system call"},
    {"kill", ASSAY_EDAMAGED, "forbidden system call"},
    {"tgkill", ASSAY_EDAMAGED, "forbidden system call"},
    {"wx", ASSAY_EDAMAGED, "forbidden system call"},
    {"exec-memory", ASSAY_EDAMAGED, "forbidden system call"},
    {"map-file", ASSAY_EDAMAGED, "forbidden system call"},
    {"loop", ASSAY_ELIMIT, "processor time"},
    {"sleep", ASSAY_ELIMIT, "longer than 2 s"},
    {"memory", ASSAY_EFORMAT, ""},
    {"memory-pieces", ASSAY_EFORMAT, ""},
    {"descriptors", ASSAY_EFORMAT, ""},
    {"noise", ASSAY_OK, ""},
    {"overrun", ASSAY_EDAMAGED, "signal"},
    {"input", ASSAY_EDAMAGED, "signal 11"},
    {"abort", ASSAY_EDAMAGED, "signal 6"},
    {"silence", ASSAY_EDAMAGED, "no answer"},
    {"status", ASSAY_EDAMAGED, "status 7"},
    {"lie", ASSAY_EDAMAGED, "impossible sides"},
};

static void every_deed_is_contained(void **state)
{
    (void)state;
    skip_without_sandbox();
    for (size_t i = 0; i < sizeof deeds / sizeof deeds[0]; i++) {
        struct err e = {0};
        enum assay_err rc = attempt(deeds[i].name, &e);

        if (rc != deeds[i].rc || strstr(e.text, deeds[i].says) == NULL)
            print_error("%s: %s (%s)\n", deeds[i].name, assay_err_name(rc), e.text);
        assert_int_equal(rc, deeds[i].rc);
        assert_non_null(strstr(e.text, deeds[i].says));
        the_next_file_is_right();
    }
}

static void renditions_that_are_none_are_refused(void **state)
{
    struct decode_encoded made[DECODE_RENDITION_COUNT] = {0};
    struct decode_picture p = {.view_width = 1, .view_height = 1};
    struct err e;

    (void)state;
    buf_init(&p.view, 3);
    buf_add(&p.view, "\1\2\3", 3);
    assert_int_equal(decode_encode(canary, &p, made, &e), ASSAY_EDAMAGED);
    assert_non_null(strstr(e.text, "no JPEG"));
    assert_null(made[DECODE_COVER].bytes.data);
    assert_int_equal(decode_encode(real, &p, made, &e), ASSAY_OK);
    decode_encoded_clear(made);
    decode_picture_clear(&p);
}

/* A hundred runs leave no descriptor and no process behind. */
static void nothing_is_left_behind(void **state)
{
    struct rlimit few = {64, 64}, before;

    (void)state;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    few.rlim_max = before.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
    for (int i = 0; i < 100; i++) {
        struct err e = {0};

        assert_int_equal(attempt(i % 2 == 0 ? "silence" : "status", &e), ASSAY_EDAMAGED);
    }
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
}

static void *wait_for_sleep(void *arg)
{
    struct err e;

    (void)attempt("sleep-long", &e);
    return arg;
}

/* A child hangs on the thread that started it; here that is cancelled as if it had crashed. What
 * it held stays open, which does not matter to a test. */
static void a_child_dies_with_its_parent(void **state)
{
    pthread_t thread;
    siginfo_t info = {0};

    (void)state;
    skip_without_sandbox();
    assert_int_equal(pthread_create(&thread, NULL, wait_for_sleep, NULL), 0);
    while (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0)
        clock_sleep_ms(50); /* until there is a child */
    clock_sleep_ms(500);    /* it locks itself in */
    assert_int_equal(waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT), 0);
    assert_int_equal(info.si_pid, 0);
    assert_int_equal(pthread_cancel(thread), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    for (int i = 0; i < 1200 && info.si_pid == 0; i++) {
        clock_sleep_ms(50);
        assert_int_equal(waitid(P_ALL, 0, &info, WEXITED | WNOHANG), 0);
    }
    assert_int_not_equal(info.si_pid, 0);
    assert_int_equal(info.si_code, CLD_KILLED);
    assert_int_equal(info.si_status, SIGKILL);
}

static void the_layers_are_named(void **state)
{
    (void)state;
    skip_without_sandbox();
    print_message("layers: %s\n", decode_env_layers(real));
    assert_memory_equal(decode_env_layers(real), "seccomp", 7);
    assert_non_null(strstr(decode_env_layers(real), "rlimits"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_deed_is_contained),
        cmocka_unit_test(renditions_that_are_none_are_refused),
        cmocka_unit_test(nothing_is_left_behind),
        cmocka_unit_test(a_child_dies_with_its_parent),
        cmocka_unit_test(the_layers_are_named),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
