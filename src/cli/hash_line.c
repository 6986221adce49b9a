/* assay hash: the line of one file, as JSON or as a row of a table. */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/str.h"
#include "cli/hash.h"

/* What both forms say of one file; NULL and 0 where nothing is known. */
struct said {
    const struct hash_options *options;
    const struct hash_result *result;
    const struct decode_hashed *hashed;  /* NULL: not even digests */
    const struct decode_hashed *picture; /* NULL: not decoded */
};

static struct said say(const struct hash_options *o, const struct hash_result *r)
{
    struct said s = {.options = o, .result = r};

    if (r->digested)
        s.hashed = &r->hashed;
    if (r->digested && r->hashed.picture == ASSAY_OK)
        s.picture = &r->hashed;
    return s;
}

static const char *method(const struct said *s)
{
    static const char *const names[] = {
        [1] = "exact", [2] = "fast_2", [4] = "fast_4", [8] = "fast_8"};
    const struct decode_hashed *p = s->picture;

    if (p == NULL || !p->has_pdq)
        return NULL;
    if ((s->options->wants & DECODE_HASH_SCALE_512) != 0 &&
        (p->width > ASSAY_PDQ_SCALE || p->height > ASSAY_PDQ_SCALE))
        return "nearest_512";
    return names[p->reduced];
}

static bool names_method(const struct hash_options *o)
{
    return (o->wants & (DECODE_HASH_FAST | DECODE_HASH_SCALE_512)) != 0;
}

/* ---- JSON Lines ---- */

void hash_line_path(struct json_out *o, const char *key, const char *path)
{
    struct buf base64;
    char name[40];

    if (str_is_utf8(path, strlen(path))) {
        json_text(o, key, path);
        return;
    }
    (void)snprintf(name, sizeof name, "%s_base64", key);
    buf_init(&base64, HASH_LINE_MAX);
    str_base64(path, strlen(path), &base64);
    json_text(o, name, buf_cstr(&base64));
    buf_clear(&base64);
}

static void json_number(struct json_out *o, const char *key, const struct decode_hashed *from,
                        uint64_t v)
{
    if (from == NULL)
        json_null(o, key);
    else
        json_int(o, key, (int64_t)v);
}

static void json_digests(struct json_out *o, const struct said *s)
{
    static const struct assay_digests none;
    const struct assay_digests *d = s->hashed == NULL ? &none : &s->hashed->digests;
    const uint32_t wanted = s->options->algorithms;
    const size_t there = s->hashed == NULL ? 0 : 1;

    if ((wanted & HASH_MD5) != 0)
        json_hex(o, "md5", d->md5, there * sizeof d->md5);
    if ((wanted & HASH_SHA1) != 0)
        json_hex(o, "sha1", d->sha1, there * sizeof d->sha1);
    if ((wanted & HASH_SHA256) != 0)
        json_hex(o, "sha256", d->sha256, there * sizeof d->sha256);
}

static void json_pdq(struct json_out *o, const char *key, bool there, const struct assay_pdq *pdq)
{
    json_hex(o, key, pdq == NULL ? NULL : pdq->bytes, there ? ASSAY_PDQ_BYTES : 0);
}

static void json_picture(struct json_out *o, const struct said *s)
{
    const struct decode_hashed *p = s->picture;
    const bool hashed = p != NULL && p->has_pdq;

    json_pdq(o, "pdq", hashed, hashed ? &p->pdq : NULL);
    json_number(o, "pdq_quality", hashed ? p : NULL, hashed ? p->pdq.quality : 0);
    json_text(o, "pdq_reason", s->result->reason);
    json_number(o, "pixel_policy", p, DECODE_PIXEL_POLICY);
}

static void json_turned(struct json_out *o, const struct decode_hashed *p)
{
    if (p == NULL) {
        json_null(o, "pdq_turned");
        return;
    }
    json_object(o, "pdq_turned");
    for (unsigned i = 0; i < ASSAY_PDQ_TURNS; i++)
        json_pdq(o, assay_pdq_turn_name((enum assay_pdq_turn)i), true, &p->turned[i]);
    json_object_end(o);
}

/* Into an object that is open. */
static void json_chance(struct json_out *o, const struct assay_pdq *pdq)
{
    json_pdq(o, "pdq", true, pdq);
    json_int(o, "pdq_quality", pdq->quality);
}

static void json_frames(struct json_out *o, const struct decode_chances *c)
{
    json_array(o, "pdq_frames");
    for (uint32_t i = 0; i < c->frame_count; i++) {
        json_object(o, NULL);
        json_int(o, "index", c->frames[i].index);
        json_chance(o, &c->frames[i].pdq);
        json_object_end(o);
    }
    json_array_end(o);
}

static void json_unbordered(struct json_out *o, const struct decode_chances *c)
{
    json_object(o, "pdq_unbordered");
    json_chance(o, &c->unbordered);
    json_int(o, "left", c->kept.left);
    json_int(o, "top", c->kept.top);
    json_int(o, "width", c->kept.width);
    json_int(o, "height", c->kept.height);
    json_object_end(o);
}

static void json_chances(struct json_out *o, const struct said *s)
{
    const uint32_t wants = s->options->wants;
    const struct decode_chances *c = s->picture == NULL ? NULL : &s->picture->chances;

    if ((wants & DECODE_HASH_FRAMES) != 0 && c != NULL)
        json_frames(o, c);
    else if ((wants & DECODE_HASH_FRAMES) != 0)
        json_null(o, "pdq_frames");
    if ((wants & DECODE_HASH_THUMBNAIL) != 0 && c != NULL && c->has_thumbnail) {
        json_object(o, "pdq_thumbnail");
        json_chance(o, &c->thumbnail);
        json_object_end(o);
    } else if ((wants & DECODE_HASH_THUMBNAIL) != 0) {
        json_null(o, "pdq_thumbnail");
    }
    if ((wants & DECODE_HASH_UNBORDERED) != 0 && c != NULL && c->has_unbordered)
        json_unbordered(o, c);
    else if ((wants & DECODE_HASH_UNBORDERED) != 0)
        json_null(o, "pdq_unbordered");
}

static void json_more(struct json_out *o, const struct said *s)
{
    const struct decode_hashed *p = s->picture;

    if (p != NULL && p->orientation > 1 && p->has_pdq)
        json_pdq(o, "pdq_oriented", p->has_pdq_oriented, &p->pdq_oriented);
    if ((s->options->wants & DECODE_HASH_TURNED) != 0)
        json_turned(o, p != NULL && p->has_pdq ? p : NULL);
    if ((s->options->wants & DECODE_HASH_STABLE) != 0)
        json_number(o, "pdq_stable_bits", p != NULL && p->has_pdq ? p : NULL,
                    p == NULL ? 0 : p->stable_bits);
    json_chances(o, s);
    if (names_method(s->options))
        json_text(o, "pdq_method", method(s));
}

static void object(const struct said *s, const char *path, struct buf *b)
{
    const struct decode_hashed *p = s->picture;
    const bool asked = (s->options->algorithms & HASH_OF_PICTURE) != 0;
    const char *name;
    struct json_out o;

    json_out_init(&o, b);
    json_object(&o, NULL);
    hash_line_path(&o, "path", path);
    json_number(&o, "size", s->hashed, s->hashed == NULL ? 0 : s->hashed->digests.size);
    json_text(&o, "mime", s->hashed == NULL ? NULL : decode_type_mime(s->hashed->type));
    json_number(&o, "width", p, p == NULL ? 0 : p->width);
    json_number(&o, "height", p, p == NULL ? 0 : p->height);
    json_number(&o, "frames", p, p == NULL ? 0 : p->frames);
    json_number(&o, "duration_ms", p != NULL && p->has_duration ? p : NULL,
                p == NULL ? 0 : p->duration_ms);
    json_digests(&o, s);
    if (asked)
        json_picture(&o, s);
    json_array(&o, "flags");
    for (unsigned i = 0; p != NULL && (name = decode_flag_name(i)) != NULL; i++) {
        if ((p->flags & (1u << i)) != 0)
            json_text(&o, NULL, name);
    }
    json_array_end(&o);
    json_text(&o, "error", s->result->error[0] == '\0' ? NULL : s->result->error);
    if (asked)
        json_more(&o, s);
    json_object_end(&o);
}

/* ---- table ---- */

static void cell(struct buf *b, const char *text)
{
    if (text != NULL)
        str_escaped(text, b);
    buf_add_char(b, '\t');
}

static void cell_number(struct buf *b, const struct decode_hashed *from, uint64_t v)
{
    if (from != NULL)
        buf_addf(b, "%llu", (unsigned long long)v);
    buf_add_char(b, '\t');
}

static void add_hex(struct buf *b, const void *bytes, size_t size)
{
    char hex[2 * ASSAY_PDQ_BYTES + 1];

    str_hex(bytes, size, hex);
    buf_add_str(b, hex);
}

static void cell_hex(struct buf *b, const struct decode_hashed *from, const void *bytes,
                     size_t size)
{
    if (from != NULL)
        add_hex(b, bytes, size);
    buf_add_char(b, '\t');
}

static void cell_flags(struct buf *b, uint32_t flags)
{
    const char *name, *comma = "";

    for (unsigned i = 0; (name = decode_flag_name(i)) != NULL; i++) {
        if ((flags & (1u << i)) == 0)
            continue;
        buf_addf(b, "%s%s", comma, name);
        comma = ",";
    }
    buf_add_char(b, '\t');
}

static void cell_turned(struct buf *b, const struct decode_hashed *p)
{
    for (unsigned i = 0; p != NULL && i < ASSAY_PDQ_TURNS; i++) {
        if (i > 0)
            buf_add_char(b, ',');
        add_hex(b, p->turned[i].bytes, ASSAY_PDQ_BYTES);
    }
    buf_add_char(b, '\t');
}

/* A hash and its quality, and what goes with it, with colons between them. */
static void add_chance(struct buf *b, const struct assay_pdq *pdq)
{
    add_hex(b, pdq->bytes, ASSAY_PDQ_BYTES);
    buf_addf(b, ":%u", pdq->quality);
}

static void row_chances(const struct said *s, struct buf *b)
{
    static const struct decode_chances none;
    const struct decode_chances *c = s->picture == NULL ? &none : &s->picture->chances;
    const uint32_t wants = s->options->wants;

    for (uint32_t i = 0; i < c->frame_count; i++) {
        buf_addf(b, "%s%u:", i == 0 ? "" : ",", c->frames[i].index);
        add_chance(b, &c->frames[i].pdq);
    }
    if ((wants & DECODE_HASH_FRAMES) != 0)
        buf_add_char(b, '\t');
    if (c->has_thumbnail)
        add_chance(b, &c->thumbnail);
    if ((wants & DECODE_HASH_THUMBNAIL) != 0)
        buf_add_char(b, '\t');
    if (c->has_unbordered) {
        add_chance(b, &c->unbordered);
        buf_addf(b, ":%u:%u:%u:%u", c->kept.left, c->kept.top, c->kept.width, c->kept.height);
    }
    if ((wants & DECODE_HASH_UNBORDERED) != 0)
        buf_add_char(b, '\t');
}

static void row_digests(const struct said *s, struct buf *b)
{
    static const struct assay_digests none;
    const struct assay_digests *d = s->hashed == NULL ? &none : &s->hashed->digests;
    const uint32_t wanted = s->options->algorithms;

    if ((wanted & HASH_MD5) != 0)
        cell_hex(b, s->hashed, d->md5, sizeof d->md5);
    if ((wanted & HASH_SHA1) != 0)
        cell_hex(b, s->hashed, d->sha1, sizeof d->sha1);
    if ((wanted & HASH_SHA256) != 0)
        cell_hex(b, s->hashed, d->sha256, sizeof d->sha256);
}

static void row(const struct said *s, const char *path, struct buf *b)
{
    static const struct decode_hashed none;
    const struct decode_hashed *p = s->picture, *of = p == NULL ? &none : p;
    const struct decode_hashed *hashed = of->has_pdq ? p : NULL;
    const bool asked = (s->options->algorithms & HASH_OF_PICTURE) != 0;

    cell(b, path);
    cell_number(b, s->hashed, s->hashed == NULL ? 0 : s->hashed->digests.size);
    cell(b, s->hashed == NULL ? NULL : decode_type_mime(s->hashed->type));
    cell_number(b, p, of->width);
    cell_number(b, p, of->height);
    cell_number(b, p, of->frames);
    cell_number(b, of->has_duration ? p : NULL, of->duration_ms);
    row_digests(s, b);
    if (asked) {
        cell_hex(b, hashed, of->pdq.bytes, ASSAY_PDQ_BYTES);
        cell_number(b, hashed, of->pdq.quality);
        cell(b, s->result->reason);
        cell_number(b, p, DECODE_PIXEL_POLICY);
    }
    cell_flags(b, of->flags);
    cell(b, s->result->error);
    if (asked)
        cell_hex(b, of->has_pdq_oriented ? p : NULL, of->pdq_oriented.bytes, ASSAY_PDQ_BYTES);
    if ((s->options->wants & DECODE_HASH_TURNED) != 0)
        cell_turned(b, hashed);
    if ((s->options->wants & DECODE_HASH_STABLE) != 0)
        cell_number(b, hashed, of->stable_bits);
    row_chances(s, b);
    if (names_method(s->options))
        cell(b, method(s));
    b->size--; /* the last tab */
}

void hash_line_head(const struct hash_options *o, struct buf *b)
{
    const uint32_t wanted = o->algorithms;

    if (o->format != HASH_TSV)
        return;
    buf_add_str(b, "path\tsize\tmime\twidth\theight\tframes\tduration_ms");
    buf_addf(b, "%s%s%s", (wanted & HASH_MD5) != 0 ? "\tmd5" : "",
             (wanted & HASH_SHA1) != 0 ? "\tsha1" : "",
             (wanted & HASH_SHA256) != 0 ? "\tsha256" : "");
    if ((wanted & HASH_OF_PICTURE) != 0)
        buf_add_str(b, "\tpdq\tpdq_quality\tpdq_reason\tpixel_policy");
    buf_add_str(b, "\tflags\terror");
    if ((wanted & HASH_OF_PICTURE) != 0)
        buf_addf(b, "\tpdq_oriented%s%s%s%s%s%s",
                 (o->wants & DECODE_HASH_TURNED) != 0 ? "\tpdq_turned" : "",
                 (o->wants & DECODE_HASH_STABLE) != 0 ? "\tpdq_stable_bits" : "",
                 (o->wants & DECODE_HASH_FRAMES) != 0 ? "\tpdq_frames" : "",
                 (o->wants & DECODE_HASH_THUMBNAIL) != 0 ? "\tpdq_thumbnail" : "",
                 (o->wants & DECODE_HASH_UNBORDERED) != 0 ? "\tpdq_unbordered" : "",
                 names_method(o) ? "\tpdq_method" : "");
    buf_add_char(b, '\n');
}

void hash_line(void *ctx, const char *path, const struct hash_result *r, struct buf *b)
{
    const struct hash_options *o = ctx;
    const struct said s = say(o, r);

    if (o->format == HASH_JSONL)
        object(&s, path, b);
    else
        row(&s, path, b);
    buf_add_char(b, '\n');
}
