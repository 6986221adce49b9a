/* What goes between the parent and assay-unpack: doc/archives.md in C, shared by both sides. */
#ifndef DECODE_UNPACK_WIRE_H
#define DECODE_UNPACK_WIRE_H

#include "decode/unpack.h"

#define UNPACK_VERSION       1
#define UNPACK_SOCKET_FD     3
#define UNPACK_REQUEST_BYTES 64
#define UNPACK_HEAD_BYTES    16
#define UNPACK_PIECE_BYTES   65536 /* the most that one READ asks for and one DATA carries */
#define UNPACK_ENTRY_BYTES   12    /* of an ENTRY, before the name */

/* What a child says. */
enum unpack_message {
    UNPACK_READ = 1, /* value: offset; size: bytes wanted, 1..UNPACK_PIECE_BYTES */
    UNPACK_ENTRY,    /* value: unpacked bytes; then packed bytes (8), fault (4), name */
    UNPACK_DATA,     /* size bytes follow, 1..UNPACK_PIECE_BYTES */
    UNPACK_END,      /* value: enum unpack_fault */
    UNPACK_DONE      /* value: enum unpack_answer; nothing follows it */
};

/* How a child ended its work. */
enum [[nodiscard]] unpack_answer{UNPACK_GOOD = 1,    UNPACK_NO_ZIP, /* no end record */
                                 UNPACK_CONTRADICTS, /* the directory contradicts itself */
                                 UNPACK_SPLIT,       /* over several files */
                                 UNPACK_ENTRIES,     /* more than entries_max */
                                 UNPACK_TOTAL,       /* more than total_bytes */
                                 UNPACK_MEMORY,      /* the child's memory does not suffice */
                                 UNPACK_NO_SANDBOX,  /* seccomp is not to be had */
                                 UNPACK_BAD_REQUEST, /* not of this version */
                                 UNPACK_ANSWERS};

struct unpack_request {
    uint64_t size; /* of the archive */
    struct unpack_limits limits;
};

/* out and in are UNPACK_REQUEST_BYTES. EFORMAT when it is not of this version. depth_max does not
 * cross: it is 0 in out. */
void unpack_request_put(const struct unpack_request *r, unsigned char *out);
enum assay_err unpack_request_get(const unsigned char *in, struct unpack_request *out);

struct unpack_head {
    uint32_t message; /* enum unpack_message */
    uint32_t size;    /* of what follows; of a READ: of what is wanted */
    uint64_t value;
};

/* out and in are UNPACK_HEAD_BYTES. */
void unpack_head_put(const struct unpack_head *h, unsigned char *out);
/* EDAMAGED, named, when a hostile child's head is none or its size is not what the message may
 * have. */
enum assay_err unpack_head_get(const unsigned char *in, struct unpack_head *out, struct err *e);

#endif
