/* assay-make-media: writes the demo's set of pictures, and what is known of them, into a folder. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assay/digest.h"
#include "base/fs.h"
#include "base/str.h"
#include "media/set.h"

static const char usage[] =
    "usage: assay-make-media pictures DIR COUNT SEED SLICE SLICES\n"
    "       assay-make-media lists DIR COUNT SEED\n\n"
    "Started by assay demo. The first form writes a slice of a set of COUNT generated pictures "
    "into\n"
    "DIR/batch-1 to DIR/batch-5; all slices together are the set, the same for the same SEED. The\n"
    "second, after all slices, writes DIR/batch-N.csv, the sidecars with the grades of made-up\n"
    "sources, and DIR/grades.csv, the grade that fits each file.\n\n"
    "example: assay-make-media pictures set 500 1 0 1 && assay-make-media lists set 500 1\n";

struct job {
    const char *folder;
    uint64_t seed;
    size_t count;
    unsigned slice, slices;
};

typedef enum assay_err each_fn(void *ctx, const struct set_file *files, size_t count,
                               struct err *e);

/* Family by family, until the set has its count. */
static enum assay_err each_family(const struct job *j, each_fn *fn, void *ctx, struct err *e)
{
    struct set_file files[SET_FAMILY_MAX];
    enum assay_err rc = ASSAY_OK;
    size_t left = j->count;

    for (unsigned family = 0; rc == ASSAY_OK && left > 0; family++) {
        size_t n = set_family(j->seed, family, files);

        n = n < left ? n : left;
        left -= n;
        if (family % j->slices == j->slice)
            rc = fn(ctx, files, n, e);
    }
    return rc;
}

static enum assay_err put(const char *folder, const char *name, const struct buf *b, struct err *e)
{
    char path[4096];
    FILE *f;

    (void)snprintf(path, sizeof path, "%.3900s/%s", folder, name);
    f = fopen(path, "wb");
    if (f == NULL)
        return err_errno(e, "write %.200s", path);
    const bool whole = fwrite(b->data, 1, b->size, f) == b->size;
    if (fclose(f) != 0 || !whole)
        return err_errno(e, "write %.200s", path);
    return ASSAY_OK;
}

static enum assay_err make_family(void *ctx, const struct set_file *files, size_t count,
                                  struct err *e)
{
    const struct job *j = ctx;
    struct files_picture p = files_landscape(files[0].seed, files[0].width, files[0].height);
    enum assay_err rc = ASSAY_OK;
    struct buf b;

    buf_init(&b, FILES_BYTES_MAX);
    for (size_t i = 0; rc == ASSAY_OK && i < count; i++) {
        buf_reset(&b);
        set_bytes(&files[i], &p, &b);
        rc = put(j->folder, files[i].path, &b, e);
    }
    buf_clear(&b);
    files_picture_free(&p);
    return rc;
}

static enum assay_err pictures(struct job *j, struct err *e)
{
    enum assay_err rc = ASSAY_OK;
    char path[4096];

    for (unsigned i = 1; rc == ASSAY_OK && i <= SET_BATCHES; i++) {
        (void)snprintf(path, sizeof path, "%.3900s/batch-%u", j->folder, i);
        rc = fs_make_dirs(path, 0755, e);
    }
    return rc == ASSAY_OK ? each_family(j, make_family, j, e) : rc;
}

/* ---- lists ---- */

struct lists {
    const struct job *job;
    struct buf grades, batches[SET_BATCHES];
};

static enum assay_err add_grade(struct lists *l, const struct set_file *f, struct err *e)
{
    struct assay_digests d;
    char path[4096], hex[65];
    struct buf b;

    (void)snprintf(path, sizeof path, "%.3900s/%s", l->job->folder, f->path);
    buf_init(&b, FILES_BYTES_MAX);
    enum assay_err rc = fs_read_file(path, &b, e);
    if (rc == ASSAY_OK)
        rc = assay_digest(b.data, b.size, &d);
    buf_clear(&b);
    if (rc != ASSAY_OK)
        return rc;
    str_hex(d.sha256, sizeof d.sha256, hex);
    buf_addf(&l->grades, "%s,training-landscapes,%s,%s\n", hex, f->code, f->tags);
    return ASSAY_OK;
}

static enum assay_err list_family(void *ctx, const struct set_file *files, size_t count,
                                  struct err *e)
{
    static const char *const sources[SET_BATCHES] = {"Unit 7", "Hotline North", "Unit 7",
                                                     "Coast watch", "Hotline South"};
    struct lists *l = ctx;
    enum assay_err rc = ASSAY_OK;

    for (size_t i = 0; rc == ASSAY_OK && i < count; i++) {
        const struct set_file *f = &files[i];
        const unsigned batch = (unsigned)(f->path[6] - '1');
        const char *vote = set_vote(l->job->seed, f), *slash = strchr(f->path, '/') + 1;

        if (vote != NULL)
            buf_addf(&l->batches[batch],
                     "%s,%s,training-landscapes,%s,https://example.org/%u/%u,2026-11-%02uT%02u:15"
                     ":00Z,\n",
                     slash, sources[batch], vote, batch, f->family, 1 + f->family % 20,
                     f->family % 24);
        else if (f->family % 9 == 0)
            buf_addf(&l->batches[batch], "%s,%s,,,,,sent without a grade\n", slash, sources[batch]);
        if (f->code != NULL)
            rc = add_grade(l, f, e);
    }
    return rc;
}

static enum assay_err lists(const struct job *j, struct err *e)
{
    struct lists l = {.job = j};
    enum assay_err rc;

    buf_init(&l.grades, FILES_BYTES_MAX);
    buf_add_str(&l.grades, "sha256,scheme,code,tags\n");
    for (unsigned i = 0; i < SET_BATCHES; i++) {
        buf_init(&l.batches[i], FILES_BYTES_MAX);
        buf_add_str(&l.batches[i], "file,source,scheme,code,url,time_found,note\n");
    }
    rc = each_family(j, list_family, &l, e);
    for (unsigned i = 0; rc == ASSAY_OK && i < SET_BATCHES; i++) {
        char name[16];
        (void)snprintf(name, sizeof name, "batch-%u.csv", i + 1);
        rc = put(j->folder, name, &l.batches[i], e);
    }
    if (rc == ASSAY_OK)
        rc = put(j->folder, "grades.csv", &l.grades, e);
    for (unsigned i = 0; i < SET_BATCHES; i++)
        buf_clear(&l.batches[i]);
    buf_clear(&l.grades);
    return rc;
}

int main(int argc, char **argv)
{
    const bool whole = argc == 5 && str_equal(argv[1], "lists");
    int64_t count, seed, slice = 0, slices = 1;
    struct err e = {0};

    if (!(whole || (argc == 7 && str_equal(argv[1], "pictures"))) ||
        str_int64(argv[3], 1, SET_COUNT_MAX, &count) != ASSAY_OK ||
        str_int64(argv[4], 0, INT64_MAX, &seed) != ASSAY_OK ||
        (!whole && (str_int64(argv[6], 1, SET_COUNT_MAX, &slices) != ASSAY_OK ||
                    str_int64(argv[5], 0, slices - 1, &slice) != ASSAY_OK))) {
        fputs(usage, stderr);
        return 2;
    }
    struct job j = {argv[2], (uint64_t)seed, (size_t)count, (unsigned)slice, (unsigned)slices};
    enum assay_err rc = whole ? lists(&j, &e) : pictures(&j, &e);
    if (rc != ASSAY_OK)
        fprintf(stderr, "assay-make-media: %s\n", e.text);
    return rc == ASSAY_OK ? 0 : 1;
}
