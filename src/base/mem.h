/* The one door to the heap: allocations that cannot fail, and arenas. */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>

/*
 * In the server an allocation that fails aborts the process: the supervisor restarts it, and
 * transactions make that safe. So none of these ever returns NULL. Sizes are in bytes.
 * libassay (src/hash, src/index) does not use this file; it reports ASSAY_ENOMEM.
 */
void *mem_alloc(size_t size);               /* not cleared */
void *mem_zalloc(size_t size);              /* cleared */
void *mem_array(size_t count, size_t size); /* cleared; the product is checked */
void *mem_resize(void *old, size_t count,
                 size_t size); /* grown part not cleared; product checked */
char *mem_strdup(const char *s);
void *mem_dup(const void *bytes, size_t size);
/* Not cleared; NULL when there is none. Only for sizes that a file from outside asks for, in the
 * decoders, whose memory is limited: there a refusal is an answer. */
void *mem_try(size_t size);
void mem_free(void *p); /* NULL is fine */

/* For a process that does the same work again and again: up to size bytes that were freed are kept
 * for the next time, instead of being given back to the kernel and asked of it anew. */
void mem_keep(int size);

/* Overwrite secrets or plain media before they are freed; never optimised away. */
void mem_wipe(void *p, size_t size);
/* Wipe size bytes, then free. NULL is fine. */
void mem_wipe_free(void *p, size_t size);

/* An arena holds what one request or one job allocates and frees it at once. */
struct arena;

struct arena *arena_new(void);
void arena_free(struct arena *a);                /* NULL is fine */
void *arena_alloc(struct arena *a, size_t size); /* cleared, 16-byte aligned, lives as long as a */
char *arena_strdup(struct arena *a, const char *s);
char *arena_strndup(struct arena *a, const char *s, size_t size); /* NUL added */
char *arena_printf(struct arena *a, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
