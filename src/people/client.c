/* Adding, changing and listing clients, and their keys. */
#include "people/client.h"

#include <assert.h>
#include <stdio.h>
#include <sodium.h>
#include <string.h>

#include "base/clock.h"
#include "base/rand.h"
#include "base/str.h"
#include "store/list.h"

#define SECRET_BYTES 32
#define USUAL_RATE   1000
#define USUAL_BURST  20000
#define COUNT_DAYS   30 /* that a listing shows */
#define DAY_MS       (24LL * 60 * 60 * 1000)

static const char prefix[] = "assay_";
static_assert(sizeof prefix - 1 + CLIENT_KEY_ID_SIZE + 2 * SECRET_BYTES + 1 == PEOPLE_KEY_SIZE,
              "prefix, id, a line, secret, NUL");

static enum assay_err check_name(const char *name, struct err *e)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789._-";
    size_t size = strlen(name);

    if (size == 0 || size >= CLIENT_NAME_SIZE || strspn(name, letters) != size ||
        strchr("._-", name[0]) != NULL)
        return err_set(e, ASSAY_ERANGE,
                       "a name has 1 to %d of a-z, 0-9, '.', '_' and '-', and begins with "
                       "a letter or digit",
                       CLIENT_NAME_SIZE - 1);
    return ASSAY_OK;
}

static enum assay_err within(const char *what, int64_t value, int64_t min, int64_t max,
                             struct err *e)
{
    if (value < min || value > max)
        return err_set(e, ASSAY_ERANGE, "%s is a number from %lld to %lld", what, (long long)min,
                       (long long)max);
    return ASSAY_OK;
}

/* What is asked for in place of what is there. */
static enum assay_err apply(const struct people_client_limits *l, struct client_row *c,
                            struct err *e)
{
    const char *keeps = l->keeps == NULL ? c->keeps : l->keeps;
    enum assay_err rc;

    c->rate = l->rate < 0 ? c->rate : l->rate;
    c->burst = l->burst < 0 ? c->burst : l->burst;
    c->distance_max = l->distance_max < 0 ? c->distance_max : l->distance_max;
    c->quality_min = l->quality_min < 0 ? c->quality_min : l->quality_min;
    c->expires_ms = l->expires_ms < 0 ? c->expires_ms : l->expires_ms;
    if (l->disabled >= 0)
        c->disabled_ms = l->disabled != 0 ? clock_now_ms() : 0;
    c->feeds = l->feeds < 0 ? c->feeds : l->feeds != 0;
    if ((rc = within("rate", c->rate, 1, PEOPLE_RATE_MAX, e)) != 0 ||
        (rc = within("burst", c->burst, 1, PEOPLE_BURST_MAX, e)) != 0 ||
        (rc = within("distance", c->distance_max, 0, PEOPLE_DISTANCE_MAX, e)) != 0 ||
        (rc = within("quality", c->quality_min, 0, 100, e)) != 0)
        return rc;
    if (!str_equal(keeps, "counts") && !str_equal(keeps, "hits"))
        return err_set(e, ASSAY_ERANGE, "what is kept is counts or hits");
    if (l->keeps != NULL)
        (void)snprintf(c->keeps, sizeof c->keeps, "%s", keeps);
    return ASSAY_OK;
}

void people_key_mac(const struct keys *k, const uint8_t sha256[CLIENT_MAC_BYTES],
                    uint8_t mac[CLIENT_MAC_BYTES])
{
    static_assert(CLIENT_MAC_BYTES == KEYS_MAC_BYTES, "as in the store");
    keys_ticket_mac(k, "client key", sha256, CLIENT_MAC_BYTES, mac);
}

static void new_key(const struct keys *k, struct client_row *c, char key[PEOPLE_KEY_SIZE])
{
    uint8_t id[(CLIENT_KEY_ID_SIZE - 1) / 2], secret[SECRET_BYTES];
    char hex[2 * SECRET_BYTES + 1];

    static_assert(sizeof c->key_sha256 == crypto_hash_sha256_BYTES, "of the secret");
    rand_bytes(id, sizeof id);
    rand_bytes(secret, sizeof secret);
    str_hex(id, sizeof id, c->key_id);
    (void)crypto_hash_sha256(c->key_sha256, secret, sizeof secret);
    c->has_sha256 = true;
    people_key_mac(k, c->key_sha256, c->key_mac);
    c->key_ms = clock_now_ms();
    str_hex(secret, sizeof secret, hex);
    (void)snprintf(key, PEOPLE_KEY_SIZE, "%s%s_%s", prefix, c->key_id, hex);
    mem_wipe(secret, sizeof secret);
    mem_wipe(hex, sizeof hex);
}

enum assay_err people_key_parse(const struct keys *k, const char *text, struct people_key *out)
{
    const size_t id_at = sizeof prefix - 1, secret_at = id_at + CLIENT_KEY_ID_SIZE;
    uint8_t secret[SECRET_BYTES], sha256[crypto_hash_sha256_BYTES];

    if (strlen(text) != PEOPLE_KEY_SIZE - 1 || !str_starts(text, prefix) ||
        text[secret_at - 1] != '_' ||
        str_unhex(text + secret_at, secret, sizeof secret) != ASSAY_OK)
        return ASSAY_EDENIED;
    memcpy(out->id, text + id_at, CLIENT_KEY_ID_SIZE - 1);
    out->id[CLIENT_KEY_ID_SIZE - 1] = '\0';
    (void)crypto_hash_sha256(sha256, secret, sizeof secret);
    people_key_mac(k, sha256, out->mac);
    keys_ticket_mac(k, "client", secret, SECRET_BYTES, out->old_mac);
    mem_wipe(secret, sizeof secret);
    return ASSAY_OK;
}

/* ---- changes ---- */

struct changing {
    const struct keys *keys; /* NULL: the key stays */
    struct audit_actor by;
    const char *name;
    const struct people_client_limits *limits; /* NULL: they stay */
    const char *list;                          /* NULL: no right changes */
    enum client_right right;
    struct client_row row, fresh; /* fresh: of which the new key is taken */
};

static enum assay_err write_entry(struct tx *tx, const struct changing *g, enum audit_action action,
                                  struct err *e)
{
    const struct client_row *c = &g->row;
    char data[256];

    (void)snprintf(
        data, sizeof data,
        "{\"name\":\"%s\",\"key\":\"%s\",\"rate\":%lld,\"burst\":%lld,"
        "\"distance\":%lld,\"quality\":%lld,\"keeps\":\"%s\",\"disabled\":%d,\"feed\":%d}",
        c->name, c->key_id, (long long)c->rate, (long long)c->burst, (long long)c->distance_max,
        (long long)c->quality_min, c->keeps, c->disabled_ms != 0, c->feeds);
    const struct audit_entry entry = {
        .action = action, .actor = g->by, .objects = {{"client", c->id}}, .data = data};
    return audit_write(tx, &entry, NULL, e);
}

static enum assay_err add(struct tx *tx, void *ctx, struct err *e)
{
    const struct changing *g = ctx;
    enum assay_err rc = client_insert(tx, &g->row, e);

    return rc != ASSAY_OK ? rc : write_entry(tx, g, AUDIT_CLIENT_ADDED, e);
}

enum assay_err people_client_add(struct store *s, const struct keys *k, struct audit_actor by,
                                 const char *name, const struct people_client_limits *limits,
                                 char key[PEOPLE_KEY_SIZE], struct err *e)
{
    struct changing g = {.by = by,
                         .row = {.id = rand_id(),
                                 .created_ms = clock_now_ms(),
                                 .rate = USUAL_RATE,
                                 .burst = USUAL_BURST,
                                 .distance_max = PEOPLE_DISTANCE_MAX,
                                 .quality_min = 50,
                                 .keeps = "counts"}};
    enum assay_err rc;

    if ((rc = check_name(name, e)) != 0 || (rc = apply(limits, &g.row, e)) != 0)
        return rc;
    (void)snprintf(g.row.name, sizeof g.row.name, "%s", name);
    new_key(k, &g.row, key);
    if ((rc = store_write(s, add, &g, e)) != 0)
        mem_wipe(key, PEOPLE_KEY_SIZE);
    return rc;
}

static enum assay_err find(struct tx *tx, const char *name, struct client_row *out, struct err *e)
{
    enum assay_err rc = client_find(tx, name, out, e);

    if (rc == ASSAY_ENOTFOUND)
        return err_set(e, rc, "there is no client named %.40s; see assay client list", name);
    return rc;
}

static enum assay_err write_right(struct tx *tx, const struct changing *g, const char *right,
                                  struct err *e)
{
    char data[160];

    (void)snprintf(data, sizeof data, "{\"name\":\"%s\",\"list\":\"%s\",\"right\":\"%s\"}",
                   g->row.name, g->list, right);
    const struct audit_entry entry = {.action = AUDIT_CLIENT_CHANGED,
                                      .actor = g->by,
                                      .objects = {{"client", g->row.id}},
                                      .data = data};
    return audit_write(tx, &entry, NULL, e);
}

static enum assay_err change(struct tx *tx, void *ctx, struct err *e)
{
    static const char *const words[] = {"none", "answer", "detail"};
    struct changing *g = ctx;
    enum assay_err rc = find(tx, g->name, &g->row, e);

    if (rc != ASSAY_OK)
        return rc;
    if (g->list != NULL) {
        if ((rc = client_list_set(tx, g->row.id, g->list, g->right, e)) != 0)
            return rc;
        return write_right(tx, g, words[g->right + 1], e);
    }
    if (g->keys != NULL) {
        memcpy(g->row.key_id, g->fresh.key_id, sizeof g->fresh.key_id);
        memcpy(g->row.key_mac, g->fresh.key_mac, sizeof g->fresh.key_mac);
        memcpy(g->row.key_sha256, g->fresh.key_sha256, sizeof g->fresh.key_sha256);
        g->row.has_sha256 = true;
        g->row.key_ms = g->fresh.key_ms;
    }
    if ((g->limits != NULL && (rc = apply(g->limits, &g->row, e)) != 0) ||
        (rc = client_put(tx, &g->row, e)) != 0)
        return rc;
    return write_entry(tx, g, AUDIT_CLIENT_CHANGED, e);
}

enum assay_err people_client_change(struct store *s, struct audit_actor by, const char *name,
                                    const struct people_client_limits *limits, struct err *e)
{
    struct changing g = {.by = by, .name = name, .limits = limits};

    return store_write(s, change, &g, e);
}

enum assay_err people_client_rotate(struct store *s, const struct keys *k, struct audit_actor by,
                                    const char *name, char key[PEOPLE_KEY_SIZE], struct err *e)
{
    struct changing g = {.keys = k, .by = by, .name = name};

    new_key(k, &g.fresh, key);
    enum assay_err rc = store_write(s, change, &g, e);
    if (rc != ASSAY_OK)
        mem_wipe(key, PEOPLE_KEY_SIZE);
    return rc;
}

enum assay_err people_client_right(struct store *s, struct audit_actor by, const char *name,
                                   const char *list, enum client_right right, struct err *e)
{
    struct changing g = {.by = by, .name = name, .list = list, .right = right};

    return store_write(s, change, &g, e);
}

/* ---- a certificate ---- */

struct certifying {
    struct audit_actor by;
    const char *name;
    const struct cert *cert; /* NULL: none */
    int64_t id;
};

static enum assay_err check_other(struct tx *tx, void *ctx, const struct client_row *c,
                                  struct err *e)
{
    const struct certifying *g = ctx;

    (void)tx;
    if (c->id == g->id || !c->has_cert ||
        memcmp(c->cert_sha256, g->cert->sha256, sizeof c->cert_sha256) != 0)
        return ASSAY_OK;
    return err_set(e, ASSAY_EEXISTS, "the client %s is known by this certificate", c->name);
}

static enum assay_err write_cert(struct tx *tx, const struct client_row *c,
                                 const struct certifying *g, struct err *e)
{
    char data[200], hex[2 * CERT_BYTES + 1] = "none";

    if (g->cert != NULL)
        str_hex(g->cert->sha256, sizeof g->cert->sha256, hex);
    (void)snprintf(data, sizeof data, "{\"name\":\"%s\",\"cert\":\"%s\"}", c->name, hex);
    const struct audit_entry entry = {.action = AUDIT_CLIENT_CHANGED,
                                      .actor = g->by,
                                      .objects = {{"client", c->id}},
                                      .data = data};
    return audit_write(tx, &entry, NULL, e);
}

static enum assay_err certify(struct tx *tx, void *ctx, struct err *e)
{
    struct certifying *g = ctx;
    struct client_row c;
    enum assay_err rc = find(tx, g->name, &c, e);

    if (rc != ASSAY_OK)
        return rc;
    g->id = c.id;
    c.has_cert = g->cert != NULL;
    if (c.has_cert) {
        memcpy(c.cert_sha256, g->cert->sha256, sizeof c.cert_sha256);
        c.cert_until_ms = g->cert->until_ms;
        if ((rc = client_each(tx, check_other, g, e)) != ASSAY_OK)
            return rc;
    }
    rc = client_put(tx, &c, e);
    return rc != ASSAY_OK ? rc : write_cert(tx, &c, g, e);
}

enum assay_err people_client_cert(struct store *s, struct audit_actor by, const char *name,
                                  const struct cert *cert, struct err *e)
{
    struct certifying g = {.by = by, .name = name, .cert = cert};

    static_assert(CERT_BYTES == CLIENT_MAC_BYTES, "as in the store");
    if (cert != NULL && cert->until_ms <= clock_now_ms())
        return err_set(e, ASSAY_ERANGE, "the certificate has ended");
    return store_write(s, certify, &g, e);
}

/* ---- a bank ---- */

static enum assay_err make_bank(struct tx *tx, void *ctx, struct err *e)
{
    struct changing *g = ctx;
    const struct list_row_head l = {.id = rand_id(),
                                    .name = g->list,
                                    .kind = "client",
                                    .trust = "candidate",
                                    .about_sealed = "",
                                    .created_ms = clock_now_ms()};
    enum assay_err rc = find(tx, g->name, &g->row, e);

    if (rc != ASSAY_OK)
        return rc;
    if ((rc = list_insert(tx, &l, e)) == ASSAY_EEXISTS)
        return err_set(e, rc, "a list named %.40s is there; take another name", g->list);
    if (rc != ASSAY_OK || (rc = client_bank_insert(tx, g->row.id, l.id, e)) != 0 ||
        (rc = client_list_set(tx, g->row.id, g->list, CLIENT_DETAIL, e)) != 0)
        return rc;
    return write_right(tx, g, "bank", e);
}

enum assay_err people_client_bank(struct store *s, struct audit_actor by, const char *name,
                                  const char *list, struct err *e)
{
    struct changing g = {.by = by, .name = name, .list = list};
    enum assay_err rc = check_name(list, e);

    return rc != ASSAY_OK ? rc : store_write(s, make_bank, &g, e);
}

/* ---- listing ---- */

struct listing {
    struct json_out o;
    struct buf *answer;
    const char *only; /* NULL: all */
    bool found;
};

static void list_right(void *ctx, int64_t list_id, const char *list, enum client_right right,
                       bool banks)
{
    struct listing *l = ctx;

    json_object(&l->o, NULL);
    json_id(&l->o, "list", list_id);
    json_text(&l->o, "name", list);
    json_bool(&l->o, "detail", right == CLIENT_DETAIL);
    json_bool(&l->o, "banks", banks);
    json_object_end(&l->o);
}

static void list_count(void *ctx, const struct client_count_row *c)
{
    struct listing *l = ctx;

    json_object(&l->o, NULL);
    json_time(&l->o, "day", c->day * DAY_MS);
    json_id(&l->o, "list", c->list_id);
    json_text(&l->o, "outcome", c->outcome);
    json_int(&l->o, "count", c->count);
    json_object_end(&l->o);
}

static enum assay_err list_one(struct tx *tx, void *ctx, const struct client_row *c, struct err *e)
{
    struct listing *l = ctx;
    enum assay_err rc;

    if (l->only != NULL && !str_equal(l->only, c->name))
        return ASSAY_OK;
    l->found = true;
    json_object(&l->o, NULL);
    json_id(&l->o, "client", c->id);
    json_text(&l->o, "name", c->name);
    json_text(&l->o, "key", c->key_id);
    json_time(&l->o, "created_at", c->created_ms);
    json_time(&l->o, "key_at", c->key_ms);
    json_time(&l->o, "expires_at", c->expires_ms);
    json_bool(&l->o, "disabled", c->disabled_ms != 0);
    json_int(&l->o, "rate", c->rate);
    json_int(&l->o, "burst", c->burst);
    json_int(&l->o, "distance_max", c->distance_max);
    json_int(&l->o, "quality_min", c->quality_min);
    json_text(&l->o, "keeps", c->keeps);
    json_bool(&l->o, "feed", c->feeds);
    json_hex(&l->o, "cert_sha256", c->cert_sha256, c->has_cert ? sizeof c->cert_sha256 : 0);
    json_time(&l->o, "cert_until", c->has_cert ? c->cert_until_ms : 0);
    json_array(&l->o, "lists");
    rc = client_lists(tx, c->id, list_right, l, e);
    json_array_end(&l->o);
    json_array(&l->o, "counts");
    if (rc == ASSAY_OK)
        rc = client_counts(tx, c->id, clock_now_ms() / DAY_MS - COUNT_DAYS, list_count, l, e);
    json_array_end(&l->o);
    json_object_end(&l->o);
    return rc;
}

static enum assay_err list(struct tx *tx, void *ctx, struct err *e)
{
    struct listing *l = ctx;

    buf_reset(l->answer);
    json_out_init(&l->o, l->answer);
    if (l->only == NULL) {
        json_object(&l->o, NULL);
        json_array(&l->o, "clients");
    }
    enum assay_err rc = client_each(tx, list_one, l, e);
    if (l->only == NULL) {
        json_array_end(&l->o);
        json_object_end(&l->o);
    } else if (rc == ASSAY_OK && !l->found) {
        return err_set(e, ASSAY_ENOTFOUND, "there is no client named %.40s", l->only);
    }
    return rc;
}

enum assay_err people_clients(struct store *s, const char *name, struct buf *answer, struct err *e)
{
    struct listing l = {.answer = answer, .only = name};

    return store_read(s, list, &l, e);
}
