/* The eight EXIF orientations as a start and two steps through the stored picture. */
#include "decoder/turn.h"

#include <assert.h>

struct walk {
    ptrdiff_t start;  /* byte offset of the stored pixel that comes first in the turned picture */
    ptrdiff_t across; /* bytes from one pixel of a turned row to the next */
    ptrdiff_t down;   /* bytes from one turned row to the next */
};

static struct walk walk_of(const struct turn *t)
{
    const ptrdiff_t x = 3, y = 3 * (ptrdiff_t)t->width;
    const ptrdiff_t right = x * ((ptrdiff_t)t->width - 1), bottom = y * ((ptrdiff_t)t->height - 1);

    switch (t->orientation) {
    case 2: /* mirrored left to right */
        return (struct walk){right, -x, y};
    case 3: /* upside down */
        return (struct walk){right + bottom, -x, -y};
    case 4: /* mirrored top to bottom */
        return (struct walk){bottom, x, -y};
    case 5: /* mirrored along the main diagonal */
        return (struct walk){0, y, x};
    case 6: /* needs a quarter turn clockwise */
        return (struct walk){bottom, -y, x};
    case 7: /* mirrored along the other diagonal */
        return (struct walk){right + bottom, -y, -x};
    case 8: /* needs a quarter turn counter-clockwise */
        return (struct walk){right, y, -x};
    default:
        return (struct walk){0, x, y};
    }
}

void turn_rows(const struct turn *t, uint32_t first, uint32_t count, uint8_t *out)
{
    const struct walk w = walk_of(t);
    const uint32_t columns = t->orientation >= 5 ? t->height : t->width;
    const uint8_t *from = t->rgb + w.start + (ptrdiff_t)first * w.down;

    assert(count <= TURN_ROWS);
    for (uint32_t x = 0; x < columns; x++, from += w.across) {
        const uint8_t *pixel = from;
        uint8_t *to = out + (size_t)3 * x;

        for (uint32_t r = 0; r < count; r++, pixel += w.down, to += (size_t)3 * columns) {
            to[0] = pixel[0];
            to[1] = pixel[1];
            to[2] = pixel[2];
        }
    }
}
