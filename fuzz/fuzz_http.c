/* Fuzzes the gate with whole requests, and what the routes take from a path that it let in. */
#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "fuzz.h"
#include "http/gate.h"

/* The next piece up to `end`, cut off from the text with a NUL; NULL at its end. */
static char *piece(char **text, char end)
{
    char *start = *text, *at;

    if (start == NULL)
        return NULL;
    at = strchr(start, end);
    *text = at == NULL ? NULL : at + 1;
    if (at != NULL)
        *at = '\0';
    return start;
}

static void check_promises(const struct gate_request *r, const struct gate_verdict *v)
{
    assert(r->target[0] == '/');
    assert(v->path_size <= GATE_TARGET_MAX);
    assert(memchr(r->target, '%', v->path_size) == NULL);
    assert(memchr(r->target, '\\', v->path_size) == NULL);
    for (size_t i = 0; i + 1 < v->path_size; i++) {
        assert(r->target[i] != '/' || r->target[i + 1] != '/');
        assert(r->target[i] != '/' || r->target[i + 1] != '.' || i + 2 < v->path_size);
    }
    assert(v->host != NULL);
    assert(v->length <= (v->is_part ? (size_t)2 * GATE_PART_MAX : GATE_BODY_MAX));
    assert(!v->by_local ||
           (!v->by_key && !v->has_cookie && v->origin == NULL && v->fetch_site == NULL));
    assert(gate_header(r, "content-length") == NULL || gate_header(r, "transfer-encoding") == NULL);
    for (size_t i = 0; i < r->header_count; i++)
        assert(strpbrk(r->headers[i].value, "\r\n\x7f\x01") == NULL);
}

/* Lines: method, target, version, then "name:value" each. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct gate_site sites[] = {{.port = 8470},
                                             {.port = 0},
                                             {.public_host = "assay.example"},
                                             {.port = 8470, .local_programs = true}};
    struct gate_header headers[GATE_HEADERS_MAX + 1];
    struct gate_verdict v;
    char *copy = mem_alloc(size + 1), *rest = copy, cookie[65];

    memcpy(copy, data, size);
    copy[size] = '\0';
    const char *method = piece(&rest, '\n'), *target = piece(&rest, '\n');
    const char *version = piece(&rest, '\n');
    struct gate_request r = {method, target == NULL ? "" : target, version == NULL ? "" : version,
                             headers, 0};
    while (rest != NULL && r.header_count <= GATE_HEADERS_MAX) {
        char *line = piece(&rest, '\n');
        const char *name = piece(&line, ':'), *value = line == NULL ? "" : line;
        headers[r.header_count++] = (struct gate_header){name, value, strlen(name), strlen(value)};
    }
    for (size_t i = 0; i < sizeof sites / sizeof sites[0]; i++) {
        if (gate_check(&sites[i], &r, &v, NULL) != ASSAY_OK)
            continue;
        check_promises(&r, &v);
        (void)gate_same_site(&sites[i], &v, true, NULL);
    }
    if (gate_cookie(gate_header(&r, "cookie"), "assay_session", cookie, sizeof cookie))
        assert(strlen(cookie) < sizeof cookie && strchr(cookie, ';') == NULL);
    mem_free(copy);
    return 0;
}
