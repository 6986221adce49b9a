/* Fuzzes the text forms of base: what is accepted must come back the same when written again. */
#include <assert.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "fuzz.h"

static void try_base64(const char *text, size_t size)
{
    struct buf bytes, again;

    buf_init(&bytes, size + 1);
    buf_init(&again, size + 1);
    if (str_unbase64(text, size, &bytes) == ASSAY_OK) {
        str_base64(bytes.data, bytes.size, &again);
        assert(!again.over);
        assert(again.size == size);
        assert(size == 0 || memcmp(again.data, text, size) == 0);
    }
    buf_clear(&bytes);
    buf_clear(&again);
}

static void try_hex(const char *text)
{
    uint8_t bytes[8], back[8];
    char hex[2 * sizeof bytes + 1];

    if (str_unhex(text, bytes, sizeof bytes) != ASSAY_OK)
        return;
    str_hex(bytes, sizeof bytes, hex);
    assert(str_unhex(hex, back, sizeof back) == ASSAY_OK);
    assert(memcmp(bytes, back, sizeof bytes) == 0);
}

static void try_time(const char *text)
{
    char written[CLOCK_TEXT_SIZE];
    int64_t ms, back;

    if (clock_parse(text, &ms) != ASSAY_OK)
        return;
    clock_text(ms, written);
    assert(clock_parse(written, &back) == ASSAY_OK);
    assert(ms == back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = mem_alloc(size + 1);
    int64_t number = 0;

    memcpy(text, data, size);
    text[size] = '\0';
    try_base64(text, size);
    try_hex(text);
    try_time(text);
    (void)str_is_utf8(text, size);
    if (str_int64(text, -1000, 1000, &number) == ASSAY_OK)
        assert(number >= -1000 && number <= 1000);
    mem_free(text);
    return 0;
}
