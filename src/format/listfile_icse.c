/* The columns of INTERPOL's ICSE list of hashes, and how its fields are written. */
#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "format/listfile_impl.h"

#define DNA_BASE64 192 /* digits of 144 bytes */
#define DNA_HEX    288

static const struct {
    const char *name;
    enum listfile_icse what;
} columns[] = {{"PhotoDNA", LISTFILE_ICSE_DNA},
               {"Image ID", LISTFILE_ICSE_TEXT},
               {"Is distributed", LISTFILE_ICSE_FLAG},
               {"Victim identified", LISTFILE_ICSE_FLAG},
               {"Offender identified", LISTFILE_ICSE_FLAG},
               {"Series name", LISTFILE_ICSE_TEXT},
               {"Number of submissions", LISTFILE_ICSE_TEXT},
               {"File Available", LISTFILE_ICSE_TEXT},
               {"Media Type", LISTFILE_ICSE_TEXT},
               {"Baseline", LISTFILE_ICSE_TEXT}};

enum listfile_icse listfile_icse_column(const char *name)
{
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++) {
        if (strcasecmp(columns[i].name, name) == 0)
            return columns[i].what;
    }
    return LISTFILE_ICSE_NONE;
}

static const char *take_flag(const char *name, const char *field, struct json_out *o)
{
    static const char *const words[] = {"n", "y", "no", "yes", "f", "t", "false", "true"};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcasecmp(words[i], field) != 0)
            continue;
        json_bool(o, name, i % 2 == 1);
        return NULL;
    }
    return "a flag is one of y, n, yes, no, t, f, true and false";
}

/* It is looked at, so that a list whose columns have moved is found out, and not kept. */
static const char *check_dna(const char *field)
{
    const size_t size = strlen(field);
    const bool fits =
        (size == DNA_HEX && strspn(field, "0123456789abcdefABCDEF") == size) ||
        (size == DNA_BASE64 &&
         strspn(field, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/") == size);

    return fits ? NULL : "a PhotoDNA is 192 digits of base64 or 288 of hex";
}

const char *listfile_icse_field(enum listfile_icse what, const char *name, const char *field,
                                struct json_out *o)
{
    if (what == LISTFILE_ICSE_FLAG)
        return take_flag(name, field, o);
    if (what == LISTFILE_ICSE_DNA)
        return check_dna(field);
    json_text(o, name, field);
    return NULL;
}
