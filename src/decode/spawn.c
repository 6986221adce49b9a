/* Starts one child with clean descriptors and ends it: the only file that makes processes. */
#include "decode/spawn.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "decode/wire.h"

struct program {
    const char *path;
    char *const *argv;
    int input_fd, output_fd; /* -1: it has neither */
};

/* posix_spawn of glibc 2.34 and later runs the child on the parent's memory until exec (like
 * vfork), so a parent of any size starts one in well under a millisecond. */
static int start(const struct program *p, int noise_fd, pid_t *pid)
{
    char *const no_environment[] = {NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attr;
    sigset_t none, all;
    int rc;

    sigemptyset(&none);
    sigfillset(&all);
    if ((rc = posix_spawn_file_actions_init(&actions)) != 0)
        return rc;
    if ((rc = posix_spawnattr_init(&attr)) != 0)
        goto out;
    if ((rc = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDWR, 0)) == 0 &&
        (rc = posix_spawn_file_actions_adddup2(&actions, 0, 1)) == 0 &&
        (rc = posix_spawn_file_actions_adddup2(&actions, noise_fd, 2)) == 0 &&
        (p->input_fd < 0 ||
         ((rc = posix_spawn_file_actions_adddup2(&actions, p->input_fd, WIRE_INPUT_FD)) == 0 &&
          (rc = posix_spawn_file_actions_adddup2(&actions, p->output_fd, WIRE_OUTPUT_FD)) == 0)) &&
        (rc = posix_spawn_file_actions_addclosefrom_np(
             &actions, p->input_fd < 0 ? WIRE_INPUT_FD : WIRE_OUTPUT_FD + 1)) == 0 &&
        (rc = posix_spawnattr_setsigmask(&attr, &none)) == 0 &&
        (rc = posix_spawnattr_setsigdefault(&attr, &all)) == 0 &&
        (rc = posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF)) == 0)
        rc = posix_spawn(pid, p->path, &actions, &attr, p->argv, no_environment);
    (void)posix_spawnattr_destroy(&attr);
out:
    (void)posix_spawn_file_actions_destroy(&actions);
    return rc;
}

/* Takes what is there; true while more may come. */
static bool drain(int fd, char *noise, size_t *used)
{
    char bytes[4096];
    ssize_t n = read(fd, bytes, sizeof bytes);

    if (n < 0)
        return errno == EINTR || errno == EAGAIN;
    for (ssize_t i = 0; i < n && *used + 1 < SPAWN_NOISE_BYTES; i++)
        noise[(*used)++] = bytes[i] >= ' ' && bytes[i] <= '~' ? bytes[i] : ' ';
    return n > 0;
}

/* True when the child ended by itself before the deadline. What it writes is drained so that a
 * noisy child is not stopped by a full pipe, and counted by the same clock. */
static bool watch(int pidfd, int noise_fd, int64_t deadline_ms, char *noise)
{
    struct pollfd fds[2] = {{.fd = pidfd, .events = POLLIN}, {.fd = noise_fd, .events = POLLIN}};
    size_t used = 0;

    memset(noise, 0, SPAWN_NOISE_BYTES);
    for (;;) {
        int64_t left_ms = deadline_ms - clock_mono_ms();

        if (left_ms <= 0)
            return false;
        if (poll(fds, 2, (int)left_ms) < 0 && errno != EINTR)
            return false;
        if (fds[0].revents != 0) {
            /* One last look: the pipe holds at most what fits into it. */
            if (fds[1].fd >= 0)
                (void)drain(noise_fd, noise, &used);
            return true;
        }
        if (fds[1].revents != 0 && !drain(noise_fd, noise, &used))
            fds[1].fd = -1;
    }
}

/* Low numbers are the child's: dup2 in the child must not step on a source it still needs. */
static int lift(int fd)
{
    int high = fcntl(fd, F_DUPFD_CLOEXEC, 16);

    (void)close(fd);
    return high;
}

static enum assay_err reap(int pidfd, struct spawn_end *end, struct err *e)
{
    siginfo_t info;
    int rc;

    do
        rc = waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED);
    while (rc != 0 && errno == EINTR);
    if (rc != 0)
        return err_errno(e, "decoder: wait for the child");
    end->status = info.si_status;
    if (end->how != SPAWN_TIMED_OUT)
        end->how = info.si_code == CLD_EXITED ? SPAWN_EXITED : SPAWN_SIGNALLED;
    return ASSAY_OK;
}

static enum assay_err launch(const struct program *p, struct spawn_child *c, struct err *e)
{
    enum assay_err result = ASSAY_OK;
    int noise[2], rc;

    if (pipe2(noise, O_CLOEXEC | O_NONBLOCK) != 0)
        return err_errno(e, "decoder: make a pipe");
    noise[0] = lift(noise[0]);
    noise[1] = lift(noise[1]);
    *c = (struct spawn_child){.pidfd = -1, .noise_fd = noise[0]};
    if (noise[0] < 0 || noise[1] < 0) {
        result = err_errno(e, "decoder: make a pipe");
        goto out;
    }
    rc = start(p, noise[1], &c->pid);
    if (rc != 0) {
        errno = rc;
        result = err_set(e, ASSAY_EIO, "decoder: start %s: %s", p->path, strerror(rc));
        goto out;
    }
    c->pidfd = pidfd_open(c->pid, 0);
    if (c->pidfd < 0) {
        result = err_errno(e, "decoder: watch the child");
        (void)kill(c->pid, SIGKILL);
        (void)waitpid(c->pid, NULL, 0);
    }
out:
    if (noise[1] >= 0)
        (void)close(noise[1]);
    if (result != ASSAY_OK && noise[0] >= 0)
        (void)close(noise[0]);
    return result;
}

enum assay_err spawn_start(const struct spawn_job *job, struct spawn_child *c, struct err *e)
{
    char side[16], pixels[24], cpu[16], memory[24], mode[16], name[] = "assay-decoder";
    char *const argv[] = {name, mode, side, pixels, cpu, memory, NULL};
    const struct program p = {job->path, argv, job->input_fd, job->output_fd};

    assert(job->input_fd >= 16);
    assert(job->output_fd >= 16);
    (void)snprintf(mode, sizeof mode, "%s", job->mode);
    (void)snprintf(side, sizeof side, "%" PRIu32, job->limits->side_max);
    (void)snprintf(pixels, sizeof pixels, "%" PRIu64, job->limits->pixels_max);
    (void)snprintf(cpu, sizeof cpu, "%" PRIu32, job->limits->cpu_s);
    (void)snprintf(memory, sizeof memory, "%" PRIu64, job->limits->memory_bytes);
    return launch(&p, c, e);
}

enum assay_err spawn_allow_cpu(const struct spawn_child *c, uint32_t cpu_s, struct err *e)
{
    const int64_t used_us = clock_cpu_us_of(c->pid);
    struct rlimit limit;

    if (used_us < 0 || prlimit(c->pid, RLIMIT_CPU, NULL, &limit) != 0)
        return err_errno(e, "decoder: look at its processor time");
    limit.rlim_cur = (rlim_t)(used_us / 1000000 + 1) + cpu_s;
    if (limit.rlim_cur > limit.rlim_max)
        limit.rlim_cur = limit.rlim_max;
    if (prlimit(c->pid, RLIMIT_CPU, &limit, NULL) != 0)
        return err_errno(e, "decoder: limit its processor time");
    return ASSAY_OK;
}

bool spawn_drain(const struct spawn_child *c)
{
    char noise[SPAWN_NOISE_BYTES];
    size_t used = 0;

    return drain(c->noise_fd, noise, &used);
}

enum assay_err spawn_finish(struct spawn_child *c, int64_t deadline_ms, struct spawn_end *end,
                            struct err *e)
{
    end->how = SPAWN_EXITED;
    if (!watch(c->pidfd, c->noise_fd, deadline_ms, end->noise)) {
        end->how = SPAWN_TIMED_OUT;
        (void)pidfd_send_signal(c->pidfd, SIGKILL, NULL, 0);
    }
    enum assay_err rc = reap(c->pidfd, end, e);
    (void)close(c->pidfd);
    (void)close(c->noise_fd);
    return rc;
}

enum assay_err spawn_run(const struct spawn_job *job, struct spawn_end *end, struct err *e)
{
    int64_t deadline_ms = clock_mono_ms() + 1000 * (int64_t)job->limits->wall_s;
    struct spawn_child child;
    enum assay_err rc = spawn_start(job, &child, e);

    return rc != ASSAY_OK ? rc : spawn_finish(&child, deadline_ms, end, e);
}

enum assay_err spawn_helper(const char *path, char *const argv[], uint32_t wall_s,
                            struct spawn_end *end, struct err *e)
{
    int64_t deadline_ms = clock_mono_ms() + 1000 * (int64_t)wall_s;
    const struct program p = {path, argv, -1, -1};
    struct spawn_child child;
    enum assay_err rc = launch(&p, &child, e);

    return rc != ASSAY_OK ? rc : spawn_finish(&child, deadline_ms, end, e);
}
