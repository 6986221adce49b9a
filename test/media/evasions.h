/* Files that show one picture and hold another: every way of it that the decoders must see. */
#ifndef MEDIA_EVASIONS_H
#define MEDIA_EVASIONS_H

#include "decode/decode.h"
#include "media/files.h"

/* What a file is made of: shown is its main picture, hidden the other; both landscapes as RGB. */
struct evasion {
    const char *name; /* of the file */
    uint32_t flags;   /* all that must be raised */
    enum decode_facet_kind kind;
    struct files_picture shown, hidden;
};

/* The evasion of this index from 0, its file appended to out (made with FILES_BYTES_MAX); false
 * after the last. evasion_clear. */
bool evasion_make(unsigned index, struct evasion *e, struct buf *out);
void evasion_clear(struct evasion *e);

#endif
