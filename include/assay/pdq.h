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
 * 4 * width * (height / 128 + 19) bytes: 0.7 MB for 4000 x 3000, 5.9 MB for 15000 x 10000. */
struct assay_pdq_stream;

/*
 * Begin a picture of width x height pixels, each ASSAY_PDQ_SIDE_MIN .. ASSAY_PDQ_SIDE_MAX.
 * ERANGE, ENOMEM. The caller frees *out with assay_pdq_stream_free.
 */
enum assay_err assay_pdq_stream_new(uint32_t width, uint32_t height, struct assay_pdq_stream **out);

/*
 * Feed the next rows, from the top.
 *
 *   rgb      rows of width * 3 bytes, R G B, 0..255; borrowed for the call
 *   stride   bytes from one row to the next, at least 3 * width
 *   count    rows; ERANGE when more than are left
 */
enum assay_err assay_pdq_stream_rgb(struct assay_pdq_stream *s, const uint8_t *rgb, size_t stride,
                                    uint32_t count);

/* The same with one byte a pixel, 0 black to 255 white; stride at least width. */
enum assay_err assay_pdq_stream_luma(struct assay_pdq_stream *s, const uint8_t *luma, size_t stride,
                                     uint32_t count);

/* The hash, after all rows were fed; ERANGE before that. out is written on success only. May be
 * asked for again. */
enum assay_err assay_pdq_stream_finish(struct assay_pdq_stream *s, struct assay_pdq *out);

void assay_pdq_stream_free(struct assay_pdq_stream *s); /* NULL is fine */

/* A whole picture at once; arguments as above. ERANGE, ENOMEM. */
enum assay_err assay_pdq_hash_rgb(const uint8_t *rgb, uint32_t width, uint32_t height,
                                  size_t stride, struct assay_pdq *out);
enum assay_err assay_pdq_hash_luma(const uint8_t *luma, uint32_t width, uint32_t height,
                                   size_t stride, struct assay_pdq *out);

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
