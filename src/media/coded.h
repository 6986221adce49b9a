/* Writers of stills by the system's encoders: HEIC, AVIF, JPEG XL, JPEG 2000. */
#ifndef MEDIA_CODED_H
#define MEDIA_CODED_H

#include "media/files.h"

/* Each appends a whole file to out; p has 3 channels, of AVIF and HEIC 3 or 4. False when this
 * system has no such encoder. */
enum coded_heif { CODED_HEIC, CODED_AVIF };
bool coded_heif(const struct files_picture *pictures, size_t count, enum coded_heif kind,
                struct buf *out); /* lossy, near enough for a hash of 10 bits' distance */
bool coded_heif_thumbnail(const struct files_picture *p, const struct files_picture *thumbnail,
                          enum coded_heif kind, struct buf *out); /* the same, with a thumbnail */
bool coded_jxl(const struct files_picture *p, struct buf *out);   /* without loss */
bool coded_jxl_frames(const struct files_picture *frames, size_t count,
                      struct buf *out);                         /* an animation, without loss */
bool coded_jp2(const struct files_picture *p, struct buf *out); /* without loss */

#endif
