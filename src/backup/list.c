/* Reads and writes lists of files. */
#include "backup/list.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"

#define SHA256_HEX     64
#define CAPACITY_FIRST 1024
#define FILL_DIVISOR   2 /* of the table at most one half is used */

bool list_path_ok(const char *path)
{
    size_t size = strlen(path);

    if (size == 0 || size >= LIST_PATH_SIZE || path[size - 1] == '/')
        return false;
    for (size_t i = 0; i < size; i++) {
        char c = path[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     c == '_' || c == '-';
        bool begins = i == 0 || path[i - 1] == '/';
        if (!plain && (begins || (c != '.' && c != '/')))
            return false;
    }
    return true;
}

enum assay_err list_parse(const char *line, struct list_line *out, struct err *e)
{
    char hex[SHA256_HEX + 1], number[24];
    size_t length = strlen(line);
    const char *size = line + SHA256_HEX + 1;
    int64_t bytes;

    if (length < SHA256_HEX + 4 || line[SHA256_HEX] != ' ')
        return err_set(e, ASSAY_EFORMAT, "not SHA-256, size and path");
    memcpy(hex, line, SHA256_HEX);
    hex[SHA256_HEX] = '\0';
    const char *path = strchr(size, ' ');
    if (path == NULL || (size_t)(path - size) >= sizeof number || path == size)
        return err_set(e, ASSAY_EFORMAT, "no size");
    memcpy(number, size, (size_t)(path - size));
    number[path - size] = '\0';
    if (str_unhex(hex, out->sha256, sizeof out->sha256) != 0 || number[0] == '-' ||
        str_int64(number, 0, INT64_MAX, &bytes) != 0)
        return err_set(e, ASSAY_EFORMAT, "no SHA-256, or no size");
    if (!list_path_ok(path + 1))
        return err_set(e, ASSAY_EFORMAT, "a path that no backup has");
    out->size = (uint64_t)bytes;
    (void)snprintf(out->path, sizeof out->path, "%s", path + 1);
    return ASSAY_OK;
}

void list_write(const struct list_line *line, struct buf *b)
{
    char hex[SHA256_HEX + 1];

    str_hex(line->sha256, sizeof line->sha256, hex);
    buf_addf(b, "%s %llu %s\n", hex, (unsigned long long)line->size, line->path);
}

enum assay_err list_lines(const char *path, list_fn *fn, void *ctx, uint64_t *whole, struct err *e)
{
    char text[LIST_LINE_SIZE];
    struct list_line line;
    uint64_t number = 0, size = 0;
    enum assay_err rc = ASSAY_OK;
    FILE *file = fopen(path, "re");

    if (file == NULL)
        return err_errno(e, "open %.300s", path);
    while (rc == ASSAY_OK && fgets(text, sizeof text, file) != NULL) {
        size_t length = strlen(text);
        number++;
        if (length == 0 || text[length - 1] != '\n') {
            if (length + 1 < sizeof text && feof(file) != 0)
                break; /* cut off */
            rc = err_set(e, ASSAY_EFORMAT, "%.300s, line %llu: too long, or with a NUL", path,
                         (unsigned long long)number);
            break;
        }
        text[length - 1] = '\0';
        if ((rc = list_parse(text, &line, e)) != 0)
            rc = err_prefix(e, rc, "%.300s, line %llu", path, (unsigned long long)number);
        else
            rc = fn(ctx, &line, e);
        size += length;
    }
    if (rc == ASSAY_OK && ferror(file) != 0)
        rc = err_set(e, ASSAY_EIO, "%.300s cannot be read", path);
    (void)fclose(file);
    if (rc == ASSAY_OK && whole != NULL)
        *whole = size;
    return rc;
}

/* Names are keyed hashes, so their first bytes are as good as any hash of them. */
static size_t place(const struct list_blobs *l, const uint8_t name[LIST_NAME_BYTES])
{
    uint64_t first;
    size_t i;

    memcpy(&first, name, sizeof first);
    i = (size_t)first & (l->capacity - 1);
    while (l->slot[i].there && memcmp(l->slot[i].name, name, LIST_NAME_BYTES) != 0)
        i = (i + 1) & (l->capacity - 1);
    return i;
}

static void grow(struct list_blobs *l)
{
    struct list_blobs larger = {.capacity = l->capacity == 0 ? CAPACITY_FIRST : 2 * l->capacity,
                                .count = l->count};

    larger.slot = mem_array(larger.capacity, sizeof *larger.slot);
    for (size_t i = 0; i < l->capacity; i++)
        if (l->slot[i].there)
            larger.slot[place(&larger, l->slot[i].name)] = l->slot[i];
    mem_free(l->slot);
    *l = larger;
}

struct list_blob *list_blobs_find(const struct list_blobs *l, const uint8_t name[LIST_NAME_BYTES])
{
    if (l->capacity == 0)
        return NULL;
    struct list_blob *b = &l->slot[place(l, name)];
    return b->there ? b : NULL;
}

struct list_blob *list_blobs_put(struct list_blobs *l, const uint8_t name[LIST_NAME_BYTES])
{
    if (l->count >= l->capacity / FILL_DIVISOR)
        grow(l);
    struct list_blob *b = &l->slot[place(l, name)];
    if (!b->there) {
        memcpy(b->name, name, LIST_NAME_BYTES);
        b->there = true;
        l->count++;
    }
    return b;
}

void list_blobs_clear(struct list_blobs *l)
{
    mem_free(l->slot);
    *l = (struct list_blobs){0};
}
