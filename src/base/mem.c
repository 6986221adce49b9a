/* Heap and arenas; an allocation that fails ends the process. */
#include "base/mem.h"

#include <assert.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_ALIGN       16u
#define ARENA_BLOCK_BYTES 8192u /* most requests fit into one block */

static void *checked(void *p, size_t size)
{
    if (p == NULL) {
        fprintf(stderr, "assay: out of memory (%zu bytes)\n", size);
        abort();
    }
    return p;
}

static size_t product(size_t count, size_t size)
{
    size_t all;

    if (__builtin_mul_overflow(count, size, &all)) {
        fprintf(stderr, "assay: allocation of %zu x %zu bytes overflows\n", count, size);
        abort();
    }
    return all == 0 ? 1 : all;
}

void *mem_alloc(size_t size)
{
    return checked(malloc(size == 0 ? 1 : size), size);
}

void *mem_zalloc(size_t size)
{
    return checked(calloc(1, size == 0 ? 1 : size), size);
}

void *mem_array(size_t count, size_t size)
{
    size_t all = product(count, size);

    return checked(calloc(1, all), all);
}

void *mem_resize(void *old, size_t count, size_t size)
{
    size_t all = product(count, size);

    return checked(realloc(old, all), all);
}

char *mem_strdup(const char *s)
{
    return mem_dup(s, strlen(s) + 1);
}

void *mem_dup(const void *bytes, size_t size)
{
    void *copy = mem_alloc(size);

    if (size > 0)
        memcpy(copy, bytes, size);
    return copy;
}

void *mem_try(size_t size)
{
    return malloc(size == 0 ? 1 : size);
}

void mem_free(void *p)
{
    free(p);
}

void mem_keep(int size)
{
    (void)mallopt(M_MMAP_MAX, 0); /* what is mapped by itself is always given back */
    (void)mallopt(M_TRIM_THRESHOLD, size);
}

void mem_wipe(void *p, size_t size)
{
    if (size > 0)
        explicit_bzero(p, size);
}

void mem_wipe_free(void *p, size_t size)
{
    if (p != NULL)
        mem_wipe(p, size);
    free(p);
}

struct arena_block {
    struct arena_block *next;
    size_t used, size; /* bytes of data[] */
    _Alignas(ARENA_ALIGN) unsigned char data[];
};

struct arena {
    struct arena_block *head;
};

struct arena *arena_new(void)
{
    return mem_zalloc(sizeof(struct arena));
}

void arena_free(struct arena *a)
{
    if (a == NULL)
        return;
    while (a->head != NULL) {
        struct arena_block *next = a->head->next;
        mem_free(a->head);
        a->head = next;
    }
    mem_free(a);
}

void *arena_alloc(struct arena *a, size_t size)
{
    size_t rounded = (size + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);

    assert(a != NULL);
    assert(rounded >= size);
    if (a->head == NULL || a->head->size - a->head->used < rounded) {
        size_t block_size = rounded > ARENA_BLOCK_BYTES ? rounded : ARENA_BLOCK_BYTES;
        struct arena_block *block = mem_zalloc(sizeof *block + block_size);
        block->size = block_size;
        block->next = a->head;
        a->head = block;
    }
    void *p = a->head->data + a->head->used;
    a->head->used += rounded;
    return p;
}

char *arena_strdup(struct arena *a, const char *s)
{
    return arena_strndup(a, s, strlen(s));
}

char *arena_strndup(struct arena *a, const char *s, size_t size)
{
    char *copy = arena_alloc(a, size + 1);

    memcpy(copy, s, size);
    return copy;
}

char *arena_printf(struct arena *a, const char *format, ...)
{
    va_list args;
    char *text;

    va_start(args, format);
    int size = vsnprintf(NULL, 0, format, args);
    va_end(args);
    assert(size >= 0);
    text = arena_alloc(a, (size_t)size + 1);
    va_start(args, format);
    (void)vsnprintf(text, (size_t)size + 1, format, args);
    va_end(args);
    return text;
}
