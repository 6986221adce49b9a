/* Reads sidecar rows through the CSV reader; a bad row is reported and the next one read. */
#include "format/sidecar.h"

#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"

enum column {
    FILE_NAME,
    MD5,
    SHA1,
    SHA256,
    SOURCE,
    SCHEME,
    CODE,
    TAGS,
    URL,
    PAGE_URL,
    NOTE,
    TIME_FOUND,
    COLUMN_COUNT
};

static const char *const names[COLUMN_COUNT] = {"file",   "md5",      "sha1", "sha256",
                                                "source", "scheme",   "code", "tags",
                                                "url",    "page_url", "note", "time_found"};

#define ABSENT        SIZE_MAX
/* Tags of a row, as text: as many as a decision takes, at their longest. */
#define TAGS_TEXT_MAX (SCHEME_TAGS_MAX * (2 * SCHEME_NAME_MAX + 2))

struct reading {
    size_t at[COLUMN_COUNT]; /* field of each column, or ABSENT */
    size_t columns;
    uint8_t md5[16], sha1[20], sha256[32];
    char tags_text[TAGS_TEXT_MAX + 1];
    const char *tags[SCHEME_TAGS_MAX];
};

static enum assay_err read_column(struct reading *r, const char *name, size_t field, struct err *e)
{
    char shown[41];
    size_t c = 0;

    while (c < COLUMN_COUNT && !str_equal(names[c], name))
        c++;
    if (c == COLUMN_COUNT)
        return err_set(e, ASSAY_EFORMAT,
                       "line 1: column %zu, \"%s\", is not known; known are file, md5, sha1, "
                       "sha256, source, scheme, code, tags, url, page_url, note, time_found",
                       field + 1, str_shown(name, shown, sizeof shown));
    if (r->at[c] != ABSENT)
        return err_set(e, ASSAY_EFORMAT, "line 1: the column \"%s\" stands twice", name);
    r->at[c] = field;
    return ASSAY_OK;
}

static enum assay_err read_header(struct csv_reader *csv, struct reading *r, struct err *e)
{
    const char *const *fields = NULL;
    enum assay_err rc = csv_next(csv, &fields, &r->columns, e);

    for (size_t c = 0; c < COLUMN_COUNT; c++)
        r->at[c] = ABSENT;
    for (size_t i = 0; i < r->columns && rc == 0; i++)
        rc = read_column(r, fields[i], i, e);
    if (rc != 0)
        return rc;
    if (r->columns == 0)
        return err_set(e, ASSAY_EFORMAT, "line 1: the file is empty; it begins with column names");
    if (r->at[FILE_NAME] == ABSENT && r->at[MD5] == ABSENT && r->at[SHA1] == ABSENT &&
        r->at[SHA256] == ABSENT)
        return err_set(e, ASSAY_EFORMAT,
                       "line 1: one of the columns file, md5, sha1, sha256 is needed");
    if ((r->at[SCHEME] == ABSENT) != (r->at[CODE] == ABSENT))
        return err_set(e, ASSAY_EFORMAT, "line 1: scheme and code go together; one is missing");
    if (r->at[TAGS] != ABSENT && r->at[CODE] == ABSENT)
        return err_set(e, ASSAY_EFORMAT, "line 1: tags go with scheme and code; those are missing");
    return ASSAY_OK;
}

/* A field that is not empty, or NULL. */
static const char *field(const struct reading *r, const char *const *fields, enum column c)
{
    return r->at[c] == ABSENT || fields[r->at[c]][0] == '\0' ? NULL : fields[r->at[c]];
}

static enum assay_err bad(enum column c, const char *what, struct err *e)
{
    return err_set(e, ASSAY_EFORMAT, "%s %s", names[c], what);
}

static enum assay_err take_hash(const struct reading *r, const char *const *fields, enum column c,
                                uint8_t *bytes, size_t size, const uint8_t **out, struct err *e)
{
    const char *text = field(r, fields, c);

    *out = NULL;
    if (text == NULL)
        return ASSAY_OK;
    if (str_unhex(text, bytes, size) != ASSAY_OK)
        return err_set(e, ASSAY_EFORMAT, "%s must be %zu hex digits", names[c], 2 * size);
    *out = bytes;
    return ASSAY_OK;
}

/* Free text: line breaks and tabs are fine, other control characters are not. */
static enum assay_err take_text(const struct reading *r, const char *const *fields, enum column c,
                                size_t size_max, const char **out, struct err *e)
{
    const char *text = field(r, fields, c);

    *out = text;
    if (text == NULL)
        return ASSAY_OK;
    if (strlen(text) > size_max)
        return err_set(e, ASSAY_EFORMAT, "%s is longer than %zu bytes", names[c], size_max);
    for (; *text != '\0'; text++) {
        bool space = *text == '\n' || *text == '\r' || *text == '\t';
        if (*text == 0x7f || ((unsigned char)*text < 0x20 && !(space && c == NOTE)))
            return bad(c, "holds a control character", e);
    }
    return ASSAY_OK;
}

static const char name_set[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
static const char code_set[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";

static enum assay_err take_name(const struct reading *r, const char *const *fields, enum column c,
                                const char *set, const char **out, struct err *e)
{
    const char *text = field(r, fields, c);

    *out = text;
    if (text == NULL)
        return ASSAY_OK;
    if (strlen(text) > SCHEME_NAME_MAX || strspn(text, set) != strlen(text))
        return bad(c, "is not a name as schemes have them", e);
    return ASSAY_OK;
}

/* A scheme such as https:, and neither spaces nor control characters. */
static enum assay_err take_url(const struct reading *r, const char *const *fields, enum column c,
                               const char **out, struct err *e)
{
    static const char set[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+.-";
    enum assay_err rc = take_text(r, fields, c, SIDECAR_URL_MAX, out, e);

    if (rc != 0 || *out == NULL)
        return rc;
    size_t size = strspn(*out, set);
    if (size == 0 || (*out)[size] != ':' || strchr(*out, ' ') != NULL)
        return bad(c, "is no URL", e);
    return ASSAY_OK;
}

static bool is_tag(const char *tag)
{
    size_t group = strspn(tag, name_set);

    if (group == 0 || group > SCHEME_NAME_MAX || tag[group] != ':')
        return false;
    size_t value = strspn(tag + group + 1, name_set);
    return value > 0 && value <= SCHEME_NAME_MAX && tag[group + 1 + value] == '\0';
}

/* Cut at single spaces. */
static enum assay_err take_tags(struct reading *r, const char *const *fields,
                                struct sidecar_row *row, struct err *e)
{
    const char *text = field(r, fields, TAGS);

    row->tags = r->tags;
    row->tag_count = 0;
    if (text == NULL)
        return ASSAY_OK;
    if (strlen(text) > TAGS_TEXT_MAX)
        return bad(TAGS, "has too many", e);
    memcpy(r->tags_text, text, strlen(text) + 1);
    for (char *tag = r->tags_text, *space; tag != NULL; tag = space) {
        space = strchr(tag, ' ');
        if (space != NULL)
            *space++ = '\0';
        if (row->tag_count == SCHEME_TAGS_MAX)
            return bad(TAGS, "has too many", e);
        if (!is_tag(tag))
            return bad(TAGS, "must be group:value, with one space between two", e);
        for (size_t i = 0; i < row->tag_count; i++) {
            if (str_equal(r->tags[i], tag))
                return bad(TAGS, "has one twice", e);
        }
        r->tags[row->tag_count++] = tag;
    }
    return ASSAY_OK;
}

static enum assay_err take_time(const struct reading *r, const char *const *fields, int64_t *out,
                                struct err *e)
{
    const char *text = field(r, fields, TIME_FOUND);

    *out = 0;
    if (text == NULL)
        return ASSAY_OK;
    return clock_parse(text, out) == ASSAY_OK
               ? ASSAY_OK
               : bad(TIME_FOUND, "must be like 2026-11-22T16:01:20Z or 2026-11-22", e);
}

static enum assay_err take_row(struct reading *r, const char *const *fields, size_t count,
                               struct sidecar_row *row, struct err *e)
{
    enum assay_err rc;

    if (count != r->columns)
        return err_set(e, ASSAY_EFORMAT, "%zu fields where the header has %zu", count, r->columns);
    if ((rc = take_text(r, fields, FILE_NAME, SIDECAR_FILE_MAX, &row->file, e)) != 0 ||
        (rc = take_hash(r, fields, MD5, r->md5, sizeof r->md5, &row->md5, e)) != 0 ||
        (rc = take_hash(r, fields, SHA1, r->sha1, sizeof r->sha1, &row->sha1, e)) != 0 ||
        (rc = take_hash(r, fields, SHA256, r->sha256, sizeof r->sha256, &row->sha256, e)) != 0 ||
        (rc = take_text(r, fields, SOURCE, SIDECAR_SOURCE_MAX, &row->source, e)) != 0 ||
        (rc = take_name(r, fields, SCHEME, name_set, &row->scheme, e)) != 0 ||
        (rc = take_name(r, fields, CODE, code_set, &row->code, e)) != 0 ||
        (rc = take_tags(r, fields, row, e)) != 0 ||
        (rc = take_url(r, fields, URL, &row->url, e)) != 0 ||
        (rc = take_url(r, fields, PAGE_URL, &row->page_url, e)) != 0 ||
        (rc = take_text(r, fields, NOTE, SIDECAR_NOTE_MAX, &row->note, e)) != 0 ||
        (rc = take_time(r, fields, &row->time_found_ms, e)) != 0)
        return rc;
    if (row->file == NULL && row->md5 == NULL && row->sha1 == NULL && row->sha256 == NULL)
        return err_set(e, ASSAY_EFORMAT, "neither a file nor a hash is named");
    if ((row->scheme == NULL) != (row->code == NULL))
        return err_set(e, ASSAY_EFORMAT, "scheme and code go together; one is empty");
    if (row->tag_count > 0 && row->code == NULL)
        return err_set(e, ASSAY_EFORMAT, "tags go with scheme and code; those are empty");
    return ASSAY_OK;
}

static void refuse(const struct sidecar_sink *sink, uint64_t line, const char *reason)
{
    char text[ERR_TEXT_SIZE];

    (void)snprintf(text, sizeof text, "line %llu: %.400s", (unsigned long long)line, reason);
    sink->refused(sink->ctx, line, text);
}

enum assay_err sidecar_read(struct csv_reader *csv, const struct sidecar_sink *sink, struct err *e)
{
    struct reading r = {0};
    const char *const *fields = NULL;
    size_t count = 1;
    enum assay_err rc = read_header(csv, &r, e);

    while (rc == 0) {
        struct sidecar_row row = {0};
        struct err why = {0};
        if (csv_next(csv, &fields, &count, &why) != ASSAY_OK) {
            sink->refused(sink->ctx, csv_line(csv), why.text);
            continue;
        }
        if (count == 0)
            break;
        if (count == 1 && fields[0][0] == '\0')
            continue;
        row.line = csv_line(csv);
        if (take_row(&r, fields, count, &row, &why) != ASSAY_OK)
            refuse(sink, row.line, why.text);
        else
            rc = sink->row(sink->ctx, &row, e);
    }
    mem_wipe(&r, sizeof r);
    return rc;
}
