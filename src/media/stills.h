/* Writers by hand of the still formats that need no library: for the tests and the demo. */
#ifndef MEDIA_STILLS_H
#define MEDIA_STILLS_H

#include <stddef.h>
#include <stdint.h>

#include "media/files.h"

/*
 * Each appends a whole file to out (made with FILES_BYTES_MAX). Pictures have 3 channels unless
 * said otherwise. All but GIF and the palette BMP keep every value; those two keep pictures whose
 * colours went through stills_few_colours.
 */

/* Bring a picture to the 216 colours (six levels a channel) that the palettes here hold. */
void stills_few_colours(struct files_picture *p);

enum stills_bmp {
    STILLS_BMP_24,
    STILLS_BMP_PALETTE, /* 8 bits a pixel */
    STILLS_BMP_RLE,     /* the same, run-length coded */
    STILLS_BMP_ALPHA    /* p has 4 channels; bit fields in a version 4 header */
};
void stills_bmp(const struct files_picture *p, enum stills_bmp kind, struct buf *out);

enum stills_tga { STILLS_TGA_RAW, STILLS_TGA_RLE };
void stills_tga(const struct files_picture *p, enum stills_tga kind, struct buf *out);

/* kind '1'..'6' as in the mark P1..P6, or '7' for PAM. '2', '5', '1' and '4' take 1 channel; of '1'
 * and '4' every value below 128 is black. PAM takes 1, 3 or 4. */
void stills_pnm(const struct files_picture *p, char kind, struct buf *out);

enum stills_tiff {
    STILLS_TIFF_8,    /* 1, 3 or 4 channels */
    STILLS_TIFF_16,   /* 3 channels, big-endian; the low byte is noise */
    STILLS_TIFF_CMYK, /* the picture as C = 255 - R ..., K = 0 */
    STILLS_TIFF_JPEG  /* one strip of JPEG with its tables apart; lossy */
};
/* One directory a page. */
void stills_tiff(const struct files_picture *pages, size_t count, enum stills_tiff kind,
                 struct buf *out);

/* A GIF89a that loops; frames fill the canvas, whose sides are those of the first. */
void stills_gif(const struct files_picture *frames, size_t count, struct buf *out);

enum stills_ico { STILLS_ICO_BMP, STILLS_ICO_PNG };
/* Icons of 1..256 pixels a side. */
void stills_ico(const struct files_picture *pictures, size_t count, enum stills_ico kind,
                struct buf *out);

enum stills_psd { STILLS_PSD_RAW, STILLS_PSD_RLE };
void stills_psd(const struct files_picture *p, enum stills_psd kind, struct buf *out);

void stills_qoi(const struct files_picture *p, struct buf *out); /* 3 or 4 channels */
void stills_dds(const struct files_picture *p, struct buf *out); /* 32 bits, not compressed */
void stills_sgi(const struct files_picture *p, struct buf *out); /* 1, 3 or 4 channels, plain */
void stills_pcx(const struct files_picture *p, struct buf *out); /* 3 planes of 8 bits */
void stills_sun(const struct files_picture *p, struct buf *out); /* Sun raster, 24 bits */

#endif
