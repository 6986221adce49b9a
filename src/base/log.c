/* Writes log lines with one write(2) each, so lines of several threads never mix. */
#include "base/log.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"

#define LOG_TEXT_BYTES 64
#define LOG_WORD_BYTES 256
#define LOG_LINE_BYTES 2048
#define LOG_EVENTS     64 /* event names whose rate is counted at a time */

struct rate {
    const char *event;
    int64_t second;
    uint32_t count, dropped;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct rate rates[LOG_EVENTS];
static enum log_level least_level = LOG_LEVEL_INFO;
static _Thread_local int64_t request;

void log_set_level(enum log_level least)
{
    least_level = least;
}

void log_set_request(int64_t id)
{
    request = id;
}

/* The event's row, or the one unused for longest made its own. Call with the lock held. */
static struct rate *rate_of(const char *event, int64_t second)
{
    struct rate *oldest = &rates[0];

    for (size_t i = 0; i < LOG_EVENTS; i++) {
        if (rates[i].event != NULL && strcmp(rates[i].event, event) == 0)
            return &rates[i];
        if (rates[i].event == NULL || rates[i].second < oldest->second)
            oldest = &rates[i];
    }
    *oldest = (struct rate){.event = event, .second = second};
    return oldest;
}

/* False when the event has had its lines for this second; *dropped is what was held back before. */
static bool allowed(const char *event, uint32_t *dropped)
{
    int64_t second = clock_mono_ms() / 1000;
    bool good = true;

    (void)pthread_mutex_lock(&lock);
    struct rate *r = rate_of(event, second);
    if (r->second != second) {
        r->second = second;
        r->count = 0;
    }
    *dropped = 0;
    if (++r->count > LOG_EVENTS_A_SECOND) {
        r->dropped++;
        good = false;
    } else if (r->dropped > 0) {
        *dropped = r->dropped;
        r->dropped = 0;
    }
    (void)pthread_mutex_unlock(&lock);
    return good;
}

static void add_escaped(struct buf *b, const char *text, size_t size_max)
{
    size_t size = strnlen(text, size_max);

    buf_add_char(b, '"');
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c < 0x20 || c >= 0x7f || c == '"' || c == '\\')
            buf_addf(b, "\\x%02x", c);
        else
            buf_add_char(b, (char)c);
    }
    buf_add_char(b, '"');
}

static void add_field(struct buf *b, const struct log_field *f)
{
    if (f->kind == LOG_KIND_TEXT && least_level > LOG_LEVEL_DEBUG)
        return;
    buf_addf(b, " %s=", f->name);
    switch (f->kind) {
    case LOG_KIND_ID:
    case LOG_KIND_COUNT:
        buf_addf(b, "%" PRId64, f->number);
        break;
    case LOG_KIND_MS:
        buf_addf(b, "%" PRId64 "ms", f->number);
        break;
    case LOG_KIND_WORD:
        if (strchr(f->text, ' ') != NULL)
            add_escaped(b, f->text, LOG_WORD_BYTES);
        else
            buf_add_str(b, f->text);
        break;
    case LOG_KIND_TEXT:
        add_escaped(b, f->text, LOG_TEXT_BYTES);
        break;
    }
}

void log_event(enum log_level level, const char *event, const struct log_field *fields)
{
    static const char *const names[] = {"debug", "info", "warn", "error"};
    char now[CLOCK_TEXT_SIZE];
    uint32_t dropped;
    struct buf b;

    if (level < least_level || !allowed(event, &dropped))
        return;
    buf_init(&b, LOG_LINE_BYTES);
    clock_text(clock_now_ms(), now);
    buf_addf(&b, "%s %s %s", now, names[level], event);
    if (request != 0)
        buf_addf(&b, " req=%" PRId64, request);
    for (; fields->name != NULL; fields++)
        add_field(&b, fields);
    if (dropped > 0)
        buf_addf(&b, " dropped=%" PRIu32, dropped);
    buf_add_char(&b, '\n');
    if (write(STDERR_FILENO, b.data, b.size) < 0) {
        /* A log that cannot be written has nobody to tell. */
    }
    buf_clear(&b);
}
