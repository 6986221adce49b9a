/* Still pictures by libavcodec's decoders, one by one named: assay-decode-av. */
#ifndef DECODER_AV_H
#define DECODER_AV_H

#include "decoder/avrows.h"
#include "decoder/formats.h"

/* A piece of a file that one of libavcodec's decoders takes. */
struct av_piece {
    const char *decoder;  /* libavcodec's name of it */
    const uint8_t *bytes; /* hostile; borrowed */
    size_t size;
    size_t grey; /* bytes of 128 put behind them: for a file that was cut */
    int page;    /* of a TIFF, from 1; 0 elsewhere */
};

/*
 * Decode the first picture of a piece in this thread. sides and pixels are checked against
 * limits before libavcodec makes room. *damaged is set when the decoder complained; *out is the
 * caller's on WIRE_GOOD (av_frame_free).
 */
enum wire_answer av_first_frame(const struct av_piece *piece, const struct sink *limits,
                                AVFrame **out, bool *damaged);

/* The picture of a piece of `type` into the sink, whose frames are set. What is missing of a file
 * that was cut becomes grey where its coding allows. f->exif says how it is turned. */
enum wire_answer av_still(struct av_piece *piece, enum decode_type type, struct sink *s,
                          struct found *f);

/* The formats that go through libavcodec as they are, and icons, which hold one. */
enum wire_answer av_decode(const uint8_t *bytes, size_t size, struct sink *s, struct found *f);
enum wire_answer ico_decode(const uint8_t *bytes, size_t size, struct sink *s, struct found *f);

/* The sides that the head of a file says; false when the type does not say them within its first
 * bytes. */
bool av_sides(enum decode_type type, const uint8_t *bytes, size_t size, struct wire_size *out);

/* Whether the file is shorter than its head says, for types whose decoders say nothing of it. */
bool av_cut(enum decode_type type, const uint8_t *bytes, size_t size);

#endif
