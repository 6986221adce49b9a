/* The table of settings, and reading and changing them. */
#include "flow/settings.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/str.h"
#include "store/workspace.h"

static const struct setting table[] = {
    {"decode.side_max", "pixels a side of a picture", 65500, 64, 65500},
    {"decode.pixels_max", "pixels of a picture in all", 150000000, 4096, 150000000},
    {"decode.cpu_s", "seconds of CPU that decoding one file may take", 10, 1, 300},
    {"decode.wall_s", "seconds that decoding one file may take", 20, 1, 600},
    {"decode.memory_bytes", "bytes of memory that decoding one file may take", 1610612736,
     256000000, 8000000000},
    {"upload.size_max", "bytes of a file that is uploaded", 17179869184, 1048576, 1099511627776},
    {"upload.open_max", "uploads that one person may have open at a time", 200, 1, 10000},
    {"drop.settle_s", "seconds without a change before a dropped file is taken", 10, 1, 3600},
    {"archive.entries_max", "entries of an archive and the archives in it", 100000, 1, 1000000},
    {"archive.entry_bytes", "bytes that an entry of an archive may unpack to", 4294967296, 1,
     1099511627776},
    {"archive.total_bytes", "bytes that an archive and the archives in it may unpack to",
     107374182400, 1, 17592186044416},
    {"archive.ratio_max", "times that an entry may grow, beyond 10 MB", 200, 1, 1000000},
    {"match.hits_day_max", "items a day that a row of a list may match before it is in quarantine",
     1000, 1, 1000000000},
    {"match.hma",
     "1: routes in the form of HMA for clients (doc/matching.md); 2: programs of this machine need "
     "no key for them and are the client local; 0: none",
     0, 0, 2},
    {"archive.depth_max", "archives inside of each other, the outermost counted", 3, 1, 8},
};

const struct setting *settings_at(size_t index)
{
    return index < sizeof table / sizeof table[0] ? &table[index] : NULL;
}

static enum assay_err find(const char *name, const struct setting **out, struct err *e)
{
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (str_equal(table[i].name, name)) {
            *out = &table[i];
            return ASSAY_OK;
        }
    }
    return err_set(e, ASSAY_ENOTFOUND, "there is no setting %.60s; see assay setting list", name);
}

struct reading_one {
    const struct setting *setting;
    int64_t value;
};

static enum assay_err read_one(struct tx *tx, void *ctx, struct err *e)
{
    struct reading_one *r = ctx;
    struct buf text;

    buf_init(&text, 64);
    enum assay_err rc = setting_get(tx, r->setting->name, &text, e);
    r->value = r->setting->standard;
    if (rc == ASSAY_OK &&
        str_int64(buf_cstr(&text), r->setting->min, r->setting->max, &r->value) != ASSAY_OK)
        rc = err_set(e, ASSAY_EDAMAGED, "the stored setting %s is no number from %lld to %lld",
                     r->setting->name, (long long)r->setting->min, (long long)r->setting->max);
    buf_clear(&text);
    return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
}

enum assay_err settings_get(struct store *s, const char *name, int64_t *value, struct err *e)
{
    struct reading_one r = {0};
    enum assay_err rc = find(name, &r.setting, e);

    if (rc == ASSAY_OK)
        rc = store_read(s, read_one, &r, e);
    if (rc == ASSAY_OK)
        *value = r.value;
    return rc;
}

enum assay_err settings_list(struct world *w, struct buf *answer, struct err *e)
{
    struct json_out o;
    enum assay_err rc = ASSAY_OK;
    int64_t value;

    buf_reset(answer);
    json_out_init(&o, answer);
    json_object(&o, NULL);
    json_array(&o, "settings");
    for (const struct setting *s = table; s < table + sizeof table / sizeof table[0]; s++) {
        if ((rc = settings_get(w->store, s->name, &value, e)) != 0)
            return rc;
        json_object(&o, NULL);
        json_text(&o, "name", s->name);
        json_text(&o, "what", s->what);
        json_int(&o, "value", value);
        json_int(&o, "standard", s->standard);
        json_int(&o, "min", s->min);
        json_int(&o, "max", s->max);
        json_object_end(&o);
    }
    json_array_end(&o);
    json_object_end(&o);
    return rc;
}

struct changing {
    struct audit_actor by;
    struct reading_one old;
    int64_t value;
};

static enum assay_err change(struct tx *tx, void *ctx, struct err *e)
{
    struct changing *c = ctx;
    char text[24], data[160];
    enum assay_err rc = read_one(tx, &c->old, e);

    if (rc != ASSAY_OK)
        return rc;
    (void)snprintf(text, sizeof text, "%lld", (long long)c->value);
    if ((rc = setting_set(tx, c->old.setting->name, text, clock_now_ms(), e)) != 0)
        return rc;
    (void)snprintf(data, sizeof data, "{\"setting\":\"%s\",\"from\":%lld,\"to\":%lld}",
                   c->old.setting->name, (long long)c->old.value, (long long)c->value);
    struct audit_entry entry = {.action = AUDIT_SETTING_CHANGED, .actor = c->by, .data = data};
    return audit_write(tx, &entry, NULL, e);
}

enum assay_err settings_set(struct world *w, struct audit_actor by, const char *name, int64_t value,
                            struct err *e)
{
    struct changing c = {.by = by, .value = value};
    enum assay_err rc = find(name, &c.old.setting, e);

    if (rc != ASSAY_OK)
        return rc;
    if (value < c.old.setting->min || value > c.old.setting->max)
        return err_set(e, ASSAY_ERANGE, "%s is from %lld to %lld", name,
                       (long long)c.old.setting->min, (long long)c.old.setting->max);
    return store_write(w->store, change, &c, e);
}

/* The values of several settings, by their names. */
static enum assay_err get_all(struct store *s, const char *const *names, size_t count, int64_t *v,
                              struct err *e)
{
    for (size_t i = 0; i < count; i++) {
        enum assay_err rc = settings_get(s, names[i], &v[i], e);
        if (rc != ASSAY_OK)
            return rc;
    }
    return ASSAY_OK;
}

enum assay_err settings_unpack_limits(struct store *s, struct unpack_limits *out, struct err *e)
{
    static const char *const names[] = {"archive.entries_max", "archive.entry_bytes",
                                        "archive.total_bytes", "archive.ratio_max",
                                        "archive.depth_max"};
    int64_t v[5];
    enum assay_err rc = get_all(s, names, 5, v, e);

    if (rc != ASSAY_OK)
        return rc;
    *out = (struct unpack_limits){.entries_max = (uint32_t)v[0],
                                  .entry_bytes = (uint64_t)v[1],
                                  .total_bytes = (uint64_t)v[2],
                                  .ratio_max = (uint32_t)v[3],
                                  .depth_max = (uint32_t)v[4]};
    return ASSAY_OK;
}

enum assay_err settings_decode_limits(struct store *s, struct decode_limits *out, struct err *e)
{
    static const char *const names[] = {"decode.side_max", "decode.pixels_max", "decode.cpu_s",
                                        "decode.wall_s", "decode.memory_bytes"};
    int64_t v[5];
    enum assay_err rc = get_all(s, names, 5, v, e);

    if (rc != ASSAY_OK)
        return rc;
    *out = (struct decode_limits){.side_max = (uint32_t)v[0],
                                  .pixels_max = (uint64_t)v[1],
                                  .cpu_s = (uint32_t)v[2],
                                  .wall_s = (uint32_t)v[3],
                                  .memory_bytes = (uint64_t)v[4]};
    return ASSAY_OK;
}
