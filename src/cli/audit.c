/* assay audit: verify the record, show its signed head, prove an entry. */
#include <getopt.h>
#include <stdio.h>

#include "base/str.h"
#include "cli/cli.h"
#include "cli/simple.h"

static const char usage[] =
    "usage: assay audit verify | head | prove EVENT\n\n"
    "  verify   prove the record whole: every entry, the tree, the signed head, and the head that\n"
    "           is kept outside; names the first entry that is wrong\n"
    "  head     print the last signed head (a C2SP checkpoint)\n"
    "  prove    print an entry's proof of inclusion; EVENT is its id of 32 hex digits\n\n"
    "examples:\n"
    "  assay audit verify\n"
    "  assay audit head > head-$(date +%F).txt\n";

static enum assay_err verify(struct world *w, struct err *e)
{
    struct audit_report r;
    enum assay_err rc = audit_verify(w->store, w->keys, w->data_dir, &r, e);

    if (rc == ASSAY_OK)
        printf("good: %llu entries, %llu in the tree, head of %llu signed\n",
               (unsigned long long)r.entries, (unsigned long long)r.sequenced,
               (unsigned long long)r.head.size);
    return rc;
}

static enum assay_err prove(struct world *w, const char *hex, struct buf *b, struct err *e)
{
    struct audit_event_id id;

    if (str_unhex(hex, id.bytes, sizeof id.bytes) != ASSAY_OK)
        return err_set(e, ASSAY_ERANGE, "EVENT is an id of 32 hex digits");
    return audit_prove(w->store, w->data_dir, &id, b, e);
}

int cli_audit(struct cli *c, int argc, char **argv)
{
    struct err e = {0};
    struct world w;
    struct buf b;
    enum assay_err rc;
    int status = simple_options(c, usage, NULL, argc, argv);

    if (status != CLI_DONE)
        return status < 0 ? CLI_DONE : status;
    const char *verb = optind < argc ? argv[optind] : "";
    bool proves = str_equal(verb, "prove");
    if ((!proves && !str_equal(verb, "verify") && !str_equal(verb, "head")) ||
        argc - optind != (proves ? 2 : 1))
        return cli_usage("audit", "say verify, head, or prove EVENT");
    if ((status = cli_open_behind(c, FLOW_WITHOUT_DECODER, &w)) != CLI_DONE)
        return status;
    buf_init(&b, 1 << 20);
    if (str_equal(verb, "verify"))
        rc = verify(&w, &e);
    else
        rc = proves ? prove(&w, argv[optind + 1], &b, &e) : audit_checkpoint(w.data_dir, &b, &e);
    if (rc == ASSAY_OK)
        fputs(buf_cstr(&b), stdout);
    else
        status = cli_fail(rc, &e);
    buf_clear(&b);
    flow_close(&w);
    return status;
}
