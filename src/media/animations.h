/* Writers of the animations that the decoders read: APNG and WebP. */
#ifndef MEDIA_ANIMATIONS_H
#define MEDIA_ANIMATIONS_H

#include "media/files.h"

/* Each appends a whole file to out (made with FILES_BYTES_MAX): frames of the same sides, 1/10 s
 * each, each in the place of the one before. 3 or 4 channels for APNG, 3 for WebP. */
void animation_apng(const struct files_picture *frames, size_t count, struct buf *out);
void animation_webp(const struct files_picture *frames, size_t count, struct buf *out);

#endif
