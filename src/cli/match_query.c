/* assay match: one query against all lists, and what is said of it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "cli/cli.h"
#include "cli/match.h"
#include "flow/listed.h"

#define LIST_NAME_BYTES 8192

/* One record that was met, by the strongest of its hashes that did. */
struct found {
    size_t source; /* 0: lists in memory; else the snapshot of this number, from 1 */
    const struct listed *row;
    uint32_t distance;
    uint64_t record;
    enum match_kind kind;
    unsigned has;     /* which hash of the record */
    const char *turn; /* of the query, NULL: as stored */
};

struct match_asker {
    struct match_lists *lists;
    struct match_reader *reader;
    struct match_snapshot_reader **snapshots; /* as in lists */
    unsigned distance;
    struct found *found;
    size_t count, room;
};

struct match_asker *match_asker_new(struct match_lists *l, unsigned distance)
{
    struct match_asker *a = mem_zalloc(sizeof *a);

    a->lists = l;
    a->reader = match_reader_new(l->set);
    a->snapshots = mem_array(l->snapshot_count + 1, sizeof(struct match_snapshot_reader *));
    for (size_t i = 0; i < l->snapshot_count; i++)
        a->snapshots[i] = match_snapshot_reader_new(l->snapshots[i]);
    a->distance = distance;
    return a;
}

void match_asker_free(struct match_asker *a)
{
    if (a == NULL)
        return;
    for (size_t i = 0; i < a->lists->snapshot_count; i++)
        match_snapshot_reader_free(a->snapshots[i]);
    mem_free(a->snapshots);
    match_reader_free(a->reader);
    mem_free(a->found);
    mem_free(a);
}

void match_asker_announce(struct match_asker *a, const uint8_t *pdqs, size_t count)
{
    match_announce(a->reader, pdqs, count, a->distance);
    for (size_t i = 0; i < a->lists->snapshot_count; i++)
        match_snapshot_announce(a->snapshots[i], pdqs, count, a->distance);
}

/* Distances between PDQs, to tell which of a record's two was met. */
static unsigned bits_between(const uint8_t *a, const uint8_t *b)
{
    unsigned bits = 0;

    for (size_t i = 0; i < 32; i++)
        bits += (unsigned)__builtin_popcount((unsigned)(a[i] ^ b[i]));
    return bits;
}

static unsigned which_of(const struct listed *r, enum match_kind kind, unsigned distance,
                         const uint8_t *hash)
{
    const uint8_t *stored = listed_hash(r, LISTED_PDQ);

    if (kind != MATCH_PDQ)
        return 1u << kind; /* the first bits of enum listed_has are in this order */
    return stored != NULL && bits_between(stored, hash) == distance ? LISTED_PDQ : LISTED_ORIENTED;
}

static const struct listed *row_of(const struct match_lists *l, size_t source, uint64_t record)
{
    return source == 0 ? l->records[record]
                       : match_snapshot_record(l->snapshots[source - 1], record);
}

/* Hits of one source, as found. What a damaged snapshot names is passed over. */
static void keep(struct match_asker *a, size_t source, const struct found *like,
                 const uint8_t *hash, const struct match_hit *hits, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct listed *row = row_of(a->lists, source, hits[i].record);
        struct found f = *like;

        if (row == NULL || (like->kind == MATCH_PDQ && row->quality != LISTED_NO_QUALITY &&
                            row->quality < a->lists->min_quality))
            continue;
        f.source = source;
        f.row = row;
        f.distance = hits[i].distance;
        f.record = hits[i].record;
        f.has = which_of(row, f.kind, f.distance, hash);
        if (listed_hash(row, f.has) == NULL)
            continue;
        if (a->count == a->room) {
            a->room = a->room == 0 ? 64 : 2 * a->room;
            a->found = mem_resize(a->found, a->room, sizeof *a->found);
        }
        a->found[a->count++] = f;
    }
}

static void look(struct match_asker *a, enum match_kind kind, const uint8_t *hash, const char *turn)
{
    const struct found like = {.kind = kind, .turn = turn};
    const struct match_hit *hits;
    struct err e = {0};
    size_t count;
    enum assay_err rc = match_search(a->reader, kind, hash, a->distance, &hits, &count, &e);

    keep(a, 0, &like, hash, hits, count);
    for (size_t i = 0; i < a->lists->snapshot_count && rc == ASSAY_OK; i++) {
        rc = match_snapshot_search(a->snapshots[i], kind, hash, a->distance, &hits, &count, &e);
        keep(a, i + 1, &like, hash, hits, count);
    }
    if (rc != ASSAY_OK) {
        fprintf(stderr, "assay: %s\n", e.text); /* memory: as everywhere else */
        abort();
    }
}

/* SHA-256 before SHA-1, MD5 and PDQ. */
static int strength(enum match_kind kind)
{
    return kind == MATCH_PDQ ? 0 : 1 + (int)kind;
}

static int by_record(const void *left, const void *right)
{
    const struct found *a = left, *b = right;

    if (a->row != b->row)
        return a->row < b->row ? -1 : 1;
    if (a->kind != b->kind)
        return strength(b->kind) - strength(a->kind);
    return a->distance < b->distance ? -1 : a->distance > b->distance;
}

static int by_rank(const void *left, const void *right)
{
    const struct found *a = left, *b = right;

    if (a->distance != b->distance)
        return a->distance < b->distance ? -1 : 1;
    if (a->kind != b->kind)
        return strength(b->kind) - strength(a->kind);
    if (a->source != b->source)
        return a->source < b->source ? -1 : 1;
    return a->record < b->record ? -1 : a->record > b->record;
}

/* Of each record the strongest that met it, nearest first. */
static void put_in_order(struct match_asker *a)
{
    size_t kept = 0;

    if (a->count < 2)
        return;
    qsort(a->found, a->count, sizeof *a->found, by_record);
    for (size_t i = 1; i < a->count; i++) {
        if (a->found[i].row != a->found[kept].row)
            a->found[++kept] = a->found[i];
    }
    a->count = kept + 1;
    qsort(a->found, a->count, sizeof *a->found, by_rank);
}

/* A weaker digest is equal where a stronger one that both have differs: a forged file. */
static bool conflicts(const struct found *f, const struct listed *r, const struct match_query *q)
{
    const uint8_t *sha1 = listed_hash(r, LISTED_SHA1);
    const uint8_t *sha256 = listed_hash(r, LISTED_SHA256);

    if (f->kind == MATCH_PDQ || f->kind == MATCH_SHA256)
        return false;
    if (sha256 != NULL && (q->has & LISTFILE_SHA256) != 0 && memcmp(sha256, q->sha256, 32) != 0)
        return true;
    return f->kind == MATCH_MD5 && sha1 != NULL && (q->has & LISTFILE_SHA1) != 0 &&
           memcmp(sha1, q->sha1, 20) != 0;
}

static void write_list(const struct match_asker *a, const struct found *f, struct json_out *o)
{
    char name[LIST_NAME_BYTES];

    if (f->source == 0)
        json_text(o, "list", a->lists->names[f->row->list]);
    else if (match_snapshot_list(a->lists->snapshots[f->source - 1], f->row->list, name,
                                 sizeof name) > 0)
        json_text(o, "list", name);
    else
        json_null(o, "list");
}

static bool has_word(const char *text, const char *word)
{
    const size_t size = strlen(word);

    for (text += strspn(text, " ,;"); *text != '\0'; text += strspn(text, " ,;")) {
        const size_t length = strcspn(text, " ,;");
        if (length == size && memcmp(text, word, size) == 0)
            return true;
        text += length;
    }
    return false;
}

/* Whether the list says by its tag LISTED_GRID that the picture is made of several. */
static bool is_collage(const struct json *root)
{
    const struct json *tags = json_get(root, "tags");

    if (tags == NULL)
        return false;
    if (tags->kind == JSON_IS_STRING)
        return has_word(tags->text, LISTED_GRID);
    for (const struct json *t = tags->kind == JSON_IS_ARRAY ? tags->first : NULL; t != NULL;
         t = t->next) {
        if (t->kind == JSON_IS_STRING && str_equal(t->text, LISTED_GRID))
            return true;
    }
    return false;
}

/* What the list says; a file that was tampered with cannot put lines of its own between ours. */
static void write_record(const struct found *f, struct json_out *o)
{
    const size_t size = f->row->says_size;
    char *says = mem_alloc(size + 1);
    struct arena *a = arena_new();
    struct json *root = NULL;
    bool good = f->source == 0;

    memcpy(says, listed_says(f->row), size);
    says[size] = '\0';
    const bool may_be_collage = strstr(says, LISTED_GRID) != NULL; /* few are, and parsing costs */
    if ((!good && memchr(says, '\n', size) == NULL && strlen(says) == size) ||
        (good && may_be_collage)) {
        const bool object =
            json_parse(a, says, size, &root, NULL) == ASSAY_OK && root->kind == JSON_IS_OBJECT;
        good = good || object;
    }
    if (good)
        json_raw(o, "record", says);
    else
        json_null(o, "record");
    if (good && may_be_collage && is_collage(root))
        json_bool(o, "collage", true);
    arena_free(a);
    mem_free(says);
}

static void write_hit(const struct match_asker *a, const struct found *f,
                      const struct match_query *q, struct json_out *o)
{
    json_object(o, NULL);
    json_hex(o, "hash", listed_hash(f->row, f->has), match_bytes(f->kind));
    json_text(o, "kind", f->has == LISTED_ORIENTED ? "pdq_oriented" : match_name(f->kind));
    json_int(o, "distance", f->distance);
    if (f->turn != NULL)
        json_text(o, "turn", f->turn);
    if (conflicts(f, f->row, q))
        json_bool(o, "conflict", true);
    write_list(a, f, o);
    json_int(o, "line", (int64_t)f->row->line);
    write_record(f, o);
    json_object_end(o);
}

/* Whether some list has hashes of a kind that the query could not be held against. */
static const char *not_looked_up(const struct match_asker *a, const struct match_query *q)
{
    if (q->pdq_count == 0 && (a->lists->held & 1u << MATCH_PDQ) != 0 && q->no_pdq != NULL)
        return q->no_pdq;
    if ((q->has & a->lists->held) == 0)
        return "kind_not_listed";
    return NULL;
}

enum match_status match_ask(struct match_asker *a, const struct match_query *q, const char *error,
                            struct json_out *o)
{
    static const char *const names[] = {"no_match", "match", "unmatchable"};
    enum match_status status = MATCH_UNMATCHABLE;
    const char *reason = error;

    a->count = 0;
    if (error == NULL) {
        if ((q->has & LISTFILE_MD5) != 0)
            look(a, MATCH_MD5, q->md5, NULL);
        if ((q->has & LISTFILE_SHA1) != 0)
            look(a, MATCH_SHA1, q->sha1, NULL);
        if ((q->has & LISTFILE_SHA256) != 0)
            look(a, MATCH_SHA256, q->sha256, NULL);
        for (size_t i = 0; i < q->pdq_count; i++)
            look(a, MATCH_PDQ, q->pdqs[i].hash, q->pdqs[i].turn);
        put_in_order(a);
        reason = a->count > 0 ? NULL : not_looked_up(a, q);
        status = a->count > 0 ? MATCH_MATCH : reason != NULL ? MATCH_UNMATCHABLE : MATCH_NO_MATCH;
    }
    json_text(o, "status", names[status]);
    json_text(o, "reason", reason);
    json_array(o, "hits");
    for (size_t i = 0; i < a->count; i++)
        write_hit(a, &a->found[i], q, o);
    json_array_end(o);
    return status;
}
