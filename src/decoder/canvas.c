/* Composes the frames of GIF, APNG and WebP animations as their specifications have it. */
#include "decoder/canvas.h"

#include <string.h>

#include "base/mem.h"

static size_t bytes_of(struct wire_size size)
{
    return (size_t)4 * size.width * size.height;
}

enum wire_answer canvas_begin(struct canvas *c, struct wire_size size)
{
    *c = (struct canvas){.size = size};
    c->rgba = mem_try(bytes_of(size));
    if (c->rgba == NULL)
        return WIRE_MEMORY;
    memset(c->rgba, 0, bytes_of(size));
    return WIRE_GOOD;
}

void canvas_free(struct canvas *c)
{
    mem_free(c->rgba);
    mem_free(c->before);
    *c = (struct canvas){0};
}

static uint8_t *row_of(const struct canvas *c, uint8_t *pixels, const struct canvas_frame *f,
                       uint32_t y)
{
    return pixels + 4 * ((size_t)(f->y + y) * c->size.width + f->x);
}

static void take_last_away(struct canvas *c)
{
    const struct canvas_frame *f = &c->last;
    const size_t row = (size_t)4 * f->size.width;

    for (uint32_t y = 0; y < f->size.height; y++) {
        uint8_t *to = row_of(c, c->rgba, f, y);

        if (f->after == CANVAS_CLEAR)
            memset(to, 0, row);
        else if (f->after == CANVAS_RESTORE)
            memcpy(to, row_of(c, c->before, f, y), row);
    }
}

/* One pixel over another, neither with its alpha multiplied in. */
static void over(uint8_t *to, const uint8_t *from)
{
    const unsigned a = from[3], below = to[3] * (255u - a);
    const unsigned all = 255u * a + below; /* of the new alpha, times 255 */

    if (a == 0)
        return;
    if (a == 255 || below == 0) {
        memcpy(to, from, 4);
        return;
    }
    for (unsigned i = 0; i < 3; i++)
        to[i] = (uint8_t)((255u * a * from[i] + below * to[i] + all / 2) / all);
    to[3] = (uint8_t)((all + 127) / 255);
}

static void put_rows(struct canvas *c, const struct canvas_frame *f)
{
    for (uint32_t y = 0; y < f->size.height; y++) {
        const uint8_t *from = f->rgba + (size_t)4 * f->size.width * y;
        uint8_t *to = row_of(c, c->rgba, f, y);

        if (f->blend == CANVAS_REPLACE) {
            memcpy(to, from, (size_t)4 * f->size.width);
            continue;
        }
        for (uint32_t x = 0; x < f->size.width; x++, to += 4, from += 4)
            over(to, from);
    }
}

enum wire_answer canvas_put(struct canvas *c, const struct canvas_frame *f)
{
    if (c->has_last)
        take_last_away(c);
    c->has_last = false;
    if (f->size.width == 0 || f->size.height == 0 || f->x > c->size.width ||
        f->y > c->size.height || f->size.width > c->size.width - f->x ||
        f->size.height > c->size.height - f->y)
        return WIRE_BROKEN;
    if (f->after == CANVAS_RESTORE) {
        if (c->before == NULL)
            c->before = mem_try(bytes_of(c->size));
        if (c->before == NULL)
            return WIRE_MEMORY;
        memcpy(c->before, c->rgba, bytes_of(c->size));
    }
    put_rows(c, f);
    c->last = *f;
    c->last.rgba = NULL; /* the caller's, and not needed any more */
    c->has_last = true;
    return WIRE_GOOD;
}
