/* Claims items, has them decoded in the sandbox, seals their renditions and moves their tasks on.
 */
#include "flow/identify/identify.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/rand.h"
#include "base/str.h"
#include "store/facet.h"
#include "store/item.h"
#include "store/match.h"
#include "store/task.h"

#define HOLD_MS     (120 * 1000)         /* a decoder may take 20 s; then other processes may try */
#define TRIES_MAX   3                    /* faults of the machine, such as a full disk, come back */
#define PICTURE_MAX (512u * 1024 * 1024) /* bytes of a file that is given to a decoder */
#define TASKS_MAX   64                   /* schemes an item is graded under */
#define MAKER_SIZE  64

struct job {
    struct world *world;
    uint8_t holder[16];
    int64_t tries;
    struct item_row item;
    struct blob_row original;
    struct audit_event_id event;
    bool extension_differs;
    bool again;   /* identified before: its type may be told better now */
    bool retyped; /* and was: item.mime and item.kind are new */
    char maker[MAKER_SIZE];

    struct decode_picture picture;
    struct decode_encoded encoded[DECODE_RENDITION_COUNT];
    struct vault_blob blobs[DECODE_RENDITION_COUNT];
    bool sealed[DECODE_RENDITION_COUNT];
    const char *failure; /* NULL: it is a picture to show */

    uint8_t old_blobs[DECODE_RENDITION_COUNT][16]; /* replaced; taken away after the commit */
    size_t old_count;
};

/* Whether the name's ending is of a type that we know, but not of the one that the bytes are. */
static bool ending_differs(const char *path, enum decode_type type)
{
    static const struct {
        const char *ending;
        enum decode_type type;
    } known[] = {
        {".jpg", DECODE_TYPE_JPEG},      {".jpeg", DECODE_TYPE_JPEG},
        {".jpe", DECODE_TYPE_JPEG},      {".jfif", DECODE_TYPE_JPEG},
        {".png", DECODE_TYPE_PNG},       {".webp", DECODE_TYPE_WEBP},
        {".gif", DECODE_TYPE_GIF},       {".bmp", DECODE_TYPE_BMP},
        {".tif", DECODE_TYPE_TIFF},      {".tiff", DECODE_TYPE_TIFF},
        {".heic", DECODE_TYPE_HEIF},     {".heif", DECODE_TYPE_HEIF},
        {".jxl", DECODE_TYPE_JXL},       {".jp2", DECODE_TYPE_JP2},
        {".psd", DECODE_TYPE_PSD},       {".ico", DECODE_TYPE_ICO},
        {".tga", DECODE_TYPE_TGA},       {".ppm", DECODE_TYPE_PNM},
        {".pgm", DECODE_TYPE_PNM},       {".pbm", DECODE_TYPE_PNM},
        {".pam", DECODE_TYPE_PNM},       {".qoi", DECODE_TYPE_QOI},
        {".dds", DECODE_TYPE_DDS},       {".sgi", DECODE_TYPE_SGI},
        {".pcx", DECODE_TYPE_PCX},       {".ras", DECODE_TYPE_SUN},
        {".avif", DECODE_TYPE_AVIF},     {".pdf", DECODE_TYPE_PDF},
        {".svg", DECODE_TYPE_SVG},       {".mp4", DECODE_TYPE_MP4},
        {".mov", DECODE_TYPE_MP4},       {".mkv", DECODE_TYPE_MATROSKA},
        {".webm", DECODE_TYPE_MATROSKA}, {".avi", DECODE_TYPE_AVI},
        {".zip", DECODE_TYPE_ZIP},       {".txt", DECODE_TYPE_COUNT},
        {".doc", DECODE_TYPE_COUNT},     {".exe", DECODE_TYPE_COUNT},
        {".html", DECODE_TYPE_COUNT},
    };
    const char *dot = strrchr(path, '.');

    if (dot == NULL || strchr(dot, '/') != NULL)
        return false;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcasecmp(dot, known[i].ending) == 0)
            return known[i].type != type;
    }
    return false;
}

static enum decode_type type_of_mime(const char *mime)
{
    for (unsigned t = 0; t < DECODE_TYPE_COUNT; t++) {
        if (str_equal(mime, decode_type_mime((enum decode_type)t)))
            return (enum decode_type)t;
    }
    return DECODE_TYPE_UNKNOWN;
}

static enum assay_err look_at_name(void *ctx, const struct sighting_row *s, const char *batch_name)
{
    struct job *j = ctx;
    struct arena *a = arena_new();
    struct json *root;
    struct buf plain;

    (void)batch_name;
    buf_init(&plain, 1 << 20);
    if (keys_open_sealed(j->world->keys, &s->id, sizeof s->id, s->text_sealed, s->text_size, &plain,
                         NULL) == ASSAY_OK &&
        json_parse(a, plain.data, plain.size, &root, NULL) == ASSAY_OK) {
        const struct json *path = json_get(root, "path");
        if (path != NULL && path->kind == JSON_IS_STRING &&
            ending_differs(path->text, type_of_mime(j->item.mime)))
            j->extension_differs = true;
    }
    buf_wipe(&plain);
    arena_free(a);
    return ASSAY_OK;
}

/* The claim is what stands in the record for the decoder's opening of the file. */
static enum assay_err claim(struct tx *tx, void *ctx, struct err *e)
{
    struct job *j = ctx;
    int64_t now = clock_now_ms(), item_id;
    struct picture_row before;
    enum assay_err rc;

    if ((rc = identify_job_claim(tx, j->holder, now, now + HOLD_MS, &item_id, &j->tries, e)) != 0 ||
        (rc = item_get(tx, item_id, &j->item, e)) != 0 ||
        (rc = blob_find(tx, item_id, "original", &j->original, e)) != 0)
        return rc;
    rc = picture_get(tx, item_id, &before, e);
    if (rc != ASSAY_OK && rc != ASSAY_ENOTFOUND)
        return rc;
    j->again = rc == ASSAY_OK;
    j->extension_differs = false;
    if ((rc = sighting_each(tx, item_id, look_at_name, j, e)) != 0)
        return rc;
    struct audit_entry entry = {.action = AUDIT_ITEM_OPENED,
                                .actor = people_system(),
                                .objects = {{"item", item_id}},
                                .purpose = "identify"};
    return audit_write(tx, &entry, &j->event, e);
}

/* What the decoder said, as the word that the store keeps. *mine true: the machine's fault, not the
 * file's. */
static const char *failure_of(enum assay_err rc, bool *mine)
{
    *mine = false;
    switch (rc) {
    case ASSAY_OK:
        return NULL;
    case ASSAY_EUNSUPPORTED:
        return "unsupported";
    case ASSAY_EFORMAT:
        return "undecodable";
    case ASSAY_ELIMIT:
        return "limit";
    case ASSAY_EDAMAGED:
        return "crashed";
    default:
        *mine = true;
        return NULL;
    }
}

static enum assay_err open_original(struct job *j, struct buf *plain, struct err *e)
{
    struct vault_blob blob = {.size = (uint64_t)j->original.size};

    memcpy(blob.id, j->original.id, sizeof blob.id);
    memcpy(blob.wrapped, j->original.wrapped, sizeof blob.wrapped);
    return vault_get(j->world->vault, &blob, &j->event, plain, e);
}

/* The type as the bytes say, when an older version had told another. */
static void retype(struct job *j, enum decode_type type)
{
    static const char *const kinds[] = {[DECODE_KIND_PICTURE] = "picture",
                                        [DECODE_KIND_VIDEO] = "video",
                                        [DECODE_KIND_OTHER] = "other"};
    const char *mime = decode_type_mime(type);

    if (str_equal(mime, j->item.mime))
        return;
    (void)snprintf(j->item.mime, sizeof j->item.mime, "%s", mime);
    (void)snprintf(j->item.kind, sizeof j->item.kind, "%s", kinds[decode_type_kind(type)]);
    j->retyped = true;
}

/* Who says so. Where a program is missing its name is in it, so that the item is tried again once
 * the program is there. */
static const char *maker_without(enum decode_program program, char out[MAKER_SIZE])
{
    (void)snprintf(out, MAKER_SIZE, "%s without %s", DECODE_VERSION, decode_program_name(program));
    return out;
}

static void name_maker(struct job *j)
{
    const enum decode_type type = type_of_mime(j->item.mime);

    if (j->failure != NULL && str_equal(j->failure, "unsupported") && decode_type_supported(type) &&
        !decode_env_supports(j->world->decode, type))
        (void)maker_without(decode_type_program(type), j->maker);
    else
        (void)snprintf(j->maker, sizeof j->maker, "%s", DECODE_VERSION);
}

/* Decode, encode and seal. An error is the machine's; the file's own faults go to j->failure. */
static enum assay_err make(struct job *j, struct err *e)
{
    enum decode_type type = type_of_mime(j->item.mime);
    struct buf plain;
    enum assay_err rc;
    bool mine = false;

    if (!decode_env_supports(j->world->decode, type) &&
        !(j->again && type == DECODE_TYPE_UNKNOWN)) {
        j->failure = "unsupported";
        return ASSAY_OK;
    }
    if ((uint64_t)j->item.size > PICTURE_MAX) {
        j->failure = type == DECODE_TYPE_UNKNOWN ? "unsupported" : "limit";
        return ASSAY_OK;
    }
    buf_init(&plain, PICTURE_MAX);
    if ((rc = open_original(j, &plain, e)) != 0)
        goto out;
    if (j->again)
        retype(j, decode_sniff(plain.data, plain.size));
    rc = decode_picture(j->world->decode, plain.data, plain.size, &j->picture, e);
    buf_wipe(&plain); /* the bytes of the file are not needed from here on */
    if (rc == ASSAY_OK)
        rc = decode_encode(j->world->decode, &j->picture, j->encoded, e);
    j->failure = failure_of(rc, &mine);
    if (rc != ASSAY_OK) {
        rc = mine ? rc : ASSAY_OK;
        goto out;
    }
    for (size_t i = 0; rc == ASSAY_OK && i < DECODE_RENDITION_COUNT; i++) {
        const struct buf *b = &j->encoded[i].bytes;
        if (b->size == 0)
            continue; /* a sheet of one picture */
        rc = vault_put(j->world->vault, b->data, b->size, &j->blobs[i], e);
        j->sealed[i] = rc == ASSAY_OK;
    }
out:
    buf_wipe(&plain);
    return rc;
}

static enum assay_err put_renditions(struct tx *tx, struct job *j, struct err *e)
{
    enum assay_err rc;

    j->old_count = 0;
    for (size_t i = 0; i < DECODE_RENDITION_COUNT; i++) {
        const char *name = decode_rendition_name((enum decode_rendition)i);
        rc = blob_delete_rendition(tx, j->item.id, name, j->old_blobs[j->old_count], e);
        if (rc == ASSAY_OK)
            j->old_count++;
        else if (rc != ASSAY_ENOTFOUND)
            return rc;
        if (!j->sealed[i])
            continue;
        struct blob_row b = {.size = (int64_t)j->blobs[i].size,
                             .item_id = j->item.id,
                             .created_ms = clock_now_ms(),
                             .rendition = name,
                             .width = j->encoded[i].width,
                             .height = j->encoded[i].height,
                             .maker = DECODE_VERSION};
        memcpy(b.id, j->blobs[i].id, sizeof b.id);
        memcpy(b.wrapped, j->blobs[i].wrapped, sizeof b.wrapped);
        if ((rc = blob_insert(tx, &b, e)) != 0)
            return rc;
    }
    return ASSAY_OK;
}

/* None where the picture cannot be shown. */
static uint32_t facet_count(const struct job *j)
{
    return j->failure == NULL ? j->picture.facet_count : 0;
}

static enum assay_err put_facets(struct tx *tx, const struct job *j, struct err *e)
{
    enum assay_err rc = facet_delete(tx, j->item.id, e);

    for (uint32_t i = 0; rc == ASSAY_OK && i < facet_count(j); i++) {
        const struct decode_facet *f = &j->picture.facets[i];
        const char *reason = decode_pdq_reason_name(f->pdq_reason);
        struct facet_row row = {.item_id = j->item.id,
                                .number = i + 1,
                                .place = f->index,
                                .width = f->width,
                                .height = f->height,
                                .pdq_quality = f->has_pdq ? f->pdq.quality : 0,
                                .has_pdq = f->has_pdq,
                                .maker = DECODE_VERSION};

        (void)snprintf(row.kind, sizeof row.kind, "%s", decode_facet_kind_name(f->kind));
        (void)snprintf(row.reason, sizeof row.reason, "%s", reason == NULL ? "" : reason);
        memcpy(row.pdq, f->pdq.bytes, sizeof row.pdq);
        rc = facet_insert(tx, &row, e);
    }
    return rc;
}

static struct picture_row row_of(const struct job *j)
{
    const struct decode_picture *p = &j->picture;
    const char *reason = decode_pdq_reason_name(p->pdq_reason);
    struct picture_row row = {.item_id = j->item.id,
                              .pixel_policy = DECODE_PIXEL_POLICY,
                              .width = p->width,
                              .height = p->height,
                              .frames = p->frames,
                              .frames_seen = p->frames_seen,
                              .orientation = p->orientation,
                              .flags = p->flags,
                              .pdq_quality = p->has_pdq ? p->pdq.quality : 0,
                              .made_ms = clock_now_ms(),
                              .has_pdq = p->has_pdq,
                              .has_oriented = p->has_pdq_oriented,
                              .maker = j->maker};

    if (j->failure != NULL) {
        reason = decode_pdq_reason_name(DECODE_PDQ_NONE);
        (void)snprintf(row.failure, sizeof row.failure, "%s", j->failure);
    }
    if (j->extension_differs)
        row.flags |= DECODE_EXTENSION_DIFFERS;
    if (reason != NULL)
        (void)snprintf(row.reason, sizeof row.reason, "%s", reason);
    memcpy(row.pdq, p->pdq.bytes, sizeof row.pdq);
    memcpy(row.pdq_oriented, p->pdq_oriented.bytes, sizeof row.pdq_oriented);
    return row;
}

/* Tasks that wait for the decoder go on; those that are further along keep their place. */
static enum assay_err move_tasks(struct tx *tx, const struct job *j, struct err *e)
{
    int64_t ids[TASKS_MAX];
    enum flow_event ev = FLOW_IDENTIFIED;
    struct task t;
    size_t n;
    enum assay_err rc = task_ids_of_item(tx, j->item.id, ids, TASKS_MAX, &n, e);

    if (j->failure != NULL)
        ev = str_equal(j->failure, "unsupported") ? FLOW_NOT_SUPPORTED : FLOW_NOT_DECODABLE;
    for (size_t i = 0; rc == ASSAY_OK && i < n; i++) {
        if ((rc = flow_task(tx, ids[i], &t, e)) != 0)
            break;
        if (t.state == FLOW_RECEIVED || t.state == FLOW_UNSUPPORTED || t.state == FLOW_UNDECODABLE)
            rc = flow_move(tx, &t, ev, 0, e);
    }
    return rc;
}

static int64_t sealed_count(const struct job *j)
{
    int64_t count = 0;

    for (size_t i = 0; i < DECODE_RENDITION_COUNT; i++)
        count += j->sealed[i];
    return count;
}

/* Names that agreed with the old type may not with the new one, and the other way round. */
static enum assay_err put_type(struct tx *tx, struct job *j, struct err *e)
{
    enum assay_err rc;

    if (!j->retyped)
        return ASSAY_OK;
    if ((rc = item_set_type(tx, &j->item, e)) != 0)
        return rc;
    j->extension_differs = false;
    return sighting_each(tx, j->item.id, look_at_name, j, e);
}

static enum assay_err commit(struct tx *tx, void *ctx, struct err *e)
{
    struct job *j = ctx;
    struct picture_row row;
    struct json_out o;
    struct buf data;
    enum assay_err rc;

    if ((rc = identify_job_done(tx, j->item.id, j->holder, e)) != 0 ||
        (rc = put_type(tx, j, e)) != 0)
        return rc;
    row = row_of(j);
    if ((rc = put_renditions(tx, j, e)) != 0 || (rc = picture_put(tx, &row, e)) != 0 ||
        (rc = put_facets(tx, j, e)) != 0 || (rc = match_job_put(tx, j->item.id, e)) != 0 ||
        (rc = move_tasks(tx, j, e)) != 0)
        return rc;
    buf_init(&data, 1024);
    json_out_init(&o, &data);
    json_object(&o, NULL);
    json_text(&o, "maker", j->maker);
    json_text(&o, "layers", decode_env_layers(j->world->decode));
    json_int(&o, "flags", row.flags);
    json_int(&o, "renditions", sealed_count(j));
    json_int(&o, "facets", facet_count(j));
    if (j->retyped)
        json_text(&o, "mime", j->item.mime);
    if (j->failure != NULL)
        json_text(&o, "failure", j->failure);
    json_object_end(&o);
    struct audit_entry entry = {.action = AUDIT_ITEM_IDENTIFIED,
                                .actor = people_system(),
                                .objects = {{"item", j->item.id}},
                                .outcome = j->failure == NULL ? NULL : "failed",
                                .data = buf_cstr(&data)};
    rc = audit_write(tx, &entry, NULL, e);
    buf_clear(&data);
    return rc;
}

/* Give the item back; another try may do. */
static enum assay_err give_up(struct tx *tx, void *ctx, struct err *e)
{
    struct job *j = ctx;

    return identify_job_release(tx, j->item.id, j->holder, e);
}

static void clear(struct job *j, enum assay_err rc)
{
    for (size_t i = 0; i < DECODE_RENDITION_COUNT; i++) {
        if (j->sealed[i] && rc != ASSAY_OK && rc != ASSAY_EIO) /* EIO: the rows may be there */
            vault_remove(j->world->vault, j->blobs[i].id);
    }
    for (size_t i = 0; rc == ASSAY_OK && i < j->old_count; i++)
        vault_remove(j->world->vault, j->old_blobs[i]);
    decode_picture_clear(&j->picture);
    decode_encoded_clear(j->encoded);
}

enum assay_err identify_next(struct world *w, struct identify_counts *counts, struct err *e)
{
    struct job *j = mem_zalloc(sizeof *j);
    enum assay_err rc;

    assert(w->decode != NULL);
    j->world = w;
    rand_bytes(j->holder, sizeof j->holder);
    for (size_t i = 0; i < DECODE_RENDITION_COUNT; i++)
        buf_init(&j->encoded[i].bytes, 1);
    buf_init(&j->picture.view, 1);
    if ((rc = store_write(w->store, claim, j, e)) != 0) {
        mem_free(j);
        return rc;
    }
    rc = make(j, e);
    if (rc != ASSAY_OK && j->tries >= TRIES_MAX && rc != ASSAY_EFULL && rc != ASSAY_EKEY) {
        j->failure =
            rc == ASSAY_EDAMAGED ? "damaged" : "crashed"; /* the vault's bytes, or the child */
        for (size_t i = 0; i < DECODE_RENDITION_COUNT; i++) {
            if (j->sealed[i])
                vault_remove(w->vault, j->blobs[i].id);
            j->sealed[i] = false;
        }
        rc = ASSAY_OK;
    }
    name_maker(j);
    if (rc == ASSAY_OK)
        rc = store_write(w->store, commit, j, e);
    else
        (void)store_write(w->store, give_up, j, NULL);
    if (rc == ASSAY_OK && j->failure == NULL)
        counts->pictures++;
    else if (rc == ASSAY_OK && str_equal(j->failure, "unsupported"))
        counts->unsupported++;
    else if (rc == ASSAY_OK)
        counts->undecodable++;
    clear(j, rc);
    mem_free(j);
    return rc;
}

static enum assay_err waiting(struct tx *tx, void *ctx, struct err *e)
{
    return identify_job_count(tx, ctx, e);
}

enum assay_err identify_waiting(struct world *w, int64_t *count, struct err *e)
{
    return store_read(w->store, waiting, count, e);
}

struct again {
    const char *makers[IDENTIFY_MAKERS];
    int64_t *count;
};

static enum assay_err again(struct tx *tx, void *ctx, struct err *e)
{
    const struct again *a = ctx;

    return identify_job_again(tx, a->makers[0], a->count, e);
}

enum assay_err identify_again(struct world *w, enum identify_which which, int64_t *count,
                              struct err *e)
{
    struct again a = {{which == IDENTIFY_STALE ? DECODE_VERSION : NULL}, count};

    return store_write(w->store, again, &a, e);
}

static enum assay_err revive(struct tx *tx, void *ctx, struct err *e)
{
    const struct again *a = ctx;

    return identify_job_revive(tx, a->makers, a->count, e);
}

enum assay_err identify_revive(struct world *w, int64_t *count, struct err *e)
{
    char heif[MAKER_SIZE] = DECODE_VERSION, av[MAKER_SIZE] = DECODE_VERSION;
    struct again a = {.makers = {DECODE_VERSION, heif, av}, .count = count};

    if (decode_env_lacks(w->decode, DECODE_PROGRAM_HEIF) != NULL)
        (void)maker_without(DECODE_PROGRAM_HEIF, heif);
    if (decode_env_lacks(w->decode, DECODE_PROGRAM_AV) != NULL)
        (void)maker_without(DECODE_PROGRAM_AV, av);
    return store_write(w->store, revive, &a, e);
}
