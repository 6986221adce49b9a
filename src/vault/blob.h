/* A sealed blob's bytes (doc/vault.md, format 1): pure, no files. Private to this folder. */
#ifndef VAULT_BLOB_H
#define VAULT_BLOB_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "keys/aead.h"

/*
 *   header 36 | chunk 0 | tag 16 | chunk 1 | tag 16 | ... | last chunk | tag 16
 *
 * All chunks but the last hold BLOB_CHUNK_BYTES, the last 1 to that many; an empty blob is one
 * empty last chunk. Each is sealed by itself under the blob's own key: its place and whether it is
 * the last stand in the nonce, the header is bound to it. So no chunk can be left out, added,
 * moved or taken from another blob.
 */
#define BLOB_ID_BYTES     16
#define BLOB_KEY_ID_BYTES 4
#define BLOB_HEADER_BYTES 36
#define BLOB_CHUNK_BYTES  65536
#define BLOB_SEALED_MAX   (BLOB_CHUNK_BYTES + AEAD_TAG_BYTES)
#define BLOB_SIZE_MAX     ((uint64_t)1 << 48) /* plain bytes; far above any disk */

/* Bytes of the file of a blob of so many plain bytes, at most BLOB_SIZE_MAX. */
uint64_t blob_file_size(uint64_t plain_size);

void blob_header_write(const uint8_t key_id[BLOB_KEY_ID_BYTES], const uint8_t id[BLOB_ID_BYTES],
                       uint8_t header[BLOB_HEADER_BYTES]);

/* EDAMAGED when it is no header of the blob with this id; says what is wrong. Only a chunk's tag
 * proves the rest of it. */
enum assay_err blob_header_check(const uint8_t header[BLOB_HEADER_BYTES],
                                 const uint8_t id[BLOB_ID_BYTES], struct err *e);

/* Where in a blob a stream is. */
struct blob_stream {
    struct aead *aead; /* of the blob's key; borrowed */
    uint8_t header[BLOB_HEADER_BYTES];
    uint64_t index;      /* of the next chunk */
    uint64_t plain_left; /* bytes not yet opened; unused when sealing */
};

enum blob_place { BLOB_MORE_FOLLOW, BLOB_LAST };

/* Seal the next chunk into out, which holds size + AEAD_TAG_BYTES. */
void blob_seal_chunk(struct blob_stream *s, enum blob_place place, const void *plain, size_t size,
                     uint8_t *out);

/* Sealed bytes of the next chunk, by plain_left; 0 behind the last. */
size_t blob_next_size(const struct blob_stream *s);

/* Open the next chunk, blob_next_size bytes of sealed, into plain, which holds AEAD_TAG_BYTES less.
 * EDAMAGED. */
enum assay_err blob_open_chunk(struct blob_stream *s, const uint8_t *sealed, uint8_t *plain);

#endif
