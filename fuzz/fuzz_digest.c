/* Fuzzes digests: bytes fed in any portions, after any earlier use, must digest as the whole. */
#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "assay/digest.h"
#include "fuzz.h"

static void feed_in_portions(struct assay_digester *d, const uint8_t *portions,
                             size_t portion_count, const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; size > 0; i++) {
        size_t portion = portions[i % portion_count];
        /* After the first round every portion is a byte at least, so that it comes to an end. */
        portion += i >= portion_count ? 1 : 0;
        portion = portion < size ? portion : size;
        assert(assay_digester_feed(d, bytes, portion) == ASSAY_OK);
        bytes += portion;
        size -= portion;
    }
}

/* Head: how many portions (0..255, and one), their lengths, a byte each; the bytes follow. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t zeros[ASSAY_SHA256_BYTES];
    struct assay_digests whole, split;
    struct assay_digester *d;

    size_t count = size > 0 ? (size_t)data[0] + 1 : 0;
    if (size < 1 + count)
        return 0;
    const uint8_t *portions = data + 1, *bytes = portions + count;
    size -= 1 + count;
    assert(assay_digest(bytes, size, &whole) == ASSAY_OK);
    assert(whole.size == size);
    assert(assay_digester_new(&d) == ASSAY_OK);
    for (unsigned turn = 0; turn < 2; turn++) { /* a digester begins anew after its digests */
        feed_in_portions(d, portions, count, bytes, size);
        assert(assay_digester_finish(d, &split) == ASSAY_OK);
        assert(split.size == size);
        assert(memcmp(split.md5, whole.md5, sizeof whole.md5) == 0);
        assert(memcmp(split.sha1, whole.sha1, sizeof whole.sha1) == 0);
        assert(memcmp(split.sha256, whole.sha256, sizeof whole.sha256) == 0);
    }
    assay_digester_free(d);
    const unsigned kinds = (unsigned)count & ASSAY_DIGEST_KINDS; /* some of them alone */
    assert(assay_digester_new_of(kinds, &d) == ASSAY_OK);
    feed_in_portions(d, portions, count, bytes, size);
    assert(assay_digester_finish(d, &split) == ASSAY_OK);
    const bool sha256 = (kinds & ASSAY_DIGEST_SHA256) != 0, md5 = (kinds & ASSAY_DIGEST_MD5) != 0;
    assert(memcmp(split.sha256, sha256 ? whole.sha256 : zeros, sizeof whole.sha256) == 0);
    assert(memcmp(split.md5, md5 ? whole.md5 : zeros, sizeof whole.md5) == 0);
    assay_digester_free(d);
    return 0;
}
