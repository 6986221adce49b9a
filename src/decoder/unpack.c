/* Asks the parent for the archive's bytes and sends the entries, inside the sandbox. */
#include "decoder/unpack.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"
#include "decoder/child.h"
#include "decoder/sandbox.h"
#include "decoder/zip.h"

#define PARENT_GONE 1

static bool write_all(const void *bytes, size_t size)
{
    const unsigned char *from = bytes;

    while (size > 0) {
        ssize_t n = write(UNPACK_SOCKET_FD, from, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        from += n;
        size -= (size_t)n;
    }
    return true;
}

static bool read_all(void *out, size_t size)
{
    unsigned char *to = out;

    while (size > 0) {
        ssize_t n = read(UNPACK_SOCKET_FD, to, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        to += n;
        size -= (size_t)n;
    }
    return true;
}

static bool say(enum unpack_message message, uint64_t value, size_t size)
{
    const struct unpack_head h = {
        .message = (uint32_t)message, .size = (uint32_t)size, .value = value};
    unsigned char bytes[UNPACK_HEAD_BYTES];

    unpack_head_put(&h, bytes);
    return write_all(bytes, sizeof bytes);
}

static bool ask(void *ctx, uint64_t offset, void *out, size_t size)
{
    (void)ctx;
    return say(UNPACK_READ, offset, size) && read_all(out, size);
}

static bool send_entry(void *ctx, const struct unpack_entry *entry, size_t name_size,
                       enum unpack_fault fault)
{
    unsigned char front[UNPACK_ENTRY_BYTES];

    (void)ctx;
    for (unsigned i = 0; i < 8; i++)
        front[i] = (unsigned char)(entry->packed >> (8 * i));
    for (unsigned i = 0; i < 4; i++)
        front[8 + i] = (unsigned char)((uint32_t)fault >> (8 * i));
    return say(UNPACK_ENTRY, entry->unpacked, sizeof front + name_size) &&
           write_all(front, sizeof front) && write_all(entry->name, name_size);
}

static bool send_data(void *ctx, const void *bytes, size_t size)
{
    (void)ctx;
    return say(UNPACK_DATA, 0, size) && write_all(bytes, size);
}

static bool send_end(void *ctx, enum unpack_fault fault)
{
    (void)ctx;
    return say(UNPACK_END, (uint64_t)fault, 0);
}

static enum unpack_answer serve(void)
{
    unsigned char bytes[UNPACK_REQUEST_BYTES];
    struct unpack_request request;

    if (!read_all(bytes, sizeof bytes) || unpack_request_get(bytes, &request) != ASSAY_OK ||
        request.limits.ratio_max == 0)
        return UNPACK_BAD_REQUEST;
    const struct zip_host host = {
        .size = request.size, .read = ask, .entry = send_entry, .data = send_data, .end = send_end};
    return zip_walk(&host, &request.limits);
}

void unpack_main(int argc, char **argv)
{
    struct decode_limits limits;
    struct sandbox_layers layers;

    if (!child_limits(argc, argv, &limits))
        child_not_started();
    /* stdin and stdout are nothing, and the socket came twice, as input and as output. */
    (void)close(0);
    (void)close(1);
    (void)close(UNPACK_SOCKET_FD + 1);
    mem_free(mem_alloc(1)); /* the heap's first use asks the kernel for a random number */
    if (sandbox_enter(&limits, SANDBOX_ONE_FILE, &layers) != ASSAY_OK) {
        (void)say(UNPACK_DONE, UNPACK_NO_SANDBOX, 0);
        _exit(CHILD_NO_SANDBOX);
    }
    if (str_equal(argv[1], "probe"))
        _exit(0);
    _exit(say(UNPACK_DONE, (uint64_t)serve(), 0) ? 0 : PARENT_GONE);
}
