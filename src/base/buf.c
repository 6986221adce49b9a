/* Growing byte buffer with a maximum and a sticky overflow mark. */
#include "base/buf.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

void buf_init(struct buf *b, size_t max)
{
    *b = (struct buf){.max = max};
}

void buf_clear(struct buf *b)
{
    mem_free(b->data);
    buf_init(b, b->max);
}

void buf_wipe(struct buf *b)
{
    mem_wipe_free(b->data, b->capacity);
    buf_init(b, b->max);
}

void buf_reset(struct buf *b)
{
    b->size = 0;
    b->over = false;
}

/* One byte more than asked for is always kept free for buf_cstr's NUL. */
unsigned char *buf_reserve(struct buf *b, size_t size)
{
    assert(b->max > 0);
    if (b->over || size > b->max - b->size) {
        b->over = true;
        return NULL;
    }
    size_t need = b->size + size + 1;
    if (need > b->capacity) {
        size_t capacity = b->capacity == 0 ? 256 : b->capacity;
        while (capacity < need)
            capacity *= 2;
        unsigned char *grown = mem_alloc(capacity);
        if (b->size > 0)
            memcpy(grown, b->data, b->size);
        mem_wipe_free(b->data, b->capacity); /* a buffer may hold plain media */
        b->data = grown;
        b->capacity = capacity;
    }
    return b->data + b->size;
}

void buf_add(struct buf *b, const void *bytes, size_t size)
{
    unsigned char *to = buf_reserve(b, size);

    if (to == NULL || size == 0)
        return;
    memcpy(to, bytes, size);
    b->size += size;
}

void buf_add_str(struct buf *b, const char *s)
{
    buf_add(b, s, strlen(s));
}

void buf_add_char(struct buf *b, char c)
{
    buf_add(b, &c, 1);
}

void buf_addf(struct buf *b, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    int size = vsnprintf(NULL, 0, format, args);
    va_end(args);
    assert(size >= 0);
    unsigned char *to = buf_reserve(b, (size_t)size);
    if (to == NULL)
        return;
    va_start(args, format);
    (void)vsnprintf((char *)to, (size_t)size + 1, format, args);
    va_end(args);
    b->size += (size_t)size;
}

static void add_le(struct buf *b, uint64_t v, size_t size)
{
    unsigned char bytes[8];

    for (size_t i = 0; i < size; i++)
        bytes[i] = (unsigned char)(v >> (8 * i));
    buf_add(b, bytes, size);
}

void buf_add_le16(struct buf *b, uint16_t v)
{
    add_le(b, v, 2);
}

void buf_add_le32(struct buf *b, uint32_t v)
{
    add_le(b, v, 4);
}

const char *buf_cstr(struct buf *b)
{
    if (b->data == NULL)
        return "";
    b->data[b->size] = '\0';
    return (const char *)b->data;
}

char *buf_take(struct buf *b)
{
    char *text = b->data == NULL ? mem_strdup("") : (char *)b->data;

    if (b->data != NULL)
        b->data[b->size] = '\0';
    buf_init(b, b->max);
    return text;
}
