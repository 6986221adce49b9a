/* The one door to randomness: the kernel's generator. */
#ifndef BASE_RAND_H
#define BASE_RAND_H

#include <stddef.h>
#include <stdint.h>

#define RAND_NAME_SIZE 38 /* ".tmp-", 32 hex digits and a NUL */

void rand_bytes(void *out, size_t size); /* aborts when the kernel has none */

/*
 * A new id, 1 .. 2^63-1: milliseconds since 2024 in the upper 41 bits, then 22 bits that start at
 * random and count up within a process, so ids of one process never repeat and sort by time. Two
 * processes may meet with a chance of about 1 in 4 million per pair and millisecond; a primary key
 * then refuses the second row and the transaction is tried again.
 */
int64_t rand_id(void);

/* A name for a temporary file. out holds RAND_NAME_SIZE characters. */
void rand_name(char *out);

#endif
