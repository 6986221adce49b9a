/* Writes GIF89a files: one palette for all frames, each compressed by LZW. */
#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "media/stills.h"

#define FIRST_BITS 8u
#define CLEAR      (1u << FIRST_BITS)
#define END        (CLEAR + 1)
#define CODES_MAX  4096u
#define NO_CODE    0xffffu

/* Codes go out least bit first, in blocks of at most 255 bytes. */
struct packer {
    struct buf *out;
    uint32_t bits;
    unsigned bit_count;
    unsigned char block[255];
    size_t used;
    uint16_t next[CODES_MAX][256]; /* the code of a known code and one more pixel */
    uint32_t code_count;
    unsigned width;
};

static void flush(struct packer *k)
{
    if (k->used == 0)
        return;
    buf_add_char(k->out, (char)k->used);
    buf_add(k->out, k->block, k->used);
    k->used = 0;
}

static void put_code(struct packer *k, uint32_t code)
{
    k->bits |= code << k->bit_count;
    k->bit_count += k->width;
    while (k->bit_count >= 8) {
        k->block[k->used++] = (unsigned char)k->bits;
        k->bits >>= 8;
        k->bit_count -= 8;
        if (k->used == sizeof k->block)
            flush(k);
    }
}

static void clear_codes(struct packer *k)
{
    put_code(k, CLEAR);
    memset(k->next, 0xff, sizeof k->next);
    k->code_count = END + 1;
    k->width = FIRST_BITS + 1;
}

static void pack(const uint8_t *pixels, size_t count, struct buf *out)
{
    struct packer *k = mem_zalloc(sizeof *k);
    uint32_t code = pixels[0];

    k->out = out;
    k->width = FIRST_BITS + 1;
    buf_add_char(out, (char)FIRST_BITS);
    clear_codes(k);
    for (size_t i = 1; i < count; i++) {
        if (k->next[code][pixels[i]] != NO_CODE) {
            code = k->next[code][pixels[i]];
            continue;
        }
        put_code(k, code);
        if (k->code_count == CODES_MAX) {
            clear_codes(k);
        } else {
            if (k->code_count == 1u << k->width)
                k->width++;
            k->next[code][pixels[i]] = (uint16_t)k->code_count++;
        }
        code = pixels[i];
    }
    put_code(k, code);
    if (k->code_count == 1u << k->width && k->width < 12)
        k->width++;
    put_code(k, END);
    if (k->bit_count > 0) {
        k->block[k->used++] = (unsigned char)k->bits;
    }
    flush(k);
    buf_add_char(out, 0);
    mem_free(k);
}

static void palette(struct buf *out)
{
    for (unsigned i = 0; i < 256; i++) {
        buf_add_char(out, (char)(i < 216 ? i / 36 * 51 : 0));
        buf_add_char(out, (char)(i < 216 ? i / 6 % 6 * 51 : 0));
        buf_add_char(out, (char)(i < 216 ? i % 6 * 51 : 0));
    }
}

void stills_gif(const struct files_picture *frames, size_t count, struct buf *out)
{
    buf_add_str(out, "GIF89a");
    buf_add_le16(out, (uint16_t)frames[0].width);
    buf_add_le16(out, (uint16_t)frames[0].height);
    buf_add(out, "\xf7\0\0", 3); /* a palette of 256 colours */
    palette(out);
    if (count > 1)
        buf_add(out, "!\xff\x0bNETSCAPE2.0\3\1\0\0", 19);
    for (size_t i = 0; i < count; i++) {
        const struct files_picture *p = &frames[i];
        const size_t size = (size_t)p->width * p->height;
        uint8_t *index = mem_array(size, 1);

        assert(p->channels == 3);
        for (size_t j = 0; j < size; j++) {
            const uint8_t *c = p->bytes + 3 * j;

            index[j] = (uint8_t)((c[0] + 25) / 51 * 36 + (c[1] + 25) / 51 * 6 + (c[2] + 25) / 51);
        }
        buf_add(out, "!\xf9\4\4\x0a\0\0\0", 8); /* stays; shown for a tenth of a second */
        buf_add_char(out, ',');
        buf_add_le32(out, 0);
        buf_add_le16(out, (uint16_t)p->width);
        buf_add_le16(out, (uint16_t)p->height);
        buf_add_char(out, 0);
        pack(index, size, out);
        mem_free(index);
    }
    buf_add_char(out, ';');
    assert(!out->over);
}
