/* Any bytes as a signed note, a checkpoint and a key: what is accepted lies inside the bytes, and a
 * checkpoint or key that is read is written the same. */
#include <assert.h>
#include <string.h>

#include "audit/note.h"
#include "base/mem.h"
#include "fuzz.h"

static void try_checkpoint(const char *text, size_t size)
{
    struct checkpoint c;
    struct buf b;

    if (checkpoint_parse(text, size, &c, NULL) != ASSAY_OK)
        return;
    buf_init(&b, size);
    checkpoint_text(&c, &b);
    assert(!b.over);
    assert(memcmp(b.data, text, b.size) == 0); /* extensions may follow */
    buf_clear(&b);
}

static void try_key(const char *text)
{
    struct note_key key;
    struct buf b;

    if (note_key_parse(text, &key, NULL) != ASSAY_OK)
        return;
    buf_init(&b, 512);
    note_key_text(&key, &b);
    assert(strlen(text) == b.size);
    buf_clear(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = mem_alloc(size + 1);
    struct note note;

    memcpy(text, data, size);
    text[size] = '\0';
    try_key(text);
    try_checkpoint(text, size);
    if (note_parse(text, size, &note, NULL) == ASSAY_OK) {
        assert(note.text == text);
        assert(note.text_size > 0 && note.text_size < size);
        assert(note.count > 0 && note.count <= NOTE_SIGNATURES_MAX);
        try_checkpoint(note.text, note.text_size);
    }
    mem_free(text);
    return 0;
}
