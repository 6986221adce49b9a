/* Writes rehearsals by the code that writes answers. */
#include "flow/answer/rehearse.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "flow/answer/answer_impl.h"

#define SAID_MAX 4096

size_t rehearsal_count(const struct profile *p)
{
    return p->writes->code_count + CASE_ANSWER_STATES - 1; /* all but "graded" itself */
}

static enum case_answer_state state_of(const struct profile *p, size_t index)
{
    const size_t codes = p->writes->code_count;

    return index < codes ? CASE_ANSWER_GRADED
                         : (enum case_answer_state)(CASE_ANSWER_GRADED + 1 + (index - codes));
}

bool rehearsal_is_there(const struct profile *p, size_t index)
{
    return state_of(p, index) != CASE_ANSWER_MEDIA_MISSING;
}

/* The record as a sender would write it. */
static struct json *say(struct arena *a, const struct rehearsal_file *f, size_t index)
{
    char path[64], md5[33];
    struct json_out o;
    struct json *said = NULL;
    struct buf b;
    struct err e;

    buf_init(&b, SAID_MAX);
    json_out_init(&o, &b);
    str_hex(f->digests.md5, sizeof f->digests.md5, md5);
    (void)snprintf(path, sizeof path, "Files\\%s", f->name);
    json_object(&o, NULL);
    json_int(&o, "MediaID", (int64_t)index + 1);
    json_text(&o, "MD5", md5);
    json_hex(&o, "SHA1", f->digests.sha1, sizeof f->digests.sha1);
    json_int(&o, "MediaSize", (int64_t)f->digests.size);
    json_text(&o, "RelativeFilePath", path);
    json_array(&o, "MediaFiles");
    json_object(&o, NULL);
    json_text(&o, "MD5", md5);
    json_text(&o, "FileName", f->name);
    json_text(&o, "FilePath", "Pictures\\");
    json_object_end(&o);
    json_array_end(&o);
    json_object_end(&o);
    const enum assay_err rc = json_parse(a, b.data, b.size, &said, &e);
    assert(rc == ASSAY_OK);
    buf_clear(&b);
    return said;
}

static void describe(const struct profile *p, const struct rehearsal_file *f, size_t index,
                     int64_t now_ms, struct case_answer_line *l)
{
    const struct assay_digests *d = &f->digests;
    const enum case_answer_state state = state_of(p, index);
    const bool graded = state == CASE_ANSWER_GRADED;

    *l = (struct case_answer_line){
        .record = {.number = (int64_t)index + 1, .category = p->writes->ungraded, .has_md5 = true},
        .state = state,
        .readings = graded ? p->writes->votes : 0,
        .has_item = f->is_there,
        .size = (int64_t)d->size,
        .mime = "image/png",
        .has_pdq = f->is_there && f->has_pdq,
        .scheme_version = 1,
        .decided_ms = now_ms,
        .code = graded ? p->writes->codes[index].code : NULL,
        .tags = "",
        .basis = graded ? "seen" : NULL};
    memcpy(l->record.md5, d->md5, sizeof l->record.md5);
    memcpy(l->md5, d->md5, sizeof l->md5);
    memcpy(l->sha1, d->sha1, sizeof l->sha1);
    memcpy(l->sha256, d->sha256, sizeof l->sha256);
    memcpy(l->pdq, f->pdq, sizeof l->pdq);
}

static void begin(struct vics_writer *w, const struct vics_shape *shape, size_t count,
                  struct arena *a, struct buf *b)
{
    static const char head[] = "{\"CaseID\":\"00000000-0000-4000-8000-000000000000\","
                               "\"CaseNumber\":\"REHEARSAL\",\"ContactOrganization\":\"Example\"}";
    struct json *said;
    struct err e;
    const enum assay_err rc = json_parse(a, head, sizeof head - 1, &said, &e);

    assert(rc == ASSAY_OK);
    vics_write_begin(w, shape, b);
    vics_write_case(w, said, (int64_t)count, ASSAY_VERSION);
}

void rehearsal_write(const struct profile *p, const struct rehearsal_file *files, int64_t now_ms,
                     struct buf *received, struct buf *answered)
{
    const size_t count = rehearsal_count(p);
    const struct vics_shape shape = answer_shape(p, false);
    const struct vics_answer nothing = {.category = p->writes->ungraded, .tags = ""};
    const struct answer_rules rules = {.profile = p, .scheme = p->scheme};
    struct vics_writer in, out;
    struct arena *a = arena_new();

    begin(&in, &shape, count, a, received);
    begin(&out, &shape, count, a, answered);
    for (size_t i = 0; i < count; i++) {
        const struct json *said = say(a, &files[i], i);
        struct case_answer_line l;
        describe(p, &files[i], i, now_ms, &l);
        vics_write_media(&in, said, &nothing);
        answer_say(&out, &rules, &l, said, NULL);
    }
    vics_write_end(&in);
    vics_write_end(&out);
    arena_free(a);
}
