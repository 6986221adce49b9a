/* Icons and cursors: the largest picture of the directory, a PNG or a bitmap without its head. */
#include <string.h>

#include "base/mem.h"
#include "decoder/av.h"

#define HEAD_BYTES  6u
#define ENTRY_BYTES 16u
#define BMP_HEAD    14u

struct entry {
    uint32_t width, height, bits;
    const uint8_t *data;
    size_t size;
};

static uint32_t le(const uint8_t *p, unsigned bytes)
{
    uint32_t v = 0;

    for (unsigned i = 0; i < bytes; i++)
        v |= (uint32_t)p[i] << 8 * i;
    return v;
}

/* Entry i; false when nothing of it lies inside of the file. */
static bool entry_at(const uint8_t *bytes, size_t size, uint32_t i, struct entry *e, bool *cut)
{
    const uint8_t *p = bytes + HEAD_BYTES + (size_t)i * ENTRY_BYTES;
    const size_t offset = le(p + 12, 4), length = le(p + 8, 4);

    if (offset > size || size - offset < 40)
        return false;
    *e = (struct entry){.width = p[0] == 0 ? 256 : p[0],
                        .height = p[1] == 0 ? 256 : p[1],
                        .bits = le(p + 6, 2),
                        .data = bytes + offset,
                        .size = length};
    *cut = length > size - offset;
    if (*cut)
        e->size = size - offset;
    return e->size >= 40;
}

static bool larger(const struct entry *a, const struct entry *b)
{
    const uint32_t one = a->width * a->height, other = b->width * b->height;

    return one != other ? one > other : a->bits > b->bits;
}

/* A file's head in front, and half the height: the other half is a mask of one bit. */
static enum wire_answer bitmap(const struct entry *e, struct sink *s, struct found *f)
{
    const uint32_t head = le(e->data, 4), bits = le(e->data + 14, 2), used = le(e->data + 32, 4);
    const uint32_t colours = bits > 8 ? 0 : used > 0 && used <= 256 ? used : 1u << bits;
    const uint32_t height = le(e->data + 8, 4) / 2, offset = BMP_HEAD + head + 4 * colours;
    uint8_t *file;
    enum wire_answer answer;

    if (head != 40 || le(e->data + 16, 4) != 0) /* no other head or coding stands in icons */
        return WIRE_CODING;
    file = mem_try(BMP_HEAD + e->size);
    if (file == NULL)
        return WIRE_MEMORY;
    memset(file, 0, BMP_HEAD);
    memcpy(file, "BM", 2);
    memcpy(file + BMP_HEAD, e->data, e->size);
    for (unsigned i = 0; i < 4; i++) {
        file[2 + i] = (uint8_t)((BMP_HEAD + e->size) >> 8 * i);
        file[10 + i] = (uint8_t)(offset >> 8 * i);
        file[BMP_HEAD + 8 + i] = (uint8_t)(height >> 8 * i);
    }
    struct av_piece piece = {.decoder = "bmp", .bytes = file, .size = BMP_HEAD + e->size};
    answer = av_still(&piece, DECODE_TYPE_BMP, s, f);
    av_piece_free(&piece);
    mem_free(file);
    return answer;
}

static enum wire_answer one(const struct entry *e, struct sink *s, struct found *f)
{
    return memcmp(e->data, "\x89PNG", 4) == 0 ? png_decode(e->data, e->size, s, f)
                                              : bitmap(e, s, f);
}

/* The smaller ones: mostly the same picture again, but nothing says that they must be. */
static void others(const uint8_t *bytes, size_t size, uint32_t count, const struct entry *best,
                   struct sink *s)
{
    struct entry e;
    bool cut;

    for (uint32_t i = 0, index = 1; i < count; i++) {
        struct found f = {.exif = {.orientation = 1}};
        struct sink page;
        enum wire_answer answer;

        if (!entry_at(bytes, size, i, &e, &cut) || e.data == best->data)
            continue;
        if (!sink_page(s, &page, DECODE_FACET_FRAME))
            return;
        answer = one(&e, &page, &f);
        (void)sink_page_end(s, &page, answer, DECODE_FACET_FRAME, index++);
        mem_free(f.exif_copy);
        if (answer == WIRE_PIXELS)
            return; /* no room for more */
    }
}

enum wire_answer ico_decode(const uint8_t *bytes, size_t size, struct sink *s, struct found *f)
{
    struct entry best = {0}, e;
    uint32_t count, pictures = 0;
    bool cut = false, best_cut = false;
    enum wire_answer answer;

    f->exif = (struct exif){.orientation = 1};
    if (size < HEAD_BYTES)
        return WIRE_BROKEN;
    count = le(bytes + 4, 2);
    if (count > (size - HEAD_BYTES) / ENTRY_BYTES)
        count = (uint32_t)((size - HEAD_BYTES) / ENTRY_BYTES);
    for (uint32_t i = 0; i < count; i++) {
        if (!entry_at(bytes, size, i, &e, &cut))
            continue;
        pictures++;
        if (best.data == NULL || larger(&e, &best)) {
            best = e;
            best_cut = cut;
        }
    }
    if (best.data == NULL)
        return WIRE_BROKEN;
    s->frames = pictures;
    if (pictures > 1)
        s->flags |= DECODE_ANIMATED;
    if (best_cut)
        s->flags |= DECODE_DAMAGED;
    answer = one(&best, s, f);
    s->frames = pictures;
    if (answer == WIRE_GOOD && pictures > 1)
        others(bytes, size, count, &best, s);
    return answer;
}
