/* Every picture that a file holds is seen: each evasion raises its flag and gives both pictures. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "decode/wire.h"
#include "media/animations.h"
#include "media/evasions.h"

/* Mean step between neighbours: landscapes of this size have 6 and more. */
#define STRIP_DETAIL_MAX 3.0

static struct decode_env *env;

static int start(void **state)
{
    struct err e;

    (void)state;
    if (decode_env_new_in(ASSAY_TEST_CHILDREN, &decode_limits_default, &env, &e) == ASSAY_OK)
        return 0;
    print_error("%s\n", e.text);
    return -1;
}

static int stop(void **state)
{
    (void)state;
    decode_env_free(env);
    return 0;
}

static void hash_of(const uint8_t *rgb, uint32_t width, uint32_t height, struct assay_pdq *out)
{
    assert_int_equal(assay_pdq_hash_rgb(rgb, width, height, (size_t)3 * width, out), ASSAY_OK);
}

/* Bits between the picture as it was drawn and a hash of it after a coding that loses some. */
static unsigned bits_off(const struct files_picture *p, const struct assay_pdq *pdq)
{
    struct assay_pdq own;

    hash_of(p->bytes, p->width, p->height, &own);
    return assay_pdq_distance(&own, pdq);
}

static void decode(const struct buf *b, struct decode_picture *p)
{
    struct err e = {0};

    if (decode_picture(env, b->data, b->size, p, &e) != ASSAY_OK)
        fail_msg("%s", e.text);
}

/* The facets that show this picture, by hash and by the pixels of their tiles. */
static unsigned facets_showing(const struct decode_picture *p, const struct evasion *e)
{
    const uint8_t *tile = p->tiles.data;
    unsigned count = 0;

    for (uint32_t i = 0; i < p->facet_count; i++) {
        const struct decode_facet *f = &p->facets[i];
        struct assay_pdq of_tile;

        hash_of(tile, f->tile_width, f->tile_height, &of_tile);
        tile += (size_t)3 * f->tile_width * f->tile_height;
        if (f->kind == e->kind && bits_off(&e->hidden, &f->pdq) <= ASSAY_PDQ_MATCH_BITS &&
            bits_off(&e->hidden, &of_tile) <= ASSAY_PDQ_MATCH_BITS)
            count++;
    }
    assert_ptr_equal(tile, p->tiles.data + p->tiles.size);
    return count;
}

static void each_evasion_raises_its_flag_and_gives_both_pictures(void **state)
{
    struct evasion evasion;
    struct buf b;

    (void)state;
    buf_init(&b, FILES_BYTES_MAX);
    for (unsigned i = 0; evasion_make(i, &evasion, &b); i++, buf_reset(&b)) {
        struct decode_picture p;

        decode(&b, &p);
        if (p.flags != evasion.flags || p.facet_count != 1 || facets_showing(&p, &evasion) != 1)
            print_error("%s: flags %x, %u facets\n", evasion.name, p.flags, p.facet_count);
        assert_int_equal(p.flags, evasion.flags);
        assert_int_equal(p.facet_count, 1);
        assert_int_equal(facets_showing(&p, &evasion), 1);
        if (p.pdq.quality >= ASSAY_PDQ_MATCH_QUALITY)
            assert_true(bits_off(&evasion.shown, &p.pdq) <= ASSAY_PDQ_MATCH_BITS);
        assert_int_equal(p.frames_seen, p.frames);
        decode_picture_clear(&p);
        evasion_clear(&evasion);
    }
    buf_clear(&b);
}

/* The hash of one tile, cut out of a decoded sheet. */
static void hash_of_cell(const struct decode_picture *sheet, const struct wire_grid *grid,
                         uint32_t index, struct wire_size size, struct assay_pdq *out)
{
    const uint32_t step = grid->side + WIRE_GRID_GAP;
    const uint32_t x = WIRE_GRID_GAP + index % grid->columns * step + (grid->side - size.width) / 2;
    const uint32_t y =
        WIRE_GRID_GAP + index / grid->columns * step + (grid->side - size.height) / 2;
    const uint8_t *at = sheet->view.data + 3 * ((size_t)y * sheet->view_width + x);

    assert_int_equal(sheet->view_width, grid->size.width);
    assert_int_equal(sheet->view_height, grid->size.height);
    assert_int_equal(
        assay_pdq_hash_rgb(at, size.width, size.height, (size_t)3 * sheet->view_width, out),
        ASSAY_OK);
}

static double detail(const struct decode_picture *p)
{
    uint64_t sum = 0;

    for (size_t i = 3; i < p->view.size; i += 3)
        sum += (uint64_t)abs(p->view.data[i] - p->view.data[i - 3]);
    return (double)sum / (double)(p->view.size / 3);
}

static void decode_made(const struct decode_encoded *made, struct decode_picture *p)
{
    decode(&made->bytes, p);
    assert_int_equal(p->view_width, made->width);
    assert_int_equal(p->view_height, made->height);
}

/* Both sheets and the covered strip of one evasion. */
static void check_sheets(const struct evasion *e, const struct decode_picture *p)
{
    const struct wire_grid grid = wire_grid_of(2, DECODE_SMALL_SIDE);
    const struct wire_size first = wire_fit((struct wire_size){p->width, p->height}, grid.side);
    struct decode_encoded made[DECODE_RENDITION_COUNT];
    struct decode_picture strip;

    assert_int_equal(decode_encode(env, p, made, NULL), ASSAY_OK);
    for (enum decode_rendition r = DECODE_SHEET_GREY; r <= DECODE_SHEET_COLOUR; r++) {
        struct decode_picture sheet;
        struct assay_pdq cell;

        decode_made(&made[r], &sheet);
        hash_of_cell(&sheet, &grid, 0, first, &cell);
        if (p->pdq.quality >= ASSAY_PDQ_MATCH_QUALITY)
            assert_true(bits_off(&e->shown, &cell) <= ASSAY_PDQ_MATCH_BITS);
        hash_of_cell(&sheet, &grid, 1,
                     (struct wire_size){p->facets[0].tile_width, p->facets[0].tile_height}, &cell);
        assert_true(bits_off(&e->hidden, &cell) <= ASSAY_PDQ_MATCH_BITS);
        if (r == DECODE_SHEET_GREY)
            assert_int_equal(sheet.view.data[3 * 100], sheet.view.data[3 * 100 + 2]);
        decode_picture_clear(&sheet);
    }
    decode_made(&made[DECODE_STRIP], &strip);
    assert_int_equal(strip.view_width, 2 * DECODE_STRIP_SIDE + 3 * WIRE_GRID_GAP);
    assert_true(detail(&strip) < STRIP_DETAIL_MAX);
    decode_picture_clear(&strip);
    decode_encoded_clear(made);
}

static void each_evasion_has_both_pictures_on_its_sheets(void **state)
{
    struct evasion evasion;
    struct buf b;

    (void)state;
    buf_init(&b, FILES_BYTES_MAX);
    for (unsigned i = 0; evasion_make(i, &evasion, &b); i++, buf_reset(&b)) {
        struct decode_picture p;

        decode(&b, &p);
        check_sheets(&evasion, &p);
        decode_picture_clear(&p);
        evasion_clear(&evasion);
    }
    buf_clear(&b);
}

static void the_largest_sheet_fits(void **state)
{
    struct files_picture *frames = mem_array(70, sizeof *frames);
    struct decode_encoded made[DECODE_RENDITION_COUNT];
    struct decode_picture p;
    struct buf b;

    (void)state;
    for (size_t i = 0; i < 70; i++)
        frames[i] = files_landscape(500 + i, 512, 384);
    buf_init(&b, FILES_BYTES_MAX);
    animation_webp(frames, 70, &b);
    decode(&b, &p);
    assert_int_equal(p.facet_count, DECODE_FACETS_MAX);
    assert_int_equal(decode_encode(env, &p, made, NULL), ASSAY_OK);
    assert_int_equal(made[DECODE_SHEET_GREY].width, 8 * (195 + WIRE_GRID_GAP) + WIRE_GRID_GAP);
    assert_int_equal(made[DECODE_STRIP].width, 11 * (128 + WIRE_GRID_GAP) + WIRE_GRID_GAP);
    decode_encoded_clear(made);
    decode_picture_clear(&p);
    for (size_t i = 0; i < 70; i++)
        files_picture_free(&frames[i]);
    mem_free(frames);
    buf_clear(&b);
}

/* ---- animations ---- */

#define SIDE 160u

static void free_frames(struct files_picture *frames, size_t count)
{
    for (size_t i = 0; i < count; i++)
        files_picture_free(&frames[i]);
}

static void frames_that_repeat_are_no_facets(void **state)
{
    struct files_picture frames[6];
    struct decode_picture p;
    struct buf b;

    (void)state;
    for (size_t i = 0; i < 6; i++)
        frames[i] = files_landscape(20 + i % 3, SIDE, SIDE);
    buf_init(&b, FILES_BYTES_MAX);
    animation_apng(frames, 6, &b);
    decode(&b, &p);
    assert_int_equal(p.frames, 6);
    assert_int_equal(p.frames_seen, 6);
    assert_int_equal(p.facet_count, 2);
    assert_int_equal(p.facets[0].kind, DECODE_FACET_FRAME);
    assert_int_equal(p.facets[0].index, 1);
    assert_int_equal(p.facets[1].index, 2);
    assert_int_equal(p.flags, DECODE_ANIMATED);
    decode_picture_clear(&p);
    free_frames(frames, 6);
    buf_clear(&b);
}

static void more_pictures_than_are_kept_are_said_so(void **state)
{
    struct files_picture *frames = mem_array(80, sizeof *frames);
    struct decode_picture p;
    struct buf b;

    (void)state;
    for (size_t i = 0; i < 80; i++)
        frames[i] = files_landscape(100 + i, SIDE, SIDE);
    buf_init(&b, FILES_BYTES_MAX);
    animation_webp(frames, 80, &b);
    decode(&b, &p);
    assert_int_equal(p.frames, 80);
    assert_int_equal(p.frames_seen, 80);
    assert_int_equal(p.facet_count, DECODE_FACETS_MAX);
    assert_int_equal(p.flags, DECODE_ANIMATED | DECODE_FRAMES_UNSEEN);
    decode_picture_clear(&p);
    free_frames(frames, 80);
    mem_free(frames);
    buf_clear(&b);
}

static void more_frames_than_are_looked_at_are_said_so(void **state)
{
    struct decode_limits small = decode_limits_default;
    struct files_picture frames[8];
    struct decode_env *strict;
    struct decode_picture p;
    struct buf b;
    struct err e;

    (void)state;
    for (size_t i = 0; i < 8; i++)
        frames[i] = files_landscape(30, SIDE, SIDE);
    buf_init(&b, FILES_BYTES_MAX);
    animation_apng(frames, 8, &b);
    small.pixels_max = (uint64_t)SIDE * SIDE;
    assert_int_equal(decode_env_new_in(ASSAY_TEST_CHILDREN, &small, &strict, &e), ASSAY_OK);
    assert_int_equal(decode_picture(strict, b.data, b.size, &p, &e), ASSAY_OK);
    assert_int_equal(p.frames, 8);
    assert_int_equal(p.frames_seen, 4); /* the main picture and three times pixels_max */
    assert_int_equal(p.flags, DECODE_ANIMATED | DECODE_FRAMES_UNSEEN);
    decode_env_free(strict);
    decode_picture_clear(&p);
    free_frames(frames, 8);
    buf_clear(&b);
}

static void a_plain_picture_has_no_facets(void **state)
{
    struct files_picture rgb = files_landscape(3, 400, 300);
    struct files_picture opaque = {400, 300, 4, mem_array((size_t)400 * 300, 4)};
    struct decode_picture p;
    struct buf b;

    (void)state;
    for (size_t i = 0; i < (size_t)400 * 300; i++) {
        memcpy(opaque.bytes + 4 * i, rgb.bytes + 3 * i, 3);
        opaque.bytes[4 * i + 3] = 255;
    }
    buf_init(&b, FILES_BYTES_MAX);
    files_png(&opaque, FILES_INTERLACED, &b);
    decode(&b, &p);
    assert_int_equal(p.facet_count, 0);
    assert_int_equal(p.tiles.size, 0);
    assert_int_equal(p.flags, 0);
    assert_int_equal(p.frames_seen, 1);
    decode_picture_clear(&p);
    files_picture_free(&rgb);
    files_picture_free(&opaque);
    buf_clear(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_evasion_raises_its_flag_and_gives_both_pictures),
        cmocka_unit_test(each_evasion_has_both_pictures_on_its_sheets),
        cmocka_unit_test(the_largest_sheet_fits),
        cmocka_unit_test(frames_that_repeat_are_no_facets),
        cmocka_unit_test(more_pictures_than_are_kept_are_said_so),
        cmocka_unit_test(more_frames_than_are_looked_at_are_said_so),
        cmocka_unit_test(a_plain_picture_has_no_facets),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
