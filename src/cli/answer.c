/* assay answer: every record of a batch's cases back to who sent it, with its grade, signed. */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "cli/profile.h"
#include "cli/simple.h"
#include "flow/answer/answer.h"

static const char usage[] =
    "usage: assay answer [-o DIR] [--profile NAME] [--part] [--votes N] BATCH\n"
    "       assay answer --again N [-o DIR] BATCH\n"
    "       assay answer --list BATCH\n\n"
    "Writes the answer to the cases of a batch as a folder DIR/answer-BATCH-N: every record that\n"
    "was received, once, with its grade or the reason for none, as VICS in the form of the\n"
    "sender's profile; where our grades are not theirs (differences.json); and a signed manifest\n"
    "with the counts (doc/answer.md). Nothing is written when a grade has no Category there.\n\n"
    "  -o, --output DIR   where to; the present folder when it is not given\n"
    "  --profile NAME     instead of the profile that the cases were read by\n"
    "  --part             only what is settled and no earlier part had\n"
    "  --votes N          readings of ours that a grade needs; else as the profile says\n"
    "  --again N          the files of answer N once more\n"
    "  --list             the answers that were made\n\n"
    "examples:\n"
    "  assay answer 0412 -o /srv/out\n"
    "  assay answer --part --votes 2 0412 -o /srv/out\n"
    "  minisign -V -p assay-data/keys/release.minisign.pub -m /srv/out/answer-0412-1/answer.json\n";

struct asked {
    const char *profile, *out, *votes, *again;
    bool part, list;
};

static void show_progress(void *ctx, int64_t done, int64_t all)
{
    const int64_t *begun_ms = ctx, took_ms = clock_mono_ms() - *begun_ms;

    cli_progress("%" PRId64 " of %" PRId64 " records, %" PRId64 " a second", done, all,
                 took_ms > 0 ? done * 1000 / took_ms : done);
}

static void print_report(const struct case_answer_report *r, const char *path)
{
    fprintf(stderr, "answer %s: %" PRId64 " of %" PRId64 " records\n", path, r->answered,
            r->received);
    for (size_t s = 0; s < CASE_ANSWER_STATES; s++) {
        if (r->counts[s] > 0)
            fprintf(stderr, "  %" PRId64 " %s\n", r->counts[s],
                    case_answer_state_name((enum case_answer_state)s));
    }
    if (r->differing > 0)
        fprintf(stderr, "  %" PRId64 " grades are not the sender's: differences.json\n",
                r->differing);
    if (!r->proven)
        fprintf(stderr, "  unproven: nobody has recorded that the sender's tool takes this form "
                        "(assay profile proven)\n");
}

static int make(struct world *w, const struct asked *asked, const struct profile *p,
                const char *text, const char *batch)
{
    int64_t begun_ms = clock_mono_ms(), votes = 0, again = 0;
    struct case_answer_options o = {.by = people_operator(),
                                    .batch = batch,
                                    .out_dir = asked->out == NULL ? "." : asked->out,
                                    .profile = p,
                                    .profile_text = text,
                                    .part = asked->part,
                                    .progress = show_progress,
                                    .ctx = &begun_ms};
    struct case_answer_report report;
    struct err e = {0};
    char *path = NULL;

    if (asked->votes != NULL && str_int64(asked->votes, 1, PROFILE_VOTES_MAX, &votes) != ASSAY_OK)
        return cli_usage("answer", "--votes is a number of 1 to %d", PROFILE_VOTES_MAX);
    if (asked->again != NULL && str_int64(asked->again, 1, INT32_MAX, &again) != ASSAY_OK)
        return cli_usage("answer", "--again is the number of an answer");
    o.votes = votes;
    const enum assay_err rc = again > 0 ? case_answer_again(w, &o, again, &report, &path, &e)
                                        : case_answer_make(w, &o, &report, &path, &e);
    cli_progress_end();
    if (rc != ASSAY_OK)
        return cli_fail(rc, &e);
    print_report(&report, path);
    mem_free(path);
    return CLI_DONE;
}

static enum assay_err print_answer(void *ctx, const struct case_answer_row *r, struct err *e)
{
    char at[CLOCK_TEXT_SIZE], hex[65];

    (void)ctx;
    (void)e;
    clock_text(r->created_ms, at);
    str_hex(r->content_sha256, sizeof r->content_sha256, hex);
    printf("%" PRId64 "\t%s\t%s\t%s\t%" PRId64 "\t%s\n", r->number, at, r->part ? "part" : "whole",
           r->profile, r->votes, hex);
    return ASSAY_OK;
}

static int list(struct world *w, const char *batch)
{
    struct err e = {0};
    const enum assay_err rc = case_answer_list(w, batch, print_answer, NULL, &e);

    return cli_flush(rc == ASSAY_OK ? CLI_DONE : cli_fail(rc, &e));
}

static int answer(struct cli *c, const struct asked *asked, const struct profile *p,
                  const char *text, const char *batch)
{
    struct world w;
    int status = cli_open(c, FLOW_WITHOUT_DECODER, &w);

    if (status != CLI_DONE)
        return status;
    status = asked->list ? list(&w, batch) : make(&w, asked, p, text, batch);
    if (cli_sign(&w) != ASSAY_OK)
        status = CLI_CANNOT;
    flow_close(&w);
    return status;
}

int cli_answer(struct cli *c, int argc, char **argv)
{
    struct asked asked = {0};
    const struct simple_flag flags[] = {{"output", NULL, &asked.out},
                                        {"profile", NULL, &asked.profile},
                                        {"votes", NULL, &asked.votes},
                                        {"again", NULL, &asked.again},
                                        {"part", &asked.part, NULL},
                                        {"list", &asked.list, NULL},
                                        {0}};
    struct arena *a;
    struct profile *p = NULL;
    struct buf text;
    struct err e = {0};
    int status = simple_options(c, usage, flags, argc, argv);

    if (status != CLI_DONE)
        return status < 0 ? CLI_DONE : status;
    if (argc - optind != 1)
        return cli_usage("answer", "name one batch");
    if ((asked.again != NULL || asked.list) &&
        (asked.profile != NULL || asked.votes != NULL || asked.part))
        return cli_usage("answer", "--again and --list take what was made as it is");
    a = arena_new();
    buf_init(&text, PROFILE_TEXT_MAX);
    const enum assay_err rc =
        asked.profile == NULL ? ASSAY_OK : cli_profile_find(a, asked.profile, &text, &p, &e);
    status = rc == ASSAY_OK ? answer(c, &asked, p, p == NULL ? NULL : buf_cstr(&text), argv[optind])
                            : cli_fail(rc, &e);
    buf_clear(&text);
    arena_free(a);
    return status;
}
