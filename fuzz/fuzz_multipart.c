/* A first line as Content-Type, the rest as a form: the file lies inside of the body. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "fuzz.h"
#include "http/multipart.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *line = size == 0 ? NULL : memchr(data, '\n', size);
    struct multipart_file f;
    struct err e = {0};

    if (line == NULL)
        return 0;
    size_t head = (size_t)(line - data), left = size - head - 1;
    char *type = mem_zalloc(head + 1);
    uint8_t *body = mem_alloc(left + 1);
    memcpy(type, data, head);
    memcpy(body, line + 1, left);
    if (multipart_parse(type, body, left, &f, &e) == ASSAY_OK) {
        const uint8_t *bytes = f.bytes;
        if (bytes < body || f.size > left || bytes + f.size > body + left)
            abort();
    }
    mem_free(type);
    mem_free(body);
    return 0;
}
