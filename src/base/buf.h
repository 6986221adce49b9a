/* A growing byte buffer that cannot be made without a maximum. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Write a series of pieces, then look once at `over`: when a piece would have passed the maximum,
 * nothing more is added and over stays true. data is not NUL-terminated except after buf_cstr.
 */
struct buf {
    unsigned char *data;
    size_t size, capacity, max; /* bytes */
    bool over;
};

void buf_init(struct buf *b, size_t max);
void buf_clear(struct buf *b); /* frees; may be used again like after buf_init with the same max */
void buf_wipe(struct buf *b);  /* overwrites, then frees */
void buf_reset(struct buf *b); /* size 0, memory kept, over false */
void buf_add(struct buf *b, const void *bytes, size_t size);
void buf_add_str(struct buf *b, const char *s);
void buf_add_char(struct buf *b, char c);
void buf_addf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buf_add_le16(struct buf *b, uint16_t v);
void buf_add_le32(struct buf *b, uint32_t v);

/* Room for size more bytes at the end, to be filled by the caller, who then adds to b->size.
 * Returns NULL and sets over when that would pass the maximum. */
unsigned char *buf_reserve(struct buf *b, size_t size);

/* The bytes with a NUL behind them; borrowed until the next change. The NUL is not counted. */
const char *buf_cstr(struct buf *b);

/* The bytes with a NUL behind them, now the caller's (mem_free); b is empty again. */
char *buf_take(struct buf *b);

#endif
