/* Reads answers of the change feed: everything that a node will rely on is checked here. */
#include "flow/feed/answer.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/str.h"
#include "people/client.h"
#include "scheme/scheme.h"

#define VERSION     1
#define TEXT_MAX    (4 * 1024 * 1024) /* bytes of a record's tags */
#define SOURCE_MAX  400
#define QUALITY_MAX 100

static enum assay_err need_hex(const struct json *j, const char *key, uint8_t *out, size_t size,
                               struct err *e)
{
    const char *text;
    enum assay_err rc = json_need_text(j, key, 2 * size, &text, e);

    if (rc == ASSAY_OK && (strlen(text) != 2 * size || str_unhex(text, out, size) != ASSAY_OK))
        return err_set(e, ASSAY_EFORMAT, "line %u: %s has %zu hex digits", j->line, key, 2 * size);
    return rc;
}

static enum assay_err need_name(const struct json *j, const char *key, size_t room,
                                const char **out, struct err *e)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789._-";
    enum assay_err rc = json_need_text(j, key, room - 1, out, e);

    if (rc == ASSAY_OK && (**out == '\0' || strspn(*out, letters) != strlen(*out)))
        return err_set(e, ASSAY_EFORMAT, "line %u: %s is no name", j->line, key);
    return rc;
}

static enum assay_err need_word(const struct json *j, const char *key, const char *const *words,
                                const char **out, struct err *e)
{
    enum assay_err rc = json_need_text(j, key, 40, out, e);

    for (; rc == ASSAY_OK && *words != NULL; words++) {
        if (str_equal(*out, *words))
            return ASSAY_OK;
    }
    return rc != ASSAY_OK
               ? rc
               : err_set(e, ASSAY_EFORMAT, "line %u: %s is not understood", j->line, key);
}

static enum assay_err need_array(const struct json *j, const char *key, const struct json **out,
                                 struct err *e)
{
    *out = json_get(j, key);
    if (*out == NULL || (*out)->kind != JSON_IS_ARRAY)
        return err_set(e, ASSAY_EFORMAT, "line %u: %s is an array", j->line, key);
    return ASSAY_OK;
}

/* ---- records ---- */

struct hash_member {
    const char *key;
    enum list_hash which;
    size_t offset, size;
};

static enum assay_err read_hashes(const struct json *j, struct list_record *r, struct err *e)
{
    static const struct hash_member members[] = {
        {"md5", LIST_MD5, offsetof(struct list_record, md5), 16},
        {"sha1", LIST_SHA1, offsetof(struct list_record, sha1), 20},
        {"sha256", LIST_SHA256, offsetof(struct list_record, sha256), 32},
        {"pdq", LIST_PDQ, offsetof(struct list_record, pdq), 32},
        {"pdq_oriented", LIST_ORIENTED, offsetof(struct list_record, pdq_oriented), 32},
    };

    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        const struct hash_member *m = &members[i];
        if (json_get(j, m->key) == NULL)
            continue;
        enum assay_err rc = need_hex(j, m->key, (uint8_t *)r + m->offset, m->size, e);
        if (rc != ASSAY_OK)
            return rc;
        r->has |= m->which;
    }
    return r->has != 0 ? ASSAY_OK
                       : err_set(e, ASSAY_EFORMAT, "line %u: a record has no hash", j->line);
}

static enum assay_err read_record(const struct json *j, struct feed_record *out, struct err *e)
{
    struct list_record *r = &out->row;
    enum assay_err rc;

    r->tags = "";
    if ((rc = json_need_id(j, "id", &r->id, e)) != 0 ||
        (rc = json_need_id(j, "list", &r->list_id, e)) != 0 ||
        (rc = json_want_bool(j, "gone", &out->gone, e)) != 0 || out->gone)
        return rc;
    if ((rc = read_hashes(j, r, e)) != 0 ||
        (rc = json_need_int(j, "quality", -1, QUALITY_MAX, &r->pdq_quality, e)) != 0 ||
        (rc = json_want_text(j, "scheme", SCHEME_NAME_MAX, &r->scheme, e)) != 0 ||
        (rc = json_want_int(j, "scheme_version", 0, INT32_MAX, &r->scheme_version, e)) != 0 ||
        (rc = json_want_text(j, "code", SCHEME_CODE_MAX, &r->code, e)) != 0 ||
        (rc = json_want_text(j, "tags", TEXT_MAX, &r->tags, e)) != 0)
        return rc;
    return json_want_text(j, "source", SOURCE_MAX, &out->source, e);
}

static enum assay_err read_records(struct arena *a, const struct json *root,
                                   struct feed_answer *out, struct err *e)
{
    const struct json *rows;
    enum assay_err rc = need_array(root, "rows", &rows, e);

    if (rc != ASSAY_OK)
        return rc;
    struct feed_record *records = arena_alloc(a, (rows->size + 1) * sizeof *records);
    for (const struct json *j = rows->first; j != NULL && rc == ASSAY_OK; j = j->next)
        rc = read_record(j, &records[out->record_count++], e);
    out->records = records;
    return rc;
}

/* ---- the roster ---- */

static enum assay_err read_lists(struct arena *a, const struct json *root, struct feed_answer *out,
                                 struct err *e)
{
    static const char *const kinds[] = {"hashes", "own",    "known_good", "never_export",
                                        "test",   "client", NULL};
    const struct json *array;
    enum assay_err rc = need_array(root, "lists", &array, e);

    if (rc != ASSAY_OK)
        return rc;
    struct feed_list *lists = arena_alloc(a, (array->size + 1) * sizeof *lists);
    for (const struct json *j = array->first; j != NULL; j = j->next) {
        struct feed_list *l = &lists[out->list_count++];
        if ((rc = json_need_id(j, "id", &l->id, e)) != 0 ||
            (rc = need_name(j, "name", LIST_NAME_MAX + 1, &l->name, e)) != 0 ||
            (rc = need_word(j, "kind", kinds, &l->kind, e)) != 0)
            return rc;
    }
    out->lists = lists;
    return ASSAY_OK;
}

static enum assay_err read_rights(struct arena *a, const struct json *client,
                                  struct feed_client *out, struct err *e)
{
    const struct json *array;
    enum assay_err rc = need_array(client, "lists", &array, e);

    if (rc != ASSAY_OK)
        return rc;
    struct feed_right *rights = arena_alloc(a, (array->size + 1) * sizeof *rights);
    for (const struct json *j = array->first; j != NULL; j = j->next) {
        struct feed_right *r = &rights[out->right_count++];
        if ((rc = json_need_id(j, "id", &r->list_id, e)) != 0 ||
            (rc = json_want_bool(j, "detail", &r->detail, e)) != 0)
            return rc;
    }
    out->rights = rights;
    return ASSAY_OK;
}

static enum assay_err read_limits(const struct json *j, struct client_row *c, struct err *e)
{
    bool disabled = false;
    enum assay_err rc;

    if ((rc = json_want_bool(j, "disabled", &disabled, e)) != 0 ||
        (rc = json_need_int(j, "expires_ms", 0, INT64_MAX, &c->expires_ms, e)) != 0 ||
        (rc = json_need_int(j, "rate", 1, PEOPLE_RATE_MAX, &c->rate, e)) != 0 ||
        (rc = json_need_int(j, "burst", 1, PEOPLE_BURST_MAX, &c->burst, e)) != 0 ||
        (rc = json_need_int(j, "distance_max", 0, PEOPLE_DISTANCE_MAX, &c->distance_max, e)) != 0)
        return rc;
    c->disabled_ms = disabled;
    return json_need_int(j, "quality_min", 0, QUALITY_MAX, &c->quality_min, e);
}

static enum assay_err read_client(struct arena *a, const struct json *j, struct feed_client *out,
                                  struct err *e)
{
    static const char *const keeps[] = {"counts", "hits", NULL};
    struct client_row *c = &out->row;
    uint8_t key_id[(CLIENT_KEY_ID_SIZE - 1) / 2];
    const char *name, *kept;
    enum assay_err rc;

    if ((rc = json_need_id(j, "id", &c->id, e)) != 0 ||
        (rc = need_name(j, "name", CLIENT_NAME_SIZE, &name, e)) != 0 ||
        (rc = need_hex(j, "key", key_id, sizeof key_id, e)) != 0 ||
        (rc = need_hex(j, "key_sha256", c->key_sha256, sizeof c->key_sha256, e)) != 0 ||
        (rc = need_word(j, "keeps", keeps, &kept, e)) != 0 || (rc = read_limits(j, c, e)) != 0)
        return rc;
    if (json_get(j, "cert_sha256") != NULL) {
        if ((rc = need_hex(j, "cert_sha256", c->cert_sha256, sizeof c->cert_sha256, e)) != 0 ||
            (rc = json_need_int(j, "cert_until_ms", 1, INT64_MAX, &c->cert_until_ms, e)) != 0)
            return rc;
        c->has_cert = true;
    }
    c->has_sha256 = true;
    str_hex(key_id, sizeof key_id, c->key_id);
    (void)snprintf(c->name, sizeof c->name, "%s", name);
    (void)snprintf(c->keeps, sizeof c->keeps, "%s", kept);
    return read_rights(a, j, out, e);
}

static enum assay_err read_clients(struct arena *a, const struct json *root,
                                   struct feed_answer *out, struct err *e)
{
    const struct json *array;
    enum assay_err rc = need_array(root, "clients", &array, e);

    if (rc != ASSAY_OK)
        return rc;
    struct feed_client *clients = arena_alloc(a, (array->size + 1) * sizeof *clients);
    for (const struct json *j = array->first; j != NULL && rc == ASSAY_OK; j = j->next)
        rc = read_client(a, j, &clients[out->client_count++], e);
    out->clients = clients;
    return rc;
}

/* ---- an answer ---- */

static enum assay_err read_changes(struct arena *a, const struct json *root,
                                   struct feed_answer *out, struct err *e)
{
    const char *time;
    enum assay_err rc;

    if ((rc = json_want_bool(root, "reset", &out->reset, e)) != 0 ||
        (rc = json_want_bool(root, "training", &out->training, e)) != 0 ||
        (rc = json_need_int(root, "seq", 0, INT64_MAX, &out->seq, e)) != 0 ||
        (rc = json_need_int(root, "head", out->seq, INT64_MAX, &out->head, e)) != 0 ||
        (rc = need_hex(root, "roster", out->roster, sizeof out->roster, e)) != 0 ||
        (rc = json_need_text(root, "time", 40, &time, e)) != 0)
        return rc;
    if (clock_parse(time, &out->time_ms) != ASSAY_OK || out->time_ms <= 0)
        return err_set(e, ASSAY_EFORMAT, "time is no time such as 2026-11-23T09:00:00Z");
    out->has_roster = json_get(root, "lists") != NULL;
    if (!out->has_roster)
        return ASSAY_OK;
    rc = read_lists(a, root, out, e);
    return rc != ASSAY_OK ? rc : read_clients(a, root, out, e);
}

static enum assay_err read_page(const struct json *root, struct feed_answer *out, struct err *e)
{
    const struct json *next = json_get(root, "next");

    if (next == NULL || next->kind == JSON_IS_NULL)
        return next != NULL ? ASSAY_OK : err_set(e, ASSAY_EFORMAT, "next is missing");
    return json_need_id(root, "next", &out->next, e);
}

enum assay_err feed_answer_parse(struct arena *a, enum feed_form form, const void *bytes,
                                 size_t size, struct feed_answer *out, struct err *e)
{
    struct json *root;
    int64_t version;
    enum assay_err rc;

    *out = (struct feed_answer){0};
    if ((rc = json_parse(a, bytes, size, &root, e)) != 0)
        return rc;
    if ((rc = json_need_int(root, "version", 1, INT64_MAX, &version, e)) != 0)
        return rc;
    if (version != VERSION)
        return err_set(e, ASSAY_EVERSION,
                       "the feed is of version %lld; this node reads version %d: update it",
                       (long long)version, VERSION);
    if ((rc = need_hex(root, "epoch", out->epoch, sizeof out->epoch, e)) != 0)
        return rc;
    rc = form == FEED_CHANGES ? read_changes(a, root, out, e) : read_page(root, out, e);
    return rc != ASSAY_OK ? rc : read_records(a, root, out, e);
}
