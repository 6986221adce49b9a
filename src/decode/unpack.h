/* The parent's side of assay-unpack: the entries of a ZIP archive, read in a sandboxed child. */
#ifndef DECODE_UNPACK_H
#define DECODE_UNPACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/seekable.h"

/*
 * doc/archives.md is the protocol. The child asks for the archive's bytes piece by piece and sends
 * entries and their bytes back over one socket, so neither side holds more than some 64 KiB pieces
 * and the archive may lie anywhere: in a file, sealed in the vault, or encrypted.
 */
struct unpack_limits {
    uint32_t entries_max; /* of the directory; folders count */
    uint32_t ratio_max;   /* unpacked bytes a packed byte, beyond UNPACK_RATIO_FREE_BYTES */
    uint32_t depth_max;   /* archives inside of archives; for the caller, who recurses */
    uint64_t entry_bytes; /* unpacked */
    uint64_t total_bytes; /* unpacked, all entries that are given together */
};
extern const struct unpack_limits unpack_limits_default; /* 100,000; 200; 3; 4 GB; 100 GB */

#define UNPACK_RATIO_FREE_BYTES (10u << 20)
#define UNPACK_NAME_MAX         4096 /* bytes of UTF-8 */

/* What is wrong with one entry; the others go on. */
enum unpack_fault {
    UNPACK_FINE,
    UNPACK_ENCRYPTED,
    UNPACK_METHOD,   /* packed by another method than stored and deflate */
    UNPACK_LINK,     /* a symbolic link */
    UNPACK_SPECIAL,  /* neither file nor folder */
    UNPACK_FOLDER,   /* a folder that carries bytes */
    UNPACK_NO_NAME,  /* an empty name */
    UNPACK_LONG,     /* a name of over UNPACK_NAME_MAX bytes; it is given cut */
    UNPACK_NUL,      /* a name with a zero byte in it; it is given cut there */
    UNPACK_ABSOLUTE, /* a name that begins at a root or a drive */
    UNPACK_UPWARDS,  /* a name with a ".." in it */
    UNPACK_OVERLAP,  /* its bytes are another entry's too: a bomb */
    UNPACK_PLACE,    /* its bytes would lie outside of the archive */
    UNPACK_LOCAL,    /* the header before its bytes contradicts the directory */
    UNPACK_LARGE,    /* over entry_bytes */
    UNPACK_RATIO,    /* over ratio_max: a bomb */
    UNPACK_SIZE,     /* it unpacks to more or fewer bytes than it says */
    UNPACK_CHECKSUM, /* the CRC is another */
    UNPACK_BROKEN,   /* the packed bytes make no sense */
    UNPACK_FAULTS
};
/* A sentence's end that says so, such as "it is encrypted"; static. */
const char *unpack_fault_text(enum unpack_fault fault);

/* What is wrong with a name that came out of an archive, if anything. It is only ever kept as a
 * text, never opened; what would lead elsewhere is refused all the same. A backslash counts as a
 * slash. */
enum unpack_fault unpack_name_fault(const char *name, size_t size);

struct unpack_entry {
    const char *name;          /* UTF-8, at most UNPACK_NAME_MAX bytes and a NUL; hostile text */
    uint64_t packed, unpacked; /* bytes, as the directory says */
};

/*
 * What becomes of the entries; an error of a callback ends the child and is returned. An entry is
 * one `end`; a fine one is `begin`, `data`..., `end`. Nothing of an entry may be used before `end`
 * said UNPACK_FINE. Folders are passed over.
 */
struct unpack_sink {
    void *ctx;
    enum assay_err (*begin)(void *ctx, const struct unpack_entry *entry, struct err *e);
    enum assay_err (*data)(void *ctx, const void *bytes, size_t size, struct err *e);
    enum assay_err (*end)(void *ctx, const struct unpack_entry *entry, enum unpack_fault fault,
                          struct err *e);
};

struct decode_env;

/*
 * Unpack one archive in a process of its own; the calling thread must stay until the end. Limits
 * are kept by the child and checked here. Entries that were ended before an error stand.
 *
 * EFORMAT: no ZIP archive, or its directory contradicts itself. EUNSUPPORTED: split, or no sandbox.
 * ELIMIT: too many entries or bytes, or too slow. EDAMAGED: the child died or lied (a finding).
 * EIO: it could not be started. Otherwise what the archive's bytes or the sink answered.
 */
enum assay_err unpack_zip(struct decode_env *env, const struct seekable *archive,
                          const struct unpack_limits *limits, const struct unpack_sink *sink,
                          struct err *e);

#endif
