/* Tells distinct pictures of one file from repetitions, and keeps their hashes and tiles. */
#include "decoder/facets.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "decoder/scale.h"
#include "decoder/turn.h"

#define FACETS_LOOKS_MAX 10000u

/* In all frames together: what a decoder does in about the processor time below. The second limit
 * is for slow codings and slow machines, so that an animation is cut and not the whole file lost.
 */
#define PIXELS_TIMES 3u
#define CPU_FIFTHS   3

/* Tiles whose samples differ by this much on average show the same: noise and scaling give up to
 * 2, another cut of the same scene 20 and more. */
#define SAME_LEVELS 5u

enum assay_err look_pdq(uint32_t wants, struct wire_size size, struct assay_pdq_stream **out)
{
    if ((wants & DECODE_HASH_SCALE_512) != 0)
        return assay_pdq_stream_new_512(size.width, size.height, out);
    return assay_pdq_stream_new(size.width, size.height, out);
}

enum wire_answer look_begin_hash(struct look *l, struct wire_size size, uint32_t wants)
{
    *l = (struct look){.size = size};
    if (size.width >= ASSAY_PDQ_SIDE_MIN && size.height >= ASSAY_PDQ_SIDE_MIN &&
        look_pdq(wants, size, &l->pdq) != ASSAY_OK)
        return WIRE_MEMORY;
    return WIRE_GOOD;
}

enum wire_answer look_begin(struct look *l, struct wire_size size)
{
    if (look_begin_hash(l, size, 0) != WIRE_GOOD)
        return WIRE_MEMORY;
    l->tile_size = wire_fit(size, DECODE_SMALL_SIDE);
    l->tile = mem_try((size_t)3 * l->tile_size.width * l->tile_size.height);
    if (l->tile == NULL || scale_new(size, l->tile_size, 3, l->tile, &l->scale) != ASSAY_OK)
        return WIRE_MEMORY;
    return WIRE_GOOD;
}

enum wire_answer look_rows(struct look *l, const uint8_t *rgb, size_t stride, uint32_t count)
{
    assert(count <= l->size.height - l->rows);
    if (l->pdq != NULL && assay_pdq_stream_rgb(l->pdq, rgb, stride, count) != ASSAY_OK)
        return WIRE_MEMORY;
    if (l->scale != NULL)
        scale_rows(l->scale, rgb, stride, count);
    l->rows += count;
    return WIRE_GOOD;
}

void look_free(struct look *l)
{
    assay_pdq_stream_free(l->pdq);
    scale_free(l->scale);
    mem_free(l->tile);
    *l = (struct look){0};
}

void facets_begin(struct facets *f, const struct decode_limits *limits,
                  struct wire_picture *picture, const uint8_t *view, uint8_t *tiles)
{
    *f = (struct facets){.limits = limits, .picture = picture, .view = view, .tiles = tiles};
    f->pixels_left = PIXELS_TIMES * limits->pixels_max;
    f->cpu_us_max = clock_cpu_us() + (int64_t)limits->cpu_s * (1000000 / 5) * CPU_FIFTHS;
}

void facets_begin_list(struct facets *f, const struct decode_limits *limits,
                       struct wire_picture *picture, uint32_t wants, struct decode_chances *listed)
{
    facets_begin(f, limits, picture, NULL, NULL);
    f->wants = wants;
    f->listed = listed;
}

enum wire_answer facets_look(const struct facets *f, struct look *l, struct wire_size size)
{
    return f->listed != NULL ? look_begin_hash(l, size, f->wants) : look_begin(l, size);
}

/* The tile of the main picture, made when there is something to compare it with: most files have
 * one picture only. */
static bool make_main_tile(struct facets *f)
{
    const struct wire_picture *p = f->picture;
    const struct wire_size from = {p->view_width, p->view_height};
    const struct wire_size turned =
        wire_turned((struct wire_size){p->width, p->height}, p->orientation);
    struct scale *scale = NULL;

    if (f->main_tile != NULL)
        return true;
    f->main_size = wire_fit(turned, DECODE_SMALL_SIDE);
    f->main_tile = mem_try((size_t)3 * f->main_size.width * f->main_size.height);
    if (f->main_tile == NULL ||
        scale_new(from, f->main_size, 3, f->main_tile, &scale) != ASSAY_OK) {
        mem_free(f->main_tile);
        f->main_tile = NULL;
        return false;
    }
    scale_rows(scale, f->view, (size_t)3 * from.width, from.height);
    scale_free(scale);
    return true;
}

void facets_end(struct facets *f)
{
    mem_free(f->main_tile);
    *f = (struct facets){0};
}

bool facets_room(struct facets *f, struct wire_size size)
{
    const uint64_t pixels = (uint64_t)size.width * size.height;

    if (pixels == 0 || size.width > f->limits->side_max || size.height > f->limits->side_max ||
        pixels > f->limits->pixels_max || pixels > f->pixels_left ||
        f->looked >= FACETS_LOOKS_MAX || clock_cpu_us() > f->cpu_us_max) {
        f->picture->flags |= DECODE_FRAMES_UNSEEN;
        return false;
    }
    f->pixels_left -= pixels;
    f->looked++;
    return true;
}

/* A picture as it is compared: its hash, and its upright tile. */
struct known {
    const struct assay_pdq *pdq;
    bool has_pdq;
    struct wire_size size;
    const uint8_t *tile;
};

static bool alike(const struct known *a, const struct known *b)
{
    const size_t samples = (size_t)3 * a->size.width * a->size.height;
    uint64_t sum = 0;

    if (a->has_pdq && b->has_pdq && a->pdq->quality >= ASSAY_PDQ_MATCH_QUALITY &&
        b->pdq->quality >= ASSAY_PDQ_MATCH_QUALITY &&
        assay_pdq_distance(a->pdq, b->pdq) <= ASSAY_PDQ_MATCH_BITS)
        return true;
    if (a->size.width != b->size.width || a->size.height != b->size.height)
        return false;
    for (size_t i = 0; i < samples; i++)
        sum += (uint64_t)abs(a->tile[i] - b->tile[i]);
    return sum <= SAME_LEVELS * (uint64_t)samples;
}

static bool shown_already(const struct facets *f, const struct known *k)
{
    const struct wire_picture *p = f->picture;
    const struct known first = {&p->pdq, p->has_pdq, f->main_size, f->main_tile};

    if (alike(k, &first))
        return true;
    for (uint32_t i = 0; i < p->facet_count; i++) {
        const struct wire_facet *w = &p->facets[i];
        const struct known other = {&w->pdq, w->has_pdq, w->tile,
                                    f->tiles + (size_t)i * WIRE_TILE_BYTES};

        if (alike(k, &other))
            return true;
    }
    return false;
}

/* The tile upright into out, which holds WIRE_TILE_BYTES; its sides. */
static struct wire_size turned_tile(const struct look *l, uint32_t orientation, uint8_t *out)
{
    const struct turn turn = {l->tile, l->tile_size.width, l->tile_size.height, orientation};
    const struct wire_size size = wire_turned(l->tile_size, orientation);

    for (uint32_t y = 0; y < size.height; y += TURN_ROWS) {
        const uint32_t count = size.height - y < TURN_ROWS ? size.height - y : TURN_ROWS;

        turn_rows(&turn, y, count, out + (size_t)3 * size.width * y);
    }
    return size;
}

/* A frame into the list, when it is far enough from all that is known. */
static enum facets_verdict take_hash(struct facets *f, struct look *l, struct facet_name name)
{
    const struct wire_picture *p = f->picture;
    struct decode_chances *c = f->listed;
    struct assay_pdq pdq;

    if (name.kind != DECODE_FACET_FRAME || l->pdq == NULL)
        return FACETS_KNOWN;
    if (assay_pdq_stream_finish(l->pdq, &pdq) != ASSAY_OK)
        return FACETS_NOT_KEPT;
    if (p->has_pdq && assay_pdq_distance(&pdq, &p->pdq) <= DECODE_HASH_FRAME_BITS)
        return FACETS_KNOWN;
    for (uint32_t i = 0; i < c->frame_count; i++)
        if (assay_pdq_distance(&pdq, &c->frames[i].pdq) <= DECODE_HASH_FRAME_BITS)
            return FACETS_KNOWN;
    if (c->frame_count == DECODE_HASH_FRAMES_MAX)
        return FACETS_NOT_KEPT;
    c->frames[c->frame_count++] = (struct decode_frame){name.index, pdq};
    return FACETS_KEPT;
}

static enum facets_verdict take_tile(struct facets *f, struct look *l, struct facet_name name)
{
    struct wire_picture *p = f->picture;
    struct wire_facet w = {.kind = name.kind,
                           .index = name.index,
                           .orientation = name.orientation,
                           .size = l->size,
                           .has_pdq = l->pdq != NULL};
    uint8_t *tile = mem_try(WIRE_TILE_BYTES);
    enum facets_verdict verdict = FACETS_NOT_KEPT;

    if (tile == NULL || !make_main_tile(f) ||
        (w.has_pdq && assay_pdq_stream_finish(l->pdq, &w.pdq) != ASSAY_OK))
        goto out;
    w.tile = turned_tile(l, name.orientation, tile);
    if (shown_already(f, &(struct known){&w.pdq, w.has_pdq, w.tile, tile})) {
        verdict = FACETS_KNOWN;
    } else if (p->facet_count < DECODE_FACETS_MAX) {
        memcpy(f->tiles + (size_t)p->facet_count * WIRE_TILE_BYTES, tile,
               (size_t)3 * w.tile.width * w.tile.height);
        p->facets[p->facet_count++] = w;
        verdict = FACETS_KEPT;
    }
out:
    mem_free(tile);
    return verdict;
}

enum facets_verdict facets_take(struct facets *f, struct look *l, struct facet_name name)
{
    enum facets_verdict verdict;

    assert(l->rows == l->size.height);
    verdict = f->listed != NULL ? take_hash(f, l, name) : take_tile(f, l, name);
    if (verdict == FACETS_NOT_KEPT)
        f->picture->flags |= DECODE_FRAMES_UNSEEN;
    return verdict;
}
