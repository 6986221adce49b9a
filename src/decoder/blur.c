/* A Gaussian blur as three box averages along rows and three along columns. */
#include "decoder/blur.h"

#include <assert.h>
#include <math.h>

#include "base/mem.h"

#define PASSES 3

/*
 * Three averages over 2 r + 1 samples have the variance r (r + 1); sigma squared lies between two
 * such values, so the passes take the smaller and the larger radius (Wells, 1986). Sums of
 * 65,536ths of a level keep the rounding of three passes out of sight.
 */
static void radii(double sigma, uint32_t *r)
{
    const double variance = sigma * sigma / PASSES * 3; /* r (r + 1) = 3 sigma^2 / PASSES */
    uint32_t small = (uint32_t)((sqrt(1 + 4 * variance) - 1) / 2);
    const double low = (double)small * (small + 1), high = (double)(small + 1) * (small + 2);
    const double larger = PASSES * (variance - low) / (high - low);

    for (uint32_t i = 0; i < PASSES; i++)
        r[i] = small + (i < (uint32_t)(larger + 0.5) ? 1 : 0);
}

/* One average over a line of n samples; the first and the last sample stand for what is outside. */
static void box(const uint32_t *in, uint32_t *out, uint32_t n, uint32_t r)
{
    const uint64_t width = 2 * (uint64_t)r + 1;
    uint64_t sum = (uint64_t)in[0] * (r + 1);

    for (uint32_t i = 1; i <= r; i++)
        sum += in[i < n ? i : n - 1];
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t enters = i + r + 1 < n ? i + r + 1 : n - 1;
        const uint32_t leaves = i > r ? i - r : 0;

        out[i] = (uint32_t)((sum + width / 2) / width);
        sum = sum + in[enters] - in[leaves];
    }
}

static void line(uint8_t *p, uint32_t n, uint32_t step, const uint32_t *r, uint32_t *a, uint32_t *b)
{
    for (uint32_t i = 0; i < n; i++)
        a[i] = (uint32_t)p[(size_t)i * step] << 16;
    box(a, b, n, r[0]);
    box(b, a, n, r[1]);
    box(a, b, n, r[2]);
    for (uint32_t i = 0; i < n; i++)
        p[(size_t)i * step] = (uint8_t)((b[i] + 32768u) >> 16);
}

enum assay_err blur_grey(uint8_t *grey, struct wire_size size, double sigma)
{
    const uint32_t longest = size.width > size.height ? size.width : size.height;
    uint32_t r[PASSES];
    uint32_t *a = mem_try((size_t)longest * sizeof *a), *b = mem_try((size_t)longest * sizeof *b);
    enum assay_err rc = a == NULL || b == NULL ? ASSAY_ENOMEM : ASSAY_OK;

    assert(sigma > 0);
    if (rc == ASSAY_OK) {
        radii(sigma, r);
        for (uint32_t y = 0; y < size.height; y++)
            line(grey + (size_t)y * size.width, size.width, 1, r, a, b);
        for (uint32_t x = 0; x < size.width; x++)
            line(grey + x, size.height, size.width, r, a, b);
    }
    mem_free(a);
    mem_free(b);
    return rc;
}
