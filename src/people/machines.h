/* The clients of a running server: who a key belongs to, how much it may ask, what it was told. */
#ifndef PEOPLE_MACHINES_H
#define PEOPLE_MACHINES_H

#include "people/client.h"

/*
 * Keys, limits and lists are read from the store when what is known of them is older than a second,
 * so a request costs no statement and a change bites within that second, whoever made it. Counts
 * are kept in memory and written by a thread of its own every MACHINES_FLUSH_MS, with one entry of
 * the record for each client that asked anything, and once more at the end: a server that is killed
 * loses the counts of that long. Every function may be called from any thread.
 */
#define MACHINES_FLUSH_MS  5000
#define MACHINES_LISTS_MAX 64 /* of one client; further ones are not looked into */

struct machines;

struct machine_list {
    int64_t id;
    bool detail;
    bool banks; /* it puts hashes into it */
    char name[CLIENT_NAME_SIZE];
};

/* What a request works with: as it was when the request was let in. */
struct machine {
    struct client_row row;
    struct machine_list lists[MACHINES_LISTS_MAX];
    size_t list_count;
};

enum machine_outcome {
    MACHINE_CALL, /* a request */
    MACHINE_MATCH,
    MACHINE_NO_MATCH,
    MACHINE_UNMATCHABLE,
    MACHINE_TEST,
    MACHINE_LIMITED, /* hashes that were refused because there were too many */
    MACHINE_FED,     /* records that went to a matching node; on the record, not among the counts */
    MACHINE_OUTCOMES
};

struct machines *machines_new(struct store *s, const struct keys *k);
void machines_free(struct machines *m); /* NULL is fine */

/* Whose key this is. EDENIED, with one text and the same work for a wrong, an old and a disabled
 * key. */
enum assay_err machines_admit(struct machines *m, const char *key, struct machine *out,
                              struct err *e);

/* Whose certificate this is, by the SHA-256 of its DER. EDENIED, as above. */
enum assay_err machines_admit_cert(struct machines *m, const uint8_t sha256[CERT_BYTES],
                                   struct machine *out, struct err *e);
/* Programs of this machine, where they need no key, are the client of this name. */
#define MACHINES_LOCAL "local"
/* EDENIED: there is none, or it ended or is switched off. */
enum assay_err machines_admit_local(struct machines *m, struct machine *out, struct err *e);

/* Take so many hashes from what the client may ask now. ELIMIT: *wait_s tells in how many whole
 * seconds they may be asked; 0: never at once, there are more than its burst. */
enum assay_err machines_take(struct machines *m, const struct machine *who, int64_t hashes,
                             int64_t *wait_s, struct err *e);

/* Count; list_id 0: of the answer as a whole. */
void machines_count(struct machines *m, const struct machine *who, int64_t list_id,
                    enum machine_outcome outcome, int64_t count);
/* A row was hit; kept where the client's policy says so. */
void machines_hit(struct machines *m, const struct machine *who, int64_t row_id);

/* Write the counts now. */
enum assay_err machines_flush(struct machines *m, struct err *e);

#endif
