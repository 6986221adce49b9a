/* Starts a hashing process, asks it over its socket, and believes nothing that it answers. */
#include "decode/hasher.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "decode/memfd.h"

#define END_MS 1000 /* a process that let go of its socket is about to end */

void hasher_end(struct hasher *h)
{
    struct spawn_end end;

    if (h->files == 0)
        return;
    (void)close(h->fd);
    (void)spawn_finish(&h->child, 0, &end, NULL);
    *h = (struct hasher){0};
}

/* It said nothing more: how it ended tells why. */
static enum assay_err ended(struct hasher *h, const struct decode_limits *limits, struct err *e)
{
    struct spawn_end end;
    enum assay_err rc;

    (void)close(h->fd);
    rc = spawn_finish(&h->child, clock_mono_ms() + END_MS, &end, e);
    *h = (struct hasher){0};
    if (rc != ASSAY_OK)
        return rc;
    if (end.how == SPAWN_TIMED_OUT)
        return err_set(e, ASSAY_EDAMAGED, "decoder: it stopped speaking");
    return env_end_err(&end, limits, e);
}

/* Both ends of a socket, above the numbers that a child's descriptors have. */
static enum assay_err make_ends(int ends[2], struct err *e)
{
    int low[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, low) != 0)
        return err_errno(e, "decoder: make a socket");
    for (unsigned i = 0; i < 2; i++) {
        ends[i] = fcntl(low[i], F_DUPFD_CLOEXEC, 16);
        (void)close(low[i]);
    }
    if (ends[0] >= 0 && ends[1] >= 0)
        return ASSAY_OK;
    enum assay_err rc = err_errno(e, "decoder: make a socket");
    for (unsigned i = 0; i < 2; i++)
        if (ends[i] >= 0)
            (void)close(ends[i]);
    return rc;
}

static enum assay_err begin(struct hasher *h, const struct hasher_place *place, struct err *e)
{
    struct spawn_job job = {.path = place->env->paths[place->program],
                            .mode = "hash",
                            .limits = &place->env->limits,
                            .input_fd = place->region_fd};
    enum assay_err rc;
    int ends[2] = {-1, -1};

    assert(job.path != NULL);
    if ((rc = make_ends(ends, e)) != ASSAY_OK)
        return rc;
    job.output_fd = ends[1];
    *h = (struct hasher){.fd = ends[0]};
    rc = spawn_start(&job, &h->child, e);
    (void)close(ends[1]);
    if (rc != ASSAY_OK)
        (void)close(ends[0]);
    return rc;
}

/* It waits for a request: it is there, and has said no more than it was asked. */
static bool waits(const struct hasher *h)
{
    char byte;

    return !h->greeted || (recv(h->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN);
}

enum assay_err hasher_ask(struct hasher *h, const struct hasher_place *place, size_t size,
                          uint32_t wants, struct err *e)
{
    const struct decode_limits *limits = &place->env->limits;
    struct hash_request request = {.size = size, .wants = wants};
    unsigned char bytes[HASH_REQUEST_BYTES];
    enum assay_err rc = ASSAY_OK;

    if (h->files == HASH_FILES_MAX || (h->files > 0 && !waits(h)))
        hasher_end(h);
    if (h->files > 0)
        rc = spawn_allow_cpu(&h->child, limits->cpu_s, e);
    else if ((rc = begin(h, place, e)) != ASSAY_OK)
        return rc;
    h->files++;
    request.number = h->files;
    hash_request_put(&request, bytes);
    h->deadline_ms = clock_mono_ms() + 1000 * (int64_t)limits->wall_s;
    /* So few bytes find room in a socket from which all were taken, or the other end is gone. */
    if (rc == ASSAY_OK &&
        send(h->fd, bytes, sizeof bytes, MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)sizeof bytes)
        return ended(h, limits, e);
    if (rc != ASSAY_OK)
        hasher_end(h);
    return rc;
}

/* The next reply, as long as it says it is; what it writes to stderr meanwhile is thrown away, so
 * that it is not stopped. */
static enum assay_err take(struct hasher *h, const struct decode_limits *limits,
                           unsigned char out[HASH_REPLY_MAX], struct err *e)
{
    struct pollfd fds[2] = {{.fd = h->fd, .events = POLLIN},
                            {.fd = h->child.noise_fd, .events = POLLIN}};
    size_t done = 0, size = HASH_REPLY_BYTES;

    while (done < size) {
        const int64_t left_ms = h->deadline_ms - clock_mono_ms();
        const int ready = poll(fds, 2, left_ms > 0 ? (int)left_ms : 0);
        ssize_t n;

        if (ready < 0 && errno != EINTR)
            return err_errno(e, "decoder: wait for its answer");
        if (fds[0].revents == 0 && left_ms <= 0)
            return env_end_err(&(struct spawn_end){.how = SPAWN_TIMED_OUT}, limits, e);
        if (ready <= 0)
            continue;
        if (fds[1].revents != 0 && !spawn_drain(&h->child))
            fds[1].fd = -1;
        if (fds[0].revents == 0)
            continue;
        n = recv(h->fd, out + done, size - done, MSG_DONTWAIT);
        if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN))
            return ended(h, limits, e);
        done += n > 0 ? (size_t)n : 0;
        if (done == HASH_REPLY_BYTES)
            size = hash_reply_size(out);
    }
    return ASSAY_OK;
}

/* The first thing it says: it is locked in, as firmly as the program that was tried. */
static enum assay_err greet(struct hasher *h, const struct decode_env *env, struct err *e)
{
    unsigned char bytes[HASH_REPLY_MAX];
    struct hash_reply reply;
    enum assay_err rc;

    if (h->greeted)
        return ASSAY_OK;
    if ((rc = take(h, &env->limits, bytes, e)) != ASSAY_OK ||
        (rc = hash_reply_get(bytes, HASH_HELLO, NULL, &reply, e)) != ASSAY_OK)
        return rc;
    if (reply.answer != WIRE_GOOD)
        return env_answer_err(reply.answer, &env->limits, e);
    if (reply.layers != env->head.layers || reply.landlock != env->head.landlock)
        return err_set(e, ASSAY_EDAMAGED, "decoder: its sandbox is not the one that was tried");
    h->greeted = true;
    return ASSAY_OK;
}

enum assay_err hasher_answer(struct hasher *h, const struct hasher_place *place,
                             enum decode_type type, uint32_t wants, struct hash_picture *out,
                             struct err *e)
{
    const struct decode_limits *limits = &place->env->limits;
    unsigned char bytes[HASH_REPLY_MAX];
    struct hash_reply reply;
    enum assay_err rc;

    assert(h->files > 0);
    if ((rc = greet(h, place->env, e)) != ASSAY_OK ||
        (rc = take(h, limits, bytes, e)) != ASSAY_OK ||
        (rc = hash_reply_get(bytes, HASH_PICTURE, place->frames, &reply, e)) != ASSAY_OK)
        goto out;
    if (reply.number != h->files)
        rc = err_set(e, ASSAY_EDAMAGED, "decoder: it answers another request");
    else if (reply.answer != WIRE_GOOD)
        rc = env_answer_err(reply.answer, limits, e);
    else
        rc = hash_picture_check(&reply.picture, type, limits, wants, e);
    if (rc == ASSAY_OK)
        *out = reply.picture;
out:
    if (rc != ASSAY_OK)
        hasher_end(h);
    return rc;
}
