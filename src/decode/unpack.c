/* Runs assay-unpack: answers its questions, checks what it says, hands the entries on. */
#include "decode/unpack.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "decode/env.h"
#include "decode/spawn.h"
#include "decode/unpack_wire.h"

/* Its memory does not grow with the archive but by 40 bytes an entry. Its time does, so what is
 * watched is that it gets on: a word at least every IDLE_MS while it is not us it waits for. */
#define MEMORY_BYTES (256ull << 20)
#define CPU_S        (4 * 60 * 60)
#define IDLE_MS      30000
#define END_MS       5000

struct unpacking {
    const struct seekable *archive;
    const struct unpack_limits *limits;
    const struct unpack_sink *sink;
    int fd;
    uint64_t entries, total;
    bool open;     /* an entry has begun */
    uint64_t left; /* of it, unpacked */
    struct unpack_entry entry;
    char name[UNPACK_NAME_MAX + 1];
    unsigned char piece[UNPACK_PIECE_BYTES];
};

static enum assay_err lie(struct err *e, const char *what)
{
    return err_set(e, ASSAY_EDAMAGED, "unpacker: %s", what);
}

static enum assay_err wait_for(const struct unpacking *u, short events, struct err *e)
{
    struct pollfd p = {.fd = u->fd, .events = events};
    int64_t deadline = clock_mono_ms() + IDLE_MS;

    for (;;) {
        int64_t left = deadline - clock_mono_ms();
        if (left <= 0)
            return err_set(e, ASSAY_ELIMIT, "unpacking stood still for %d s", IDLE_MS / 1000);
        if (poll(&p, 1, (int)left) > 0)
            return ASSAY_OK;
    }
}

static enum assay_err get_bytes(struct unpacking *u, void *out, size_t size, struct err *e)
{
    unsigned char *to = out;
    enum assay_err rc;

    while (size > 0) {
        ssize_t n = read(u->fd, to, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN) {
            if ((rc = wait_for(u, POLLIN, e)) != 0)
                return rc;
            continue;
        }
        if (n <= 0)
            return lie(e, "it ended before it was done");
        to += n;
        size -= (size_t)n;
    }
    return ASSAY_OK;
}

static enum assay_err put_bytes(struct unpacking *u, const void *bytes, size_t size, struct err *e)
{
    const unsigned char *from = bytes;
    enum assay_err rc;

    while (size > 0) {
        ssize_t n = send(u->fd, from, size, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN) {
            if ((rc = wait_for(u, POLLOUT, e)) != 0)
                return rc;
            continue;
        }
        if (n <= 0)
            return lie(e, "it ended before it was done");
        from += n;
        size -= (size_t)n;
    }
    return ASSAY_OK;
}

static enum assay_err answer_read(struct unpacking *u, const struct unpack_head *h, struct err *e)
{
    enum assay_err rc;

    if (h->value > u->archive->size || h->size > u->archive->size - h->value)
        return lie(e, "it asked for bytes behind the archive's end");
    if ((rc = seekable_read(u->archive, h->value, u->piece, h->size, e)) != 0)
        return rc;
    return put_bytes(u, u->piece, h->size, e);
}

/* A fine entry must keep the limits by its own words. */
static enum assay_err check_entry(const struct unpacking *u, struct err *e)
{
    const struct unpack_entry *n = &u->entry;

    if (unpack_name_fault(n->name, strlen(n->name)) != UNPACK_FINE)
        return lie(e, "it gave a name that it had to refuse");
    if (n->unpacked > u->limits->entry_bytes || n->unpacked > u->limits->total_bytes - u->total ||
        (n->unpacked > UNPACK_RATIO_FREE_BYTES && n->unpacked / u->limits->ratio_max > n->packed))
        return lie(e, "it gave an entry over the limits");
    return ASSAY_OK;
}

static enum assay_err take_entry(struct unpacking *u, const struct unpack_head *h, struct err *e)
{
    unsigned char front[UNPACK_ENTRY_BYTES];
    size_t name_size = h->size - sizeof front;
    uint64_t packed = 0, fault = 0;
    enum assay_err rc;

    if (u->open || ++u->entries > u->limits->entries_max)
        return lie(e, "it gave an entry that cannot be");
    if ((rc = get_bytes(u, front, sizeof front, e)) != 0 ||
        (rc = get_bytes(u, u->name, name_size, e)) != 0)
        return rc;
    u->name[name_size] = '\0';
    for (unsigned i = 0; i < 8; i++)
        packed |= (uint64_t)front[i] << (8 * i);
    for (unsigned i = 0; i < 4; i++)
        fault |= (uint64_t)front[8 + i] << (8 * i);
    if (fault >= UNPACK_FAULTS || strlen(u->name) != name_size || !str_is_utf8(u->name, name_size))
        return lie(e, "it gave an entry that makes no sense");
    u->entry = (struct unpack_entry){.name = u->name, .packed = packed, .unpacked = h->value};
    if (fault != UNPACK_FINE)
        return u->sink->end(u->sink->ctx, &u->entry, (enum unpack_fault)fault, e);
    if ((rc = check_entry(u, e)) != 0)
        return rc;
    u->open = true;
    u->left = h->value;
    u->total += h->value;
    return u->sink->begin(u->sink->ctx, &u->entry, e);
}

static enum assay_err take_data(struct unpacking *u, const struct unpack_head *h, struct err *e)
{
    enum assay_err rc;

    if (!u->open || h->size > u->left)
        return lie(e, "it gave more bytes than it said");
    if ((rc = get_bytes(u, u->piece, h->size, e)) != 0)
        return rc;
    u->left -= h->size;
    return u->sink->data(u->sink->ctx, u->piece, h->size, e);
}

static enum assay_err take_end(struct unpacking *u, const struct unpack_head *h, struct err *e)
{
    if (!u->open || (h->value == UNPACK_FINE && u->left > 0))
        return lie(e, "it ended an entry that is not at its end");
    u->open = false;
    return u->sink->end(u->sink->ctx, &u->entry, (enum unpack_fault)h->value, e);
}

static enum assay_err done_err(const struct unpacking *u, uint64_t answer, struct err *e)
{
    switch (answer) {
    case UNPACK_GOOD:
        return u->open ? lie(e, "it was done inside of an entry") : ASSAY_OK;
    case UNPACK_NO_ZIP:
        return err_set(e, ASSAY_EFORMAT, "it has no directory: no ZIP archive, or cut short");
    case UNPACK_CONTRADICTS:
        return err_set(e, ASSAY_EFORMAT, "its directory contradicts itself; nothing is sure");
    case UNPACK_SPLIT:
        return err_set(e, ASSAY_EUNSUPPORTED, "it is one part of several; join them first");
    case UNPACK_ENTRIES:
        return err_set(e, ASSAY_ELIMIT, "it has more than %u entries (archive.entries_max)",
                       u->limits->entries_max);
    case UNPACK_TOTAL:
        return err_set(e, ASSAY_ELIMIT,
                       "it unpacks to more than the bytes that may come of one archive "
                       "(archive.total_bytes)");
    case UNPACK_MEMORY:
        return err_set(e, ASSAY_ELIMIT, "its directory needs more than %llu MB of memory",
                       MEMORY_BYTES >> 20);
    case UNPACK_NO_SANDBOX:
        return err_set(e, ASSAY_EUNSUPPORTED,
                       "the unpacker refuses to run: this kernel or container does not allow "
                       "seccomp filters (CONFIG_SECCOMP_FILTER, or the container's policy)");
    default:
        return lie(e, "it did not understand its request");
    }
}

static enum assay_err converse(struct unpacking *u, struct err *e)
{
    const struct unpack_request request = {.size = u->archive->size, .limits = *u->limits};
    unsigned char bytes[UNPACK_REQUEST_BYTES];
    struct unpack_head h;
    enum assay_err rc;

    unpack_request_put(&request, bytes);
    rc = put_bytes(u, bytes, sizeof bytes, e);
    while (rc == ASSAY_OK) {
        if ((rc = get_bytes(u, bytes, UNPACK_HEAD_BYTES, e)) != 0 ||
            (rc = unpack_head_get(bytes, &h, e)) != 0)
            break;
        switch ((enum unpack_message)h.message) {
        case UNPACK_READ:
            rc = answer_read(u, &h, e);
            break;
        case UNPACK_ENTRY:
            rc = take_entry(u, &h, e);
            break;
        case UNPACK_DATA:
            rc = take_data(u, &h, e);
            break;
        case UNPACK_END:
            rc = take_end(u, &h, e);
            break;
        case UNPACK_DONE:
            return done_err(u, h.value, e);
        }
    }
    return rc;
}

/* Two ends that no low number of the child's steps on; ours does not block. */
static enum assay_err make_ends(int ends[2], struct err *e)
{
    int low[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, low) != 0)
        return err_errno(e, "unpacker: make a socket");
    for (unsigned i = 0; i < 2; i++) {
        ends[i] = fcntl(low[i], F_DUPFD_CLOEXEC, 16);
        (void)close(low[i]);
    }
    if (ends[0] >= 0 && ends[1] >= 0 && fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0)
        return ASSAY_OK;
    enum assay_err rc = err_errno(e, "unpacker: make a socket");
    for (unsigned i = 0; i < 2; i++) {
        if (ends[i] >= 0)
            (void)close(ends[i]);
    }
    return rc;
}

enum assay_err unpack_zip(struct decode_env *env, const struct seekable *archive,
                          const struct unpack_limits *limits, const struct unpack_sink *sink,
                          struct err *e)
{
    const struct decode_limits child = {
        .side_max = 1, .pixels_max = 1, .cpu_s = CPU_S, .memory_bytes = MEMORY_BYTES};
    struct spawn_child running;
    struct spawn_end end;
    int ends[2] = {-1, -1};
    enum assay_err rc;

    assert(limits->ratio_max > 0);
    if ((rc = make_ends(ends, e)) != 0)
        return rc;
    const struct spawn_job job = {.path = env->unpack_path,
                                  .mode = "unpack",
                                  .limits = &child,
                                  .input_fd = ends[1],
                                  .output_fd = ends[1]};
    rc = spawn_start(&job, &running, e);
    (void)close(ends[1]);
    if (rc != ASSAY_OK) {
        (void)close(ends[0]);
        return rc;
    }
    struct unpacking *u = mem_zalloc(sizeof *u);
    *u = (struct unpacking){.archive = archive, .limits = limits, .sink = sink, .fd = ends[0]};
    rc = converse(u, e);
    (void)close(ends[0]);
    /* Nothing that it says any more counts; when it was not done it is killed. */
    enum assay_err ended =
        spawn_finish(&running, rc == ASSAY_OK ? clock_mono_ms() + END_MS : 0, &end, NULL);
    if (rc == ASSAY_OK && (ended != ASSAY_OK || end.how != SPAWN_EXITED || end.status != 0))
        rc = lie(e, "it died after it was done");
    mem_wipe_free(u, sizeof *u);
    return rc;
}
