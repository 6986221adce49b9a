/* The names of the error codes; apart from the rest of base, for libassay has them too. */
#include "assay/err.h"

#include <stddef.h>

const char *assay_err_name(enum assay_err rc)
{
    static const char *const names[] = {
        "OK",   "ENOMEM",   "ERANGE",    "EFORMAT", "EUNSUPPORTED", "ELIMIT",
        "EIO",  "EFULL",    "ENOTFOUND", "EEXISTS", "ESTATE",       "EDENIED",
        "EKEY", "EDAMAGED", "EVERSION",  "EBUSY",
    };

    if ((size_t)rc >= sizeof names / sizeof names[0])
        return "EUNKNOWN";
    return names[rc];
}
