/* Picture files in memory: encoders for the generated pictures. */
#ifndef MEDIA_FILES_H
#define MEDIA_FILES_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define FILES_BYTES_MAX (64u << 20)

struct files_picture {
    uint32_t width, height;
    unsigned channels; /* 1 grey, 3 RGB, 4 RGBA (not for JPEG) */
    uint8_t *bytes;    /* rows one behind the other; mem_free */
};

/* A landscape as RGB. */
struct files_picture files_landscape(uint64_t seed, uint32_t width, uint32_t height);
void files_picture_free(struct files_picture *p);

enum files_jpeg { FILES_BASELINE, FILES_PROGRESSIVE };
/* Each appends a whole file to out (made with FILES_BYTES_MAX). quality 1..100. */
void files_jpeg(const struct files_picture *p, int quality, enum files_jpeg kind, struct buf *out);
enum files_png { FILES_STRAIGHT, FILES_INTERLACED };
void files_png(const struct files_picture *p, enum files_png kind, struct buf *out);
void files_webp(const struct files_picture *p, int quality, struct buf *out);

/* A JPEG with an EXIF block: orientation 1..8 and, when thumbnail is not NULL, that picture as its
 * thumbnail. */
void files_jpeg_exif(const struct files_picture *p, uint32_t orientation,
                     const struct files_picture *thumbnail, struct buf *out);

#endif
