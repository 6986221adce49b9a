/* Any bytes as a mapping: read or refused, and each cell that is read can be met. */
#include <stdlib.h>

#include "base/buf.h"
#include "fuzz.h"
#include "scheme/mapping.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new();
    struct err e = {0};
    struct mapping *m;

    if (mapping_parse(a, data, size, &m, &e) == ASSAY_OK) {
        for (size_t i = 0; i < m->cell_count; i++) {
            const struct mapping_cell *c = &m->cells[i];
            struct buf tags;
            buf_init(&tags, 4096);
            for (size_t t = 0; c->when[t] != NULL; t++)
                buf_addf(&tags, "%s%s", t == 0 ? "" : " ", c->when[t]);
            if (mapping_find(m, c->code, buf_cstr(&tags)) == NULL)
                abort();
            buf_clear(&tags);
        }
        if (mapping_find(m, "", "") != NULL)
            abort();
    } else if (e.text[0] == '\0') {
        abort();
    }
    arena_free(a);
    return 0;
}
