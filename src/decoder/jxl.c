/* JPEG XL by libjxl: every frame that a viewer would show, on its canvas. */
#include <string.h>

#include <jxl/decode.h>

#include "base/mem.h"
#include "decoder/av.h"

#define GREY       128
#define PAGE_TICKS 0xffffffffu /* a frame that is a page: it stays until somebody turns it */
#define MS_MAX     1e15

/* What is asked of libjxl, and what of it is ours. */
struct jxl {
    JxlDecoder *d;
    JxlBasicInfo info;
    JxlPixelFormat format;
    size_t row, bytes; /* of a frame as libjxl writes it */
    uint8_t *frame;
};

static enum wire_answer start(struct jxl *j, const uint8_t *bytes, size_t size, int events)
{
    j->d = JxlDecoderCreate(NULL);
    if (j->d == NULL)
        return WIRE_MEMORY;
    if (JxlDecoderSubscribeEvents(j->d, JXL_DEC_BASIC_INFO | events) != JXL_DEC_SUCCESS ||
        JxlDecoderSetInput(j->d, bytes, size) != JXL_DEC_SUCCESS)
        return WIRE_BROKEN;
    JxlDecoderCloseInput(j->d);
    return JxlDecoderProcessInput(j->d) == JXL_DEC_BASIC_INFO &&
                   JxlDecoderGetBasicInfo(j->d, &j->info) == JXL_DEC_SUCCESS
               ? WIRE_GOOD
               : WIRE_BROKEN;
}

static void end(struct jxl *j)
{
    if (j->d != NULL)
        JxlDecoderDestroy(j->d);
    mem_free(j->frame);
    *j = (struct jxl){0};
}

/* Ticks of an animation as milliseconds; false when they are none. */
static bool in_ms(const struct jxl *j, uint64_t ticks, uint64_t *out)
{
    const double rate = j->info.animation.tps_numerator, per = j->info.animation.tps_denominator;
    const double ms = rate > 0 ? (double)ticks * 1000 * per / rate : -1;

    if (!j->info.have_animation || ms < 0 || ms > MS_MAX)
        return false;
    *out = (uint64_t)(ms + 0.5);
    return true;
}

/* Frames by their heads alone: no pixel is decoded for it. How long all are shown is known unless
 * some could not be counted, or are pages. */
static void count_frames(const uint8_t *bytes, size_t size, struct sink *s)
{
    struct jxl j = {0};
    JxlFrameHeader head = {0};
    uint64_t ticks = 0;
    bool timed = true;

    s->frames = 0;
    if (start(&j, bytes, size, JXL_DEC_FRAME) == WIRE_GOOD)
        while (s->frames < FORMATS_FRAMES_MAX && JxlDecoderProcessInput(j.d) == JXL_DEC_FRAME) {
            s->frames++;
            timed = timed && JxlDecoderGetFrameHeader(j.d, &head) == JXL_DEC_SUCCESS &&
                    head.duration != PAGE_TICKS;
            ticks += head.duration;
        }
    s->has_duration = timed && s->frames > 1 && s->frames < FORMATS_FRAMES_MAX &&
                      in_ms(&j, ticks, &s->duration_ms);
    end(&j);
}

/* Black ink is a channel of its own, without which the colours are others. */
static bool has_ink(const struct jxl *j)
{
    for (uint32_t i = 0; i < j->info.num_extra_channels; i++) {
        JxlExtraChannelInfo channel;

        if (JxlDecoderGetExtraChannelInfo(j->d, i, &channel) == JXL_DEC_SUCCESS &&
            channel.type == JXL_CHANNEL_BLACK)
            return true;
    }
    return false;
}

/* Of samples of more than 8 bits the high byte counts, so they are asked for with 16. */
static enum wire_answer make_room(struct jxl *j)
{
    const bool is_long = j->info.bits_per_sample > 8 || j->info.exponent_bits_per_sample > 0;

    j->format = (JxlPixelFormat){.num_channels = j->info.alpha_bits > 0 ? 4 : 3,
                                 .data_type = is_long ? JXL_TYPE_UINT16 : JXL_TYPE_UINT8,
                                 .endianness = JXL_BIG_ENDIAN};
    j->row = (size_t)j->format.num_channels * (is_long ? 2 : 1) * j->info.xsize;
    j->bytes = j->row * j->info.ysize;
    j->frame = mem_try(j->bytes);
    return j->frame == NULL ? WIRE_MEMORY : WIRE_GOOD;
}

/* The frame as 8 bits a sample, in its own memory. */
static void shorten(struct jxl *j)
{
    if (j->format.data_type == JXL_TYPE_UINT16)
        for (size_t i = 0; i < j->bytes / 2; i++)
            j->frame[i] = j->frame[2 * i];
}

/* The next frame whole into j->frame; GOOD also for one that breaks off, which is grey where it
 * does. BROKEN when there is none. */
static enum wire_answer next_frame(struct jxl *j, bool *damaged)
{
    for (;;) {
        switch (JxlDecoderProcessInput(j->d)) {
        case JXL_DEC_NEED_IMAGE_OUT_BUFFER:
            memset(j->frame, GREY, j->bytes);
            if (JxlDecoderSetImageOutBuffer(j->d, &j->format, j->frame, j->bytes) !=
                JXL_DEC_SUCCESS)
                return WIRE_CODING;
            break;
        case JXL_DEC_FULL_IMAGE:
            shorten(j);
            return WIRE_GOOD;
        case JXL_DEC_NEED_MORE_INPUT:
            *damaged = true;
            if (JxlDecoderFlushImage(j->d) != JXL_DEC_SUCCESS)
                return WIRE_BROKEN;
            shorten(j);
            return WIRE_GOOD;
        default:
            *damaged = true;
            return WIRE_BROKEN;
        }
    }
}

static enum wire_answer first(struct jxl *j, struct sink *s)
{
    const size_t row = (size_t)j->format.num_channels * j->info.xsize;
    uint8_t *scratch = mem_try((size_t)3 * j->info.xsize);
    enum wire_answer answer = scratch == NULL ? WIRE_MEMORY : WIRE_GOOD;

    if (answer == WIRE_GOOD && j->format.num_channels == 4)
        answer = sink_rgba(s, j->frame, row, j->info.ysize, scratch);
    else if (answer == WIRE_GOOD)
        answer = sink_rgb(s, j->frame, row, j->info.ysize);
    mem_free(scratch);
    return answer;
}

static void more(struct jxl *j, struct sink *s)
{
    const struct wire_size sides = {j->info.xsize, j->info.ysize};

    for (uint32_t index = 1; index < s->frames && sink_room(s, sides); index++) {
        bool damaged = false;

        if (next_frame(j, &damaged) != WIRE_GOOD) {
            sink_unseen(s);
            return;
        }
        const struct sink_facet f = {DECODE_FACET_FRAME, index, sides, j->format.num_channels,
                                     j->frame};
        sink_offer(s, &f);
        if (damaged)
            s->flags |= DECODE_DAMAGED;
    }
}

static enum wire_answer picture(struct jxl *j, struct sink *s)
{
    enum wire_answer answer;
    bool damaged = false;

    if (has_ink(j))
        return WIRE_CODING;
    if ((answer = sink_check(s, j->info.xsize, j->info.ysize)) != WIRE_GOOD ||
        (answer = make_room(j)) != WIRE_GOOD || (answer = next_frame(j, &damaged)) != WIRE_GOOD)
        return answer;
    if (damaged)
        s->flags |= DECODE_DAMAGED;
    if ((answer = sink_begin(s, j->info.xsize, j->info.ysize, 1)) != WIRE_GOOD ||
        (answer = first(j, s)) != WIRE_GOOD)
        return answer;
    if (j->info.have_preview)
        sink_unseen(s); /* a picture of its own that no viewer shows */
    if (!damaged)
        more(j, s);
    return WIRE_GOOD;
}

/* Bare, what libjxl leaves unread is behind the end; in boxes more of them follow the picture. */
static void find_rest(struct jxl *j, const uint8_t *bytes, size_t size, struct sink *s,
                      struct found *f)
{
    size_t end = size;

    if (bytes[0] != 0xff)
        end = format_boxes_end(bytes, size);
    else if (JxlDecoderProcessInput(j->d) == JXL_DEC_SUCCESS)
        end = size - JxlDecoderReleaseInput(j->d);
    f->rest = bytes + end;
    f->rest_size = size - end;
    if (format_trailing(f->rest, f->rest_size))
        s->flags |= DECODE_TRAILING_DATA;
}

enum wire_answer jxl_decode(const uint8_t *bytes, size_t size, struct sink *s, struct found *f)
{
    struct jxl j = {0};
    enum wire_answer answer;

    f->exif = (struct exif){.orientation = 1};
    count_frames(bytes, size, s);
    if (s->frames > 1)
        s->flags |= DECODE_ANIMATED;
    answer = start(&j, bytes, size, JXL_DEC_FULL_IMAGE);
    if (answer == WIRE_GOOD)
        answer = picture(&j, s);
    if (answer == WIRE_GOOD)
        find_rest(&j, bytes, size, s, f);
    end(&j);
    return answer;
}
