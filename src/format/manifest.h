/* manifest.json of a release package: what is in it, who let it go. doc/package.md is the format.
 */
#ifndef FORMAT_MANIFEST_H
#define FORMAT_MANIFEST_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "scheme/scheme.h"

#define MANIFEST_FORMAT_VERSION 1
#define MANIFEST_TEXT_MAX       65536 /* bytes of the whole file */
#define MANIFEST_JSONL          "hashes.jsonl"
#define MANIFEST_CSV            "hashes.csv"

struct manifest_file {
    int64_t size; /* bytes */
    uint8_t sha256[32];
};

struct manifest_code {
    const char *code;
    int64_t count; /* rows, from 1 */
};

struct manifest {
    enum scheme_kind kind; /* training packages are refused unless asked for */
    const char *package;   /* the release's id, decimal */
    const char *workspace; /* the keyring's workspace id, 16 hex digits */
    const char *label;     /* the workspace's name as people see it */
    const char *scheme;
    int64_t scheme_version, count, min_readings;
    struct manifest_code codes[SCHEME_CODES_MAX]; /* ascending by code */
    size_t code_count;
    const char *requested_by, *approved_by; /* names; never the same person */
    int64_t approved_ms;                    /* UTC since 1970 */
    const char *software;                   /* such as "assay 0.1.0" */
    struct manifest_file jsonl, csv;
    uint8_t content_sha256[32]; /* of both lists: manifest_content */
    const char *record_entry;   /* the approval's entry in the record, its line without the break */
    const char *record_proof;   /* tlog-proof text of it: proof and signed head */
    uint8_t record_key[32];     /* Ed25519, verifies the signed head */
    const char *release_key;    /* second line of the minisign public key file */
};

/* What an approval is for: SHA-256 over the lines "NAME SIZE SHA256" of the CSV and the JSON Lines
 * file, each with a line break. The lines are put into b (reset first); whoever has a SHA-256 at
 * hand hashes them. */
void manifest_content(struct buf *b, const struct manifest_file *csv,
                      const struct manifest_file *jsonl);

/* Append the file's bytes, with a line break at the end. */
void manifest_write(struct buf *b, const struct manifest *m);

/* Read it; everything in *m lives in arena a. Only the bytes that manifest_write gives are taken.
 * EFORMAT; EVERSION: written by a newer assay. */
enum assay_err manifest_read(struct arena *a, const void *bytes, size_t size, struct manifest *m,
                             struct err *e);

#endif
