/* Any bytes as a tlog-proof text: read without fault, and what is read writes back to itself. */
#include <stdlib.h>

#include "audit/proof.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct proof p, again;
    struct buf b;

    if (proof_parse((const char *)data, size, &p, NULL) != ASSAY_OK)
        return 0;
    buf_init(&b, size + 16);
    proof_write(&p, &b);
    if (b.over || proof_parse((const char *)b.data, b.size, &again, NULL) != ASSAY_OK ||
        again.index != p.index || again.path.count != p.path.count ||
        again.checkpoint_size != p.checkpoint_size)
        abort();
    buf_clear(&b);
    return 0;
}
