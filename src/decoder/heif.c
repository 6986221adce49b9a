/* HEIC and AVIF by libheif, all in this one thread; its boxes that turn and crop are applied. */
#include <string.h>

#include <libheif/heif.h>

#include "base/mem.h"
#include "decoder/formats.h"

/*
 * libheif asks libde265 for a thread of its own and would wait for it for ever where there can be
 * none, as in the sandbox. This stands in for libde265's function: without threads it decodes where
 * it was called. (dav1d takes one thread when it cannot learn how many processors there are.)
 */
int de265_start_worker_threads(void *decoder, int count);
int de265_start_worker_threads(void *decoder, int count)
{
    (void)decoder;
    (void)count;
    return 0; /* DE265_OK */
}

void heif_begin(void)
{
    (void)heif_init(NULL);
}

static enum wire_answer answer_of(struct heif_error e)
{
    if (e.subcode == heif_suberror_Security_limit_exceeded)
        return WIRE_PIXELS;
    switch (e.code) {
    case heif_error_Memory_allocation_error:
        return WIRE_MEMORY;
    case heif_error_Unsupported_filetype:
    case heif_error_Unsupported_feature:
        return WIRE_CODING;
    default:
        return e.subcode == heif_suberror_Unsupported_codec ? WIRE_CODING : WIRE_BROKEN;
    }
}

/* Brands that announce a film of pictures beside the still one. */
static bool is_sequence(const uint8_t *bytes, size_t size)
{
    static const char brands[][5] = {"avis", "msf1", "hevc", "hevx"};

    for (size_t i = 0; size >= 12 && i < sizeof brands / sizeof brands[0]; i++)
        if (memcmp(bytes + 8, brands[i], 4) == 0)
            return true;
    return false;
}

static enum wire_answer feed(const struct heif_image *image, bool alpha, struct sink *s)
{
    enum wire_answer answer = WIRE_GOOD;
    int stride = 0;
    const uint8_t *rows = heif_image_get_plane_readonly(image, heif_channel_interleaved, &stride);
    uint8_t *scratch;

    if (rows == NULL || stride < (int)(s->width * (alpha ? 4u : 3u)))
        return WIRE_BROKEN;
    if (!alpha)
        return sink_rgb(s, rows, (size_t)stride, s->height);
    scratch = mem_try((size_t)3 * s->width);
    if (scratch == NULL)
        return WIRE_MEMORY;
    answer = sink_rgba(s, rows, (size_t)stride, s->height, scratch);
    mem_free(scratch);
    return answer;
}

static enum wire_answer picture(const struct heif_image_handle *handle, struct sink *s)
{
    struct heif_decoding_options *options;
    struct heif_image *image = NULL;
    const bool alpha = heif_image_handle_has_alpha_channel(handle) != 0;
    enum wire_answer answer;
    struct heif_error e;
    int width = heif_image_handle_get_width(handle), height = heif_image_handle_get_height(handle);

    if (width <= 0 || height <= 0)
        return WIRE_BROKEN;
    if ((answer = sink_check(s, (uint32_t)width, (uint32_t)height)) != WIRE_GOOD)
        return answer;
    options = heif_decoding_options_alloc();
    if (options == NULL)
        return WIRE_MEMORY;
    options->convert_hdr_to_8bit = 1;
    e = heif_decode_image(handle, &image, heif_colorspace_RGB,
                          alpha ? heif_chroma_interleaved_RGBA : heif_chroma_interleaved_RGB,
                          options);
    heif_decoding_options_free(options);
    if (e.code != heif_error_Ok)
        return answer_of(e);
    width = heif_image_get_width(image, heif_channel_interleaved);
    height = heif_image_get_height(image, heif_channel_interleaved);
    answer =
        width > 0 && height > 0 ? sink_begin(s, (uint32_t)width, (uint32_t)height, 1) : WIRE_BROKEN;
    if (answer == WIRE_GOOD)
        answer = feed(image, alpha, s);
    heif_image_release(image);
    return answer;
}

/* The small picture that a file holds for lists is a facet when it shows something else. */
static void look_at_thumbnail(const struct heif_image_handle *handle, struct sink *s)
{
    struct heif_image_handle *small = NULL;
    heif_item_id id;
    struct sink page;

    if (heif_image_handle_get_list_of_thumbnail_IDs(handle, &id, 1) != 1 ||
        heif_image_handle_get_thumbnail(handle, id, &small).code != heif_error_Ok)
        return;
    if (sink_page(s, &page, DECODE_FACET_THUMBNAIL) &&
        sink_page_end(s, &page, picture(small, &page), DECODE_FACET_THUMBNAIL, 0) == FACETS_KEPT)
        s->flags |= DECODE_THUMBNAIL_DIFFERS;
    heif_image_handle_release(small);
}

/* The pictures of the file that are part of no other, but for the first one. */
static void others(struct heif_context *context, heif_item_id first, int count, struct sink *s)
{
    heif_item_id *ids = mem_array((size_t)count, sizeof *ids);
    uint32_t index = 1;

    count = heif_context_get_list_of_top_level_image_IDs(context, ids, count);
    for (int i = 0; i < count; i++) {
        struct heif_image_handle *handle = NULL;
        enum wire_answer answer = WIRE_BROKEN;
        struct sink page;

        if (ids[i] == first)
            continue;
        if (!sink_page(s, &page, DECODE_FACET_FRAME))
            break;
        if (heif_context_get_image_handle(context, ids[i], &handle).code == heif_error_Ok)
            answer = picture(handle, &page);
        (void)sink_page_end(s, &page, answer, DECODE_FACET_FRAME, index++);
        heif_image_handle_release(handle);
        if (answer == WIRE_PIXELS)
            break; /* no room for more */
    }
    mem_free(ids);
}

static enum wire_answer all(struct heif_context *context, struct sink *s)
{
    struct heif_image_handle *handle = NULL;
    heif_item_id first;
    enum wire_answer answer;
    struct heif_error e = heif_context_get_primary_image_handle(context, &handle);
    const int count = heif_context_get_number_of_top_level_images(context);

    if (e.code != heif_error_Ok)
        return answer_of(e);
    s->frames = count > 1 ? (uint32_t)count : 1;
    if (s->frames > FORMATS_FRAMES_MAX) {
        s->frames = FORMATS_FRAMES_MAX;
        sink_unseen(s);
    }
    if (count > 1)
        s->flags |= DECODE_ANIMATED;
    answer = picture(handle, s);
    if (answer == WIRE_GOOD)
        look_at_thumbnail(handle, s);
    if (answer == WIRE_GOOD && count > 1 &&
        heif_context_get_primary_image_ID(context, &first).code == heif_error_Ok)
        others(context, first, (int)s->frames, s);
    heif_image_handle_release(handle);
    return answer;
}

enum wire_answer heif_decode(const uint8_t *bytes, size_t size, struct sink *s, struct found *f)
{
    struct heif_context *context = heif_context_alloc();
    const size_t end = format_boxes_end(bytes, size);
    enum wire_answer answer;
    struct heif_error e;

    f->exif = (struct exif){.orientation = 1}; /* what EXIF says of a turn, a box has said */
    if (context == NULL)
        return WIRE_MEMORY;
    f->rest = bytes + end;
    f->rest_size = size - end;
    if (format_trailing(f->rest, f->rest_size))
        s->flags |= DECODE_TRAILING_DATA;
    heif_context_set_max_decoding_threads(context, 0);
    heif_context_set_maximum_image_size_limit(context, (int)s->limits->side_max);
    e = heif_context_read_from_memory_without_copy(context, bytes, end, NULL);
    answer = e.code == heif_error_Ok ? all(context, s) : answer_of(e);
    if (answer == WIRE_GOOD && is_sequence(bytes, end)) {
        s->flags |= DECODE_ANIMATED;
        s->has_duration = format_film_ms(bytes, end, &s->duration_ms);
        sink_unseen(s); /* its film is not decoded */
    }
    heif_context_free(context);
    return answer;
}

format_decode heif_pick(enum decode_type type)
{
    return type == DECODE_TYPE_HEIF || type == DECODE_TYPE_AVIF ? heif_decode : NULL;
}
