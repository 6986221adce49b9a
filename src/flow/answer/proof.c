/* That tools take what is written by a profile: recorded by people. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "flow/answer/answer_impl.h"

enum assay_err profile_digest(const char *text, uint8_t out[32], struct err *e)
{
    struct assay_digests d;

    if (assay_digest(text, strlen(text), &d) != ASSAY_OK)
        return err_set(e, ASSAY_ENOMEM, "out of memory");
    memcpy(out, d.sha256, sizeof d.sha256);
    return ASSAY_OK;
}

struct proving {
    struct audit_actor by;
    const char *name;
    struct profile_proof_row row;
    const struct keys *keys;
};

static enum assay_err prove(struct tx *tx, void *ctx, struct err *e)
{
    const struct proving *p = ctx;
    char hex[65], data[200];

    str_hex(p->row.profile_sha256, sizeof p->row.profile_sha256, hex);
    (void)snprintf(data, sizeof data, "{\"profile\":\"%s\",\"profile_sha256\":\"%s\"}", p->name,
                   hex);
    const struct audit_entry entry = {.action = AUDIT_PROFILE_PROVEN,
                                      .keys = p->keys,
                                      .actor = p->by,
                                      .data = data,
                                      .texts = {{"tool", p->row.tool}, {"person", p->row.person}}};
    const enum assay_err rc = audit_write(tx, &entry, NULL, e);
    return rc != ASSAY_OK ? rc : profile_proof_put(tx, &p->row, e);
}

enum assay_err profile_proof_record(struct world *w, struct audit_actor by, const char *name,
                                    const char *text, const char *tool, const char *person,
                                    struct err *e)
{
    struct proving p = {.by = by,
                        .name = name,
                        .row = {.tool = tool, .person = person, .created_ms = clock_now_ms()},
                        .keys = w->keys};
    const enum assay_err rc = profile_digest(text, p.row.profile_sha256, e);

    return rc != ASSAY_OK ? rc : store_write(w->store, prove, &p, e);
}

struct telling {
    uint8_t sha256[32];
    profile_proof_fn *fn;
    void *ctx;
};

static enum assay_err tell(struct tx *tx, void *ctx, struct err *e)
{
    const struct telling *t = ctx;

    return profile_proof_each(tx, t->sha256, t->fn, t->ctx, e);
}

enum assay_err profile_proof_list(struct world *w, const char *text, profile_proof_fn *fn,
                                  void *ctx, struct err *e)
{
    struct telling t = {.fn = fn, .ctx = ctx};
    const enum assay_err rc = profile_digest(text, t.sha256, e);

    return rc != ASSAY_OK ? rc : store_read(w->store, tell, &t, e);
}
