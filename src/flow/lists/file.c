/* Files of lists: opened, hashed, and the hashes that no list may have. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "assay/digest.h"
#include "base/str.h"
#include "flow/lists/lists_impl.h"
#include "store/nsrl.h"

#define PIECE_BYTES 65536

static bool is_zero(const uint8_t *bytes, size_t size)
{
    uint8_t all = 0;

    for (size_t i = 0; i < size; i++)
        all |= bytes[i];
    return all == 0;
}

/* Hashes of nothing would match every empty file, and of zeros whatever was left out. */
const char *lists_judge(struct listfile_record *r)
{
    struct assay_digests none;

    if (assay_digest("", 0, &none) != ASSAY_OK)
        return "out of memory";
    if (((r->has & LISTFILE_MD5) != 0 && memcmp(r->md5, none.md5, sizeof r->md5) == 0) ||
        ((r->has & LISTFILE_SHA1) != 0 && memcmp(r->sha1, none.sha1, sizeof r->sha1) == 0) ||
        ((r->has & LISTFILE_SHA256) != 0 && memcmp(r->sha256, none.sha256, sizeof r->sha256) == 0))
        return "a hash of the empty file";
    if (((r->has & LISTFILE_MD5) != 0 && is_zero(r->md5, sizeof r->md5)) ||
        ((r->has & LISTFILE_SHA1) != 0 && is_zero(r->sha1, sizeof r->sha1)) ||
        ((r->has & LISTFILE_SHA256) != 0 && is_zero(r->sha256, sizeof r->sha256)))
        return "a hash of zeros";
    if (r->unmatchable || is_zero(r->pdq, sizeof r->pdq))
        r->has &= ~(unsigned)(LISTFILE_PDQ | LISTFILE_ORIENTED);
    if (is_zero(r->pdq_oriented, sizeof r->pdq_oriented))
        r->has &= ~(unsigned)LISTFILE_ORIENTED;
    return r->has == 0 ? "no hash that may be matched on" : NULL;
}

static size_t fill_from(void *ctx, void *out, size_t size)
{
    return fread(out, 1, size, ctx);
}

/* ---- NSRL of version 3 ---- */

static const char *take_hash(const char *kind, const char *hex, struct listfile_record *r)
{
    char line[96];
    const char *rest;

    if (hex == NULL || hex[0] == '\0')
        return NULL;
    if (strlen(hex) > 64)
        return "a hash has at most 64 hex digits";
    (void)snprintf(line, sizeof line, "%s:%s", kind, hex);
    const char *why = listfile_hash(line, r, &rest);
    return why == NULL && rest[0] != '\0' ? "no hash: that is of hex digits, 64 at most" : why;
}

static enum assay_err take_nsrl(void *ctx, const struct nsrl_row *row, struct err *e)
{
    const struct listfile_sink *sink = ctx;
    struct listfile_record r = {
        .line = row->number, .quality = -1, .says = "{}", .says_size = strlen("{}")};
    const char *why = take_hash("md5", row->md5, &r);

    if (why == NULL)
        why = take_hash("sha1", row->sha1, &r);
    if (why == NULL)
        why = take_hash("sha256", row->sha256, &r);
    if (why == NULL && r.has == 0)
        why = "no hash: md5, sha1 or sha256 is wanted";
    return why != NULL ? sink->refused(sink->ctx, r.line, why, e) : sink->record(sink->ctx, &r, e);
}

static bool is_sqlite(FILE *f)
{
    char begin[sizeof NSRL_MAGIC];
    const size_t n = fread(begin, 1, sizeof begin, f);

    rewind(f);
    return n == sizeof begin && memcmp(begin, NSRL_MAGIC, sizeof begin) == 0;
}

enum assay_err lists_read(const char *path, FILE *f, const struct listfile_sink *sink,
                          enum listfile_form *form, struct err *e)
{
    struct listfile_sink own = *sink;

    if (!is_sqlite(f))
        return listfile_read(fill_from, f, sink, form, e);
    if (path == NULL)
        return err_set(e, ASSAY_EFORMAT,
                       "this is an SQLite file: NSRL's are imported by `assay list import`");
    if (form != NULL)
        *form = LISTFILE_NSRL;
    return nsrl_read(path, take_nsrl, &own, e);
}

static enum assay_err hash_file(FILE *f, uint8_t sha256[32], struct err *e)
{
    struct assay_digester *d;
    struct assay_digests sums;
    char *piece;
    size_t n;
    enum assay_err rc = assay_digester_new(&d);

    if (rc != ASSAY_OK)
        return err_set(e, rc, "out of memory");
    piece = mem_alloc(PIECE_BYTES);
    while (rc == ASSAY_OK && (n = fread(piece, 1, PIECE_BYTES, f)) > 0)
        rc = assay_digester_feed(d, piece, n);
    if (rc == ASSAY_OK && ferror(f))
        rc = err_set(e, ASSAY_EIO, "the list cannot be read to its end");
    if (rc == ASSAY_OK)
        rc = assay_digester_finish(d, &sums);
    if (rc == ASSAY_OK)
        memcpy(sha256, sums.sha256, 32);
    assay_digester_free(d);
    mem_free(piece);
    return rc;
}

enum assay_err lists_open(const char *path, FILE **out, uint8_t sha256[32], struct err *e)
{
    FILE *f = fopen(path, "rbe");
    char shown[201];
    struct stat st;
    enum assay_err rc;

    if (f == NULL)
        return err_errno(e, "open the list %s", str_shown(path, shown, sizeof shown));
    if (fstat(fileno(f), &st) != 0 || !S_ISREG(st.st_mode)) {
        rc = err_set(e, ASSAY_EFORMAT, "the list is read twice, so it must be a file, no pipe");
        goto out;
    }
    if ((rc = hash_file(f, sha256, e)) != ASSAY_OK)
        goto out;
    rewind(f);
    *out = f;
    return ASSAY_OK;
out:
    (void)fclose(f);
    return rc;
}

enum assay_err lists_open_bytes(const void *bytes, size_t size, FILE **out, uint8_t sha256[32],
                                struct err *e)
{
    struct assay_digests sums;
    union {
        const void *lent;
        void *read; /* a file that is only read leaves them alone */
    } memory = {bytes};

    if (size == 0)
        return err_set(e, ASSAY_EFORMAT, "the list is empty");
    if (assay_digest(bytes, size, &sums) != ASSAY_OK ||
        (*out = fmemopen(memory.read, size, "rb")) == NULL)
        return err_set(e, ASSAY_ENOMEM, "out of memory");
    memcpy(sha256, sums.sha256, 32);
    return ASSAY_OK;
}

struct linting {
    struct lists_counts *out;
    void (*refused)(void *ctx, uint64_t line, const char *reason);
    void *ctx;
};

static enum assay_err count_refused(void *ctx, uint64_t line, const char *reason, struct err *e)
{
    const struct linting *l = ctx;

    (void)e;
    l->out->refused++;
    if (l->refused != NULL)
        l->refused(l->ctx, line, reason);
    return ASSAY_OK;
}

static enum assay_err count_record(void *ctx, const struct listfile_record *r, struct err *e)
{
    const struct linting *l = ctx;
    struct listfile_record own = *r;
    const char *reason = lists_judge(&own);

    l->out->records++;
    l->out->added += reason == NULL;
    return reason == NULL ? ASSAY_OK : count_refused(ctx, r->line, reason, e);
}

static enum assay_err lint(const char *path, FILE *f, struct linting *l, struct err *e)
{
    const struct listfile_sink sink = {l, count_record, count_refused};

    *l->out = (struct lists_counts){0};
    enum assay_err rc = lists_read(path, f, &sink, NULL, e);
    (void)fclose(f);
    return rc;
}

enum assay_err lists_lint(const char *path,
                          void (*refused)(void *ctx, uint64_t line, const char *reason), void *ctx,
                          struct lists_counts *out, struct err *e)
{
    struct linting l = {out, refused, ctx};
    uint8_t sha256[32];
    FILE *f;
    enum assay_err rc = lists_open(path, &f, sha256, e);

    return rc != ASSAY_OK ? rc : lint(path, f, &l, e);
}

enum assay_err lists_lint_bytes(const void *bytes, size_t size,
                                void (*refused)(void *ctx, uint64_t line, const char *reason),
                                void *ctx, struct lists_counts *out, struct err *e)
{
    struct linting l = {out, refused, ctx};
    uint8_t sha256[32];
    FILE *f;
    enum assay_err rc = lists_open_bytes(bytes, size, &f, sha256, e);

    return rc != ASSAY_OK ? rc : lint(NULL, f, &l, e);
}
