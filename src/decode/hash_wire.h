/* What goes between the parent and a decoder that hashes file after file: doc/decoder.md, section
 * 9, in C, shared by both sides. */
#ifndef DECODE_HASH_WIRE_H
#define DECODE_HASH_WIRE_H

#include "decode/pool.h"
#include "decode/wire.h"

#define HASH_VERSION       2
#define HASH_REGION_FD     3 /* the bytes of the file, read only */
#define HASH_SOCKET_FD     4
#define HASH_REQUEST_BYTES 64
#define HASH_REPLY_BYTES   512 /* and HASH_FRAME_BYTES for each frame that is listed, behind it */
#define HASH_FRAME_BYTES   40
#define HASH_REPLY_MAX     (HASH_REPLY_BYTES + DECODE_HASH_FRAMES_MAX * HASH_FRAME_BYTES)
#define HASH_FILES_MAX     500 /* that one process hashes before another takes its place */

/* The flags that a hashing child looks for in any case: those that need no look at further
 * pictures. */
#define HASH_FLAGS                                                                                 \
    ((uint32_t)DECODE_DAMAGED | (uint32_t)DECODE_ANIMATED | (uint32_t)DECODE_ALPHA_HIDES |         \
     (uint32_t)DECODE_TRAILING_DATA | (uint32_t)DECODE_EXIF_TURNED)

/* And those that go with what is wanted. */
static inline uint32_t hash_flags(uint32_t wants)
{
    return HASH_FLAGS | ((wants & DECODE_HASH_FRAMES) != 0 ? (uint32_t)DECODE_FRAMES_UNSEEN : 0) |
           ((wants & DECODE_HASH_THUMBNAIL) != 0 ? (uint32_t)DECODE_THUMBNAIL_DIFFERS : 0);
}

enum hash_kind {
    HASH_HELLO = 1, /* of a reply: the sandbox is entered; nothing was read */
    HASH_PICTURE    /* of a request and its reply */
};

struct hash_request {
    uint64_t number; /* of the request to this process, from 1; the reply has the same */
    uint64_t size;   /* bytes of the region that are the file's, 1.. */
    uint32_t wants;  /* enum decode_hash_want */
};

struct hash_picture {
    uint32_t type; /* enum decode_type */
    uint32_t width, height, frames, flags, orientation;
    uint32_t reduced; /* 1, 2, 4 or 8: the hashed picture has this part of the sides */
    bool has_pdq, has_pdq_oriented;
    bool oriented_too_large; /* no room to turn the picture, so pdq_oriented is missing */
    struct assay_pdq pdq, pdq_oriented;
    bool has_turned, has_stable_bits;
    struct assay_pdq turned[ASSAY_PDQ_TURNS]; /* all of one quality */
    uint32_t stable_bits;
    bool has_duration;
    uint64_t duration_ms;
    struct decode_chances chances;
};

struct hash_reply {
    enum hash_kind kind;
    uint32_t answer;           /* enum wire_answer */
    uint32_t layers, landlock; /* of HASH_HELLO, as in struct wire_head */
    uint64_t number;
    struct hash_picture picture; /* of HASH_PICTURE with WIRE_GOOD; else zero */
};

/* out and in are HASH_REQUEST_BYTES. EFORMAT when it is not of this version or asks for something
 * unknown. */
void hash_request_put(const struct hash_request *r, unsigned char *out);
enum assay_err hash_request_get(const unsigned char *in, struct hash_request *out);

/* Child: the reply as bytes, and their number. out holds HASH_REPLY_MAX. */
size_t hash_reply_put(const struct hash_reply *r, unsigned char *out);

/* Parent: the number of a whole reply's bytes, told from its first HASH_REPLY_BYTES: at most
 * HASH_REPLY_MAX, whatever they say. */
size_t hash_reply_size(const unsigned char *in);

/* Parent: the reply from bytes that a hostile child may have written; in is hash_reply_size(in).
 * Checks what can be checked without knowing the request: EDAMAGED names the field. frames has
 * DECODE_HASH_FRAMES_MAX places, to which out then points. */
enum assay_err hash_reply_get(const unsigned char *in, enum hash_kind kind,
                              struct decode_frame *frames, struct hash_reply *out, struct err *e);

/* The picture against what was asked: the type that was sniffed, the limits and what was wanted.
 * EDAMAGED names the first thing that cannot be true. */
enum assay_err hash_picture_check(const struct hash_picture *p, enum decode_type type,
                                  const struct decode_limits *limits, uint32_t wants,
                                  struct err *e);

#endif
