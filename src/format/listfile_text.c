/* A hash a line, maybe with its kind before it and something behind it. */
#include <string.h>

#include "base/str.h"
#include "format/listfile_impl.h"

/* What else stands there: a PDQ's quality, the name that md5sum gives, or any note. */
static void take_rest(struct listfile *f, const char *line, const char *rest,
                      struct listfile_record *r)
{
    struct listfile_bsd bsd;
    struct json_out o;
    int64_t number;

    buf_reset(&f->says);
    json_out_init(&o, &f->says);
    json_object(&o, NULL);
    if (listfile_bsd(line, &bsd))
        json_text_n(&o, "text", bsd.name, bsd.name_size);
    else if ((r->has & LISTFILE_PDQ) != 0 && str_int64(rest, 0, 100, &number) == ASSAY_OK)
        r->quality = (int)number;
    else if (rest[0] != '\0')
        json_text(&o, "text", rest[0] == '*' ? rest + 1 : rest);
    json_object_end(&o);
}

static enum assay_err read_line(struct listfile *f, const char *line, struct err *e)
{
    struct listfile_record r = {.line = f->line, .quality = -1};
    const char *rest, *why;

    line += strspn(line, " \t");
    if (line[0] == '\0' || line[0] == '#')
        return ASSAY_OK;
    if (line[0] == '\\') /* md5sum's mark of a name in which it escaped something */
        line++;
    why = listfile_hash(line, &r, &rest);
    if (why != NULL)
        return listfile_refuse(f, why, e);
    take_rest(f, line, rest, &r);
    return listfile_give(f, &r, e);
}

enum assay_err listfile_text(struct listfile *f, const char *first, struct err *e)
{
    enum assay_err rc = read_line(f, first, e);
    struct err why;
    const char *line;
    size_t size;

    while (rc == ASSAY_OK) {
        rc = listfile_line(f, &line, &size, &why);
        if (rc == ASSAY_ENOTFOUND)
            return ASSAY_OK;
        rc = rc == ASSAY_OK ? read_line(f, line, e) : listfile_refuse(f, why.text, e);
    }
    return rc;
}
