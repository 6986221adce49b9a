/* assay rehearse: a made-up case and its answer, for a police unit to load into its own tool. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "assay/pdq.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/png_write.h"
#include "cli/profile.h"
#include "cli/simple.h"
#include "flow/answer/rehearse.h"
#include "media/landscape.h"

#define WIDTH     480
#define HEIGHT    360
#define PNG_MAX   ((size_t)2 * 1024 * 1024)
#define VICS_MAX  ((size_t)16 * 1024 * 1024)
#define PATH_SIZE 4200

static const char usage[] =
    "usage: assay rehearse [-o DIR] PROFILE\n\n"
    "Makes a case of drawn landscapes and its answer, in the form that the profile says, so that "
    "a\n"
    "police unit can load both into its own tool before real work depends on it: DIR/case with\n"
    "case.json and the pictures in Files, DIR/answer with case-1.json (doc/answer.md). Each code\n"
    "that the profile writes is there once, and each reason for no grade. Needs no workspace. "
    "When\n"
    "the tool took it, record that with assay profile proven.\n\n"
    "  -o, --output DIR   where to; rehearsal-PROFILE when it is not given\n\n"
    "examples:\n"
    "  assay rehearse training\n"
    "  assay rehearse our-caid.json -o /srv/out/rehearsal\n";

struct rehearsing {
    const char *out;
    const struct profile *profile;
    struct rehearsal_file *files;
};

static enum assay_err make_folder(const char *out, const char *inner, struct err *e)
{
    char path[PATH_SIZE];

    (void)snprintf(path, sizeof path, "%.4000s/%s", out, inner);
    return fs_make_dirs(path, 0755, e);
}

static enum assay_err put(const char *out, const char *inner, const char *name, const struct buf *b,
                          struct err *e)
{
    char path[PATH_SIZE];

    (void)snprintf(path, sizeof path, "%.4000s/%s/%s", out, inner, name);
    if (b->over)
        return err_set(e, ASSAY_ELIMIT, "%.300s would be too long", path);
    return fs_replace(path, b->data, b->size, 0644, e);
}

/* Draws picture number i, and writes it unless the case only names it. */
static enum assay_err draw(const struct rehearsing *r, size_t i, struct err *e)
{
    struct rehearsal_file *f = &r->files[i];
    uint8_t *rgb = mem_array((size_t)WIDTH * HEIGHT, 3);
    struct assay_pdq pdq;
    struct buf png;

    buf_init(&png, PNG_MAX);
    landscape_draw(i + 1, WIDTH, HEIGHT, rgb);
    png_write(&png, rgb, WIDTH, HEIGHT);
    (void)snprintf(f->name, sizeof f->name, "landscape-%02zu.png", i + 1);
    f->is_there = rehearsal_is_there(r->profile, i);
    enum assay_err rc = assay_digest(png.data, png.size, &f->digests);
    if (rc == ASSAY_OK)
        rc = assay_pdq_hash_rgb(rgb, WIDTH, HEIGHT, (size_t)3 * WIDTH, &pdq);
    if (rc != ASSAY_OK)
        rc = err_set(e, rc, "out of memory");
    f->has_pdq = rc == ASSAY_OK && pdq.quality >= ASSAY_PDQ_MATCH_QUALITY;
    if (rc == ASSAY_OK) {
        memcpy(f->pdq, pdq.bytes, sizeof f->pdq);
        if (f->is_there)
            rc = put(r->out, "case/Files", f->name, &png, e);
    }
    buf_clear(&png);
    mem_free(rgb);
    return rc;
}

static enum assay_err write_all(const struct rehearsing *r, struct err *e)
{
    struct buf received, answered;
    enum assay_err rc;

    if ((rc = make_folder(r->out, "case/Files", e)) != 0 ||
        (rc = make_folder(r->out, "answer", e)) != 0)
        return rc;
    for (size_t i = 0; i < rehearsal_count(r->profile) && rc == ASSAY_OK; i++)
        rc = draw(r, i, e);
    if (rc != ASSAY_OK)
        return rc;
    buf_init(&received, VICS_MAX);
    buf_init(&answered, VICS_MAX);
    rehearsal_write(r->profile, r->files, clock_now_ms(), &received, &answered);
    rc = put(r->out, "case", "case.json", &received, e);
    if (rc == ASSAY_OK)
        rc = put(r->out, "answer", "case-1.json", &answered, e);
    buf_clear(&received);
    buf_clear(&answered);
    return rc;
}

static enum assay_err rehearse(const char *name, const char *out, struct err *e)
{
    struct arena *a = arena_new();
    struct profile *p;
    char own[PATH_SIZE];
    struct buf text;

    buf_init(&text, PROFILE_TEXT_MAX);
    enum assay_err rc = cli_profile_find(a, name, &text, &p, e);
    if (rc == ASSAY_OK && p->writes == NULL)
        rc = err_set(e, ASSAY_ESTATE, "the profile %s is for reading alone: it has no \"writes\"",
                     p->name);
    if (rc == ASSAY_OK) {
        (void)snprintf(own, sizeof own, "rehearsal-%s", p->name);
        struct rehearsing r = {.out = out == NULL ? own : out, .profile = p};
        r.files = mem_array(rehearsal_count(p), sizeof *r.files);
        rc = write_all(&r, e);
        mem_free(r.files);
        if (rc == ASSAY_OK)
            fprintf(stderr, "%s: %zu records, %zu of them graded%s\n", r.out, rehearsal_count(p),
                    p->writes->code_count,
                    p->writes->code_count == 0
                        ? "; the profile does not say what any grade is written as"
                        : "");
    }
    buf_clear(&text);
    arena_free(a);
    return rc;
}

int cli_rehearse(struct cli *c, int argc, char **argv)
{
    const char *out = NULL;
    const struct simple_flag flags[] = {{"output", NULL, &out}, {0}};
    struct err e = {0};
    const int status = simple_options(c, usage, flags, argc, argv);

    if (status != CLI_DONE)
        return status < 0 ? CLI_DONE : status;
    if (argc - optind != 1)
        return cli_usage("rehearse", "name one profile");
    const enum assay_err rc = rehearse(argv[optind], out, &e);
    return rc == ASSAY_OK ? CLI_DONE : cli_fail(rc, &e);
}
