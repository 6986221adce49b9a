/* Fuzzes the JSON door: beside jansson and yajl, split anywhere, and as a tree. */
#include <assert.h>
#include <string.h>

#include "base/json.h"
#include "fuzz.h"
#include "oracle.h"

struct source {
    const uint8_t *data;
    size_t size, at, step;
};

static size_t fill(void *ctx, void *out, size_t size)
{
    struct source *s = ctx;
    size_t n = s->size - s->at < s->step ? s->size - s->at : s->step;

    assert(n <= size);
    memcpy(out, s->data + s->at, n);
    s->at += n;
    return n;
}

/* Every token, or the error, as one text. */
static void list(struct json_reader *r, struct buf *out)
{
    enum json_token token = JSON_NULL;
    struct err e = {0};

    while (token != JSON_END) {
        const char *text = "";
        size_t size = 0;
        if (json_next(r, &token, &text, &size, &e) != ASSAY_OK) {
            buf_add_str(out, e.text);
            break;
        }
        oracle_event(out, (char)('A' + (int)token), text, size);
    }
    json_reader_free(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct source source = {.data = data, .size = size, .step = size % 7 + 1};
    struct arena *a = arena_new();
    struct json *j = NULL;
    struct buf whole, pieces;

    oracle_compare(data, size);
    buf_init(&whole, 16 * size + 1024);
    buf_init(&pieces, 16 * size + 1024);
    list(json_reader_new(data, size, size + 1), &whole);
    list(json_reader_stream(fill, &source, size + 1), &pieces);
    assert(whole.size == pieces.size);
    assert(memcmp(whole.data, pieces.data, whole.size) == 0);
    if (json_parse(a, data, size, &j, NULL) == ASSAY_OK)
        assert(j != NULL);
    buf_clear(&whole);
    buf_clear(&pieces);
    arena_free(a);
    return 0;
}
