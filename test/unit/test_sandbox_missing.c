/* Kernels that lack a layer, played by a filter on this test: without Landlock and namespaces the
 * decoder goes on and says so, without seccomp it refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <seccomp.h>
#include <string.h>
#include <sys/prctl.h>

#include "decode/decode.h"
#include "media/files.h"

#define LANDLOCK_CREATE_RULESET 444

/* The filter stays for good and is inherited by the children; each adds to the one before. */
static void forbid(const int *calls, size_t count, int error)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);

    assert_non_null(filter);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(seccomp_rule_add(filter, SCMP_ACT_ERRNO((uint16_t)error), calls[i], 0), 0);
    assert_int_equal(seccomp_load(filter), 0);
    seccomp_release(filter);
}

/* Frees env when it skips. */
static void skip_without_sandbox(struct decode_env *env)
{
    if (strstr(decode_env_layers(env), "off") != NULL) {
        decode_env_free(env);
        print_message("skipped: a sanitizer build has no sandbox\n");
        skip();
    }
}

static void without_landlock_and_namespaces_it_goes_on_and_says_so(void **state)
{
    static const int calls[] = {LANDLOCK_CREATE_RULESET, SCMP_SYS(unshare), SCMP_SYS(chroot)};
    struct files_picture rgb;
    struct decode_picture p;
    struct decode_env *env;
    struct err e = {0};
    struct buf b;

    (void)state;
    forbid(calls, sizeof calls / sizeof calls[0], EPERM);
    assert_int_equal(decode_env_new_in(ASSAY_TEST_CHILDREN, &decode_limits_default, &env, &e),
                     ASSAY_OK);
    skip_without_sandbox(env);
    assert_string_equal(decode_env_layers(env), "seccomp rlimits nocaps");
    buf_init(&b, FILES_BYTES_MAX);
    rgb = files_landscape(8, 64, 48);
    files_png(&rgb, FILES_STRAIGHT, &b);
    assert_int_equal(decode_picture(env, b.data, b.size, &p, &e), ASSAY_OK);
    decode_picture_clear(&p);
    decode_env_free(env);
    files_picture_free(&rgb);
    buf_clear(&b);
}

static void without_seccomp_it_refuses_and_names_the_cause(void **state)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    struct decode_env *env = NULL;
    struct err e = {0};
    enum assay_err rc;

    (void)state;
    assert_int_equal(seccomp_rule_add(filter, SCMP_ACT_ERRNO(EINVAL), SCMP_SYS(prctl), 1,
                                      SCMP_A0(SCMP_CMP_EQ, PR_SET_SECCOMP, 0)),
                     0);
    assert_int_equal(seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(seccomp), 0), 0);
    assert_int_equal(seccomp_load(filter), 0);
    seccomp_release(filter);
    rc = decode_env_new_in(ASSAY_TEST_CHILDREN, &decode_limits_default, &env, &e);
    if (rc == ASSAY_OK)
        skip_without_sandbox(env);
    assert_int_equal(rc, ASSAY_EUNSUPPORTED);
    assert_non_null(strstr(e.text, "seccomp"));
    assert_null(env);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_landlock_and_namespaces_it_goes_on_and_says_so),
        cmocka_unit_test(without_seccomp_it_refuses_and_names_the_cause),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
