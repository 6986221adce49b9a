/* The protocol of the hashing decoders: the bytes written down, and each lie found. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

#include "base/str.h"
#include "decode/hash_wire.h"

/* The examples of doc/decoder.md, section 9. */
static const struct hash_request request_example = {
    .number = 3,
    .size = 1234567,
    .wants = DECODE_HASH_PDQ | DECODE_HASH_TURNED | DECODE_HASH_STABLE | DECODE_HASH_FRAMES |
             DECODE_HASH_THUMBNAIL | DECODE_HASH_UNBORDERED};
static const char request_hex[] = "41534851020002000300000000000000"
                                  "87d6120000000000ed000000";

static struct decode_frame places[DECODE_HASH_FRAMES_MAX];

static struct hash_reply reply_example(void)
{
    static struct decode_frame listed[2];

    struct hash_reply r = {.kind = HASH_PICTURE, .answer = WIRE_GOOD, .number = 3};

    r.picture = (struct hash_picture){.type = DECODE_TYPE_PNG,
                                      .width = 4000,
                                      .height = 3000,
                                      .frames = 9,
                                      .flags = DECODE_EXIF_TURNED | DECODE_ANIMATED |
                                               DECODE_THUMBNAIL_DIFFERS,
                                      .orientation = 6,
                                      .reduced = 1,
                                      .has_pdq = true,
                                      .has_pdq_oriented = true,
                                      .pdq = {.quality = 100},
                                      .pdq_oriented = {.quality = 99},
                                      .has_turned = true,
                                      .has_stable_bits = true,
                                      .stable_bits = 250,
                                      .has_duration = true,
                                      .duration_ms = 900};
    r.picture.chances = (struct decode_chances){.has_thumbnail = true,
                                                .has_unbordered = true,
                                                .thumbnail = {.quality = 97},
                                                .unbordered = {.quality = 96},
                                                .kept = {0, 250, 4000, 2500},
                                                .frame_count = 2,
                                                .frames = listed};
    listed[0] = (struct decode_frame){.index = 3, .pdq = {.quality = 95}};
    listed[1] = (struct decode_frame){.index = 8, .pdq = {.quality = 94}};
    memset(r.picture.chances.thumbnail.bytes, 0x88, ASSAY_PDQ_BYTES);
    memset(r.picture.chances.unbordered.bytes, 0x99, ASSAY_PDQ_BYTES);
    memset(r.picture.chances.frames[0].pdq.bytes, 0xaa, ASSAY_PDQ_BYTES);
    memset(r.picture.chances.frames[1].pdq.bytes, 0xbb, ASSAY_PDQ_BYTES);
    for (unsigned i = 0; i < ASSAY_PDQ_BYTES; i++) {
        r.picture.pdq.bytes[i] = (uint8_t)(i % 2 == 0 ? 0x0f : 0xf0);
        r.picture.pdq_oriented.bytes[i] = (uint8_t)i;
    }
    for (unsigned turn = 0; turn < ASSAY_PDQ_TURNS; turn++) {
        r.picture.turned[turn].quality = 98;
        memset(r.picture.turned[turn].bytes, (int)(0x11 * turn), ASSAY_PDQ_BYTES);
    }
    return r;
}

static const char reply_hex[] = "41534852020002000100000000000000"
                                "00000000000000000300000000000000"
                                "03000000a00f0000b80b000009000000"
                                "320000000600000001000000fb000000"
                                "64000000630000000ff00ff00ff00ff0"
                                "0ff00ff00ff00ff00ff00ff00ff00ff0"
                                "0ff00ff00ff00ff00001020304050607"
                                "08090a0b0c0d0e0f1011121314151617"
                                "18191a1b1c1d1e1f01000000fa000000"
                                "62000000020000008403000000000000";

/* Behind them 32 bytes 00, 32 bytes 11 ... and 32 bytes 99, then the box and two qualities, and
 * behind the 512 bytes two frames. */
#define HASHES_AT  160u
#define HASHES_END 480u
static const char tail_hex[] = "00000000fa000000a00f0000c4090000"
                               "61000000600000000000000000000000"
                               "030000005f000000"
                               "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                               "080000005e000000"
                               "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

static void assert_begins(const unsigned char *bytes, size_t size, const char *hex)
{
    char got[2 * HASH_REPLY_MAX + 1];

    str_hex(bytes, size, got);
    assert_memory_equal(got, hex, strlen(hex));
    assert_int_equal(strspn(got + strlen(hex), "0"), 2 * size - strlen(hex));
}

static void both_have_the_bytes_of_the_document(void **state)
{
    unsigned char request[HASH_REQUEST_BYTES], bytes[HASH_REPLY_MAX];
    const struct hash_reply reply = reply_example();
    struct hash_request request_back;
    struct hash_reply back;

    (void)state;
    hash_request_put(&request_example, request);
    assert_begins(request, sizeof request, request_hex);
    assert_int_equal(hash_request_get(request, &request_back), ASSAY_OK);
    assert_int_equal(request_back.number, 3);
    assert_int_equal(request_back.size, 1234567);
    assert_int_equal(request_back.wants, request_example.wants);
    assert_int_equal(hash_reply_put(&reply, bytes), HASH_REPLY_BYTES + 2 * HASH_FRAME_BYTES);
    assert_int_equal(hash_reply_size(bytes), HASH_REPLY_BYTES + 2 * HASH_FRAME_BYTES);
    assert_begins(bytes, HASHES_AT, reply_hex);
    for (size_t i = HASHES_AT; i < HASHES_END; i++)
        assert_int_equal(bytes[i], 0x11 * ((i - HASHES_AT) / 32));
    assert_begins(bytes + HASHES_END, hash_reply_size(bytes) - HASHES_END, tail_hex);
    assert_int_equal(hash_reply_get(bytes, HASH_PICTURE, places, &back, NULL), ASSAY_OK);
    assert_int_equal(back.number, 3);
    assert_memory_equal(&back.picture.pdq_oriented, &reply.picture.pdq_oriented,
                        sizeof back.picture.pdq_oriented);
    assert_memory_equal(&back.picture.chances.kept, &reply.picture.chances.kept,
                        sizeof back.picture.chances.kept);
    assert_int_equal(back.picture.chances.frames[1].index, 8);
    assert_int_equal(back.picture.duration_ms, 900);
    assert_int_equal(hash_picture_check(&back.picture, DECODE_TYPE_PNG, &decode_limits_default,
                                        request_example.wants, NULL),
                     ASSAY_OK);
}

static void a_request_of_another_kind_is_refused(void **state)
{
    static const size_t changed[] = {0, 4, 6, 8, 25, 27, 28, 63};
    unsigned char request[HASH_REQUEST_BYTES];
    struct hash_request back;

    (void)state;
    for (size_t i = 0; i < sizeof changed / sizeof changed[0]; i++) {
        hash_request_put(&request_example, request);
        /* The number becomes 0, the others something that is not spoken. */
        request[changed[i]] ^= (unsigned char)(changed[i] == 8 ? 3 : 0x80);
        assert_int_equal(hash_request_get(request, &back), ASSAY_EFORMAT);
    }
    hash_request_put(&(struct hash_request){.number = 1, .wants = DECODE_HASH_PDQ}, request);
    assert_int_equal(hash_request_get(request, &back), ASSAY_EFORMAT); /* no bytes */
}

/* A place of the reply, a value that cannot stand there, and what is said of it. */
static const struct lie {
    size_t at;
    unsigned char value;
    const char *says;
} lies[] = {
    {0, 'X', "no answer of this protocol"},
    {4, 3, "hash protocol version 3"},
    {6, 1, "no answer of this protocol"},
    {8, 0, "unknown answer"},
    {8, WIRE_ANSWER_COUNT, "unknown answer"},
    {8, WIRE_BROKEN, "bytes behind the end"},
    {12, 1, "broken head"}, /* layers are for the first reply alone */
    {16, 1, "broken head"},
    {20, 1, "broken head"},
    {56, 2, "pixel policy 2"},
    {61, 1, "impossible hash"},
    {60, 0xf3, "impossible hash"}, /* no turned hashes, and yet their bytes */
    {60, 0xeb, "impossible hash"}, /* no stable bits, and yet their number */
    {60, 0xfa, "impossible hash"}, /* no PDQ, and yet its bytes */
    {60, 0xdb, "impossible hash"}, /* no duration, and yet its time */
    {60, 0xbb, "impossible hash"}, /* no thumbnail, and yet its hash */
    {60, 0x7b, "impossible hash"}, /* no borders, and yet a hash without them */
    {64, 101, "impossible hash"},
    {68, 101, "impossible hash"},
    {141, 1, "impossible hash"},
    {144, 101, "impossible hash"},
    {149, 1, "impossible hash"},   /* more frames than are listed */
    {159, 128, "impossible hash"}, /* beyond what a number in JSON holds */
    {496, 101, "impossible hash"},
    {500, 101, "impossible hash"},
    {504, 1, "bytes behind the end"},
    {511, 1, "bytes behind the end"},
    {512, 0, "impossible hash"}, /* the main picture is none of its further ones */
    {516, 101, "impossible hash"},
    {552, 3, "impossible hash"}, /* twice the same frame */
};

static void each_lie_in_a_reply_is_found(void **state)
{
    const struct hash_reply reply = reply_example();
    unsigned char bytes[HASH_REPLY_MAX];
    struct hash_reply back;

    (void)state;
    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        struct err e = {0};

        (void)hash_reply_put(&reply, bytes);
        bytes[lies[i].at] = lies[i].value;
        assert_int_equal(hash_reply_get(bytes, HASH_PICTURE, places, &back, &e), ASSAY_EDAMAGED);
        if (strstr(e.text, lies[i].says) == NULL)
            fail_msg("byte %zu: %s", lies[i].at, e.text);
    }
    (void)hash_reply_put(&(struct hash_reply){.kind = HASH_HELLO, .answer = WIRE_GOOD, .layers = 7},
                         bytes);
    assert_int_equal(hash_reply_get(bytes, HASH_HELLO, places, &back, NULL), ASSAY_OK);
    assert_int_equal(back.layers, 7);
    bytes[32] = 1;
    assert_int_equal(hash_reply_get(bytes, HASH_HELLO, places, &back, NULL), ASSAY_EDAMAGED);
}

static void check_as(struct hash_picture p, enum decode_type type, uint32_t wants, const char *says)
{
    struct err e = {0};

    assert_int_equal(hash_picture_check(&p, type, &decode_limits_default, wants, &e),
                     ASSAY_EDAMAGED);
    if (strstr(e.text, says) == NULL)
        fail_msg("%s, not %s", e.text, says);
}

static void check(struct hash_picture p, const char *says)
{
    check_as(p, DECODE_TYPE_PNG, request_example.wants, says);
}

static void each_impossible_picture_is_found(void **state)
{
    const struct hash_picture right = reply_example().picture;
    struct hash_picture p;

    (void)state;
    p = right, p.type = DECODE_TYPE_GIF, check(p, "another type");
    p = right, p.width = 0, check(p, "impossible sides");
    p = right, p.height = 65501, check(p, "impossible sides");
    p = right, p.width = p.height = 13000, check(p, "impossible sides");
    p = right, p.orientation = 9, check(p, "impossible turn");
    p = right, p.frames = 0, check(p, "impossible turn or frames");
    p = right, p.flags &= ~(uint32_t)DECODE_ANIMATED, check(p, "impossible flags");
    p = right, p.flags |= DECODE_SECOND_PICTURE, check(p, "impossible flags");
    p = right, p.flags = 0, check(p, "impossible flags");
    p = right, p.has_pdq = false, check(p, "impossible hashes");
    p = right, p.has_pdq_oriented = false, check(p, "impossible hashes");
    p = right, p.oriented_too_large = true, check(p, "impossible hashes");
    p = right, p.has_turned = false, check(p, "impossible hashes");
    p = right, p.has_stable_bits = false, check(p, "impossible hashes");
    p = right, p.reduced = 3, check(p, "reduced beyond");
    p = right, p.reduced = 0, check(p, "reduced beyond");
}

static void each_impossible_second_chance_is_found(void **state)
{
    const struct hash_picture right = reply_example().picture;
    const char *const says = "impossible second hashes";
    struct hash_picture p;

    (void)state;
    p = right, p.chances.has_thumbnail = false, check(p, says);
    p = right, p.flags &= ~(uint32_t)DECODE_THUMBNAIL_DIFFERS, check(p, says);
    p = right, p.chances.kept.left = 1, check(p, says);
    p = right, p.chances.kept.top = 501, check(p, says);
    p = right, p.chances.kept.top = UINT32_MAX, check(p, says);
    p = right, p.chances.kept.width = 4, check(p, says);
    p = right, p.chances.kept.height = 0, check(p, says);
    p = right, p.chances.kept = (struct assay_pdq_box){0, 0, 4000, 3000}, check(p, says);
    p = right, p.chances.frames[1].index = 9, check(p, says);
}

static void what_was_not_asked_for_is_not_taken(void **state)
{
    const struct hash_picture right = reply_example().picture;
    const uint32_t wants = request_example.wants;
    const enum decode_type png = DECODE_TYPE_PNG, jpeg = DECODE_TYPE_JPEG;
    struct hash_picture p = right;

    (void)state;
    check_as(right, png, wants & ~(uint32_t)DECODE_HASH_TURNED, "impossible hashes");
    check_as(right, png, wants & ~(uint32_t)DECODE_HASH_STABLE, "impossible hashes");
    check_as(right, png, wants & ~(uint32_t)DECODE_HASH_FRAMES, "impossible second hashes");
    check_as(right, png, wants & ~(uint32_t)DECODE_HASH_UNBORDERED, "impossible second hashes");
    check_as(right, png, wants & ~(uint32_t)DECODE_HASH_THUMBNAIL, "impossible flags");
    p.flags |= DECODE_FRAMES_UNSEEN;
    assert_int_equal(hash_picture_check(&p, png, &decode_limits_default, wants, NULL), ASSAY_OK);
    p = right, p.type = jpeg, p.reduced = 4;
    check_as(p, jpeg, wants, "reduced beyond");
    assert_int_equal(
        hash_picture_check(&p, jpeg, &decode_limits_default, wants | DECODE_HASH_FAST, NULL),
        ASSAY_OK);
    p.reduced = 8, check_as(p, jpeg, wants | DECODE_HASH_FAST, "reduced beyond"); /* 375 pixels */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_have_the_bytes_of_the_document),
        cmocka_unit_test(a_request_of_another_kind_is_refused),
        cmocka_unit_test(each_lie_in_a_reply_is_found),
        cmocka_unit_test(each_impossible_picture_is_found),
        cmocka_unit_test(each_impossible_second_chance_is_found),
        cmocka_unit_test(what_was_not_asked_for_is_not_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
