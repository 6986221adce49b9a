/* JPEG by libjpeg's own row interface: accurate DCT, fancy upsampling, rows as they come. */
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <jpeglib.h>
#include <jerror.h>

#include "base/mem.h"
#include "decode/pool.h"
#include "decoder/formats.h"

/* A picture of many scans costs one pass over all its coefficients for each; real ones have about
 * ten. What the first SCANS_MAX show is kept, so the result does not hang on the machine's speed.
 */
#define SCANS_MAX    100
#define ROWS         16
#define LINE         64 /* bytes of the cache; rows an odd number of them apart do not crowd it */
#define APP1         (JPEG_APP0 + 1)
#define EXIF_HEAD    6 /* "Exif\0\0" */
#define MARKER_SIZE  65533
#define MARKER_BYTES 2

struct jpeg {
    struct jpeg_error_mgr err; /* first, so that libjpeg's pointer to it is a pointer to us */
    jmp_buf jump;
    struct jpeg_decompress_struct d;
    enum wire_answer failed;
    bool damaged;
    uint8_t *rows; /* ROWS rows of 3 or 4 bytes a pixel */
    size_t stride; /* bytes from one to the next */
    JSAMPROW row[ROWS];
    uint32_t given; /* rows of a piece */
};

static _Noreturn void on_error(j_common_ptr common)
{
    struct jpeg *j = (struct jpeg *)(void *)common->err;

    switch (common->err->msg_code) {
    case JERR_OUT_OF_MEMORY:
        j->failed = WIRE_MEMORY;
        break;
    case JERR_SOF_UNSUPPORTED:
    case JERR_BAD_PRECISION:
    case JERR_COMPONENT_COUNT:
    case JERR_CONVERSION_NOTIMPL:
    case JERR_ARITH_NOTIMPL:
        j->failed = WIRE_CODING;
        break;
    default:
        j->failed = WIRE_BROKEN;
    }
    longjmp(j->jump, 1);
}

/* A warning means that pixels were guessed, save for two about the headers' wording. */
static void on_message(j_common_ptr common, int level)
{
    struct jpeg *j = (struct jpeg *)(void *)common->err;

    if (level < 0 && common->err->msg_code != JWRN_ADOBE_XFORM &&
        common->err->msg_code != JWRN_JFIF_MAJOR)
        j->damaged = true;
}

static void no_output(j_common_ptr common)
{
    (void)common;
}

static void take_exif(struct jpeg *j, struct found *f)
{
    for (jpeg_saved_marker_ptr m = j->d.marker_list; m != NULL; m = m->next) {
        if (m->marker != APP1 || m->data_length < EXIF_HEAD ||
            memcmp(m->data, "Exif\0\0", EXIF_HEAD) != 0)
            continue;
        f->exif_copy = mem_dup(m->data, m->data_length);
        f->exif = exif_read_marked(f->exif_copy, m->data_length);
        return;
    }
}

static bool choose_colours(struct jpeg *j)
{
    switch (j->d.jpeg_color_space) {
    case JCS_GRAYSCALE:
    case JCS_RGB:
    case JCS_YCbCr:
        j->d.out_color_space = JCS_RGB;
        return true;
    case JCS_CMYK:
    case JCS_YCCK:
        j->d.out_color_space = JCS_CMYK;
        return true;
    default:
        return false;
    }
}

/* The stored values are inverted in practice (Adobe's way), so ink * black is light already. */
static void cmyk_to_rgb(uint8_t *row, uint32_t width)
{
    const uint8_t *from = row;

    for (uint32_t x = 0; x < width; x++, from += 4, row += 3) {
        const unsigned k = from[3];
        const uint8_t r = (uint8_t)((from[0] * k + 127) / 255);
        const uint8_t g = (uint8_t)((from[1] * k + 127) / 255);
        const uint8_t b = (uint8_t)((from[2] * k + 127) / 255);

        row[0] = r;
        row[1] = g;
        row[2] = b;
    }
}

/* Scans after scans into memory, the picture out of what they gave. */
static void start_many_scans(struct jpeg *j)
{
    int status;

    j->d.buffered_image = TRUE;
    (void)jpeg_start_decompress(&j->d);
    do {
        status = jpeg_consume_input(&j->d);
        if (status == JPEG_REACHED_SOS && j->d.input_scan_number > SCANS_MAX) {
            j->damaged = true;
            break;
        }
    } while (status != JPEG_REACHED_EOI && status != JPEG_SUSPENDED);
    (void)jpeg_start_output(&j->d, j->d.input_scan_number);
}

static enum wire_answer feed(struct jpeg *j, struct sink *s)
{
    enum wire_answer answer = WIRE_GOOD;

    while (j->d.output_scanline < j->d.output_height && answer == WIRE_GOOD) {
        uint32_t have = 0;

        while (have < ROWS && j->d.output_scanline < j->d.output_height)
            have += jpeg_read_scanlines(&j->d, j->row + have, ROWS - have);
        if (j->d.out_color_space == JCS_CMYK)
            for (uint32_t i = 0; i < have; i++)
                cmyk_to_rgb(j->row[i], j->d.output_width);
        answer = sink_rgb(s, j->rows, j->stride, have);
    }
    return answer;
}

/* Where near is good enough, the coarsest of libjpeg's fast reductions that leaves enough. */
static uint32_t reduction(const struct jpeg *j, const struct sink *s)
{
    const uint32_t shorter =
        j->d.image_width < j->d.image_height ? j->d.image_width : j->d.image_height;
    uint32_t part = 8;

    if (s->use != SINK_HASH || (s->wants & DECODE_HASH_FAST) == 0)
        return 1;
    while (part > 1 && (shorter + part - 1) / part < DECODE_HASH_FAST_SIDE)
        part /= 2;
    return part;
}

static enum wire_answer begin(struct jpeg *j, struct sink *s, struct found *f)
{
    struct wire_size stored;
    enum wire_answer answer;
    size_t row_bytes;

    (void)jpeg_read_header(&j->d, TRUE);
    stored = (struct wire_size){j->d.image_width, j->d.image_height};
    if (!choose_colours(j))
        return WIRE_CODING;
    if (j->d.src->bytes_in_buffer < 2)
        return WIRE_BROKEN; /* headers and not one coded byte */
    take_exif(j, f);
    j->d.scale_denom = reduction(j, s);
    jpeg_calc_output_dimensions(&j->d);
    if (j->d.scale_denom > 1)
        answer = sink_begin_reduced(s, stored, j->d.scale_denom, f->exif.orientation);
    else
        answer =
            sink_begin(s, stored.width, stored.height, sink_is_main(s) ? f->exif.orientation : 1);
    if (answer != WIRE_GOOD)
        return answer;
    row_bytes = (size_t)j->d.output_width * (j->d.out_color_space == JCS_CMYK ? 4 : 3);
    j->stride = ((row_bytes + LINE - 1) / LINE | 1) * LINE;
    j->rows = mem_try(j->stride * ROWS);
    if (j->rows == NULL)
        return WIRE_MEMORY;
    for (size_t i = 0; i < ROWS; i++)
        j->row[i] = j->rows + i * j->stride;
    return WIRE_GOOD;
}

/* Where libjpeg stands; also after an error, since a picture without an end may hide another. */
static void find_rest(const struct jpeg *j, const uint8_t *bytes, size_t size, struct found *f)
{
    const uint8_t *next = j->d.src == NULL ? NULL : j->d.src->next_input_byte;

    /* At a cut end libjpeg stands on an end mark of its own making. */
    if (next == NULL || next < bytes || next > bytes + size)
        return;
    f->rest = next;
    f->rest_size = (size_t)(bytes + size - next);
}

static enum wire_answer run(struct jpeg *j, const uint8_t *bytes, size_t size, struct sink *s,
                            struct found *f)
{
    enum wire_answer answer;

    if (setjmp(j->jump) != 0) {
        /* Rows that came before are kept; sink_finish fills up what is missing. */
        j->damaged = true;
        find_rest(j, bytes, size, f);
        if (f->rest != NULL && f->rest >= bytes + 2 * MARKER_BYTES) {
            f->rest -= MARKER_BYTES; /* the mark that it stopped at may begin another picture */
            f->rest_size += MARKER_BYTES;
        }
        return s->rows > 0 && j->failed == WIRE_BROKEN ? WIRE_GOOD : j->failed;
    }
    jpeg_create_decompress(&j->d);
    jpeg_mem_src(&j->d, bytes, size);
    jpeg_save_markers(&j->d, APP1, MARKER_SIZE);
    if ((answer = begin(j, s, f)) != WIRE_GOOD)
        return answer;
    if (jpeg_has_multiple_scans(&j->d))
        start_many_scans(j);
    else
        (void)jpeg_start_decompress(&j->d);
    if ((answer = feed(j, s)) != WIRE_GOOD)
        return answer;
    if (!j->d.buffered_image)
        (void)jpeg_finish_decompress(&j->d);
    find_rest(j, bytes, size, f);
    if (f->rest != NULL && format_trailing(f->rest, f->rest_size))
        s->flags |= DECODE_TRAILING_DATA;
    return WIRE_GOOD;
}

static struct jpeg *jpeg_new(void)
{
    struct jpeg *j = mem_zalloc(sizeof *j);

    j->d.err = jpeg_std_error(&j->err);
    j->err.error_exit = on_error;
    j->err.emit_message = on_message;
    j->err.output_message = no_output;
    return j;
}

enum wire_answer jpeg_decode(const uint8_t *bytes, size_t size, struct sink *s, struct found *f)
{
    struct jpeg *j = jpeg_new();
    enum wire_answer answer;

    f->exif = (struct exif){.orientation = 1};
    answer = run(j, bytes, size, s, f);
    if (j->damaged || (answer == WIRE_GOOD && s->rows < s->height))
        s->flags |= DECODE_DAMAGED;
    jpeg_destroy_decompress(&j->d);
    mem_free(j->rows);
    mem_free(j);
    return answer;
}

static enum wire_answer run_piece(struct jpeg *j, const struct jpeg_piece *p)
{
    static const struct {
        J_COLOR_SPACE space;
        int components;
    } colours[] = {{JCS_GRAYSCALE, 1}, {JCS_RGB, 3}, {JCS_YCbCr, 3}};

    if (setjmp(j->jump) != 0) {
        j->damaged = true;
        return j->given > 0 && j->failed == WIRE_BROKEN ? WIRE_GOOD : j->failed;
    }
    jpeg_create_decompress(&j->d);
    if (p->tables_size > 0) {
        jpeg_mem_src(&j->d, p->tables, p->tables_size);
        if (jpeg_read_header(&j->d, FALSE) != JPEG_HEADER_TABLES_ONLY)
            return WIRE_BROKEN;
    }
    jpeg_mem_src(&j->d, p->bytes, p->bytes_size);
    (void)jpeg_read_header(&j->d, TRUE);
    if (j->d.image_width != p->size.width || j->d.image_height < p->rows ||
        j->d.image_height > p->size.height || j->d.num_components != colours[p->colours].components)
        return WIRE_BROKEN;
    j->d.jpeg_color_space = colours[p->colours].space; /* the page's word, not a guess by marks */
    j->d.out_color_space = JCS_RGB;
    if (jpeg_has_multiple_scans(&j->d))
        start_many_scans(j);
    else
        (void)jpeg_start_decompress(&j->d);
    while (j->given < p->rows) {
        JSAMPROW row = p->rgb + j->given * p->stride;

        j->given += jpeg_read_scanlines(&j->d, &row, 1);
    }
    return WIRE_GOOD;
}

enum wire_answer jpeg_piece_decode(const struct jpeg_piece *p, bool *damaged)
{
    struct jpeg *j = jpeg_new();
    const enum wire_answer answer = p->bytes_size > 0 ? run_piece(j, p) : WIRE_BROKEN;

    if (j->damaged)
        *damaged = true;
    jpeg_destroy_decompress(&j->d);
    mem_free(j);
    return answer;
}
