/* The sidecar CSV of an import: what a source says about its files. doc/sidecar.md is the format.
 */
#ifndef FORMAT_SIDECAR_H
#define FORMAT_SIDECAR_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "format/csv.h"
#include "scheme/scheme.h"

#define SIDECAR_FILE_MAX   4096 /* bytes */
#define SIDECAR_SOURCE_MAX 200
#define SIDECAR_URL_MAX    4096
#define SIDECAR_NOTE_MAX   8000

/* Everything is borrowed for the call and content: never logged. Absent texts and hashes are NULL.
 * At least one of file, md5, sha1, sha256 is there; scheme and code are both there or both not. */
struct sidecar_row {
    uint64_t line; /* on which the row begins, from 1 */
    const char *file;
    const uint8_t *md5, *sha1, *sha256; /* 16, 20, 32 bytes */
    const char *source, *scheme, *code;
    const char *const
        *tags;        /* group:value, no doubles; whether the scheme has them is not checked */
    size_t tag_count; /* at most SCHEME_TAGS_MAX */
    const char *url, *page_url, *note;
    int64_t time_found_ms; /* UTC since 1970; 0: not given */
};

struct sidecar_sink {
    void *ctx;
    /* A good row; anything but ASSAY_OK ends the reading and is returned. */
    enum assay_err (*row)(void *ctx, const struct sidecar_row *row, struct err *e);
    /* A bad row: its reason names line and column, never a value. Reading goes on. */
    void (*refused)(void *ctx, uint64_t line, const char *reason);
};

/* Read all rows. EFORMAT: the header row is wrong (the text names the column), and nothing is read.
 * Empty lines are passed over. */
enum assay_err sidecar_read(struct csv_reader *r, const struct sidecar_sink *sink, struct err *e);

#endif
