/* Hashes file after file through sandboxed decoders that live for many files: for `assay hash`. */
#ifndef DECODE_POOL_H
#define DECODE_POOL_H

#include "assay/digest.h"
#include "decode/decode.h"

/*
 * Intake gives each file a process of its own (decode/decode.h), since a file that took a decoder
 * over must not falsify what is said of the next one. Here speed counts, and the price is stated in
 * doc/decoder.md, section 9: a process is replaced after HASH_FILES_MAX files, after a large one,
 * and after every file that was not decoded cleanly; what is not decoded by a used process is tried
 * again in a fresh one. The digests are the parent's own and never hang on a decoder.
 */
struct decode_worker;

/* What is asked of a picture, a bit each. Nothing: the digests alone, no decoder runs. */
enum decode_hash_want {
    DECODE_HASH_PDQ =
        1u << 0, /* of the stored picture, and of the turned one where EXIF turns it */
    DECODE_HASH_FAST = 1u << 1, /* a large JPEG is decoded at a part of its size: near, not equal */
    DECODE_HASH_TURNED = 1u << 2,    /* with PDQ: the stored picture's hashes in eight positions */
    DECODE_HASH_STABLE = 1u << 3,    /* with PDQ: how many of its bits can be relied on */
    DECODE_HASH_SCALE_512 = 1u << 4, /* every PDQ in the scale of the reference's command */
    /* With PDQ, second chances: struct decode_chances. */
    DECODE_HASH_FRAMES = 1u << 5,
    DECODE_HASH_THUMBNAIL = 1u << 6,
    DECODE_HASH_UNBORDERED = 1u << 7 /* not with DECODE_HASH_FAST: its pixels are too few */
};
#define DECODE_HASH_WANTS     (((uint32_t)DECODE_HASH_UNBORDERED << 1) - 1)
#define DECODE_HASH_FAST_SIDE 512 /* pixels that the shorter side keeps at least when reduced */

/*
 * Of an animation of any length so many further frames are listed: those whose hash is more than
 * DECODE_HASH_FRAME_BITS away from the main picture's and from those of all frames listed before.
 * Programs whose hashes of one picture differ by no more are held equal by PDQ's makers, and a
 * frame that is not listed is still matched at 31 bits wherever it stands on a list itself.
 */
#define DECODE_HASH_FRAMES_MAX 255
#define DECODE_HASH_FRAME_BITS 10

struct decode_frame {
    uint32_t index; /* of the frame or page, from 1; rising */
    struct assay_pdq pdq;
};

/* Other hashes by which the same file may be found; each only where it was asked for. */
struct decode_chances {
    /* The embedded thumbnail that shows another picture: flag DECODE_THUMBNAIL_DIFFERS. */
    bool has_thumbnail;
    /* What plain borders leave of the stored picture, where there are any and a PDQ of the rest. */
    bool has_unbordered;
    struct assay_pdq thumbnail, unbordered;
    struct assay_pdq_box kept; /* of unbordered, in stored pixels */
    uint32_t frame_count;
    struct decode_frame *frames; /* a place for DECODE_HASH_FRAMES_MAX; borrowed */
};

struct decode_hashed {
    struct assay_digests digests; /* those of the worker's kinds, and the size; of the very bytes
                                     that were decoded */
    enum decode_type type;        /* from content alone */

    /*
     * ASSAY_OK: what follows is filled. Otherwise why says what became of the picture, with the
     * errors of decode_picture: EUNSUPPORTED, EFORMAT, ELIMIT, EDAMAGED (a finding), EIO. With
     * DECODE_HASH_PDQ not asked for: ESTATE.
     */
    enum assay_err picture;
    struct err why;
    uint32_t width, height; /* as stored */
    uint32_t frames;        /* or pages; the first is the one hashed */
    uint32_t flags;         /* enum decode_flag: damaged, animated, alpha hides (of the first
                               frame), trailing data, EXIF turned; frames unseen and thumbnail
                               differs where those were asked for */
    bool has_duration;      /* of an animation whose file says it */
    uint64_t duration_ms;   /* shown once, as stored */
    uint8_t orientation;    /* EXIF 1..8 */
    uint8_t reduced;        /* 1; with DECODE_HASH_FAST 2, 4 or 8 of a picture decoded smaller */
    bool has_pdq, has_pdq_oriented;
    struct assay_pdq pdq, pdq_oriented;
    enum decode_pdq_reason pdq_reason, pdq_oriented_reason; /* oriented: NONE where not turned */
    bool has_turned, has_stable_bits;         /* where asked for, exactly when has_pdq */
    struct assay_pdq turned[ASSAY_PDQ_TURNS]; /* by enum assay_pdq_turn */
    uint32_t stable_bits;                     /* of pdq, 0..255 */
    struct decode_chances chances;
};

/*
 * digests   bits of enum assay_digest_kind: those that are made; the others are zero
 *
 * A worker has at most one process of each decoding program, started at its first file of that
 * kind. One thread makes, uses and frees it: its processes die with that thread. env is borrowed,
 * may be shared and may be any. EIO, ELIMIT (no memory for the region that files are put into: as
 * much address space as a decoder may read, taken up only as far as files are large).
 */
enum assay_err decode_worker_new(struct decode_env *env, uint32_t digests,
                                 struct decode_worker **out, struct err *e);

/*
 * Hash what fd gives from where it stands to its end; nothing is believed about its size.
 *
 * wants    bits of enum decode_hash_want
 * out      its list of frames is the worker's, and good until that is asked again or freed
 *
 * ASSAY_OK: the digests are good; out->picture tells the rest. EIO and what err_errno makes of
 * read's errors: the file could not be read. The bytes are read once; a file larger than decoders
 * take, or of a type that none reads, goes through the digests in pieces.
 */
enum assay_err decode_worker_hash(struct decode_worker *w, int fd, uint32_t wants,
                                  struct decode_hashed *out, struct err *e);

void decode_worker_free(struct decode_worker *w); /* NULL is fine; no process is left */

#endif
