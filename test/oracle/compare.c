/* Our JSON reader and writer beside the judges, over one text. */
#include <assert.h>
#include <string.h>

#include "base/json.h"
#include "oracle.h"

void oracle_event(struct buf *events, char kind, const void *text, size_t size)
{
    buf_add_char(events, kind);
    buf_add(events, text, size);
    buf_add_char(events, '\0');
}

/* Write the token anew through our writer; *key waits for its value. */
static void write_token(struct json_out *o, enum json_token token, const char *text,
                        struct buf *key, bool *have_key)
{
    const char *name = *have_key ? buf_cstr(key) : NULL;

    *have_key = token == JSON_KEY;
    switch (token) {
    case JSON_KEY:
        buf_reset(key);
        buf_add_str(key, text);
        break;
    case JSON_OBJECT_BEGIN:
        json_object(o, name);
        break;
    case JSON_OBJECT_END:
        json_object_end(o);
        break;
    case JSON_ARRAY_BEGIN:
        json_array(o, name);
        break;
    case JSON_ARRAY_END:
        json_array_end(o);
        break;
    case JSON_STRING:
        json_text(o, name, text);
        break;
    case JSON_NUMBER:
        json_raw(o, name, text);
        break;
    case JSON_TRUE:
    case JSON_FALSE:
        json_bool(o, name, token == JSON_TRUE);
        break;
    case JSON_NULL:
        json_null(o, name);
        break;
    case JSON_END:
        break;
    }
}

/* Read everything; events and the text written anew are filled as far as reading came. */
static enum assay_err read_ours(const void *bytes, size_t size, struct buf *events,
                                struct buf *again)
{
    static const char kinds[] = "{}[]ksntf0";
    struct json_reader *r = json_reader_new(bytes, size, size + 1);
    enum json_token token = JSON_NULL;
    enum assay_err rc = ASSAY_OK;
    struct json_out o;
    struct buf key;
    bool have_key = false;

    buf_init(&key, size + 1);
    json_out_init(&o, again);
    while (rc == 0 && token != JSON_END) {
        const char *text = "";
        size_t text_size = 0;
        rc = json_next(r, &token, &text, &text_size, NULL);
        if (rc != 0 || token == JSON_END)
            continue;
        assert(strlen(text) == text_size);
        oracle_event(events, kinds[token], text, text_size);
        write_token(&o, token, text, &key, &have_key);
    }
    buf_clear(&key);
    json_reader_free(r);
    return rc;
}

void oracle_compare(const void *text, size_t size)
{
    struct buf ours, theirs, again, events;

    if (size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
        return;
    buf_init(&ours, 16 * size + 1024);
    buf_init(&theirs, 16 * size + 1024);
    buf_init(&again, 16 * size + 1024);
    buf_init(&events, 16 * size + 1024);
    enum assay_err rc = read_ours(text, size, &ours, &again);
    enum oracle_answer jansson = oracle_jansson(text, size);

    if (rc == ASSAY_OK) {
        assert(jansson != ORACLE_REFUSED);
        assert(oracle_yajl(text, size, &theirs) == ORACLE_TAKEN);
        assert(theirs.size == ours.size);
        assert(memcmp(theirs.data, ours.data, ours.size) == 0);
        if (jansson == ORACLE_TAKEN)
            assert(oracle_jansson_equal(text, size, again.data, again.size));
        struct buf twice;
        buf_init(&twice, 16 * size + 1024);
        assert(read_ours(again.data, again.size, &events, &twice) == ASSAY_OK);
        assert(twice.size == again.size);
        assert(memcmp(twice.data, again.data, again.size) == 0);
        buf_clear(&twice);
    } else if (rc == ASSAY_EFORMAT && memchr(text, 0, size) == NULL) {
        assert(jansson != ORACLE_TAKEN);
    }
    buf_clear(&ours);
    buf_clear(&theirs);
    buf_clear(&again);
    buf_clear(&events);
}
