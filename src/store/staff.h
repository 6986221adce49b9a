/* Rows of people, their roles, sign-in links and failed sign-ins. */
#ifndef STORE_STAFF_H
#define STORE_STAFF_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "store/store.h"

#define STAFF_NAME_SIZE     41
#define STAFF_LABEL_SIZE    81
#define STAFF_PASSWORD_SIZE 128
#define STAFF_MAC_BYTES     32

struct staff_row {
    int64_t id, created_ms;
    bool disabled;
    char name[STAFF_NAME_SIZE], label[STAFF_LABEL_SIZE];
    char password[STAFF_PASSWORD_SIZE]; /* Argon2id text form; empty: none */
};

/* EEXISTS: the name is taken. */
enum assay_err staff_insert(struct tx *tx, const struct staff_row *s, struct err *e);
enum assay_err staff_get(struct tx *tx, int64_t id, struct staff_row *out, struct err *e);
enum assay_err staff_find(struct tx *tx, const char *name, struct staff_row *out, struct err *e);
enum assay_err staff_set_password(struct tx *tx, int64_t id, const char *password, struct err *e);
/* disabled_ms 0: enabled again. */
enum assay_err staff_set_disabled(struct tx *tx, int64_t id, int64_t disabled_ms, struct err *e);

/* Everybody, by name; borrowed for the call. until_ms: the end of the authorisation in force at
 * now_ms, 0 when there is none. fn may use the transaction for other statements. */
typedef enum assay_err staff_each_fn(struct tx *tx, void *ctx, const struct staff_row *s,
                                     int64_t until_ms, struct err *e);
enum assay_err staff_each(struct tx *tx, int64_t now_ms, staff_each_fn *fn, void *ctx,
                          struct err *e);

/* The roles of a person, by name; borrowed for the call. */
typedef void staff_role_fn(void *ctx, const char *role);
enum assay_err staff_roles(struct tx *tx, int64_t staff_id, staff_role_fn *fn, void *ctx,
                           struct err *e);
/* Giving a role twice and taking one that is not there change nothing. */
enum assay_err staff_role_give(struct tx *tx, int64_t staff_id, const char *role, int64_t now_ms,
                               struct err *e);
enum assay_err staff_role_take(struct tx *tx, int64_t staff_id, const char *role, struct err *e);

/* ---- sign-in links ---- */

enum assay_err link_insert(struct tx *tx, const uint8_t mac[STAFF_MAC_BYTES], int64_t staff_id,
                           int64_t expires_ms, struct err *e);
/* Whose link this is. ENOTFOUND: nobody's, or it ran out. */
enum assay_err link_find(struct tx *tx, const uint8_t mac[STAFF_MAC_BYTES], int64_t now_ms,
                         int64_t *staff_id, struct err *e);

/* ---- failed sign-ins ---- */

/* Failures in a row and until when the name is held up; both 0 when there are none. */
struct signin_failures {
    int64_t count, locked_until_ms;
};
enum assay_err signin_failures(struct tx *tx, const uint8_t mac[STAFF_MAC_BYTES],
                               struct signin_failures *out, struct err *e);
/* One more failure; *count is how many there are now in a row. */
enum assay_err signin_failed(struct tx *tx, const uint8_t mac[STAFF_MAC_BYTES], int64_t now_ms,
                             int64_t *count, struct err *e);
enum assay_err signin_lock(struct tx *tx, const uint8_t mac[STAFF_MAC_BYTES], int64_t until_ms,
                           struct err *e);
enum assay_err signin_succeeded(struct tx *tx, const uint8_t mac[STAFF_MAC_BYTES], struct err *e);
/* Forget names whose last failure was before before_ms. */
enum assay_err signin_forget(struct tx *tx, int64_t before_ms, struct err *e);

#endif
