/* assay match: lists are read into one set of hashes, and what they say is kept beside. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/match.h"

#define ENTRIES   4096 /* put into the set at once */
#define TOLD_EACH 20   /* refused lines of one file that are told */

/* Bits of enum listfile_has in the order in which a record keeps its hashes. */
static const struct {
    unsigned has;
    enum match_kind kind;
} kinds[] = {{LISTFILE_MD5, MATCH_MD5},
             {LISTFILE_SHA1, MATCH_SHA1},
             {LISTFILE_SHA256, MATCH_SHA256},
             {LISTFILE_PDQ, MATCH_PDQ},
             {LISTFILE_ORIENTED, MATCH_PDQ}};
#define KINDS (sizeof kinds / sizeof kinds[0])

/* One file being read. */
struct reading {
    struct match_lists *lists;
    uint32_t list;
    int fd, failed; /* errno of a read that failed */
    uint64_t refused;
    struct match_entry entries[ENTRIES];
    size_t entry_count;
};

static const uint8_t *given(const struct listfile_record *r, unsigned has)
{
    return has == LISTFILE_MD5      ? r->md5
           : has == LISTFILE_SHA1   ? r->sha1
           : has == LISTFILE_SHA256 ? r->sha256
           : has == LISTFILE_PDQ    ? r->pdq
                                    : r->pdq_oriented;
}

static uint64_t keep(struct match_lists *l, uint32_t list, const struct listfile_record *r)
{
    struct listed *kept = arena_alloc(l->arena, listed_size(r->has, r->says_size));
    uint8_t *at = kept->bytes;

    kept->line = r->line;
    kept->list = list;
    kept->has = (uint16_t)(r->has | (r->unmatchable ? LISTED_NOT_PDQ : 0u));
    kept->quality = r->quality < 0 ? LISTED_NO_QUALITY : (uint8_t)r->quality;
    kept->says_size = (uint32_t)r->says_size;
    for (size_t i = 0; i < KINDS; i++) {
        if ((r->has & kinds[i].has) == 0)
            continue;
        memcpy(at, given(r, kinds[i].has), match_bytes(kinds[i].kind));
        at += match_bytes(kinds[i].kind);
    }
    memcpy(at, r->says, r->says_size);
    if (l->record_count == l->record_room) {
        l->record_room = l->record_room == 0 ? 1024 : 2 * l->record_room;
        l->records = mem_resize(l->records, l->record_room, sizeof(struct listed *));
    }
    l->records[l->record_count] = kept;
    return l->record_count++;
}

static enum assay_err flush(struct reading *f, struct err *e)
{
    const enum assay_err rc = match_set_add(f->lists->set, f->entries, f->entry_count, e);

    f->entry_count = 0;
    return rc;
}

static enum assay_err take(void *ctx, const struct listfile_record *r, struct err *e)
{
    struct reading *f = ctx;
    struct match_lists *l = f->lists;
    const bool poor = r->unmatchable || (r->quality >= 0 && r->quality < l->min_quality);
    const uint64_t record = keep(l, f->list, r);

    if (l->use == MATCH_TO_SAVE)
        return ASSAY_OK;
    for (size_t i = 0; i < KINDS; i++) {
        if ((r->has & kinds[i].has) == 0 || (kinds[i].kind == MATCH_PDQ && poor))
            continue;
        struct match_entry *entry = &f->entries[f->entry_count++];
        entry->kind = kinds[i].kind;
        entry->list = f->list;
        entry->record = record;
        memcpy(entry->hash, given(r, kinds[i].has), match_bytes(entry->kind));
        l->held |= 1u << entry->kind;
    }
    return f->entry_count + KINDS > ENTRIES ? flush(f, e) : ASSAY_OK;
}

static enum assay_err refuse(void *ctx, uint64_t line, const char *reason, struct err *e)
{
    struct reading *f = ctx;
    char text[200];

    (void)e;
    (void)snprintf(text, sizeof text, "line %llu: %s", (unsigned long long)line, reason);
    if (f->refused++ < TOLD_EACH)
        cli_refused(f->lists->names[f->list], text);
    return ASSAY_OK;
}

static size_t fill(void *ctx, void *out, size_t size)
{
    struct reading *f = ctx;
    ssize_t n;

    do {
        n = read(f->fd, out, size);
    } while (n < 0 && errno == EINTR);
    if (n < 0)
        f->failed = errno;
    return n < 0 ? 0 : (size_t)n;
}

static enum assay_err add_snapshot(struct match_lists *l, const char *path, struct err *e)
{
    struct match_snapshot_info info;
    struct match_snapshot *s;
    enum assay_err rc;

    if (l->use == MATCH_TO_SAVE)
        return err_set(e, ASSAY_EFORMAT,
                       "%s is a snapshot already: build from the lists that it was made of", path);
    if ((rc = match_snapshot_open(path, &s, e)) != ASSAY_OK)
        return rc;
    match_snapshot_info(s, &info);
    for (unsigned kind = 0; kind < MATCH_KINDS; kind++)
        l->held |= info.entries[kind] > 0 ? 1u << kind : 0;
    l->snapshots = mem_resize(l->snapshots, l->snapshot_count + 1, sizeof(struct match_snapshot *));
    l->snapshots[l->snapshot_count++] = s;
    return ASSAY_OK;
}

static bool is_snapshot(int fd)
{
    char magic[8];

    return pread(fd, magic, sizeof magic, 0) == (ssize_t)sizeof magic &&
           memcmp(magic, MATCH_SNAPSHOT_MAGIC, sizeof magic) == 0;
}

static enum assay_err read_one(struct match_lists *l, uint32_t list, struct err *e)
{
    struct reading *f = mem_zalloc(sizeof *f);
    const struct listfile_sink sink = {f, take, refuse};
    const size_t before = l->record_count;
    struct err why = {0};
    enum assay_err rc;

    f->lists = l;
    f->list = list;
    f->fd = open(l->names[list], O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (f->fd < 0) {
        rc = err_errno(e, "the list %s cannot be opened", l->names[list]);
        goto out;
    }
    if (is_snapshot(f->fd)) {
        rc = add_snapshot(l, l->names[list], e);
        goto out;
    }
    rc = listfile_read(fill, f, &sink, NULL, &why);
    if (rc == ASSAY_OK)
        rc = flush(f, &why);
    if (f->failed != 0) {
        errno = f->failed;
        rc = err_errno(e, "the list %s cannot be read", l->names[list]);
    } else if (rc != ASSAY_OK) {
        rc = err_set(e, rc, "the list %s: %s", l->names[list], why.text);
    }
    if (f->refused > TOLD_EACH)
        fprintf(stderr, "assay: %llu more lines of it are refused\n",
                (unsigned long long)f->refused - TOLD_EACH);
    l->refused += f->refused;
    if (l->record_count == before)
        l->empty = l->names[list];
out:
    if (f->fd >= 0)
        (void)close(f->fd);
    mem_free(f);
    return rc;
}

enum assay_err match_lists_read(struct match_lists *l, char *const *names, size_t count,
                                struct err *e)
{
    enum assay_err rc = ASSAY_OK;

    l->names = names;
    l->count = count;
    l->set = match_set_new();
    l->arena = arena_new();
    for (size_t i = 0; i < count && rc == ASSAY_OK; i++)
        rc = read_one(l, (uint32_t)i, e);
    return rc != ASSAY_OK ? rc : match_set_merge(l->set, e);
}

void match_lists_clear(struct match_lists *l)
{
    for (size_t i = 0; i < l->snapshot_count; i++)
        match_snapshot_free(l->snapshots[i]);
    mem_free(l->snapshots);
    match_set_free(l->set);
    mem_free(l->records);
    arena_free(l->arena);
}
