/* People: roles, passwords, sessions and authorisations. */
#ifndef PEOPLE_PEOPLE_H
#define PEOPLE_PEOPLE_H

#include <stdbool.h>
#include <stdint.h>

#include "audit/audit.h"
#include "base/buf.h"
#include "base/err.h"
#include "keys/keys.h"
#include "store/store.h"

/* A set of roles, a bit each. Separations hold per item, lot and request, not per person, save that
 * an administrator has none of the roles that see media (PEOPLE_SEES_MEDIA). */
enum people_role {
    PEOPLE_ASSESSOR = 1 << 0,
    PEOPLE_ANALYST = 1 << 1,
    PEOPLE_QUALITY = 1 << 2,
    PEOPLE_ARBITER = 1 << 3,
    PEOPLE_LEAD = 1 << 4,
    PEOPLE_INTAKE = 1 << 5,
    PEOPLE_RELEASE = 1 << 6,
    PEOPLE_WELFARE = 1 << 7,
    PEOPLE_COMPLIANCE = 1 << 8,
    PEOPLE_ADMIN = 1 << 9,
    PEOPLE_AUDITOR = 1 << 10
};
#define PEOPLE_ROLE_COUNT 11
#define PEOPLE_SEES_MEDIA (PEOPLE_ASSESSOR | PEOPLE_QUALITY | PEOPLE_ARBITER | PEOPLE_LEAD)
const char *people_role_name(unsigned index); /* 0 .. PEOPLE_ROLE_COUNT - 1 */
enum assay_err people_role_parse(const char *name, uint32_t *roles); /* adds the bit; EFORMAT */

#define PEOPLE_NAME_SIZE        41 /* [a-z0-9][a-z0-9._-]{0,39} and a NUL */
#define PEOPLE_LABEL_SIZE       81 /* UTF-8 and a NUL */
#define PEOPLE_PASSWORD_MIN     12
#define PEOPLE_PASSWORD_MAX     1024
#define PEOPLE_WORKSTATION_SIZE 65
#define PEOPLE_IDLE_MS          (15 * 60 * 1000)
#define PEOPLE_SESSION_MS       (12 * 60 * 60 * 1000)
#define PEOPLE_TOKEN_SIZE       65 /* 64 hex digits and a NUL: what the cookie carries */

/* Who calls: one signed-in session, or (all zero) the operator at the command line. */
struct caller {
    int64_t staff_id, session_id;
    uint32_t roles;
    char name[PEOPLE_NAME_SIZE], label[PEOPLE_LABEL_SIZE];
    char workstation[PEOPLE_WORKSTATION_SIZE];
    int64_t created_ms;
};

/* One of the caller's roles that is in the set `roles`. */
enum people_role people_acting_role(const struct caller *c, uint32_t roles);
/* The record's actor for an act done in this role; borrowed strings from c. Whoever does not have
 * the role acts in one that they have: the record never names a role that a person has not. */
struct audit_actor people_actor(const struct caller *c, enum people_role role);
/* One of the caller's roles that see media; for entries that do not depend on which. */
enum people_role people_viewing_role(const struct caller *c);
/* For commands of the operator and background steps. */
struct audit_actor people_operator(void);
struct audit_actor people_system(void);

struct people_new {
    const char *name, *label;
    uint32_t roles;
    const char *password; /* NULL: no sign-in by password */
};

/* EEXISTS (the name is taken), ERANGE (name, label, password too short), ESTATE (admin with a role
 * that sees media). */
enum assay_err people_add(struct store *s, const struct keys *k, struct audit_actor by,
                          const struct people_new *in, int64_t *staff_id, struct err *e);

struct people_change {
    bool set_roles, set_disabled, disabled;
    uint32_t roles;
    const char *password; /* NULL: as it is */
};
/* Changes bite at once: the person's sessions end, leases are given back. ENOTFOUND, ERANGE,
 * ESTATE. */
enum assay_err people_change(struct store *s, const struct keys *k, struct audit_actor by,
                             int64_t staff_id, const struct people_change *in, struct err *e);

/* ENOTFOUND. */
enum assay_err people_find(struct store *s, const char *name, int64_t *staff_id, struct err *e);

/* Every person: {"staff":[...]} as in the OpenAPI file; or one object when id is not 0. */
enum assay_err people_list(struct store *s, int64_t id, struct buf *answer, struct err *e);

/* Who may be named for a batch: {"colleagues":[...]}, everybody with access, label and roles. */
enum assay_err people_colleagues(struct store *s, struct buf *answer, struct err *e);

/*
 * Sign in. The session row, the record entry and the throttle's counters are one transaction.
 * EDENIED with one and the same text and time for a wrong name, a wrong password and a disabled
 * person; ELIMIT when throttled (5 failures in a row: 1 s, doubling to 15 min), for names that are
 * not there alike. token is what the cookie carries. Takes 64 MiB and some 100 ms of a core, so
 * callers limit how many run at once.
 */
enum assay_err people_sign_in(struct store *s, const struct keys *k, const char *name,
                              const char *password, const char *workstation,
                              char token[PEOPLE_TOKEN_SIZE], struct err *e);

/* By a link of a training workspace; ESTATE in others. */
enum assay_err people_sign_in_link(struct store *s, const struct keys *k, const char *link,
                                   const char *workstation, char token[PEOPLE_TOKEN_SIZE],
                                   struct err *e);
/* Make a link: valid 12 hours, as often as wanted; training workspaces only (ESTATE). */
enum assay_err people_link(struct store *s, const struct keys *k, int64_t staff_id,
                           char link[PEOPLE_TOKEN_SIZE], struct err *e);

/* Whose token this is; marks the session as seen (at most one write a minute). EDENIED when
 * unknown, ended, idle over 15 min, older than 12 h, or the person is disabled. */
enum assay_err people_session(struct store *s, const struct keys *k, const char *token,
                              struct caller *out, struct err *e);
/* End it; its leases are given back. */
enum assay_err people_sign_out(struct store *s, const struct keys *k, const struct caller *c,
                               struct err *e);

struct authorisation_new {
    int64_t staff_id;
    const char *authorised_by; /* a named person */
    const char *purpose, *reference;
    int64_t from_ms, to_ms;
};
/* EDENIED when a person would authorise themselves. */
enum assay_err people_authorise(struct store *s, const struct keys *k, const struct caller *by,
                                const struct authorisation_new *in, int64_t *id, struct err *e);
enum assay_err people_revoke(struct store *s, const struct keys *k, const struct caller *by,
                             int64_t authorisation_id, struct err *e);
/* All: {"authorisations":[...]}; or one object when id is not 0. */
enum assay_err people_authorisations(struct store *s, int64_t id, struct buf *answer,
                                     struct err *e);
/* When the authorisation of a person that is in force now ends; 0: none is. */
enum assay_err people_authorised_until(struct store *s, int64_t staff_id, int64_t *until_ms,
                                       struct err *e);

#endif
