/* Clients: programs of others that may match hashes by an API key, and nothing else. */
#ifndef PEOPLE_CLIENT_H
#define PEOPLE_CLIENT_H

#include "people/cert.h"
#include "people/people.h"
#include "store/client.h"

/*
 * doc/matching.md tells it for those who use it. A key is "assay_", 16 hex digits that name it, '_'
 * and 64 hex digits of secret. It is shown once; the store has a keyed hash of it.
 */
#define PEOPLE_KEY_SIZE 88 /* with a NUL */

#define PEOPLE_RATE_MAX     1000000 /* hashes a second */
#define PEOPLE_BURST_MAX    1000000 /* hashes at once */
#define PEOPLE_DISTANCE_MAX 31      /* bits: a wider look would tell what lies around a hash */

/* What a client may; -1, NULL: the usual for a new one, as it is for another. */
struct people_client_limits {
    int64_t rate, burst;               /* 1 .. ; usual 1,000 and 20,000 */
    int64_t distance_max, quality_min; /* 0 .. 31, 0 .. 100; usual 31 and 50 */
    int64_t expires_ms;                /* 0: never, which is usual */
    int64_t disabled;                  /* 0, 1 */
    int64_t feeds;                     /* 0 (usual), 1: it is a matching node */
    const char *keeps;                 /* "counts" (usual): how often; "hits": which rows, too */
};
#define PEOPLE_CLIENT_USUAL                                                                        \
    {                                                                                              \
        .rate = -1, .burst = -1, .distance_max = -1, .quality_min = -1, .expires_ms = -1,          \
        .disabled = -1, .feeds = -1                                                                \
    }

/* Add one; key is its key, and the only copy. EEXISTS, ERANGE. */
enum assay_err people_client_add(struct store *s, const struct keys *k, struct audit_actor by,
                                 const char *name, const struct people_client_limits *limits,
                                 char key[PEOPLE_KEY_SIZE], struct err *e);
/* In force within a second. ENOTFOUND, ERANGE. */
enum assay_err people_client_change(struct store *s, struct audit_actor by, const char *name,
                                    const struct people_client_limits *limits, struct err *e);
/* A new key; the old one ends at once. ENOTFOUND. */
enum assay_err people_client_rotate(struct store *s, const struct keys *k, struct audit_actor by,
                                    const char *name, char key[PEOPLE_KEY_SIZE], struct err *e);
/* It is known by this certificate, too; NULL: by its key alone. EEXISTS: another client is known by
 * it; ERANGE: it has ended. ENOTFOUND. */
enum assay_err people_client_cert(struct store *s, struct audit_actor by, const char *name,
                                  const struct cert *cert, struct err *e);
/* Give or take the right to a list. ENOTFOUND: the client or the list. */
enum assay_err people_client_right(struct store *s, struct audit_actor by, const char *name,
                                   const char *list, enum client_right right, struct err *e);
/* Make a list of that name, the client's bank: it has the detail right to it and puts hashes into
 * it. ENOTFOUND: the client. EEXISTS, ERANGE: the list's name. */
enum assay_err people_client_bank(struct store *s, struct audit_actor by, const char *name,
                                  const char *list, struct err *e);
/* All: {"clients":[...]} as in the OpenAPI file; or one object when name is not NULL. ENOTFOUND. */
enum assay_err people_clients(struct store *s, const char *name, struct buf *answer, struct err *e);

/* A key as a client sends it. */
struct people_key {
    char id[CLIENT_KEY_ID_SIZE];
    uint8_t mac[CLIENT_MAC_BYTES];     /* of the SHA-256 of its secret */
    uint8_t old_mac[CLIENT_MAC_BYTES]; /* of its secret, as keys without has_sha256 have it */
};
/* EDENIED when the text is none. */
enum assay_err people_key_parse(const struct keys *k, const char *text, struct people_key *out);
/* What a store holds of a key: HMAC-SHA-256 of the SHA-256 of its secret. */
void people_key_mac(const struct keys *k, const uint8_t sha256[CLIENT_MAC_BYTES],
                    uint8_t mac[CLIENT_MAC_BYTES]);

#endif
