/* Prints PDQ's small picture, as one number, and hash of many made-up pictures, by two kernels. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "hash/pdq_kernels.h"

static void print(const struct pdq_kernels *kernels, uint32_t width, uint32_t height)
{
    struct assay_pdq_stream *s;
    struct assay_pdq hash;
    char hex[ASSAY_PDQ_HEX_SIZE];
    size_t bytes = (size_t)3 * width * height;
    uint8_t *rgb = malloc(bytes);
    uint32_t seed = width * 65537 + height;
    uint64_t sum = 1469598103934665603U; /* FNV-1a of the floats' bytes */

    if (rgb == NULL)
        exit(1);
    for (size_t i = 0; i < bytes; i++) {
        seed = seed * 1664525u + 1013904223u;
        rgb[i] = (uint8_t)(seed >> 24);
    }
    if (pdq_stream_new_with(kernels, width, height, &s) != ASSAY_OK ||
        assay_pdq_stream_rgb(s, rgb, (size_t)3 * width, height) != ASSAY_OK ||
        assay_pdq_stream_finish(s, &hash) != ASSAY_OK)
        exit(1);
    const uint8_t *small = (const uint8_t *)pdq_stream_small(s);
    for (size_t i = 0; i < sizeof(float) * PDQ_SIDE * PDQ_SIDE; i++)
        sum = (sum ^ small[i]) * 1099511628211U;
    assay_pdq_to_hex(&hash, hex);
    (void)printf("%u %u %016llx %s %u\n", width, height, (unsigned long long)sum, hex,
                 hash.quality);
    assay_pdq_stream_free(s);
    free(rgb);
}

/* The processor's own kernels, or those of the name given. */
int main(int argc, char **argv)
{
    static const uint32_t sides[] = {127, 128, 129, 255, 256, 257, 511, 513, 1025, 8191};
    const struct pdq_kernels *kernels = argc > 1 ? pdq_kernels_named(argv[1]) : pdq_kernels();

    if (kernels == NULL)
        return 1;
    (void)fprintf(stderr, "%s\n", kernels->name);
    for (uint32_t side = 5; side <= 130; side++)
        print(kernels, side, 135 - side);
    for (size_t i = 0; i < sizeof sides / sizeof sides[0]; i++) {
        print(kernels, sides[i], 37);
        print(kernels, 37, sides[i]);
    }
    print(kernels, 700, 500);
    return 0;
}
