/* Rows of clients: programs of others that may match, their lists, and what they asked. */
#ifndef STORE_CLIENT_H
#define STORE_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "store/store.h"

#define CLIENT_NAME_SIZE   41
#define CLIENT_KEY_ID_SIZE 17
#define CLIENT_MAC_BYTES   32
#define CLIENT_KEEPS_SIZE  8

struct client_row {
    int64_t id, created_ms, key_ms;
    int64_t expires_ms;  /* 0: never */
    int64_t disabled_ms; /* 0: it is not */
    int64_t rate, burst; /* hashes a second, hashes at once */
    int64_t distance_max, quality_min;
    char name[CLIENT_NAME_SIZE], key_id[CLIENT_KEY_ID_SIZE];
    char keeps[CLIENT_KEEPS_SIZE]; /* "counts" or "hits" */
    uint8_t key_mac[CLIENT_MAC_BYTES];
    bool has_sha256; /* key_sha256, of the key's secret, is known; key_mac is of it then */
    bool feeds;      /* it may follow the change feed */
    uint8_t key_sha256[CLIENT_MAC_BYTES];
    bool has_cert; /* it is known by a certificate, too */
    uint8_t cert_sha256[CLIENT_MAC_BYTES];
    int64_t cert_until_ms; /* when that ends by its own word */
};

/* EEXISTS: the name is taken. */
enum assay_err client_insert(struct tx *tx, const struct client_row *c, struct err *e);
/* ENOTFOUND. */
enum assay_err client_find(struct tx *tx, const char *name, struct client_row *out, struct err *e);
enum assay_err client_get(struct tx *tx, int64_t id, struct client_row *out, struct err *e);
/* All but created_ms as they stand in c. ENOTFOUND. */
enum assay_err client_put(struct tx *tx, const struct client_row *c, struct err *e);

/* Everyone, by name; borrowed for the call. fn may use the transaction for other statements. */
typedef enum assay_err client_each_fn(struct tx *tx, void *ctx, const struct client_row *c,
                                      struct err *e);
enum assay_err client_each(struct tx *tx, client_each_fn *fn, void *ctx, struct err *e);

/* ---- rights ---- */

enum client_right { CLIENT_NO_RIGHT = -1, CLIENT_ANSWER = 0, CLIENT_DETAIL = 1 };
/* Give or take the right to a list, by its name. ENOTFOUND: no such list. */
enum assay_err client_list_set(struct tx *tx, int64_t client_id, const char *list,
                               enum client_right right, struct err *e);
/* The list of kind client is this client's bank: it puts hashes into it. */
enum assay_err client_bank_insert(struct tx *tx, int64_t client_id, int64_t list_id, struct err *e);
/* Its lists that are not removed, by name; banks: it is this client's bank. Borrowed for the call.
 */
typedef void client_list_fn(void *ctx, int64_t list_id, const char *list, enum client_right right,
                            bool banks);
enum assay_err client_lists(struct tx *tx, int64_t client_id, client_list_fn *fn, void *ctx,
                            struct err *e);

/* ---- what was asked ---- */

struct client_count_row {
    int64_t client_id, day;
    int64_t list_id;     /* 0: the answer as a whole */
    const char *outcome; /* call, match, no_match, unmatchable, test, limited */
    int64_t count;
};
/* count more of it. */
enum assay_err client_count_add(struct tx *tx, const struct client_count_row *c, struct err *e);
typedef void client_count_fn(void *ctx, const struct client_count_row *c);
/* The counts of a client of the last days, newest first; borrowed for the call. */
enum assay_err client_counts(struct tx *tx, int64_t client_id, int64_t from_day,
                             client_count_fn *fn, void *ctx, struct err *e);
/* One more hit of a row on this day. */
enum assay_err client_hit_add(struct tx *tx, int64_t client_id, int64_t row_id, int64_t now_ms,
                              struct err *e);

#endif
