/* The order of hits: distance, then id; few by insertion, many by counting bytes. */
#include <string.h>

#include "index/index_impl.h"

#define FEW       48
#define KEY_BYTES 5 /* the id's four and the distance's one: a radius is at most 64 */

static uint64_t key_of(const struct assay_index_hit *h)
{
    return (uint64_t)h->distance << 32 | h->id;
}

static void insertion(struct assay_index_hit *hits, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        struct assay_index_hit hit = hits[i];
        size_t to = i;
        for (; to > 0 && key_of(&hits[to - 1]) > key_of(&hit); to--)
            hits[to] = hits[to - 1];
        hits[to] = hit;
    }
}

/* A counting sort by each byte, from the lowest; one that all share is passed over. */
static void by_bytes(struct assay_index_hit *hits, struct assay_index_hit *spare, size_t count)
{
    struct assay_index_hit *from = hits, *to = spare;

    for (unsigned byte = 0; byte < KEY_BYTES; byte++) {
        size_t start[256] = {0}, sum = 0;
        for (size_t i = 0; i < count; i++)
            start[key_of(&from[i]) >> (8 * byte) & 255]++;
        if (start[key_of(&from[0]) >> (8 * byte) & 255] == count)
            continue;
        for (unsigned v = 0; v < 256; v++) {
            size_t size = start[v];
            start[v] = sum;
            sum += size;
        }
        for (size_t i = 0; i < count; i++)
            to[start[key_of(&from[i]) >> (8 * byte) & 255]++] = from[i];
        struct assay_index_hit *swapped = from;
        from = to;
        to = swapped;
    }
    if (from != hits)
        memcpy(hits, from, count * sizeof *hits);
}

size_t hits_sort(struct assay_index_hit *hits, struct assay_index_hit *spare, size_t count)
{
    size_t kept = 0;

    if (count <= FEW)
        insertion(hits, count);
    else
        by_bytes(hits, spare, count);
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || key_of(&hits[kept - 1]) != key_of(&hits[i]))
            hits[kept++] = hits[i];
    }
    return kept;
}
