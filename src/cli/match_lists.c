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

const uint8_t *match_listed_hash(const struct listed *r, unsigned has)
{
    size_t at = 0;

    for (size_t i = 0; i < KINDS; i++) {
        if (kinds[i].has == has)
            return (r->has & has) != 0 ? r->bytes + at : NULL;
        at += (r->has & kinds[i].has) != 0 ? match_bytes(kinds[i].kind) : 0;
    }
    return NULL;
}

static size_t hash_bytes(unsigned has)
{
    size_t size = 0;

    for (size_t i = 0; i < KINDS; i++)
        size += (has & kinds[i].has) != 0 ? match_bytes(kinds[i].kind) : 0;
    return size;
}

const char *match_listed_says(const struct listed *r)
{
    return (const char *)r->bytes + hash_bytes(r->has);
}

static uint64_t keep(struct match_lists *l, const struct listfile_record *r)
{
    struct listed *kept = arena_alloc(l->arena, sizeof *kept + hash_bytes(r->has) + r->says_size);
    size_t at = 0;

    kept->line = r->line;
    kept->has = r->has;
    kept->says_size = (uint32_t)r->says_size;
    for (size_t i = 0; i < KINDS; i++) {
        if ((r->has & kinds[i].has) == 0)
            continue;
        memcpy(kept->bytes + at, given(r, kinds[i].has), match_bytes(kinds[i].kind));
        at += match_bytes(kinds[i].kind);
    }
    memcpy(kept->bytes + at, r->says, r->says_size);
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
    const uint64_t record = keep(l, r);

    for (size_t i = 0; i < KINDS; i++) {
        if ((r->has & kinds[i].has) == 0)
            continue;
        if (kinds[i].kind == MATCH_PDQ && poor) {
            l->unmatched++;
            continue;
        }
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

static enum assay_err read_one(struct match_lists *l, uint32_t list, struct err *e)
{
    const struct listfile_sink sink = {NULL, take, refuse};
    struct reading *f = mem_zalloc(sizeof *f);
    struct listfile_sink to = sink;
    struct err why = {0};
    enum assay_err rc;

    f->lists = l;
    f->list = list;
    f->fd = open(l->names[list], O_RDONLY | O_CLOEXEC | O_NOCTTY);
    to.ctx = f;
    if (f->fd < 0) {
        rc = err_errno(e, "the list %s cannot be opened", l->names[list]);
        goto out;
    }
    rc = listfile_read(fill, f, &to, NULL, &why);
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
    match_set_free(l->set);
    mem_free(l->records);
    arena_free(l->arena);
}
