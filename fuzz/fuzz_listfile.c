/* Any bytes as a list of hashes: read or refused; what the list says is one JSON object. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "format/listfile.h"
#include "fuzz.h"
#include "pieces.h"

static enum assay_err take(void *ctx, const struct listfile_record *r, struct err *e)
{
    struct arena *a = arena_new();
    struct json *root;

    (void)ctx;
    if (r->has == 0 || r->quality < -1 || r->quality > 100 || r->line == 0 ||
        json_parse(a, r->says, r->says_size, &root, e) != ASSAY_OK || root->kind != JSON_IS_OBJECT)
        abort();
    arena_free(a);
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
    const struct listfile_sink sink = {NULL, take, refuse};
    struct pieces s = {data, size, size == 0 ? 1 : (size_t)data[0] + 1};
    struct err e;

    (void)listfile_read(pieces_fill, &s, &sink, NULL, &e);
    return 0;
}
