/* Fuzzes the CSV reader, whole and in pieces, and the sidecar on top of it. */
#include <assert.h>
#include <string.h>

#include "format/csv.h"
#include "format/sidecar.h"
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

/* Every row and error as one text; good rows of two fields and more also written again. */
static void list(struct csv_reader *r, struct buf *out, struct buf *again)
{
    struct csv_out o;

    csv_out_init(&o, again);
    for (;;) {
        const char *const *fields = NULL;
        size_t count = 0;
        struct err e = {0};
        if (csv_next(r, &fields, &count, &e) != ASSAY_OK) {
            buf_addf(out, "!%s\n", e.text);
            continue;
        }
        if (count == 0)
            break;
        assert(count <= CSV_COLUMNS_MAX);
        buf_addf(out, "%llu %zu", (unsigned long long)csv_line(r), count);
        for (size_t i = 0; i < count; i++) {
            buf_addf(out, "|%s", fields[i]);
            if (count >= 2)
                csv_plain(&o, fields[i]);
        }
        if (count >= 2)
            csv_end_row(&o);
    }
    csv_reader_free(r);
}

/* What the writer wrote is read back, and written again, without a change. A first field that
 * begins with U+FEFF is the exception: in front of a file that is a byte order mark. */
static void check_written(struct buf *written)
{
    struct buf out, again;

    if (written->size >= 3 && memcmp(written->data, "\xef\xbb\xbf", 3) == 0)
        return;
    buf_init(&out, 16 * written->size + 1024);
    buf_init(&again, 16 * written->size + 1024);
    list(csv_reader_new(written->data, written->size), &out, &again);
    assert(out.size == 0 || out.data[0] != '!');
    assert(again.size == written->size);
    assert(again.size == 0 || memcmp(again.data, written->data, again.size) == 0);
    buf_clear(&out);
    buf_clear(&again);
}

static enum assay_err on_row(void *ctx, const struct sidecar_row *row, struct err *e)
{
    (void)ctx;
    (void)e;
    assert(row->file != NULL || row->md5 != NULL || row->sha1 != NULL || row->sha256 != NULL);
    assert((row->scheme == NULL) == (row->code == NULL));
    assert(row->tag_count <= SCHEME_TAGS_MAX);
    for (size_t i = 0; i < row->tag_count; i++)
        assert(strchr(row->tags[i], ':') != NULL);
    return ASSAY_OK;
}

static void on_refused(void *ctx, uint64_t line, const char *reason)
{
    (void)ctx;
    assert(line > 0);
    assert(strncmp(reason, "line ", 5) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct source source = {.data = data, .size = size, .step = size % 5 + 1};
    struct sidecar_sink sink = {.row = on_row, .refused = on_refused};
    struct buf whole, pieces, written, unused;

    buf_init(&whole, 64 * size + 1024);
    buf_init(&pieces, 64 * size + 1024);
    buf_init(&written, 64 * size + 1024);
    buf_init(&unused, 64 * size + 1024);
    list(csv_reader_new(data, size), &whole, &written);
    list(csv_reader_stream(fill, &source), &pieces, &unused);
    assert(whole.size == pieces.size);
    assert(whole.size == 0 || memcmp(whole.data, pieces.data, whole.size) == 0);
    check_written(&written);
    buf_clear(&whole);
    buf_clear(&pieces);
    buf_clear(&written);
    buf_clear(&unused);

    struct csv_reader *r = csv_reader_new(data, size);
    (void)!sidecar_read(r, &sink, NULL);
    csv_reader_free(r);
    return 0;
}
