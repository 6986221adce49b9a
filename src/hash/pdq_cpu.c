/* Which of PDQ's kernels run here: the fastest, or the ones that ASSAY_CPU names. */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "hash/pdq_kernels.h"

/* From the fastest to the one that runs everywhere. */
static const struct pdq_kernels *const all[] = {
#ifdef __x86_64__
    &pdq_avx512,
    &pdq_avx2,
#endif
#ifdef __aarch64__
    &pdq_neon,
#endif
    &pdq_portable,
};

#define COUNT (sizeof all / sizeof all[0])

static int can_run(const struct pdq_kernels *k)
{
#ifdef __x86_64__
    int avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    if (k == &pdq_avx2)
        return avx2;
    if (k == &pdq_avx512)
        return avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("avx512vl");
#endif
    return k != NULL;
}

const struct pdq_kernels *pdq_kernels_named(const char *name)
{
    for (size_t i = 0; i < COUNT; i++)
        if (strcmp(all[i]->name, name) == 0)
            return can_run(all[i]) ? all[i] : NULL;
    return NULL;
}

static const struct pdq_kernels *choose(void)
{
    const char *name = secure_getenv("ASSAY_CPU");
    const struct pdq_kernels *named = name != NULL ? pdq_kernels_named(name) : NULL;
    size_t i = 0;

    if (named != NULL)
        return named;
    while (!can_run(all[i]))
        i++;
    return all[i];
}

static _Atomic(const struct pdq_kernels *) chosen;

const struct pdq_kernels *pdq_kernels(void)
{
    const struct pdq_kernels *k = atomic_load_explicit(&chosen, memory_order_relaxed);

    if (k == NULL) { /* threads that come first at once all find the same */
        k = choose();
        atomic_store_explicit(&chosen, k, memory_order_relaxed);
    }
    return k;
}
