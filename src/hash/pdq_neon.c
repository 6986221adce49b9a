/* PDQ's kernels for 64-bit ARM. */
#include "hash/pdq_kernels.h"

#ifdef __aarch64__
#include <arm_neon.h>

#include "hash/pdq_fours.h"

/* As in pdq_x86.h. */
static inline vec divide(vec v, vec under, vec high, vec low)
{
    (void)under;
    return vfmaq_f32(v * low, v, high);
}

#include "hash/pdq_filter.h"

const struct pdq_kernels pdq_neon = {.name = "neon", .luma = luma, .filter = filter};
#endif
