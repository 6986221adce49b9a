/* Settings of a workspace: numbers that an administrator may change, each with its bounds. */
#ifndef FLOW_SETTINGS_H
#define FLOW_SETTINGS_H

#include "decode/unpack.h"
#include "flow/flow.h"

struct setting {
    const char *name, *what; /* what: one line, with the unit */
    int64_t standard, min, max;
};

/* The table, by index from 0; NULL behind the last. */
const struct setting *settings_at(size_t index);

/* The value in force: the stored one, else the standard. ENOTFOUND: no such setting; EDAMAGED: the
 * stored text is no number within its bounds. */
enum assay_err settings_get(struct store *s, const char *name, int64_t *value, struct err *e);

/* SettingList: the whole table with the values in force. */
enum assay_err settings_list(struct world *w, struct buf *answer, struct err *e);

/* Change it; a record entry holds both values. ENOTFOUND, ERANGE. In force from the next start. */
enum assay_err settings_set(struct world *w, struct audit_actor by, const char *name, int64_t value,
                            struct err *e);

/* The decoder's limits out of them. */
enum assay_err settings_decode_limits(struct store *s, struct decode_limits *out, struct err *e);

/* The unpacker's limits out of them. */
enum assay_err settings_unpack_limits(struct store *s, struct unpack_limits *out, struct err *e);

#endif
