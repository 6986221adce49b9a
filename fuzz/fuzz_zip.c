/* Fuzzes the ZIP reader: what it gives keeps every limit, whatever the archive says. */
#include <assert.h>
#include <string.h>

#include "base/str.h"
#include "decoder/zip.h"
#include "fuzz.h"

struct host {
    const uint8_t *bytes;
    size_t size;
    uint64_t said, given, total;
    bool open;
};

static const struct unpack_limits limits = {
    .entries_max = 50, .ratio_max = 200, .entry_bytes = 1 << 20, .total_bytes = 3 << 20};

static bool read_bytes(void *ctx, uint64_t offset, void *out, size_t size)
{
    const struct host *h = ctx;

    assert(size > 0 && size <= UNPACK_PIECE_BYTES && offset <= h->size && size <= h->size - offset);
    memcpy(out, h->bytes + offset, size);
    return true;
}

static bool entry(void *ctx, const struct unpack_entry *n, size_t name_size,
                  enum unpack_fault fault)
{
    struct host *h = ctx;

    assert(!h->open && name_size <= UNPACK_NAME_MAX && str_is_utf8(n->name, name_size));
    assert(fault < UNPACK_FAULTS);
    if (fault != UNPACK_FINE)
        return true;
    assert(unpack_name_fault(n->name, name_size) == UNPACK_FINE);
    assert(n->unpacked <= limits.entry_bytes);
    h->total += n->unpacked;
    assert(h->total <= limits.total_bytes);
    h->open = true;
    h->said = n->unpacked;
    h->given = 0;
    return true;
}

static bool data(void *ctx, const void *bytes, size_t size)
{
    struct host *h = ctx;

    (void)bytes;
    h->given += size;
    assert(h->open && size > 0 && size <= UNPACK_PIECE_BYTES && h->given <= h->said);
    return true;
}

static bool end(void *ctx, enum unpack_fault fault)
{
    struct host *h = ctx;

    assert(h->open && (fault != UNPACK_FINE || h->given == h->said));
    h->open = false;
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct host h = {.bytes = bytes, .size = size};
    const struct zip_host host = {
        .ctx = &h, .size = size, .read = read_bytes, .entry = entry, .data = data, .end = end};
    enum unpack_answer answer = zip_walk(&host, &limits);

    assert(!h.open && answer != UNPACK_BAD_REQUEST);
    return 0;
}
