/* What a row of a list says beside its hashes, opened. */
#include "flow/listed.h"

#include <string.h>

#include "assay/digest.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/rand.h"
#include "base/str.h"
#include "store/match.h"

#define TEXTS_MAX (2 * 1024 * 1024) /* as the import of lists lets in */

static bool has_tag(const char *tags, const char *tag)
{
    const size_t size = strlen(tag);

    while (tags != NULL && *tags != '\0') {
        const size_t length = strcspn(tags, " ");
        if (length == size && memcmp(tags, tag, size) == 0)
            return true;
        tags += length + (tags[length] == ' ');
    }
    return false;
}

void flow_listed_text(const void *json_text, size_t size, const char *key,
                      char out[LISTED_SOURCE_SIZE])
{
    struct arena *a = arena_new();
    struct json *root = NULL;

    out[0] = '\0';
    if (size > 0 && json_parse(a, json_text, size, &root, NULL) == ASSAY_OK) {
        const struct json *text = json_get(root, key);
        if (text != NULL && text->kind == JSON_IS_STRING) {
            size_t fits = text->size < LISTED_SOURCE_SIZE ? text->size : LISTED_SOURCE_SIZE - 1;
            /* Cut between two characters. */
            while (fits < text->size && fits > 0 && ((unsigned char)text->text[fits] >> 6) == 2)
                fits--;
            memcpy(out, text->text, fits);
            out[fits] = '\0';
        }
    }
    arena_free(a);
}

void flow_listed(const struct keys *k, const struct list_record *r, struct flow_row_says *out)
{
    struct buf plain;

    *out = (struct flow_row_says){.collage = has_tag(r->tags, LISTED_GRID)};
    if (r->details_size == 0)
        return;
    buf_init(&plain, TEXTS_MAX);
    if (keys_open_sealed(k, r->identity, sizeof r->identity, r->details_sealed, r->details_size,
                         &plain, NULL) == ASSAY_OK)
        flow_listed_text(plain.data, plain.size, "source", out->source);
    buf_wipe(&plain);
}

void flow_list_about(const struct keys *k, const struct list_row_head *l, struct buf *plain)
{
    const size_t before = plain->size;

    if (l->about_size == 0 ||
        keys_open_sealed(k, &l->id, sizeof l->id, l->about_sealed, l->about_size, plain, NULL) !=
            ASSAY_OK ||
        plain->size == before)
        buf_add_str(plain, "{}");
}

static void add_hash(struct buf *b, unsigned which, const void *bytes, size_t size)
{
    buf_add_char(b, (char)which);
    buf_add(b, bytes, size);
}

void flow_row_identity(const struct list_record *r, uint8_t identity[32])
{
    struct assay_digests d = {0};
    struct buf b;

    buf_init(&b, 256);
    if ((r->has & LIST_MD5) != 0)
        add_hash(&b, LIST_MD5, r->md5, sizeof r->md5);
    if ((r->has & LIST_SHA1) != 0)
        add_hash(&b, LIST_SHA1, r->sha1, sizeof r->sha1);
    if ((r->has & LIST_SHA256) != 0)
        add_hash(&b, LIST_SHA256, r->sha256, sizeof r->sha256);
    if ((r->has & LIST_PDQ) != 0)
        add_hash(&b, LIST_PDQ, r->pdq, sizeof r->pdq);
    if ((r->has & LIST_ORIENTED) != 0)
        add_hash(&b, LIST_ORIENTED, r->pdq_oriented, sizeof r->pdq_oriented);
    (void)assay_digest(b.data, b.size, &d);
    memcpy(identity, d.sha256, 32);
    buf_clear(&b);
}

enum assay_err flow_list_of_kind(struct tx *tx, const char *kind, const char *trust, int64_t *id,
                                 struct err *e)
{
    enum assay_err rc = match_list_of_kind(tx, kind, id, e);

    if (rc != ASSAY_ENOTFOUND)
        return rc;
    *id = rand_id();
    const struct list_row_head l = {.id = *id,
                                    .name = kind,
                                    .kind = kind,
                                    .trust = trust,
                                    .about_sealed = "",
                                    .created_ms = clock_now_ms()};
    return list_insert(tx, &l, e);
}
