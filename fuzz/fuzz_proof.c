/* Any bytes as a tlog-proof text: read without fault, and what is read writes back to itself. */
#include <stdlib.h>
#include <string.h>

#include "audit/proof.h"
#include "fuzz.h"

#define MAGIC_SIZE 23 /* the first line, behind which an extra line may stand */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct proof p;
    struct buf b;

    if (proof_parse((const char *)data, size, &p, NULL) != ASSAY_OK)
        return 0;
    buf_init(&b, size);
    proof_write(&p, &b);
    if (b.over || memmem(data, size, b.data + MAGIC_SIZE, b.size - MAGIC_SIZE) == NULL)
        abort();
    buf_clear(&b);
    return 0;
}
