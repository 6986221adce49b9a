/* The schemes and mappings that are part of the program. */
#include <stddef.h>

#include "base/embed.h"
#include "scheme/mapping.h"

/* Made by tools/embed.py, from schemes/ and mappings/. */
extern const struct embedded scheme_files[], mapping_files[];

static const char *nth(const struct embedded *files, size_t index, const char **name, size_t *size)
{
    for (size_t i = 0; i <= index; i++) {
        if (files[i].name == NULL)
            return NULL;
    }
    *name = files[index].name;
    *size = files[index].size;
    return (const char *)files[index].bytes;
}

const char *scheme_builtin(size_t index, const char **name, size_t *size)
{
    return nth(scheme_files, index, name, size);
}

const char *mapping_builtin(size_t index, const char **name, size_t *size)
{
    return nth(mapping_files, index, name, size);
}
