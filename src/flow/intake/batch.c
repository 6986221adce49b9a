/* Opening a batch. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/rand.h"
#include "base/str.h"
#include "flow/intake/intake.h"
#include "store/item.h"

struct opening {
    const struct world *world;
    struct audit_actor by;
    const struct batch_new *in;
    int64_t id;
};

static enum assay_err open_batch(struct tx *tx, void *ctx, struct err *e)
{
    struct opening *o = ctx;
    struct batch_key there;
    char data[160];
    enum assay_err rc = batch_find(tx, o->in->name, &there, e);

    if (rc == ASSAY_OK) {
        if (!str_equal(there.scheme, o->in->scheme))
            return err_set(e, ASSAY_ESTATE,
                           "the batch is there already and is graded under %s, not %s: give "
                           "another --batch name",
                           there.scheme, o->in->scheme);
        o->id = there.id;
        return ASSAY_OK;
    }
    if (rc != ASSAY_ENOTFOUND)
        return rc;
    struct batch_row row = {.id = rand_id(),
                            .name = o->in->name,
                            .scheme = o->in->scheme,
                            .sender = o->in->sender,
                            .contact = o->in->contact,
                            .case_reference = o->in->case_reference,
                            .authority = o->in->authority,
                            .purpose = o->in->purpose,
                            .handling = o->in->handling,
                            .priority = o->in->priority,
                            .due_ms = o->in->due_ms,
                            .created_ms = clock_now_ms()};
    if ((rc = batch_insert(tx, &row, e)) != 0)
        return rc;
    o->id = row.id;
    (void)snprintf(data, sizeof data, "{\"scheme\":\"%s\",\"priority\":%lld}", row.scheme,
                   (long long)row.priority);
    struct audit_entry entry = {.action = AUDIT_BATCH_CREATED,
                                .keys = o->world->keys,
                                .actor = o->by,
                                .objects = {{"batch", row.id}},
                                .data = data,
                                .texts = {{"name", row.name},
                                          {"sender", row.sender},
                                          {"contact", row.contact},
                                          {"case_reference", row.case_reference},
                                          {"authority", row.authority},
                                          {"purpose", row.purpose},
                                          {"handling", row.handling}}};
    return audit_write(tx, &entry, NULL, e);
}

enum assay_err intake_batch(struct world *w, struct audit_actor by, const struct batch_new *in,
                            int64_t *batch_id, struct err *e)
{
    struct opening o = {.world = w, .by = by, .in = in};
    const struct scheme *scheme;
    enum assay_err rc;

    if (in->name[0] == '\0' || strlen(in->name) > 200 || !str_is_utf8(in->name, strlen(in->name)))
        return err_set(e, ASSAY_ERANGE, "a batch needs a name of 1 to 200 bytes of UTF-8");
    if ((rc = flow_scheme(w, in->scheme, &scheme, e)) != 0 ||
        (rc = store_write(w->store, open_batch, &o, e)) != 0)
        return rc;
    *batch_id = o.id;
    return ASSAY_OK;
}
