/* Lists of hashes as others write them: text, CSV, JSON Lines, VICS, INTERPOL ICSE, NSRL.
 * doc/lists.md tells the forms. */
#ifndef FORMAT_LISTFILE_H
#define FORMAT_LISTFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/json.h"

#define LISTFILE_LINE_MAX (1024 * 1024) /* bytes */

/* A value of 64 hex digits that nothing says more of may be SHA-256 or PDQ; then both are set. */
enum listfile_has {
    LISTFILE_MD5 = 1,
    LISTFILE_SHA1 = 2,
    LISTFILE_SHA256 = 4,
    LISTFILE_PDQ = 8,
    LISTFILE_ORIENTED = 16
};

enum listfile_form {
    LISTFILE_TEXT,
    LISTFILE_CSV,
    LISTFILE_JSONL,
    LISTFILE_VICS,
    LISTFILE_ICSE, /* CSV by semicolons with INTERPOL's columns */
    LISTFILE_NSRL  /* NSRLFile.txt of NSRL RDS 2; what reads SQLite says so of RDS 3 */
};

/* The hashes of one file and what the list says of it, all of them borrowed for the call. */
struct listfile_record {
    uint64_t line; /* on which it begins, from 1 */
    unsigned has;  /* enum listfile_has; one at least */
    uint8_t md5[16], sha1[20], sha256[32];
    uint8_t pdq[32], pdq_oriented[32]; /* of the stored and of the EXIF-turned picture */
    int quality;                       /* of the PDQ, 0..100; -1: the list does not say */
    bool unmatchable;                  /* the list itself says not to match on the PDQ */
    const char *says;                  /* a JSON object: all else, by the list's own names */
    size_t says_size;
};

struct listfile_sink {
    void *ctx;
    /* Anything but ASSAY_OK ends the reading and is returned. */
    enum assay_err (*record)(void *ctx, const struct listfile_record *r, struct err *e);
    /* A record that cannot be used, and why, without its values. Anything but ASSAY_OK ends the
     * reading. */
    enum assay_err (*refused)(void *ctx, uint64_t line, const char *reason, struct err *e);
};

/*
 * Read to the end. The form is told from how it begins: an object with a context or a list of
 * values is VICS; else from the first line that is not empty: an object is JSON Lines, names of
 * columns are CSV, all else is text. Memory does not grow with the file.
 *
 *   form   may be NULL: which form it was
 *
 * EFORMAT: bytes that are no list at all: binary, one JSON document that is no VICS, or that ends
 * early, a head without commas.
 */
enum assay_err listfile_read(json_fill *fill, void *fill_ctx, const struct listfile_sink *sink,
                             enum listfile_form *form, struct err *e);

const char *listfile_form_name(enum listfile_form form);

/*
 * One line of text with a hash, as `assay match --hashes` takes them too: `HEX`, `KIND:HEX`,
 * `KIND HEX`, each maybe with more behind a blank, tab, comma or semicolon, and as BSD's md5 writes
 * it, `KIND (NAME) = HEX`. Sets has and the hashes; *rest is what stands behind, "" for nothing.
 * Returns NULL, or why it is none: static.
 */
const char *listfile_hash(const char *line, struct listfile_record *r, const char **rest);

#endif
