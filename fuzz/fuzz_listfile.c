/* Any bytes as a list of hashes: read or refused; what the list says is one JSON object. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "format/listfile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct source {
    const uint8_t *at;
    size_t left, piece;
};

static size_t fill(void *ctx, void *out, size_t size)
{
    struct source *s = ctx;
    size_t n = s->left < size ? s->left : size;

    n = n < s->piece ? n : s->piece;
    memcpy(out, s->at, n);
    s->at += n;
    s->left -= n;
    return n;
}

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
    struct source s = {data, size, size == 0 ? 1 : (size_t)data[0] + 1};
    struct err e;

    (void)listfile_read(fill, &s, &sink, NULL, &e);
    return 0;
}
