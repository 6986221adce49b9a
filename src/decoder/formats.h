/* The formats' decoders: each reads the header, begins the sink and feeds it rows. */
#ifndef DECODER_FORMATS_H
#define DECODER_FORMATS_H

#include "decoder/exif.h"
#include "decoder/sink.h"

/* What a decoder found beside the pixels. */
struct found {
    struct exif exif;   /* points into the file or into exif_copy */
    uint8_t *exif_copy; /* mem_free */
    /* What lies behind the picture's end, or behind the bytes that a damaged one used; or NULL. */
    const uint8_t *rest;
    size_t rest_size;
};

/*
 * Each takes a whole file of its format (borrowed) and calls sink_begin once and sink_rgb(a) until
 * the rows end, then sink_offer for its further frames; frames, DECODE_DAMAGED, DECODE_ANIMATED and
 * DECODE_TRAILING_DATA go into the sink. When some rows came the answer is WIRE_GOOD whatever
 * stopped the rest; sink_finish is the caller's.
 */
typedef enum wire_answer (*format_decode)(const uint8_t *bytes, size_t size, struct sink *s,
                                          struct found *f);
enum wire_answer jpeg_decode(const uint8_t *bytes, size_t size, struct sink *s, struct found *f);
enum wire_answer png_decode(const uint8_t *bytes, size_t size, struct sink *s, struct found *f);
enum wire_answer webp_decode(const uint8_t *bytes, size_t size, struct sink *s, struct found *f);
enum wire_answer gif_decode(const uint8_t *bytes, size_t size, struct sink *s, struct found *f);
enum wire_answer heif_decode(const uint8_t *bytes, size_t size, struct sink *s, struct found *f);

/* One JPEG of a page of TIFF, whose tables stand apart and whose colours the page names. */
enum jpeg_colours { JPEG_COLOURS_GREY, JPEG_COLOURS_RGB, JPEG_COLOURS_YCBCR };
struct jpeg_piece {
    const uint8_t *tables, *bytes; /* borrowed; tables_size 0: it has its own */
    size_t tables_size, bytes_size;
    enum jpeg_colours colours;
    struct wire_size size; /* it must be exactly this wide and no higher */
    uint32_t rows;         /* the first of it that are wanted; it must have them */
    uint8_t *rgb;          /* where they go, R G B, stride bytes from row to row */
    size_t stride;
};

/* WIRE_GOOD when some rows came, *damaged set when pixels were guessed or rows are missing. */
enum wire_answer jpeg_piece_decode(const struct jpeg_piece *p, bool *damaged);

/* What each of the three programs decodes: the decoder of a type, or NULL. */
typedef format_decode (*format_pick)(enum decode_type type);
format_decode image_pick(enum decode_type type);
format_decode heif_pick(enum decode_type type);
format_decode av_pick(enum decode_type type);

/* Before the sandbox, of the program that uses it: libheif reads its plugins. */
void heif_begin(void);

#define FORMATS_FRAMES_MAX 10000u /* of a file whose frames can be counted without decoding */

/* True when what lies behind a picture's end is more than a little padding with zeros. */
bool format_trailing(const uint8_t *rest, size_t size);

/* Where the boxes of a file end. A last one that is longer than the file was cut off (then size),
 * unless its name is none: then it is no box, and what stands there is something else. */
size_t format_boxes_end(const uint8_t *bytes, size_t size);

/* How long the film in a file of boxes takes, as its head (mvhd in moov) says; false when it says
 * nothing of it. */
bool format_film_ms(const uint8_t *bytes, size_t size, uint64_t *out);

#endif
