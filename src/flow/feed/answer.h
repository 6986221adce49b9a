/* Answers of the change feed, as a matching node reads them. Pure. doc/feed.md is their format. */
#ifndef FLOW_FEED_ANSWER_H
#define FLOW_FEED_ANSWER_H

#include "base/mem.h"
#include "store/feed.h"

#define FEED_ANSWER_MAX (16 * 1024 * 1024) /* bytes */

struct feed_list {
    int64_t id;
    const char *name, *kind;
};

struct feed_right {
    int64_t list_id;
    bool detail;
};

struct feed_client {
    struct client_row row; /* without key_mac, created_ms and key_ms */
    const struct feed_right *rights;
    size_t right_count;
};

struct feed_record {
    bool gone; /* then only id and list_id of row say something */
    struct list_record row;
    const char *source; /* NULL: none */
};

/* All is of the arena that it was read into. */
struct feed_answer {
    uint8_t epoch[FEED_EPOCH_BYTES];
    const struct feed_record *records;
    size_t record_count;
    /* Of changes: */
    bool reset, has_roster, training;
    int64_t seq, head, time_ms;
    uint8_t roster[FEED_ROSTER_BYTES];
    const struct feed_list *lists;
    size_t list_count;
    const struct feed_client *clients;
    size_t client_count;
    /* Of a page of a list: */
    int64_t next; /* 0: there are no more */
};

enum feed_form { FEED_CHANGES, FEED_LIST };
/* EFORMAT names line and member; EVERSION: it is of a newer version than 1. */
enum assay_err feed_answer_parse(struct arena *a, enum feed_form form, const void *bytes,
                                 size_t size, struct feed_answer *out, struct err *e);

#endif
