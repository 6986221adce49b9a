/* Signed notes and checkpoints, read strictly: one text has one reading. */
#include "audit/note.h"

#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "base/str.h"

#define DASH      "\xe2\x80\x94 " /* U+2014 and a space */
#define DASH_SIZE 4

static uint32_t be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* Unicode's white space, of which ASCII control characters are refused elsewhere. Size of the one
 * at p, 0 for none. */
static size_t space_at(const char *p, size_t left)
{
    static const char *const spaces[] = {" ",
                                         "\xc2\x85",
                                         "\xc2\xa0",
                                         "\xe1\x9a\x80",
                                         "\xe2\x80\xa8",
                                         "\xe2\x80\xa9",
                                         "\xe2\x80\xaf",
                                         "\xe2\x81\x9f",
                                         "\xe3\x80\x80"};

    for (size_t i = 0; i < sizeof spaces / sizeof spaces[0]; i++) {
        size_t size = strlen(spaces[i]);
        if (size <= left && memcmp(p, spaces[i], size) == 0)
            return size;
    }
    /* U+2000 .. U+200A */
    if (left >= 3 && memcmp(p, "\xe2\x80", 2) == 0 && (uint8_t)p[2] >= 0x80 &&
        (uint8_t)p[2] <= 0x8a)
        return 3;
    return 0;
}

static bool name_is_good(const char *name, size_t size)
{
    if (size == 0 || size >= NOTE_NAME_SIZE || !str_is_utf8(name, size))
        return false;
    for (size_t i = 0; i < size; i++)
        if (name[i] == '+' || (uint8_t)name[i] < 0x20 || name[i] == 0x7f ||
            space_at(name + i, size - i) > 0)
            return false;
    return true;
}

void note_key_init(struct note_key *key, const char *name, enum note_type type,
                   const uint8_t public_key[KEYS_PUBLIC_BYTES])
{
    const uint8_t between[2] = {'\n', (uint8_t)type};
    uint8_t digest[crypto_hash_sha256_BYTES];
    crypto_hash_sha256_state state;
    size_t size = strlen(name);

    assert(name_is_good(name, size));
    *key = (struct note_key){.type = type};
    memcpy(key->name, name, size + 1);
    memcpy(key->public_key, public_key, KEYS_PUBLIC_BYTES);
    (void)crypto_hash_sha256_init(&state);
    (void)crypto_hash_sha256_update(&state, (const uint8_t *)name, size);
    (void)crypto_hash_sha256_update(&state, between, sizeof between);
    (void)crypto_hash_sha256_update(&state, public_key, KEYS_PUBLIC_BYTES);
    (void)crypto_hash_sha256_final(&state, digest);
    key->id = be32(digest);
}

enum assay_err note_key_make(struct note_key *key, const char *name, enum note_type type,
                             const uint8_t public_key[KEYS_PUBLIC_BYTES], struct err *e)
{
    if (!name_is_good(name, strlen(name)))
        return err_set(e, ASSAY_EFORMAT, "note: not a key's name");
    note_key_init(key, name, type, public_key);
    return ASSAY_OK;
}

enum assay_err note_key_parse(const char *text, struct note_key *key, struct err *e)
{
    char name[NOTE_NAME_SIZE], id_text[9];
    struct note_key made;
    struct buf bytes;
    uint8_t id[4];
    enum assay_err rc = ASSAY_OK;

    buf_init(&bytes, 4096);
    const char *plus = strchr(text, '+');
    if (plus == NULL || !name_is_good(text, (size_t)(plus - text)) || strlen(plus + 1) < 9 ||
        plus[9] != '+') {
        rc = err_set(e, ASSAY_EFORMAT, "a note key is name+hex id+base64 key");
        goto out;
    }
    (void)snprintf(name, sizeof name, "%.*s", (int)(plus - text), text);
    (void)snprintf(id_text, sizeof id_text, "%.8s", plus + 1);
    const char *encoded = plus + 10;
    if (str_unhex(id_text, id, sizeof id) != ASSAY_OK ||
        str_unbase64(encoded, strlen(encoded), &bytes) != ASSAY_OK || bytes.over ||
        bytes.size == 0) {
        rc = err_set(e, ASSAY_EFORMAT, "a note key is name+hex id+base64 key");
        goto out;
    }
    uint8_t type = bytes.data[0];
    if ((type != NOTE_ED25519 && type != NOTE_COSIGNATURE) || bytes.size != 1 + KEYS_PUBLIC_BYTES) {
        rc = err_set(e, ASSAY_EUNSUPPORTED, "note key %.64s: algorithm 0x%02x", name, type);
        goto out;
    }
    note_key_init(&made, name, (enum note_type)type, bytes.data + 1);
    if (made.id != be32(id)) {
        rc = err_set(e, ASSAY_EFORMAT, "note key %.64s: the id is %s, the key's is %08x", name,
                     id_text, (unsigned)made.id);
        goto out;
    }
    *key = made;
out:
    buf_clear(&bytes);
    return rc;
}

void note_key_text(const struct note_key *key, struct buf *b)
{
    uint8_t bytes[1 + KEYS_PUBLIC_BYTES];

    bytes[0] = (uint8_t)key->type;
    memcpy(bytes + 1, key->public_key, KEYS_PUBLIC_BYTES);
    buf_addf(b, "%s+%08x+", key->name, (unsigned)key->id);
    str_base64(bytes, sizeof bytes, b);
}

/* One signature line without its newline. */
static enum assay_err signature_parse(const char *line, size_t size, struct note_signature *out,
                                      struct err *e)
{
    enum assay_err rc = ASSAY_OK;
    struct buf bytes;

    buf_init(&bytes, NOTE_SIZE_MAX);
    if (size < DASH_SIZE || memcmp(line, DASH, DASH_SIZE) != 0) {
        rc = err_set(e, ASSAY_EFORMAT, "note: a signature line begins with a dash and a space");
        goto out;
    }
    const char *name = line + DASH_SIZE;
    const char *space = memchr(name, ' ', size - DASH_SIZE);
    if (space == NULL || !name_is_good(name, (size_t)(space - name))) {
        rc = err_set(e, ASSAY_EFORMAT, "note: a signature line is dash, name, base64");
        goto out;
    }
    if (str_unbase64(space + 1, (size_t)(line + size - space - 1), &bytes) != ASSAY_OK ||
        bytes.size < 5) {
        rc = err_set(e, ASSAY_EFORMAT, "note: a signature is base64 of key id and signature");
        goto out;
    }
    *out = (struct note_signature){.key_id = be32(bytes.data), .size = bytes.size - 4};
    memcpy(out->name, name, (size_t)(space - name));
    memcpy(out->bytes, bytes.data + 4, out->size < NOTE_KEPT_BYTES ? out->size : NOTE_KEPT_BYTES);
out:
    buf_clear(&bytes);
    return rc;
}

enum assay_err note_parse(const char *bytes, size_t size, struct note *out, struct err *e)
{
    enum assay_err rc;

    if (size > NOTE_SIZE_MAX)
        return err_set(e, ASSAY_ELIMIT, "note of over %d bytes", NOTE_SIZE_MAX);
    if (size == 0 || bytes[size - 1] != '\n' || !str_is_utf8(bytes, size))
        return err_set(e, ASSAY_EFORMAT, "note: not UTF-8 lines");
    for (size_t i = 0; i < size; i++)
        if ((uint8_t)bytes[i] < 0x20 && bytes[i] != '\n')
            return err_set(e, ASSAY_EFORMAT, "note: a control character at byte %zu", i);

    /* The text ends before the last empty line; what follows are signatures. */
    size_t from = size;
    while (from >= 2 && !(bytes[from - 1] == '\n' && bytes[from - 2] == '\n'))
        from--;
    if (from < 3 || from == size)
        return err_set(e, ASSAY_EFORMAT, "note: no empty line between text and signatures");
    out->text = bytes;
    out->text_size = from - 1;
    out->count = 0;
    while (from < size) {
        const char *line = bytes + from;
        const char *end = memchr(line, '\n', size - from);
        assert(end != NULL);
        if (out->count == NOTE_SIGNATURES_MAX)
            return err_set(e, ASSAY_ELIMIT, "note of over %d signatures", NOTE_SIGNATURES_MAX);
        if ((rc = signature_parse(line, (size_t)(end - line), &out->signatures[out->count], e)) !=
            0)
            return rc;
        out->count++;
        from += (size_t)(end - line) + 1;
    }
    return ASSAY_OK;
}

/* Check one signature that stands under the key's name and id. */
static enum assay_err signature_verify(const struct note *note, const struct note_key *key,
                                       const struct note_signature *s, uint64_t *time_s)
{
    enum assay_err rc;
    struct buf message;

    *time_s = 0;
    if (key->type == NOTE_ED25519) {
        if (s->size != KEYS_SIGNATURE_BYTES)
            return ASSAY_EDAMAGED;
        return keys_verify(key->public_key, note->text, note->text_size, s->bytes);
    }
    if (s->size != 8 + KEYS_SIGNATURE_BYTES)
        return ASSAY_EDAMAGED;
    *time_s = (uint64_t)be32(s->bytes) << 32 | be32(s->bytes + 4);
    buf_init(&message, NOTE_SIZE_MAX + 64);
    buf_addf(&message, "cosignature/v1\ntime %llu\n", (unsigned long long)*time_s);
    buf_add(&message, note->text, note->text_size);
    rc = keys_verify(key->public_key, message.data, message.size, s->bytes + 8);
    buf_clear(&message);
    return rc;
}

enum assay_err note_verify(const struct note *note, const struct note_key *key, uint64_t *time_s,
                           struct err *e)
{
    bool found = false;
    uint64_t time = 0;

    for (size_t i = 0; i < note->count; i++) {
        const struct note_signature *s = &note->signatures[i];
        if (s->key_id != key->id || !str_equal(s->name, key->name))
            continue;
        if (signature_verify(note, key, s, &time) != ASSAY_OK)
            return err_set(e, ASSAY_EDAMAGED, "the signature of %.100s does not verify", key->name);
        found = true;
    }
    if (!found)
        return err_set(e, ASSAY_ENOTFOUND, "no signature of key %.100s (id %08x)", key->name,
                       (unsigned)key->id);
    if (time_s != NULL)
        *time_s = time;
    return ASSAY_OK;
}

void note_add_signature(const struct note_key *key, const uint8_t signature[KEYS_SIGNATURE_BYTES],
                        struct buf *b)
{
    uint8_t bytes[4 + KEYS_SIGNATURE_BYTES] = {(uint8_t)(key->id >> 24), (uint8_t)(key->id >> 16),
                                               (uint8_t)(key->id >> 8), (uint8_t)key->id};

    assert(key->type == NOTE_ED25519);
    memcpy(bytes + 4, signature, KEYS_SIGNATURE_BYTES);
    buf_addf(b, DASH "%s ", key->name);
    str_base64(bytes, sizeof bytes, b);
    buf_add_char(b, '\n');
}

void checkpoint_text(const struct checkpoint *c, struct buf *b)
{
    buf_addf(b, "%s\n%llu\n", c->origin, (unsigned long long)c->head.size);
    str_base64(c->head.root.bytes, TREE_HASH_BYTES, b);
    buf_add_char(b, '\n');
}

/* Decimal without leading zeroes, at most 2^63 - 1. */
static enum assay_err size_parse(const char *text, size_t size, uint64_t *out)
{
    char copy[20];
    int64_t v;

    if (size == 0 || size >= sizeof copy || (size > 1 && text[0] == '0') || text[0] == '-')
        return ASSAY_EFORMAT;
    memcpy(copy, text, size);
    copy[size] = '\0';
    enum assay_err rc = str_int64(copy, 0, INT64_MAX, &v);
    if (rc != ASSAY_OK)
        return ASSAY_EFORMAT;
    *out = (uint64_t)v;
    return ASSAY_OK;
}

enum assay_err checkpoint_parse(const char *text, size_t size, struct checkpoint *out,
                                struct err *e)
{
    const char *lines[3], *at = text;
    size_t sizes[3];
    struct checkpoint c = {0};
    struct buf root;
    bool good;

    if (size > 0 && memchr(text, '\0', size) != NULL)
        return err_set(e, ASSAY_EFORMAT, "checkpoint: a NUL byte");
    for (size_t i = 0; at < text + size; i++) {
        const char *end = memchr(at, '\n', (size_t)(text + size - at));
        if (end == NULL || end == at)
            return err_set(e, ASSAY_EFORMAT, "checkpoint: empty or unfinished line");
        if (i < 3) {
            lines[i] = at;
            sizes[i] = (size_t)(end - at);
        }
        at = end + 1;
        if (i >= 2)
            continue;
        if (at == text + size)
            return err_set(e, ASSAY_EFORMAT, "checkpoint: fewer than three lines");
    }
    if (size == 0 || sizes[0] >= sizeof c.origin)
        return err_set(e, ASSAY_EFORMAT, "checkpoint: no origin, or a too long one");
    memcpy(c.origin, lines[0], sizes[0]);
    buf_init(&root, 64);
    good = size_parse(lines[1], sizes[1], &c.head.size) == ASSAY_OK &&
           str_unbase64(lines[2], sizes[2], &root) == ASSAY_OK && root.size == TREE_HASH_BYTES;
    if (good)
        memcpy(c.head.root.bytes, root.data, TREE_HASH_BYTES);
    buf_clear(&root);
    if (!good)
        return err_set(e, ASSAY_EFORMAT, "checkpoint: size or root is not as it should be");
    *out = c;
    return ASSAY_OK;
}

enum assay_err checkpoint_open(const char *bytes, size_t size, const struct note_key *key,
                               struct checkpoint *out, struct err *e)
{
    struct checkpoint c;
    struct note note;
    enum assay_err rc;

    if ((rc = note_parse(bytes, size, &note, e)) != 0)
        return rc;
    rc = note_verify(&note, key, NULL, e);
    if (rc == ASSAY_ENOTFOUND)
        rc = err_set(e, ASSAY_EDAMAGED, "not signed by key %.100s", key->name);
    if (rc != ASSAY_OK || (rc = checkpoint_parse(note.text, note.text_size, &c, e)) != 0)
        return rc;
    if (!str_equal(c.origin, key->name))
        return err_set(e, ASSAY_EDAMAGED, "checkpoint of another log: %.100s", c.origin);
    *out = c;
    return ASSAY_OK;
}
