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
    .wants = DECODE_HASH_PDQ | DECODE_HASH_FAST | DECODE_HASH_TURNED | DECODE_HASH_STABLE};
static const char request_hex[] = "41534851010002000300000000000000"
                                  "87d61200000000000f000000";

static struct hash_reply reply_example(void)
{
    struct hash_reply r = {.kind = HASH_PICTURE, .answer = WIRE_GOOD, .number = 3};

    r.picture = (struct hash_picture){.type = DECODE_TYPE_JPEG,
                                      .width = 4000,
                                      .height = 3000,
                                      .frames = 1,
                                      .flags = DECODE_EXIF_TURNED,
                                      .orientation = 6,
                                      .reduced = 4,
                                      .has_pdq = true,
                                      .has_pdq_oriented = true,
                                      .pdq = {.quality = 100},
                                      .pdq_oriented = {.quality = 99},
                                      .has_turned = true,
                                      .has_stable_bits = true,
                                      .stable_bits = 250};
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

static const char reply_hex[] = "41534852010002000100000000000000"
                                "00000000000000000300000000000000"
                                "02000000a00f0000b80b000001000000"
                                "2000000006000000010000001b000000"
                                "64000000630000000ff00ff00ff00ff0"
                                "0ff00ff00ff00ff00ff00ff00ff00ff0"
                                "0ff00ff00ff00ff00001020304050607"
                                "08090a0b0c0d0e0f1011121314151617"
                                "18191a1b1c1d1e1f04000000fa000000"
                                "62000000000000000000000000000000";

/* Behind them 32 bytes 00, 32 bytes 11 ... and 32 bytes 77. */
#define TURNED_AT  160u
#define TURNED_END 416u

static void assert_begins(const unsigned char *bytes, size_t size, const char *hex)
{
    char got[2 * HASH_REPLY_BYTES + 1];

    str_hex(bytes, size, got);
    assert_memory_equal(got, hex, strlen(hex));
    assert_int_equal(strspn(got + strlen(hex), "0"), 2 * size - strlen(hex));
}

static void both_have_the_bytes_of_the_document(void **state)
{
    unsigned char request[HASH_REQUEST_BYTES], bytes[HASH_REPLY_BYTES];
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
    hash_reply_put(&reply, bytes);
    assert_begins(bytes, TURNED_AT, reply_hex);
    for (size_t i = TURNED_AT; i < sizeof bytes; i++)
        assert_int_equal(bytes[i], i < TURNED_END ? 0x11 * ((i - TURNED_AT) / 32) : 0);
    assert_int_equal(hash_reply_get(bytes, HASH_PICTURE, &back, NULL), ASSAY_OK);
    assert_int_equal(back.number, 3);
    assert_memory_equal(&back.picture.pdq_oriented, &reply.picture.pdq_oriented,
                        sizeof back.picture.pdq_oriented);
    assert_int_equal(hash_picture_check(&back.picture, DECODE_TYPE_JPEG, &decode_limits_default,
                                        request_example.wants, NULL),
                     ASSAY_OK);
}

static void a_request_of_another_kind_is_refused(void **state)
{
    static const size_t places[] = {0, 4, 6, 8, 24, 27, 28, 63};
    unsigned char request[HASH_REQUEST_BYTES];
    struct hash_request back;

    (void)state;
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        hash_request_put(&request_example, request);
        /* The number becomes 0, the others something that is not spoken. */
        request[places[i]] ^= (unsigned char)(places[i] == 8 ? 3 : 0x80);
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
    {4, 2, "hash protocol version 2"},
    {6, 1, "no answer of this protocol"},
    {8, 0, "unknown answer"},
    {8, WIRE_ANSWER_COUNT, "unknown answer"},
    {8, WIRE_BROKEN, "bytes behind the end"},
    {12, 1, "broken head"}, /* layers are for the first reply alone */
    {16, 1, "broken head"},
    {20, 1, "broken head"},
    {56, 2, "pixel policy 2"},
    {60, 32, "impossible hash"},
    {60, 3 + 8, "impossible hash"},  /* no stable bits, and yet their number */
    {60, 3 + 16, "impossible hash"}, /* no turned hashes, and yet their bytes */
    {60, 2, "impossible hash"},      /* no PDQ, and yet its bytes */
    {64, 101, "impossible hash"},
    {68, 101, "impossible hash"},
    {141, 1, "impossible hash"},
    {144, 101, "impossible hash"},
    {148, 1, "impossible hash"},
    {416, 1, "bytes behind the end"},
    {511, 1, "bytes behind the end"},
};

static void each_lie_in_a_reply_is_found(void **state)
{
    const struct hash_reply reply = reply_example();
    unsigned char bytes[HASH_REPLY_BYTES];
    struct hash_reply back;

    (void)state;
    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        struct err e = {0};

        hash_reply_put(&reply, bytes);
        bytes[lies[i].at] = lies[i].value;
        assert_int_equal(hash_reply_get(bytes, HASH_PICTURE, &back, &e), ASSAY_EDAMAGED);
        if (strstr(e.text, lies[i].says) == NULL)
            fail_msg("byte %zu: %s", lies[i].at, e.text);
    }
    hash_reply_put(&(struct hash_reply){.kind = HASH_HELLO, .answer = WIRE_GOOD, .layers = 7},
                   bytes);
    assert_int_equal(hash_reply_get(bytes, HASH_HELLO, &back, NULL), ASSAY_OK);
    assert_int_equal(back.layers, 7);
    bytes[32] = 1;
    assert_int_equal(hash_reply_get(bytes, HASH_HELLO, &back, NULL), ASSAY_EDAMAGED);
}

static void check(struct hash_picture p, uint32_t wants, const char *says)
{
    struct err e = {0};

    assert_int_equal(hash_picture_check(&p, DECODE_TYPE_JPEG, &decode_limits_default, wants, &e),
                     ASSAY_EDAMAGED);
    if (strstr(e.text, says) == NULL)
        fail_msg("%s, not %s", e.text, says);
}

static void each_impossible_picture_is_found(void **state)
{
    const struct hash_picture right = reply_example().picture;
    const uint32_t wants = request_example.wants;
    struct hash_picture p;

    (void)state;
    p = right, p.type = DECODE_TYPE_PNG, check(p, wants, "another type");
    p = right, p.width = 0, check(p, wants, "impossible sides");
    p = right, p.height = 65501, check(p, wants, "impossible sides");
    p = right, p.width = p.height = 13000, check(p, wants, "impossible sides");
    p = right, p.orientation = 9, check(p, wants, "impossible turn");
    p = right, p.frames = 0, check(p, wants, "impossible turn or frames");
    p = right, p.frames = 2, check(p, wants, "impossible flags");
    p = right, p.flags |= DECODE_FRAMES_UNSEEN, check(p, wants, "impossible flags");
    p = right, p.flags = 0, check(p, wants, "impossible flags");
    p = right, p.has_pdq = false, check(p, wants, "impossible hashes");
    p = right, p.has_pdq_oriented = false, check(p, wants, "impossible hashes");
    p = right, p.oriented_too_large = true, check(p, wants, "impossible hashes");
    p = right, p.has_turned = false, check(p, wants, "impossible hashes");
    p = right, p.has_stable_bits = false, check(p, wants, "impossible hashes");
    p = right, p.reduced = 8, check(p, wants, "reduced beyond"); /* 375 pixels are too few */
    p = right, p.reduced = 3, check(p, wants, "reduced beyond");
    p = right, p.reduced = 0, check(p, wants, "reduced beyond");
    /* What was not asked for. */
    p = right, check(p, wants & ~(uint32_t)DECODE_HASH_FAST, "reduced beyond");
    p = right, check(p, wants & ~(uint32_t)DECODE_HASH_TURNED, "impossible hashes");
    p = right, check(p, wants & ~(uint32_t)DECODE_HASH_STABLE, "impossible hashes");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_have_the_bytes_of_the_document),
        cmocka_unit_test(a_request_of_another_kind_is_refused),
        cmocka_unit_test(each_lie_in_a_reply_is_found),
        cmocka_unit_test(each_impossible_picture_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
