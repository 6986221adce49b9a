/* The body of POST /api/v1/match: hashes as text, in JSON. Pure. */
#ifndef HTTP_MATCH_BODY_H
#define HTTP_MATCH_BODY_H

#include "flow/service/service.h"

#define MATCH_BODY_MAX (2 * 1024 * 1024) /* bytes; 10,000 hashes with all members are 1.2 MB */

struct match_body {
    struct service_ask *asks; /* match_body_clear frees them */
    size_t count;
    int64_t distance; /* PEOPLE_DISTANCE_MAX when the body has none */
};

/*
 * {"hashes":[...],"distance":31}, each hash "HEX" or {"value":"HEX","kind":"pdq","quality":80}.
 * Without a kind 32 digits are an MD5, 40 a SHA-1, and 64 are looked up both as a SHA-256 and as a
 * PDQ. A hash that cannot be looked up is an ask with a reason and refuses no other. EFORMAT names
 * line and what is wrong; ELIMIT: more than SERVICE_ASKS_MAX.
 */
enum assay_err match_body_parse(const struct machine *who, const void *bytes, size_t size,
                                struct match_body *out, struct err *e);
void match_body_clear(struct match_body *b);

/* One hash. kind NULL: by its length. quality -1: not known. */
void match_body_ask(const struct machine *who, const char *value, const char *kind, int64_t quality,
                    struct service_ask *out);

#endif
