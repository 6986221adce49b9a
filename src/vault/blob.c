/* Seals and opens a blob chunk by chunk. */
#include "vault/blob.h"

#include <assert.h>
#include <string.h>

#define MAGIC       "ASSAYBLB"
#define MAGIC_BYTES 8
#define FORMAT      1 /* AES-256-GCM; other ciphers take other numbers */
#define KEY_ID_AT   12
#define CHUNK_AT    16
#define ID_AT       20
#define DONE        UINT64_MAX /* index of a stream whose last chunk was opened */

static_assert(ID_AT + BLOB_ID_BYTES == BLOB_HEADER_BYTES, "the id ends the header");
static_assert(CHUNK_AT + 4 == ID_AT, "the chunk size has four bytes");

static const uint8_t chunk_bytes_le[4] = {0, 0, 1, 0};
static_assert(BLOB_CHUNK_BYTES == 0x10000, "as chunk_bytes_le says");

uint64_t blob_file_size(uint64_t plain_size)
{
    assert(plain_size <= BLOB_SIZE_MAX);
    uint64_t chunks = plain_size == 0 ? 1 : (plain_size - 1) / BLOB_CHUNK_BYTES + 1;
    return BLOB_HEADER_BYTES + plain_size + chunks * AEAD_TAG_BYTES;
}

void blob_header_write(const uint8_t key_id[BLOB_KEY_ID_BYTES], const uint8_t id[BLOB_ID_BYTES],
                       uint8_t header[BLOB_HEADER_BYTES])
{
    memset(header, 0, BLOB_HEADER_BYTES);
    memcpy(header, MAGIC, MAGIC_BYTES);
    header[MAGIC_BYTES] = FORMAT;
    memcpy(header + KEY_ID_AT, key_id, BLOB_KEY_ID_BYTES);
    memcpy(header + CHUNK_AT, chunk_bytes_le, sizeof chunk_bytes_le);
    memcpy(header + ID_AT, id, BLOB_ID_BYTES);
}

enum assay_err blob_header_check(const uint8_t header[BLOB_HEADER_BYTES],
                                 const uint8_t id[BLOB_ID_BYTES], struct err *e)
{
    uint8_t want[BLOB_HEADER_BYTES];

    blob_header_write(header + KEY_ID_AT, id, want);
    if (memcmp(header, want, MAGIC_BYTES) != 0)
        return err_set(e, ASSAY_EDAMAGED, "its file does not begin as a sealed blob");
    if (memcmp(header, want, CHUNK_AT + 4) != 0)
        return err_set(e, ASSAY_EDAMAGED, "its header is of no format that this assay reads");
    if (memcmp(header, want, BLOB_HEADER_BYTES) != 0)
        return err_set(e, ASSAY_EDAMAGED, "its file holds another blob");
    return ASSAY_OK;
}

/* Bytes 0..7 the index, little-endian; 8..10 zero; 11 is 1 for the last chunk. */
static void nonce_of(uint64_t index, enum blob_place place, uint8_t nonce[AEAD_NONCE_BYTES])
{
    memset(nonce, 0, AEAD_NONCE_BYTES);
    for (size_t i = 0; i < 8; i++)
        nonce[i] = (uint8_t)(index >> (8 * i));
    nonce[AEAD_NONCE_BYTES - 1] = place == BLOB_LAST;
}

void blob_seal_chunk(struct blob_stream *s, enum blob_place place, const void *plain, size_t size,
                     uint8_t *out)
{
    uint8_t nonce[AEAD_NONCE_BYTES];

    assert(size <= BLOB_CHUNK_BYTES);
    assert(size == BLOB_CHUNK_BYTES || place == BLOB_LAST);
    assert(size > 0 || s->index == 0);
    assert(s->index != DONE); /* a nonce must not serve twice */
    nonce_of(s->index, place, nonce);
    aead_seal(s->aead, nonce, s->header, BLOB_HEADER_BYTES, plain, size, out);
    s->index = place == BLOB_LAST ? DONE : s->index + 1;
}

size_t blob_next_size(const struct blob_stream *s)
{
    if (s->index == DONE)
        return 0;
    return AEAD_TAG_BYTES +
           (s->plain_left < BLOB_CHUNK_BYTES ? (size_t)s->plain_left : BLOB_CHUNK_BYTES);
}

enum assay_err blob_open_chunk(struct blob_stream *s, const uint8_t *sealed, uint8_t *plain)
{
    size_t size = blob_next_size(s);
    uint8_t nonce[AEAD_NONCE_BYTES];
    enum assay_err rc;

    assert(size >= AEAD_TAG_BYTES);
    uint64_t left = s->plain_left - (size - AEAD_TAG_BYTES);
    nonce_of(s->index, left == 0 ? BLOB_LAST : BLOB_MORE_FOLLOW, nonce);
    if ((rc = aead_open(s->aead, nonce, s->header, BLOB_HEADER_BYTES, sealed, size, plain)) != 0)
        return rc;
    s->plain_left = left;
    s->index = left == 0 ? DONE : s->index + 1;
    return ASSAY_OK;
}
