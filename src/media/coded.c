/* Encodes generated pictures by libheif, libjxl and libavcodec. */
#include "media/coded.h"

#include <assert.h>
#include <string.h>

#include <jxl/encode.h>
#include <libavcodec/avcodec.h>
#include <libavutil/opt.h>
#include <libheif/heif.h>

static struct heif_error take(struct heif_context *context, const void *data, size_t size, void *to)
{
    (void)context;
    buf_add(to, data, size);
    return (struct heif_error){heif_error_Ok, heif_suberror_Unspecified, ""};
}

static struct heif_image *image_of(const struct files_picture *p)
{
    struct heif_image *image = NULL;
    int stride = 0;
    uint8_t *rows;

    if (heif_image_create(
            (int)p->width, (int)p->height, heif_colorspace_RGB,
            p->channels == 4 ? heif_chroma_interleaved_RGBA : heif_chroma_interleaved_RGB, &image)
                .code != heif_error_Ok ||
        heif_image_add_plane(image, heif_channel_interleaved, (int)p->width, (int)p->height, 8)
                .code != heif_error_Ok)
        return NULL;
    rows = heif_image_get_plane(image, heif_channel_interleaved, &stride);
    for (uint32_t y = 0; y < p->height; y++)
        memcpy(rows + (size_t)y * (size_t)stride, p->bytes + (size_t)y * p->width * p->channels,
               (size_t)p->width * p->channels);
    return image;
}

/* Adds a picture to the file; its handle, which the caller releases, or NULL. */
static struct heif_image_handle *add_picture(struct heif_context *context,
                                             struct heif_encoder *encoder,
                                             const struct files_picture *p)
{
    struct heif_image *image = image_of(p);
    struct heif_image_handle *handle = NULL;

    if (image != NULL &&
        heif_context_encode_image(context, image, encoder, NULL, &handle).code != heif_error_Ok)
        handle = NULL;
    heif_image_release(image);
    return handle;
}

/* libheif 1.15 writes that the picture is the thumbnail's thumbnail. Items are numbered as they
 * were added: the picture is 1, its thumbnail 2. */
static void point_thumbnail(struct buf *out)
{
    uint8_t *p = memmem(out->data, out->size, "thmb", 4);

    assert(p != NULL);
    memcpy(p + 4, "\0\2\0\1\0\1", 6); /* from, how many, to */
}

static bool heif_file(const struct files_picture *pictures, size_t count,
                      const struct files_picture *thumbnail, enum coded_heif kind, struct buf *out)
{
    struct heif_writer writer = {.writer_api_version = 1, .write = take};
    struct heif_context *context = heif_context_alloc();
    struct heif_encoder *encoder = NULL;
    struct heif_image_handle *handle = NULL, *small = NULL;
    bool good =
        heif_context_get_encoder_for_format(
            context, kind == CODED_AVIF ? heif_compression_AV1 : heif_compression_HEVC, &encoder)
            .code == heif_error_Ok;

    if (good)
        (void)heif_encoder_set_lossy_quality(encoder, 90);
    for (size_t i = 0; good && i < count; i++) {
        heif_image_handle_release(handle);
        handle = add_picture(context, encoder, &pictures[i]);
        good = handle != NULL;
    }
    if (good && thumbnail != NULL) {
        small = add_picture(context, encoder, thumbnail);
        good = small != NULL &&
               heif_context_assign_thumbnail(context, handle, small).code == heif_error_Ok;
    }
    if (good)
        good = heif_context_write(context, &writer, out).code == heif_error_Ok;
    if (good && thumbnail != NULL)
        point_thumbnail(out);
    heif_image_handle_release(small);
    heif_image_handle_release(handle);
    heif_encoder_release(encoder);
    heif_context_free(context);
    assert(!out->over);
    return good;
}

bool coded_heif(const struct files_picture *pictures, size_t count, enum coded_heif kind,
                struct buf *out)
{
    return heif_file(pictures, count, NULL, kind, out);
}

bool coded_heif_thumbnail(const struct files_picture *p, const struct files_picture *thumbnail,
                          enum coded_heif kind, struct buf *out)
{
    return heif_file(p, 1, thumbnail, kind, out);
}

static AVFrame *frame_of(const struct files_picture *p)
{
    AVFrame *frame = av_frame_alloc();

    assert(frame != NULL);
    frame->format = AV_PIX_FMT_RGB24;
    frame->width = (int)p->width;
    frame->height = (int)p->height;
    if (av_frame_get_buffer(frame, 0) != 0)
        return NULL;
    for (uint32_t y = 0; y < p->height; y++)
        memcpy(frame->data[0] + (size_t)y * (size_t)frame->linesize[0],
               p->bytes + (size_t)y * p->width * 3, (size_t)p->width * 3);
    return frame;
}

static bool encode(const char *name, const struct files_picture *p, struct buf *out)
{
    const AVCodec *codec = avcodec_find_encoder_by_name(name);
    AVCodecContext *context = avcodec_alloc_context3(codec);
    AVFrame *frame = frame_of(p);
    AVPacket *packet = av_packet_alloc();
    bool good = codec != NULL && context != NULL && frame != NULL && packet != NULL;

    assert(p->channels == 3);
    av_log_set_level(AV_LOG_QUIET); /* libjxl says what it assumes */
    if (good) {
        context->width = (int)p->width;
        context->height = (int)p->height;
        context->pix_fmt = AV_PIX_FMT_RGB24;
        context->time_base = (AVRational){1, 1};
        context->thread_count = 1;
        (void)av_opt_set_double(context->priv_data, "distance", 0, 0); /* of JPEG XL: no loss */
        good = avcodec_open2(context, codec, NULL) == 0 &&
               avcodec_send_frame(context, frame) == 0 && avcodec_send_frame(context, NULL) == 0 &&
               avcodec_receive_packet(context, packet) == 0;
    }
    if (good)
        buf_add(out, packet->data, (size_t)packet->size);
    av_packet_free(&packet);
    av_frame_free(&frame);
    avcodec_free_context(&context);
    assert(!out->over);
    return good;
}

bool coded_jxl(const struct files_picture *p, struct buf *out)
{
    return encode("libjxl", p, out);
}

/* libavcodec's encoder makes single pictures only. */
static JxlEncoderFrameSettings *begin_frames(JxlEncoder *encoder, const struct files_picture *first)
{
    JxlBasicInfo info;
    JxlColorEncoding colours;
    JxlEncoderFrameSettings *settings = JxlEncoderFrameSettingsCreate(encoder, NULL);

    JxlEncoderInitBasicInfo(&info);
    info.xsize = first->width;
    info.ysize = first->height;
    info.uses_original_profile = JXL_TRUE;
    info.have_animation = JXL_TRUE;
    info.animation = (JxlAnimationHeader){.tps_numerator = 10, .tps_denominator = 1};
    JxlColorEncodingSetToSRGB(&colours, JXL_FALSE);
    if (settings == NULL || JxlEncoderSetBasicInfo(encoder, &info) != JXL_ENC_SUCCESS ||
        JxlEncoderSetColorEncoding(encoder, &colours) != JXL_ENC_SUCCESS ||
        JxlEncoderSetFrameLossless(settings, JXL_TRUE) != JXL_ENC_SUCCESS ||
        JxlEncoderFrameSettingsSetOption(settings, JXL_ENC_FRAME_SETTING_EFFORT, 1) !=
            JXL_ENC_SUCCESS)
        return NULL;
    return settings;
}

static bool take_frames(JxlEncoder *encoder, struct buf *out)
{
    JxlEncoderStatus status;
    uint8_t part[4096];

    do {
        uint8_t *next = part;
        size_t room = sizeof part;

        status = JxlEncoderProcessOutput(encoder, &next, &room);
        buf_add(out, part, sizeof part - room);
    } while (status == JXL_ENC_NEED_MORE_OUTPUT);
    return status == JXL_ENC_SUCCESS;
}

bool coded_jxl_frames(const struct files_picture *frames, size_t count, struct buf *out)
{
    const JxlPixelFormat format = {3, JXL_TYPE_UINT8, JXL_NATIVE_ENDIAN, 0};
    JxlEncoder *encoder = JxlEncoderCreate(NULL);
    JxlEncoderFrameSettings *settings = encoder == NULL ? NULL : begin_frames(encoder, frames);
    bool good = settings != NULL;

    for (size_t i = 0; good && i < count; i++) {
        JxlFrameHeader head;

        JxlEncoderInitFrameHeader(&head);
        head.duration = 1;
        good = JxlEncoderSetFrameHeader(settings, &head) == JXL_ENC_SUCCESS &&
               JxlEncoderAddImageFrame(settings, &format, frames[i].bytes,
                                       (size_t)3 * frames[i].width * frames[i].height) ==
                   JXL_ENC_SUCCESS;
    }
    if (good) {
        JxlEncoderCloseInput(encoder);
        good = take_frames(encoder, out);
    }
    if (encoder != NULL)
        JxlEncoderDestroy(encoder);
    assert(!out->over);
    return good;
}

bool coded_jp2(const struct files_picture *p, struct buf *out)
{
    return encode("libopenjpeg", p, out);
}
