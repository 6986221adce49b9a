/* PDQ's kernels in plain C, for every processor; others give the same bits faster. */
#include "hash/pdq_kernels.h"

#include "hash/pdq_fours.h"

static inline vec divide(vec v, vec under, vec high, vec low)
{
    (void)high;
    (void)low;
    return v / under;
}

#include "hash/pdq_filter.h"

const struct pdq_kernels pdq_portable = {.name = "scalar", .luma = luma, .filter = filter};
