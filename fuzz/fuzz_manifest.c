/* Fuzzes the reader of manifests, and what `assay verify` then does with the texts in them. */
#include <assert.h>
#include <string.h>

#include "audit/audit.h"
#include "format/manifest.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new();
    struct audit_head head;
    struct manifest m;
    struct json *entry;
    struct buf again;
    int64_t rows = 0;

    if (manifest_read(a, data, size, &m, NULL) == ASSAY_OK) {
        for (size_t i = 0; i < m.code_count; i++)
            rows += m.codes[i].count;
        assert(rows == m.count);
        buf_init(&again, size);
        manifest_write(&again, &m);
        assert(!again.over);
        assert(again.size == size);
        assert(memcmp(again.data, data, size) == 0);
        buf_clear(&again);
        (void)audit_proof_verify(m.record_proof, m.record_entry, strlen(m.record_entry),
                                 m.record_key, &head, NULL);
        (void)json_parse(a, m.record_entry, strlen(m.record_entry), &entry, NULL);
        const char *key = arena_printf(a, "untrusted comment: key\n%s\n", m.release_key);
        (void)keys_minisign_verify(key, data, size, m.record_entry, NULL);
    }
    arena_free(a);
    return 0;
}
