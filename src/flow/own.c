/* Rows of the list of own decisions, from tasks that have passed. */
#include "flow/own.h"

#include <string.h>

#include "assay/digest.h"
#include "flow/listed.h"
#include "base/clock.h"
#include "base/rand.h"
#include "store/decision.h"
#include "store/match.h"

#define FILL_MAX 100

/* One item has a row for each scheme that it was graded under. */
static enum assay_err identify(const struct match_item *i, const char *scheme, uint8_t out[32],
                               struct err *e)
{
    struct assay_digests d;
    struct buf b;

    buf_init(&b, 256);
    buf_add_str(&b, scheme);
    buf_add_char(&b, '\0');
    buf_add(&b, i->sha256, sizeof i->sha256);
    enum assay_err rc = assay_digest(b.data, b.size, &d);
    buf_clear(&b);
    if (rc != ASSAY_OK)
        return err_set(e, rc, "out of memory");
    memcpy(out, d.sha256, 32);
    return ASSAY_OK;
}

enum assay_err flow_own_put(struct tx *tx, const struct task *t, struct err *e)
{
    struct decision_copy d;
    struct match_item i;
    enum list_put what;
    int64_t list_id;
    enum assay_err rc;

    if (t->decision_id == 0 || (rc = decision_get(tx, t->decision_id, &d, e)) != 0)
        return t->decision_id == 0 ? ASSAY_OK : rc;
    if (d.code[0] == '\0')
        return ASSAY_OK;
    if ((rc = match_item_get(tx, t->item_id, &i, e)) != 0 ||
        (rc = flow_list_of_kind(tx, "own", "trusted", &list_id, e)) != 0)
        return rc;
    struct list_record r = {.id = rand_id(),
                            .list_id = list_id,
                            .item_id = t->item_id,
                            .has = LIST_MD5 | LIST_SHA1 | LIST_SHA256,
                            .pdq_quality = -1,
                            .scheme = d.scheme,
                            .scheme_version = d.scheme_version,
                            .code = d.code,
                            .tags = d.tags};
    if ((rc = identify(&i, d.scheme, r.identity, e)) != ASSAY_OK)
        return rc;
    r.has |= i.has_pdq ? LIST_PDQ : 0;
    r.has |= i.has_pdq && i.has_oriented ? LIST_ORIENTED : 0;
    memcpy(r.md5, i.md5, sizeof r.md5);
    memcpy(r.sha1, i.sha1, sizeof r.sha1);
    memcpy(r.sha256, i.sha256, sizeof r.sha256);
    memcpy(r.pdq, i.pdq, sizeof r.pdq);
    memcpy(r.pdq_oriented, i.pdq_oriented, sizeof r.pdq_oriented);
    return list_put(tx, &r, 1, &what, e);
}

static enum assay_err fill(struct tx *tx, void *ctx, struct err *e)
{
    int64_t ids[FILL_MAX], list_id, *count = ctx;
    struct task t;
    size_t n;
    enum assay_err rc;

    if ((rc = flow_list_of_kind(tx, "own", "trusted", &list_id, e)) != 0 ||
        (rc = match_own_missing(tx, ids, FILL_MAX, &n, e)) != 0)
        return rc;
    for (size_t k = 0; k < n; k++) {
        if ((rc = flow_task(tx, ids[k], &t, e)) != 0 || (rc = flow_own_put(tx, &t, e)) != 0)
            return rc;
    }
    *count = (int64_t)n;
    return ASSAY_OK;
}

enum assay_err flow_own_fill(struct world *w, int64_t *count, struct err *e)
{
    return store_write(w->store, fill, count, e);
}
