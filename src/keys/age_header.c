/* Reads age's header line by line, strictly, and writes recipients in bech32. */
#include "keys/age_header.h"

#include <string.h>

static const char first_line[] = "age-encryption.org/v1\n";
static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* Base64 without padding, exactly `size` bytes; the unused bits of the last letter must be 0. */
static bool unbase64(const char *text, size_t text_size, uint8_t *out, size_t size)
{
    uint32_t bits = 0, held = 0;
    size_t used = 0;

    if (text_size != (size * 4 + 2) / 3)
        return false;
    for (size_t i = 0; i < text_size; i++) {
        const char *at = text[i] == '\0' ? NULL : strchr(letters, text[i]);
        if (at == NULL)
            return false;
        bits = bits << 6 | (uint32_t)(at - letters);
        held += 6;
        if (held >= 8) {
            held -= 8;
            out[used++] = (uint8_t)(bits >> held);
            bits &= (1u << held) - 1;
        }
    }
    return bits == 0;
}

struct lines {
    const char *at;
    size_t left;
};

/* The next line without its line break; false when none ends. */
static bool next_line(struct lines *l, const char **line, size_t *size)
{
    const char *end = memchr(l->at, '\n', l->left);

    if (end == NULL)
        return false;
    *line = l->at;
    *size = (size_t)(end - l->at);
    l->left -= *size + 1;
    l->at = end + 1;
    return true;
}

static bool is_text(const char *s, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (s[i] < '!' || s[i] > '~')
            return false;
    }
    return size > 0;
}

/* Words with one space between them; the first two are given, the number is returned, 0 when it is
 * no such line. */
static size_t words_of(const char *line, size_t size, const char **word, size_t *word_size)
{
    size_t count = 0;

    while (true) {
        const char *space = size == 0 ? NULL : memchr(line, ' ', size);
        size_t n = space == NULL ? size : (size_t)(space - line);
        if (!is_text(line, n))
            return 0;
        if (count < 2) {
            word[count] = line;
            word_size[count] = n;
        }
        count++;
        if (space == NULL)
            return count;
        line = space + 1;
        size -= n + 1;
    }
}

/* A stanza's body: full lines of 64 letters and one that is shorter, which may be empty. Only what
 * fits body is decoded. */
static bool read_body(struct lines *l, uint8_t *body, size_t body_size)
{
    const char *line, *first = NULL;
    size_t size, total = 0;

    do {
        if (!next_line(l, &line, &size) || size > 64)
            return false;
        for (size_t i = 0; i < size; i++) {
            if (line[i] == '\0' || strchr(letters, line[i]) == NULL)
                return false;
        }
        if (first == NULL)
            first = line;
        total += size;
    } while (size == 64);
    return body == NULL || (total < 64 && unbase64(first, total, body, body_size));
}

static enum assay_err bad(struct err *e, const char *what)
{
    return err_set(e, ASSAY_EFORMAT, "the age header %s", what);
}

static enum assay_err read_stanza(struct lines *l, const char *line, size_t size,
                                  struct age_header *h, struct err *e)
{
    const char *word[2] = {NULL, NULL};
    size_t word_size[2] = {0, 0};
    size_t count = words_of(line, size, word, word_size);

    if (count == 0)
        return bad(e, "has a recipient that makes no sense");
    if (word_size[0] == 6 && memcmp(word[0], "scrypt", 6) == 0)
        h->passphrase = true;
    if (word_size[0] != 6 || memcmp(word[0], "X25519", 6) != 0)
        return read_body(l, NULL, 0) ? ASSAY_OK : bad(e, "is cut short or damaged");
    if (h->count == AGE_STANZAS_MAX)
        return bad(e, "has more recipients than are read");
    struct age_stanza *s = &h->stanzas[h->count++];
    if (count != 2 || !unbase64(word[1], word_size[1], s->share, sizeof s->share) ||
        !read_body(l, s->body, sizeof s->body))
        return bad(e, "has an X25519 recipient that makes no sense");
    return ASSAY_OK;
}

enum assay_err age_header_read(const void *bytes, size_t size, struct age_header *out,
                               struct err *e)
{
    const size_t first = sizeof first_line - 1;
    struct lines l = {(const char *)bytes, size};
    const char *line;
    size_t line_size, stanzas = 0;

    if (size < first || memcmp(bytes, first_line, first) != 0)
        return bad(e, "is of another version");
    out->passphrase = false;
    out->count = 0;
    l.at += first;
    l.left -= first;
    while (next_line(&l, &line, &line_size)) {
        if (line_size >= 3 && memcmp(line, "-> ", 3) == 0) {
            enum assay_err rc = read_stanza(&l, line + 3, line_size - 3, out, e);
            if (rc != ASSAY_OK)
                return rc;
            stanzas++;
            continue;
        }
        if (stanzas == 0 || line_size < 4 || memcmp(line, "--- ", 4) != 0 ||
            !unbase64(line + 4, line_size - 4, out->mac, sizeof out->mac))
            return bad(e, "makes no sense");
        out->mac_size = (size_t)(line + 3 - (const char *)bytes);
        out->size = (size_t)(l.at - (const char *)bytes);
        return ASSAY_OK;
    }
    return bad(e, "is cut short or too long");
}

static uint32_t checksum(uint32_t sum, uint8_t value)
{
    static const uint32_t terms[] = {0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3};
    uint32_t top = sum >> 25;

    sum = (sum & 0x1ffffff) << 5 ^ value;
    for (unsigned i = 0; i < 5; i++)
        sum ^= (top >> i & 1) != 0 ? terms[i] : 0;
    return sum;
}

void age_recipient(const uint8_t public_key[32], char out[AGE_RECIPIENT_SIZE])
{
    static const char alphabet[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l", prefix[] = "age";
    uint32_t sum = 1, bits = 0, held = 0;
    size_t used = 4, at = 0;

    for (unsigned i = 0; i < 3; i++)
        sum = checksum(sum, (uint8_t)(prefix[i] >> 5));
    sum = checksum(sum, 0);
    for (unsigned i = 0; i < 3; i++)
        sum = checksum(sum, (uint8_t)(prefix[i] & 31));
    memcpy(out, "age1", 4);
    while (at < 32 || held > 0) {
        if (held < 5 && at < 32) {
            bits = bits << 8 | public_key[at++];
            held += 8;
        } else if (held < 5) {
            bits <<= 5 - held;
            held = 5;
        }
        held -= 5;
        uint8_t five = (uint8_t)(bits >> held & 31);
        bits &= (1u << held) - 1;
        sum = checksum(sum, five);
        out[used++] = alphabet[five];
    }
    for (unsigned i = 0; i < 6; i++)
        sum = checksum(sum, 0);
    sum ^= 1;
    for (unsigned i = 0; i < 6; i++)
        out[used++] = alphabet[sum >> (5 * (5 - i)) & 31];
    out[used] = '\0';
}
