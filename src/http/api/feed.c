/* The change feed, for matching nodes. doc/feed.md is its format. */
#include "flow/feed/tell.h"

#include <string.h>

#include "base/str.h"
#include "flow/service/service.h"
#include "http/api/api.h"

static bool may_follow(const struct http_request *r, struct http_answer *a)
{
    if (!r->machine->row.feeds) {
        http_problem(
            a, 403, "no_feed",
            "This key's client has no right to the change feed; an administrator gives it: "
            "assay client set NAME --feed on.");
        return false;
    }
    if (atomic_load(&r->world->behind)) {
        http_problem(a, 503, "behind",
                     "An older backup was put back and the loss is not accepted yet.");
        return false;
    }
    return true;
}

/* Zeros where there is none. EFORMAT. */
static enum assay_err query_hex(const struct http_request *r, const char *key, uint8_t *out,
                                size_t size, struct err *e)
{
    char text[2 * FEED_ROSTER_BYTES + 1];

    memset(out, 0, size);
    if (!http_query_text(r->query, key, text, sizeof text))
        return ASSAY_OK;
    if (strlen(text) != 2 * size || str_unhex(text, out, size) != ASSAY_OK)
        return err_set(e, ASSAY_EFORMAT, "%s has %zu hex digits", key, 2 * size);
    return ASSAY_OK;
}

static bool waits(const void *ctx)
{
    const struct service *s = ctx;

    return !atomic_load(s->ending);
}

static void count(const struct http_request *r, int64_t rows)
{
    machines_count(r->service->machines, r->machine, 0, MACHINE_CALL, 1);
    machines_count(r->service->machines, r->machine, 0, MACHINE_FED, rows);
}

enum assay_err api_get_changes(struct http_request *r, struct http_answer *a, struct err *e)
{
    struct feed_ask ask = {0};
    int64_t wait_s = 0, rows = 0;
    enum assay_err rc;

    if (!may_follow(r, a))
        return ASSAY_OK;
    if ((rc = query_hex(r, "epoch", ask.epoch, sizeof ask.epoch, e)) != 0 ||
        (rc = query_hex(r, "roster", ask.roster, sizeof ask.roster, e)) != 0 ||
        (rc = http_query_int(r->query, "since", 0, INT64_MAX, &ask.since, e)) != 0 ||
        (rc = http_query_int(r->query, "wait", 0, FEED_WAIT_MAX_MS / 1000, &wait_s, e)) != 0)
        return rc;
    const bool held = wait_s > 0 && sem_trywait(r->service->polls) == 0;
    ask.wait_ms = held ? wait_s * 1000 : 0;
    rc = feed_tell_changes(r->world, r->machine, &ask, waits, r->service, &a->body, &rows, e);
    if (held)
        (void)sem_post(r->service->polls);
    count(r, rows);
    return rc;
}

enum assay_err api_get_list_page(struct http_request *r, struct http_answer *a, struct err *e)
{
    int64_t list_id, after = 0, rows = 0;
    enum assay_err rc;

    if (!may_follow(r, a))
        return ASSAY_OK;
    if ((rc = http_id(r, 0, &list_id, e)) != 0 ||
        (rc = http_query_int(r->query, "after", 0, INT64_MAX, &after, e)) != 0)
        return rc;
    rc = feed_tell_list(r->world, r->machine, list_id, after, &a->body, &rows, e);
    count(r, rows);
    return rc;
}
