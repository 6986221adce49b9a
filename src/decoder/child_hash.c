/* The frame of a child that hashes: one sandbox, then a request and a reply a file. */
#include "decoder/child_hash.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"
#include "decoder/child.h"
#include "decoder/sandbox.h"

#define CHILD_SOCKET_BROKE 4 /* exit status */

/* Of freed memory; a turned picture of 12 million pixels is kept whole in 36 MB. */
#define KEEP_BYTES (48 << 20)

bool child_hashes(int argc, char **argv)
{
    return argc > 1 && str_equal(argv[1], "hash");
}

/* Bytes of the region, or 0. A descriptor that is open for reading alone cannot become a mapping
 * that can be written, whatever a file makes of this process. */
static size_t map_region(const unsigned char **out)
{
    struct stat st;
    void *p;

    if (fstat(HASH_REGION_FD, &st) != 0 || st.st_size <= 0)
        return 0;
    p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, HASH_REGION_FD, 0);
    (void)close(HASH_REGION_FD);
    (void)close(0);
    (void)close(1);
    *out = p;
    return p == MAP_FAILED ? 0 : (size_t)st.st_size;
}

static void say(const struct hash_reply *r)
{
    unsigned char bytes[HASH_REPLY_MAX];
    const size_t size = hash_reply_put(r, bytes);
    size_t done = 0;

    while (done < size) {
        const ssize_t n = write(HASH_SOCKET_FD, bytes + done, size - done);

        if (n <= 0)
            _exit(CHILD_SOCKET_BROKE);
        done += (size_t)n;
    }
}

/* Ends the process when the parent wants no more. */
static void hear(struct hash_request *out)
{
    unsigned char bytes[HASH_REQUEST_BYTES];
    size_t done = 0;

    while (done < sizeof bytes) {
        const ssize_t n = read(HASH_SOCKET_FD, bytes + done, sizeof bytes - done);

        if (n <= 0)
            _exit(n == 0 && done == 0 ? 0 : CHILD_SOCKET_BROKE);
        done += (size_t)n;
    }
    if (hash_request_get(bytes, out) != ASSAY_OK)
        _exit(CHILD_SOCKET_BROKE);
}

_Noreturn static void serve(const struct decode_limits *limits, const unsigned char *region,
                            size_t region_size, child_hash work)
{
    struct decode_frame frames[DECODE_HASH_FRAMES_MAX];

    for (;;) {
        struct hash_reply reply = {.kind = HASH_PICTURE, .answer = WIRE_BAD_REQUEST};
        struct child_file file = {.bytes = region, .limits = limits};
        struct hash_request request;

        hear(&request);
        reply.number = request.number;
        file.size = (size_t)request.size;
        file.wants = request.wants;
        reply.picture.chances.frames = frames;
        if (request.size <= region_size)
            reply.answer = work(&file, &reply.picture);
        say(&reply);
    }
}

void child_hash_main(int argc, char **argv, child_hash work)
{
    struct hash_reply hello = {.kind = HASH_HELLO, .answer = WIRE_GOOD};
    struct decode_limits limits, locked;
    struct sandbox_layers layers;
    const unsigned char *region;
    size_t region_size;
    enum assay_err rc;

    if (!child_limits(argc, argv, &limits) || (region_size = map_region(&region)) == 0)
        child_not_started();
    mem_keep(KEEP_BYTES);
    mem_free(mem_alloc(1)); /* the heap's first use asks the kernel for a random number */
    locked = limits;
    locked.memory_bytes += region_size; /* most of which is address space alone */
    rc = sandbox_enter(&locked, SANDBOX_MANY_FILES, &layers);
    hello.layers = layers.bits;
    hello.landlock = layers.landlock;
    if (rc != ASSAY_OK) {
        hello.answer = WIRE_NO_SANDBOX;
        say(&hello);
        _exit(CHILD_NO_SANDBOX);
    }
    say(&hello);
    serve(&limits, region, region_size, work);
}
