/* Which objects an entry speaks of: read from its line, and kept so that entries can be found. */
#ifndef AUDIT_ABOUT_H
#define AUDIT_ABOUT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "store/record_find.h"
#include "store/store.h"

/* The next object of an entry's line. *at is 0 at first and moved on; false: no more. noun holds
 * RECORD_NOUN_SIZE. A line that no program of ours wrote yields what can be read of it. */
bool about_next(const char *entry, size_t *at, char *noun, int64_t *id);

/* Go through entries up to size (those with an index) that were not gone through yet, a short
 * transaction for each few; when there are very many, the next call goes on. */
enum assay_err about_advance(struct store *s, uint64_t size, struct err *e);

#endif
