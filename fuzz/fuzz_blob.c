/* Any bytes as a sealed blob, and any bytes sealed and then changed at one place: nothing opens but
 * what was sealed, and that comes back whole. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "fuzz.h"
#include "vault/blob.h"

static const uint8_t key[AEAD_KEY_BYTES] = {1}, id[BLOB_ID_BYTES] = {2};
static const uint8_t key_id[BLOB_KEY_ID_BYTES] = {3};

/* As the vault reads: length, header, chunks. plain holds plain_size bytes. */
static bool opens(const uint8_t *file, size_t size, uint64_t plain_size, uint8_t *plain)
{
    struct blob_stream s = {.plain_left = plain_size};
    size_t at = BLOB_HEADER_BYTES, next;
    bool good = true;

    if (size != blob_file_size(plain_size) || blob_header_check(file, id, NULL) != 0)
        return false;
    memcpy(s.header, file, BLOB_HEADER_BYTES);
    s.aead = aead_new(AEAD_OPEN, key);
    while (good && (next = blob_next_size(&s)) > 0) {
        good = blob_open_chunk(&s, file + at, plain) == 0;
        at += next;
        plain += next - AEAD_TAG_BYTES;
    }
    if (good && at != size)
        abort();
    aead_free(s.aead);
    return good;
}

static void seal(const uint8_t *plain, size_t size, uint8_t *file)
{
    struct blob_stream s = {0};
    size_t at = 0;

    s.aead = aead_new(AEAD_SEAL, key);
    blob_header_write(key_id, id, s.header);
    memcpy(file, s.header, BLOB_HEADER_BYTES);
    file += BLOB_HEADER_BYTES;
    do {
        size_t step = size - at < BLOB_CHUNK_BYTES ? size - at : BLOB_CHUNK_BYTES;
        blob_seal_chunk(&s, at + step == size ? BLOB_LAST : BLOB_MORE_FOLLOW, plain + at, step,
                        file);
        at += step;
        file += step + AEAD_TAG_BYTES;
    } while (at < size);
    aead_free(s.aead);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *plain = mem_alloc(size + 1);
    uint64_t chunks = size / (BLOB_CHUNK_BYTES + AEAD_TAG_BYTES) + 1;

    /* As a file: by each plain size that could fit it. */
    for (uint64_t n = chunks > 1 ? chunks - 1 : 1; n <= chunks; n++) {
        uint64_t around = BLOB_HEADER_BYTES + n * AEAD_TAG_BYTES;
        if (size >= around)
            (void)opens(data, size, size - around, plain);
    }

    /* As plain bytes behind a place and a change. */
    if (size < 4)
        goto out;
    uint32_t place = (uint32_t)data[0] | (uint32_t)data[1] << 8 | (uint32_t)data[2] << 16;
    size_t plain_size = size - 4, file_size = blob_file_size(plain_size);
    uint8_t *file = mem_alloc(file_size);
    seal(data + 4, plain_size, file);
    if (!opens(file, file_size, plain_size, plain))
        abort();
    if (plain_size > 0 && memcmp(plain, data + 4, plain_size) != 0)
        abort();
    file[place % file_size] ^= data[3];
    if (data[3] != 0 && opens(file, file_size, plain_size, plain))
        abort();
    mem_free(file);
out:
    mem_free(plain);
    return 0;
}
