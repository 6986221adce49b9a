/* Any bytes as VICS JSON, in pieces: records or an error. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "format/vics.h"
#include "fuzz.h"
#include "pieces.h"

static enum assay_err take(void *ctx, const struct vics_context *context, const struct json *media,
                           struct err *e)
{
    size_t members = 0;

    (void)ctx;
    (void)e;
    for (const struct json *m = media->first; m != NULL; m = m->next)
        members++;
    if (media->kind != JSON_IS_OBJECT || members != media->size || media->line == 0 ||
        strlen(context->version) >= VICS_VERSION_SIZE ||
        strlen(context->region) >= VICS_REGION_SIZE)
        abort();
    return ASSAY_OK;
}

static enum assay_err refuse(void *ctx, uint64_t line, const char *reason, struct err *e)
{
    (void)ctx;
    (void)e;
    if (line == 0 || reason[0] == '\0')
        abort();
    return ASSAY_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct vics_sink sink = {NULL, take, refuse};
    struct pieces s = {data, size, size == 0 ? 1 : (size_t)data[size - 1] + 1};
    struct err e;

    (void)vics_begins(data, size);
    if (vics_read(pieces_fill, &s, &sink, &e) != ASSAY_OK && e.text[0] == '\0')
        abort();
    return 0;
}
