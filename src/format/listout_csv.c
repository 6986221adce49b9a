/* Lists by columns: CSV with names that our own reader knows, INTERPOL's ICSE, and NSRL 2. */
#include <string.h>

#include "base/str.h"
#include "format/csv.h"
#include "format/listout_impl.h"

#define TAGS_MAX ((size_t)16 * LISTFILE_LINE_MAX) /* more than a list may say */

static void start(struct csv_out *o, struct listout *w, char separator)
{
    csv_out_init(o, w->b);
    o->separator = separator;
}

static void head(struct listout *w, char separator, const char *const *names)
{
    struct csv_out o;

    start(&o, w, separator);
    for (; *names != NULL; names++)
        csv_plain(&o, *names);
    csv_end_row(&o);
}

static void hash(struct csv_out *o, const struct listout_record *r, unsigned kind,
                 const void *bytes, size_t size)
{
    csv_hex(o, bytes, (r->has & kind) != 0 ? size : 0);
}

/* A text as it is, a number by its digits, all else empty. */
static void member(struct csv_out *o, const struct listout_record *r, const char *name)
{
    const struct json *m = json_get(r->says, name);

    if (m != NULL && m->kind == JSON_IS_STRING)
        csv_text(o, m->text);
    else
        csv_plain(o, m != NULL && m->kind == JSON_IS_NUMBER ? m->text : NULL);
}

/* ---- CSV ---- */

void listout_csv_begin(struct listout *w)
{
    static const char *const names[] = {"md5",         "sha1",         "sha256", "pdq",
                                        "pdq_quality", "pdq_oriented", "scheme", "scheme_version",
                                        "code",        "tags",         "source", NULL};

    head(w, ',', names);
}

const char *listout_csv(struct listout *w, const struct listout_record *r)
{
    const struct listfile_record *h = r->hashes;
    struct csv_out o;
    struct buf tags;

    if (r->has == 0)
        return "it has no hash that may go out";
    start(&o, w, ',');
    hash(&o, r, LISTFILE_MD5, h->md5, sizeof h->md5);
    hash(&o, r, LISTFILE_SHA1, h->sha1, sizeof h->sha1);
    hash(&o, r, LISTFILE_SHA256, h->sha256, sizeof h->sha256);
    hash(&o, r, LISTFILE_PDQ, h->pdq, sizeof h->pdq);
    if ((r->has & LISTFILE_PDQ) != 0 && h->quality >= 0)
        csv_int(&o, h->quality);
    else
        csv_plain(&o, NULL);
    hash(&o, r, LISTFILE_ORIENTED, h->pdq_oriented, sizeof h->pdq_oriented);
    member(&o, r, "scheme");
    member(&o, r, "scheme_version");
    member(&o, r, "code");
    buf_init(&tags, TAGS_MAX);
    listout_tags(r, ' ', &tags);
    csv_text(&o, buf_cstr(&tags));
    buf_clear(&tags);
    member(&o, r, "source");
    csv_end_row(&o);
    return NULL;
}

/* ---- ICSE ---- */

void listout_icse_begin(struct listout *w)
{
    static const char *const names[] = {"MD5",
                                        "SHA1",
                                        "PhotoDNA",
                                        "Image ID",
                                        "Is distributed",
                                        "Victim identified",
                                        "Offender identified",
                                        "Series name",
                                        "Number of submissions",
                                        "File Available",
                                        "Media Type",
                                        "Baseline",
                                        NULL};

    head(w, ';', names);
}

/* By INTERPOL's name, else by that of VICS, which may be a word. */
static void flag(struct csv_out *o, const struct listout_record *r, const char *name,
                 const char *vics)
{
    const struct json *m = json_get(r->says, name);
    bool known = true, set = false;

    if (m == NULL)
        m = json_get(r->says, vics);
    if (m != NULL && m->kind == JSON_IS_BOOL)
        set = m->boolean;
    else if (m != NULL && m->kind == JSON_IS_STRING &&
             (str_equal(m->text, "true") || str_equal(m->text, "false")))
        set = str_equal(m->text, "true");
    else
        known = false;
    csv_plain(o, !known ? NULL : set ? "y" : "n");
}

const char *listout_icse(struct listout *w, const struct listout_record *r)
{
    const struct listfile_record *h = r->hashes;
    const struct json *series = json_get(r->says, "series");
    struct csv_out o;

    if ((r->has & (LISTFILE_MD5 | LISTFILE_SHA1)) == 0)
        return "it has neither MD5 nor SHA-1";
    start(&o, w, ';');
    hash(&o, r, LISTFILE_MD5, h->md5, sizeof h->md5);
    hash(&o, r, LISTFILE_SHA1, h->sha1, sizeof h->sha1);
    csv_plain(&o, NULL); /* PhotoDNA: we have none */
    member(&o, r, "Image ID");
    flag(&o, r, "Is distributed", "IsDistributed");
    flag(&o, r, "Victim identified", "VictimIdentified");
    flag(&o, r, "Offender identified", "OffenderIdentified");
    if (series != NULL && series->kind == JSON_IS_ARRAY && series->first != NULL &&
        series->first->kind == JSON_IS_STRING)
        csv_text(&o, series->first->text);
    else
        member(&o, r, "Series name");
    member(&o, r, "Number of submissions");
    member(&o, r, "File Available");
    member(&o, r, "Media Type");
    member(&o, r, "Baseline");
    csv_end_row(&o);
    return NULL;
}

/* ---- NSRL 2 ---- */

void listout_nsrl_begin(struct listout *w)
{
    buf_add_str(w->b, "\"SHA-1\",\"MD5\",\"CRC32\",\"FileName\",\"FileSize\",\"ProductCode\","
                      "\"OpSystemCode\",\"SpecialCode\"\r\n");
}

static void upper_hex(struct buf *b, const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        buf_addf(b, "%02X", bytes[i]);
}

/* Readers of this form find fields by their quotes, and take bytes for ISO-8859-1: so the name has
 * neither quotes nor anything beyond ASCII. */
const char *listout_nsrl(struct listout *w, const struct listout_record *r)
{
    const unsigned both = LISTFILE_MD5 | LISTFILE_SHA1;
    const struct listfile_record *h = r->hashes;
    char name[LISTOUT_NAME_SIZE];

    if ((r->has & both) != both)
        return "it has not both MD5 and SHA-1";
    (void)listout_name(r, name);
    for (char *c = name; *c != '\0'; c++) {
        if (*c == '"' || (unsigned char)*c >= 0x80)
            *c = '?';
    }
    buf_add_char(w->b, '"');
    upper_hex(w->b, h->sha1, sizeof h->sha1);
    buf_add_str(w->b, "\",\"");
    upper_hex(w->b, h->md5, sizeof h->md5);
    buf_addf(w->b, "\",\"00000000\",\"%s\",0,0,\"0\",\"\"\r\n", name);
    return NULL;
}
