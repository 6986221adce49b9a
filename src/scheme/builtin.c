/* The scheme files that are part of the program. */
#include "scheme/scheme.h"

#include <string.h>

#include "base/embed.h"

extern const struct embedded scheme_files[]; /* made from schemes/ by tools/embed.py */

const char *scheme_builtin(size_t index, const char **name, size_t *size)
{
    for (size_t i = 0; i <= index; i++) {
        if (scheme_files[i].name == NULL)
            return NULL;
    }
    *name = scheme_files[index].name;
    *size = scheme_files[index].size;
    return (const char *)scheme_files[index].bytes;
}
