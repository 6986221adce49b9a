/* Fuzzes the border finder: what it leaves lies inside of the picture, and what it took off was
 * plain. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "assay/pdq.h"
#include "fuzz.h"

#define HEAD_BYTES 5
#define AREA_MAX   (1 << 16) /* pixels; keeps an input to some milliseconds under sanitizers */

/* Asked again of what is left, it may take off bars within those bars; of a whole picture nothing.
 */
static void check(const uint8_t *rgb, uint32_t width, uint32_t height, size_t stride)
{
    struct assay_pdq_box b, again;

    assert(assay_pdq_unborder_rgb(rgb, width, height, stride, &b) == ASSAY_OK);
    assert((b.width == 0) == (b.height == 0));
    assert(b.left + b.width <= width && b.top + b.height <= height);
    if (b.width == 0) {
        assert(b.left == 0 && b.top == 0);
        return;
    }
    assert(assay_pdq_unborder_rgb(rgb + b.top * stride + (size_t)3 * b.left, b.width, b.height,
                                  stride, &again) == ASSAY_OK);
    assert(again.width <= b.width && again.height <= b.height);
    if (b.width == width && b.height == height)
        assert(memcmp(&b, &again, sizeof b) == 0);
}

/* Head: width, height (little-endian, 16 bits), gap between rows; the pixels follow and repeat when
 * they are too few. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < HEAD_BYTES + 1)
        return 0;
    const uint32_t width = data[0] | (uint32_t)data[1] << 8;
    const uint32_t height = data[2] | (uint32_t)data[3] << 8;
    const size_t stride = (size_t)3 * width + data[4], bytes = stride * height;
    struct assay_pdq_box b;

    if ((uint64_t)width * height > AREA_MAX || bytes > (size_t)4 * AREA_MAX)
        return 0;
    uint8_t *rows = malloc(bytes > 0 ? bytes : 1);
    assert(rows != NULL);
    for (size_t i = 0; i < bytes; i++)
        rows[i] = data[HEAD_BYTES + i % (size - HEAD_BYTES)];
    if (bytes > 0 && width > 0)
        check(rows, width, height, stride);
    else
        assert(assay_pdq_unborder_rgb(rows, width, height, stride, &b) == ASSAY_ERANGE);
    free(rows);
    return 0;
}
