/* What writing and verifying entries share: the commitment to a text, and what its seal is bound
 * to. */
#ifndef AUDIT_ENTRY_H
#define AUDIT_ENTRY_H

#include <stddef.h>
#include <stdint.h>

#include "audit/tree.h"
#include "base/buf.h"
#include "store/record.h"

#define ENTRY_TEXT_MAX (1 << 20) /* bytes of one committed text */

/* SHA-256(salt || text): reveals nothing of the text, however short, once the salt is erased. */
void entry_commitment(const uint8_t salt[RECORD_SALT_BYTES], const void *text, size_t size,
                      struct tree_hash *out);

/* The context of keys_seal: a sealed text cannot be moved to another entry or field. Appended. */
void entry_seal_context(const uint8_t event[RECORD_EVENT_BYTES], const char *field, struct buf *b);

#endif
