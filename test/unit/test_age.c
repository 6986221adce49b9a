/* age: what senders encrypted opens at any place, and nothing of what was changed is given out.
 * Files are made here from the format's description, apart from the reader. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/rand.h"
#include "base/str.h"
#include "folder.h"
#include "keys/age.h"
#include "keys/age_header.h"
#include "keys/keys_impl.h"

#define CHUNK     65536u
#define PLAIN_MAX (5 * CHUNK)

static char top[FOLDER_PATH_SIZE], folder[FOLDER_PATH_SIZE + 16];
static struct keys *keys;
static uint8_t *plain;

static int start(void **state)
{
    const struct keys_place place = {0};
    char config[FOLDER_PATH_SIZE + 16];
    struct err e = {0};

    (void)state;
    folder_make(top);
    (void)snprintf(folder, sizeof folder, "%s/data", top);
    (void)snprintf(config, sizeof config, "%s/config", top);
    (void)setenv("XDG_CONFIG_HOME", config, 1);
    plain = mem_alloc(PLAIN_MAX);
    rand_bytes(plain, PLAIN_MAX);
    return keys_create(folder, &place, &e) == ASSAY_OK &&
                   keys_open(folder, &place, &keys, &e) == ASSAY_OK
               ? 0
               : -1;
}

static int stop(void **state)
{
    (void)state;
    keys_close(keys);
    mem_free(plain);
    folder_remove(top);
    return 0;
}

static void hmac(const uint8_t *key, size_t key_size, const void *bytes, size_t size,
                 uint8_t out[32])
{
    crypto_auth_hmacsha256_state s;

    (void)crypto_auth_hmacsha256_init(&s, key, key_size);
    (void)crypto_auth_hmacsha256_update(&s, bytes, size);
    (void)crypto_auth_hmacsha256_final(&s, out);
}

static void hkdf(const uint8_t *secret, size_t secret_size, const uint8_t *salt, size_t salt_size,
                 const char *info, uint8_t out[32])
{
    uint8_t middle[32];
    char text[64];

    hmac(salt, salt_size, secret, secret_size, middle);
    int n = snprintf(text, sizeof text, "%s%c", info, 1);
    hmac(middle, 32, text, (size_t)n, out);
}

static void add_base64(struct buf *out, const void *bytes, size_t size)
{
    struct buf padded;

    buf_init(&padded, 256);
    str_base64(bytes, size, &padded);
    while (padded.size > 0 && padded.data[padded.size - 1] == '=')
        padded.size--;
    buf_add(out, padded.data, padded.size);
    buf_clear(&padded);
}

/* How a file is made wrong, if it is. */
struct wrong {
    bool zero_share;    /* a share of low order */
    bool empty_last;    /* a last chunk of no bytes behind full ones */
    bool no_last_flag;  /* the last chunk says that more follow */
    const char *stanza; /* another one in front, with its body */
};

static void add_stanza(struct buf *out, const uint8_t file_key[16], const struct wrong *w)
{
    const struct keyring_key *key = keys->current[KEYRING_INTAKE];
    static const uint8_t nonce[12];
    uint8_t secret[32], salt[64], shared[32], wrap[32], body[32];

    rand_bytes(secret, sizeof secret);
    (void)crypto_scalarmult_base(salt, secret);
    (void)crypto_scalarmult_base(salt + 32, key->bytes);
    (void)!crypto_scalarmult(shared, secret, salt + 32);
    if (w->zero_share) {
        memset(salt, 0, 32);
        memset(shared, 0, 32);
    }
    hkdf(shared, 32, salt, 64, "age-encryption.org/v1/X25519", wrap);
    (void)crypto_aead_chacha20poly1305_ietf_encrypt(body, NULL, file_key, 16, NULL, 0, NULL, nonce,
                                                    wrap);
    buf_add_str(out, "-> X25519 ");
    add_base64(out, salt, 32);
    buf_add_char(out, '\n');
    add_base64(out, body, 32);
    buf_add_char(out, '\n');
}

static void seal_chunks(struct buf *out, size_t size, const uint8_t key[32], const struct wrong *w)
{
    size_t at = 0;
    bool last;

    for (uint64_t index = 0;; index++) {
        size_t step = size - at < CHUNK ? size - at : CHUNK;
        uint8_t nonce[12] = {[10] = (uint8_t)index};
        last = w->empty_last ? step == 0 : at + step == size;
        nonce[11] = last && !w->no_last_flag;
        unsigned char *to = buf_reserve(out, step + 16);
        (void)crypto_aead_chacha20poly1305_ietf_encrypt(to, NULL, plain + at, step, NULL, 0, NULL,
                                                        nonce, key);
        out->size += step + 16;
        at += step;
        if (last)
            return;
    }
}

static struct buf seal(size_t size, const struct wrong *w)
{
    uint8_t file_key[16], nonce[16], key[32], mac[32];
    struct buf out;

    buf_init(&out, PLAIN_MAX + 8192);
    rand_bytes(file_key, sizeof file_key);
    rand_bytes(nonce, sizeof nonce);
    buf_add_str(&out, "age-encryption.org/v1\n");
    if (w->stanza != NULL)
        buf_add_str(&out, w->stanza);
    add_stanza(&out, file_key, w);
    buf_add_str(&out, "---");
    hkdf(file_key, 16, (const uint8_t *)"", 0, "header", key);
    hmac(key, 32, out.data, out.size, mac);
    buf_add_char(&out, ' ');
    add_base64(&out, mac, 32);
    buf_add_char(&out, '\n');
    buf_add(&out, nonce, sizeof nonce);
    hkdf(file_key, 16, nonce, 16, "payload", key);
    seal_chunks(&out, size, key, w);
    return out;
}

static enum assay_err read_buf(void *ctx, uint64_t offset, void *out, size_t size, struct err *e)
{
    const struct buf *b = ctx;

    (void)e;
    memcpy(out, b->data + offset, size);
    return ASSAY_OK;
}

/* Open it and read all; the plain bytes must be right whenever it is good. */
static enum assay_err open_all(struct buf *sealed, size_t size, size_t want, struct err *e)
{
    const struct seekable bytes = {.ctx = sealed, .size = size, .read = read_buf};
    struct age_reader *reader;
    struct seekable out;
    uint8_t *got = mem_alloc(PLAIN_MAX);
    enum assay_err rc = age_open(keys, &bytes, &reader, &out, e);

    if (rc == ASSAY_OK) {
        assert_true(out.size <= PLAIN_MAX);
        rc = seekable_read(&out, 0, got, (size_t)out.size, e);
        if (rc == ASSAY_OK) {
            assert_int_equal(out.size, want);
            assert_memory_equal(got, plain, want);
        }
        for (size_t i = 0; rc == ASSAY_OK && want > 0 && i < 50; i++) {
            size_t at = (size_t)rand_id() % want, step = (size_t)rand_id() % (want - at + 1);
            assert_int_equal(seekable_read(&out, at, got, step, e), ASSAY_OK);
            assert_memory_equal(got, plain + at, step);
        }
        age_close(reader);
    }
    mem_free(got);
    return rc;
}

static void every_size_opens_at_any_place(void **state)
{
    static const size_t sizes[] = {0,     1,         100,       CHUNK - 1,
                                   CHUNK, CHUNK + 1, 3 * CHUNK, 4 * CHUNK + 7};
    struct err e = {0};

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct buf sealed = seal(sizes[i], &(struct wrong){0});
        assert_int_equal(open_all(&sealed, sealed.size, sizes[i], &e), ASSAY_OK);
        buf_clear(&sealed);
    }
}

static void recipients_of_other_kinds_are_passed_over(void **state)
{
    static const char *const stanzas[] = {
        "-> grease\n\n", "-> ssh-ed25519 a b c\nAAAA\n",
        "-> x\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n\n"};
    struct err e = {0};

    (void)state;
    for (size_t i = 0; i < sizeof stanzas / sizeof stanzas[0]; i++) {
        struct buf sealed = seal(10, &(struct wrong){.stanza = stanzas[i]});
        assert_int_equal(open_all(&sealed, sealed.size, 10, &e), ASSAY_OK);
        buf_clear(&sealed);
    }
}

static void headers_that_break_the_format_are_refused(void **state)
{
    static const char *const stanzas[] = {
        "-> \n\n",
        "->  x\n\n",
        "-> a  b\n\n",
        "-> \x7f\n\n",
        "-> x\nA=\n",
        "-> x\n",
        "-> X25519 AAAA\n\n",
        "junk\n",
        "-> X25519 a b\n\n",
        "-> x\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n",
        ("-> X25519 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB\n"
         "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n")};
    struct err e = {0};

    (void)state;
    for (size_t i = 0; i < sizeof stanzas / sizeof stanzas[0]; i++) {
        struct buf sealed = seal(10, &(struct wrong){.stanza = stanzas[i]});
        assert_int_equal(open_all(&sealed, sealed.size, 10, &e), ASSAY_EFORMAT);
        buf_clear(&sealed);
    }
}

static void a_share_of_low_order_opens_nothing(void **state)
{
    struct buf sealed = seal(10, &(struct wrong){.zero_share = true});
    struct err e = {0};

    (void)state;
    assert_int_equal(open_all(&sealed, sealed.size, 10, &e), ASSAY_EKEY);
    buf_clear(&sealed);
}

static void a_last_chunk_that_is_none_is_found(void **state)
{
    struct buf empty = seal(2 * CHUNK, &(struct wrong){.empty_last = true});
    struct buf open_ended = seal(2 * CHUNK + 5, &(struct wrong){.no_last_flag = true});
    struct err e = {0};

    (void)state;
    assert_int_equal(open_all(&empty, empty.size, 2 * CHUNK, &e), ASSAY_EDAMAGED);
    assert_int_equal(open_all(&open_ended, open_ended.size, 2 * CHUNK + 5, &e), ASSAY_EDAMAGED);
    buf_clear(&empty);
    buf_clear(&open_ended);
}

static void every_cut_and_every_flipped_bit_is_found(void **state)
{
    struct buf sealed = seal(3 * CHUNK + 9, &(struct wrong){0});
    struct err e = {0};
    size_t step;

    (void)state;
    for (size_t size = 22; size < sealed.size; size += size < 300 ? 1 : 4001)
        assert_int_not_equal(open_all(&sealed, size, 3 * CHUNK + 9, &e), ASSAY_OK);
    for (size_t at = 0; at < sealed.size; at += step) {
        step = at < 300 || at + 40 > sealed.size ? 1 : 4001;
        sealed.data[at] ^= 0x10;
        assert_int_not_equal(open_all(&sealed, sealed.size, 3 * CHUNK + 9, &e), ASSAY_OK);
        sealed.data[at] ^= 0x10;
    }
    assert_int_equal(open_all(&sealed, sealed.size, 3 * CHUNK + 9, &e), ASSAY_OK);
    buf_clear(&sealed);
}

static void recipients_are_written_as_age_writes_them(void **state)
{
    /* Debian's age-keygen -y of the identity with 32 bytes of 7 says the same. */
    uint8_t secret[32], public_key[32];
    char text[AGE_RECIPIENT_SIZE], again[KEYS_RECIPIENT_SIZE];
    struct err e = {0};

    (void)state;
    memset(secret, 7, sizeof secret);
    (void)crypto_scalarmult_base(public_key, secret);
    age_recipient(public_key, text);
    assert_string_equal(text, "age1zwlyl6h27gzv0lfntr7fcqrjrzqazap8sy5zylkxwneh7llf0dksu37mwt");
    assert_int_equal(keys_intake_recipient(keys, again, &e), ASSAY_OK);
    assert_true(str_starts(again, "age1"));
    assert_int_equal(strlen(again), 62);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_size_opens_at_any_place),
        cmocka_unit_test(recipients_of_other_kinds_are_passed_over),
        cmocka_unit_test(headers_that_break_the_format_are_refused),
        cmocka_unit_test(a_share_of_low_order_opens_nothing),
        cmocka_unit_test(a_last_chunk_that_is_none_is_found),
        cmocka_unit_test(every_cut_and_every_flipped_bit_is_found),
        cmocka_unit_test(recipients_are_written_as_age_writes_them),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
