/* Reading what a client asks about, token by token. */
#include "http/match_body.h"

#include <string.h>

#include "assay/pdq.h"
#include "base/str.h"

#define TOKEN_MAX 1024

static void add(struct service_ask *ask, enum match_kind kind, const uint8_t *bytes)
{
    struct service_hash *h = &ask->hashes[ask->count++];

    h->kind = kind;
    memcpy(h->bytes, bytes, match_bytes(kind));
}

static void add_pdq(const struct machine *who, const char *value, int64_t quality,
                    struct service_ask *out)
{
    char lower[2 * ASSAY_PDQ_BYTES + 1];
    struct assay_pdq pdq;

    for (size_t i = 0; i < sizeof lower; i++)
        lower[i] = (char)(value[i] >= 'A' && value[i] <= 'F' ? value[i] + 'a' - 'A' : value[i]);
    if (assay_pdq_from_hex(lower, sizeof lower - 1, &pdq) != ASSAY_OK) {
        out->reason = "format";
        return;
    }
    out->reason = service_refuses(who, pdq.bytes, quality);
    if (out->reason == NULL)
        add(out, MATCH_PDQ, pdq.bytes);
}

static bool is_kind(const char *kind, enum match_kind k)
{
    return kind == NULL || str_equal(kind, match_name(k));
}

void match_body_ask(const struct machine *who, const char *value, const char *kind, int64_t quality,
                    struct service_ask *out)
{
    static const enum match_kind digests[] = {MATCH_MD5, MATCH_SHA1, MATCH_SHA256};
    uint8_t bytes[MATCH_HASH_MAX];
    size_t size = strlen(value);
    bool is_known = kind == NULL || str_equal(kind, match_name(MATCH_PDQ));

    out->count = 0;
    out->reason = NULL;
    for (size_t i = 0; i < sizeof digests / sizeof digests[0]; i++) {
        is_known = is_known || str_equal(kind, match_name(digests[i]));
        if (size == 2 * match_bytes(digests[i]) && is_kind(kind, digests[i]) &&
            str_unhex(value, bytes, size / 2) == ASSAY_OK)
            add(out, digests[i], bytes);
    }
    if (size == 2 * ASSAY_PDQ_BYTES && is_kind(kind, MATCH_PDQ))
        add_pdq(who, value, quality, out);
    if (out->count > 0 || out->reason != NULL) {
        /* As a digest it was looked up: nobody said that it is a PDQ. */
        out->reason = kind == NULL ? (out->count > 0 ? NULL : "format") : out->reason;
        return;
    }
    out->reason = is_known ? "format" : "kind";
}

/* ---- the body ---- */

struct reading {
    struct json_reader *r;
    const struct machine *who;
    struct match_body *out;
    size_t room;
    enum json_token token;
    const char *text;
    size_t size;
};

static enum assay_err next(struct reading *g, struct err *e)
{
    return json_next(g->r, &g->token, &g->text, &g->size, e);
}

static enum assay_err wrong(const struct reading *g, const char *what, struct err *e)
{
    return err_set(e, ASSAY_EFORMAT, "line %llu: %s", (unsigned long long)json_line(g->r), what);
}

static enum assay_err number(struct reading *g, const char *what, int64_t max, int64_t *out,
                             struct err *e)
{
    if (g->token != JSON_NUMBER || str_int64(g->text, 0, max, out) != ASSAY_OK)
        return wrong(g, what, e);
    return ASSAY_OK;
}

enum member { MEMBER_VALUE = 1, MEMBER_KIND = 2, MEMBER_QUALITY = 4 };

struct hash {
    unsigned seen; /* enum member */
    char value[2 * MATCH_HASH_MAX + 2], kind[16];
    int64_t quality;
};

/* Longer text is cut: it has no length of a hash then, and no name of a kind. */
static void copy(char *out, size_t room, const struct reading *g)
{
    size_t size = g->size < room - 1 ? g->size : room - 1;

    memcpy(out, g->text, size);
    out[size] = '\0';
}

/* The token is a key; its value follows. */
static enum assay_err read_member(struct reading *g, struct hash *h, struct err *e)
{
    enum member m = str_equal(g->text, "value")     ? MEMBER_VALUE
                    : str_equal(g->text, "kind")    ? MEMBER_KIND
                    : str_equal(g->text, "quality") ? MEMBER_QUALITY
                                                    : 0;
    enum assay_err rc;

    if (m == 0)
        return wrong(g, "a hash has the members value, kind and quality", e);
    if ((h->seen & m) != 0)
        return wrong(g, "a member is there twice", e);
    h->seen |= m;
    if ((rc = next(g, e)) != 0)
        return rc;
    if (m == MEMBER_QUALITY)
        return number(g, "quality is a number from 0 to 100", 100, &h->quality, e);
    if (g->token != JSON_STRING)
        return wrong(g, "value and kind are texts", e);
    if (m == MEMBER_VALUE)
        copy(h->value, sizeof h->value, g);
    else
        copy(h->kind, sizeof h->kind, g);
    return ASSAY_OK;
}

/* The token begins an element of the array. */
static enum assay_err read_hash(struct reading *g, struct err *e)
{
    struct hash h = {.quality = -1};
    enum assay_err rc;

    if (g->out->count == SERVICE_ASKS_MAX)
        return err_set(e, ASSAY_ELIMIT, "more than %d hashes; send them in several requests",
                       SERVICE_ASKS_MAX);
    if (g->token == JSON_STRING) {
        h.seen = MEMBER_VALUE;
        copy(h.value, sizeof h.value, g);
    } else if (g->token == JSON_OBJECT_BEGIN) {
        while ((rc = next(g, e)) == ASSAY_OK && g->token == JSON_KEY) {
            if ((rc = read_member(g, &h, e)) != 0)
                return rc;
        }
        if (rc != ASSAY_OK)
            return rc;
    } else {
        return wrong(g, "a hash is a text or an object", e);
    }
    if ((h.seen & MEMBER_VALUE) == 0)
        return wrong(g, "a hash has no value", e);
    if (g->out->count == g->room) {
        g->room = g->room == 0 ? 16 : 2 * g->room;
        g->out->asks = mem_resize(g->out->asks, g->room, sizeof *g->out->asks);
    }
    match_body_ask(g->who, h.value, (h.seen & MEMBER_KIND) != 0 ? h.kind : NULL, h.quality,
                   &g->out->asks[g->out->count++]);
    return ASSAY_OK;
}

static enum assay_err read_hashes(struct reading *g, struct err *e)
{
    enum assay_err rc = next(g, e);

    if (rc == ASSAY_OK && g->token != JSON_ARRAY_BEGIN)
        return wrong(g, "hashes is an array", e);
    while (rc == ASSAY_OK && (rc = next(g, e)) == ASSAY_OK && g->token != JSON_ARRAY_END)
        rc = read_hash(g, e);
    return rc;
}

static enum assay_err read_body(struct reading *g, struct err *e)
{
    bool has_hashes = false, has_distance = false;
    enum assay_err rc = next(g, e);

    if (rc == ASSAY_OK && g->token != JSON_OBJECT_BEGIN)
        return wrong(g, "the body is an object", e);
    while (rc == ASSAY_OK && (rc = next(g, e)) == ASSAY_OK && g->token == JSON_KEY) {
        if (str_equal(g->text, "hashes") && !has_hashes) {
            has_hashes = true;
            rc = read_hashes(g, e);
        } else if (str_equal(g->text, "distance") && !has_distance) {
            has_distance = true;
            if ((rc = next(g, e)) == ASSAY_OK)
                rc = number(g, "distance is a number from 0 to 31", PEOPLE_DISTANCE_MAX,
                            &g->out->distance, e);
        } else {
            return wrong(g, "the body has hashes and distance, once each", e);
        }
    }
    if (rc == ASSAY_OK && (rc = next(g, e)) == ASSAY_OK && g->out->count == 0)
        rc = err_set(e, ASSAY_EFORMAT, "the body has no hashes");
    return rc;
}

enum assay_err match_body_parse(const struct machine *who, const void *bytes, size_t size,
                                struct match_body *out, struct err *e)
{
    struct match_body body = {.distance = PEOPLE_DISTANCE_MAX};
    struct reading g = {.who = who, .out = &body, .r = json_reader_new(bytes, size, TOKEN_MAX)};
    enum assay_err rc = read_body(&g, e);

    json_reader_free(g.r);
    if (rc == ASSAY_OK)
        *out = body;
    else
        match_body_clear(&body);
    return rc;
}

void match_body_clear(struct match_body *b)
{
    mem_free(b->asks);
    *b = (struct match_body){0};
}
