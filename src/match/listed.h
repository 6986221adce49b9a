/* A record of a list as it is kept, in memory and in a snapshot alike. doc/lists.md has the bytes.
 */
#ifndef MATCH_LISTED_H
#define MATCH_LISTED_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

/* The hashes that a record may have, in the order in which they stand in it. */
enum listed_has {
    LISTED_MD5 = 1,
    LISTED_SHA1 = 2,
    LISTED_SHA256 = 4,
    LISTED_PDQ = 8,
    LISTED_ORIENTED = 16,
    LISTED_ALL = 31,
    LISTED_NOT_PDQ = 32 /* its list says not to match on the PDQs */
};

#define LISTED_NO_QUALITY 255

struct listed {
    uint64_t line;
    uint32_t list;      /* its number among the lists that were read together */
    uint32_t says_size; /* bytes */
    uint16_t has;       /* enum listed_has */
    uint8_t quality;    /* of the PDQ, 0..100, or LISTED_NO_QUALITY */
    uint8_t zero[5];
    uint8_t bytes[]; /* the hashes, then a JSON object of what else the list says, without NUL */
};
static_assert(sizeof(struct listed) == 24, "as in the file");

size_t listed_hash_bytes(unsigned has); /* of all hashes that these bits name */
/* Bytes of the whole record, a multiple of 8. */
size_t listed_size(unsigned has, size_t says_size);
/* Where it has this hash, one bit; NULL: it has none. */
const uint8_t *listed_hash(const struct listed *r, unsigned bit);
const char *listed_says(const struct listed *r);

#endif
