/* Passwords of people, through Argon2id. */
#include <assert.h>
#include <sodium.h>
#include <stdbool.h>
#include <string.h>

#include "keys/keys.h"

#define PASSES       3
#define MEMORY_BYTES ((size_t)64 * 1024 * 1024)

static_assert(crypto_pwhash_STRBYTES <= 128, "the text form fits its documented room");

/* Of the same cost, for users who are not there, so that time tells nothing; the password it was
 * made from is of no use, as the answer is no in any case. */
static const char nobody[crypto_pwhash_STRBYTES] =
    "$argon2id$v=19$m=65536,t=3,p=1$k98PkZb+CNoBRtCRJmiHZw$"
    "vKOCBxjS7yTMCKKUnGBPnLzoU4MGUOhIrYtQdwLW6y4";

enum assay_err keys_password_hash(const char *password, char out[128], struct err *e)
{
    char text[crypto_pwhash_STRBYTES];

    if (sodium_init() < 0 || crypto_pwhash_str_alg(text, password, strlen(password), PASSES,
                                                   MEMORY_BYTES, crypto_pwhash_ALG_ARGON2ID13) != 0)
        return err_set(e, ASSAY_ELIMIT, "no memory (64 MiB) to hash a password");
    memcpy(out, text, sizeof text);
    return ASSAY_OK;
}

enum assay_err keys_password_check(const char *stored, const char *password)
{
    bool known =
        stored != NULL && crypto_pwhash_str_needs_rehash(stored, PASSES, MEMORY_BYTES) != -1;

    if (sodium_init() < 0)
        return ASSAY_EDENIED;
    /* Text that is no hash of ours would be refused at once: the same stand-in keeps the time. */
    bool right = crypto_pwhash_str_verify(known ? stored : nobody, password, strlen(password)) == 0;
    return known && right ? ASSAY_OK : ASSAY_EDENIED;
}
