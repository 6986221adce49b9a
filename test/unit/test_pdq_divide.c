/* PDQ's division by multiplication gives the rounded quotient, for every divisor and mantissa. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdint.h>
#include <string.h>

#include "hash/pdq_kernels.h"

#ifdef __x86_64__
#include <immintrin.h>

#define TARGET __attribute__((target("avx2,fma")))
#include "hash/pdq_x86.h"

/* Of the 2^23 floats from 1 up to 2, how many quotients are not the rounded ones. */
TARGET static unsigned wrong_quotients(float divisor)
{
    struct pdq_divisors by;
    pdq_divisor_set(&by, 0, divisor);
    vec under = spread(divisor), high = spread(by.high[0]), low = spread(by.low[0]);
    __m256i bits =
        _mm256_add_epi32(_mm256_set1_epi32(0x3f800000), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
    unsigned wrong = 0;

    for (uint32_t i = 0; i < UINT32_C(1) << 23; i += LANES) {
        vec v = _mm256_castsi256_ps(bits);
        vec same = _mm256_cmp_ps(divide(v, under, high, low), v / under, _CMP_EQ_OQ);
        wrong += _mm256_movemask_ps(same) != 0xff ? 1 : 0;
        bits = _mm256_add_epi32(bits, _mm256_set1_epi32(LANES));
    }
    return wrong;
}

/*
 * Signs and powers of two change neither way of dividing (nothing in a filter is near the least
 * float: its sums are multiples of luma's last bit, divided three times by at most 512), so odd
 * divisors and one power of two's floats stand for all.
 */
static void every_quotient_is_the_rounded_one(void **state)
{
    (void)state;
    if (pdq_kernels_named("avx2") == NULL) {
        print_message("# skipped: this processor has no AVX2\n");
        skip();
    }
    for (int divisor = 1; divisor < 512; divisor += 2)
        assert_int_equal(wrong_quotients((float)divisor), 0);
}
#else
static void every_quotient_is_the_rounded_one(void **state)
{
    (void)state;
    print_message("# skipped: no x86\n");
    skip();
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_quotient_is_the_rounded_one)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
