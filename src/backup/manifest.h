/* manifest.json of a backup: whose it is, of when, and what must be found in it. */
#ifndef BACKUP_MANIFEST_H
#define BACKUP_MANIFEST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "store/store.h"

#define BACKUP_MANIFEST     "manifest.json"
#define BACKUP_SIGNATURE    "manifest.json.minisig"
#define BACKUP_FILES        "files"
#define BACKUP_VERSION      1
#define BACKUP_MANIFEST_MAX (256 * 1024) /* bytes */

struct backup_counts {
    int64_t items, sightings, decisions, views, entries, blobs;
};

struct backup_manifest {
    const char *workspace; /* 16 hex digits */
    const char *label, *software;
    bool training;
    int64_t made_ms;
    enum store_engine engine;
    int64_t schema;
    struct backup_counts counts;
    const char *head;     /* the checkpoint's text; empty when nothing was signed yet */
    int64_t files, bytes; /* how many, and all their bytes */
    int64_t list_size;    /* of the file `files` */
    uint8_t list_sha256[32];
};

void backup_manifest_write(const struct backup_manifest *m, struct buf *b);

/* Texts live in arena a. EFORMAT; EVERSION: a later format. */
enum assay_err backup_manifest_read(struct arena *a, const void *bytes, size_t size,
                                    struct backup_manifest *out, struct err *e);

#endif
