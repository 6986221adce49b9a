/* Fuzzes the reader of hash lists: what is taken is written again byte for byte. */
#include <assert.h>
#include <string.h>

#include "format/hashlist.h"
#include "fuzz.h"

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

static enum assay_err write_again(void *ctx, const struct hashlist_row *row, struct err *e)
{
    struct buf *b = ctx, csv;

    (void)e;
    hashlist_jsonl_row(b, row);
    buf_init(&csv, (size_t)16 * HASHLIST_ROW_MAX);
    hashlist_csv_row(&csv, row);
    assert(!csv.over);
    assert(csv.data[csv.size - 1] == '\n');
    buf_clear(&csv);
    return ASSAY_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct source source = {.data = data, .size = size, .step = size % 11 + 1};
    struct buf again;
    uint64_t count = 0;

    buf_init(&again, size + 1);
    if (hashlist_read(fill, &source, write_again, &again, &count, NULL) == ASSAY_OK) {
        assert(!again.over);
        assert(again.size == size);
        assert(size == 0 || memcmp(again.data, data, size) == 0);
        assert((count == 0) == (size == 0));
    }
    buf_clear(&again);
    return 0;
}
