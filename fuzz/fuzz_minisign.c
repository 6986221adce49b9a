/* Any text as minisign's public key file (to the first zero byte) and signature file (behind it):
 * read without fault; what verifies one message verifies no other. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "fuzz.h"
#include "keys/keys.h"

static const char message[] = "hi\n";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = mem_zalloc(size + 2); /* so both ends in a zero byte */

    if (size > 0)
        memcpy(text, data, size);
    const char *signature = text + strlen(text) + 1;
    if (keys_minisign_verify(text, message, 3, signature, NULL) == 0 &&
        keys_minisign_verify(text, message, 2, signature, NULL) != ASSAY_EDAMAGED)
        abort();
    mem_free(text);
    return 0;
}
