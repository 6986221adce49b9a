/* One record of VICS media, whatever its writer's habits: hashes, size, grade, and where it lies.
 * Pure. */
#ifndef FORMAT_VICS_MEDIA_H
#define FORMAT_VICS_MEDIA_H

#include <stdbool.h>
#include <stdint.h>

#include "base/json.h"

struct vics_media {
    bool has_md5, has_sha1, has_sha256;
    uint8_t md5[16], sha1[20], sha256[32];
    int64_t size;     /* bytes; -1: not said */
    int64_t category; /* 0 .. 255; -1: none */
    const char *path; /* RelativeFilePath with slashes, inside its folder; NULL: none */
    const char *name; /* of the first place where it was found; NULL: none */
};

/*
 * Texts live as long as the record and arena a. Numbers may be texts of digits; hashes of either
 * case, empty or null where there is none; SHA-256 among AlternativeHashes. EFORMAT names the
 * member and what is wrong with it: a hash of another length, a number that is none, a path that is
 * absolute or leads out of the folder; or a record without a hash and without a path.
 */
enum assay_err vics_media_read(struct arena *a, const struct json *media, struct vics_media *out,
                               struct err *e);

#endif
