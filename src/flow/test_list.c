/* The list of kind test, made where it is not there yet. */
#include "flow/test_list.h"

#include <string.h>

#include "assay/digest.h"
#include "assay/pdq.h"
#include "base/rand.h"
#include "flow/listed.h"
#include "match/test_picture.h"

struct test_row {
    struct assay_digests digests;
    struct assay_pdq pdq;
};

static enum assay_err hash(struct test_row *t, struct err *e)
{
    uint8_t *pixels = mem_array((size_t)TEST_PICTURE_WIDTH * TEST_PICTURE_HEIGHT, 3);
    struct buf png;

    buf_init(&png, TEST_PICTURE_BYTES + 1);
    test_picture(&png);
    test_picture_pixels(pixels);
    enum assay_err rc = assay_digest(png.data, png.size, &t->digests);
    if (rc == ASSAY_OK)
        rc = assay_pdq_hash_rgb(pixels, TEST_PICTURE_WIDTH, TEST_PICTURE_HEIGHT,
                                (size_t)3 * TEST_PICTURE_WIDTH, &t->pdq);
    buf_clear(&png);
    mem_free(pixels);
    return rc == ASSAY_OK ? rc : err_set(e, rc, "out of memory");
}

static enum assay_err put(struct tx *tx, void *ctx, struct err *e)
{
    const struct test_row *t = ctx;
    struct list_record r = {.id = rand_id(),
                            .has = LIST_MD5 | LIST_SHA1 | LIST_SHA256 | LIST_PDQ,
                            .pdq_quality = t->pdq.quality,
                            .tags = ""};
    enum list_put what;
    enum assay_err rc = flow_list_of_kind(tx, "test", "candidate", &r.list_id, e);

    if (rc != ASSAY_OK)
        return rc;
    memcpy(r.identity, t->digests.sha256, sizeof r.identity); /* one row: any will do */
    memcpy(r.md5, t->digests.md5, sizeof r.md5);
    memcpy(r.sha1, t->digests.sha1, sizeof r.sha1);
    memcpy(r.sha256, t->digests.sha256, sizeof r.sha256);
    memcpy(r.pdq, t->pdq.bytes, sizeof r.pdq);
    return list_put(tx, &r, 1, &what, e);
}

enum assay_err flow_test_list(struct world *w, struct err *e)
{
    struct test_row t;
    enum assay_err rc = hash(&t, e);

    return rc != ASSAY_OK ? rc : store_write(w->store, put, &t, e);
}
