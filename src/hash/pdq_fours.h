/* Vectors of four floats in plain C, which compilers turn into what the processor has. */
#ifndef HASH_PDQ_FOURS_H
#define HASH_PDQ_FOURS_H

#include <string.h>

#define TARGET
#define LANES 4

typedef float vec __attribute__((vector_size(16)));

static inline vec load(const float *p)
{
    vec v;

    memcpy(&v, p, sizeof v);
    return v;
}

static inline void store(float *p, vec v)
{
    memcpy(p, &v, sizeof v);
}

static inline vec spread(float f)
{
    return (vec){f, f, f, f};
}

static inline vec gather(const uint8_t *first, size_t apart)
{
    vec v;

    (void)apart;
    memcpy(&v, first, sizeof v);
    return v;
}

static inline void turn(vec v[4])
{
    vec a = __builtin_shufflevector(v[0], v[1], 0, 4, 1, 5);
    vec b = __builtin_shufflevector(v[0], v[1], 2, 6, 3, 7);
    vec c = __builtin_shufflevector(v[2], v[3], 0, 4, 1, 5);
    vec d = __builtin_shufflevector(v[2], v[3], 2, 6, 3, 7);

    v[0] = __builtin_shufflevector(a, c, 0, 1, 4, 5);
    v[1] = __builtin_shufflevector(a, c, 2, 3, 6, 7);
    v[2] = __builtin_shufflevector(b, d, 0, 1, 4, 5);
    v[3] = __builtin_shufflevector(b, d, 2, 3, 6, 7);
}

static inline vec weighted(vec words, int byte, vec weight)
{
    typedef int32_t ints __attribute__((vector_size(16)));
    typedef uint32_t unsigneds __attribute__((vector_size(16)));
    unsigneds v = (unsigneds)words;

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    byte = 3 - byte;
#endif
    return __builtin_convertvector((ints)(v >> 8 * byte & 255), vec) * weight;
}

#endif
