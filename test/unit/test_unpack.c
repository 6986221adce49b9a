/* The unpacker from the parent's side: its protocol's bytes, honest archives, and every lie of a
 * child that was taken over. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "decode/decode.h"
#include "decode/unpack_wire.h"

static struct decode_env *real, *liar;

static int start(void **state)
{
    struct err e = {0};

    (void)state;
    if (decode_env_new_in(ASSAY_TEST_CHILDREN, &decode_limits_default, &real, &e) == ASSAY_OK &&
        decode_env_new_in(ASSAY_TEST_CANARY, &decode_limits_default, &liar, &e) == ASSAY_OK)
        return 0;
    print_error("%s\n", e.text);
    return -1;
}

static int stop(void **state)
{
    (void)state;
    decode_env_free(real);
    decode_env_free(liar);
    return 0;
}

/* ---- an archive in memory, and what came out of it as one text ---- */

struct memory {
    const unsigned char *bytes;
    uint64_t fails_from; /* reads behind it fail */
};

static enum assay_err read_memory(void *ctx, uint64_t offset, void *out, size_t size, struct err *e)
{
    const struct memory *m = ctx;

    if (m->fails_from != 0 && offset + size > m->fails_from)
        return err_set(e, ASSAY_EDAMAGED, "a broken chunk");
    memcpy(out, m->bytes + offset, size);
    return ASSAY_OK;
}

struct seen {
    struct buf text;
    enum assay_err refuse; /* what `end` answers */
};

static enum assay_err begin(void *ctx, const struct unpack_entry *entry, struct err *e)
{
    struct seen *s = ctx;

    (void)e;
    buf_addf(&s->text, "<%s %llu:", entry->name, (unsigned long long)entry->unpacked);
    return ASSAY_OK;
}

static enum assay_err data(void *ctx, const void *bytes, size_t size, struct err *e)
{
    struct seen *s = ctx;

    (void)e;
    buf_add(&s->text, bytes, size);
    return ASSAY_OK;
}

static enum assay_err end(void *ctx, const struct unpack_entry *entry, enum unpack_fault fault,
                          struct err *e)
{
    struct seen *s = ctx;

    buf_addf(&s->text, "%s %d>", entry->name, (int)fault);
    return s->refuse == ASSAY_OK ? ASSAY_OK : err_set(e, s->refuse, "the sink is full");
}

static enum assay_err unpack(struct decode_env *env, const struct memory *m, size_t size,
                             struct seen *seen, struct err *e)
{
    struct unpack_limits limits = unpack_limits_default;
    const struct seekable archive = {
        .ctx = mem_dup(m, sizeof *m), .size = size, .read = read_memory};
    const struct unpack_sink sink = {.ctx = seen, .begin = begin, .data = data, .end = end};

    limits.entries_max = 100;
    buf_init(&seen->text, 1 << 20);
    enum assay_err rc = unpack_zip(env, &archive, &limits, &sink, e);
    mem_free(archive.ctx);
    return rc;
}

/* The example of doc/archives.md: hill.txt stored, lake.txt deflated. */
static const char example_hex[] = "504b03041400000000000000210021ee9ad00500000005000000080000006869"
                                  "6c6c2e747874677265656e504b03041400000008000000210078080323090000"
                                  "0013000000080000006c616b652e7478744bca294d5548422100504b01021400"
                                  "1400000000000000210021ee9ad0050000000500000008000000000000000000"
                                  "000080010000000068696c6c2e747874504b0102140014000000080000002100"
                                  "78080323090000001300000008000000000000000000000080012b0000006c61"
                                  "6b652e747874504b050600000000020002006c0000005a0000000000";
#define EXAMPLE_BYTES ((sizeof example_hex - 1) / 2)

static unsigned char example[EXAMPLE_BYTES];

static struct memory make_example(void)
{
    assert_int_equal(str_unhex(example_hex, example, EXAMPLE_BYTES), ASSAY_OK);
    return (struct memory){.bytes = example};
}

static void the_example_of_the_document_unpacks(void **state)
{
    struct memory m = make_example();
    struct seen seen = {0};
    struct err e = {0};

    (void)state;
    assert_int_equal(unpack(real, &m, EXAMPLE_BYTES, &seen, &e), ASSAY_OK);
    assert_string_equal(buf_cstr(&seen.text), "<hill.txt 5:greenhill.txt 0>"
                                              "<lake.txt 19:blue blue blue bluelake.txt 0>");
    buf_clear(&seen.text);
}

static void the_protocol_has_the_bytes_of_the_document(void **state)
{
    const struct unpack_request request = {.size = 232,
                                           .limits = {.entries_max = 100000,
                                                      .ratio_max = 200,
                                                      .entry_bytes = 1ull << 32,
                                                      .total_bytes = 100ull << 30}};
    const struct unpack_head head = {UNPACK_READ, 65536, 4096};
    unsigned char bytes[UNPACK_REQUEST_BYTES];
    char hex[2 * UNPACK_REQUEST_BYTES + 1];
    struct unpack_request back;

    (void)state;
    unpack_request_put(&request, bytes);
    str_hex(bytes, sizeof bytes, hex);
    assert_string_equal(hex, "4153555101000000e800000000000000a0860100c80000000000000001000000"
                             "0000000019000000000000000000000000000000000000000000000000000000");
    assert_int_equal(unpack_request_get(bytes, &back), ASSAY_OK);
    assert_int_equal(back.limits.total_bytes, 100ull << 30);
    bytes[4] = 2;
    assert_int_equal(unpack_request_get(bytes, &back), ASSAY_EFORMAT);
    unpack_head_put(&head, bytes);
    str_hex(bytes, UNPACK_HEAD_BYTES, hex);
    assert_string_equal(hex, "01000000000001000010000000000000");
}

static void bytes_that_cannot_be_read_end_it_with_their_own_error(void **state)
{
    struct memory m = make_example();
    struct seen seen = {0};
    struct err e = {0};

    (void)state;
    m.fails_from = 1;
    assert_int_equal(unpack(real, &m, EXAMPLE_BYTES, &seen, &e), ASSAY_EDAMAGED);
    assert_string_equal(e.text, "a broken chunk");
    assert_int_equal(seen.text.size, 0);
    buf_clear(&seen.text);
}

static void a_sink_that_refuses_ends_it_with_its_own_error(void **state)
{
    struct memory m = make_example();
    struct seen seen = {.refuse = ASSAY_EFULL};
    struct err e = {0};

    (void)state;
    assert_int_equal(unpack(real, &m, EXAMPLE_BYTES, &seen, &e), ASSAY_EFULL);
    assert_string_equal(e.text, "the sink is full");
    assert_string_equal(buf_cstr(&seen.text), "<hill.txt 5:greenhill.txt 0>");
    buf_clear(&seen.text);
}

static void what_is_no_archive_is_refused(void **state)
{
    struct seen seen = {0};
    struct err e = {0};
    static const unsigned char bytes[] = "PK\x05\x06 and no more of it here";
    const struct memory m = {.bytes = bytes};

    (void)state;
    for (size_t size = 0; size < sizeof bytes; size++) {
        assert_int_equal(unpack(real, &m, size, &seen, &e), ASSAY_EFORMAT);
        assert_int_equal(seen.text.size, 0);
    }
}

static void each_lie_of_a_child_is_a_finding(void **state)
{
    static const char deeds[] = "nzubmfedirhsagxl";
    struct seen seen = {0};
    struct err e = {0};
    const struct memory honest = {.bytes = (const unsigned char *)"ok"};

    (void)state;
    for (size_t i = 0; i < sizeof deeds - 1; i++) {
        const struct memory m = {.bytes = (const unsigned char *)deeds + i};
        assert_int_equal(unpack(liar, &m, 1, &seen, &e), ASSAY_EDAMAGED);
        assert_true(str_starts(e.text, "unpacker: "));
        assert_null(strstr(buf_cstr(&seen.text), " 0>")); /* nothing of it was given as fine */
        buf_clear(&seen.text);
    }
    assert_int_equal(unpack(liar, &honest, 2, &seen, &e), ASSAY_OK);
    buf_clear(&seen.text);
}

static void names_that_lead_elsewhere_are_told(void **state)
{
    static const struct {
        const char *name;
        enum unpack_fault fault;
    } rows[] = {
        {"a.jpg", UNPACK_FINE},     {"a/b/c.jpg", UNPACK_FINE},   {"a\\b.jpg", UNPACK_FINE},
        {"..a/b..", UNPACK_FINE},   {"...", UNPACK_FINE},         {"a:b", UNPACK_ABSOLUTE},
        {"", UNPACK_NO_NAME},       {"/etc/x", UNPACK_ABSOLUTE},  {"\\\\host\\x", UNPACK_ABSOLUTE},
        {"C:\\x", UNPACK_ABSOLUTE}, {"..", UNPACK_UPWARDS},       {"../x", UNPACK_UPWARDS},
        {"a/../x", UNPACK_UPWARDS}, {"a\\..\\x", UNPACK_UPWARDS}, {"a/..", UNPACK_UPWARDS},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(unpack_name_fault(rows[i].name, strlen(rows[i].name)), rows[i].fault);
    assert_int_equal(unpack_name_fault("a\0b", 3), UNPACK_NUL);
    for (enum unpack_fault f = UNPACK_FINE; f < UNPACK_FAULTS; f++)
        assert_non_null(unpack_fault_text(f));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_example_of_the_document_unpacks),
        cmocka_unit_test(the_protocol_has_the_bytes_of_the_document),
        cmocka_unit_test(bytes_that_cannot_be_read_end_it_with_their_own_error),
        cmocka_unit_test(a_sink_that_refuses_ends_it_with_its_own_error),
        cmocka_unit_test(what_is_no_archive_is_refused),
        cmocka_unit_test(each_lie_of_a_child_is_a_finding),
        cmocka_unit_test(names_that_lead_elsewhere_are_told),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
