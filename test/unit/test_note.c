/* audit/note: the published notes and keys verify, any change to them does not, and texts that
 * could be read in two ways are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdint.h>
#include <string.h>

#include "audit/heads.h"
#include "audit/note.h"
#include "base/mem.h"

#define DASH "\xe2\x80\x94 "

/* The example of the signed-note standard. */
static const char example_key[] =
    "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
static const char example_note[] = "This is an example message.\n\n" DASH "example.com/foo "
                                   "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsY"
                                   "jOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";

/* A checkpoint that a witness has cosigned. */
static const char witness_key[] =
    "mirror.example.org+3fb148ef+BAAjjch9GyYz0sJsJx7ALhbdAtz2ov0unbzSl1vMp94O";
static const char cosigned[] =
    "rome2026h1.example.org\n300\ngw31yQrqZZCcEOPrzX+bpy3nJ6QgngTKn8G1m0i62uU=\n\n" DASH
    "mirror.example.org P7FI7wAAAABpVGeAjA1S4pJm6MbcXjX7UUImu4azZtrfcVW2uyr/"
    "LXIYlwEJzXC0N0EiZkbqfLdXt/4gVEEuGmxJjAfXKMCISpsJAg==\n";

static struct note_key key_of(const char *text)
{
    struct note_key key;

    assert_int_equal(note_key_parse(text, &key, NULL), ASSAY_OK);
    return key;
}

/* Parses and verifies; the first failure of the two. */
static enum assay_err try_note(const char *bytes, size_t size, const struct note_key *key,
                               uint64_t *time_s)
{
    struct note note;
    enum assay_err rc = note_parse(bytes, size, &note, NULL);

    return rc != ASSAY_OK ? rc : note_verify(&note, key, time_s, NULL);
}

static void the_published_note_verifies(void **state)
{
    struct note_key key = key_of(example_key);
    struct note note;
    struct buf b;

    (void)state;
    assert_string_equal(key.name, "example.com/foo");
    assert_int_equal(key.id, 0x530d903a);
    assert_int_equal(note_parse(example_note, sizeof example_note - 1, &note, NULL), ASSAY_OK);
    assert_int_equal(note.count, 1);
    assert_int_equal(note.text_size, strlen("This is an example message.\n"));
    assert_int_equal(note_verify(&note, &key, NULL, NULL), ASSAY_OK);
    buf_init(&b, 256);
    note_key_text(&key, &b);
    assert_string_equal(buf_cstr(&b), example_key);
    buf_clear(&b);
}

static void the_published_cosignature_verifies_with_its_time(void **state)
{
    struct note_key key = key_of(witness_key);
    struct checkpoint c;
    struct note note;
    uint64_t time_s;

    (void)state;
    assert_int_equal(note_parse(cosigned, sizeof cosigned - 1, &note, NULL), ASSAY_OK);
    assert_int_equal(note_verify(&note, &key, &time_s, NULL), ASSAY_OK);
    assert_int_equal(time_s, 0x69546780);
    assert_int_equal(checkpoint_parse(note.text, note.text_size, &c, NULL), ASSAY_OK);
    assert_string_equal(c.origin, "rome2026h1.example.org");
    assert_int_equal(c.head.size, 300);
    assert_int_equal(c.head.root.bytes[0], 0x83);
}

static void every_flipped_bit_of_a_note_is_refused(void **state)
{
    static const struct {
        const char *key, *note;
    } rows[] = {{example_key, example_note}, {witness_key, cosigned}};

    (void)state;
    for (size_t r = 0; r < 2; r++) {
        struct note_key key = key_of(rows[r].key);
        size_t size = strlen(rows[r].note);
        for (size_t bit = 0; bit < 8 * size; bit++) {
            char *bytes = mem_dup(rows[r].note, size);
            bytes[bit / 8] = (char)(bytes[bit / 8] ^ 1 << bit % 8);
            assert_int_not_equal(try_note(bytes, size, &key, NULL), ASSAY_OK);
            mem_free(bytes);
        }
    }
}

static void keys_with_another_id_or_form_are_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "example.com/foo",
        "example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/fop+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo+530d903+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo+530d903a+?",
        "example.com/foo+530d903a+",
    };
    struct note_key key;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(note_key_parse(bad[i], &key, NULL), ASSAY_EFORMAT);
    assert_int_equal(note_key_parse("a+00000000+Bg==", &key, NULL), ASSAY_EUNSUPPORTED);
}

static void broken_notes_are_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "text\n",
        "text\n\n",
        "text\n\n" DASH "name AAAAAAA=",
        "text\n\n" DASH "name AAAAAAA=\nmore\n",
        "text\n\n- name AAAAAAA=\n",
        "text\n\n" DASH "na+me AAAAAAA=\n",
        "text\n\n" DASH "na\xe2\x80\x83me AAAAAAA=\n",
        "text\n\n" DASH "name AAAA\n",
        "text\n\n" DASH "name AAAAAAA\n",
        "te\txt\n\n" DASH "name AAAAAAA=\n",
        "te\xfft\n\n" DASH "name AAAAAAA=\n",
        "\n" DASH "name AAAAAAA=\n",
    };
    struct note note;
    struct buf b;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(note_parse(bad[i], strlen(bad[i]), &note, NULL), ASSAY_EFORMAT);
    buf_init(&b, NOTE_SIZE_MAX);
    buf_add_str(&b, "text\n\nmore text\n\n");
    for (int i = 0; i < NOTE_SIGNATURES_MAX; i++)
        buf_add_str(&b, DASH "name AAAAAAA=\n");
    assert_int_equal(note_parse((const char *)b.data, b.size, &note, NULL), ASSAY_OK);
    assert_int_equal(note.count, NOTE_SIGNATURES_MAX);
    assert_int_equal(note.text_size, strlen("text\n\nmore text\n"));
    buf_add_str(&b, DASH "name AAAAAAA=\n");
    assert_int_equal(note_parse((const char *)b.data, b.size, &note, NULL), ASSAY_ELIMIT);
    buf_clear(&b);
}

static void a_note_of_other_keys_is_not_found_to_be_signed(void **state)
{
    struct note_key key = key_of(example_key), other;

    (void)state;
    note_key_init(&other, "example.com/bar", NOTE_ED25519, key.public_key);
    assert_int_equal(try_note(example_note, sizeof example_note - 1, &other, NULL),
                     ASSAY_ENOTFOUND);
    note_key_init(&other, "example.com/foo", NOTE_COSIGNATURE, key.public_key);
    assert_int_equal(try_note(example_note, sizeof example_note - 1, &other, NULL),
                     ASSAY_ENOTFOUND);
}

#define ROOT "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="

static void checkpoints_go_both_ways_and_have_one_form(void **state)
{
    static const char *const bad[] = {
        "",
        "log\n",
        "log\n0\n",
        "\n0\n" ROOT "\n",
        "log\n00\n" ROOT "\n",
        "log\n+1\n" ROOT "\n",
        "log\n-1\n" ROOT "\n",
        "log\n9223372036854775808\n" ROOT "\n",
        "log\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuA==\n",
        "log\n1\n" ROOT "\n\n",
        ("log\n1\n" ROOT), /* no end of line */
    };
    const char *good = "log\n9223372036854775807\n" ROOT "\n";
    struct checkpoint c;
    struct buf b;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(checkpoint_parse(bad[i], strlen(bad[i]), &c, NULL), ASSAY_EFORMAT);
    assert_int_equal(
        checkpoint_parse("l\0g\n1\n" ROOT "\n", strlen("lxg\n1\n" ROOT "\n"), &c, NULL),
        ASSAY_EFORMAT);
    assert_int_equal(
        checkpoint_parse("log\n1\0\n" ROOT "\n", strlen("log\n1x\n" ROOT "\n"), &c, NULL),
        ASSAY_EFORMAT);
    assert_int_equal(checkpoint_parse(good, strlen(good), &c, NULL), ASSAY_OK);
    buf_init(&b, 256);
    checkpoint_text(&c, &b);
    assert_string_equal(buf_cstr(&b), good);
    buf_clear(&b);
    good = "log\n1\n" ROOT "\nextension\n";
    assert_int_equal(checkpoint_parse(good, strlen(good), &c, NULL), ASSAY_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_published_note_verifies),
        cmocka_unit_test(the_published_cosignature_verifies_with_its_time),
        cmocka_unit_test(every_flipped_bit_of_a_note_is_refused),
        cmocka_unit_test(keys_with_another_id_or_form_are_refused),
        cmocka_unit_test(broken_notes_are_refused),
        cmocka_unit_test(a_note_of_other_keys_is_not_found_to_be_signed),
        cmocka_unit_test(checkpoints_go_both_ways_and_have_one_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
