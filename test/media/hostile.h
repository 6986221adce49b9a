/* Files that mean harm, in memory: what the tests of import and of the decoders are given. */
#ifndef MEDIA_HOSTILE_H
#define MEDIA_HOSTILE_H

#include "base/buf.h"

/*
 * The hostile files, one by one: index 0.. until the name is NULL. name is a file name whose ending
 * may lie; out (made with FILES_BYTES_MAX) is emptied and filled. Everything shown in them is a
 * landscape or plain colour.
 */
const char *files_hostile(unsigned index, struct buf *out);

#endif
