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

/* The sides that the head of a file, or the directory of a TIFF's page, says; false when the type
 * does not say them within its first bytes. */
bool av_sides(enum decode_type type, const struct av_piece *piece, struct wire_size *out);

/* Whether the file is shorter than its head says, for types whose decoders say nothing of it. */
bool av_cut(enum decode_type type, const uint8_t *bytes, size_t size);

#endif
