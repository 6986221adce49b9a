/* Between the files of the ZIP reader: the archive under way, its directory and its pieces. */
#ifndef DECODER_ZIP_IMPL_H
#define DECODER_ZIP_IMPL_H

#include "decoder/zip.h"

#define ZIP_TEXT_MAX 65535 /* a name's or an extra field's bytes: its length has 16 bits */

/* A piece of the archive that was read ahead. */
struct zip_window {
    uint64_t at;
    size_t size;
    unsigned char bytes[UNPACK_PIECE_BYTES];
};

/* What the directory says of an entry. */
struct zip_central {
    uint16_t flags, method, made_by;
    uint32_t crc, attributes;
    uint64_t packed, unpacked, local_at;
    size_t name_size;
    uint64_t next; /* offset of the entry behind it */
    unsigned char name[ZIP_TEXT_MAX];
};

/* Where an entry's bytes lie. */
struct zip_span {
    uint64_t start, end; /* end: at least; the local header's extra field is not known here */
    uint64_t limit;      /* the next entry's start, or the directory's */
    bool shared;         /* with another entry */
};

struct zip {
    const struct zip_host *host;
    const struct unpack_limits *limits;
    uint64_t directory_at, directory_size, count;
    uint64_t total; /* bytes unpacked so far */
    struct zip_span *spans;
    struct zip_window directory, locals;
    struct zip_central entry;
    unsigned char extra[ZIP_TEXT_MAX], local_name[ZIP_TEXT_MAX];
    unsigned char in[UNPACK_PIECE_BYTES], out[UNPACK_PIECE_BYTES];
    char name[3 * ZIP_TEXT_MAX];
    bool gone; /* the other side is */
};

uint64_t zip_le(const unsigned char *in, unsigned bytes);

/* size bytes at offset, through a window; false when they lie outside of the archive or the other
 * side is gone. */
bool zip_get(struct zip *z, struct zip_window *w, uint64_t offset, void *out, size_t size);

/* Find the directory. */
enum unpack_answer zip_find_directory(struct zip *z);
/* Read the entry at offset into z->entry; false when it makes no sense. */
bool zip_central_at(struct zip *z, uint64_t offset);
/* The sizes of a local or central zip64 field in z->extra, each where *field is at its maximum;
 * false when one is missing. offset may be NULL. */
bool zip_wide(const struct zip *z, size_t extra_size, uint64_t *unpacked, uint64_t *packed,
              uint64_t *offset);
/* Read the whole directory, and note where each entry's bytes lie and which share some. */
enum unpack_answer zip_survey(struct zip *z);

#endif
