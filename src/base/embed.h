/* Files that tools/embed.py puts into the program. */
#ifndef BASE_EMBED_H
#define BASE_EMBED_H

#include <stddef.h>

/* A table ends with a row whose name is NULL. */
struct embedded {
    const char *name; /* without folders */
    const unsigned char *bytes;
    size_t size; /* a zero byte stands behind the last one, not counted */
};

#endif
