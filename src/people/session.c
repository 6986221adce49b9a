/* Sessions: whose token this is, how long it lasts, and how it ends. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "people/people_impl.h"
#include "store/session.h"
#include "store/staff.h"

#define SEEN_MS (60 * 1000) /* at most one write a minute a session */

struct looking {
    const uint8_t *mac;
    struct session_row session;
    struct staff_row staff;
    uint32_t roles;
};

static enum assay_err look(struct tx *tx, void *ctx, struct err *e)
{
    struct looking *l = ctx;
    enum assay_err rc;

    if ((rc = session_find(tx, l->mac, &l->session, e)) != 0 ||
        (rc = staff_get(tx, l->session.staff_id, &l->staff, e)) != 0)
        return rc;
    return people_roles_of(tx, l->staff.id, &l->roles, e);
}

/* Why a session cannot go on; NULL when it can. A clock that went back by more than the step in
 * which we note the time could make an old session young again: so that ends it too. */
static const char *over(const struct looking *l, int64_t now)
{
    if (l->staff.disabled)
        return "disabled";
    if (now - l->session.created_ms >= PEOPLE_SESSION_MS)
        return "too_old";
    if (now - l->session.seen_ms >= PEOPLE_IDLE_MS)
        return "idle";
    if (now < l->session.seen_ms - SEEN_MS || now < l->session.created_ms - SEEN_MS)
        return "clock";
    return NULL;
}

struct ending {
    int64_t session_id, staff_id;
    struct audit_actor by;
    const char *outcome;
};

static enum assay_err end(struct tx *tx, void *ctx, struct err *e)
{
    const struct ending *n = ctx;
    struct lease_row lease;
    enum assay_err rc = session_end(tx, n->session_id, clock_now_ms(), e);

    if (rc == ASSAY_ENOTFOUND)
        return ASSAY_OK; /* somebody was faster, and wrote it down */
    if (rc != ASSAY_OK)
        return rc;
    while ((rc = lease_end_one(tx, n->session_id, &lease, e)) == ASSAY_OK) {
        if ((rc = people_lease_ended(tx, &lease, n->by, "signed_out", e)) != 0)
            return rc;
    }
    if (rc != ASSAY_ENOTFOUND)
        return rc;
    const struct audit_entry entry = {
        .action = AUDIT_SIGN_OUT,
        .actor = n->by,
        .objects = {{"session", n->session_id}, {"staff", n->staff_id}},
        .outcome = n->outcome};
    return audit_write(tx, &entry, NULL, e);
}

static enum assay_err mark_seen(struct tx *tx, void *ctx, struct err *e)
{
    const struct looking *l = ctx;

    return session_seen(tx, l->session.id, clock_now_ms(), e);
}

enum assay_err people_session(struct store *s, const struct keys *k, const char *token,
                              struct caller *out, struct err *e)
{
    static const char signed_out[] = "you are not signed in, or your session is over; sign in";
    uint8_t mac[KEYS_MAC_BYTES];
    struct looking l = {.mac = mac};
    int64_t now = clock_now_ms();
    enum assay_err rc;

    if (people_token_mac(k, "session", token, mac) != ASSAY_OK)
        return err_set(e, ASSAY_EDENIED, "%s", signed_out);
    rc = store_read(s, look, &l, e);
    if (rc == ASSAY_ENOTFOUND || (rc == ASSAY_OK && l.session.ended))
        return err_set(e, ASSAY_EDENIED, "%s", signed_out);
    if (rc != ASSAY_OK)
        return rc;
    const char *why = over(&l, now);
    if (why != NULL) {
        /* Ended for good, so that no clock brings it back. */
        struct ending n = {l.session.id, l.staff.id, people_system(), why};
        rc = store_write(s, end, &n, e);
        return rc != ASSAY_OK ? rc : err_set(e, ASSAY_EDENIED, "%s", signed_out);
    }
    if (now - l.session.seen_ms >= SEEN_MS && (rc = store_write(s, mark_seen, &l, e)) != 0)
        return rc;
    *out = (struct caller){.staff_id = l.staff.id,
                           .session_id = l.session.id,
                           .roles = l.roles,
                           .created_ms = l.session.created_ms};
    memcpy(out->name, l.staff.name, sizeof out->name);
    memcpy(out->label, l.staff.label, sizeof out->label);
    memcpy(out->workstation, l.session.workstation, sizeof out->workstation);
    return ASSAY_OK;
}

enum assay_err people_sign_out(struct store *s, const struct keys *k, const struct caller *c,
                               struct err *e)
{
    struct ending n = {c->session_id, c->staff_id, people_actor(c, people_viewing_role(c)), NULL};

    (void)k;
    return store_write(s, end, &n, e);
}
