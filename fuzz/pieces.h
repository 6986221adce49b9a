/* For readers of streams: the bytes of a try, in pieces. */
#ifndef FUZZ_PIECES_H
#define FUZZ_PIECES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct pieces {
    const uint8_t *at;
    size_t left, size; /* of a piece, at most */
};

/* A json_fill. */
static inline size_t pieces_fill(void *ctx, void *out, size_t size)
{
    struct pieces *p = ctx;
    size_t n = p->left < size ? p->left : size;

    n = n < p->size ? n : p->size;
    memcpy(out, p->at, n);
    p->at += n;
    p->left -= n;
    return n;
}

#endif
