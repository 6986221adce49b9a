/* Lines of lists of files: SHA-256, size, path; and which blobs a repository has. */
#ifndef BACKUP_LIST_H
#define BACKUP_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

#define LIST_PATH_SIZE 256 /* a path and a NUL */
#define LIST_LINE_SIZE 400 /* the longest line, its newline and a NUL */

struct list_line {
    uint8_t sha256[32];
    uint64_t size; /* bytes of the file */
    char path[LIST_PATH_SIZE];
};

/* A line without its newline. EFORMAT, also for a path that could lead anywhere else. */
enum assay_err list_parse(const char *line, struct list_line *out, struct err *e);
void list_write(const struct list_line *line, struct buf *b);

/* Whether a path is one that lists may have. */
bool list_path_ok(const char *path);

/* Call fn with each line of the file at path; an error of fn stops it. A last line without a
 * newline (a write that was cut off) is left out; *whole (may be NULL) is the size of what was
 * read. EFORMAT with the line's number. */
typedef enum assay_err list_fn(void *ctx, const struct list_line *line, struct err *e);
enum assay_err list_lines(const char *path, list_fn *fn, void *ctx, uint64_t *whole, struct err *e);

/* ---- blobs by name ---- */

#define LIST_NAME_BYTES 32 /* of a blob's name of 64 hex digits */

struct list_blob {
    uint8_t name[LIST_NAME_BYTES];
    uint8_t sha256[32];
    uint64_t size;
    bool there;
};

/* Zeroed is empty; some 75 bytes a blob. */
struct list_blobs {
    struct list_blob *slot;
    size_t capacity, count;
};
void list_blobs_clear(struct list_blobs *l);
struct list_blob *list_blobs_find(const struct list_blobs *l, const uint8_t name[LIST_NAME_BYTES]);
/* The place of this name, made when it is not there; valid until the next put. */
struct list_blob *list_blobs_put(struct list_blobs *l, const uint8_t name[LIST_NAME_BYTES]);

#endif
