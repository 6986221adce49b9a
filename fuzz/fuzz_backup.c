/* Fuzz target: a backup's manifest and the lines of its list; what is taken is written the same. */
#include <assert.h>
#include <string.h>

#include "backup/list.h"
#include "backup/manifest.h"
#include "base/str.h"
#include "fuzz.h"

static void line(const uint8_t *bytes, size_t size)
{
    char text[LIST_LINE_SIZE];
    struct list_line l, again;
    struct buf b;

    if (size >= sizeof text || memchr(bytes, 0, size) != NULL)
        return;
    memcpy(text, bytes, size);
    text[size] = '\0';
    if (list_parse(text, &l, NULL) != ASSAY_OK)
        return;
    assert(l.path[0] != '/' && l.path[0] != '.' && strstr(l.path, "/.") == NULL);
    buf_init(&b, LIST_LINE_SIZE);
    list_write(&l, &b);
    b.size--; /* the newline */
    assert(list_parse(buf_cstr(&b), &again, NULL) == ASSAY_OK);
    assert(again.size == l.size && str_equal(again.path, l.path));
    buf_clear(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct arena *a = arena_new();
    struct backup_manifest m, again;
    struct buf b;

    line(bytes, size);
    if (backup_manifest_read(a, bytes, size, &m, NULL) == ASSAY_OK) {
        buf_init(&b, BACKUP_MANIFEST_MAX);
        backup_manifest_write(&m, &b);
        if (!b.over) {
            assert(backup_manifest_read(a, b.data, b.size, &again, NULL) == ASSAY_OK);
            assert(again.made_ms == m.made_ms && again.counts.blobs == m.counts.blobs);
            assert(memcmp(again.list_sha256, m.list_sha256, sizeof m.list_sha256) == 0);
        }
        buf_clear(&b);
    }
    arena_free(a);
    return 0;
}
