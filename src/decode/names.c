/* Names of types, flags, reasons and renditions, and the limits that hold unless configured. */
#include <assert.h>
#include <stddef.h>

#include "decode/decode.h"

const struct decode_limits decode_limits_default = {
    .side_max = 65500,
    .pixels_max = 150000000,
    .cpu_s = 10,
    .wall_s = 20,
    .memory_bytes = 1536u << 20,
};

struct type_row {
    const char *mime;
    enum decode_kind kind;
    enum decode_program program;
};

static const struct type_row types[DECODE_TYPE_COUNT] = {
    [DECODE_TYPE_UNKNOWN] = {"application/octet-stream", DECODE_KIND_OTHER, DECODE_PROGRAM_COUNT},
    [DECODE_TYPE_EMPTY] = {"application/x-empty", DECODE_KIND_OTHER, DECODE_PROGRAM_COUNT},
    [DECODE_TYPE_JPEG] = {"image/jpeg", DECODE_KIND_PICTURE, DECODE_PROGRAM_IMAGE},
    [DECODE_TYPE_PNG] = {"image/png", DECODE_KIND_PICTURE, DECODE_PROGRAM_IMAGE},
    [DECODE_TYPE_WEBP] = {"image/webp", DECODE_KIND_PICTURE, DECODE_PROGRAM_IMAGE},
    [DECODE_TYPE_GIF] = {"image/gif", DECODE_KIND_PICTURE, DECODE_PROGRAM_IMAGE},
    [DECODE_TYPE_BMP] = {"image/bmp", DECODE_KIND_PICTURE, DECODE_PROGRAM_AV},
    [DECODE_TYPE_TIFF] = {"image/tiff", DECODE_KIND_PICTURE, DECODE_PROGRAM_AV},
    [DECODE_TYPE_HEIF] = {"image/heif", DECODE_KIND_PICTURE, DECODE_PROGRAM_HEIF},
    [DECODE_TYPE_AVIF] = {"image/avif", DECODE_KIND_PICTURE, DECODE_PROGRAM_HEIF},
    [DECODE_TYPE_JXL] = {"image/jxl", DECODE_KIND_PICTURE, DECODE_PROGRAM_AV},
    [DECODE_TYPE_JP2] = {"image/jp2", DECODE_KIND_PICTURE, DECODE_PROGRAM_AV},
    [DECODE_TYPE_PSD] = {"image/vnd.adobe.photoshop", DECODE_KIND_PICTURE, DECODE_PROGRAM_AV},
    [DECODE_TYPE_ICO] = {"image/vnd.microsoft.icon", DECODE_KIND_PICTURE, DECODE_PROGRAM_AV},
    [DECODE_TYPE_TGA] = {"image/x-tga", DECODE_KIND_PICTURE, DECODE_PROGRAM_AV},
    [DECODE_TYPE_PNM] = {"image/x-portable-anymap", DECODE_KIND_PICTURE, DECODE_PROGRAM_AV},
    [DECODE_TYPE_QOI] = {"image/qoi", DECODE_KIND_PICTURE, DECODE_PROGRAM_AV},
    [DECODE_TYPE_DDS] = {"image/vnd-ms.dds", DECODE_KIND_PICTURE, DECODE_PROGRAM_AV},
    [DECODE_TYPE_SGI] = {"image/sgi", DECODE_KIND_PICTURE, DECODE_PROGRAM_AV},
    [DECODE_TYPE_PCX] = {"image/vnd.zbrush.pcx", DECODE_KIND_PICTURE, DECODE_PROGRAM_AV},
    [DECODE_TYPE_SUN] = {"image/x-sun-raster", DECODE_KIND_PICTURE, DECODE_PROGRAM_AV},
    [DECODE_TYPE_MP4] = {"video/mp4", DECODE_KIND_VIDEO, DECODE_PROGRAM_COUNT},
    [DECODE_TYPE_MATROSKA] = {"video/x-matroska", DECODE_KIND_VIDEO, DECODE_PROGRAM_COUNT},
    [DECODE_TYPE_AVI] = {"video/vnd.avi", DECODE_KIND_VIDEO, DECODE_PROGRAM_COUNT},
    [DECODE_TYPE_MPEG] = {"video/mpeg", DECODE_KIND_VIDEO, DECODE_PROGRAM_COUNT},
    [DECODE_TYPE_FLV] = {"video/x-flv", DECODE_KIND_VIDEO, DECODE_PROGRAM_COUNT},
    [DECODE_TYPE_ASF] = {"video/x-ms-asf", DECODE_KIND_VIDEO, DECODE_PROGRAM_COUNT},
    [DECODE_TYPE_PDF] = {"application/pdf", DECODE_KIND_OTHER, DECODE_PROGRAM_COUNT},
    [DECODE_TYPE_SVG] = {"image/svg+xml", DECODE_KIND_PICTURE, DECODE_PROGRAM_COUNT},
    [DECODE_TYPE_ZIP] = {"application/zip", DECODE_KIND_OTHER, DECODE_PROGRAM_COUNT},
};

static const struct type_row *row(enum decode_type type)
{
    assert((unsigned)type < DECODE_TYPE_COUNT);
    return &types[type];
}

const char *decode_type_mime(enum decode_type type)
{
    return row(type)->mime;
}

bool decode_type_supported(enum decode_type type)
{
    return row(type)->program != DECODE_PROGRAM_COUNT;
}

enum decode_program decode_type_program(enum decode_type type)
{
    return row(type)->program;
}

const char *decode_program_name(enum decode_program program)
{
    static const char *const names[DECODE_PROGRAM_COUNT] = {"assay-decode-image",
                                                            "assay-decode-heif", "assay-decode-av"};

    assert((unsigned)program < DECODE_PROGRAM_COUNT);
    return names[program];
}

enum decode_kind decode_type_kind(enum decode_type type)
{
    return row(type)->kind;
}

const char *decode_flag_name(unsigned index)
{
    static const char *const names[] = {"damaged",           "animated",          "alpha_hides",
                                        "trailing_data",     "thumbnail_differs", "exif_turned",
                                        "extension_differs", "frames_unseen",     "second_picture"};

    return index < sizeof names / sizeof names[0] ? names[index] : NULL;
}

const char *decode_pdq_reason_name(enum decode_pdq_reason r)
{
    switch (r) {
    case DECODE_PDQ_GOOD:
        return NULL;
    case DECODE_PDQ_TOO_SMALL:
        return "too_small";
    case DECODE_PDQ_LOW_QUALITY:
        return "low_quality";
    case DECODE_PDQ_DEGENERATE:
        return "degenerate";
    case DECODE_PDQ_DAMAGED:
        return "damaged";
    case DECODE_PDQ_TOO_LARGE:
        return "too_large";
    case DECODE_PDQ_NONE:
        break;
    }
    return "not_a_picture";
}

const char *decode_facet_kind_name(enum decode_facet_kind kind)
{
    static const char *const names[DECODE_FACET_KIND_END] = {
        [DECODE_FACET_FRAME] = "frame",
        [DECODE_FACET_THUMBNAIL] = "thumbnail",
        [DECODE_FACET_TRANSPARENCY] = "transparency",
        [DECODE_FACET_TRAILING] = "trailing",
    };

    assert(kind >= DECODE_FACET_FRAME && kind < DECODE_FACET_KIND_END);
    return names[kind];
}

const char *decode_rendition_name(enum decode_rendition r)
{
    static const char *const names[DECODE_RENDITION_COUNT] = {
        "cover",       "small_grey", "small_colour", "full_grey",
        "full_colour", "strip",      "sheet_grey",   "sheet_colour"};

    assert((unsigned)r < DECODE_RENDITION_COUNT);
    return names[r];
}
