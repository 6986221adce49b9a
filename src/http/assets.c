/* The console's files, embedded in the program. */
#include <string.h>

#include "base/embed.h"
#include "base/str.h"
#include "http/dispatch.h"

extern const struct embedded console_files[]; /* made by tools/embed_console.py */

static const struct {
    const char *suffix, *type;
} types[] = {
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".svg", "image/svg+xml"},
    {".json", "application/json"},
    {".woff2", "font/woff2"},
    {".png", "image/png"},
};

static const char *type_of(const char *name)
{
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (str_ends(name, types[i].suffix))
            return types[i].type;
    }
    return "application/octet-stream";
}

bool http_asset(const char *path, size_t path_size, const char *query, struct http_answer *a)
{
    const char *name = path + 1; /* past the slash */
    size_t size = path_size - 1;

    if (size == 0) {
        name = "index.html";
        size = strlen(name);
    }
    for (const struct embedded *f = console_files; f->name != NULL; f++) {
        if (strlen(f->name) != size || memcmp(f->name, name, size) != 0)
            continue;
        a->type = type_of(f->name);
        /* index.html names each file with the hash of its content behind ?v=. */
        a->immutable = query != NULL && str_starts(query, "v=");
        buf_add(&a->body, f->bytes, f->size);
        return true;
    }
    return false;
}
