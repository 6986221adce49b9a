/* Unpacks cases: all entries once for what they are, then each document once for every reading. */
#include "flow/intake/case_zip.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"
#include "format/vics.h"

struct document {
    char *name;
    uint64_t number; /* among the entries that were begun, from 1 */
};

struct case_zip {
    struct case_zip_in in;
    int fd;
    struct seekable bytes;
    struct case_media *media;
    struct document *documents;
    size_t document_count, room;
    struct archive_counts counts;

    /* The entry that is being read. */
    uint64_t number;
    bool begun, document, large;
    enum decode_type type;
    struct assay_digester *digester;
    struct buf whole;            /* up to WHOLE_BYTES */
    struct vault_writer *writer; /* beyond */

    /* The document that is being read once more. */
    pthread_t thread;
    const struct document *wanted;
    int to;
    bool done, left; /* all of it was sent; its reader has gone */
    enum assay_err rc;
    struct err failed;
};

static bool ends_json(const char *name)
{
    const size_t size = strlen(name);

    return size >= 5 && strcasecmp(name + size - 5, ".json") == 0;
}

bool case_zip_is(const char *path)
{
    unsigned char head[ARCHIVE_HEAD_BYTES];
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    const ssize_t n = fd < 0 ? -1 : read(fd, head, sizeof head);

    if (fd >= 0)
        (void)close(fd);
    return n > 0 && decode_sniff(head, (size_t)n) == DECODE_TYPE_ZIP;
}

/* ---- all entries ---- */

static void forget_entry(struct case_zip *z)
{
    assay_digester_free(z->digester);
    z->digester = NULL;
    buf_wipe(&z->whole);
    vault_writer_free(z->writer);
    z->writer = NULL;
}

static enum assay_err begin(void *ctx, const struct unpack_entry *entry, struct err *e)
{
    struct case_zip *z = ctx;

    z->number++;
    z->begun = false;
    z->document = ends_json(entry->name); /* if it begins as one, too */
    z->large = entry->unpacked > WHOLE_BYTES;
    buf_init(&z->whole, WHOLE_BYTES);
    if (z->in.use == CASE_ZIP_SEAL && !z->large)
        (void)buf_reserve(&z->whole, (size_t)entry->unpacked); /* so that it need not grow */
    if (assay_digester_new(&z->digester) != ASSAY_OK)
        return err_set(e, ASSAY_ENOMEM, "out of memory");
    return ASSAY_OK;
}

/* Sealed as archive.c does: what is small waits for its digest, what is large is sealed meanwhile.
 */
static enum assay_err keep_bytes(struct case_zip *z, const void *bytes, size_t size, struct err *e)
{
    enum assay_err rc = ASSAY_OK;

    if (z->writer == NULL && (z->large || z->whole.size + size > WHOLE_BYTES)) {
        rc = vault_writer_new(z->in.run->world->vault, &z->writer, e);
        if (rc == ASSAY_OK && z->whole.size > 0)
            rc = vault_writer_feed(z->writer, z->whole.data, z->whole.size, e);
        buf_wipe(&z->whole);
    }
    if (rc == ASSAY_OK && z->writer != NULL)
        rc = vault_writer_feed(z->writer, bytes, size, e);
    else if (rc == ASSAY_OK)
        buf_add(&z->whole, bytes, size);
    return rc;
}

static enum assay_err data(void *ctx, const void *bytes, size_t size, struct err *e)
{
    struct case_zip *z = ctx;

    if (!z->begun) {
        z->begun = true;
        z->type = decode_sniff(bytes, size);
        z->document = z->document && vics_begins(bytes, size) != VICS_NO;
    }
    if (z->document || z->in.use == CASE_ZIP_DOCUMENTS)
        return ASSAY_OK;
    if (assay_digester_feed(z->digester, bytes, size) != ASSAY_OK)
        return err_set(e, ASSAY_ENOMEM, "out of memory");
    return z->in.use == CASE_ZIP_SEAL ? keep_bytes(z, bytes, size, e) : ASSAY_OK;
}

static enum assay_err add_document(struct case_zip *z, const char *name, struct err *e)
{
    if (z->document_count == CASE_ZIP_DOCUMENTS_MAX)
        return err_set(e, ASSAY_ELIMIT, "it holds more than %d documents of VICS",
                       CASE_ZIP_DOCUMENTS_MAX);
    if (z->document_count == z->room) {
        z->room = z->room == 0 ? 8 : 2 * z->room;
        z->documents = mem_resize(z->documents, z->room, sizeof *z->documents);
    }
    z->documents[z->document_count++] = (struct document){mem_strdup(name), z->number};
    return ASSAY_OK;
}

static enum assay_err add_media(struct case_zip *z, const char *name, struct err *e)
{
    struct case_entry *n = case_media_add(z->media, name);
    bool known;
    enum assay_err rc;

    if (assay_digester_finish(z->digester, &n->digests) != ASSAY_OK)
        return err_set(e, ASSAY_ENOMEM, "out of memory");
    n->type = z->type;
    z->counts.bytes += n->digests.size;
    if (n->digests.size == 0)
        n->fault = "empty: no bytes in it";
    if (z->in.use != CASE_ZIP_SEAL || n->fault != NULL)
        return ASSAY_OK;
    rc = run_knows(z->in.run, n->digests.sha256, &known, e);
    if (rc != ASSAY_OK || known)
        return rc;
    rc = z->writer != NULL
             ? vault_writer_finish(z->writer, &n->blob, e)
             : vault_put(z->in.run->world->vault, z->whole.data, z->whole.size, &n->blob, e);
    n->sealed = rc == ASSAY_OK;
    return rc;
}

static enum assay_err end(void *ctx, const struct unpack_entry *entry, enum unpack_fault fault,
                          struct err *e)
{
    struct case_zip *z = ctx;
    enum assay_err rc = ASSAY_OK;
    char shown[81];

    z->counts.entries++;
    if (fault != UNPACK_FINE) {
        z->counts.refused++;
        case_media_add(z->media, entry->name)->fault = unpack_fault_text(fault);
        if (ends_json(entry->name))
            rc = err_set(e, ASSAY_EFORMAT, "%s in it cannot be read: %s",
                         str_shown(entry->name, shown, sizeof shown), unpack_fault_text(fault));
    } else if (z->document && z->begun) {
        rc = add_document(z, entry->name, e);
    } else if (z->in.use != CASE_ZIP_DOCUMENTS) {
        rc = add_media(z, entry->name, e);
    }
    forget_entry(z);
    return rc;
}

static enum assay_err unpack_all(struct case_zip *z, struct err *e)
{
    const struct unpack_sink sink = {.ctx = z, .begin = begin, .data = data, .end = end};
    enum assay_err rc = unpack_zip(z->in.decode, &z->bytes, &z->in.limits, &sink, e);

    forget_entry(z);
    if (rc == ASSAY_OK && z->document_count == 0)
        rc = err_set(e, ASSAY_EFORMAT,
                     "no entry of it that ends in .json is VICS; unpack it and name the document, "
                     "if it is there under another name");
    return rc;
}

/* With a workspace: its opening and its end are on the record, as those of every archive. */
static enum assay_err unpack_on_record(struct case_zip *z, struct err *e)
{
    const char *slash = strrchr(z->in.path, '/');
    struct archive_entry a = {.run = z->in.run, .inner = slash == NULL ? z->in.path : slash + 1};
    struct assay_digests d;
    struct err why = {0};
    enum assay_err rc, recorded;

    if (z->in.run == NULL)
        return unpack_all(z, e);
    if ((rc = archive_digest(&z->bytes, &d, e)) != ASSAY_OK ||
        (rc = archive_record_opening(&a, &d, 1, e)) != ASSAY_OK)
        return rc;
    if ((rc = unpack_all(z, &why)) != ASSAY_OK) {
        a.outcome = "refused";
        a.reason = why.text;
    }
    recorded = archive_record_end(&a, &z->counts, rc == ASSAY_OK ? e : NULL);
    if (rc != ASSAY_OK && e != NULL)
        *e = why;
    return rc != ASSAY_OK ? rc : recorded;
}

enum assay_err case_zip_open(const struct case_zip_in *in, struct case_zip **out, struct err *e)
{
    struct case_zip *z;
    struct stat st;
    const int fd = open(in->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    assert(in->use != CASE_ZIP_SEAL || in->run != NULL);
    if (fd < 0)
        return err_errno(e, "open %.300s", in->path);
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        (void)close(fd);
        return err_set(e, ASSAY_EFORMAT, "%.300s is not a regular file", in->path);
    }
    z = mem_zalloc(sizeof *z);
    *z = (struct case_zip){.in = *in, .fd = fd, .media = case_media_new()};
    z->bytes = seekable_of_file(&z->fd, (uint64_t)st.st_size);
    const enum assay_err rc = unpack_on_record(z, e);
    if (rc != ASSAY_OK) {
        case_zip_close(z);
        return err_prefix(e, rc, "%.200s", in->path);
    }
    *out = z;
    return ASSAY_OK;
}

void case_zip_close(struct case_zip *z)
{
    struct case_entry *n;

    if (z == NULL)
        return;
    for (size_t i = 0; (n = case_media_entry(z->media, i)) != NULL; i++) {
        if (n->sealed)
            vault_remove(z->in.run->world->vault, n->blob.id);
    }
    for (size_t i = 0; i < z->document_count; i++)
        mem_free(z->documents[i].name);
    mem_free(z->documents);
    case_media_close(z->media);
    (void)close(z->fd);
    mem_free(z);
}

struct case_media *case_zip_media(struct case_zip *z)
{
    return z->media;
}

const char *case_zip_document(const struct case_zip *z, size_t index)
{
    return index < z->document_count ? z->documents[index].name : NULL;
}

/* ---- one document, once more ---- */

static enum assay_err send_begin(void *ctx, const struct unpack_entry *entry, struct err *e)
{
    struct case_zip *z = ctx;

    (void)entry;
    (void)e;
    z->number++;
    return ASSAY_OK;
}

static enum assay_err send_data(void *ctx, const void *bytes, size_t size, struct err *e)
{
    struct case_zip *z = ctx;
    const unsigned char *from = bytes;

    if (z->number != z->wanted->number)
        return ASSAY_OK;
    while (size > 0) {
        const ssize_t n = send(z->to, from, size, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            z->left = errno == EPIPE || errno == ECONNRESET;
            return err_errno(e, "hand a document on");
        }
        from += n;
        size -= (size_t)n;
    }
    return ASSAY_OK;
}

/* Behind the document nothing is wanted any more; an error is how a sink ends the child. */
static enum assay_err send_end(void *ctx, const struct unpack_entry *entry, enum unpack_fault fault,
                               struct err *e)
{
    struct case_zip *z = ctx;

    (void)entry;
    if (z->number != z->wanted->number)
        return ASSAY_OK;
    z->done = fault == UNPACK_FINE;
    return err_set(e, ASSAY_EDAMAGED, "%s", unpack_fault_text(fault));
}

static void *send_document(void *ctx)
{
    struct case_zip *z = ctx;
    const struct unpack_sink sink = {
        .ctx = z, .begin = send_begin, .data = send_data, .end = send_end};

    z->number = 0;
    z->done = z->left = false;
    z->failed = (struct err){0};
    z->rc = unpack_zip(z->in.decode, &z->bytes, &z->in.limits, &sink, &z->failed);
    if (z->rc == ASSAY_OK && !z->done) /* there are fewer entries than before */
        z->rc = err_set(&z->failed, ASSAY_EIO, "it changed while it was read; import it again");
    if (z->done || z->left)
        z->rc = ASSAY_OK;
    (void)shutdown(z->to, SHUT_RDWR);
    return NULL;
}

enum assay_err case_zip_read(struct case_zip *z, size_t index, int *fd, struct err *e)
{
    int ends[2];

    assert(index < z->document_count);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return err_errno(e, "make a socket");
    z->wanted = &z->documents[index];
    z->to = ends[0];
    *fd = ends[1];
    if (pthread_create(&z->thread, NULL, send_document, z) == 0)
        return ASSAY_OK;
    (void)close(ends[0]);
    (void)close(ends[1]);
    return err_set(e, ASSAY_ENOMEM, "no thread to unpack with");
}

enum assay_err case_zip_read_end(struct case_zip *z, int fd, struct err *e)
{
    (void)close(fd);
    (void)pthread_join(z->thread, NULL);
    (void)close(z->to);
    if (z->rc == ASSAY_OK)
        return ASSAY_OK;
    if (e != NULL)
        *e = z->failed;
    return err_prefix(e, z->rc, "%.200s", z->in.path);
}
