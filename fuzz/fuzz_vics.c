/* Any bytes as VICS JSON, in pieces: records or an error. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "format/vics.h"
#include "format/vics_media.h"
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
    const struct vics_sink sink = {.media = take, .refused = refuse, .head = take};
    struct pieces s = {data, size, size == 0 ? 1 : (size_t)data[size - 1] + 1};
    struct err e;

    (void)vics_begins(data, size);
    if (vics_read(pieces_fill, &s, &sink, &e) != ASSAY_OK && e.text[0] == '\0')
        abort();
    return 0;
}
