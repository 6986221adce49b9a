/* Where a record's hashes stand. */
#include "match/listed.h"

static const uint8_t sizes[] = {16, 20, 32, 32, 32};
#define KINDS (sizeof sizes / sizeof sizes[0])

size_t listed_hash_bytes(unsigned has)
{
    size_t size = 0;

    for (size_t i = 0; i < KINDS; i++)
        size += (has & 1u << i) != 0 ? sizes[i] : 0;
    return size;
}

size_t listed_size(unsigned has, size_t says_size)
{
    return (sizeof(struct listed) + listed_hash_bytes(has) + says_size + 7) / 8 * 8;
}

const uint8_t *listed_hash(const struct listed *r, unsigned bit)
{
    return (r->has & bit) == 0 ? NULL : r->bytes + listed_hash_bytes(r->has & (bit - 1));
}

const char *listed_says(const struct listed *r)
{
    return (const char *)r->bytes + listed_hash_bytes(r->has);
}
