/* libassay's small parts: the text form of PDQ, the version, the names of the codes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "assay/assay.h"

static const char counting[] = "000102030405060708090a0b0c0d0e0f101112131415161718191a1bfcfdfeff";

static struct assay_pdq counted(void)
{
    struct assay_pdq hash = {.quality = 77};

    for (size_t i = 0; i < ASSAY_PDQ_BYTES; i++)
        hash.bytes[i] = (uint8_t)(i < 28 ? i : 224 + i);
    return hash;
}

static void a_hash_is_written_as_64_digits_and_read_back(void **state)
{
    struct assay_pdq hash = counted(), back = {.quality = 77};
    char hex[ASSAY_PDQ_HEX_SIZE];

    (void)state;
    assert_int_equal(strlen(counting), ASSAY_PDQ_HEX_LENGTH);
    memset(hex, 1, sizeof hex);
    assay_pdq_to_hex(&hash, hex);
    assert_string_equal(hex, counting);
    assert_int_equal(assay_pdq_from_hex(hex, strlen(hex), &back), ASSAY_OK);
    assert_memory_equal(back.bytes, hash.bytes, sizeof hash.bytes);
    assert_int_equal(back.quality, 0);
}

static void a_field_of_a_longer_line_is_read_without_a_nul(void **state)
{
    struct assay_pdq hash = counted(), back;
    char line[ASSAY_PDQ_HEX_LENGTH + 4];

    (void)state;
    memcpy(line, counting, ASSAY_PDQ_HEX_LENGTH);
    memcpy(line + ASSAY_PDQ_HEX_LENGTH, ",100", 4);
    assert_int_equal(assay_pdq_from_hex(line, ASSAY_PDQ_HEX_LENGTH, &back), ASSAY_OK);
    assert_memory_equal(back.bytes, hash.bytes, sizeof hash.bytes);
}

static void another_length_is_out_of_range_and_another_byte_is_no_digit(void **state)
{
    struct assay_pdq out = {.quality = 77};
    char text[ASSAY_PDQ_HEX_LENGTH + 2];

    (void)state;
    for (size_t length = 0; length <= ASSAY_PDQ_HEX_LENGTH + 1; length++) {
        memset(text, '0', sizeof text);
        if (length != ASSAY_PDQ_HEX_LENGTH)
            assert_int_equal(assay_pdq_from_hex(text, length, &out), ASSAY_ERANGE);
    }
    assert_int_equal(assay_pdq_from_hex(NULL, 0, &out), ASSAY_ERANGE);
    for (int c = 0; c < 256; c++) {
        memset(text, '0', sizeof text);
        text[c % ASSAY_PDQ_HEX_LENGTH] = (char)c;
        struct assay_pdq read = {0};
        enum assay_err rc = assay_pdq_from_hex(text, ASSAY_PDQ_HEX_LENGTH, &read);
        if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))
            assert_int_equal(rc, ASSAY_OK);
        else
            assert_int_equal(rc, ASSAY_EFORMAT);
    }
    text[ASSAY_PDQ_HEX_LENGTH - 1] = 'A';
    assert_int_equal(assay_pdq_from_hex(text, ASSAY_PDQ_HEX_LENGTH, &out), ASSAY_EFORMAT);
    assert_int_equal(out.quality, 77);
}

static void the_headers_and_the_library_are_of_one_version(void **state)
{
    char text[64];

    (void)state;
    (void)snprintf(text, sizeof text, "%d.%d.%d", ASSAY_VERSION_MAJOR, ASSAY_VERSION_MINOR,
                   ASSAY_VERSION_PATCH);
    assert_string_equal(text, ASSAY_VERSION_TEXT);
    assert_string_equal(assay_version(), ASSAY_VERSION_TEXT);
}

static void every_code_has_a_name_and_keeps_its_number(void **state)
{
    static const char *const names[] = {
        "OK",   "ENOMEM",   "ERANGE",    "EFORMAT", "EUNSUPPORTED", "ELIMIT",
        "EIO",  "EFULL",    "ENOTFOUND", "EEXISTS", "ESTATE",       "EDENIED",
        "EKEY", "EDAMAGED", "EVERSION",  "EBUSY",
    };

    (void)state;
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++)
        assert_string_equal(assay_err_name((enum assay_err)i), names[i]);
    assert_int_equal(ASSAY_EBUSY, sizeof names / sizeof names[0] - 1);
    assert_int_equal(ASSAY_EUNSUPPORTED, 4);
    assert_int_equal(ASSAY_EKEY, 12);
    assert_string_equal(assay_err_name((enum assay_err)16), "EUNKNOWN");
    assert_string_equal(assay_err_name((enum assay_err) - 1), "EUNKNOWN");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hash_is_written_as_64_digits_and_read_back),
        cmocka_unit_test(a_field_of_a_longer_line_is_read_without_a_nul),
        cmocka_unit_test(another_length_is_out_of_range_and_another_byte_is_no_digit),
        cmocka_unit_test(the_headers_and_the_library_are_of_one_version),
        cmocka_unit_test(every_code_has_a_name_and_keeps_its_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
