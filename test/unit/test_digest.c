/* Digests: published vectors, splits that must not matter, starting anew, what OpenSSL lacks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>

#include "assay/digest.h"
#include "base/str.h"

#define MILLION 1000000

/* RFC 1321, RFC 3174 and FIPS 180-4 with its example pages. */
static const struct vector {
    const char *text; /* NULL: a million times 'a' */
    const char *md5, *sha1, *sha256;
} vectors[] = {
    {"", "d41d8cd98f00b204e9800998ecf8427e", "da39a3ee5e6b4b0d3255bfef95601890afd80709",
     "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"abc", "900150983cd24fb0d6963f7d28e17f72", "a9993e364706816aba3e25717850c26c9cd0d89d",
     "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {NULL, "7707d6ae4e027c70eea2a935c2296f21", "34aa973cd4c4daa4f61eeb2bdbad27316534016f",
     "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
};

static char *million(void)
{
    char *bytes = malloc(MILLION);

    assert_non_null(bytes);
    memset(bytes, 'a', MILLION);
    return bytes;
}

static void check(const struct assay_digests *d, const struct vector *v, uint64_t size)
{
    char hex[2 * ASSAY_SHA256_BYTES + 1];

    str_hex(d->md5, sizeof d->md5, hex);
    assert_string_equal(hex, v->md5);
    str_hex(d->sha1, sizeof d->sha1, hex);
    assert_string_equal(hex, v->sha1);
    str_hex(d->sha256, sizeof d->sha256, hex);
    assert_string_equal(hex, v->sha256);
    assert_true(d->size == size);
}

static void published_vectors_hold(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        const struct vector *v = &vectors[i];
        char *bytes = v->text != NULL ? NULL : million();
        size_t size = v->text != NULL ? strlen(v->text) : MILLION;
        struct assay_digests d;

        assert_int_equal(assay_digest(v->text != NULL ? v->text : bytes, size, &d), ASSAY_OK);
        check(&d, v, size);
        free(bytes);
    }
}

static void any_split_gives_the_digests_of_the_whole(void **state)
{
    static const size_t pieces[] = {1, 63, 64, 65, 4095, 16383, 16384, 16385, 50000};
    char *bytes = million();
    struct assay_digester *d;
    struct assay_digests out;

    (void)state;
    assert_int_equal(assay_digester_new(&d), ASSAY_OK);
    /* One digester throughout: after each finish it must begin anew. */
    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        for (size_t at = 0; at < MILLION; at += pieces[i]) {
            size_t left = MILLION - at;
            assert_int_equal(
                assay_digester_feed(d, bytes + at, left < pieces[i] ? left : pieces[i]), ASSAY_OK);
        }
        assert_int_equal(assay_digester_finish(d, &out), ASSAY_OK);
        check(&out, &vectors[2], MILLION);
    }
    assay_digester_free(d);
    free(bytes);
}

static void feeding_nothing_changes_nothing(void **state)
{
    struct assay_digester *d;
    struct assay_digests out;

    (void)state;
    assert_int_equal(assay_digester_new(&d), ASSAY_OK);
    assert_int_equal(assay_digester_feed(d, NULL, 0), ASSAY_OK);
    assert_int_equal(assay_digester_feed(d, "ab", 2), ASSAY_OK);
    assert_int_equal(assay_digester_feed(d, "", 0), ASSAY_OK);
    assert_int_equal(assay_digester_feed(d, "c", 1), ASSAY_OK);
    assert_int_equal(assay_digester_finish(d, &out), ASSAY_OK);
    check(&out, &vectors[1], 3);
    assert_int_equal(assay_digester_finish(d, &out), ASSAY_OK);
    check(&out, &vectors[0], 0);
    assay_digester_free(d);
    assay_digester_free(NULL);
}

static const uint8_t zeros[ASSAY_SHA256_BYTES];

/* The digest that was asked for, or zeros. */
static void check_kind(const uint8_t *digest, size_t size, bool wanted, const char *hex)
{
    char got[2 * ASSAY_SHA256_BYTES + 1];

    str_hex(digest, size, got);
    if (wanted)
        assert_string_equal(got, hex);
    else
        assert_memory_equal(digest, zeros, size);
}

static void what_is_not_asked_for_is_zero_and_the_rest_is_right(void **state)
{
    (void)state;
    for (unsigned kinds = 0; kinds <= ASSAY_DIGEST_KINDS; kinds++) {
        struct assay_digester *d;
        struct assay_digests out;

        assert_int_equal(assay_digester_new_of(kinds, &d), ASSAY_OK);
        for (unsigned turn = 0; turn < 2; turn++) {
            memset(&out, 0xee, sizeof out);
            assert_int_equal(assay_digester_feed(d, "abc", 3), ASSAY_OK);
            assert_int_equal(assay_digester_finish(d, &out), ASSAY_OK);
            assert_true(out.size == 3);
            check_kind(out.md5, sizeof out.md5, (kinds & ASSAY_DIGEST_MD5) != 0, vectors[1].md5);
            check_kind(out.sha1, sizeof out.sha1, (kinds & ASSAY_DIGEST_SHA1) != 0,
                       vectors[1].sha1);
            check_kind(out.sha256, sizeof out.sha256, (kinds & ASSAY_DIGEST_SHA256) != 0,
                       vectors[1].sha256);
        }
        assay_digester_free(d);
    }
}

/* SHA-256 is asked for with the process's own properties; a site that allows only a FIPS provider,
 * and has none, lacks it. */
static void a_digest_that_openssl_lacks_is_said_to_be_so(void **state)
{
    struct assay_digester *d = NULL;
    struct assay_digests out = {.size = 77};

    (void)state;
    assert_int_equal(EVP_set_default_properties(NULL, "fips=yes"), 1);
    for (unsigned pending = 0; pending < 2; pending++) {
        if (pending != 0)
            ERR_raise(ERR_LIB_USER, ERR_R_PASSED_INVALID_ARGUMENT);
        unsigned long before = ERR_peek_last_error();
        assert_int_equal(assay_digester_new(&d), ASSAY_EUNSUPPORTED);
        assert_int_equal(assay_digest("abc", 3, &out), ASSAY_EUNSUPPORTED);
        assert_null(d);
        assert_true(out.size == 77);
        /* The queue of errors is the caller's. */
        assert_int_equal(ERR_peek_last_error(), before);
        assert_int_equal(ERR_get_error(), before);
        assert_int_equal(ERR_get_error(), 0);
    }
    /* Who does not ask for it does not miss it. */
    assert_int_equal(assay_digester_new_of(ASSAY_DIGEST_SHA256, &d), ASSAY_EUNSUPPORTED);
    assert_int_equal(assay_digester_new_of(ASSAY_DIGEST_MD5 | ASSAY_DIGEST_SHA1, &d), ASSAY_OK);
    assay_digester_free(d);
    assert_int_equal(EVP_set_default_properties(NULL, ""), 1);
    assert_int_equal(assay_digest("abc", 3, &out), ASSAY_OK);
    check(&out, &vectors[1], 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_vectors_hold),
        cmocka_unit_test(any_split_gives_the_digests_of_the_whole),
        cmocka_unit_test(feeding_nothing_changes_nothing),
        cmocka_unit_test(what_is_not_asked_for_is_zero_and_the_rest_is_right),
        cmocka_unit_test(a_digest_that_openssl_lacks_is_said_to_be_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
