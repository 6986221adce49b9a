/* Where decoded rows go: into the hash, the scaled view and, for turned pictures, memory; and where
 * the further pictures of a file go, its facets. */
#ifndef DECODER_SINK_H
#define DECODER_SINK_H

#include "decoder/facets.h"

enum sink_use {
    SINK_PICTURE,   /* the main picture: hashed and scaled; facets may be offered behind it */
    SINK_HASH,      /* the main picture: hashed; other hashes where they are wanted */
    SINK_THUMBNAIL, /* small; kept whole and nothing else */
    SINK_FACET      /* a further picture of the file: looked at */
};

/* What transparency hides of a picture, summed up pixel by pixel. */
struct hidden {
    uint64_t weight, sum[3], square[3]; /* weight: 255 for a pixel that is not to be seen at all */
    uint64_t pixels, partial;           /* all; those that are neither opaque nor transparent */
};

/*
 * Set use and limits before the decoder is called; for a picture also view and, where facets are to
 * be looked at, tiles; for a hash what is wanted and where the second chances go; for a facet the
 * facets that it may become one of.
 * The rest is the sink's.
 */
struct sink {
    enum sink_use use;
    const struct decode_limits *limits;
    uint32_t wants;                 /* SINK_HASH: enum decode_hash_want */
    struct decode_chances *chances; /* SINK_HASH: zero but for the places of frames; borrowed */
    uint8_t *view;                  /* WIRE_VIEW_BYTES; of SINK_PICTURE only */
    uint8_t *tiles;                 /* DECODE_FACETS_MAX * WIRE_TILE_BYTES; NULL: no facets */
    struct facets *facets; /* SINK_FACET: the main picture's; SINK_PICTURE: its own, once closed */

    uint32_t width, height, rows; /* rows: taken so far */
    uint32_t orientation;
    uint32_t frames, flags;  /* set by the decoders: enum decode_flag */
    bool has_duration;       /* set by the decoders of animations that say it: */
    uint64_t duration_ms;    /* 0..INT64_MAX, all frames once */
    uint32_t reduced;        /* 1; more when rows come of a picture with this part of the sides: */
    struct wire_size stored; /* then, as in any case, the picture's own */
    uint8_t *whole;          /* the stored picture, where it is needed whole; or NULL */
    struct hidden hidden;
    struct assay_pdq_stream *pdq;
    struct scale *scale;
    struct look look;         /* SINK_FACET */
    struct look white, black; /* the picture as viewers show it, on both backdrops */
    bool flattens, closed;    /* closed: the main picture is finished, made is filled */
    struct facets own;
    struct wire_picture made;
};

/* Whether a picture of these sides is in the limits: WIRE_GOOD, WIRE_SIDE, WIRE_PIXELS or, when
 * one is 0, WIRE_BROKEN. sink_begin asks the same. */
enum wire_answer sink_check(const struct sink *s, uint32_t width, uint32_t height);

/*
 * The decoder has read the header: check the limits, then make room. A picture with an EXIF turn is
 * kept whole too, if there is memory for that; without it the turned hash is left out.
 */
enum wire_answer sink_begin(struct sink *s, uint32_t width, uint32_t height, uint32_t orientation);

/* The same of a picture whose rows come at a part of its sides, rounded up: 1 / reduced. For
 * SINK_HASH alone. */
enum wire_answer sink_begin_reduced(struct sink *s, struct wire_size stored, uint32_t reduced,
                                    uint32_t orientation);

/* Whether this is the picture that a file is known by, to be turned as EXIF says. */
bool sink_is_main(const struct sink *s);

/* The next rows from the top, R G B. */
enum wire_answer sink_rgb(struct sink *s, const uint8_t *rows, size_t stride, uint32_t count);

/* The same as R G B A; alpha is dropped after a look at what it hides. scratch takes 3 * width
 * bytes. */
enum wire_answer sink_rgba(struct sink *s, const uint8_t *rows, size_t stride, uint32_t count,
                           uint8_t *scratch);

/* A further picture of the file, whole in memory: a frame, a page, another image. */
struct sink_facet {
    enum decode_facet_kind kind; /* DECODE_FACET_FRAME for frames and pages */
    uint32_t index;              /* of the frame or page in the file; the main picture's is 0 */
    struct wire_size size;
    unsigned channels;     /* 3 or 4 */
    const uint8_t *pixels; /* rows of channels * size.width bytes; borrowed for the call */
};

/*
 * Behind the rows of the main picture (set s->frames before) a decoder goes through the frames:
 *
 *     while (there is a next frame && sink_room(s, its size)) {
 *         decode it, compose it (decoder/canvas.h);
 *         sink_offer(s, &facet);
 *     }
 *
 * sink_room is false when the file's share of work is used up, and then says so by
 * DECODE_FRAMES_UNSEEN; also (without a word) when nobody looks at frames here, which
 * sink_looks_at_frames tells before anything is done for them. A frame that cannot
 * be decoded is passed over by sink_unseen. sink_offer never fails: a picture that is like one
 * before is dropped; of R G B A the alpha is dropped, and when that hides something, what viewers
 * show is a facet too. Memory that is short sets DECODE_FRAMES_UNSEEN.
 */
bool sink_looks_at_frames(const struct sink *s);
bool sink_room(struct sink *s, struct wire_size size);
void sink_offer(struct sink *s, const struct sink_facet *f);
void sink_unseen(struct sink *s);

/*
 * The same for a further picture that comes row by row, through a sink of its own: sink_page makes
 * that ready (false when nobody looks at pictures of this kind), a decoder fills it, sink_page_end
 * takes what came of it, frees it and says what became of the picture; FACETS_NOT_KEPT also when
 * nothing came.
 */
bool sink_page(struct sink *s, struct sink *page, enum decode_facet_kind kind);
enum facets_verdict sink_page_end(struct sink *s, struct sink *page, enum wire_answer answer,
                                  enum decode_facet_kind kind, uint32_t index);

/* Whether the transparency of this picture of 4 channels hides another: for frames whose hidden
 * colours the canvas would lose. */
bool sink_hides(const struct sink_facet *f);

/* The hash of a part of a picture that is kept whole. The errors are those of PDQ: ERANGE when the
 * part is too small for one. */
enum assay_err sink_hash_part(const struct sink *s, const struct assay_pdq_box *b, uint32_t wants,
                              struct assay_pdq *out);

/*
 * No more rows will come. Missing ones become grey and the picture damaged; WIRE_BROKEN when none
 * came at all. Of a main picture s->made is filled, all but its type (of a SINK_HASH without view
 * and frames seen); further facets may be taken into s->facets until sink_free, and go there too.
 */
enum wire_answer sink_finish(struct sink *s);

void sink_free(struct sink *s);

#endif
