/* GIF by our own hand: it keeps the colours under transparent pixels, and it can count frames. */
#include <string.h>

#include "base/mem.h"
#include "decoder/canvas.h"
#include "decoder/formats.h"

#define HEAD_BYTES    13u
#define CODES_MAX     4096u
#define CODE_BITS_MAX 12u
#define NO_CODE       CODES_MAX
#define NO_COLOUR     256u

struct palette {
    const uint8_t *rgb; /* R G B each */
    unsigned count;
};

struct gif {
    const uint8_t *bytes;
    size_t size, at; /* at: the next block */
    uint32_t width, height;
    struct palette palette;
    bool cut; /* the file ends before its end mark */
};

struct frame {
    uint32_t x, y, width, height;
    bool interlaced;
    unsigned transparent; /* index, or NO_COLOUR */
    enum canvas_after after;
    unsigned hundredths; /* of a second that it is shown */
    struct palette palette;
    size_t data; /* where the code length stands, and blocks behind it */
};

static unsigned le16(const uint8_t *p)
{
    return (unsigned)p[0] | (unsigned)p[1] << 8;
}

/* A palette of the size that the low bits of `flags` say, when their high bit says there is one. */
static struct palette take_palette(struct gif *g, unsigned flags)
{
    struct palette p = {g->bytes + g->at, 2u << (flags & 7)};

    if ((flags & 0x80) == 0)
        return (struct palette){0};
    if (p.count * 3 > g->size - g->at)
        p.count = (unsigned)((g->size - g->at) / 3);
    g->at += (size_t)3 * p.count;
    return p;
}

static bool begin(struct gif *g, const uint8_t *bytes, size_t size)
{
    if (size < HEAD_BYTES)
        return false;
    *g = (struct gif){.bytes = bytes,
                      .size = size,
                      .at = HEAD_BYTES,
                      .width = le16(bytes + 6),
                      .height = le16(bytes + 8)};
    g->palette = take_palette(g, bytes[10]);
    return true;
}

/* Over blocks, each with its length in front, to behind the empty one that ends them. */
static void skip_blocks(struct gif *g)
{
    while (g->at < g->size) {
        const unsigned length = g->bytes[g->at++];

        if (length == 0)
            return;
        if (length > g->size - g->at)
            break;
        g->at += length;
    }
    g->at = g->size;
    g->cut = true;
}

/* What stands in front of a frame and goes for it alone. */
struct control {
    unsigned transparent, hundredths;
    enum canvas_after after;
};

static struct control control_of(const uint8_t *p)
{
    static const enum canvas_after after[8] = {[2] = CANVAS_CLEAR, [3] = CANVAS_RESTORE};

    return (struct control){(p[3] & 1) != 0 ? p[6] : NO_COLOUR, le16(p + 4), after[p[3] >> 2 & 7]};
}

static bool image_head(struct gif *g, struct control control, struct frame *f)
{
    const uint8_t *p = g->bytes + g->at;

    if (g->size - g->at < 10) {
        g->at = g->size;
        return false;
    }
    *f = (struct frame){.x = le16(p),
                        .y = le16(p + 2),
                        .width = le16(p + 4),
                        .height = le16(p + 6),
                        .interlaced = (p[8] & 0x40) != 0,
                        .transparent = control.transparent,
                        .after = control.after,
                        .hundredths = control.hundredths};
    g->at += 9;
    f->palette = take_palette(g, p[8]);
    if (f->palette.rgb == NULL)
        f->palette = g->palette;
    f->data = g->at;
    if (g->at < g->size)
        g->at++;
    skip_blocks(g);
    return true;
}

/* The next frame; false at the end mark, and where the file stops making sense (cut is then set).
 */
static bool next_frame(struct gif *g, struct frame *f)
{
    struct control control = {NO_COLOUR, 0, CANVAS_KEEP};

    while (g->at < g->size) {
        const uint8_t *p = g->bytes + g->at;
        const size_t left = g->size - g->at;

        if (p[0] == ';') {
            g->at++;
            return false;
        }
        if (p[0] == ',') {
            g->at++;
            if (image_head(g, control, f))
                return true;
        } else if (p[0] == '!' && left >= 2) {
            if (p[1] == 0xf9 && left >= 8 && p[2] == 4)
                control = control_of(p);
            g->at += 2;
            skip_blocks(g);
        } else {
            break;
        }
    }
    g->cut = true;
    return false;
}

/* Codes of growing length, least bit first, out of the blocks of one frame. */
struct codes {
    const struct gif *gif;
    size_t at;
    unsigned block_left;
    uint32_t bits;
    unsigned bit_count;
};

static unsigned next_code(struct codes *c, unsigned width)
{
    unsigned code;

    while (c->bit_count < width) {
        while (c->block_left == 0) {
            if (c->at >= c->gif->size || c->gif->bytes[c->at] == 0)
                return NO_CODE;
            c->block_left = c->gif->bytes[c->at++];
        }
        if (c->at >= c->gif->size)
            return NO_CODE;
        c->bits |= (uint32_t)c->gif->bytes[c->at++] << c->bit_count;
        c->bit_count += 8;
        c->block_left--;
    }
    code = c->bits & ((1u << width) - 1);
    c->bits >>= width;
    c->bit_count -= width;
    return code;
}

struct table {
    uint16_t before[CODES_MAX]; /* the code that this one is a pixel longer than */
    uint8_t last[CODES_MAX], first[CODES_MAX];
    uint8_t turned[CODES_MAX]; /* a code's pixels from the last one */
    unsigned count, width, clear;
};

static void reset(struct table *t)
{
    t->count = t->clear + 2;
    t->width = 1;
    while (1u << t->width < t->count)
        t->width++;
}

/* The pixels of a code behind those that are there already; returns how many are there now. */
static size_t put_code(struct table *t, unsigned code, uint8_t *out, size_t at, size_t size)
{
    size_t n = 0;

    for (;;) {
        t->turned[n++] = t->last[code];
        if (code < t->clear)
            break;
        code = t->before[code];
    }
    while (n > 0 && at < size)
        out[at++] = t->turned[--n];
    return at;
}

/* One frame's colour numbers into out; returns how many there were, at most size. */
static size_t unpack(const struct gif *g, size_t data, uint8_t *out, size_t size, struct table *t)
{
    struct codes c = {.gif = g, .at = data + 1};
    unsigned code, old = NO_CODE;
    size_t at = 0;

    if (data >= g->size || g->bytes[data] < 1 || g->bytes[data] > 8)
        return 0;
    t->clear = 1u << g->bytes[data];
    for (unsigned i = 0; i < t->clear; i++)
        t->first[i] = t->last[i] = (uint8_t)i;
    reset(t);
    while (at < size && (code = next_code(&c, t->width)) != NO_CODE) {
        if (code == t->clear) {
            reset(t);
            old = NO_CODE;
            continue;
        }
        if (code == t->clear + 1 || code > t->count || (code == t->count && old == NO_CODE))
            break;
        if (old != NO_CODE && t->count < CODES_MAX) {
            t->before[t->count] = (uint16_t)old;
            t->first[t->count] = t->first[old];
            t->last[t->count] = t->first[code == t->count ? old : code];
            t->count++;
            if (t->count == 1u << t->width && t->width < CODE_BITS_MAX)
                t->width++;
        } else if (code >= t->count) {
            break;
        }
        at = put_code(t, code, out, at, size);
        old = code;
    }
    return at;
}

/* Where the stored row i of an interlaced frame belongs: every eighth, the fourths between them,
 * the seconds, the rest. */
static uint32_t interlaced_row(uint32_t i, uint32_t height)
{
    static const struct {
        uint32_t first, step;
    } passes[] = {{0, 8}, {4, 8}, {2, 4}, {1, 2}};

    for (size_t pass = 0; pass < 4; pass++) {
        const uint32_t first = passes[pass].first, step = passes[pass].step;
        const uint32_t rows = height > first ? (height - first + step - 1) / step : 0;

        if (i < rows)
            return first + i * step;
        i -= rows;
    }
    return 0;
}

/* Puts interlaced rows in order; a row that is missing shows the one above. `rows` came. */
static bool straighten(const struct frame *f, uint8_t **pixels, uint32_t rows)
{
    const size_t width = f->width;
    uint8_t *out = mem_try(width * f->height), *known = mem_try(f->height);

    if (out == NULL || known == NULL) {
        mem_free(out);
        mem_free(known);
        return false;
    }
    memset(known, 0, f->height);
    for (uint32_t i = 0; i < rows; i++) {
        const uint32_t y = interlaced_row(i, f->height);

        memcpy(out + y * width, *pixels + i * width, width);
        known[y] = 1;
    }
    for (uint32_t y = 1; y < f->height; y++)
        if (known[y] == 0)
            memcpy(out + y * width, out + (y - 1) * width, width);
    mem_free(known);
    mem_free(*pixels);
    *pixels = out;
    return true;
}

static void colour(const struct frame *f, unsigned index, uint8_t *rgba)
{
    memset(rgba, 0, 4);
    if (index < f->palette.count)
        memcpy(rgba, f->palette.rgb + (size_t)3 * index, 3);
    rgba[3] = index == f->transparent ? 0 : 255;
}

/* The canvas row by row, as far as the frame's rows go; outside of the frame it is black. */
static enum wire_answer feed(const struct frame *f, const uint8_t *pixels, uint32_t rows,
                             struct sink *s)
{
    uint8_t *rgba = mem_try((size_t)4 * s->width), *scratch = mem_try((size_t)3 * s->width);
    const uint32_t end = rows == f->height || f->y + rows > s->height ? s->height : f->y + rows;
    enum wire_answer answer = rgba == NULL || scratch == NULL ? WIRE_MEMORY : WIRE_GOOD;

    while (answer == WIRE_GOOD && s->rows < end) {
        const bool inside = s->rows >= f->y && s->rows - f->y < rows;
        const uint8_t *from = pixels + (inside ? (size_t)(s->rows - f->y) * f->width : 0);

        memset(rgba, 0, (size_t)4 * s->width);
        for (uint32_t x = 0; inside && x < f->width && f->x + x < s->width; x++)
            colour(f, from[x], rgba + (size_t)4 * (f->x + x));
        answer = sink_rgba(s, rgba, (size_t)4 * s->width, 1, scratch);
    }
    mem_free(rgba);
    mem_free(scratch);
    return answer;
}

/* The colour numbers of a frame, its rows in order; *rows is how many came, interlaced all. The
 * memory is the caller's on WIRE_GOOD. */
static enum wire_answer numbers(const struct gif *g, const struct frame *f, uint8_t **out,
                                uint32_t *rows, bool *cut)
{
    const size_t size = (size_t)f->width * f->height;
    uint8_t *pixels = mem_try(size);
    struct table *table = mem_try(sizeof *table);
    enum wire_answer answer = WIRE_MEMORY;

    if (pixels == NULL || table == NULL)
        goto out;
    *rows = (uint32_t)(unpack(g, f->data, pixels, size, table) / f->width);
    answer = *rows == 0 ? WIRE_BROKEN : WIRE_GOOD;
    *cut = *rows < f->height;
    if (answer == WIRE_GOOD && f->interlaced) {
        answer = straighten(f, &pixels, *rows) ? WIRE_GOOD : WIRE_MEMORY;
        *rows = f->height;
    }
    if (answer == WIRE_GOOD) {
        *out = pixels;
        pixels = NULL;
    }
out:
    mem_free(pixels);
    mem_free(table);
    return answer;
}

static enum wire_answer show(const struct gif *g, const struct frame *f, struct sink *s)
{
    uint8_t *pixels = NULL;
    uint32_t rows = 0;
    bool cut = false;
    enum wire_answer answer = numbers(g, f, &pixels, &rows, &cut);

    if (cut)
        s->flags |= DECODE_DAMAGED;
    if (answer == WIRE_GOOD)
        answer = feed(f, pixels, rows, s);
    mem_free(pixels);
    return answer;
}

/* The part of a frame that lies on the canvas, in colours; NULL when nothing came of it. */
static uint8_t *colours(const struct gif *g, const struct frame *f, struct wire_size part)
{
    uint8_t *pixels = NULL, *rgba;
    uint32_t rows = 0;
    bool cut = false;

    if (numbers(g, f, &pixels, &rows, &cut) != WIRE_GOOD)
        return NULL;
    rgba = mem_try((size_t)4 * part.width * part.height);
    for (uint32_t y = 0; rgba != NULL && y < part.height; y++)
        for (uint32_t x = 0; x < part.width; x++)
            colour(f, y < rows ? pixels[(size_t)y * f->width + x] : NO_COLOUR,
                   rgba + 4 * ((size_t)y * part.width + x));
    mem_free(pixels);
    return rgba;
}

/* Put a frame on the canvas and, but for the first, offer what is to be seen. */
static void take_frame(const struct gif *g, const struct frame *f, uint32_t index,
                       struct canvas *canvas, struct sink *s)
{
    const struct wire_size part = {f->x >= s->width             ? 0
                                   : f->width < s->width - f->x ? f->width
                                                                : s->width - f->x,
                                   f->y >= s->height              ? 0
                                   : f->height < s->height - f->y ? f->height
                                                                  : s->height - f->y};
    struct canvas_frame put = {f->x, f->y, part, NULL, CANVAS_OVER, f->after};
    struct sink_facet facet = {DECODE_FACET_FRAME, index, canvas->size, 4, canvas->rgba};
    uint8_t *rgba = NULL;

    if (part.width > 0 && part.height > 0 && sink_check(s, f->width, f->height) == WIRE_GOOD)
        rgba = colours(g, f, part);
    put.rgba = rgba;
    if (rgba == NULL || canvas_put(canvas, &put) != WIRE_GOOD) {
        sink_unseen(s);
        mem_free(rgba);
        return;
    }
    if (index > 0)
        sink_offer(s, &facet);
    /* Colours under full transparency never reach the canvas. */
    facet = (struct sink_facet){DECODE_FACET_TRANSPARENCY, index, part, 4, rgba};
    if (index > 0 && sink_hides(&facet))
        sink_offer(s, &facet);
    mem_free(rgba);
}

static void frames(struct gif *g, struct sink *s)
{
    const struct wire_size sides = {s->width, s->height};
    struct canvas canvas;
    struct frame f;

    if (!sink_looks_at_frames(s) || s->frames < 2)
        return;
    if (canvas_begin(&canvas, sides) != WIRE_GOOD)
        sink_unseen(s);
    for (uint32_t index = 0; canvas.rgba != NULL && next_frame(g, &f); index++) {
        if (index > 0 && !sink_room(s, sides))
            break;
        take_frame(g, &f, index, &canvas, s);
    }
    canvas_free(&canvas);
}

enum wire_answer gif_decode(const uint8_t *bytes, size_t size, struct sink *s, struct found *f)
{
    struct frame first, other;
    enum wire_answer answer;
    struct gif g, start, walk;

    f->exif = (struct exif){.orientation = 1};
    if (!begin(&g, bytes, size))
        return WIRE_BROKEN;
    start = g;
    if (!next_frame(&g, &first) || first.width == 0 || first.height == 0)
        return WIRE_BROKEN;
    s->frames = 1;
    s->duration_ms = 10 * (uint64_t)first.hundredths;
    for (walk = g; next_frame(&walk, &other);) {
        s->frames++;
        s->duration_ms += 10 * (uint64_t)other.hundredths;
    }
    s->has_duration = s->frames > 1;
    if (s->frames > 1)
        s->flags |= DECODE_ANIMATED;
    if (walk.cut)
        s->flags |= DECODE_DAMAGED;
    else if (format_trailing(bytes + walk.at, size - walk.at))
        s->flags |= DECODE_TRAILING_DATA;
    f->rest = bytes + walk.at;
    f->rest_size = size - walk.at;
    if (g.width == 0 || g.height == 0) {
        g.width = first.x + first.width;
        g.height = first.y + first.height;
    }
    if ((answer = sink_check(s, first.width, first.height)) != WIRE_GOOD ||
        (answer = sink_begin(s, g.width, g.height, 1)) != WIRE_GOOD)
        return answer;
    answer = show(&g, &first, s);
    if (answer == WIRE_GOOD)
        frames(&start, s);
    return answer;
}
