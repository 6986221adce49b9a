/* From bytes to hash, flags and view: picks the decoder by content and looks at the thumbnail. */
#include "decoder/image.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "decoder/formats.h"

#define PADDING_MAX 16u /* zeros behind the end that some writers leave */

/* Two hashes of unrelated pictures differ in about 128 bits; of a picture and its own thumbnail in
 * 20 to 30. Between lie crops and bars, which cameras make. */
#define DIFFERENT_BITS 80u
/* A bar beside a thumbnail of another shape is black or nearly so. */
#define BAR_LEVEL_MAX  24

bool format_trailing(const uint8_t *rest, size_t size)
{
    size_t i = 0;

    if (size > PADDING_MAX)
        return true;
    while (i < size && rest[i] == 0)
        i++;
    return i < size;
}

struct box {
    uint32_t left, top, right, bottom; /* right and bottom are behind the last */
};

static bool dark(const struct sink *t, uint32_t x, uint32_t y, uint32_t step, uint32_t count)
{
    const uint8_t *p = t->whole + 3 * ((size_t)y * t->width + x);

    for (uint32_t i = 0; i < count; i++, p += (size_t)3 * step)
        if (p[0] > BAR_LEVEL_MAX || p[1] > BAR_LEVEL_MAX || p[2] > BAR_LEVEL_MAX)
            return false;
    return true;
}

/* The thumbnail without dark bars. */
static struct box without_bars(const struct sink *t)
{
    struct box b = {0, 0, t->width, t->height};

    while (b.bottom - b.top > 1 && dark(t, 0, b.top, 1, t->width))
        b.top++;
    while (b.bottom - b.top > 1 && dark(t, 0, b.bottom - 1, 1, t->width))
        b.bottom--;
    while (b.right - b.left > 1 && dark(t, b.left, 0, t->width, t->height))
        b.left++;
    while (b.right - b.left > 1 && dark(t, b.right - 1, 0, t->width, t->height))
        b.right--;
    return b;
}

static bool near_one(const struct assay_pdq *hash, const struct wire_picture *p)
{
    return assay_pdq_distance(hash, &p->pdq) <= DIFFERENT_BITS ||
           (p->has_pdq_oriented && assay_pdq_distance(hash, &p->pdq_oriented) <= DIFFERENT_BITS);
}

/* Whole and without its bars, against the stored and the turned picture: near one is near enough. A
 * hash of a plain picture means nothing, so two plain ones do not differ. */
static bool shows_another(const struct sink *t, const struct wire_picture *p)
{
    struct box b = without_bars(t);
    struct assay_pdq whole, inner;
    const uint8_t *from = t->whole + 3 * ((size_t)b.top * t->width + b.left);

    if (!p->has_pdq ||
        assay_pdq_hash_rgb(t->whole, t->width, t->height, (size_t)3 * t->width, &whole) != ASSAY_OK)
        return false;
    if (assay_pdq_hash_rgb(from, b.right - b.left, b.bottom - b.top, (size_t)3 * t->width,
                           &inner) != ASSAY_OK)
        inner = whole;
    if (whole.quality < ASSAY_PDQ_MATCH_QUALITY && p->pdq.quality < ASSAY_PDQ_MATCH_QUALITY)
        return false;
    return !near_one(&whole, p) && !near_one(&inner, p);
}

static bool thumbnail_differs(const struct exif *exif, const struct decode_limits *limits,
                              const struct wire_picture *p)
{
    struct sink t = {.use = SINK_THUMBNAIL, .limits = limits};
    struct wire_picture unused = {0};
    struct found f = {0};
    bool differs = false;

    if (exif->thumbnail == NULL)
        return false;
    if (jpeg_decode(exif->thumbnail, exif->thumbnail_size, &t, &f) == WIRE_GOOD &&
        sink_finish(&t, &unused) == WIRE_GOOD)
        differs = shows_another(&t, p);
    mem_free(f.exif_copy);
    sink_free(&t);
    return differs;
}

enum wire_answer image_decode(const unsigned char *bytes, size_t size,
                              const struct decode_limits *limits, unsigned char *view,
                              struct wire_picture *out)
{
    struct sink s = {.use = SINK_PICTURE, .limits = limits, .view = view};
    struct wire_picture p = {.type = (uint32_t)decode_sniff(bytes, size)};
    struct found f = {0};
    enum wire_answer answer;

    switch (p.type) {
    case DECODE_TYPE_JPEG:
        answer = jpeg_decode(bytes, size, &s, &f);
        break;
    case DECODE_TYPE_PNG:
        answer = png_decode(bytes, size, &s, &f);
        break;
    case DECODE_TYPE_WEBP:
        answer = webp_decode(bytes, size, &s, &f);
        break;
    default:
        return WIRE_TYPE;
    }
    if (answer == WIRE_GOOD)
        answer = sink_finish(&s, &p);
    sink_free(&s);
    if (answer == WIRE_GOOD && thumbnail_differs(&f.exif, limits, &p))
        p.flags |= DECODE_THUMBNAIL_DIFFERS;
    mem_free(f.exif_copy);
    if (answer == WIRE_GOOD)
        *out = p;
    return answer;
}
