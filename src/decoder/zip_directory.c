/* The ZIP directory: found from the end, read whole, and checked for entries that share bytes. */
#include <string.h>

#include "base/mem.h"
#include "decoder/zip_impl.h"

#define END_BYTES     22
#define END_SEARCH    (END_BYTES + 65535)
#define LOCATOR_BYTES 20
#define END64_BYTES   56
#define CENTRAL_BYTES 46
#define LOCAL_BYTES   30
#define FULL16        0xffffu
#define FULL32        0xffffffffu
#define WIDE_FIELD    1 /* the extra field that holds sizes of 64 bits */

uint64_t zip_le(const unsigned char *in, unsigned bytes)
{
    uint64_t v = 0;

    for (unsigned i = 0; i < bytes; i++)
        v |= (uint64_t)in[i] << (8 * i);
    return v;
}

bool zip_get(struct zip *z, struct zip_window *w, uint64_t offset, void *out, size_t size)
{
    unsigned char *to = out;

    if (offset > z->host->size || size > z->host->size - offset)
        return false;
    while (size > 0) {
        if (offset < w->at || offset - w->at >= w->size) {
            uint64_t left = z->host->size - offset;
            w->at = offset;
            w->size = left < sizeof w->bytes ? (size_t)left : sizeof w->bytes;
            if (!z->host->read(z->host->ctx, offset, w->bytes, w->size)) {
                w->size = 0;
                z->gone = true;
                return false;
            }
        }
        size_t from = (size_t)(offset - w->at), step = w->size - from;
        step = step < size ? step : size;
        memcpy(to, w->bytes + from, step);
        to += step;
        offset += step;
        size -= step;
    }
    return true;
}

/* What the end records say. */
struct ends {
    uint64_t at; /* of the first of them: the directory ends before it */
    uint64_t count_here, count, size, offset;
    uint64_t disk, directory_disk;
};

/* The record of 64-bit numbers, when there is one; false when it lies. */
static bool widen(struct zip *z, struct ends *n)
{
    unsigned char locator[LOCATOR_BYTES], wide[END64_BYTES];
    bool needed = n->count == FULL16 || n->size == FULL32 || n->offset == FULL32;

    if (n->at < LOCATOR_BYTES ||
        !zip_get(z, &z->directory, n->at - LOCATOR_BYTES, locator, LOCATOR_BYTES) ||
        memcmp(locator, "PK\x06\x07", 4) != 0)
        return !needed && !z->gone;
    uint64_t at = zip_le(locator + 8, 8);
    if (at > n->at - LOCATOR_BYTES || n->at - LOCATOR_BYTES - at < END64_BYTES ||
        zip_le(locator + 4, 4) != 0 || zip_le(locator + 16, 4) > 1 ||
        !zip_get(z, &z->directory, at, wide, END64_BYTES) || memcmp(wide, "PK\x06\x06", 4) != 0)
        return false;
    const struct ends w = {.at = at,
                           .disk = zip_le(wide + 16, 4),
                           .directory_disk = zip_le(wide + 20, 4),
                           .count_here = zip_le(wide + 24, 8),
                           .count = zip_le(wide + 32, 8),
                           .size = zip_le(wide + 40, 8),
                           .offset = zip_le(wide + 48, 8)};
    /* Two readers that trust one record each must not see two archives. */
    if ((n->count != FULL16 && n->count != w.count) || (n->size != FULL32 && n->size != w.size) ||
        (n->offset != FULL32 && n->offset != w.offset))
        return false;
    *n = w;
    return true;
}

/* The end record whose comment ends with the archive, else the last whose comment does not reach
 * behind it. *exact: how many of the former there are; of two nobody knows which is meant. */
static bool find_end(struct zip *z, struct ends *n, unsigned *exact)
{
    unsigned char r[END_BYTES];
    uint64_t size = z->host->size;
    uint64_t lowest = size > END_SEARCH ? size - END_SEARCH : 0;

    /* Read upwards piece by piece once, so that the window is not fetched anew for each byte. */
    for (uint64_t at = lowest; at + END_BYTES <= size; at++) {
        if (!zip_get(z, &z->directory, at, r, 4))
            return false;
        if (memcmp(r, "PK\x05\x06", 4) != 0 || !zip_get(z, &z->directory, at, r, END_BYTES) ||
            zip_le(r + 20, 2) > size - at - END_BYTES)
            continue;
        bool ends = zip_le(r + 20, 2) == size - at - END_BYTES;
        if (!ends && *exact > 0)
            continue;
        *exact += ends;
        *n = (struct ends){.at = at,
                           .disk = zip_le(r + 4, 2),
                           .directory_disk = zip_le(r + 6, 2),
                           .count_here = zip_le(r + 8, 2),
                           .count = zip_le(r + 10, 2),
                           .size = zip_le(r + 12, 4),
                           .offset = zip_le(r + 16, 4)};
    }
    return n->at != UINT64_MAX;
}

enum unpack_answer zip_find_directory(struct zip *z)
{
    struct ends n = {.at = UINT64_MAX};
    unsigned exact = 0;

    if (z->host->size < END_BYTES || !find_end(z, &n, &exact))
        return UNPACK_NO_ZIP;
    if (exact > 1 || !widen(z, &n))
        return UNPACK_CONTRADICTS;
    if (n.disk != 0 || n.directory_disk != 0 || n.count_here != n.count)
        return UNPACK_SPLIT;
    if (n.offset > n.at || n.size != n.at - n.offset || n.count > n.size / CENTRAL_BYTES)
        return UNPACK_CONTRADICTS;
    if (n.count > z->limits->entries_max)
        return UNPACK_ENTRIES;
    z->directory_at = n.offset;
    z->directory_size = n.size;
    z->count = n.count;
    return UNPACK_GOOD;
}

bool zip_wide(const struct zip *z, size_t extra_size, uint64_t *unpacked, uint64_t *packed,
              uint64_t *offset)
{
    uint64_t *const wanted[] = {unpacked, packed, offset};
    const unsigned char *x = z->extra;
    size_t left = extra_size, field = 0;

    while (left >= 4) {
        size_t size = (size_t)zip_le(x + 2, 2);
        if (size > left - 4)
            break;
        if (zip_le(x, 2) == WIDE_FIELD) {
            field = size;
            break;
        }
        x += 4 + size;
        left -= 4 + size;
    }
    x += 4;
    for (size_t i = 0; i < 3; i++) {
        if (wanted[i] == NULL || *wanted[i] != FULL32)
            continue;
        if (field < 8)
            return false;
        *wanted[i] = zip_le(x, 8);
        x += 8;
        field -= 8;
    }
    return true;
}

bool zip_central_at(struct zip *z, uint64_t offset)
{
    unsigned char r[CENTRAL_BYTES];
    uint64_t end = z->directory_at + z->directory_size;
    struct zip_central *c = &z->entry;

    if (end - offset < CENTRAL_BYTES || !zip_get(z, &z->directory, offset, r, sizeof r) ||
        memcmp(r, "PK\x01\x02", 4) != 0)
        return false;
    size_t extra_size = (size_t)zip_le(r + 30, 2);
    c->made_by = (uint16_t)zip_le(r + 4, 2);
    c->flags = (uint16_t)zip_le(r + 8, 2);
    c->method = (uint16_t)zip_le(r + 10, 2);
    c->crc = (uint32_t)zip_le(r + 16, 4);
    c->packed = zip_le(r + 20, 4);
    c->unpacked = zip_le(r + 24, 4);
    c->name_size = (size_t)zip_le(r + 28, 2);
    c->attributes = (uint32_t)zip_le(r + 38, 4);
    c->local_at = zip_le(r + 42, 4);
    c->next = offset + CENTRAL_BYTES + c->name_size + extra_size + zip_le(r + 32, 2);
    return c->next <= end &&
           zip_get(z, &z->directory, offset + CENTRAL_BYTES, c->name, c->name_size) &&
           zip_get(z, &z->directory, offset + CENTRAL_BYTES + c->name_size, z->extra, extra_size) &&
           zip_wide(z, extra_size, &c->unpacked, &c->packed, &c->local_at);
}

static bool is_before(const struct zip_span *spans, uint32_t x, uint32_t y)
{
    return spans[x].start != spans[y].start ? spans[x].start < spans[y].start : x < y;
}

/* Let the entry at `at` sink until none below it is greater. */
static void sink(uint32_t *order, size_t count, size_t at, const struct zip_span *spans)
{
    for (size_t child = 2 * at + 1; child < count; child = 2 * at + 1) {
        if (child + 1 < count && is_before(spans, order[child], order[child + 1]))
            child++;
        if (!is_before(spans, order[at], order[child]))
            return;
        const uint32_t up = order[child];
        order[child] = order[at];
        order[at] = up;
        at = child;
    }
}

/* By their starts. The C library's qsort asks the kernel how much memory there is, for which the
 * sandbox kills; and this needs none, and takes no longer however an archive orders its entries. */
static void sort_by_start(uint32_t *order, size_t count, const struct zip_span *spans)
{
    for (size_t i = count / 2; i > 0; i--)
        sink(order, count, i - 1, spans);
    for (size_t i = count; i > 1; i--) {
        const uint32_t last = order[0];
        order[0] = order[i - 1];
        order[i - 1] = last;
        sink(order, i - 1, 0, spans);
    }
}

/* In the order of their places: who reaches into another shares bytes with it, both ways. Those
 * that would lie outside have no place. */
static void find_shared(struct zip *z, uint32_t *order)
{
    size_t count = 0, reaches = 0; /* reaches: whose end is the farthest so far */

    for (uint64_t i = 0; i < z->count; i++) {
        if (z->spans[i].end != UINT64_MAX)
            order[count++] = (uint32_t)i;
    }
    sort_by_start(order, count, z->spans);
    for (size_t i = 0; i < count; i++) {
        struct zip_span *s = &z->spans[order[i]], *far = &z->spans[order[reaches]];
        s->limit = i + 1 < count ? z->spans[order[i + 1]].start : z->directory_at;
        if (i > 0 && s->start < far->end)
            s->shared = far->shared = true;
        if (i == 0 || s->end > far->end)
            reaches = i;
    }
}

enum unpack_answer zip_survey(struct zip *z)
{
    uint64_t at = z->directory_at;
    uint32_t *order;

    z->spans = mem_try((size_t)(z->count + 1) * sizeof *z->spans);
    order = mem_try((size_t)(z->count + 1) * sizeof *order);
    if (z->spans == NULL || order == NULL) {
        mem_free(order);
        return UNPACK_MEMORY;
    }
    for (uint64_t i = 0; i < z->count; i++) {
        if (!zip_central_at(z, at)) {
            mem_free(order);
            return UNPACK_CONTRADICTS;
        }
        const struct zip_central *c = &z->entry;
        uint64_t head = LOCAL_BYTES + c->name_size;
        struct zip_span *s = &z->spans[i];
        *s = (struct zip_span){.start = c->local_at, .end = UINT64_MAX};
        if (c->local_at <= z->directory_at && z->directory_at - c->local_at >= head &&
            c->packed <= z->directory_at - c->local_at - head)
            s->end = c->local_at + head + c->packed;
        at = c->next;
    }
    bool whole = at == z->directory_at + z->directory_size;
    if (whole)
        find_shared(z, order);
    mem_free(order);
    return whole ? UNPACK_GOOD : UNPACK_CONTRADICTS;
}
