/* VICS JSON, as Project VIC's and CAID's tools write it: records of media, one after another. */
#ifndef FORMAT_VICS_H
#define FORMAT_VICS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/json.h"

#define VICS_VERSION_SIZE 8  /* bytes, with the NUL */
#define VICS_REGION_SIZE  32 /* bytes, with the NUL */

/* What the document's context says of it; "" where it says nothing, or not in front of the media.
 */
struct vics_context {
    char version[VICS_VERSION_SIZE]; /* "2.0" */
    char region[VICS_REGION_SIZE];   /* "UK"; versions before 2.0 have none */
    uint64_t cases;  /* whose media began so far: the one that a record is of, from 1; 0: of none */
    uint64_t offset; /* of the record at hand: bytes in front of it, of UTF-8 */
};

struct vics_sink {
    void *ctx;
    /* A record of media: an object, borrowed for the call. Anything but ASSAY_OK ends the reading
     * and is returned. */
    enum assay_err (*media)(void *ctx, const struct vics_context *context, const struct json *media,
                            struct err *e);
    /* A record that cannot be taken, from which line, and why, without its values. */
    enum assay_err (*refused)(void *ctx, const struct vics_context *context, uint64_t line,
                              const char *reason, struct err *e);
    /* What a case says beside its media, when it is over: an object, borrowed. NULL: not wanted. */
    enum assay_err (*head)(void *ctx, const struct vics_context *context, const struct json *head,
                           struct err *e);
    /* The document is over: its context is known, wherever it stood. NULL: not wanted. */
    void (*ended)(void *ctx, const struct vics_context *context);
};

enum vics_guess { VICS_NO, VICS_YES, VICS_PERHAPS };

/* Whether a file that begins with these bytes is to be read as VICS: UTF-16LE, or an object that
 * begins with a context or with the list of values. PERHAPS: more of it will tell. */
enum vics_guess vics_begins(const void *bytes, size_t size);

/*
 * Read to the end. Versions 1.0 to 2.0, flat lists of media (#Media) and cases that hold media
 * (#Cases), UTF-8 or UTF-16LE, with or without a byte order mark, the members of all objects in any
 * order. Memory does not grow with the file. EFORMAT: no JSON, from its line on; no list of media.
 */
enum assay_err vics_read(json_fill *fill, void *fill_ctx, const struct vics_sink *sink,
                         struct err *e);

#endif
