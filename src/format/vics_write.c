/* Writes VICS JSON: documents, cases, and each record of media with what we say of it. */
#include "format/vics_write.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/str.h"

#define WORD "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"

bool vics_context_fits(const char *version, const char *region)
{
    if (str_equal(version, "2.0"))
        return region[0] != '\0' && region[strspn(region, WORD)] == '\0';
    return version[0] == '1' && version[1] == '.' && version[2] >= '0' && version[2] <= '3' &&
           version[3] == '\0' && region[0] == '\0';
}

static bool is_new(const struct vics_writer *w)
{
    return w->shape->version[0] == '2';
}

void vics_write_begin(struct vics_writer *w, const struct vics_shape *shape, struct buf *b)
{
    const char *kind = shape->flat ? "Media" : "Cases";
    char context[160];

    assert(vics_context_fits(shape->version, shape->region));
    *w = (struct vics_writer){.shape = shape};
    if (shape->bom)
        buf_addf(b, "\xef\xbb\xbf");
    json_out_init(&w->out, b);
    json_object(&w->out, NULL);
    if (is_new(w))
        (void)snprintf(context, sizeof context,
                       "http://github.com/VICSDATAMODEL/ProjectVic/DataModels/%s.xml/%.60s/"
                       "$metadata#%s",
                       shape->version, shape->region, kind);
    else
        (void)snprintf(context, sizeof context,
                       "http://github.com/ICMEC/ProjectVic/DataModels/%s.xml#%s", shape->version,
                       kind);
    json_text(&w->out, is_new(w) ? "@odata.context" : "odata.metadata", context);
    json_array(&w->out, "value");
}

static void end_case(struct vics_writer *w)
{
    if (w->in_case) {
        json_array_end(&w->out);
        json_object_end(&w->out);
    }
    w->in_case = false;
}

void vics_write_end(struct vics_writer *w)
{
    end_case(w);
    json_array_end(&w->out);
    json_object_end(&w->out);
    buf_add_char(w->out.b, '\n');
}

void vics_write_case(struct vics_writer *w, const struct json *head, int64_t records,
                     const char *software)
{
    static const char *const ours[] = {"TotalMediaFiles", "SourceApplicationName",
                                       "SourceApplicationVersion", NULL};

    assert(!w->shape->flat);
    end_case(w);
    json_object(&w->out, NULL);
    for (const struct json *m = head == NULL ? NULL : head->first; m != NULL; m = m->next) {
        if (!str_equal(m->key, ours[0]) && !str_equal(m->key, ours[1]) &&
            !str_equal(m->key, ours[2]))
            json_value(&w->out, m->key, m);
    }
    json_int(&w->out, ours[0], records);
    json_text(&w->out, ours[1], "assay");
    json_text(&w->out, ours[2], software);
    json_array(&w->out, "Media");
    w->in_case = true;
}

/* ---- a record ---- */

/* A record on its way out. */
struct writing {
    struct json_out *o;
    const struct vics_shape *shape;
    const struct vics_answer *a;
    bool is_new;
};

static bool says_nothing(const struct json *m)
{
    return m == NULL || m->kind == JSON_IS_NULL || (m->kind == JSON_IS_STRING && m->size == 0);
}

static void as_it_came(const struct writing *w, const char *key, const struct json *m)
{
    if (m != NULL)
        json_value(w->o, key, m);
}

static void cased(const struct vics_shape *s, char *hex)
{
    for (; *hex != '\0'; hex++) {
        if (s->upper_hex && *hex >= 'a' && *hex <= 'f')
            *hex = (char)(*hex - 'a' + 'A');
        else if (!s->upper_hex && *hex >= 'A' && *hex <= 'F')
            *hex = (char)(*hex - 'A' + 'a');
    }
}

static void hex_member(const struct writing *w, const char *key, const uint8_t *bytes, size_t size)
{
    char hex[2 * 32 + 1];

    str_hex(bytes, size, hex);
    cased(w->shape, hex);
    json_text(w->o, key, hex);
}

static void write_hash(const struct writing *w, const char *key, const struct json *m,
                       const uint8_t *ours, size_t size)
{
    char hex[2 * 32 + 1];

    if (!says_nothing(m) && m->kind == JSON_IS_STRING && m->size == 2 * size) {
        memcpy(hex, m->text, m->size + 1);
        cased(w->shape, hex);
        json_text(w->o, key, hex);
    } else if (says_nothing(m) && w->a->has_file) {
        hex_member(w, key, ours, size);
    } else {
        as_it_came(w, key, m);
    }
}

/* MD5 is in every record of the model. */
static void write_md5(const struct writing *w, const char *key, const struct json *m)
{
    if (m == NULL && !w->a->has_file)
        json_text(w->o, key, "");
    else
        write_hash(w, key, m, w->a->md5, sizeof w->a->md5);
}

static void write_sha1(const struct writing *w, const char *key, const struct json *m)
{
    write_hash(w, key, m, w->a->sha1, sizeof w->a->sha1);
}

static void write_id(const struct writing *w, const char *key, const struct json *m)
{
    if (says_nothing(m))
        json_int(w->o, key, w->a->number);
    else
        as_it_came(w, key, m);
}

static void write_category(const struct writing *w, const char *key, const struct json *m)
{
    (void)m;
    if (w->a->category < 0)
        json_null(w->o, key);
    else
        json_int(w->o, key, w->a->category);
}

static void write_size(const struct writing *w, const char *key, const struct json *m)
{
    if (says_nothing(m) && w->a->has_file)
        json_int(w->o, key, w->a->size);
    else
        as_it_came(w, key, m);
}

static void write_date(const struct writing *w, const char *key, const struct json *m)
{
    char at[CLOCK_TEXT_SIZE];

    if (!w->a->graded || (m == NULL && !w->is_new)) {
        as_it_came(w, key, m);
        return;
    }
    clock_text(w->a->dated_ms, at);
    (void)snprintf(strchr(at, '.'), 2, "Z"); /* whole seconds: every reader takes them */
    json_text(w->o, key, at);
}

static void write_precategorised(const struct writing *w, const char *key, const struct json *m)
{
    if (w->a->graded || (m == NULL && w->is_new)) /* the model of 2.0 wants one in each record */
        json_bool(w->o, key, false);
    else
        as_it_came(w, key, m);
}

static void write_mime(const struct writing *w, const char *key, const struct json *m)
{
    if (says_nothing(m) && w->a->has_file && w->is_new)
        json_text(w->o, key, w->a->mime);
    else
        as_it_came(w, key, m);
}

/* Whether a blank-separated text is one of a comma-separated list. */
static bool is_listed(const char *list, const char *tag, size_t size)
{
    while (*list != '\0') {
        const size_t skip = strspn(list, ", "), part = strcspn(list + skip, ",");
        if (part == size && memcmp(list + skip, tag, size) == 0)
            return true;
        list += skip + part;
    }
    return false;
}

static void write_tags(const struct writing *w, const char *key, const struct json *m)
{
    struct buf all;

    if ((!says_nothing(m) && m->kind != JSON_IS_STRING) || w->a->tags[0] == '\0') {
        as_it_came(w, key, m);
        return;
    }
    buf_init(&all, 2 * 1024 * 1024);
    if (m != NULL && m->kind == JSON_IS_STRING)
        buf_add(&all, m->text, m->size);
    for (const char *tag = w->a->tags; *tag != '\0';) {
        const size_t size = strcspn(tag, " ");
        if (!is_listed(buf_cstr(&all), tag, size)) {
            buf_addf(&all, "%s%.*s", all.size == 0 ? "" : ",", (int)size, tag);
        }
        tag += size + strspn(tag + size, " ");
    }
    json_text_n(w->o, key, buf_cstr(&all), all.size);
    buf_clear(&all);
}

/* Every row of the model's lists begins with the record's MD5. */
static void begin_row(const struct writing *w)
{
    json_object(w->o, NULL);
    if (w->a->has_md5)
        hex_member(w, "MD5", w->a->md5, sizeof w->a->md5);
    else
        json_text(w->o, "MD5", "");
}

static bool has_hash(const struct json *rows, const char *name)
{
    for (const struct json *r = rows == NULL ? NULL : rows->first; r != NULL; r = r->next) {
        const struct json *n = json_get(r, "HashName");
        const bool text = n != NULL && n->kind == JSON_IS_STRING;
        if (text && (strcasecmp(n->text, name) == 0 ||
                     (strcasecmp(n->text, "SHA-256") == 0 && str_equal(name, "SHA256"))))
            return true;
    }
    return false;
}

static void add_hash(const struct writing *w, const struct json *rows, const char *name,
                     const uint8_t bytes[32])
{
    if (has_hash(rows, name))
        return;
    begin_row(w);
    json_text(w->o, "HashName", name);
    hex_member(w, "HashValue", bytes, 32);
    json_object_end(w->o);
}

static void write_hashes(const struct writing *w, const char *key, const struct json *m)
{
    const bool rows = says_nothing(m) || m->kind == JSON_IS_ARRAY;

    if (!rows || !w->a->has_file) {
        as_it_came(w, key, m);
        return;
    }
    json_array(w->o, key);
    for (const struct json *r = m == NULL ? NULL : m->first; r != NULL; r = r->next)
        json_value(w->o, NULL, r);
    add_hash(w, m, "SHA256", w->a->sha256);
    if (w->a->has_pdq)
        add_hash(w, m, "PDQ", w->a->pdq);
    json_array_end(w->o);
}

static bool is_ours(const struct json *row)
{
    const struct json *n = json_get(row, "PropertyName");

    return n != NULL && n->kind == JSON_IS_STRING && str_starts(n->text, VICS_OURS);
}

static void write_metadata(const struct writing *w, const char *key, const struct json *m)
{
    char name[64];

    if (!says_nothing(m) && m->kind != JSON_IS_ARRAY) {
        as_it_came(w, key, m);
        return;
    }
    json_array(w->o, key);
    for (const struct json *r = m == NULL ? NULL : m->first; r != NULL; r = r->next) {
        if (!is_ours(r))
            json_value(w->o, NULL, r);
    }
    for (size_t i = 0; i < w->a->note_count; i++) {
        const struct vics_note *n = &w->a->notes[i];
        if (n->value == NULL)
            continue;
        (void)snprintf(name, sizeof name, VICS_OURS "%s", n->name);
        begin_row(w);
        json_text(w->o, "PropertyName", name);
        json_text(w->o, "PropertyValue", n->value);
        json_object_end(w->o);
    }
    json_array_end(w->o);
}

/* Members that we have something to say of, in our order; those before `rest` stand in front of all
 * others, the rest behind them. */
static const struct {
    const char *name;
    void (*write)(const struct writing *w, const char *key, const struct json *m);
} members[] = {{"MediaID", write_id},
               {"Category", write_category},
               {"MD5", write_md5},
               {"SHA1", write_sha1},
               {"MediaSize", write_size},
               {"RelativeFilePath", as_it_came},
               {"DateUpdated", write_date},
               {"IsPrecategorized", write_precategorised},
               {"MimeType", write_mime},
               {"Tags", write_tags},
               {"AlternativeHashes", write_hashes},
               {"MediaFiles", as_it_came},
               {"MediaMetadata", write_metadata}};
#define MEMBERS  (sizeof members / sizeof members[0])
#define IN_FRONT 9

static size_t member_of(const char *name)
{
    size_t i = 0;

    while (i < MEMBERS && !str_equal(members[i].name, name))
        i++;
    return i;
}

static void write_some(const struct writing *w, const struct json *said, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        members[i].write(w, members[i].name, json_get(said, members[i].name));
}

static void write_others(const struct writing *w, const struct json *said)
{
    for (const struct json *m = said == NULL ? NULL : said->first; m != NULL; m = m->next) {
        if (member_of(m->key) == MEMBERS)
            json_value(w->o, m->key, m);
    }
}

static void write_as_received(const struct writing *w, const struct json *said)
{
    for (const struct json *m = said == NULL ? NULL : said->first; m != NULL; m = m->next) {
        const size_t i = member_of(m->key);
        if (i < MEMBERS)
            members[i].write(w, m->key, m);
        else
            json_value(w->o, m->key, m);
    }
    for (size_t i = 0; i < MEMBERS; i++) {
        if (json_get(said, members[i].name) == NULL)
            members[i].write(w, members[i].name, NULL);
    }
}

void vics_write_media(struct vics_writer *w, const struct json *said, const struct vics_answer *a)
{
    const struct writing one = {.o = &w->out, .shape = w->shape, .a = a, .is_new = is_new(w)};

    json_object(&w->out, NULL);
    if (w->shape->received_order) {
        write_as_received(&one, said);
    } else {
        write_some(&one, said, 0, IN_FRONT);
        write_others(&one, said);
        write_some(&one, said, IN_FRONT, MEMBERS);
    }
    json_object_end(&w->out);
    buf_add_char(w->out.b, '\n'); /* a record a line */
}
