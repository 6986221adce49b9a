/* Writing and strict reading of tlog-proof texts. */
#include "audit/proof.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "base/str.h"

#define PROOF_MAGIC     "c2sp.org/tlog-proof@v1"
#define PROOF_EXTRA_MAX 65536 /* bytes of base64 that are looked at */

void proof_write(const struct proof *p, struct buf *b)
{
    buf_addf(b, PROOF_MAGIC "\nindex %llu\n", (unsigned long long)p->index);
    for (size_t i = 0; i < p->path.count; i++) {
        str_base64(p->path.hashes[i].bytes, TREE_HASH_BYTES, b);
        buf_add_char(b, '\n');
    }
    buf_add_char(b, '\n');
    buf_add(b, p->checkpoint, p->checkpoint_size);
}

struct line {
    const char *text;
    size_t size; /* without the newline */
};

/* The next line and *at behind it; false at the end or without a newline. */
static bool next_line(const char **at, const char *end, struct line *out)
{
    const char *newline = *at < end ? memchr(*at, '\n', (size_t)(end - *at)) : NULL;

    if (newline == NULL)
        return false;
    *out = (struct line){*at, (size_t)(newline - *at)};
    *at = newline + 1;
    return true;
}

static bool line_starts(const struct line *line, const char *prefix)
{
    size_t size = strlen(prefix);

    return line->size >= size && memcmp(line->text, prefix, size) == 0;
}

static bool base64_is_good(const char *text, size_t size)
{
    struct buf b;

    buf_init(&b, PROOF_EXTRA_MAX);
    bool good = size <= PROOF_EXTRA_MAX && str_unbase64(text, size, &b) == ASSAY_OK;
    buf_clear(&b);
    return good;
}

static bool index_parse(const struct line *line, uint64_t *out)
{
    char digits[20];
    int64_t v;
    size_t prefix = strlen("index "), size = line->size - prefix;

    if (size == 0 || size >= sizeof digits || (size > 1 && line->text[prefix] == '0'))
        return false;
    memcpy(digits, line->text + prefix, size);
    digits[size] = '\0';
    if (digits[0] == '-' || strlen(digits) != size ||
        str_int64(digits, 0, INT64_MAX, &v) != ASSAY_OK)
        return false;
    *out = (uint64_t)v;
    return true;
}

static bool hash_parse(const struct line *line, struct tree_hash *out)
{
    struct buf b;

    buf_init(&b, 2 * TREE_HASH_BYTES);
    bool good = str_unbase64(line->text, line->size, &b) == ASSAY_OK && !b.over &&
                b.size == TREE_HASH_BYTES;
    if (good)
        memcpy(out->bytes, b.data, TREE_HASH_BYTES);
    buf_clear(&b);
    return good;
}

enum assay_err proof_parse(const char *text, size_t size, struct proof *out, struct err *e)
{
    const char *at = text, *end = text + size;
    struct proof p = {0};
    struct line line;

    if (!next_line(&at, end, &line) || line.size != strlen(PROOF_MAGIC) ||
        !line_starts(&line, PROOF_MAGIC))
        return err_set(e, ASSAY_EFORMAT, "proof: the first line is not " PROOF_MAGIC);
    bool more = next_line(&at, end, &line);
    if (more && line_starts(&line, "extra ")) {
        if (!base64_is_good(line.text + 6, line.size - 6))
            return err_set(e, ASSAY_EFORMAT, "proof: the extra line is not base64");
        more = next_line(&at, end, &line);
    }
    if (!more || !line_starts(&line, "index ") || !index_parse(&line, &p.index))
        return err_set(e, ASSAY_EFORMAT, "proof: no line with an index");
    while ((more = next_line(&at, end, &line)) && line.size > 0) {
        if (p.path.count == TREE_PROOF_MAX)
            return err_set(e, ASSAY_ELIMIT, "proof of over %d hashes", TREE_PROOF_MAX);
        if (!hash_parse(&line, &p.path.hashes[p.path.count]))
            return err_set(e, ASSAY_EFORMAT, "proof: hash %zu is not one", p.path.count + 1);
        p.path.count++;
    }
    if (!more || at == end)
        return err_set(e, ASSAY_EFORMAT, "proof: no checkpoint behind the hashes");
    p.checkpoint = at;
    p.checkpoint_size = (size_t)(end - at);
    *out = p;
    return ASSAY_OK;
}
