/* Writes and reads the rows of a release's hash lists; one form only, so that bytes can be signed.
 */
#include "format/hashlist.h"

#include <assert.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "format/csv.h"
#include "scheme/scheme.h"

#define TEXT_MAX 80 /* bytes of mime, reason, basis */
#define DATE_MAX 10

static const char *const members[] = {"sha256",         "sha1",       "md5",          "size",
                                      "mime",           "width",      "height",       "pdq",
                                      "pdq_quality",    "pdq_reason", "pdq_oriented", "scheme",
                                      "scheme_version", "code",       "tags",         "basis",
                                      "readings",       "decided_on", "kind",         NULL};

static const char *kind_name(enum scheme_kind kind)
{
    return kind == SCHEME_TRAINING ? "training" : "live";
}

static void add_tags(struct json_out *o, const char *tags)
{
    json_array(o, "tags");
    while (*tags != '\0') {
        size_t size = strcspn(tags, " ");
        json_text_n(o, NULL, tags, size);
        tags += size + (tags[size] == ' ' ? 1 : 0);
    }
    json_array_end(o);
}

static void int_or_null(struct json_out *o, const char *key, bool known, int64_t v)
{
    if (known)
        json_int(o, key, v);
    else
        json_null(o, key);
}

void hashlist_jsonl_row(struct buf *b, const struct hashlist_row *row)
{
    struct json_out o;

    json_out_init(&o, b);
    json_object(&o, NULL);
    json_hex(&o, "sha256", row->sha256, sizeof row->sha256);
    json_hex(&o, "sha1", row->sha1, sizeof row->sha1);
    json_hex(&o, "md5", row->md5, sizeof row->md5);
    json_int(&o, "size", row->size);
    json_text(&o, "mime", row->mime);
    int_or_null(&o, "width", row->width > 0, row->width);
    int_or_null(&o, "height", row->height > 0, row->height);
    json_hex(&o, "pdq", row->pdq, row->has_pdq ? sizeof row->pdq : 0);
    int_or_null(&o, "pdq_quality", row->has_pdq, row->pdq_quality);
    json_text(&o, "pdq_reason", row->pdq_reason);
    json_hex(&o, "pdq_oriented", row->pdq_oriented,
             row->has_pdq_oriented ? sizeof row->pdq_oriented : 0);
    json_text(&o, "scheme", row->scheme);
    json_int(&o, "scheme_version", row->scheme_version);
    json_text(&o, "code", row->code);
    add_tags(&o, row->tags);
    json_text(&o, "basis", row->basis);
    json_int(&o, "readings", row->readings);
    json_text(&o, "decided_on", row->decided_on);
    json_text(&o, "kind", kind_name(row->kind));
    json_object_end(&o);
    buf_add_char(b, '\n');
}

void hashlist_csv_head(struct buf *b)
{
    struct csv_out o;

    csv_out_init(&o, b);
    for (size_t i = 0; members[i] != NULL; i++)
        csv_plain(&o, members[i]);
    csv_end_row(&o);
}

static void csv_int_or_empty(struct csv_out *o, bool known, int64_t v)
{
    if (known)
        csv_int(o, v);
    else
        csv_plain(o, NULL);
}

void hashlist_csv_row(struct buf *b, const struct hashlist_row *row)
{
    struct csv_out o;

    csv_out_init(&o, b);
    csv_hex(&o, row->sha256, sizeof row->sha256);
    csv_hex(&o, row->sha1, sizeof row->sha1);
    csv_hex(&o, row->md5, sizeof row->md5);
    csv_int(&o, row->size);
    csv_text(&o, row->mime);
    csv_int_or_empty(&o, row->width > 0, row->width);
    csv_int_or_empty(&o, row->height > 0, row->height);
    csv_hex(&o, row->pdq, row->has_pdq ? sizeof row->pdq : 0);
    csv_int_or_empty(&o, row->has_pdq, row->pdq_quality);
    csv_text(&o, row->pdq_reason);
    csv_hex(&o, row->pdq_oriented, row->has_pdq_oriented ? sizeof row->pdq_oriented : 0);
    csv_text(&o, row->scheme);
    csv_int(&o, row->scheme_version);
    csv_text(&o, row->code);
    csv_text(&o, row->tags);
    csv_text(&o, row->basis);
    csv_int(&o, row->readings);
    csv_plain(&o, row->decided_on);
    csv_plain(&o, kind_name(row->kind));
    csv_end_row(&o);
    assert(o.columns == 0);
}

/* ---- reading ---- */

static enum assay_err need_hex(const struct json *j, const char *key, uint8_t *out, size_t size,
                               struct err *e)
{
    const char *text;
    enum assay_err rc = json_need_text(j, key, 2 * size, &text, e);

    if (rc != 0)
        return rc;
    return str_unhex(text, out, size) == ASSAY_OK
               ? ASSAY_OK
               : err_set(e, ASSAY_EFORMAT, "\"%s\" must be %zu hex digits", key, 2 * size);
}

static enum assay_err want_hex(const struct json *j, const char *key, bool *has, uint8_t *out,
                               size_t size, struct err *e)
{
    const struct json *m = json_get(j, key);

    *has = m != NULL && m->kind != JSON_IS_NULL;
    return *has ? need_hex(j, key, out, size, e) : ASSAY_OK;
}

/* The array of tags as canonical text, in the arena. */
static enum assay_err need_tags(struct arena *a, const struct json *j, const char **out,
                                struct err *e)
{
    const struct json *list = json_get(j, "tags");
    const char *tags[SCHEME_TAGS_MAX];
    size_t count = 0;
    struct buf b;

    if (list == NULL || list->kind != JSON_IS_ARRAY || list->size > SCHEME_TAGS_MAX)
        return err_set(e, ASSAY_EFORMAT, "\"tags\" must be a list of at most %d", SCHEME_TAGS_MAX);
    for (const struct json *m = list->first; m != NULL; m = m->next) {
        if (m->kind != JSON_IS_STRING || m->size == 0 || strchr(m->text, ' ') != NULL)
            return err_set(e, ASSAY_EFORMAT, "\"tags\" must be texts without spaces");
        if (count > 0 && strcmp(tags[count - 1], m->text) >= 0)
            return err_set(e, ASSAY_EFORMAT, "\"tags\" must ascend");
        tags[count++] = m->text;
    }
    buf_init(&b, HASHLIST_ROW_MAX);
    scheme_tags_text(tags, count, &b);
    *out = arena_strdup(a, buf_cstr(&b));
    buf_clear(&b);
    return ASSAY_OK;
}

static enum assay_err read_file_part(const struct json *j, struct hashlist_row *row, struct err *e)
{
    enum assay_err rc;

    if ((rc = need_hex(j, "sha256", row->sha256, sizeof row->sha256, e)) != 0 ||
        (rc = need_hex(j, "sha1", row->sha1, sizeof row->sha1, e)) != 0 ||
        (rc = need_hex(j, "md5", row->md5, sizeof row->md5, e)) != 0 ||
        (rc = json_need_int(j, "size", 1, INT64_MAX, &row->size, e)) != 0 ||
        (rc = json_need_text(j, "mime", TEXT_MAX, &row->mime, e)) != 0 ||
        (rc = json_want_int(j, "width", 1, INT32_MAX, &row->width, e)) != 0 ||
        (rc = json_want_int(j, "height", 1, INT32_MAX, &row->height, e)) != 0 ||
        (rc = want_hex(j, "pdq", &row->has_pdq, row->pdq, sizeof row->pdq, e)) != 0 ||
        (rc = json_want_int(j, "pdq_quality", 0, 100, &row->pdq_quality, e)) != 0 ||
        (rc = json_want_text(j, "pdq_reason", TEXT_MAX, &row->pdq_reason, e)) != 0 ||
        (rc = want_hex(j, "pdq_oriented", &row->has_pdq_oriented, row->pdq_oriented,
                       sizeof row->pdq_oriented, e)) != 0)
        return rc;
    if (!row->has_pdq && row->pdq_reason == NULL)
        return err_set(e, ASSAY_EFORMAT, "\"pdq\" is null and \"pdq_reason\" does not say why");
    return ASSAY_OK;
}

static bool is_basis(const char *text)
{
    static const char *const known[] = {"seen", "inherited", "propagated", "source"};

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (str_equal(known[i], text))
            return true;
    }
    return false;
}

static enum assay_err read_decision_part(struct arena *a, const struct json *j,
                                         struct hashlist_row *row, struct err *e)
{
    const char *kind;
    enum assay_err rc;
    int64_t ms;

    if ((rc = json_need_text(j, "scheme", SCHEME_NAME_MAX, &row->scheme, e)) != 0 ||
        (rc = json_need_int(j, "scheme_version", 1, INT32_MAX, &row->scheme_version, e)) != 0 ||
        (rc = json_need_text(j, "code", SCHEME_CODE_MAX, &row->code, e)) != 0 ||
        (rc = need_tags(a, j, &row->tags, e)) != 0 ||
        (rc = json_need_text(j, "basis", TEXT_MAX, &row->basis, e)) != 0 ||
        (rc = json_need_int(j, "readings", 1, INT32_MAX, &row->readings, e)) != 0 ||
        (rc = json_need_text(j, "decided_on", DATE_MAX, &row->decided_on, e)) != 0 ||
        (rc = json_need_text(j, "kind", TEXT_MAX, &kind, e)) != 0)
        return rc;
    row->kind = str_equal(kind, kind_name(SCHEME_TRAINING)) ? SCHEME_TRAINING : SCHEME_LIVE;
    if (!is_basis(row->basis))
        return err_set(e, ASSAY_EFORMAT,
                       "\"basis\" is none of seen, inherited, propagated, source");
    if (strlen(row->decided_on) != DATE_MAX || clock_parse(row->decided_on, &ms) != ASSAY_OK)
        return err_set(e, ASSAY_EFORMAT, "\"decided_on\" is no date");
    return ASSAY_OK;
}

static bool is_our_form(const struct hashlist_row *row, const void *line, size_t size)
{
    struct buf b;

    buf_init(&b, 8 * HASHLIST_ROW_MAX); /* what is read may grow when written with escapes */
    hashlist_jsonl_row(&b, row);
    bool same = !b.over && b.size == size + 1 && memcmp(b.data, line, size) == 0;
    buf_clear(&b);
    return same;
}

static enum assay_err read_row(struct arena *a, const void *line, size_t size,
                               struct hashlist_row *row, struct err *e)
{
    struct json *j;
    enum assay_err rc;

    if ((rc = json_parse(a, line, size, &j, e)) != 0 || (rc = json_only(j, members, e)) != 0 ||
        (rc = read_file_part(j, row, e)) != 0 || (rc = read_decision_part(a, j, row, e)) != 0)
        return rc;
    return is_our_form(row, line, size)
               ? ASSAY_OK
               : err_set(e, ASSAY_EFORMAT, "the row is not written as assay writes it");
}

/* The present line while it is gathered from pieces. */
struct lines {
    struct buf line;
    uint64_t number; /* of the line, from 1 */
    bool have_last;
    uint8_t last[32]; /* sha256 of the row before */
    hashlist_take *take;
    void *ctx;
};

static enum assay_err end_line(struct lines *l, struct err *e)
{
    struct arena *a = arena_new();
    struct hashlist_row row = {0};
    struct err why = {0};
    enum assay_err rc = read_row(a, l->line.data, l->line.size, &row, &why);

    if (rc == 0 && l->have_last && memcmp(l->last, row.sha256, sizeof l->last) >= 0)
        rc = err_set(&why, ASSAY_EFORMAT, "the rows do not ascend by sha256");
    if (rc != 0)
        rc = err_set(e, rc, "row %llu: %.400s", (unsigned long long)l->number, why.text);
    else
        rc = l->take(l->ctx, &row, e);
    memcpy(l->last, row.sha256, sizeof l->last);
    l->have_last = true;
    l->number++;
    buf_reset(&l->line);
    arena_free(a);
    return rc;
}

static enum assay_err add_piece(struct lines *l, const unsigned char *piece, size_t size,
                                struct err *e)
{
    enum assay_err rc = ASSAY_OK;

    while (size > 0 && rc == 0) {
        const unsigned char *end = memchr(piece, '\n', size);
        size_t part = end == NULL ? size : (size_t)(end - piece);
        buf_add(&l->line, piece, part);
        if (l->line.over)
            return err_set(e, ASSAY_EFORMAT, "row %llu: longer than %d bytes",
                           (unsigned long long)l->number, HASHLIST_ROW_MAX);
        if (end == NULL)
            return ASSAY_OK;
        rc = end_line(l, e);
        piece += part + 1;
        size -= part + 1;
    }
    return rc;
}

enum assay_err hashlist_read(json_fill *fill, void *fill_ctx, hashlist_take *take, void *take_ctx,
                             uint64_t *count, struct err *e)
{
    struct lines l = {.number = 1, .take = take, .ctx = take_ctx};
    size_t chunk_size = 65536, size;
    unsigned char *chunk = mem_alloc(chunk_size);
    enum assay_err rc = ASSAY_OK;

    buf_init(&l.line, HASHLIST_ROW_MAX);
    while (rc == 0 && (size = fill(fill_ctx, chunk, chunk_size)) > 0) {
        assert(size <= chunk_size);
        rc = add_piece(&l, chunk, size, e);
    }
    if (rc == 0 && l.line.size > 0)
        rc = err_set(e, ASSAY_EFORMAT, "row %llu: the last line does not end",
                     (unsigned long long)l.number);
    if (rc == 0 && count != NULL)
        *count = l.number - 1;
    buf_clear(&l.line);
    mem_free(chunk);
    return rc;
}
