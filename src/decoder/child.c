/* The frame of a child process, the same for the decoder, the encoder and the test's attacker. */
#include "decoder/child.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"
#include "decoder/sandbox.h"

#define ARGUMENTS 6

static const char usage[] = "This program is started by assay and reads no file by itself.\n";

bool child_limits(int argc, char **argv, struct decode_limits *l)
{
    int64_t side, pixels, cpu, memory;

    if (argc != ARGUMENTS || str_int64(argv[2], 1, UINT32_MAX, &side) != ASSAY_OK ||
        str_int64(argv[3], 1, INT64_MAX, &pixels) != ASSAY_OK ||
        str_int64(argv[4], 1, INT32_MAX, &cpu) != ASSAY_OK ||
        str_int64(argv[5], 1, INT64_MAX, &memory) != ASSAY_OK)
        return false;
    *l = (struct decode_limits){.side_max = (uint32_t)side,
                                .pixels_max = (uint64_t)pixels,
                                .cpu_s = (uint32_t)cpu,
                                .memory_bytes = (uint64_t)memory};
    return true;
}

void child_not_started(void)
{
    (void)!write(STDERR_FILENO, usage, sizeof usage - 1);
    _exit(CHILD_NOT_STARTED);
}

static void *map(int fd, int protection, int flags, size_t size_min, size_t *size)
{
    struct stat st;
    void *p;

    if (fstat(fd, &st) != 0 || st.st_size <= 0 || (size_t)st.st_size < size_min)
        return NULL;
    p = mmap(NULL, (size_t)st.st_size, protection, flags, fd, 0);
    if (p == MAP_FAILED)
        return NULL;
    *size = (size_t)st.st_size;
    return p;
}

/* Everything that needs a descriptor happens here; afterwards only stderr is left. */
static unsigned char *map_both(struct child *c)
{
    unsigned char *out;
    size_t out_size = 0;

    c->input = map(WIRE_INPUT_FD, PROT_READ, MAP_PRIVATE, 1, &c->input_size);
    out = map(WIRE_OUTPUT_FD, PROT_READ | PROT_WRITE, MAP_SHARED, WIRE_PAYLOAD_AT, &out_size);
    (void)close(WIRE_INPUT_FD);
    (void)close(WIRE_OUTPUT_FD);
    (void)close(0);
    (void)close(1);
    if (c->input == NULL || out == NULL)
        return NULL;
    c->payload = out + WIRE_PAYLOAD_AT;
    c->payload_size = out_size - WIRE_PAYLOAD_AT;
    return out;
}

void child_main(int argc, char **argv, enum wire_kind kind, child_work work)
{
    static const char *const modes[] = {[WIRE_DECODE] = "decode", [WIRE_ENCODE] = "encode"};
    struct child c = {0};
    struct sandbox_layers layers;
    unsigned char *out;
    int status = 0;

    if (!child_limits(argc, argv, &c.limits) || (out = map_both(&c)) == NULL)
        child_not_started();
    mem_free(mem_alloc(1)); /* the heap's first use asks the kernel for a random number */
    c.reply.head.kind = str_equal(argv[1], "probe") ? WIRE_PROBE : kind;
    if (sandbox_enter(&c.limits, SANDBOX_ONE_FILE, &layers) != ASSAY_OK) {
        c.reply.head.answer = WIRE_NO_SANDBOX;
        status = CHILD_NO_SANDBOX;
    } else if (c.reply.head.kind == WIRE_PROBE) {
        c.reply.head.answer = WIRE_GOOD;
    } else if (!str_equal(argv[1], modes[kind])) {
        c.reply.head.answer = WIRE_BAD_REQUEST;
    } else {
        c.reply.head.answer = work(&c);
    }
    c.reply.head.layers = layers.bits;
    c.reply.head.landlock = layers.landlock;
    wire_reply_put(&c.reply, out);
    _exit(status);
}
