/* Who works here: adding, changing and listing people. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/rand.h"
#include "base/str.h"
#include "people/people_impl.h"
#include "store/session.h"
#include "store/staff.h"

static_assert(PEOPLE_NAME_SIZE == STAFF_NAME_SIZE, "as in the store");
static_assert(PEOPLE_LABEL_SIZE == STAFF_LABEL_SIZE, "as in the store");
static_assert(KEYS_MAC_BYTES == STAFF_MAC_BYTES, "as in the store");

#define ROLES_ALL ((1u << PEOPLE_ROLE_COUNT) - 1)

static enum assay_err check_name(const char *name, struct err *e)
{
    static const char first[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    static const char rest[] = "abcdefghijklmnopqrstuvwxyz0123456789._-";
    size_t size = strlen(name);

    if (size == 0 || size >= PEOPLE_NAME_SIZE || strchr(first, name[0]) == NULL ||
        strspn(name, rest) != size)
        return err_set(e, ASSAY_ERANGE,
                       "a name has 1 to %d of a-z, 0-9, '.', '_' and '-', and begins with a letter "
                       "or digit",
                       PEOPLE_NAME_SIZE - 1);
    return ASSAY_OK;
}

static enum assay_err check_label(const char *label, struct err *e)
{
    size_t size = strlen(label);
    bool good = size > 0 && size < PEOPLE_LABEL_SIZE && str_is_utf8(label, size);

    for (size_t i = 0; good && i < size; i++)
        good = (unsigned char)label[i] >= 0x20 && label[i] != 0x7f;
    if (!good)
        return err_set(e, ASSAY_ERANGE,
                       "what colleagues see is 1 to %d bytes of text without control characters",
                       PEOPLE_LABEL_SIZE - 1);
    return ASSAY_OK;
}

static enum assay_err check_password(const char *password, struct err *e)
{
    size_t size = strlen(password);

    if (size < PEOPLE_PASSWORD_MIN || size > PEOPLE_PASSWORD_MAX)
        return err_set(e, ASSAY_ERANGE, "a password has %d to %d bytes; choose a longer sentence",
                       PEOPLE_PASSWORD_MIN, PEOPLE_PASSWORD_MAX);
    return ASSAY_OK;
}

static enum assay_err check_roles(uint32_t roles, struct err *e)
{
    if ((roles & ~ROLES_ALL) != 0)
        return err_set(e, ASSAY_ERANGE, "there is no such role");
    if ((roles & PEOPLE_ADMIN) != 0 && (roles & PEOPLE_SEES_MEDIA) != 0)
        return err_set(e, ASSAY_ESTATE,
                       "an administrator sees no media: give admin alone, or with roles other than "
                       "assessor, quality, arbiter and lead");
    return ASSAY_OK;
}

struct adding {
    const struct keys *keys;
    struct audit_actor by;
    const struct people_new *in;
    struct staff_row row;
};

static enum assay_err add(struct tx *tx, void *ctx, struct err *e)
{
    struct adding *a = ctx;
    char roles[PEOPLE_ROLES_SIZE], data[PEOPLE_ROLES_SIZE + 64];
    enum assay_err rc;

    a->row.id = rand_id();
    if ((rc = staff_insert(tx, &a->row, e)) != 0)
        return rc;
    for (unsigned i = 0; i < PEOPLE_ROLE_COUNT; i++) {
        if ((a->in->roles >> i & 1) != 0 &&
            (rc = staff_role_give(tx, a->row.id, people_role_name(i), a->row.created_ms, e)) != 0)
            return rc;
    }
    people_roles_text(a->in->roles, roles);
    (void)snprintf(data, sizeof data, "{\"roles\":\"%s\",\"password\":%d}", roles,
                   a->row.password[0] != '\0');
    const struct audit_entry entry = {.action = AUDIT_STAFF_ADDED,
                                      .keys = a->keys,
                                      .actor = a->by,
                                      .objects = {{"staff", a->row.id}},
                                      .data = data,
                                      .texts = {{"name", a->in->name}, {"label", a->in->label}}};
    return audit_write(tx, &entry, NULL, e);
}

enum assay_err people_add(struct store *s, const struct keys *k, struct audit_actor by,
                          const struct people_new *in, int64_t *staff_id, struct err *e)
{
    struct adding a = {.keys = k, .by = by, .in = in, .row = {.created_ms = clock_now_ms()}};
    enum assay_err rc;

    if ((rc = check_name(in->name, e)) != 0 || (rc = check_label(in->label, e)) != 0 ||
        (rc = check_roles(in->roles, e)) != 0)
        return rc;
    if (in->password != NULL && ((rc = check_password(in->password, e)) != 0 ||
                                 (rc = keys_password_hash(in->password, a.row.password, e)) != 0))
        return rc;
    (void)snprintf(a.row.name, sizeof a.row.name, "%s", in->name);
    (void)snprintf(a.row.label, sizeof a.row.label, "%s", in->label);
    if ((rc = store_write(s, add, &a, e)) == ASSAY_OK)
        *staff_id = a.row.id;
    return rc;
}

struct changing {
    struct audit_actor by;
    int64_t staff_id;
    const struct people_change *in;
    char password[STAFF_PASSWORD_SIZE];
};

static enum assay_err change_roles(struct tx *tx, const struct changing *c, struct err *e)
{
    int64_t now = clock_now_ms();

    for (unsigned i = 0; i < PEOPLE_ROLE_COUNT; i++) {
        enum assay_err rc = (c->in->roles >> i & 1) != 0
                                ? staff_role_give(tx, c->staff_id, people_role_name(i), now, e)
                                : staff_role_take(tx, c->staff_id, people_role_name(i), e);
        if (rc != ASSAY_OK)
            return rc;
    }
    return ASSAY_OK;
}

/* Whoever may do less from now on must not go on with what they hold. */
static enum assay_err end_all(struct tx *tx, const struct changing *c, struct err *e)
{
    int64_t now = clock_now_ms(), session_id;
    enum assay_err rc;

    while ((rc = session_end_one(tx, c->staff_id, now, &session_id, e)) == ASSAY_OK) {
        const struct audit_entry entry = {
            .action = AUDIT_SIGN_OUT,
            .actor = c->by,
            .objects = {{"session", session_id}, {"staff", c->staff_id}},
            .outcome = "changed"};
        if ((rc = audit_write(tx, &entry, NULL, e)) != 0)
            return rc;
    }
    if (rc != ASSAY_ENOTFOUND)
        return rc;
    return people_end_leases(tx, c->staff_id, c->by, "changed", e);
}

static enum assay_err change(struct tx *tx, void *ctx, struct err *e)
{
    const struct changing *c = ctx;
    char roles[PEOPLE_ROLES_SIZE], data[PEOPLE_ROLES_SIZE + 128];
    struct staff_row row;
    uint32_t now_roles;
    enum assay_err rc = staff_get(tx, c->staff_id, &row, e);

    if (rc == ASSAY_ENOTFOUND)
        return err_set(e, rc, "there is no such person");
    if (rc != ASSAY_OK)
        return rc;
    if ((c->in->set_roles && (rc = change_roles(tx, c, e)) != 0) ||
        (c->in->set_disabled &&
         (rc = staff_set_disabled(tx, c->staff_id, c->in->disabled ? clock_now_ms() : 0, e)) !=
             0) ||
        (c->in->password != NULL &&
         (rc = staff_set_password(tx, c->staff_id, c->password, e)) != 0) ||
        (rc = people_roles_of(tx, c->staff_id, &now_roles, e)) != 0 ||
        (rc = end_all(tx, c, e)) != 0)
        return rc;
    people_roles_text(now_roles, roles);
    (void)snprintf(data, sizeof data, "{\"roles\":\"%s\",\"disabled\":%d,\"password_set\":%d}",
                   roles, c->in->set_disabled ? c->in->disabled : row.disabled,
                   c->in->password != NULL);
    const struct audit_entry entry = {.action = AUDIT_STAFF_CHANGED,
                                      .actor = c->by,
                                      .objects = {{"staff", c->staff_id}},
                                      .data = data};
    return audit_write(tx, &entry, NULL, e);
}

enum assay_err people_change(struct store *s, const struct keys *k, struct audit_actor by,
                             int64_t staff_id, const struct people_change *in, struct err *e)
{
    struct changing c = {.by = by, .staff_id = staff_id, .in = in};
    enum assay_err rc;

    (void)k;
    if (in->set_roles && (rc = check_roles(in->roles, e)) != 0)
        return rc;
    if (in->password != NULL && ((rc = check_password(in->password, e)) != 0 ||
                                 (rc = keys_password_hash(in->password, c.password, e)) != 0))
        return rc;
    return store_write(s, change, &c, e);
}

struct finding {
    const char *name;
    struct staff_row row;
};

static enum assay_err find(struct tx *tx, void *ctx, struct err *e)
{
    struct finding *f = ctx;

    return staff_find(tx, f->name, &f->row, e);
}

enum assay_err people_find(struct store *s, const char *name, int64_t *staff_id, struct err *e)
{
    struct finding f = {.name = name};
    char shown[PEOPLE_NAME_SIZE];
    enum assay_err rc = store_read(s, find, &f, e);

    if (rc == ASSAY_OK)
        *staff_id = f.row.id;
    if (rc == ASSAY_ENOTFOUND)
        return err_set(e, rc, "nobody here has the name %s", str_shown(name, shown, sizeof shown));
    return rc;
}

struct listing {
    struct json_out o;
    struct buf *answer;
    int64_t only_id; /* 0: everybody */
    bool found;
};

static void add_roles(struct json_out *o, uint32_t roles)
{
    json_array(o, "roles");
    for (unsigned i = 0; i < PEOPLE_ROLE_COUNT; i++) {
        if ((roles >> i & 1) != 0)
            json_text(o, NULL, people_role_name(i));
    }
    json_array_end(o);
}

static enum assay_err list_one(struct tx *tx, void *ctx, const struct staff_row *s,
                               int64_t until_ms, struct err *e)
{
    struct listing *l = ctx;
    uint32_t roles;

    if (l->only_id != 0 && l->only_id != s->id)
        return ASSAY_OK;
    enum assay_err rc = people_roles_of(tx, s->id, &roles, e);
    if (rc != ASSAY_OK)
        return rc;
    l->found = true;
    json_object(&l->o, NULL);
    json_id(&l->o, "staff", s->id);
    json_text(&l->o, "name", s->name);
    json_text(&l->o, "label", s->label);
    add_roles(&l->o, roles);
    json_bool(&l->o, "disabled", s->disabled);
    json_time(&l->o, "authorised_until", until_ms);
    json_object_end(&l->o);
    return ASSAY_OK;
}

static enum assay_err list(struct tx *tx, void *ctx, struct err *e)
{
    struct listing *l = ctx;
    enum assay_err rc;

    buf_reset(l->answer);
    json_out_init(&l->o, l->answer);
    if (l->only_id == 0) {
        json_object(&l->o, NULL);
        json_array(&l->o, "staff");
    }
    if ((rc = staff_each(tx, clock_now_ms(), list_one, l, e)) != 0)
        return rc;
    if (l->only_id == 0) {
        json_array_end(&l->o);
        json_object_end(&l->o);
    } else if (!l->found) {
        return err_set(e, ASSAY_ENOTFOUND, "there is no such person");
    }
    return ASSAY_OK;
}

enum assay_err people_list(struct store *s, int64_t id, struct buf *answer, struct err *e)
{
    struct listing l = {.answer = answer, .only_id = id};

    return store_read(s, list, &l, e);
}

static enum assay_err list_colleague(struct tx *tx, void *ctx, const struct staff_row *s,
                                     int64_t until_ms, struct err *e)
{
    struct listing *l = ctx;
    uint32_t roles;
    enum assay_err rc = people_roles_of(tx, s->id, &roles, e);

    (void)until_ms;
    if (rc != ASSAY_OK || s->disabled)
        return rc;
    json_object(&l->o, NULL);
    json_id(&l->o, "staff", s->id);
    json_text(&l->o, "label", s->label);
    add_roles(&l->o, roles);
    json_object_end(&l->o);
    return ASSAY_OK;
}

static enum assay_err colleagues(struct tx *tx, void *ctx, struct err *e)
{
    struct listing *l = ctx;

    buf_reset(l->answer);
    json_out_init(&l->o, l->answer);
    json_object(&l->o, NULL);
    json_array(&l->o, "colleagues");
    enum assay_err rc = staff_each(tx, clock_now_ms(), list_colleague, l, e);
    json_array_end(&l->o);
    json_object_end(&l->o);
    return rc;
}

enum assay_err people_colleagues(struct store *s, struct buf *answer, struct err *e)
{
    struct listing l = {.answer = answer};

    return store_read(s, colleagues, &l, e);
}
