/* What a set is made of, for those who change it and those who search it. */
#ifndef MATCH_SET_IMPL_H
#define MATCH_SET_IMPL_H

#include <pthread.h>
#include <stdatomic.h>

#include "assay/index.h"
#include "match/match.h"
#include "match/table.h"

#define BLOCK_SLOTS 65536
#define SLOT_BLOCKS 65536

struct match_slot {
    uint32_t list;
    uint32_t next; /* of the same digest, 0: none; held by the lock of the digest's shard */
    uint64_t record;
};

struct match_set {
    struct table tables[MATCH_PDQ];
    struct assay_index *pdq; /* its ids are numbers of slots */
    struct match_slot *_Atomic blocks[SLOT_BLOCKS];
    pthread_mutex_t writing;           /* held by who adds or removes, for all below */
    struct assay_index_reader *finder; /* of PDQs to be removed */
    uint32_t next;                     /* number that no slot has yet */
    uint64_t entries[MATCH_KINDS];
};

struct match_slot *match_slot(struct match_set *set, uint32_t number);
enum assay_err match_failed(enum assay_err rc, struct err *e);

#endif
