/* Rows of sessions. */
#ifndef STORE_SESSION_H
#define STORE_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "store/store.h"

#define SESSION_MAC_BYTES        32
#define SESSION_WORKSTATION_SIZE 65

struct session_row {
    int64_t id, staff_id, created_ms, seen_ms;
    bool ended;
    char workstation[SESSION_WORKSTATION_SIZE];
};

enum assay_err session_insert(struct tx *tx, const struct session_row *s,
                              const uint8_t mac[SESSION_MAC_BYTES], struct err *e);
/* ENOTFOUND. */
enum assay_err session_find(struct tx *tx, const uint8_t mac[SESSION_MAC_BYTES],
                            struct session_row *out, struct err *e);
/* Seen now; an ended session stays as it is. */
enum assay_err session_seen(struct tx *tx, int64_t id, int64_t now_ms, struct err *e);
/* End it; ENOTFOUND when it was ended already. */
enum assay_err session_end(struct tx *tx, int64_t id, int64_t now_ms, struct err *e);
/* End one session of this person, giving its id; ENOTFOUND: none is left. */
enum assay_err session_end_one(struct tx *tx, int64_t staff_id, int64_t now_ms, int64_t *id,
                               struct err *e);

#endif
