/* Reading a form of one file. */
#include "http/multipart.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define BOUNDARY_MAX 70 /* RFC 2046 */
#define HEAD_MAX     4096

static enum assay_err no_form(struct err *e)
{
    return err_set(e, ASSAY_EFORMAT,
                   "the body is a form (multipart/form-data) of exactly one file whose field is "
                   "named photo");
}

/* "\r\n--" and the boundary. */
static bool delimiter(const char *type, char out[BOUNDARY_MAX + 5])
{
    static const char form[] = "multipart/form-data", mark[] = "boundary=";
    const char *at = strncasecmp(type, form, sizeof form - 1) == 0 ? strcasestr(type, mark) : NULL;

    if (at == NULL)
        return false;
    at += sizeof mark - 1;
    bool quoted = *at == '"';
    at += quoted;
    size_t size = strcspn(at, quoted ? "\"" : "; \t\"");
    if (size == 0 || size > BOUNDARY_MAX || (quoted && at[size] != '"'))
        return false;
    (void)snprintf(out, BOUNDARY_MAX + 5, "\r\n--%.*s", (int)size, at);
    return true;
}

/* The value of name="..." in the part's header, whose end is at end. */
static bool field_name(const char *head, const char *end, char out[MULTIPART_NAME_SIZE])
{
    static const char mark[] = "; name=\"";
    const char *at = memmem(head, (size_t)(end - head), mark, sizeof mark - 1);

    if (at == NULL)
        return false;
    at += sizeof mark - 1;
    const char *quote = memchr(at, '"', (size_t)(end - at));
    if (quote == NULL || quote == at || quote - at >= MULTIPART_NAME_SIZE)
        return false;
    memcpy(out, at, (size_t)(quote - at));
    out[quote - at] = '\0';
    return true;
}

enum assay_err multipart_parse(const char *type, const void *body, size_t size,
                               struct multipart_file *out, struct err *e)
{
    char mark[BOUNDARY_MAX + 5];
    const char *at = body, *end, *head_end, *data_end;
    struct multipart_file file;

    if (size == 0 || type == NULL || !delimiter(type, mark))
        return no_form(e);
    end = at + size;
    size_t mark_size = strlen(mark);
    /* The first delimiter has no line before it. */
    if (size < mark_size || memcmp(at, mark + 2, mark_size - 2) != 0 ||
        memcmp(at + mark_size - 2, "\r\n", 2) != 0)
        return no_form(e);
    at += mark_size - 2;
    size_t head_room = (size_t)(end - at) < HEAD_MAX ? (size_t)(end - at) : HEAD_MAX;
    head_end = memmem(at, head_room, "\r\n\r\n", 4);
    if (head_end == NULL || !field_name(at, head_end, file.name))
        return no_form(e);
    file.bytes = head_end + 4;
    data_end = memmem(head_end + 2, (size_t)(end - head_end - 2), mark, mark_size);
    if (data_end == NULL || data_end < head_end + 4 || (size_t)(end - data_end) < mark_size + 2 ||
        memcmp(data_end + mark_size, "--", 2) != 0)
        return no_form(e);
    file.size = (size_t)(data_end - (head_end + 4));
    *out = file;
    return ASSAY_OK;
}
