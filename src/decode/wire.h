/* What goes between the parent and its decoders: doc/decoder.md in C, shared by both sides. */
#ifndef DECODE_WIRE_H
#define DECODE_WIRE_H

#include <stdbool.h>
#include <stdint.h>

#include "decode/decode.h"

#define WIRE_VERSION       2
#define WIRE_INPUT_FD      3
#define WIRE_OUTPUT_FD     4
#define WIRE_FACET_BYTES   64 /* an entry of the table of facets */
#define WIRE_REPLY_BYTES   (256 + DECODE_FACETS_MAX * WIRE_FACET_BYTES) /* the output begins so */
#define WIRE_PAYLOAD_AT    8192 /* pixels or renditions begin here, behind the reply's pages */
#define WIRE_REQUEST_BYTES (64 + DECODE_FACETS_MAX * 8) /* assay-encode's input; pixels follow */
#define WIRE_VIEW_BYTES    (3u * DECODE_FULL_SIDE * DECODE_FULL_SIDE)
#define WIRE_TILE_BYTES    (3u * DECODE_SMALL_SIDE * DECODE_SMALL_SIDE)
/* The payload of a decoder: the view, then a place of WIRE_TILE_BYTES for each facet; sparse. */
#define WIRE_PIXELS_BYTES  (WIRE_VIEW_BYTES + DECODE_FACETS_MAX * WIRE_TILE_BYTES)
#define WIRE_ENCODED_BYTES (24u << 20) /* all renditions of one picture together; sparse */

enum wire_kind { WIRE_DECODE = 1, WIRE_ENCODE = 2, WIRE_PROBE = 3 };

/* How a child ended its work. The parent has the sentence for each: no text crosses. */
enum [[nodiscard]] wire_answer{WIRE_GOOD = 1,    WIRE_BROKEN, /* nothing of it could be decoded */
                               WIRE_CODING,      /* a coding of a known type that we do not read */
                               WIRE_TYPE,        /* a type that this child does not decode */
                               WIRE_SIDE,        /* a side is over the limit */
                               WIRE_PIXELS,      /* width * height is over the limit */
                               WIRE_MEMORY,      /* it would not fit into the child's memory */
                               WIRE_NO_SANDBOX,  /* seccomp is not to be had; nothing was read */
                               WIRE_BAD_REQUEST, /* the request is not of this protocol version */
                               WIRE_ANSWER_COUNT};

/* Bits of wire_head.layers. */
enum wire_layer {
    WIRE_LAYER_SECCOMP = 1u << 0,
    WIRE_LAYER_RLIMITS = 1u << 1,
    WIRE_LAYER_NO_CAPS = 1u << 2,
    WIRE_LAYER_USERNS = 1u << 3,
    WIRE_LAYER_NETNS = 1u << 4,
    WIRE_LAYER_MOUNTNS = 1u << 5,
    WIRE_LAYER_PIDNS = 1u << 6,
    WIRE_LAYER_IPCNS = 1u << 7,
    WIRE_LAYER_CHROOT = 1u << 8,
    WIRE_LAYER_OFF = 1u << 9 /* a sanitizer build: no sandbox at all */
};
#define WIRE_LAYERS_ALL ((WIRE_LAYER_OFF << 1) - 1u)

struct wire_head {
    enum wire_kind kind;
    uint32_t answer;   /* enum wire_answer */
    uint32_t layers;   /* enum wire_layer */
    uint32_t landlock; /* ABI in force, 0 none */
};

struct wire_size {
    uint32_t width, height;
};

struct wire_facet {
    uint32_t kind, index;
    uint32_t orientation; /* 1..8: how its tile was turned */
    struct wire_size size, tile;
    bool has_pdq;
    struct assay_pdq pdq;
};

struct wire_picture {
    uint32_t type; /* enum decode_type */
    uint32_t width, height, frames, flags, orientation;
    bool has_pdq, has_pdq_oriented;
    bool oriented_too_large; /* no room to turn the picture, so pdq_oriented is missing */
    struct assay_pdq pdq, pdq_oriented;
    uint32_t view_width, view_height;
    uint32_t frames_seen, facet_count;
    struct wire_facet facets[DECODE_FACETS_MAX];
};

struct wire_rendition {
    uint32_t width, height;
    uint32_t offset, size; /* bytes; offset from WIRE_PAYLOAD_AT */
};

struct wire_reply {
    struct wire_head head;
    struct wire_picture picture;                              /* WIRE_DECODE */
    struct wire_rendition renditions[DECODE_RENDITION_COUNT]; /* WIRE_ENCODE */
};

/* Child: the reply as bytes. out holds WIRE_REPLY_BYTES. */
void wire_reply_put(const struct wire_reply *r, unsigned char *out);

/*
 * Parent: the reply from bytes that a hostile child may have written. in holds WIRE_REPLY_BYTES.
 * Checks everything that can be checked without knowing the request: EDAMAGED names the field; out
 * is filled on success only. When head.answer is not WIRE_GOOD the rest is zero.
 */
enum assay_err wire_reply_get(const unsigned char *in, enum wire_kind kind, struct wire_reply *out,
                              struct err *e);

/* What assay-encode is given: behind the request the view's pixels, then those of each tile. */
struct wire_request {
    struct wire_size view;
    uint32_t tile_count; /* one a facet; 0..DECODE_FACETS_MAX */
    struct wire_size tiles[DECODE_FACETS_MAX];
};

/* out and in are WIRE_REQUEST_BYTES. */
void wire_request_put(const struct wire_request *r, unsigned char *out);
/* EFORMAT when it is not of this version, the view's sides are not 1..DECODE_FULL_SIDE or a tile's
 * not 1..DECODE_SMALL_SIDE. */
enum assay_err wire_request_get(const unsigned char *in, struct wire_request *out);
/* Bytes of all pixels behind the request. */
size_t wire_request_pixels(const struct wire_request *r);

/* A picture scaled down so that its long side is at most side; never up; no side becomes 0. */
struct wire_size wire_fit(struct wire_size picture, uint32_t side);
/* The picture's sides after the EXIF turn: swapped for 5..8. */
struct wire_size wire_turned(struct wire_size picture, uint32_t orientation);
/* Tiles in rows: square cells of side pixels, WIRE_GRID_GAP between and around them. */
#define WIRE_GRID_GAP 4
struct wire_grid {
    uint32_t columns, rows, side;
    struct wire_size size;
};

/* The grid of count tiles, 1 .. 1 + DECODE_FACETS_MAX, with the largest cells up to side_max that
 * keep it within DECODE_FULL_SIDE; of those the one with the fewest rows, then columns. */
struct wire_grid wire_grid_of(uint32_t count, uint32_t side_max);

/* The sides that a rendition of a view and its facets must have; 0 x 0: it is not made. */
struct wire_size wire_rendition_size(struct wire_size view, uint32_t facet_count,
                                     enum decode_rendition r);

#endif
