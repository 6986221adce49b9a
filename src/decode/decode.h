/* The parent's side of the decoders: one sandboxed process a file, limits, and checks of the
 * answer. */
#ifndef DECODE_DECODE_H
#define DECODE_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "assay/pdq.h"
#include "base/buf.h"
#include "base/err.h"

/*
 * doc/decoder.md is the protocol. A file's bytes go to the program that decodes their type, in a
 * sealed memfd; derived values and bounded raw pixels come back in a memfd that the parent made,
 * and are copied before they are looked at. `assay-encode`, which never saw the file, turns those
 * pixels into renditions. Both lie beside the running binary or in libexecdir, never found by PATH.
 * Everything the children answer is checked as hostile.
 */
#define DECODE_VERSION                                                                             \
    "assay-decode/3" /* of all programs; stored with every derived row; raise it when pixels or    \
                        hashes change, or when a type is decoded that was not */
#define DECODE_FULL_SIDE                                                                           \
    1600 /* pixels, long side of the pixels that come back, and of full renditions */
#define DECODE_SMALL_SIDE 480
#define DECODE_STRIP_SIDE 128
#define DECODE_FACETS_MAX 63 /* pictures of one file that are kept beside the main one */

struct decode_limits {
    uint32_t side_max;     /* pixels; 65,500 */
    uint64_t pixels_max;   /* width * height; 150,000,000 */
    uint32_t cpu_s;        /* 10 */
    uint32_t wall_s;       /* 20 */
    uint64_t memory_bytes; /* address space of the child; 1.5 GB */
};
extern const struct decode_limits decode_limits_default;

/* The type told from content alone. */
enum decode_type {
    DECODE_TYPE_UNKNOWN, /* none that we name: sealed, byte-hashed, not shown */
    DECODE_TYPE_EMPTY,   /* zero bytes */
    DECODE_TYPE_JPEG,
    DECODE_TYPE_PNG,
    DECODE_TYPE_WEBP,
    DECODE_TYPE_GIF,
    DECODE_TYPE_BMP,
    DECODE_TYPE_TIFF,
    DECODE_TYPE_HEIF, /* HEIC and its kin */
    DECODE_TYPE_AVIF,
    DECODE_TYPE_JXL,
    DECODE_TYPE_JP2,
    DECODE_TYPE_PSD,
    DECODE_TYPE_ICO, /* and cursors */
    DECODE_TYPE_TGA,
    DECODE_TYPE_PNM, /* PBM, PGM, PPM, PAM */
    DECODE_TYPE_QOI,
    DECODE_TYPE_DDS,
    DECODE_TYPE_SGI,
    DECODE_TYPE_PCX,
    DECODE_TYPE_SUN, /* raster */
    DECODE_TYPE_MP4,
    DECODE_TYPE_MATROSKA,
    DECODE_TYPE_AVI,
    DECODE_TYPE_MPEG,
    DECODE_TYPE_FLV,
    DECODE_TYPE_ASF,
    DECODE_TYPE_PDF,
    DECODE_TYPE_SVG,
    DECODE_TYPE_ZIP,
    DECODE_TYPE_COUNT
};
/* From the first bytes of a file (4096 are enough). Never from its name. */
enum decode_type decode_sniff(const void *head, size_t size);
const char *
decode_type_mime(enum decode_type type); /* "image/jpeg"; unknown: application/octet-stream */
/* The program that decodes a type. */
enum decode_program {
    DECODE_PROGRAM_IMAGE, /* assay-decode-image; always there */
    DECODE_PROGRAM_HEIF,  /* assay-decode-heif */
    DECODE_PROGRAM_AV,    /* assay-decode-av */
    DECODE_PROGRAM_COUNT  /* none */
};
enum decode_program decode_type_program(enum decode_type type);
const char *decode_program_name(enum decode_program program); /* "assay-decode-image" ... */
bool decode_type_supported(enum decode_type type);            /* one of the programs decodes it */
enum decode_kind { DECODE_KIND_PICTURE, DECODE_KIND_VIDEO, DECODE_KIND_OTHER };
enum decode_kind decode_type_kind(enum decode_type type);

/* Flags of a picture, a bit each; names by decode_flag_name for bit index 0.. ; NULL after the
 * last. */
enum decode_flag {
    DECODE_DAMAGED = 1u << 0,       /* partly decodable: what decoded is shown and hashed */
    DECODE_ANIMATED = 1u << 1,      /* more than one frame or page; the first is the main picture */
    DECODE_ALPHA_HIDES = 1u << 2,   /* with and without transparency the picture is another one */
    DECODE_TRAILING_DATA = 1u << 3, /* bytes behind the picture's end */
    DECODE_THUMBNAIL_DIFFERS = 1u << 4, /* an embedded thumbnail shows another picture */
    DECODE_EXIF_TURNED = 1u << 5,       /* shown turned as EXIF says; both hashes are given */
    DECODE_EXTENSION_DIFFERS = 1u << 6, /* set by intake: the name's ending says another type */
    DECODE_FRAMES_UNSEEN = 1u << 7, /* not every picture of the file could be looked at or kept */
    DECODE_SECOND_PICTURE = 1u << 8 /* behind the picture's end lies another picture */
};
const char *decode_flag_name(unsigned index); /* "damaged", "animated", ... */

/* Why a PDQ must not be trusted. The first that holds, in the order TOO_SMALL, DAMAGED, DEGENERATE,
 * LOW_QUALITY. */
enum decode_pdq_reason {
    DECODE_PDQ_GOOD,
    DECODE_PDQ_TOO_SMALL,   /* a side under 5 pixels; no hash */
    DECODE_PDQ_LOW_QUALITY, /* quality below 50; the hash is still given */
    DECODE_PDQ_DEGENERATE,  /* all zero, all one or not near 128 bits set */
    DECODE_PDQ_DAMAGED,     /* the picture did not decode to its end; the hash is of what did */
    DECODE_PDQ_TOO_LARGE,   /* of the turned picture only: no memory to turn it; no hash */
    DECODE_PDQ_NONE         /* not a picture, or not decoded */
};
const char *decode_pdq_reason_name(enum decode_pdq_reason r); /* NULL for GOOD */

#define DECODE_PIXEL_POLICY 1 /* doc/hashing.md: how pixels become RGB */

/* What a facet is: a file's further picture, which shows something else than the main one. */
enum decode_facet_kind {
    DECODE_FACET_FRAME = 1,    /* a frame of an animation, a page, an image of a set */
    DECODE_FACET_THUMBNAIL,    /* embedded beside the main picture */
    DECODE_FACET_TRANSPARENCY, /* as viewers show it, or what they hide: alpha the other way */
    DECODE_FACET_TRAILING,     /* a picture behind the end of the main one */
    DECODE_FACET_KIND_END
};
const char *decode_facet_kind_name(enum decode_facet_kind kind); /* "frame", "thumbnail" ... */

struct decode_facet {
    enum decode_facet_kind kind;
    uint32_t index;         /* of the frame or page, from 0; else counts those of its kind */
    uint32_t width, height; /* as stored */
    bool has_pdq;
    struct assay_pdq pdq; /* of the stored picture */
    enum decode_pdq_reason pdq_reason;
    uint32_t tile_width, tile_height; /* upright, long side at most DECODE_SMALL_SIDE */
};

struct decode_picture {
    enum decode_type type;
    uint32_t width, height;       /* as stored, before any turn */
    uint32_t frames, frames_seen; /* seen: looked at, whether distinct or not */
    uint32_t flags;               /* enum decode_flag */
    uint8_t orientation;          /* EXIF 1..8 */
    bool has_pdq, has_pdq_oriented;
    struct assay_pdq pdq;          /* of the stored picture */
    struct assay_pdq pdq_oriented; /* of the turned one, where it differs */
    enum decode_pdq_reason pdq_reason, pdq_oriented_reason; /* oriented: NONE where not turned */
    /* Turned upright, long side at most DECODE_FULL_SIDE, RGB, rows of 3 * view_width bytes. */
    uint32_t view_width, view_height;
    struct buf view; /* wiped by decode_picture_clear */

    /* The pictures beside the main one, no two of them alike, and their tiles one behind the
     * other: RGB, rows of 3 * tile_width bytes. */
    uint32_t facet_count;
    struct decode_facet facets[DECODE_FACETS_MAX];
    struct buf tiles; /* wiped by decode_picture_clear */
};

/* Where the children are, and which sandbox layers this kernel gives. */
struct decode_env;
/*
 * Finds the executables and tries the sandbox of each once. ENOTFOUND names the missing file;
 * EUNSUPPORTED when seccomp is not to be had: the decoder then refuses to run at all.
 * assay-decode-heif and assay-decode-av may be missing: their types are then not supported.
 */
enum assay_err decode_env_new(const struct decode_limits *limits, struct decode_env **out,
                              struct err *e);
/* The same with the children in this folder and nowhere else: for tests, whose programs lie apart.
 */
enum assay_err decode_env_new_in(const char *folder, const struct decode_limits *limits,
                                 struct decode_env **out, struct err *e);
/* For workers of decode/pool.h alone: of the programs only assay-decode-image is tried here, the
 * others by each worker at its first file of theirs, since to start one takes longer than to hash a
 * picture. folder: as of decode_env_new_in, or NULL: where decode_env_new looks. */
enum assay_err decode_env_new_for_pool(const char *folder, const struct decode_limits *limits,
                                       struct decode_env **out, struct err *e);
void decode_env_free(struct decode_env *env);
/* Why a program cannot be used, for a person; NULL: it can. Borrowed. */
const char *decode_env_lacks(const struct decode_env *env, enum decode_program program);
bool decode_env_supports(const struct decode_env *env, enum decode_type type);
/* A text such as "seccomp landlock:4 userns" for doctor and the record; borrowed. */
const char *decode_env_layers(const struct decode_env *env);

/*
 * Decode one file in a process of its own. bytes are borrowed. Safe from several threads at once.
 * ASSAY_OK: out is filled (maybe flagged damaged). EUNSUPPORTED: a type that is not decoded.
 * EFORMAT: nothing of it could be decoded. ELIMIT: too large, too long, too much memory. EDAMAGED:
 * the child died or lied (a finding, named in e). EIO: the child could not be started; try again.
 */
enum assay_err decode_picture(struct decode_env *env, const void *bytes, size_t size,
                              struct decode_picture *out, struct err *e);
void decode_picture_clear(struct decode_picture *p);

/* The renditions of a picture, all made by one assay-encode process. Names by
 * decode_rendition_name. */
enum decode_rendition {
    DECODE_COVER,        /* 480 px, grey, blurred (sigma 3 % of the long side) */
    DECODE_SMALL_GREY,   /* 480 px */
    DECODE_SMALL_COLOUR, /* 480 px */
    DECODE_FULL_GREY,    /* 1600 px */
    DECODE_FULL_COLOUR,  /* 1600 px */
    DECODE_STRIP,        /* 128 px, covered: grey and blurred; with facets a tile of each */
    DECODE_SHEET_GREY,   /* the main picture and all facets as tiles of up to 480 px, sharp; */
    DECODE_SHEET_COLOUR, /* at most 1600 px a side; only where there are facets */
    DECODE_RENDITION_COUNT
};
const char *decode_rendition_name(enum decode_rendition r); /* "cover", "small_grey" ... */

struct decode_encoded {
    struct buf bytes; /* JPEG, size 0: not made; wiped by decode_encoded_clear */
    uint32_t width, height;
};
enum assay_err decode_encode(struct decode_env *env, const struct decode_picture *p,
                             struct decode_encoded out[DECODE_RENDITION_COUNT], struct err *e);
void decode_encoded_clear(struct decode_encoded out[DECODE_RENDITION_COUNT]);
#define DECODE_RENDITION_MIME "image/jpeg"

#endif
