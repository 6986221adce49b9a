/* Other people's JSON parsers as judges of ours; for tests, fuzzing and benchmarks only. */
#ifndef ORACLE_ORACLE_H
#define ORACLE_ORACLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

enum oracle_answer {
    ORACLE_REFUSED,
    ORACLE_TAKEN,
    ORACLE_OVERFLOW /* a number too large for the judge, which we keep as text */
};

/* One form of the event list that both sides write: kind, text, a zero byte. */
void oracle_event(struct buf *events, char kind, const void *text, size_t size);

enum oracle_answer oracle_jansson(const void *text, size_t size);

/* Whether jansson reads the same value out of both texts, which it must take. */
bool oracle_jansson_equal(const void *a, size_t a_size, const void *b, size_t b_size);

/* events may be NULL; else the parser's events are added. */
enum oracle_answer oracle_yajl(const void *text, size_t size, struct buf *events);

/*
 * Hold our reader and writer against both judges over one text; aborts, by an assertion, where
 * they differ other than by rule. Our rules: depth 64, a byte order mark is skipped, numbers of any
 * size; yajl is laxer than the standard, so it is asked only about what we take; jansson 2.14 loses
 * a zero byte behind a number, so it is not asked about refused texts that hold one.
 */
void oracle_compare(const void *text, size_t size);

#endif
