/* A hashing child that tries to do harm, to this file's result or to the next one's. */
#include "hashing.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "decoder/child.h"

/* The file is a JPEG's mark and then the name of a deed, as in canary.c. */
#define MARK_BYTES 3u

static uint32_t served;

/* Its width is the number of files that came to this process. */
static enum wire_answer sound(struct hash_picture *out)
{
    *out = (struct hash_picture){
        .type = DECODE_TYPE_JPEG, .width = served, .height = 1, .frames = 1, .orientation = 1};
    out->reduced = 1;
    return WIRE_GOOD;
}

static enum wire_answer do_nothing(const struct child_file *f, struct hash_picture *out)
{
    (void)f;
    return sound(out);
}

/* Whatever is written fails by a signal; a right to write that could be had is the worst. */
static enum wire_answer do_write(const struct child_file *f, struct hash_picture *out)
{
    *(volatile unsigned char *)(uintptr_t)f->bytes = 1;
    return sound(out);
}

static enum wire_answer do_unlock(const struct child_file *f, struct hash_picture *out)
{
    if (mprotect((void *)(uintptr_t)f->bytes, 4096, PROT_READ | PROT_WRITE) != 0)
        return WIRE_BROKEN;
    return sound(out);
}

static enum wire_answer do_abort(const struct child_file *f, struct hash_picture *out)
{
    (void)f;
    (void)out;
    abort();
}

static enum wire_answer do_silence(const struct child_file *f, struct hash_picture *out)
{
    (void)f;
    (void)out;
    _exit(0);
}

static enum wire_answer do_loop(const struct child_file *f, struct hash_picture *out)
{
    (void)f;
    for (volatile unsigned i = 0;; i++)
        if (i == UINT32_MAX)
            i = 0;
    return sound(out);
}

/* More than half of the processor time of a file. */
static enum wire_answer do_busy(const struct child_file *f, struct hash_picture *out)
{
    const int64_t until_us = clock_cpu_us() + (int64_t)f->limits->cpu_s * 600000;

    while (clock_cpu_us() < until_us)
        ;
    return sound(out);
}

static enum wire_answer do_sleep(const struct child_file *f, struct hash_picture *out)
{
    int never = 0;

    (void)f;
    for (;;)
        (void)syscall(SYS_futex, &never, 0, 0, NULL, NULL, 0);
    return sound(out);
}

/* The mild limit of processor time held back, only the clock on the wall is left. */
static enum wire_answer do_hold(const struct child_file *f, struct hash_picture *out)
{
    sigset_t all;

    sigfillset(&all);
    (void)sigprocmask(SIG_BLOCK, &all, NULL);
    return do_loop(f, out);
}

static enum wire_answer do_hang_up(const struct child_file *f, struct hash_picture *out)
{
    (void)close(HASH_SOCKET_FD);
    return do_sleep(f, out);
}

static enum wire_answer do_noise(const struct child_file *f, struct hash_picture *out)
{
    static char much[1u << 20];

    (void)f;
    memset(much, '!', sizeof much);
    for (unsigned i = 0; i < 64; i++)
        (void)!write(2, much, sizeof much);
    return sound(out);
}

static enum wire_answer do_garbage(const struct child_file *f, struct hash_picture *out)
{
    static const char garbage[HASH_REPLY_BYTES] = "garbage";

    (void)f;
    (void)!write(HASH_SOCKET_FD, garbage, sizeof garbage);
    return sound(out);
}

static enum wire_answer do_half(const struct child_file *f, struct hash_picture *out)
{
    (void)f;
    (void)out;
    (void)!write(HASH_SOCKET_FD, "ASHR", 4);
    _exit(0);
}

/* This file's answer comes behind one that looks like it, and before one that could be taken for
 * the next one's. */
static enum wire_answer do_twice(const struct child_file *f, struct hash_picture *out)
{
    struct hash_reply r = {.kind = HASH_PICTURE, .answer = WIRE_GOOD, .number = 1};
    unsigned char bytes[HASH_REPLY_BYTES + HASH_REPLY_MAX];
    size_t size;

    (void)f;
    (void)sound(&r.picture);
    r.picture.flags = DECODE_TRAILING_DATA;
    size = hash_reply_put(&r, bytes);
    r.number = 2;
    size += hash_reply_put(&r, bytes + size);
    (void)!write(HASH_SOCKET_FD, bytes, size); /* both are there at once */
    return sound(out);
}

static enum wire_answer do_lie(const struct child_file *f, struct hash_picture *out)
{
    (void)f;
    (void)sound(out);
    out->width = 60000;
    out->height = 60000;
    return WIRE_GOOD;
}

static enum wire_answer do_other_type(const struct child_file *f, struct hash_picture *out)
{
    (void)f;
    (void)sound(out);
    out->type = DECODE_TYPE_PNG;
    return WIRE_GOOD;
}

static bool poisoned;

static enum wire_answer do_poison(const struct child_file *f, struct hash_picture *out)
{
    (void)f;
    poisoned = true;
    return sound(out);
}

static const struct deed {
    const char *name;
    child_hash work;
} deeds[] = {
    {"nothing", do_nothing}, {"write", do_write},     {"unlock", do_unlock},
    {"abort", do_abort},     {"silence", do_silence}, {"loop", do_loop},
    {"sleep", do_sleep},     {"hold", do_hold},       {"hang-up", do_hang_up},
    {"noise", do_noise},     {"garbage", do_garbage}, {"half", do_half},
    {"twice", do_twice},     {"lie", do_lie},         {"other-type", do_other_type},
    {"poison", do_poison},   {"busy", do_busy},
};

static enum wire_answer work(const struct child_file *file, struct hash_picture *out)
{
    served++;
    if (poisoned)
        return WIRE_BROKEN;
    for (size_t i = 0; i < sizeof deeds / sizeof deeds[0]; i++)
        if (file->size == MARK_BYTES + strlen(deeds[i].name) &&
            memcmp(file->bytes + MARK_BYTES, deeds[i].name, strlen(deeds[i].name)) == 0)
            return deeds[i].work(file, out);
    return WIRE_BAD_REQUEST;
}

void canary_hash(int argc, char **argv)
{
    const struct hash_reply hello = {.kind = HASH_HELLO, .answer = WIRE_GOOD};
    struct decode_limits limits;
    unsigned char bytes[HASH_REPLY_MAX];

    if (child_limits(argc, argv, &limits) && limits.side_max == CANARY_SIDE_UNLOCKED)
        (void)!write(HASH_SOCKET_FD, bytes, hash_reply_put(&hello, bytes));
    child_hash_main(argc, argv, work);
}
