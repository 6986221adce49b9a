/* Wall, monotonic and CPU clocks, and RFC 3339 times. */
#include "base/clock.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <sys/timex.h>
#include <unistd.h>

#define TEXT_MS_MAX INT64_C(253402300799999) /* 9999-12-31T23:59:59.999Z */

static int64_t clock_read_us(clockid_t id)
{
    struct timespec t;
    int rc = clock_gettime(id, &t);

    assert(rc == 0);
    (void)rc;
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t clock_now_ms(void)
{
    return clock_read_us(CLOCK_REALTIME) / 1000;
}

int64_t clock_mono_ms(void)
{
    return clock_read_us(CLOCK_MONOTONIC) / 1000;
}

int64_t clock_cpu_us(void)
{
    return clock_read_us(CLOCK_PROCESS_CPUTIME_ID);
}

int64_t clock_cpu_us_of(pid_t pid)
{
    clockid_t clock;
    int rc = clock_getcpuclockid(pid, &clock);

    if (rc != 0) {
        errno = rc;
        return -1;
    }
    struct timespec t;
    return clock_gettime(clock, &t) == 0 ? (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000 : -1;
}

static char boot[CLOCK_BOOT_SIZE];

static void boot_read(void)
{
    char text[64] = "";
    size_t n = 0;
    int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);

    memset(boot, '0', sizeof boot - 1);
    if (fd < 0)
        return;
    if (read(fd, text, sizeof text - 1) > 0) {
        for (size_t i = 0; text[i] != '\0' && n < sizeof boot - 1; i++) {
            if ((text[i] >= '0' && text[i] <= '9') || (text[i] >= 'a' && text[i] <= 'f'))
                boot[n++] = text[i];
        }
    }
    (void)close(fd);
}

const char *clock_boot(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    (void)pthread_once(&once, boot_read);
    return boot;
}

struct timespec clock_mono_in(int64_t ms)
{
    int64_t at = clock_read_us(CLOCK_MONOTONIC) + ms * 1000;

    return (struct timespec){.tv_sec = at / 1000000, .tv_nsec = at % 1000000 * 1000};
}

bool clock_is_synchronised(void)
{
    struct timex t = {.modes = 0}; /* asks, and sets nothing */

    return adjtimex(&t) >= 0 && (t.status & STA_UNSYNC) == 0;
}

void clock_sleep_ms(int64_t ms)
{
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

    while (clock_nanosleep(CLOCK_MONOTONIC, 0, &t, &t) == EINTR)
        continue;
}

void clock_text(int64_t ms, char *out)
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm t;

    assert(ms >= 0);
    (void)gmtime_r(&seconds, &t);
    assert(t.tm_year <= 9999 - 1900);
    (void)snprintf(out, CLOCK_TEXT_SIZE, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ",
                   (unsigned)(t.tm_year + 1900) % 10000u, (unsigned)(t.tm_mon + 1) % 100u,
                   (unsigned)t.tm_mday % 100u, (unsigned)t.tm_hour % 100u,
                   (unsigned)t.tm_min % 100u, (unsigned)t.tm_sec % 100u, (unsigned)(ms % 1000));
}

/* Exactly count digits at *at, which moves on; -1 when there are fewer. */
static int digits(const char **at, size_t count)
{
    int v = 0;

    for (size_t i = 0; i < count; i++, (*at)++) {
        if (**at < '0' || **at > '9')
            return -1;
        v = v * 10 + (**at - '0');
    }
    return v;
}

static bool take(const char **at, char c)
{
    if (**at != c)
        return false;
    (*at)++;
    return true;
}

/* `Z`, or an offset as +hh:mm, in minutes east of UTC. */
static bool zone(const char **at, int *minutes)
{
    *minutes = 0;
    if (take(at, 'Z') || take(at, 'z'))
        return true;
    int sign = **at == '-' ? -1 : 1;
    if (!take(at, '+') && !take(at, '-'))
        return false;
    int h = digits(at, 2);
    if (!take(at, ':'))
        return false;
    int m = digits(at, 2);
    *minutes = sign * (h * 60 + m);
    return h >= 0 && h < 24 && m >= 0 && m < 60;
}

enum assay_err clock_parse(const char *text, int64_t *ms)
{
    static const int month_days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const char *at = text;
    struct tm t = {0};
    int fraction = 0, scale = 100, east = 0;

    int year = digits(&at, 4);
    bool good = take(&at, '-');
    int month = digits(&at, 2);
    good = good && take(&at, '-');
    int day = digits(&at, 2);
    if (!good || year < 1970 || month < 1 || month > 12 || day < 1)
        return ASSAY_EFORMAT;
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    if (day > month_days[month - 1] + (month == 2 && leap ? 1 : 0))
        return ASSAY_EFORMAT;
    if (*at != '\0') {
        good = take(&at, 'T') || take(&at, 't') || take(&at, ' ');
        t.tm_hour = digits(&at, 2);
        good = good && take(&at, ':');
        t.tm_min = digits(&at, 2);
        good = good && take(&at, ':');
        t.tm_sec = digits(&at, 2);
        if (good && take(&at, '.')) {
            good = *at >= '0' && *at <= '9';
            for (; *at >= '0' && *at <= '9'; at++, scale /= 10)
                fraction += (*at - '0') * scale;
        }
        if (!good || t.tm_hour < 0 || t.tm_hour > 23 || t.tm_min < 0 || t.tm_min > 59 ||
            t.tm_sec < 0 || t.tm_sec > 60 || !zone(&at, &east) || *at != '\0')
            return ASSAY_EFORMAT;
    }
    t.tm_year = year - 1900;
    t.tm_mon = month - 1;
    t.tm_mday = day;
    int64_t value = ((int64_t)timegm(&t) - east * 60) * 1000 + fraction;
    if (value < 0 || value > TEXT_MS_MAX)
        return ASSAY_EFORMAT;
    *ms = value;
    return ASSAY_OK;
}
