/* libassay in many threads at once, from the first call on: every one gets the right answer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>

#include "assay/assay.h"

#define THREADS 8
#define ROUNDS  20
#define WIDTH   64
#define HEIGHT  63

/* What formula B of doc/hashing.md hashes to at this size (pdq_vectors.inc). */
static const char pdq_wanted[] = "95553fff9555c0006aaac02a95ffc0006aaac2aa97ffc0aa6aaac2aa97ffc2aa";
static const uint8_t sha256_wanted[] = {0xba, 0x78, 0x16, 0xbf};

static uint8_t pixels[3 * WIDTH * HEIGHT]; /* read by all threads */
static pthread_barrier_t barrier;

static uint32_t triangle(uint32_t t)
{
    uint32_t m = t & 511;

    return m < 256 ? m : 511 - m;
}

static void paint(void)
{
    for (uint32_t i = 0; i < sizeof pixels; i++) {
        uint32_t x = i / 3 % WIDTH, y = i / 3 / WIDTH, c = i % 3;
        pixels[i] = (uint8_t)((triangle(3 * x + 40 * c) + triangle(2 * y + 25 * c) +
                               triangle((x + 2 * y) / 3)) /
                              3);
    }
}

/* The two kinds of object side by side, so that threads meet in every function. */
static int one_round(void)
{
    char hex[ASSAY_PDQ_HEX_SIZE];
    struct assay_digests digests;
    struct assay_pdq whole, split, read, turned[ASSAY_PDQ_TURNS];
    struct assay_digester *d;
    struct assay_pdq_stream *s;

    if (assay_digester_new(&d) != ASSAY_OK || assay_pdq_stream_new(WIDTH, HEIGHT, &s) != ASSAY_OK)
        return 1;
    int wrong = assay_digester_feed(d, "ab", 2) != ASSAY_OK;
    for (uint32_t y = 0; y < HEIGHT; y++)
        wrong |= assay_pdq_stream_rgb(s, pixels + (size_t)3 * WIDTH * y, (size_t)3 * WIDTH, 1) !=
                 ASSAY_OK;
    wrong |= assay_digester_feed(d, "c", 1) != ASSAY_OK;
    wrong |= assay_digester_finish(d, &digests) != ASSAY_OK;
    wrong |= assay_pdq_stream_finish(s, &split) != ASSAY_OK;
    wrong |= assay_pdq_stream_finish_turned(s, turned) != ASSAY_OK;
    wrong |= assay_pdq_hash_rgb(pixels, WIDTH, HEIGHT, (size_t)3 * WIDTH, &whole) != ASSAY_OK;
    assay_digester_free(d);
    assay_pdq_stream_free(s);
    if (wrong != 0)
        return 1;
    assay_pdq_to_hex(&split, hex);
    wrong |= strcmp(hex, pdq_wanted) != 0;
    wrong |= assay_pdq_from_hex(hex, strlen(hex), &read) != ASSAY_OK;
    wrong |= assay_pdq_distance(&whole, &read) != 0;
    wrong |= assay_pdq_distance(&whole, &turned[ASSAY_PDQ_ORIG]) != 0;
    wrong |= memcmp(digests.sha256, sha256_wanted, sizeof sha256_wanted) != 0;
    return wrong;
}

/* Writes how many rounds went wrong into its argument. */
static void *rounds(void *wrong)
{
    (void)pthread_barrier_wait(&barrier);
    for (unsigned i = 0; i < ROUNDS; i++)
        *(int *)wrong += one_round();
    return NULL;
}

static void threads_do_not_meet(void **state)
{
    pthread_t threads[THREADS];
    int wrong[THREADS] = {0};

    (void)state;
    paint();
    assert_int_equal(pthread_barrier_init(&barrier, NULL, THREADS), 0);
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, rounds, &wrong[i]), 0);
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(wrong[i], 0);
    }
    assert_int_equal(pthread_barrier_destroy(&barrier), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_do_not_meet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
