/* From PDQ's small picture to its bits and its quality: cosine transform, median, gradients. */
#include "hash/pdq_steps.h"

#include <assert.h>
#include <string.h>

#define SIDE     PDQ_FREQUENCIES
#define BITS     (SIDE * SIDE)
#define QUARTER  64     /* steps of a quarter turn in the table below */
#define FULL     256    /* steps of a full turn */
#define MEDIAN   128    /* the 128th smallest of 256: the lower median */
#define STABLE   0.001f /* of the mean distance from the median: nearer, a bit is not stable */
#define GRADIENT 90     /* gradient sum a point of quality stands for */

/* sqrt(2/64) * cos(k * pi / 128), k = 0 .. 64, rounded once to float. */
static const float cosines[QUARTER + 1] = {
    0x1.6a09e6p-3f, 0x1.69edfcp-3f, 0x1.699a42p-3f, 0x1.690ec6p-3f, 0x1.684b9cp-3f,
    0x1.6750e4p-3f, 0x1.661ec2p-3f, 0x1.64b568p-3f, 0x1.63150ap-3f, 0x1.613decp-3f,
    0x1.5f3056p-3f, 0x1.5cec98p-3f, 0x1.5a730cp-3f, 0x1.57c414p-3f, 0x1.54e018p-3f,
    0x1.51c78cp-3f, 0x1.4e7ae8p-3f, 0x1.4afab2p-3f, 0x1.474772p-3f, 0x1.4361bap-3f,
    0x1.3f4a24p-3f, 0x1.3b015p-3f,  0x1.3687eap-3f, 0x1.31dea2p-3f, 0x1.2d062ep-3f,
    0x1.27ff5p-3f,  0x1.22caccp-3f, 0x1.1d6972p-3f, 0x1.17dc14p-3f, 0x1.12238ep-3f,
    0x1.0c40c2p-3f, 0x1.063498p-3f, 0x1p-3f,        0x1.f347dap-4f, 0x1.e642b8p-4f,
    0x1.d8f29ap-4f, 0x1.cb598cp-4f, 0x1.bd79aap-4f, 0x1.af5516p-4f, 0x1.a0edfep-4f,
    0x1.92469cp-4f, 0x1.83613p-4f,  0x1.74400ap-4f, 0x1.64e57ap-4f, 0x1.5553e4p-4f,
    0x1.458daap-4f, 0x1.35953cp-4f, 0x1.256d12p-4f, 0x1.1517a8p-4f, 0x1.049782p-4f,
    0x1.e7de5ep-5f, 0x1.c6427ap-5f, 0x1.a4608ap-5f, 0x1.823dc8p-5f, 0x1.5fdf76p-5f,
    0x1.3d4aep-5f,  0x1.1a855ep-5f, 0x1.ef2894p-6f, 0x1.a8fa12p-6f, 0x1.628a08p-6f,
    0x1.1be352p-6f, 0x1.aa21a8p-7f, 0x1.1c3af6p-7f, 0x1.1c50e2p-8f, 0.0f};

float pdq_cosine(uint32_t i, uint32_t j)
{
    uint32_t k = (i + 1) * (2 * j + 1) % FULL;

    if (k > FULL / 2)
        k = FULL - k;
    return k > QUARTER ? -cosines[FULL / 2 - k] : cosines[k];
}

/* Each sum starts at zero and runs over k in order: 64 of them side by side, none reordered. */
void pdq_spectrum(const float small[PDQ_SIDE][PDQ_SIDE], float out[SIDE][SIDE])
{
    float half[SIDE][PDQ_SIDE] = {0}, across[PDQ_SIDE][SIDE];

    for (uint32_t i = 0; i < SIDE; i++)
        for (uint32_t k = 0; k < PDQ_SIDE; k++) {
            float d = pdq_cosine(i, k);
            across[k][i] = d;
            for (size_t j = 0; j < PDQ_SIDE; j++)
                half[i][j] += d * small[k][j];
        }
    for (size_t i = 0; i < SIDE; i++) {
        float sum[SIDE] = {0};
        for (size_t k = 0; k < PDQ_SIDE; k++)
            for (size_t j = 0; j < SIDE; j++)
                sum[j] += half[i][k] * across[k][j];
        memcpy(out[i], sum, sizeof sum);
    }
}

/* The bits of a float as a number that orders like it. */
static uint32_t key_of(float f)
{
    uint32_t bits;

    memcpy(&bits, &f, sizeof bits);
    return bits >> 31 != 0 ? ~bits : bits | UINT32_C(1) << 31;
}

/* Number `MEDIAN` from below, found bit by bit: the greatest key that fewer than MEDIAN are below.
 */
static uint32_t median_key(const uint32_t keys[BITS])
{
    uint32_t found = 0;

    for (uint32_t bit = UINT32_C(1) << 31; bit != 0; bit >>= 1) {
        uint32_t tried = found | bit, below = 0;
        for (size_t i = 0; i < BITS; i++)
            below += keys[i] < tried ? 1 : 0;
        if (below < MEDIAN)
            found = tried;
    }
    return found;
}

void pdq_bits(const float spectrum[SIDE][SIDE], uint8_t bits[ASSAY_PDQ_BYTES])
{
    uint32_t keys[BITS];

    for (size_t i = 0; i < BITS; i++) {
        /* Adding zero turns a negative zero into the positive one, which it equals. */
        keys[i] = key_of(spectrum[i / SIDE][i % SIDE] + 0.0f);
    }
    uint32_t median = median_key(keys);
    memset(bits, 0, ASSAY_PDQ_BYTES);
    /* The text form begins with bit 255, so bit 0 is the lowest of the last byte. */
    for (size_t i = 0; i < BITS; i++)
        if (keys[i] > median)
            bits[ASSAY_PDQ_BYTES - 1 - i / 8] |= (uint8_t)(1u << i % 8);
}

/* The lower median itself; key_of undone. */
static float median_of(const float spectrum[SIDE][SIDE])
{
    uint32_t keys[BITS];
    float median;

    for (size_t i = 0; i < BITS; i++)
        keys[i] = key_of(spectrum[i / SIDE][i % SIDE] + 0.0f);
    uint32_t key = median_key(keys);
    uint32_t bits = key >> 31 != 0 ? key & ~(UINT32_C(1) << 31) : ~key;
    memcpy(&median, &bits, sizeof median);
    return median;
}

unsigned pdq_stable(const float spectrum[SIDE][SIDE])
{
    float median = median_of(spectrum), distance[BITS], sum = 0;
    unsigned stable = 0;

    for (size_t i = 0; i < BITS; i++) {
        float above = spectrum[i / SIDE][i % SIDE] - median;
        distance[i] = above < 0 ? -above : above;
        sum += distance[i];
    }
    for (size_t i = 0; i < BITS; i++)
        stable += distance[i] > sum / BITS * STABLE ? 1 : 0;
    return stable;
}

static uint32_t step_of(float a, float b)
{
    int32_t step = (int32_t)((a - b) * 100.0f / 255.0f);

    return (uint32_t)(step < 0 ? -step : step);
}

uint8_t pdq_quality(const float small[PDQ_SIDE][PDQ_SIDE])
{
    uint32_t sum = 0;

    for (size_t i = 0; i < PDQ_SIDE; i++)
        for (size_t j = 0; j < PDQ_SIDE; j++) {
            if (i + 1 < PDQ_SIDE)
                sum += step_of(small[i][j], small[i + 1][j]);
            if (j + 1 < PDQ_SIDE)
                sum += step_of(small[i][j], small[i][j + 1]);
        }
    return (uint8_t)(sum / GRADIENT < 100 ? sum / GRADIENT : 100);
}

unsigned assay_pdq_distance(const struct assay_pdq *a, const struct assay_pdq *b)
{
    unsigned distance = 0;

    assert(a != NULL);
    assert(b != NULL);
    for (size_t i = 0; i < ASSAY_PDQ_BYTES; i += sizeof(uint64_t)) {
        uint64_t x, y;
        memcpy(&x, a->bytes + i, sizeof x);
        memcpy(&y, b->bytes + i, sizeof y);
        distance += (unsigned)__builtin_popcountll(x ^ y);
    }
    return distance;
}
