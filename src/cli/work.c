/* assay work: the background steps without the server, in as many processes as wanted. */
#include <getopt.h>
#include <stdio.h>

#include "base/log.h"
#include "base/str.h"
#include "cli/background.h"
#include "cli/cli.h"
#include "cli/simple.h"

static const char usage[] =
    "usage: assay work [--threads N] [--db URL] [--debug]\n\n"
    "Does what assay serve does beside answering: decodes what waits, ends leases that ran out,\n"
    "draws samples, signs the record. Any number of these may run beside a server and each other;\n"
    "on other machines with PostgreSQL and the folder of the workspace shared. What a killed one\n"
    "had in hand is taken up by another after two minutes. Stops in order on SIGTERM or SIGINT:\n"
    "what is at the decoder is finished first.\n\n"
    "  --threads N   files decoded at a time; else as many as there are cores\n"
    "  --debug       log more\n\n"
    "examples:\n"
    "  assay work\n"
    "  assay work --db postgres:///assay --threads 4\n";

#define THREADS_MAX 64

int cli_work(struct cli *c, int argc, char **argv)
{
    const char *threads_text = NULL;
    bool debug = false;
    const struct simple_flag flags[] = {{"threads", NULL, &threads_text},
                                        {"db", NULL, &c->store_url},
                                        {"debug", &debug, NULL},
                                        {0}};
    int64_t threads = cli_cores();
    struct world w;
    sigset_t end;
    int status = simple_options(c, usage, flags, argc, argv);

    if (status != CLI_DONE)
        return status < 0 ? CLI_DONE : status;
    if (optind < argc)
        return cli_usage("work", "'%s' is not understood", argv[optind]);
    if (threads_text != NULL && str_int64(threads_text, 1, THREADS_MAX, &threads) != ASSAY_OK)
        return cli_usage("work", "threads are a number from 1 to %d", THREADS_MAX);
    log_set_level(debug ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO);
    if ((status = cli_open(c, FLOW_WITH_DECODER, &w)) != CLI_DONE)
        return status;
    cli_hold_end(&end);
    struct live *lists = live_new(w.store);
    struct background *background = background_start(&w, lists, (unsigned)threads);
    printf("assay works on %s\n", w.label);
    (void)fflush(stdout);
    log_info("work.started", LOG_WORD("layers", decode_env_layers(w.decode)));
    int number = cli_await_end(&end);
    log_info("work.stopping", LOG_COUNT("signal", number));
    background_stop(background);
    live_free(lists);
    flow_close(&w);
    return CLI_DONE;
}
