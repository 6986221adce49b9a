/* Takes rows as they are decoded, so that no full-size copy is needed unless the picture is turned.
 */
#include "decoder/sink.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "decode/pool.h"
#include "decoder/scale.h"
#include "decoder/thumbnail.h"
#include "decoder/turn.h"

#define THUMBNAIL_PIXELS_MAX (1024u * 1024u)
#define GREY                 128 /* of rows that are missing; libjpeg shows the same */

/* Transparency hides a picture when the hidden samples are more than this share of all and spread
 * more than this around their mean: a plain backdrop does neither. */
#define HIDDEN_SHARE_MIN  0.02
#define HIDDEN_SPREAD_MIN 12.0
/* Pixels between transparent and opaque: soft edges of a sticker are few. */
#define PARTIAL_SHARE_MIN 0.2
#define PLAIN_LEVELS      4u

enum wire_answer sink_check(const struct sink *s, uint32_t width, uint32_t height)
{
    uint64_t pixels = (uint64_t)width * height;

    if (width == 0 || height == 0)
        return WIRE_BROKEN;
    if (width > s->limits->side_max || height > s->limits->side_max)
        return WIRE_SIDE;
    if (pixels > s->limits->pixels_max ||
        (s->use == SINK_THUMBNAIL && pixels > THUMBNAIL_PIXELS_MAX))
        return WIRE_PIXELS;
    return WIRE_GOOD;
}

bool sink_is_main(const struct sink *s)
{
    return s->use == SINK_PICTURE || s->use == SINK_HASH;
}

static bool hashable(const struct sink *s)
{
    return s->width >= ASSAY_PDQ_SIDE_MIN && s->height >= ASSAY_PDQ_SIDE_MIN;
}

/* Whether a picture without its borders is to be hashed too: then all of it must be there. */
static bool unborders(const struct sink *s)
{
    return s->use == SINK_HASH && (s->wants & DECODE_HASH_UNBORDERED) != 0 && s->reduced == 1;
}

enum wire_answer sink_begin(struct sink *s, uint32_t width, uint32_t height, uint32_t orientation)
{
    struct wire_size size = {width, height};
    enum wire_answer answer = sink_check(s, width, height);

    if (answer != WIRE_GOOD)
        return answer;
    assert(s->rows == 0);
    s->width = width;
    s->height = height;
    s->orientation = orientation;
    s->stored = size;
    s->reduced = 1;
    if (s->frames == 0)
        s->frames = 1;
    if (s->use == SINK_FACET)
        return facets_room(s->facets, size) ? facets_look(s->facets, &s->look, size) : WIRE_PIXELS;
    if (s->use == SINK_THUMBNAIL || orientation > 1 || unborders(s))
        s->whole = mem_try((size_t)3 * width * height);
    if (s->use == SINK_THUMBNAIL)
        return s->whole != NULL ? WIRE_GOOD : WIRE_MEMORY;
    if (hashable(s) && look_pdq(s->wants, size, &s->pdq) != ASSAY_OK)
        return WIRE_MEMORY;
    if (s->use == SINK_HASH)
        return WIRE_GOOD;
    if (scale_new(size, wire_fit(size, DECODE_FULL_SIDE), 3, s->view, &s->scale) != ASSAY_OK)
        return WIRE_MEMORY;
    return WIRE_GOOD;
}

enum wire_answer sink_begin_reduced(struct sink *s, struct wire_size stored, uint32_t reduced,
                                    uint32_t orientation)
{
    enum wire_answer answer = sink_check(s, stored.width, stored.height);

    assert(s->use == SINK_HASH);
    if (answer == WIRE_GOOD)
        answer = sink_begin(s, (stored.width + reduced - 1) / reduced,
                            (stored.height + reduced - 1) / reduced, orientation);
    s->stored = stored;
    s->reduced = reduced;
    return answer;
}

enum wire_answer sink_rgb(struct sink *s, const uint8_t *rows, size_t stride, uint32_t count)
{
    const size_t row_bytes = (size_t)3 * s->width;

    assert(count <= s->height - s->rows);
    if (s->whole != NULL)
        for (uint32_t i = 0; i < count; i++)
            memcpy(s->whole + (s->rows + i) * row_bytes, rows + i * stride, row_bytes);
    if (s->pdq != NULL && assay_pdq_stream_rgb(s->pdq, rows, stride, count) != ASSAY_OK)
        return WIRE_MEMORY;
    if (s->scale != NULL)
        scale_rows(s->scale, rows, stride, count);
    s->rows += count;
    return s->use == SINK_FACET ? look_rows(&s->look, rows, stride, count) : WIRE_GOOD;
}

/* Adds a row; whether any of its pixels is not opaque. */
static bool look_behind(struct hidden *h, const uint8_t *rgba, uint32_t width)
{
    uint64_t weight = 0, partial = 0, sum[3] = {0}, square[3] = {0};

    for (uint32_t x = 0; x < width; x++, rgba += 4) {
        const uint32_t hidden = 255u - rgba[3];

        if (hidden == 0)
            continue;
        weight += hidden;
        partial += hidden < 255;
        for (unsigned c = 0; c < 3; c++) {
            sum[c] += hidden * rgba[c];
            square[c] += hidden * rgba[c] * rgba[c];
        }
    }
    h->pixels += width;
    h->weight += weight;
    h->partial += partial;
    for (unsigned c = 0; c < 3; c++) {
        h->sum[c] += sum[c];
        h->square[c] += square[c];
    }
    return weight > 0;
}

static bool hides(const struct hidden *h)
{
    const double weight = (double)h->weight;

    if (h->weight == 0 || weight < HIDDEN_SHARE_MIN * 255.0 * (double)h->pixels)
        return false;
    for (unsigned c = 0; c < 3; c++) {
        const double mean = (double)h->sum[c] / weight;

        if ((double)h->square[c] / weight - mean * mean > HIDDEN_SPREAD_MIN * HIDDEN_SPREAD_MIN)
            return true;
    }
    return false;
}

/* A row without its alpha. */
static void drop_alpha(const uint8_t *rgba, uint32_t width, uint8_t *rgb)
{
    for (uint32_t x = 0; x < width; x++, rgba += 4, rgb += 3) {
        rgb[0] = rgba[0];
        rgb[1] = rgba[1];
        rgb[2] = rgba[2];
    }
}

/* A row as it shows on black. */
static void put_on_black(const uint8_t *rgba, uint32_t width, uint8_t *rgb)
{
    for (uint32_t x = 0; x < width; x++, rgba += 4, rgb += 3)
        for (unsigned c = 0; c < 3; c++)
            rgb[c] = (uint8_t)((rgba[c] * rgba[3] + 127) / 255);
}

/* The same row on white, of what it is on black: a whole number more, so rounded alike. */
static void turn_white(const uint8_t *rgba, uint32_t width, uint8_t *rgb)
{
    for (uint32_t x = 0; x < width; x++, rgba += 4, rgb += 3)
        for (unsigned c = 0; c < 3; c++)
            rgb[c] = (uint8_t)(rgb[c] + 255 - rgba[3]);
}

/* Both looks begin with the first row. Without memory for them the facets are left out; where only
 * hashes are wanted, the hidden samples alone then tell what transparency hides. */
static void begin_flattening(struct sink *s)
{
    const struct wire_size size = {s->width, s->height};

    if (s->use == SINK_HASH) {
        s->flattens = look_begin_hash(&s->white, size, s->wants) == WIRE_GOOD &&
                      look_begin_hash(&s->black, size, s->wants) == WIRE_GOOD;
        return;
    }
    s->flattens =
        look_begin(&s->white, size) == WIRE_GOOD && look_begin(&s->black, size) == WIRE_GOOD;
    if (!s->flattens)
        s->flags |= DECODE_FRAMES_UNSEEN;
}

/* A row through which no backdrop shows. */
static enum wire_answer feed_opaque(struct sink *s, const uint8_t *rgb)
{
    const size_t row_bytes = (size_t)3 * s->width;
    const enum wire_answer answer = look_rows(&s->white, rgb, row_bytes, 1);

    return answer == WIRE_GOOD ? look_rows(&s->black, rgb, row_bytes, 1) : answer;
}

static enum wire_answer feed_flattened(struct sink *s, const uint8_t *rgba, uint8_t *scratch)
{
    const size_t row_bytes = (size_t)3 * s->width;
    enum wire_answer answer;

    put_on_black(rgba, s->width, scratch);
    if ((answer = look_rows(&s->black, scratch, row_bytes, 1)) != WIRE_GOOD)
        return answer;
    turn_white(rgba, s->width, scratch);
    return look_rows(&s->white, scratch, row_bytes, 1);
}

enum wire_answer sink_rgba(struct sink *s, const uint8_t *rows, size_t stride, uint32_t count,
                           uint8_t *scratch)
{
    enum wire_answer answer = WIRE_GOOD;

    if (s->rows == 0 && (s->use == SINK_HASH || (s->use == SINK_PICTURE && s->tiles != NULL)))
        begin_flattening(s);
    for (uint32_t i = 0; i < count && answer == WIRE_GOOD; i++, rows += stride) {
        const bool shows_through = look_behind(&s->hidden, rows, s->width);

        if (s->flattens && shows_through &&
            (answer = feed_flattened(s, rows, scratch)) != WIRE_GOOD)
            return answer;
        drop_alpha(rows, s->width, scratch);
        if (s->flattens && !shows_through && (answer = feed_opaque(s, scratch)) != WIRE_GOOD)
            return answer;
        answer = sink_rgb(s, scratch, (size_t)3 * s->width, 1);
    }
    return answer;
}

static enum wire_answer fill_missing(struct sink *s)
{
    const size_t row_bytes = (size_t)3 * s->width;
    enum wire_answer answer = WIRE_GOOD;
    uint8_t *grey;

    if (s->rows == s->height)
        return WIRE_GOOD;
    if (s->rows == 0)
        return WIRE_BROKEN;
    s->flags |= DECODE_DAMAGED;
    grey = mem_try(row_bytes);
    if (grey == NULL)
        return WIRE_MEMORY;
    memset(grey, GREY, row_bytes);
    while (s->rows < s->height && answer == WIRE_GOOD) {
        answer = sink_rgb(s, grey, row_bytes, 1);
        if (s->flattens && answer == WIRE_GOOD)
            answer = feed_opaque(s, grey);
    }
    mem_free(grey);
    return answer;
}

/* The hash of the turned pixels, not the hash turned: those differ by some bits. */
static enum assay_err hash_turned(const struct sink *s, struct assay_pdq *out)
{
    const struct turn turn = {s->whole, s->width, s->height, s->orientation};
    const struct wire_size size =
        wire_turned((struct wire_size){s->width, s->height}, s->orientation);
    struct assay_pdq_stream *pdq = NULL;
    uint8_t *rows = mem_try((size_t)3 * size.width * TURN_ROWS);
    enum assay_err rc = ASSAY_ENOMEM;

    if (rows == NULL || (rc = look_pdq(s->wants, size, &pdq)) != ASSAY_OK)
        goto out;
    for (uint32_t y = 0; y < size.height && rc == ASSAY_OK; y += TURN_ROWS) {
        uint32_t count = size.height - y < TURN_ROWS ? size.height - y : TURN_ROWS;

        turn_rows(&turn, y, count, rows);
        rc = assay_pdq_stream_rgb(pdq, rows, (size_t)3 * size.width, count);
    }
    if (rc == ASSAY_OK)
        rc = assay_pdq_stream_finish(pdq, out);
out:
    assay_pdq_stream_free(pdq);
    mem_free(rows);
    return rc;
}

enum assay_err sink_hash_part(const struct sink *s, const struct assay_pdq_box *b, uint32_t wants,
                              struct assay_pdq *out)
{
    const size_t stride = (size_t)3 * s->width;
    struct assay_pdq_stream *pdq = NULL;
    enum assay_err rc = look_pdq(wants, (struct wire_size){b->width, b->height}, &pdq);

    if (rc == ASSAY_OK)
        rc = assay_pdq_stream_rgb(pdq, s->whole + b->top * stride + (size_t)3 * b->left, stride,
                                  b->height);
    if (rc == ASSAY_OK)
        rc = assay_pdq_stream_finish(pdq, out);
    assay_pdq_stream_free(pdq);
    return rc;
}

/* What plain borders leave of the stored picture; nothing without borders or enough left. */
static void hash_unbordered(struct sink *s)
{
    struct decode_chances *c = s->chances;

    if (s->whole == NULL || assay_pdq_unborder_rgb(s->whole, s->width, s->height,
                                                   (size_t)3 * s->width, &c->kept) != ASSAY_OK)
        return;
    c->has_unbordered = (c->kept.width < s->width || c->kept.height < s->height) &&
                        sink_hash_part(s, &c->kept, s->wants, &c->unbordered) == ASSAY_OK;
    if (!c->has_unbordered)
        c->kept = (struct assay_pdq_box){0};
}

/* The view is small, so it is turned whole, through a copy. */
static enum wire_answer turn_view(const struct sink *s, struct wire_picture *out)
{
    const struct wire_size stored =
        wire_fit((struct wire_size){s->width, s->height}, DECODE_FULL_SIDE);
    const struct wire_size size = wire_turned(stored, s->orientation);
    const size_t bytes = (size_t)3 * size.width * size.height;
    uint8_t *copy;

    out->view_width = size.width;
    out->view_height = size.height;
    if (s->orientation <= 1)
        return WIRE_GOOD;
    copy = mem_try(bytes);
    if (copy == NULL)
        return WIRE_MEMORY;
    memcpy(copy, s->view, bytes);
    const struct turn turn = {copy, stored.width, stored.height, s->orientation};
    for (uint32_t y = 0; y < size.height; y += TURN_ROWS) {
        uint32_t count = size.height - y < TURN_ROWS ? size.height - y : TURN_ROWS;

        turn_rows(&turn, y, count, s->view + (size_t)3 * size.width * y);
    }
    mem_free(copy);
    return WIRE_GOOD;
}

/* Nearly one colour: what a viewer shows of a picture that is all transparent. */
static bool plain(const struct look *l)
{
    const size_t samples = (size_t)3 * l->tile_size.width * l->tile_size.height;
    uint64_t off = 0;

    for (size_t i = 0; i < samples; i++)
        off += (uint64_t)abs(l->tile[i] - l->tile[i % 3]);
    return off <= PLAIN_LEVELS * (uint64_t)samples;
}

static bool rich(const struct look *l)
{
    struct assay_pdq pdq;

    return l->pdq != NULL && assay_pdq_stream_finish(l->pdq, &pdq) == ASSAY_OK &&
           pdq.quality >= ASSAY_PDQ_MATCH_QUALITY;
}

/* A picture drawn by the alpha alone, or one that is another on white than it is on black. */
static bool shows_two(const struct sink *s)
{
    struct assay_pdq white, black;

    if (!s->flattens || s->hidden.weight == 0 || (!rich(&s->white) && !rich(&s->black)))
        return false;
    if (s->made.pdq.quality < ASSAY_PDQ_MATCH_QUALITY)
        return true;
    return rich(&s->white) && rich(&s->black) &&
           (double)s->hidden.partial > PARTIAL_SHARE_MIN * (double)s->hidden.pixels &&
           assay_pdq_stream_finish(s->white.pdq, &white) == ASSAY_OK &&
           assay_pdq_stream_finish(s->black.pdq, &black) == ASSAY_OK &&
           assay_pdq_distance(&white, &black) > FACETS_OTHER_BITS;
}

/* What viewers show: on white always, on black unless that is plain. */
static void take_flattened(struct sink *s)
{
    const struct facet_name name = {DECODE_FACET_TRANSPARENCY, 0, s->orientation};

    if (!s->flattens || s->hidden.weight == 0)
        return;
    (void)facets_take(s->facets, &s->white, name);
    if (!plain(&s->black))
        (void)facets_take(s->facets, &s->black,
                          (struct facet_name){name.kind, 1, name.orientation});
}

/* The main picture is whole: its hashes, its view, and then what it is compared with. */
static enum wire_answer close_picture(struct sink *s)
{
    struct wire_picture *out = &s->made;
    enum wire_answer answer = fill_missing(s);

    if (s->closed || answer != WIRE_GOOD)
        return answer;
    out->width = s->stored.width;
    out->height = s->stored.height;
    out->orientation = s->orientation;
    out->frames_seen = 1;
    out->has_pdq = hashable(s);
    if (out->has_pdq && assay_pdq_stream_finish(s->pdq, &out->pdq) != ASSAY_OK)
        return WIRE_MEMORY;
    if (s->orientation > 1) {
        s->flags |= DECODE_EXIF_TURNED;
        if (out->has_pdq)
            out->has_pdq_oriented =
                s->whole != NULL && hash_turned(s, &out->pdq_oriented) == ASSAY_OK;
        out->oriented_too_large = out->has_pdq && !out->has_pdq_oriented;
    }
    if (hides(&s->hidden) || shows_two(s))
        s->flags |= DECODE_ALPHA_HIDES;
    if (unborders(s) && out->has_pdq)
        hash_unbordered(s);
    if (s->use == SINK_PICTURE && (answer = turn_view(s, out)) != WIRE_GOOD)
        return answer;
    s->closed = true;
    if (!sink_looks_at_frames(s))
        return WIRE_GOOD;
    s->facets = &s->own;
    if (s->use == SINK_HASH) {
        facets_begin_list(s->facets, s->limits, out, s->wants, s->chances);
        return WIRE_GOOD;
    }
    facets_begin(s->facets, s->limits, out, s->view, s->tiles);
    take_flattened(s);
    return WIRE_GOOD;
}

bool sink_looks_at_frames(const struct sink *s)
{
    return (s->use == SINK_PICTURE && s->tiles != NULL) ||
           (s->use == SINK_HASH && (s->wants & DECODE_HASH_FRAMES) != 0);
}

bool sink_room(struct sink *s, struct wire_size size)
{
    return sink_looks_at_frames(s) && s->rows > 0 && close_picture(s) == WIRE_GOOD &&
           facets_room(s->facets, size);
}

void sink_unseen(struct sink *s)
{
    s->flags |= DECODE_FRAMES_UNSEEN;
}

enum alpha { ALPHA_DROPPED, ALPHA_ON_WHITE };

static bool look_at(const struct facets *facets, const struct sink_facet *f, enum alpha alpha,
                    struct look *l)
{
    const size_t row_bytes = (size_t)f->channels * f->size.width;
    uint8_t *scratch = mem_try((size_t)3 * f->size.width);
    bool good = scratch != NULL && facets_look(facets, l, f->size) == WIRE_GOOD;

    for (uint32_t y = 0; y < f->size.height && good; y++) {
        const uint8_t *row = f->pixels + y * row_bytes;

        if (f->channels == 4 && alpha == ALPHA_DROPPED) {
            drop_alpha(row, f->size.width, scratch);
        } else if (f->channels == 4) {
            put_on_black(row, f->size.width, scratch);
            turn_white(row, f->size.width, scratch);
        }
        good = look_rows(l, f->channels == 4 ? scratch : row, row_bytes, 1) == WIRE_GOOD;
    }
    mem_free(scratch);
    return good;
}

static void take(struct sink *s, const struct sink_facet *f, enum alpha alpha)
{
    const enum decode_facet_kind kind =
        alpha == ALPHA_DROPPED ? f->kind : DECODE_FACET_TRANSPARENCY;
    struct look l = {0};

    if (look_at(s->facets, f, alpha, &l))
        (void)facets_take(s->facets, &l, (struct facet_name){kind, f->index, s->orientation});
    else
        sink_unseen(s);
    look_free(&l);
}

bool sink_hides(const struct sink_facet *f)
{
    struct hidden h = {0};

    assert(f->channels == 4);
    for (uint32_t y = 0; y < f->size.height; y++)
        look_behind(&h, f->pixels + (size_t)4 * f->size.width * y, f->size.width);
    return hides(&h);
}

void sink_offer(struct sink *s, const struct sink_facet *f)
{
    assert(s->closed);
    assert(s->facets != NULL);
    if (f->kind == DECODE_FACET_FRAME && s->made.frames_seen < s->frames)
        s->made.frames_seen++;
    if (s->use == SINK_HASH) {
        if (f->kind == DECODE_FACET_FRAME) /* others are not listed */
            take(s, f, ALPHA_DROPPED);
        return;
    }
    take(s, f, ALPHA_DROPPED);
    if (f->channels == 4 && sink_hides(f)) {
        s->flags |= DECODE_ALPHA_HIDES;
        take(s, f, ALPHA_ON_WHITE);
    }
}

bool sink_page(struct sink *s, struct sink *page, enum decode_facet_kind kind)
{
    const bool thumbnail = s->use == SINK_HASH && kind == DECODE_FACET_THUMBNAIL;

    if (thumbnail ? (s->wants & DECODE_HASH_THUMBNAIL) == 0 : !sink_looks_at_frames(s))
        return false;
    if (s->rows == 0 || close_picture(s) != WIRE_GOOD)
        return false;
    *page = (struct sink){
        .use = thumbnail ? SINK_THUMBNAIL : SINK_FACET, .limits = s->limits, .facets = s->facets};
    return true;
}

enum facets_verdict sink_page_end(struct sink *s, struct sink *page, enum wire_answer answer,
                                  enum decode_facet_kind kind, uint32_t index)
{
    enum facets_verdict verdict = FACETS_NOT_KEPT;

    if (page->use == SINK_THUMBNAIL) {
        if (answer == WIRE_GOOD && sink_finish(page) == WIRE_GOOD)
            verdict = thumbnail_take(page, s);
    } else if (answer == WIRE_GOOD && sink_finish(page) == WIRE_GOOD) {
        if (kind == DECODE_FACET_FRAME && s->made.frames_seen < s->frames)
            s->made.frames_seen++;
        verdict = facets_take(s->facets, &page->look,
                              (struct facet_name){kind, index, page->orientation});
    } else {
        sink_unseen(s);
    }
    sink_free(page);
    return verdict;
}

enum wire_answer sink_finish(struct sink *s)
{
    enum wire_answer answer = sink_is_main(s) ? close_picture(s) : fill_missing(s);

    if (answer != WIRE_GOOD || !sink_is_main(s))
        return answer;
    s->made.frames = s->frames;
    s->made.flags |= s->flags;
    if ((s->use == SINK_PICTURE || sink_looks_at_frames(s)) && s->made.frames_seen < s->frames)
        s->made.flags |= DECODE_FRAMES_UNSEEN;
    return WIRE_GOOD;
}

void sink_free(struct sink *s)
{
    assay_pdq_stream_free(s->pdq);
    scale_free(s->scale);
    mem_free(s->whole);
    look_free(&s->look);
    look_free(&s->white);
    look_free(&s->black);
    facets_end(&s->own);
    s->pdq = NULL;
    s->scale = NULL;
    s->whole = NULL;
}
