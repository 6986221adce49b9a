/* The matching service: what hashes of a client, or of its file, are in the lists it may ask of. */
#ifndef FLOW_SERVICE_SERVICE_H
#define FLOW_SERVICE_SERVICE_H

#include <semaphore.h>

#include "base/json.h"
#include "flow/feed.h"
#include "flow/flow.h"
#include "flow/live.h"
#include "people/machines.h"
#include "store/list.h"

/* doc/matching.md is the contract. */
struct service {
    struct world *world;
    struct live *live;
    bool hma; /* routes in the form of HMA are there: the setting match.hma */
    struct machines *machines;
    sem_t *files;              /* that are hashed at a time; the caller's to wait for */
    sem_t *polls;              /* answers of the change feed that are held back */
    struct feed *feed;         /* of a matching node; NULL: this is the system of record */
    const atomic_bool *ending; /* the server stops: nothing is held back any more */
};

/* Whether all is there to be searched; before, what is not found may be in a list all the same. */
bool service_ready(const struct service *s);

#define SERVICE_ASKS_MAX   10000 /* of a request */
#define SERVICE_HASHES_MAX 6     /* of one ask */
#define SERVICE_HITS_MAX   50    /* that one answer tells */
#define SERVICE_FILE_MAX   (15 * 1024 * 1024)

struct service_hash {
    enum match_kind kind;
    uint8_t bytes[MATCH_HASH_MAX];
};

/* What gets one answer: the hashes that are looked up, and why nothing, or not all, is. */
struct service_ask {
    struct service_hash hashes[SERVICE_HASHES_MAX];
    size_t count;
    const char *reason; /* NULL: all is looked up. A static word of at most SERVICE_REASON_MAX */
};
#define SERVICE_REASON_MAX 13

/* Why this PDQ is not looked up; NULL: it is. quality -1: not known. */
const char *service_refuses(const struct machine *who, const uint8_t pdq[32], int64_t quality);

/*
 * Look all asks up and write the answers, in their order, as the array "answers" of the object that
 * o is in. Everything is counted. What a client learns of lists without the detail right has one
 * size and takes one way through the program, whatever the answer is. distance: bits, of PDQ; no
 * more than the client's own are looked. EBUSY: the lists are not read yet.
 */
enum assay_err service_match(const struct service *s, const struct machine *who,
                             const struct service_ask *asks, size_t count, int64_t distance,
                             struct json_out *o, struct err *e);

/* The hits of one ask in lists with the detail right, nearest first of each hash, counted as above;
 * list is borrowed for the call. EBUSY. */
typedef void service_hit_fn(void *ctx, const char *list, int64_t row_id, uint32_t distance);
enum assay_err service_each_hit(const struct service *s, const struct machine *who,
                                const struct service_ask *ask, service_hit_fn *fn, void *ctx,
                                struct err *e);

/* What a file is, by a decoder of its own in the sandbox. The bytes go through memory alone. */
struct service_file {
    struct service_ask ask;
    uint64_t size;
    uint8_t md5[16], sha1[20], sha256[32], pdq[32];
    bool has_pdq;
    int64_t quality;        /* -1 without PDQ */
    const char *type;       /* MIME, from content alone; static */
    const char *pdq_reason; /* why the PDQ must not be trusted, or is none; NULL: it may */
};
enum assay_err service_hash_file(const struct service *s, const struct machine *who,
                                 const void *bytes, size_t size, struct service_file *out,
                                 struct err *e);

#define SERVICE_NOTE_MAX 255 /* bytes of a note on a hash in a bank */

/* Hashes of one file for a bank. */
struct service_signals {
    unsigned has; /* LIST_MD5, LIST_SHA256, LIST_PDQ */
    uint8_t md5[16], sha256[32], pdq[32];
    const char *note; /* NULL: none */
};
/* Put them into the client's own bank, where they match within LIVE_LAG_MS; *row_id is the record's
 * number, the same one for the same hashes. It is on the record. */
enum assay_err service_bank(const struct service *s, const struct machine *who,
                            const struct machine_list *bank, const struct service_signals *in,
                            int64_t *row_id, struct err *e);
/* Take a record out of it. ENOTFOUND. */
enum assay_err service_unbank(const struct service *s, const struct machine *who,
                              const struct machine_list *bank, int64_t row_id, struct err *e);

/* The terms of a client: what it may ask and what is kept. An object. */
void service_terms(const struct machine *who, struct buf *answer);

#endif
