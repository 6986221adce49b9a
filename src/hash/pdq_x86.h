/* What the x86 kernels share: vectors of eight floats. TARGET is said before. */
#ifndef HASH_PDQ_X86_H
#define HASH_PDQ_X86_H

#define LANES 8

typedef __m256 vec;

TARGET static inline vec load(const float *p)
{
    return _mm256_load_ps(p);
}

TARGET static inline void store(float *p, vec v)
{
    _mm256_store_ps(p, v);
}

TARGET static inline vec spread(float f)
{
    return _mm256_set1_ps(f);
}

TARGET static inline vec gather(const uint8_t *first, size_t apart)
{
    __m128i low = _mm_loadu_si128((const __m128i *)(const void *)first);
    __m128i high = _mm_loadu_si128((const __m128i *)(const void *)(first + apart));

    return _mm256_castsi256_ps(_mm256_inserti128_si256(_mm256_castsi128_si256(low), high, 1));
}

TARGET static inline void turn(vec v[4])
{
    vec a = _mm256_unpacklo_ps(v[0], v[1]), b = _mm256_unpackhi_ps(v[0], v[1]);
    vec c = _mm256_unpacklo_ps(v[2], v[3]), d = _mm256_unpackhi_ps(v[2], v[3]);

    v[0] = _mm256_shuffle_ps(a, c, 0x44);
    v[1] = _mm256_shuffle_ps(a, c, 0xee);
    v[2] = _mm256_shuffle_ps(b, d, 0x44);
    v[3] = _mm256_shuffle_ps(b, d, 0xee);
}

/*
 * The quotient by multiplication with 1 / under in two floats. Only the last operation's rounding
 * tells: for whole divisors up to 512 the quotient is the rounded one, of every float that a filter
 * can hold (doc/hashing.md says how that is known).
 */
TARGET static inline vec divide(vec v, vec under, vec high, vec low)
{
    (void)under;
    return _mm256_fmadd_ps(v, high, v * low);
}

#endif
