/* Reads a ZIP archive as a hostile file: its directory first, then each entry in the directory's
 * order. */
#ifndef DECODER_ZIP_H
#define DECODER_ZIP_H

#include "decode/unpack_wire.h"

/* Where the bytes come from and go to. Each returns false when the other side is gone: then
 * zip_walk returns at once with UNPACK_BAD_REQUEST, which nobody reads. */
struct zip_host {
    void *ctx;
    uint64_t size; /* of the archive */
    /* 1..UNPACK_PIECE_BYTES bytes that lie inside of the archive. */
    bool (*read)(void *ctx, uint64_t offset, void *out, size_t size);
    /* An entry, at fault or fine; after a fine one data and one end. name is not terminated. */
    bool (*entry)(void *ctx, const struct unpack_entry *entry, size_t name_size,
                  enum unpack_fault fault);
    bool (*data)(void *ctx, const void *bytes, size_t size);
    bool (*end)(void *ctx, enum unpack_fault fault);
};

/*
 * The directory at the end is what counts; the header before an entry's bytes must agree with it.
 * Before the first entry is given, the directory was read to its end: its count is right, and which
 * entries share bytes is known. An entry that would pass entry_bytes or ratio_max by its own sizes
 * is refused before a byte of it is unpacked, and none unpacks to more than it says.
 *
 * Memory: three pieces and 40 bytes an entry, whatever the archive's size.
 */
enum unpack_answer zip_walk(const struct zip_host *host, const struct unpack_limits *limits);

/* A name as it stands in an archive as UTF-8: as it is when it is UTF-8 already, else from code
 * page 437. out holds 3 * size bytes; returns the bytes used. */
size_t zip_name_utf8(const unsigned char *name, size_t size, char *out);

#endif
