/* Roles by name, and who an act is put down to. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "people/people_impl.h"
#include "store/staff.h"

static const char *const names[] = {"assessor",   "analyst", "quality", "arbiter",
                                    "lead",       "intake",  "release", "welfare",
                                    "compliance", "admin",   "auditor"};
static_assert(sizeof names / sizeof names[0] == PEOPLE_ROLE_COUNT, "a name for each role");
static_assert(PEOPLE_AUDITOR == 1 << (PEOPLE_ROLE_COUNT - 1), "names stand in the order of bits");

const char *people_role_name(unsigned index)
{
    assert(index < PEOPLE_ROLE_COUNT);
    return names[index];
}

enum assay_err people_role_parse(const char *name, uint32_t *roles)
{
    for (unsigned i = 0; i < PEOPLE_ROLE_COUNT; i++) {
        if (str_equal(name, names[i])) {
            *roles |= 1u << i;
            return ASSAY_OK;
        }
    }
    return ASSAY_EFORMAT;
}

static void add_role(void *ctx, const char *role)
{
    (void)people_role_parse(role, ctx);
}

enum assay_err people_roles_of(struct tx *tx, int64_t staff_id, uint32_t *roles, struct err *e)
{
    *roles = 0;
    return staff_roles(tx, staff_id, add_role, roles, e);
}

void people_roles_text(uint32_t roles, char out[PEOPLE_ROLES_SIZE])
{
    size_t at = 0;

    out[0] = '\0';
    for (unsigned i = 0; i < PEOPLE_ROLE_COUNT; i++) {
        if ((roles >> i & 1) != 0)
            at += (size_t)snprintf(out + at, PEOPLE_ROLES_SIZE - at, "%s%s", at > 0 ? "," : "",
                                   names[i]);
    }
    assert(at < PEOPLE_ROLES_SIZE);
}

enum people_role people_acting_role(const struct caller *c, uint32_t roles)
{
    uint32_t both = c->roles & roles;

    if (both == 0)
        both = c->roles != 0 ? c->roles : roles;
    assert(both != 0);
    return (enum people_role)(both & (~both + 1));
}

enum people_role people_viewing_role(const struct caller *c)
{
    return people_acting_role(c, PEOPLE_SEES_MEDIA);
}

struct audit_actor people_actor(const struct caller *c, enum people_role role)
{
    if (c->staff_id == 0)
        return people_operator();
    unsigned acting = (unsigned)__builtin_ctz(people_acting_role(c, role));
    return (struct audit_actor){.staff_id = c->staff_id,
                                .role = c->roles == 0 ? "none" : names[acting],
                                .session_id = c->session_id,
                                .workstation = c->workstation};
}

struct audit_actor people_operator(void)
{
    return (struct audit_actor){.role = "operator"};
}

struct audit_actor people_system(void)
{
    return (struct audit_actor){.role = "system"};
}

enum assay_err people_lease_ended(struct tx *tx, const struct lease_row *l, struct audit_actor by,
                                  const char *outcome, struct err *e)
{
    char data[64];

    (void)snprintf(data, sizeof data, "{\"fence\":%lld}", (long long)l->fence);
    const struct audit_entry entry = {.action = AUDIT_TASK_RETURNED,
                                      .actor = by,
                                      .objects = {{"task", l->task_id}, {"staff", l->staff_id}},
                                      .purpose = l->purpose,
                                      .outcome = outcome,
                                      .data = data};
    return audit_write(tx, &entry, NULL, e);
}

enum assay_err people_end_leases(struct tx *tx, int64_t staff_id, struct audit_actor by,
                                 const char *outcome, struct err *e)
{
    struct lease_row l;
    enum assay_err rc;

    while ((rc = lease_end_one_of(tx, staff_id, &l, e)) == ASSAY_OK) {
        if ((rc = people_lease_ended(tx, &l, by, outcome, e)) != 0)
            return rc;
    }
    return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
}
