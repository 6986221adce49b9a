/* Still pictures by libavcodec's decoders, one by one named: assay-decode-av. */
#ifndef DECODER_AV_H
#define DECODER_AV_H

#include <libavcodec/avcodec.h>

#include "decoder/avrows.h"
#include "decoder/formats.h"

/* A piece of a file that one of libavcodec's decoders takes. */
struct av_piece {
    const char *decoder;  /* libavcodec's name of it */
    const uint8_t *bytes; /* hostile; borrowed */
    size_t size;
    size_t grey;      /* bytes of 128 put behind them, for a file that was cut; 0 at first */
    AVPacket *packet; /* made by the first decode; av_piece_free */
    size_t directory; /* of the wanted page of a TIFF; 0 elsewhere */
};

void av_piece_free(struct av_piece *piece);

/* The picture of a piece of `type` into the sink, whose frames are set. What is missing of a file
 * that was cut becomes grey where its coding allows. f->exif says how it is turned. */
enum wire_answer av_still(struct av_piece *piece, enum decode_type type, struct sink *s,
                          struct found *f);

/* The formats that go through libavcodec as they are, and icons, which hold one. */
enum wire_answer av_decode(const uint8_t *bytes, size_t size, struct sink *s, struct found *f);
enum wire_answer ico_decode(const uint8_t *bytes, size_t size, struct sink *s, struct found *f);
enum wire_answer tiff_decode(const uint8_t *bytes, size_t size, struct sink *s, struct found *f);
/* By libjxl itself, since libavcodec gives the first frame alone. */
enum wire_answer jxl_decode(const uint8_t *bytes, size_t size, struct sink *s, struct found *f);

/* A page whose strips or tiles are JPEGs; turn is 1..8. WIRE_CODING of other colours than grey, RGB
 * and YCbCr, and of planes apart. */
struct tiff;
enum wire_answer tiff_jpeg(const struct tiff *t, size_t page, struct sink *s, uint32_t turn);

/* The sides that the head of a file, or the directory of a TIFF's page, says; false when the type
 * does not say them within its first bytes. */
bool av_sides(enum decode_type type, const struct av_piece *piece, struct wire_size *out);

/*
 * Where the picture that begins the file ends, as its head or its own marks say; at most size,
 * which also means that it was cut. 0 when the format does not tell.
 */
size_t av_end(enum decode_type type, const uint8_t *bytes, size_t size);

/* Numbers of heads: of 1..4 bytes; in words, behind spaces and comments (UINT32_MAX when too long),
 * from *at, which moves behind it; and behind a word. */
enum av_order { AV_LITTLE, AV_BIG };
uint32_t av_get(const uint8_t *p, unsigned bytes, enum av_order order);
bool av_text_number(const uint8_t *p, size_t size, size_t *at, uint32_t *out);
bool av_word_number(const uint8_t *p, size_t size, const char *word, uint32_t *out);

/* Whether the file is shorter than its head says, for types whose decoders say nothing of it. */
bool av_cut(enum decode_type type, const uint8_t *bytes, size_t size);

#endif
