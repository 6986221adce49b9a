/* Any bytes as a profile: read or refused, and what is read answers for every value. */
#include <stdlib.h>

#include "format/profile.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new();
    struct err e = {0};
    struct profile *p;

    if (profile_parse(a, data, size, &p, &e) == ASSAY_OK) {
        for (int64_t value = -1; value <= PROFILE_CATEGORY_MAX; value++) {
            const char *code;
            if ((profile_category(p, value, &code) == PROFILE_GRADE) != (code != NULL))
                abort();
        }
        (void)profile_reads(p, "2.0", "UK");
    } else if (e.text[0] == '\0') {
        abort();
    }
    arena_free(a);
    return 0;
}
