/* Signing in: by password, held up after failures, or by a link of a training workspace. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/rand.h"
#include "base/str.h"
#include "people/people_impl.h"
#include "store/session.h"
#include "store/staff.h"
#include "store/workspace.h"

static_assert(PEOPLE_WORKSTATION_SIZE == SESSION_WORKSTATION_SIZE, "as in the store");

#define FAILURES_FREE 5                     /* in a row, before the first wait */
#define WAIT_FIRST_MS 1000                  /* doubled with each further failure */
#define WAIT_MAX_MS   (15 * 60 * 1000)      /* long enough that guessing is no use */
#define FORGET_MS     (24 * 60 * 60 * 1000) /* the table must not grow for ever */
#define LINK_MS       PEOPLE_SESSION_MS

static const char refused[] = "the name or the password is wrong, or this person is disabled";

void people_token_new(const struct keys *k, const char *label, char token[PEOPLE_TOKEN_SIZE],
                      uint8_t mac[KEYS_MAC_BYTES])
{
    uint8_t bytes[32];

    rand_bytes(bytes, sizeof bytes);
    str_hex(bytes, sizeof bytes, token);
    keys_ticket_mac(k, label, bytes, sizeof bytes, mac);
    mem_wipe(bytes, sizeof bytes);
}

enum assay_err people_token_mac(const struct keys *k, const char *label, const char *token,
                                uint8_t mac[KEYS_MAC_BYTES])
{
    uint8_t bytes[32];

    if (str_unhex(token, bytes, sizeof bytes) != ASSAY_OK)
        return ASSAY_EDENIED;
    keys_ticket_mac(k, label, bytes, sizeof bytes, mac);
    mem_wipe(bytes, sizeof bytes);
    return ASSAY_OK;
}

struct sign_in {
    const struct keys *keys;
    const char *name, *workstation;
    uint8_t name_mac[KEYS_MAC_BYTES], token_mac[KEYS_MAC_BYTES];
    struct staff_row staff;      /* as read before the password was tried; id 0: nobody */
    struct signin_failures held; /* the same */
    bool right;                  /* the password was staff's */
    bool by_link;
    enum assay_err verdict; /* of a refusal that is committed */
};

static void workstation_of(const struct sign_in *s, char out[PEOPLE_WORKSTATION_SIZE])
{
    (void)str_shown(s->workstation == NULL ? "" : s->workstation, out, PEOPLE_WORKSTATION_SIZE);
}

static enum assay_err read_staff(struct tx *tx, void *ctx, struct err *e)
{
    struct sign_in *s = ctx;
    enum assay_err rc;

    s->staff = (struct staff_row){0};
    if ((rc = signin_failures(tx, s->name_mac, &s->held, e)) != 0)
        return rc;
    rc = staff_find(tx, s->name, &s->staff, e);
    return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
}

static enum assay_err held_up(const struct signin_failures *f, struct err *e)
{
    int64_t wait = f->locked_until_ms - clock_now_ms();

    /* A wait longer than any we set was written under a clock that has since been set back. */
    if (wait <= 0 || wait > WAIT_MAX_MS)
        return ASSAY_OK;
    return err_set(e, ASSAY_ELIMIT, "too many failed sign-ins; try again in %lld s",
                   (long long)(wait + 999) / 1000);
}

static enum assay_err open_session(struct tx *tx, const struct sign_in *s, struct err *e)
{
    struct session_row row = {.id = rand_id(), .staff_id = s->staff.id};
    enum assay_err rc;

    row.created_ms = row.seen_ms = clock_now_ms();
    workstation_of(s, row.workstation);
    if ((rc = session_insert(tx, &row, s->token_mac, e)) != 0)
        return rc;
    uint32_t roles;
    if ((rc = people_roles_of(tx, s->staff.id, &roles, e)) != 0)
        return rc;
    const struct audit_entry entry = {
        .action = AUDIT_SIGN_IN,
        .actor = {s->staff.id,
                  roles == 0 ? "none" : people_role_name((unsigned)__builtin_ctz(roles)), row.id,
                  row.workstation},
        .objects = {{"staff", s->staff.id}, {"session", row.id}},
        .data = s->by_link ? "{\"by\":\"link\"}" : "{\"by\":\"password\"}"};
    return audit_write(tx, &entry, NULL, e);
}

/* What was typed as the name stands in the entry as a commitment only: it may be a password. */
static enum assay_err write_refusal(struct tx *tx, const struct sign_in *s, int64_t failures,
                                    struct err *e)
{
    char data[64], workstation[PEOPLE_WORKSTATION_SIZE];

    workstation_of(s, workstation);
    (void)snprintf(data, sizeof data, "{\"failures\":%lld}", (long long)failures);
    struct audit_entry entry = {.action = AUDIT_SIGN_IN,
                                .keys = s->keys,
                                .actor = {.role = "none", .workstation = workstation},
                                .outcome = "refused",
                                .data = data,
                                .texts = {{"name", s->name}}};
    if (s->staff.id != 0)
        entry.objects[0] = (struct audit_object){"staff", s->staff.id};
    return audit_write(tx, &entry, NULL, e);
}

static enum assay_err refuse(struct tx *tx, struct sign_in *s, struct err *e)
{
    int64_t now = clock_now_ms(), count, wait = WAIT_FIRST_MS;
    enum assay_err rc;

    if ((rc = signin_forget(tx, now - FORGET_MS, e)) != 0 ||
        (rc = signin_failed(tx, s->name_mac, now, &count, e)) != 0)
        return rc;
    for (int64_t i = FAILURES_FREE; i < count && wait < WAIT_MAX_MS; i++)
        wait *= 2;
    if (count >= FAILURES_FREE &&
        (rc = signin_lock(tx, s->name_mac, now + (wait < WAIT_MAX_MS ? wait : WAIT_MAX_MS), e)) !=
            0)
        return rc;
    s->verdict = ASSAY_EDENIED;
    return write_refusal(tx, s, count, e);
}

/* The password was tried outside, as that takes long; so all is looked at again: whoever tries many
 * at once is held up like one who tries them in turn, and a person disabled meanwhile stays out. */
static enum assay_err decide(struct tx *tx, void *ctx, struct err *e)
{
    struct sign_in *s = ctx;
    struct signin_failures held;
    struct staff_row now = {0};
    enum assay_err rc;

    s->verdict = ASSAY_OK;
    if ((rc = signin_failures(tx, s->name_mac, &held, e)) != 0 || (rc = held_up(&held, e)) != 0)
        return rc;
    rc = s->staff.id == 0 ? ASSAY_ENOTFOUND : staff_get(tx, s->staff.id, &now, e);
    if (rc != ASSAY_OK && rc != ASSAY_ENOTFOUND)
        return rc;
    if (rc == ASSAY_ENOTFOUND || !s->right || now.disabled ||
        !str_equal(now.password, s->staff.password))
        return refuse(tx, s, e);
    if ((rc = signin_succeeded(tx, s->name_mac, e)) != 0)
        return rc;
    return open_session(tx, s, e);
}

enum assay_err people_sign_in(struct store *store, const struct keys *k, const char *name,
                              const char *password, const char *workstation,
                              char token[PEOPLE_TOKEN_SIZE], struct err *e)
{
    struct sign_in s = {.keys = k, .name = name, .workstation = workstation};
    char made[PEOPLE_TOKEN_SIZE];
    enum assay_err rc;

    keys_ticket_mac(k, "signin", name, strlen(name), s.name_mac);
    if ((rc = store_read(store, read_staff, &s, e)) != 0 || (rc = held_up(&s.held, e)) != 0)
        return rc;
    /* The same work whoever it is: for nobody, and for who has no password, keys_password_check
     * does as much as for anybody. */
    const char *stored = s.staff.password[0] != '\0' ? s.staff.password : NULL;
    const char *tried = strlen(password) <= PEOPLE_PASSWORD_MAX ? password : "";
    s.right = keys_password_check(stored, tried) == ASSAY_OK;
    people_token_new(k, "session", made, s.token_mac);
    if ((rc = store_write(store, decide, &s, e)) != 0)
        return rc;
    if (s.verdict != ASSAY_OK)
        return err_set(e, s.verdict, "%s", refused);
    memcpy(token, made, sizeof made);
    return ASSAY_OK;
}

struct link {
    const struct keys *keys;
    int64_t staff_id, expires_ms;
    uint8_t mac[KEYS_MAC_BYTES];
    struct sign_in *sign_in;
};

static enum assay_err need_training(struct tx *tx, struct err *e)
{
    struct workspace_row w;
    enum assay_err rc = workspace_get(tx, &w, e);

    if (rc == ASSAY_OK && !w.training)
        return err_set(e, ASSAY_ESTATE,
                       "sign-in links are of training workspaces only; sign in with name and "
                       "password");
    return rc;
}

static enum assay_err follow_link(struct tx *tx, void *ctx, struct err *e)
{
    struct link *l = ctx;
    struct sign_in *s = l->sign_in;
    enum assay_err rc;

    s->verdict = ASSAY_OK;
    if ((rc = need_training(tx, e)) != 0)
        return rc;
    rc = link_find(tx, l->mac, clock_now_ms(), &s->staff.id, e);
    if (rc == ASSAY_OK)
        rc = staff_get(tx, s->staff.id, &s->staff, e);
    if (rc == ASSAY_ENOTFOUND || (rc == ASSAY_OK && s->staff.disabled)) {
        s->verdict = ASSAY_EDENIED;
        return write_refusal(tx, s, 1, e);
    }
    if (rc != ASSAY_OK)
        return rc;
    return open_session(tx, s, e);
}

enum assay_err people_sign_in_link(struct store *store, const struct keys *k, const char *link,
                                   const char *workstation, char token[PEOPLE_TOKEN_SIZE],
                                   struct err *e)
{
    struct sign_in s = {.keys = k, .workstation = workstation, .by_link = true};
    struct link l = {.keys = k, .sign_in = &s};
    char made[PEOPLE_TOKEN_SIZE];
    enum assay_err rc;

    (void)people_token_mac(k, "link", link, l.mac); /* what is no token is nobody's link */
    people_token_new(k, "session", made, s.token_mac);
    if ((rc = store_write(store, follow_link, &l, e)) != 0)
        return rc;
    if (s.verdict != ASSAY_OK)
        return err_set(e, s.verdict, "this sign-in link is not valid any more; ask for a new one");
    memcpy(token, made, sizeof made);
    return ASSAY_OK;
}

static enum assay_err keep_link(struct tx *tx, void *ctx, struct err *e)
{
    const struct link *l = ctx;
    struct staff_row staff;
    enum assay_err rc = need_training(tx, e);

    if (rc != ASSAY_OK)
        return rc;
    rc = staff_get(tx, l->staff_id, &staff, e);
    if (rc == ASSAY_ENOTFOUND)
        return err_set(e, rc, "there is no such person");
    return rc != ASSAY_OK ? rc : link_insert(tx, l->mac, l->staff_id, l->expires_ms, e);
}

enum assay_err people_link(struct store *store, const struct keys *k, int64_t staff_id,
                           char link[PEOPLE_TOKEN_SIZE], struct err *e)
{
    struct link l = {.keys = k, .staff_id = staff_id, .expires_ms = clock_now_ms() + LINK_MS};
    char made[PEOPLE_TOKEN_SIZE];

    people_token_new(k, "link", made, l.mac);
    enum assay_err rc = store_write(store, keep_link, &l, e);
    if (rc == ASSAY_OK)
        memcpy(link, made, sizeof made);
    return rc;
}
