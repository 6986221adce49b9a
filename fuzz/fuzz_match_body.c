/* Any bytes as the body of POST /api/v1/match: read or refused, within the limits. */
#include <stdlib.h>

#include "fuzz.h"
#include "http/match_body.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct machine who = {.row = {.distance_max = 31, .quality_min = 50}};
    struct match_body b;
    struct err e = {0};

    if (match_body_parse(&who, data, size, &b, &e) != ASSAY_OK)
        return 0;
    if (b.count == 0 || b.count > SERVICE_ASKS_MAX || b.distance < 0 ||
        b.distance > PEOPLE_DISTANCE_MAX)
        abort();
    for (size_t i = 0; i < b.count; i++) {
        if (b.asks[i].count > SERVICE_HASHES_MAX ||
            (b.asks[i].count == 0) != (b.asks[i].reason != NULL))
            abort();
    }
    match_body_clear(&b);
    return 0;
}
