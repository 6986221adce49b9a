/* Texts that entries commit to: those that are there must be the ones that were committed to. */
#ifndef AUDIT_TEXTS_H
#define AUDIT_TEXTS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "keys/keys.h"
#include "store/store.h"

/* How many texts an entry commits to; 0 for bytes that are no entry. */
uint64_t texts_count_commitments(const char *entry, size_t size);

/* Open every text and hold it against its entry. *count is how many there are. EDAMAGED names the
 * entry and the field, never the text. */
enum assay_err texts_verify(struct store *s, const struct keys *k, uint64_t *count, struct err *e);

#endif
