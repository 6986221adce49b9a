/* What writing and verifying a package share; needs neither store nor keys. */
#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <sodium.h>

#include "base/clock.h"
#include "flow/export/export_impl.h"

#define CONTENT_MAX 512

const char *export_list_name(enum export_list which)
{
    static const char *const names[] = {MANIFEST_CSV, MANIFEST_JSONL};

    assert(which < EXPORT_LISTS);
    return names[which];
}

enum assay_err export_codes_add(struct export_codes *c, const char *code, int64_t rows,
                                struct err *e)
{
    size_t at = 0;

    while (at < c->count && strcmp(c->at[at].code, code) < 0)
        at++;
    if (at < c->count && strcmp(c->at[at].code, code) == 0) {
        c->at[at].rows += rows;
        return ASSAY_OK;
    }
    if (c->count == SCHEME_CODES_MAX)
        return err_set(e, ASSAY_ELIMIT, "the rows have more than %d codes", SCHEME_CODES_MAX);
    memmove(&c->at[at + 1], &c->at[at], (c->count - at) * sizeof c->at[0]);
    (void)snprintf(c->at[at].code, sizeof c->at[at].code, "%s", code);
    c->at[at].rows = rows;
    c->count++;
    return ASSAY_OK;
}

enum assay_err export_content(const struct manifest_file files[EXPORT_LISTS], uint8_t out[32],
                              struct err *e)
{
    struct buf b;

    buf_init(&b, CONTENT_MAX);
    manifest_content(&b, &files[EXPORT_CSV], &files[EXPORT_JSONL]);
    const bool over = b.over;
    (void)crypto_hash_sha256(out, b.data, b.size);
    buf_clear(&b);
    return over ? err_set(e, ASSAY_ELIMIT, "the content is too long") : ASSAY_OK;
}

void export_comment(const char *package, int64_t approved_ms, char out[EXPORT_COMMENT_SIZE])
{
    char time[CLOCK_TEXT_SIZE];

    clock_text(approved_ms, time);
    (void)snprintf(out, EXPORT_COMMENT_SIZE, "assay-package %.20s %s", package, time);
}
