/* The log: logfmt on stderr, one event a line, ids and numbers only. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdint.h>

#include "base/err.h"

/*
 * log_info("lease.taken", LOG_ID("item", id), LOG_MS("held", ms)) prints
 * `2026-11-22T16:01:20.123Z info lease.taken item=12 held=40ms`. Event and field names are
 * constants in the code. Text from outside goes through LOG_TEXT only: escaped, cut at 64 bytes,
 * and dropped unless the level is debug. File names, hashes and notes never go in. Each event name
 * is limited to LOG_EVENTS_A_SECOND lines a second; what is dropped is counted in the next line.
 */
#define LOG_EVENTS_A_SECOND 50

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARN, LOG_LEVEL_ERROR };

enum log_kind { LOG_KIND_ID, LOG_KIND_COUNT, LOG_KIND_MS, LOG_KIND_WORD, LOG_KIND_TEXT };

struct log_field {
    const char *name;
    enum log_kind kind;
    int64_t number;
    const char *text;
};

#define LOG_ID(name, v)    ((struct log_field){(name), LOG_KIND_ID, (v), NULL})
#define LOG_COUNT(name, v) ((struct log_field){(name), LOG_KIND_COUNT, (int64_t)(v), NULL})
#define LOG_MS(name, v)    ((struct log_field){(name), LOG_KIND_MS, (v), NULL})
#define LOG_ERR(rc)        ((struct log_field){"error", LOG_KIND_WORD, 0, assay_err_name(rc)})
/* A constant of the program, such as a state's name; never text from outside. */
#define LOG_WORD(name, v)  ((struct log_field){(name), LOG_KIND_WORD, 0, (v)})
#define LOG_TEXT(name, v)  ((struct log_field){(name), LOG_KIND_TEXT, 0, (v)})

/* At least one field; LOG_NONE where there is none to give. */
#define LOG_NONE ((struct log_field){0})
#define LOG_FIELDS(...)                                                                            \
    (const struct log_field[])                                                                     \
    {                                                                                              \
        __VA_ARGS__,                                                                               \
        {                                                                                          \
            0                                                                                      \
        }                                                                                          \
    }
#define log_debug(event, ...) log_event(LOG_LEVEL_DEBUG, event, LOG_FIELDS(__VA_ARGS__))
#define log_info(event, ...)  log_event(LOG_LEVEL_INFO, event, LOG_FIELDS(__VA_ARGS__))
#define log_warn(event, ...)  log_event(LOG_LEVEL_WARN, event, LOG_FIELDS(__VA_ARGS__))
#define log_error(event, ...) log_event(LOG_LEVEL_ERROR, event, LOG_FIELDS(__VA_ARGS__))

/* fields end with one whose name is NULL. Use the macros. */
void log_event(enum log_level level, const char *event, const struct log_field *fields);

/* Lines below this level are dropped; info at the start. */
void log_set_level(enum log_level least);

/* Written as req=ID on every line of this thread until set to 0. */
void log_set_request(int64_t id);

#endif
