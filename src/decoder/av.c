/* One still picture through one named decoder of libavcodec: no demuxer, no parser, no network. */
#include "decoder/av.h"

#include <stdarg.h>
#include <string.h>

#include <libavcodec/avcodec.h>
#include <libavutil/log.h>

#include "base/mem.h"
#include "decoder/formats.h"

#define GREY 128

/* What libavcodec's callbacks find out about the piece they work on. */
struct watch {
    const struct sink *limits;
    enum wire_answer answer; /* WIRE_GOOD: the sides are in the limits */
    bool complained;
};

/* Messages say what is wrong with the file; that there was one is all that is kept. */
static void hear(void *about, int level, const char *format, va_list arguments)
{
    const AVClass *const *class = about;

    (void)format;
    (void)arguments;
    if (class == NULL || *class != avcodec_get_class())
        return;
    struct watch *w = ((AVCodecContext *)about)->opaque;
    if (w != NULL && level <= AV_LOG_ERROR)
        w->complained = true;
}

/* Sides are checked here because here they are known and memory is not yet taken. */
static int take_buffer(AVCodecContext *context, AVFrame *frame, int flags)
{
    struct watch *w = context->opaque;

    w->answer = frame->width > 0 && frame->height > 0
                    ? sink_check(w->limits, (uint32_t)frame->width, (uint32_t)frame->height)
                    : WIRE_BROKEN;
    if (w->answer != WIRE_GOOD)
        return AVERROR(EINVAL);
    return avcodec_default_get_buffer2(context, frame, flags);
}

/* Where a TIFF's head says that its first page is, the page wanted is put: libavcodec's own count
 * of pages loses its way in some files. */
static void point_at(uint8_t *tiff, size_t directory)
{
    for (unsigned i = 0; i < 4; i++)
        tiff[4 + i] = (uint8_t)(directory >> 8 * (tiff[0] == 'M' ? 3 - i : i));
}

/* Made once for all pages of a file. */
static enum wire_answer make_packet(struct av_piece *piece)
{
    const size_t size = piece->size + piece->grey;
    AVPacket *packet = piece->packet;

    if (packet == NULL || (size_t)packet->size != size) {
        av_packet_free(&piece->packet);
        if (size > INT_MAX - AV_INPUT_BUFFER_PADDING_SIZE || (packet = av_packet_alloc()) == NULL)
            return WIRE_MEMORY;
        piece->packet = packet;
        if (av_new_packet(packet, (int)size) != 0) {
            av_packet_free(&piece->packet);
            return WIRE_MEMORY;
        }
        memcpy(packet->data, piece->bytes, piece->size);
        memset(packet->data + piece->size, GREY, piece->grey);
    }
    if (av_packet_make_writable(packet) != 0)
        return WIRE_MEMORY;
    if (piece->directory > 0)
        point_at(packet->data, piece->directory);
    return WIRE_GOOD;
}

void av_piece_free(struct av_piece *piece)
{
    av_packet_free(&piece->packet);
}

static enum wire_answer answer_of(int rc, const struct watch *w)
{
    if (w->answer != WIRE_GOOD)
        return w->answer;
    if (rc == AVERROR(ENOMEM))
        return WIRE_MEMORY;
    return rc == AVERROR_PATCHWELCOME || rc == AVERROR(ENOSYS) ? WIRE_CODING : WIRE_BROKEN;
}

static int decode(AVCodecContext *context, const AVPacket *packet, AVFrame *frame)
{
    int rc = avcodec_send_packet(context, packet), end;

    if (rc != 0)
        return rc;
    rc = avcodec_receive_frame(context, frame);
    if (rc != AVERROR(EAGAIN))
        return rc;
    end = avcodec_send_packet(context, NULL);
    return end != 0 ? end : avcodec_receive_frame(context, frame);
}

static enum wire_answer context_of(const struct av_piece *piece, struct watch *w,
                                   AVCodecContext **out)
{
    const AVCodec *codec = avcodec_find_decoder_by_name(piece->decoder);
    AVCodecContext *context;

    if (codec == NULL)
        return WIRE_TYPE; /* this build of libavcodec lacks it */
    context = avcodec_alloc_context3(codec);
    if (context == NULL)
        return WIRE_MEMORY;
    context->opaque = w;
    context->thread_count = 1; /* the sandbox forbids more */
    context->get_buffer2 = take_buffer;
    if (avcodec_open2(context, codec, NULL) != 0) {
        avcodec_free_context(&context);
        return WIRE_BROKEN;
    }
    *out = context;
    return WIRE_GOOD;
}

static enum wire_answer first_frame(struct av_piece *piece, const struct sink *limits,
                                    AVFrame **out, bool *damaged)
{
    struct watch w = {.limits = limits, .answer = WIRE_GOOD};
    AVCodecContext *context = NULL;
    AVFrame *frame = av_frame_alloc();
    enum wire_answer answer = WIRE_MEMORY;
    int rc;

    av_log_set_callback(hear);
    if (frame == NULL || (answer = context_of(piece, &w, &context)) != WIRE_GOOD ||
        (answer = make_packet(piece)) != WIRE_GOOD)
        goto out;
    rc = decode(context, piece->packet, frame);
    if (rc != 0) {
        answer = answer_of(rc, &w);
        goto out;
    }
    *damaged = w.complained || frame->decode_error_flags != 0 ||
               (frame->flags & AV_FRAME_FLAG_CORRUPT) != 0;
    *out = frame;
    frame = NULL;
out:
    avcodec_free_context(&context);
    av_frame_free(&frame);
    return answer;
}

static const char *decoder_of(enum decode_type type, const uint8_t *bytes)
{
    static const char pnm[][4] = {"pbm", "pgm", "ppm"};

    switch (type) {
    case DECODE_TYPE_BMP:
        return "bmp";
    case DECODE_TYPE_JP2:
        return "libopenjpeg";
    case DECODE_TYPE_PSD:
        return "psd";
    case DECODE_TYPE_TGA:
        return "targa";
    case DECODE_TYPE_PNM:
        return bytes[1] == '7' ? "pam" : pnm[(bytes[1] - '1') % 3];
    case DECODE_TYPE_QOI:
        return "qoi";
    case DECODE_TYPE_DDS:
        return "dds";
    case DECODE_TYPE_SGI:
        return "sgi";
    case DECODE_TYPE_PCX:
        return "pcx";
    case DECODE_TYPE_SUN:
        return "sunrast";
    default:
        return NULL;
    }
}

/* Grey behind a file that was cut, as much as the whole picture could take: 8 bytes a pixel, of
 * large ones 4. None for codings in which grey bytes mean nothing. */
#define SMALL_PIXELS (16u << 20)
static size_t grey_for(enum decode_type type, struct wire_size sides)
{
    const size_t pixels = (size_t)sides.width * sides.height;

    if (type == DECODE_TYPE_JP2)
        return 0;
    return pixels * (pixels <= SMALL_PIXELS ? 8 : 4) + 4096;
}

enum wire_answer av_still(struct av_piece *piece, enum decode_type type, struct sink *s,
                          struct found *f)
{
    struct wire_size sides = {0};
    const bool known = av_sides(type, piece, &sides);
    enum wire_answer answer = known ? sink_check(s, sides.width, sides.height) : WIRE_GOOD;
    enum avrows_shown shown = AVROWS_AS_DECODED;
    AVFrame *frame = NULL;
    bool damaged = false;

    if (answer == WIRE_GOOD)
        answer = first_frame(piece, s, &frame, &damaged);
    if (answer == WIRE_BROKEN && known && grey_for(type, sides) > 0) {
        piece->grey = grey_for(type, sides);
        shown = AVROWS_PADDED;
        answer = first_frame(piece, s, &frame, &damaged);
        damaged = true;
    }
    if (answer != WIRE_GOOD)
        return answer;
    if (damaged || av_cut(type, piece->bytes, piece->size))
        s->flags |= DECODE_DAMAGED;
    answer = avrows_feed(frame, shown, f->exif.orientation, s);
    av_frame_free(&frame);
    return answer;
}

/* What stands behind the end; where the format does not tell its end, pictures are looked for
 * anywhere behind the head, and of what is none nothing is said. */
#define HEAD_BYTES 16u
static void find_rest(enum decode_type type, const uint8_t *bytes, size_t size, struct sink *s,
                      struct found *f)
{
    size_t end = av_end(type, bytes, size);
    const bool known = end > 0;

    if (!known)
        end = size < HEAD_BYTES ? size : HEAD_BYTES;
    f->rest = bytes + end;
    f->rest_size = size - end;
    if (known && format_trailing(f->rest, f->rest_size))
        s->flags |= DECODE_TRAILING_DATA;
}

static bool pnm_again(const uint8_t *p, size_t size)
{
    return size > 3 && decode_sniff(p, size) == DECODE_TYPE_PNM;
}

/* PNM may be written picture after picture: all are counted, then looked at. */
static void more_pictures(const uint8_t *bytes, size_t size, struct sink *s, struct found *f)
{
    const uint8_t *at = bytes + av_end(DECODE_TYPE_PNM, bytes, size);
    const uint8_t *const first = at, *const end = bytes + size;
    size_t used;

    while (at > bytes && at < end && s->frames < FORMATS_FRAMES_MAX &&
           pnm_again(at, (size_t)(end - at))) {
        used = av_end(DECODE_TYPE_PNM, at, (size_t)(end - at));
        s->frames++;
        at = used > 0 ? at + used : end;
    }
    if (s->frames == 1)
        return;
    s->flags |= DECODE_ANIMATED;
    f->rest = at;
    f->rest_size = (size_t)(end - at);
    s->flags &= ~(uint32_t)DECODE_TRAILING_DATA;
    if (format_trailing(f->rest, f->rest_size))
        s->flags |= DECODE_TRAILING_DATA;
    at = first;
    for (uint32_t index = 1; index < s->frames; index++) {
        struct av_piece piece = {.decoder = decoder_of(DECODE_TYPE_PNM, at), .bytes = at};
        struct found none = {.exif = {.orientation = 1}};
        struct sink page;

        used = av_end(DECODE_TYPE_PNM, at, (size_t)(end - at));
        piece.size = used > 0 ? used : (size_t)(end - at);
        if (!sink_page(s, &page, DECODE_FACET_FRAME))
            return;
        (void)sink_page_end(s, &page, av_still(&piece, DECODE_TYPE_PNM, &page, &none),
                            DECODE_FACET_FRAME, index);
        av_piece_free(&piece);
        at += piece.size;
    }
}

enum wire_answer av_decode(const uint8_t *bytes, size_t size, struct sink *s, struct found *f)
{
    const enum decode_type type = decode_sniff(bytes, size);
    struct av_piece piece = {.decoder = decoder_of(type, bytes), .bytes = bytes, .size = size};
    enum wire_answer answer;

    f->exif = (struct exif){.orientation = 1};
    if (piece.decoder == NULL)
        return WIRE_TYPE;
    answer = av_still(&piece, type, s, f);
    av_piece_free(&piece);
    if (answer != WIRE_GOOD)
        return answer;
    find_rest(type, bytes, size, s, f);
    if (type == DECODE_TYPE_PNM)
        more_pictures(bytes, size, s, f);
    return WIRE_GOOD;
}

format_decode av_pick(enum decode_type type)
{
    if (type == DECODE_TYPE_ICO)
        return ico_decode;
    if (type == DECODE_TYPE_TIFF)
        return tiff_decode;
    if (type == DECODE_TYPE_JXL)
        return jxl_decode;
    return decoder_of(type, (const uint8_t *)"P1") != NULL ? av_decode : NULL;
}
