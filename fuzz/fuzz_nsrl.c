/* Any bytes as an SQLite file of NSRL's: rows of texts, or an error; it ends. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fuzz.h"
#include "store/nsrl.h"

static enum assay_err take(void *ctx, const struct nsrl_row *row, struct err *e)
{
    uint64_t *count = ctx;

    (void)e;
    if (row->number != ++*count)
        abort();
    for (int i = 0; i < 3; i++) {
        const char *text = i == 0 ? row->md5 : i == 1 ? row->sha1 : row->sha256;
        if (text != NULL && strlen(text) > (1u << 22))
            abort();
    }
    return ASSAY_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[] = "/tmp/assay-fuzz-nsrl-XXXXXX";
    const int fd = mkstemp(path);
    uint64_t count = 0;
    struct err e = {0};

    if (fd < 0 || write(fd, data, size) != (ssize_t)size)
        abort();
    (void)close(fd);
    (void)nsrl_read(path, take, &count, &e);
    (void)unlink(path);
    return 0;
}
