/* A child that tries to do harm: stands in the decoder's place in the tests of the sandbox. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/mem.h"
#include "decoder/child.h"
#include "hashing.h"

/*
 * The input is a JPEG's mark and then the name of a deed. A deed that was refused answers
 * WIRE_BROKEN; one that went through answers WIRE_GOOD with a sound picture, which the test takes
 * for the worst. Most never answer.
 */
#define MARK_BYTES 3u

static enum wire_answer sound(struct child *c)
{
    c->reply.picture = (struct wire_picture){.type = DECODE_TYPE_JPEG,
                                             .width = 1,
                                             .height = 1,
                                             .frames = 1,
                                             .frames_seen = 1,
                                             .orientation = 1,
                                             .view_width = 1,
                                             .view_height = 1};
    return WIRE_GOOD;
}

static enum wire_answer when(struct child *c, bool went_through)
{
    return went_through ? sound(c) : WIRE_BROKEN;
}

static enum wire_answer do_nothing(struct child *c)
{
    return sound(c);
}

static enum wire_answer do_open(struct child *c)
{
    return when(c, open("/etc/hostname", O_RDONLY) >= 0 || errno != EACCES);
}

static enum wire_answer do_create(struct child *c)
{
    return when(c, open("/tmp/assay-canary", O_WRONLY | O_CREAT, 0600) >= 0 || errno != EACCES);
}

static enum wire_answer do_socket(struct child *c)
{
    return when(c, socket(AF_INET, SOCK_STREAM, 0) >= 0);
}

static enum wire_answer do_connect(struct child *c)
{
    const struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(80), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

    return when(c, connect(2, (const struct sockaddr *)&to, sizeof to) == 0);
}

/* By number, so that no other file than decode/spawn.c names the calls. */
static enum wire_answer do_fork(struct child *c)
{
    return when(c, syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0) >= 0);
}

static enum wire_answer do_exec(struct child *c)
{
    static const char *const argv[] = {"/bin/true", NULL};

    return when(c, syscall(SYS_execve, argv[0], argv, argv + 1) == 0);
}

static enum wire_answer do_ptrace(struct child *c)
{
    return when(c, ptrace(PTRACE_ATTACH, getppid(), NULL, NULL) == 0);
}

static enum wire_answer do_kill(struct child *c)
{
    return when(c, syscall(SYS_kill, -1, SIGTERM) == 0);
}

static enum wire_answer do_tgkill(struct child *c)
{
    return when(c, syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), SIGKILL) == 0);
}

static enum wire_answer do_wx(struct child *c)
{
    void *p =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return when(c, p != MAP_FAILED);
}

static enum wire_answer do_exec_memory(struct child *c)
{
    void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return when(c, p != MAP_FAILED && mprotect(p, 4096, PROT_READ | PROT_EXEC) == 0);
}

static enum wire_answer do_map_file(struct child *c)
{
    return when(c, mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, 2, 0) != MAP_FAILED);
}

static enum wire_answer do_loop(struct child *c)
{
    for (volatile unsigned i = 0;; i++)
        if (i == UINT32_MAX)
            i = 0;
    return sound(c);
}

static enum wire_answer do_sleep(struct child *c)
{
    int never = 0;

    for (;;)
        (void)syscall(SYS_futex, &never, 0, 0, NULL, NULL, 0);
    return sound(c);
}

static enum wire_answer do_memory(struct child *c)
{
    return when(c, mem_try((size_t)10 << 30) != NULL);
}

/* Small pieces until there are no more: the limit must be near, and the process must live. */
static enum wire_answer do_memory_pieces(struct child *c)
{
    size_t taken = 0;
    unsigned char *p;

    while ((p = mem_try(1u << 20)) != NULL) {
        memset(p, 1, 1u << 20);
        taken += 1u << 20;
    }
    return when(c, taken > c->limits.memory_bytes);
}

static enum wire_answer do_descriptors(struct child *c)
{
    bool any = false;

    for (int fd = 0; fd < 2000; fd++)
        any |= fd != 2 && write(fd, "x", 1) == 1;
    return when(c, any);
}

static enum wire_answer do_noise(struct child *c)
{
    static char much[1u << 20];

    memset(much, '!', sizeof much);
    for (unsigned i = 0; i < 1024; i++)
        (void)!write(2, much, sizeof much);
    return sound(c);
}

static enum wire_answer do_overrun(struct child *c)
{
    memset(c->payload, 1, c->payload_size + ((size_t)1 << 30));
    return sound(c);
}

static enum wire_answer do_input(struct child *c)
{
    *(volatile unsigned char *)(uintptr_t)c->input = 1;
    return sound(c);
}

static enum wire_answer do_abort(struct child *c)
{
    (void)c;
    abort();
}

static enum wire_answer do_silence(struct child *c)
{
    (void)c;
    _exit(0);
}

static enum wire_answer do_status(struct child *c)
{
    (void)c;
    _exit(7);
}

static enum wire_answer do_lie(struct child *c)
{
    (void)sound(c);
    c->reply.picture.view_width = c->reply.picture.view_height = 60000;
    return WIRE_GOOD;
}

static const struct deed {
    const char *name;
    child_work work;
} deeds[] = {
    {"nothing", do_nothing},
    {"open", do_open},
    {"create", do_create},
    {"socket", do_socket},
    {"connect", do_connect},
    {"fork", do_fork},
    {"exec", do_exec},
    {"ptrace", do_ptrace},
    {"kill", do_kill},
    {"tgkill", do_tgkill},
    {"wx", do_wx},
    {"exec-memory", do_exec_memory},
    {"map-file", do_map_file},
    {"loop", do_loop},
    {"sleep", do_sleep},
    {"memory", do_memory},
    {"memory-pieces", do_memory_pieces},
    {"descriptors", do_descriptors},
    {"noise", do_noise},
    {"overrun", do_overrun},
    {"input", do_input},
    {"abort", do_abort},
    {"silence", do_silence},
    {"status", do_status},
    {"lie", do_lie},
    {"sleep-long", do_sleep},
};

static enum wire_answer work(struct child *c)
{
    if (c->reply.head.kind == WIRE_ENCODE) {
        for (size_t i = 0; i < DECODE_SHEET_GREY; i++)
            c->reply.renditions[i] = (struct wire_rendition){1, 1, 0, 100};
        return WIRE_GOOD; /* zeros in the place of a JPEG */
    }
    for (size_t i = 0; i < sizeof deeds / sizeof deeds[0]; i++)
        if (c->input_size == MARK_BYTES + strlen(deeds[i].name) &&
            memcmp(c->input + MARK_BYTES, deeds[i].name, strlen(deeds[i].name)) == 0)
            return deeds[i].work(c);
    return WIRE_BAD_REQUEST;
}

int main(int argc, char **argv)
{
    if (child_hashes(argc, argv))
        canary_hash(argc, argv);
    child_main(argc, argv, argc > 1 && strcmp(argv[1], "encode") == 0 ? WIRE_ENCODE : WIRE_DECODE,
               work);
}
