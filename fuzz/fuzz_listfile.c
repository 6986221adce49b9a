/* Any bytes as a list of hashes: read or refused; what the list says is one JSON object, and each
 * record is written in all forms, of which our own is read again. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "format/listfile.h"
#include "format/listout.h"
#include "fuzz.h"
#include "pieces.h"

static enum assay_err take_again(void *ctx, const struct listfile_record *r, struct err *e)
{
    const struct listfile_record *was = ctx;

    (void)e;
    if ((r->has & ~was->has) != 0 || memcmp(r->md5, was->md5, sizeof r->md5) != 0)
        abort();
    return ASSAY_OK;
}

static enum assay_err refuse_again(void *ctx, uint64_t line, const char *reason, struct err *e)
{
    (void)ctx;
    (void)line;
    (void)reason;
    (void)e;
    abort();
}

static void write_all(const struct listfile_record *r)
{
    static const struct listout_categories all = {.of = {{"*", 1}}, .count = 1};
    const struct listfile_sink again = {(void *)(uintptr_t)r, take_again, refuse_again};
    struct listout w;
    struct buf b;

    buf_init(&b, 64 << 20);
    for (size_t i = 0; listout_form_name(i) != NULL; i++) {
        const char *name = listout_form_name(i);
        struct err e;

        buf_reset(&b);
        listout_begin(&w, listout_form(name), &all, &b);
        const char *why = listout_row(&w, r);
        listout_end(&w);
        struct pieces s = {b.data, b.size, 4096};
        if (why == NULL && strcmp(name, "jsonl") == 0 &&
            listfile_read(pieces_fill, &s, &again, NULL, &e) != ASSAY_OK)
            abort();
    }
    buf_clear(&b);
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
    write_all(r);
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
