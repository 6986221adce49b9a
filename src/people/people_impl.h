/* What the files of src/people share. */
#ifndef PEOPLE_PEOPLE_IMPL_H
#define PEOPLE_PEOPLE_IMPL_H

#include "people/people.h"
#include "store/task.h"

/* Read a person's roles as a set. */
enum assay_err people_roles_of(struct tx *tx, int64_t staff_id, uint32_t *roles, struct err *e);

/* The roles' names with commas between them, for the record; out holds PEOPLE_ROLES_SIZE. */
#define PEOPLE_ROLES_SIZE 128
void people_roles_text(uint32_t roles, char out[PEOPLE_ROLES_SIZE]);

/* The mac under which a session's or a link's token is kept; EDENIED when the text is no token. */
enum assay_err people_token_mac(const struct keys *k, const char *label, const char *token,
                                uint8_t mac[KEYS_MAC_BYTES]);
/* A new token and its mac. */
void people_token_new(const struct keys *k, const char *label, char token[PEOPLE_TOKEN_SIZE],
                      uint8_t mac[KEYS_MAC_BYTES]);

/* Write that a lease was given back, because of `outcome`. */
enum assay_err people_lease_ended(struct tx *tx, const struct lease_row *l, struct audit_actor by,
                                  const char *outcome, struct err *e);
/* Give back every lease of a person. */
enum assay_err people_end_leases(struct tx *tx, int64_t staff_id, struct audit_actor by,
                                 const char *outcome, struct err *e);

#endif
