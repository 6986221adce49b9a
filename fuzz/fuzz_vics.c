/* Any bytes as VICS JSON, in pieces: records or an error; each record goes out again with an
 * answer, and what was written is read. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "format/vics.h"
#include "format/vics_media.h"
#include "format/vics_write.h"
#include "fuzz.h"
#include "pieces.h"

static int is_outside(const char *path)
{
    return path != NULL && (path[0] == '/' || strncmp(path, "../", 3) == 0 ||
                            strstr(path, "/../") != NULL || strchr(path, '\\') != NULL);
}

static enum assay_err take(void *ctx, const struct vics_context *context, const struct json *media,
                           struct err *e)
{
    struct arena *a = arena_new();
    struct vics_media m;
    size_t members = 0;

    (void)ctx;
    for (const struct json *j = media->first; j != NULL; j = j->next)
        members++;
    if (media->kind != JSON_IS_OBJECT || members != media->size || media->line == 0 ||
        strlen(context->version) >= VICS_VERSION_SIZE ||
        strlen(context->region) >= VICS_REGION_SIZE)
        abort();
    const enum assay_err rc = vics_media_read(a, media, &m, e);
    if (rc != ASSAY_OK && rc != ASSAY_EFORMAT)
        abort();
    if (rc == ASSAY_OK &&
        (m.size < -1 || m.category < -1 || m.category > 255 || is_outside(m.path)))
        abort();
    arena_free(a);
    return ASSAY_OK;
}

static enum assay_err count(void *ctx, const struct vics_context *context, const struct json *media,
                            struct err *e)
{
    int *left = ctx;

    (void)context;
    (void)e;
    if (json_get(media, "Category") == NULL || --*left < 0)
        abort();
    return ASSAY_OK;
}

static enum assay_err no_refusal(void *ctx, const struct vics_context *context, uint64_t line,
                                 const char *reason, struct err *e)
{
    (void)ctx;
    (void)context;
    (void)line;
    (void)reason;
    (void)e;
    abort();
}

/* Half of them with their bytes known, in each order and each case of hex. */
static void answer(const struct json *said)
{
    static const struct vics_note notes[] = {{"state", "graded"}, {"reason", NULL}};
    const unsigned way = (unsigned)said->size;
    const struct vics_shape shape = {.version = way & 1 ? "2.0" : "1.3",
                                     .region = way & 1 ? "UK" : "",
                                     .flat = (way & 2) && json_get(said, "Media") == NULL,
                                     .upper_hex = way & 4,
                                     .received_order = way & 8};
    const struct vics_answer a = {.number = 1,
                                  .category = way & 16 ? -1 : 7,
                                  .graded = way & 1,
                                  .has_md5 = way & 2,
                                  .has_file = way & 2,
                                  .mime = "image/png",
                                  .tags = way & 4 ? "a:b c:d" : "",
                                  .notes = notes,
                                  .note_count = 2};
    const struct vics_sink sink = {.ctx = &(int){1}, .media = count, .refused = no_refusal};
    struct vics_writer w;
    struct pieces s;
    struct buf b;
    struct err e;

    buf_init(&b, (size_t)64 << 20);
    vics_write_begin(&w, &shape, &b);
    if (!shape.flat)
        vics_write_case(&w, json_get(said, "Media") == NULL ? said : NULL, 1, "1");
    vics_write_media(&w, said, &a);
    vics_write_end(&w);
    s = (struct pieces){b.data, b.size, 4096};
    if (!b.over && vics_read(pieces_fill, &s, &sink, &e) != ASSAY_OK)
        abort();
    buf_clear(&b);
}

static enum assay_err take_and_answer(void *ctx, const struct vics_context *context,
                                      const struct json *media, struct err *e)
{
    answer(media);
    return take(ctx, context, media, e);
}

static enum assay_err refuse(void *ctx, const struct vics_context *context, uint64_t line,
                             const char *reason, struct err *e)
{
    (void)ctx;
    (void)context;
    (void)e;
    if (line == 0 || reason[0] == '\0')
        abort();
    return ASSAY_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct vics_sink sink = {.media = take_and_answer, .refused = refuse, .head = take};
    struct pieces s = {data, size, size == 0 ? 1 : (size_t)data[size - 1] + 1};
    struct err e;

    (void)vics_begins(data, size);
    if (vics_read(pieces_fill, &s, &sink, &e) != ASSAY_OK && e.text[0] == '\0')
        abort();
    return 0;
}
