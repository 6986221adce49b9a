/* PDQ: the 256-bit perceptual hash of a picture, bit-identical to the reference core. */
#ifndef ASSAY_PDQ_H
#define ASSAY_PDQ_H

#include <stddef.h>
#include <stdint.h>

#include "assay/err.h"

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/*
 * Method: facebook/ThreatExchange, "pdq" (hashing.pdf and the C++ core), at full size, first frame,
 * float32 luma 0.299 R + 0.587 G + 0.114 B. doc/hashing.md has the steps and the check values.
 */
#define ASSAY_PDQ_BYTES         32
#define ASSAY_PDQ_SIDE_MIN      5     /* pixels; the reference refuses less */
#define ASSAY_PDQ_SIDE_MAX      65535 /* pixels */
#define ASSAY_PDQ_MATCH_BITS    31 /* most bits in which two matching hashes differ (pdq/README) */
#define ASSAY_PDQ_MATCH_QUALITY 50 /* least quality worth matching on (pdq/README) */

struct assay_pdq {
    uint8_t bytes[ASSAY_PDQ_BYTES]; /* in the order of the hex form */
    uint8_t quality;                /* 0 featureless .. 100 rich */
};

/* A picture being hashed row by row; opaque; one thread at a time. Its memory is about
 * 4 * width * (height / 128 + 19) bytes: 0.8 MB for 4000 x 3000, 5.9 MB for 15000 x 10000. */
struct assay_pdq_stream;

/*
 * Begin a picture of width x height pixels, each ASSAY_PDQ_SIDE_MIN .. ASSAY_PDQ_SIDE_MAX.
 * ERANGE, ENOMEM. The caller frees *out with assay_pdq_stream_free.
 */
enum assay_err assay_pdq_stream_new(uint32_t width, uint32_t height, struct assay_pdq_stream **out);

/*
 * The same in the scale of the reference's command-line tool: where a side is over ASSAY_PDQ_SCALE,
 * the picture becomes ASSAY_PDQ_SCALE pixels square by nearest neighbour (pixel i of a side is
 * pixel i * side / ASSAY_PDQ_SCALE, rounded down) before anything else. Rows are fed at their own
 * size. Hashes differ from full size's by some bits: for lists made with that tool, for nothing
 * else. ERANGE, ENOMEM.
 */
#define ASSAY_PDQ_SCALE 512
enum assay_err assay_pdq_stream_new_512(uint32_t width, uint32_t height,
                                        struct assay_pdq_stream **out);

/*
 * Feed the next rows, from the top.
 *
 *   rgb      rows of width * 3 bytes, R G B, 0..255; borrowed for the call
 *   stride   bytes from one row to the next, at least 3 * width
 *   count    rows; ERANGE when more than are left
 *
 * Sixteen rows, or a multiple, a call are fastest, for they are read where they lie; but not when
 * stride is a multiple of 4096, since such rows share a few lines of the processor's cache.
 */
enum assay_err assay_pdq_stream_rgb(struct assay_pdq_stream *s, const uint8_t *rgb, size_t stride,
                                    uint32_t count);

/* The same with one byte a pixel, 0 black to 255 white; stride at least width. */
enum assay_err assay_pdq_stream_luma(struct assay_pdq_stream *s, const uint8_t *luma, size_t stride,
                                     uint32_t count);

/* The hash, after all rows were fed; ERANGE before that. out is written on success only. May be
 * asked for again. */
enum assay_err assay_pdq_stream_finish(struct assay_pdq_stream *s, struct assay_pdq *out);

/* How a picture lies: as it is, turned counter-clockwise, mirrored. */
#define ASSAY_PDQ_TURNS 8
enum assay_pdq_turn {
    ASSAY_PDQ_ORIG,
    ASSAY_PDQ_ROT90,     /* a quarter turn counter-clockwise */
    ASSAY_PDQ_ROT180,    /* half a turn */
    ASSAY_PDQ_ROT270,    /* a quarter turn clockwise */
    ASSAY_PDQ_FLIPX,     /* top and bottom swap */
    ASSAY_PDQ_FLIPY,     /* left and right swap */
    ASSAY_PDQ_FLIPPLUS1, /* rows become columns */
    ASSAY_PDQ_FLIPMINUS1 /* rows become columns, from the other corner */
};

/* "orig", "rot90", "rot180", "rot270", "flipx", "flipy", "flipplus1", "flipminus1"; static. */
const char *assay_pdq_turn_name(enum assay_pdq_turn turn);

/*
 * The hashes of the picture in all eight positions, from one transform, out[turn] each. They are
 * near the hash of turned pixels (some bits away, seldom more than 20), and equal to the
 * reference's turned hashes. All have one quality. out[ASSAY_PDQ_ORIG] is what
 * assay_pdq_stream_finish gives, except for a picture of 64 x 64, which is filtered here and not
 * there; so it is in the reference. ERANGE before all rows were fed; out is written on success
 * only.
 */
enum assay_err assay_pdq_stream_finish_turned(const struct assay_pdq_stream *s,
                                              struct assay_pdq out[ASSAY_PDQ_TURNS]);

/*
 * How many of the hash's 256 bits can be relied on: those of coefficients that are farther from the
 * median than a thousandth of all coefficients' mean distance from it. Others may turn with the
 * last bit of a pixel. 255 at most, and near it for photographs; low for symmetric graphics and
 * flat pictures, of whatever quality. ERANGE before all rows were fed; out is written on success
 * only.
 */
enum assay_err assay_pdq_stream_stable_bits(const struct assay_pdq_stream *s, unsigned *out);

void assay_pdq_stream_free(struct assay_pdq_stream *s); /* NULL is fine */

/* A whole picture at once; arguments as above. ERANGE, ENOMEM. */
enum assay_err assay_pdq_hash_rgb(const uint8_t *rgb, uint32_t width, uint32_t height,
                                  size_t stride, struct assay_pdq *out);
enum assay_err assay_pdq_hash_luma(const uint8_t *luma, uint32_t width, uint32_t height,
                                   size_t stride, struct assay_pdq *out);

/* A part of a picture, in pixels from its left and its upper edge. */
struct assay_pdq_box {
    uint32_t left, top, width, height;
};

/*
 * What is left of a picture without its plain borders, so that it can be hashed without them: a
 * bar of a tenth of the height turns more bits than a match allows.
 *
 *   rgb, width, height, stride   a whole picture, rows as above; sides of 1 .. ASSAY_PDQ_SIDE_MAX
 *   out                          the whole picture where no border is; all 0 where all is border
 *
 * A border is what can be taken off line by line from the outside while every sample of the line
 * is at most ASSAY_PDQ_BORDER_LEVELS from the mean colour of the side's outermost line: room for
 * what JPEG does beside an edge. First above, then below, left and right, each once, so that bars
 * within bars stay. A plain sky or a dark edge is a border too: the hash of what is left stands
 * beside the picture's own, never in its place. The hash is that of the part's pixels:
 *
 *   assay_pdq_hash_rgb(rgb + b.top * stride + 3 * b.left, b.width, b.height, stride, &hash)
 *
 * ERANGE: a side is 0 or too large, or the stride is less than a row. No memory is asked for;
 * hardly a sample is looked at twice.
 */
#define ASSAY_PDQ_BORDER_LEVELS 24
enum assay_err assay_pdq_unborder_rgb(const uint8_t *rgb, uint32_t width, uint32_t height,
                                      size_t stride, struct assay_pdq_box *out);

/* Bits in which two hashes differ, 0..256. Quality has no say. */
unsigned assay_pdq_distance(const struct assay_pdq *a, const struct assay_pdq *b);

#define ASSAY_PDQ_HEX_LENGTH 64                         /* digits of the text form */
#define ASSAY_PDQ_HEX_SIZE   (ASSAY_PDQ_HEX_LENGTH + 1) /* with the NUL behind them */

/* The text form that lists exchange: ASSAY_PDQ_HEX_LENGTH lower-case hex digits and a NUL. */
void assay_pdq_to_hex(const struct assay_pdq *hash, char hex[ASSAY_PDQ_HEX_SIZE]);

/*
 * The text form's bytes, strictly ^[0-9a-f]{64}$. The text has no quality; out's becomes 0, and
 * where the list gives one, the caller puts it there.
 *
 *   text, length   the digits and their number; no NUL is asked for
 *
 * ERANGE when length is not ASSAY_PDQ_HEX_LENGTH; EFORMAT when one is no lower-case hex digit.
 */
enum assay_err assay_pdq_from_hex(const char *text, size_t length, struct assay_pdq *out);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
