/* The pictures that a file shows beside its main one: looked at row by row, kept when distinct. */
#ifndef DECODER_FACETS_H
#define DECODER_FACETS_H

#include "decode/wire.h"

/* One picture while its rows come: its hash, and a tile for the sheet. */
struct look {
    struct wire_size size;
    struct wire_size tile_size; /* of the stored picture, before any turn */
    uint32_t rows;              /* taken so far */
    uint8_t *tile;
    struct assay_pdq_stream *pdq;
    struct scale *scale;
};

/* Make room for a picture of these sides, 1..65535. WIRE_GOOD or WIRE_MEMORY; look_free in any
 * case. */
enum wire_answer look_begin(struct look *l, struct wire_size size);
/* The next rows from the top, R G B. WIRE_MEMORY. */
enum wire_answer look_rows(struct look *l, const uint8_t *rgb, size_t stride, uint32_t count);
void look_free(struct look *l);

/* What tells facets of one file from one another. */
struct facet_name {
    enum decode_facet_kind kind;
    uint32_t index;       /* of the frame or page; else counts those of its kind */
    uint32_t orientation; /* 1..8: how its tile is to be turned */
};

/* Two hashes of unrelated pictures differ in about 128 bits; of a picture and its own thumbnail in
 * 20 to 30. Between lie crops and bars, which cameras make. */
#define FACETS_OTHER_BITS 80u

struct facets {
    const struct decode_limits *limits;
    struct wire_picture *picture; /* facets, facet_count and flags are written here */
    uint8_t *tiles;               /* DECODE_FACETS_MAX places of WIRE_TILE_BYTES; borrowed */
    const uint8_t *view;          /* the main picture's; borrowed */
    uint8_t *main_tile;           /* made of it at the first comparison */
    struct wire_size main_size;   /* of main_tile */
    uint64_t pixels_left;         /* that may still be looked at in this file */
    int64_t cpu_us_max;           /* process time after which no further picture is begun */
    uint32_t looked;
};

/*
 * The main picture is known: picture is filled and view holds its upright pixels. Both are borrowed
 * until facets_end.
 */
void facets_begin(struct facets *f, const struct decode_limits *limits,
                  struct wire_picture *picture, const uint8_t *view, uint8_t *tiles);
void facets_end(struct facets *f);

/*
 * Whether one more picture of these sides may be looked at. A file gets FACETS_LOOKS_MAX of them,
 * three times limits->pixels_max pixels and three fifths of limits->cpu_s. When not,
 * DECODE_FRAMES_UNSEEN is set: never silence.
 */
bool facets_room(struct facets *f, struct wire_size size);

enum facets_verdict { FACETS_KEPT, FACETS_KNOWN, FACETS_NOT_KEPT };

/*
 * All rows of the look came. FACETS_KNOWN: it shows what the main picture or a facet shows already
 * (PDQ at most 31 bits apart with both of quality 50 or more, or nearly the same tile). Else it is
 * kept with its tile turned upright. FACETS_NOT_KEPT: there was no place or memory left, and
 * DECODE_FRAMES_UNSEEN is set.
 */
enum facets_verdict facets_take(struct facets *f, struct look *l, struct facet_name name);

#endif
