/* Fuzzes PDQ: sides and pixels from the input; rows in any portions and any distance from one
 * another must hash as the whole does. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "assay/pdq.h"
#include "fuzz.h"

#define HEAD_BYTES 7
#define AREA_MAX   (1 << 16) /* pixels; keeps an input to some milliseconds under sanitizers */

enum channels { GREY = 1, RGB = 3 };

static enum assay_err feed(struct assay_pdq_stream *s, enum channels channels, const uint8_t *rows,
                           size_t stride, uint32_t count)
{
    if (channels == GREY)
        return assay_pdq_stream_luma(s, rows, stride, count);
    return assay_pdq_stream_rgb(s, rows, stride, count);
}

/* The rows `gap` bytes further apart than they need be; what lies between them is no pixel. */
static uint8_t *spread(const uint8_t *pixels, size_t row_bytes, size_t gap, uint32_t height)
{
    uint8_t *rows = malloc((row_bytes + gap) * height + 1);

    assert(rows != NULL);
    for (uint32_t y = 0; y < height; y++) {
        uint8_t *row = rows + (row_bytes + gap) * y;
        memcpy(row, pixels + row_bytes * y, row_bytes);
        memset(row + row_bytes, (int)(y & 255), gap);
    }
    return rows;
}

/* All eight positions and the number of stable bits, of a stream with all its rows. */
static void ask_more(const struct assay_pdq_stream *s, uint32_t width, uint32_t height,
                     const struct assay_pdq *hash)
{
    struct assay_pdq turned[ASSAY_PDQ_TURNS];
    unsigned stable;

    assert(assay_pdq_stream_finish_turned(s, turned) == ASSAY_OK);
    assert(assay_pdq_stream_stable_bits(s, &stable) == ASSAY_OK);
    assert(stable <= 8 * ASSAY_PDQ_BYTES);
    if (width != 64 || height != 64)
        assert(memcmp(&turned[ASSAY_PDQ_ORIG], hash, sizeof *hash) == 0);
}

/* In the scale of 512; the same as the whole where the picture is no larger. */
static void scaled(enum channels channels, const uint8_t *rows, uint32_t width, uint32_t height,
                   size_t stride, const struct assay_pdq *whole)
{
    struct assay_pdq_stream *s;
    struct assay_pdq hash;

    assert(assay_pdq_stream_new_512(width, height, &s) == ASSAY_OK);
    assert(feed(s, channels, rows, stride, height) == ASSAY_OK);
    assert(assay_pdq_stream_finish(s, &hash) == ASSAY_OK);
    assay_pdq_stream_free(s);
    if (width <= ASSAY_PDQ_SCALE && height <= ASSAY_PDQ_SCALE)
        assert(memcmp(&hash, whole, sizeof hash) == 0);
}

static enum assay_err in_portions(enum channels channels, const uint8_t *pixels, uint32_t width,
                                  uint32_t height, size_t stride, uint32_t portion,
                                  struct assay_pdq *out)
{
    struct assay_pdq_stream *s;
    enum assay_err rc = assay_pdq_stream_new(width, height, &s);

    if (rc != ASSAY_OK)
        return rc;
    assert(feed(s, channels, pixels, (size_t)width * channels - 1, 1) == ASSAY_ERANGE);
    for (uint32_t y = 0; y < height; y += portion) {
        uint32_t count = portion < height - y ? portion : height - y;
        assert(assay_pdq_stream_finish(s, out) == ASSAY_ERANGE);
        assert(feed(s, channels, pixels + stride * y, stride, count) == ASSAY_OK);
    }
    assert(feed(s, channels, pixels, stride, 1) == ASSAY_ERANGE);
    assert(assay_pdq_stream_finish(s, out) == ASSAY_OK);
    ask_more(s, width, height, out);
    assay_pdq_stream_free(s);
    return ASSAY_OK;
}

/* Head: width, height (little-endian, 16 bits), channels (bit 0) and gap between rows (the other
 * seven), portion of rows (16 bits); the pixels follow and repeat when they are too few. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct assay_pdq whole, split;

    if (size < HEAD_BYTES + 1)
        return 0;
    uint32_t width = data[0] | (uint32_t)data[1] << 8;
    uint32_t height = data[2] | (uint32_t)data[3] << 8;
    enum channels channels = (data[4] & 1) != 0 ? RGB : GREY;
    uint32_t portion = 1 + (data[5] | (uint32_t)data[6] << 8);
    if ((uint64_t)width * height > AREA_MAX)
        return 0;
    size_t stride = (size_t)width * channels, bytes = stride * height;
    uint8_t *pixels = malloc(bytes > 0 ? bytes : 1);
    assert(pixels != NULL);
    for (size_t i = 0; i < bytes; i++)
        pixels[i] = data[HEAD_BYTES + i % (size - HEAD_BYTES)];

    enum assay_err rc = channels == GREY
                            ? assay_pdq_hash_luma(pixels, width, height, stride, &whole)
                            : assay_pdq_hash_rgb(pixels, width, height, stride, &whole);
    assert((rc == ASSAY_ERANGE) == (width < ASSAY_PDQ_SIDE_MIN || height < ASSAY_PDQ_SIDE_MIN));
    size_t gap = data[4] >> 1;
    uint8_t *rows = spread(pixels, stride, gap, height);
    assert(in_portions(channels, rows, width, height, stride + gap, portion, &split) == rc);
    if (rc == ASSAY_OK)
        scaled(channels, rows, width, height, stride + gap, &whole);
    free(rows);
    if (rc == ASSAY_OK) {
        assert(memcmp(&whole, &split, sizeof whole) == 0);
        assert(whole.quality <= 100);
        assert(assay_pdq_distance(&whole, &split) == 0);
    }
    free(pixels);
    return 0;
}
