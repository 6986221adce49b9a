/* The one door to time. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "base/err.h"

#define CLOCK_TEXT_SIZE 25 /* 2026-11-22T16:01:20.123Z and a NUL */
#define CLOCK_BOOT_SIZE 33 /* 32 hex digits and a NUL */

int64_t clock_now_ms(void);  /* UTC milliseconds since 1970; may jump */
int64_t clock_mono_ms(void); /* milliseconds since some start, never backwards within a boot */
int64_t clock_cpu_us(void);  /* CPU time of this process, microseconds */
int64_t clock_cpu_us_of(pid_t pid); /* of a child; -1 with errno set when there is none */

/* The kernel's boot id as 32 hex digits: monotonic times compare only within one boot. Static. */
const char *clock_boot(void);

/* The monotonic time ms from now, for pthread_cond_timedwait on CLOCK_MONOTONIC. */
struct timespec clock_mono_in(int64_t ms);

/* Whether the kernel says that a time server steers the wall clock. */
bool clock_is_synchronised(void);

void clock_sleep_ms(int64_t ms);

/* RFC 3339, UTC, milliseconds. out holds CLOCK_TEXT_SIZE characters. Years 1970..9999. */
void clock_text(int64_t ms, char *out);

/* RFC 3339 date-time with Z or an offset, seconds and fraction optional digits as the RFC has them,
 * or a date alone (midnight UTC). ASSAY_EFORMAT. */
enum assay_err clock_parse(const char *text, int64_t *ms);

#endif
