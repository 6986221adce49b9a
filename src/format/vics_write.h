/* Writes VICS JSON, record by record: what was received, with what we say of it. Pure. */
#ifndef FORMAT_VICS_WRITE_H
#define FORMAT_VICS_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json.h"

/* doc/answer.md tells which members are written, and in which order. */
struct vics_shape {
    const char *version, *region; /* of the context; region "" before 2.0 */
    bool flat;                    /* #Media: records without cases */
    bool bom, upper_hex;
    bool received_order; /* of a record's members; else ours */
};

/* Whether a document may have this context: 1.0 to 1.3 without a region, or 2.0 with one of
 * letters, digits, _ and -. */
bool vics_context_fits(const char *version, const char *region);

/* A document being written. The bytes go to b, which the caller may empty after any call. */
struct vics_writer {
    const struct vics_shape *shape;
    struct json_out out;
    bool in_case;
};
void vics_write_begin(struct vics_writer *w, const struct vics_shape *shape, struct buf *b);
void vics_write_end(struct vics_writer *w);

/* Begin a case, and end the one before: what its head said (NULL: nothing is known of it), how many
 * records follow, and which software writes. Not for flat documents. */
void vics_write_case(struct vics_writer *w, const struct json *head, int64_t records,
                     const char *software);

/* Our own names of MediaMetadata begin so; those of an earlier answer are left out. */
#define VICS_OURS "assay."

struct vics_note {
    const char *name, *value; /* name without VICS_OURS; value NULL: left out */
};

/* What we say of a record. */
struct vics_answer {
    int64_t number;   /* MediaID where the sender gave none */
    int64_t category; /* -1: null */
    bool graded;      /* by us: not precategorised; dated_ms is when */
    int64_t dated_ms;
    bool has_md5; /* known: of the bytes, or as the sender said */
    uint8_t md5[16];
    bool has_file; /* bytes were here; what follows is theirs */
    uint8_t sha1[20], sha256[32];
    int64_t size;     /* bytes */
    const char *mime; /* by content */
    bool has_pdq;     /* one to match on */
    uint8_t pdq[32];
    const char *tags; /* "group:value", one blank between; "": none */
    const struct vics_note *notes;
    size_t note_count;
};
/* said: the record as received, an object; NULL: it could not be read. Members that are not ours to
 * say are written as they came. */
void vics_write_media(struct vics_writer *w, const struct json *said, const struct vics_answer *a);

#endif
