/* The pictures that a file shows beside its main one: looked at row by row, kept when distinct. */
#ifndef DECODER_FACETS_H
#define DECODER_FACETS_H

#include "decode/pool.h"
#include "decode/wire.h"

/* One picture while its rows come: its hash, and a tile for the sheet. */
struct look {
    struct wire_size size;
    struct wire_size tile_size; /* of the stored picture, before any turn */
    uint32_t rows;              /* taken so far */
    uint8_t *tile;              /* NULL: only the hash is wanted */
    struct assay_pdq_stream *pdq;
    struct scale *scale;
};

/* Make room for a picture of these sides, 1..65535. WIRE_GOOD or WIRE_MEMORY; look_free in any
 * case. */
enum wire_answer look_begin(struct look *l, struct wire_size size);
/* The same without a tile, for the hash alone; wants: enum decode_hash_want. */
enum wire_answer look_begin_hash(struct look *l, struct wire_size size, uint32_t wants);
/* A stream in the scale that is wanted; sides as assay_pdq_stream_new takes them. */
enum assay_err look_pdq(uint32_t wants, struct wire_size size, struct assay_pdq_stream **out);
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
    struct wire_picture *picture;  /* facets, facet_count and flags are written here */
    struct decode_chances *listed; /* then frames are listed here instead, by their hashes alone */
    uint32_t wants;                /* with listed: enum decode_hash_want */
    uint8_t *tiles;                /* DECODE_FACETS_MAX places of WIRE_TILE_BYTES; borrowed */
    const uint8_t *view;           /* the main picture's; borrowed */
    uint8_t *main_tile;            /* made of it at the first comparison */
    struct wire_size main_size;    /* of main_tile */
    uint64_t pixels_left;          /* that may still be looked at in this file */
    int64_t cpu_us_max;            /* process time after which no further picture is begun */
    uint32_t looked;
};

/*
 * The main picture is known: picture is filled and view holds its upright pixels. Both are borrowed
 * until facets_end.
 */
void facets_begin(struct facets *f, const struct decode_limits *limits,
                  struct wire_picture *picture, const uint8_t *view, uint8_t *tiles);
/* The same where frames are only to be listed by their hashes; listed is borrowed too. */
void facets_begin_list(struct facets *f, const struct decode_limits *limits,
                       struct wire_picture *picture, uint32_t wants, struct decode_chances *listed);
void facets_end(struct facets *f);

/* Begin to look at a picture in the way that these facets ask for. */
enum wire_answer facets_look(const struct facets *f, struct look *l, struct wire_size size);

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
 *
 * Of a list only frames are taken, and those with a hash: FACETS_KNOWN is one that is within
 * DECODE_HASH_FRAME_BITS of the main picture's or of one before it.
 */
enum facets_verdict facets_take(struct facets *f, struct look *l, struct facet_name name);

#endif
