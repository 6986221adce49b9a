/* The only door to new processes: one child of the sandbox, run to its end under a wall clock. */
#ifndef DECODE_SPAWN_H
#define DECODE_SPAWN_H

#include <sys/types.h>

#include "decode/decode.h"

#define SPAWN_NOISE_BYTES 256 /* kept of what a child writes to stderr; the rest is thrown away */

struct spawn_job {
    const char *path; /* of the executable */
    const char *mode; /* first argument: "decode", "encode", "hash", "unpack" or "probe" */
    const struct decode_limits *limits;
    int input_fd, output_fd; /* become 3 and 4 of the child; both stay the caller's */
};

enum spawn_how { SPAWN_EXITED, SPAWN_SIGNALLED, SPAWN_TIMED_OUT };

struct spawn_end {
    enum spawn_how how;
    int status;                    /* exit status, or the signal's number */
    char noise[SPAWN_NOISE_BYTES]; /* printable ASCII only, NUL-terminated; hostile text */
};

/* A child under way. */
struct spawn_child {
    pid_t pid; /* not another's before spawn_finish */
    int pidfd, noise_fd;
};

/*
 * Start the child with nothing but its descriptors, no environment and default signals. The calling
 * thread must stay until spawn_finish: the child dies with it. EIO: it could not be started or
 * watched. SIGCHLD must not be ignored in this process.
 */
enum assay_err spawn_start(const struct spawn_job *job, struct spawn_child *c, struct err *e);

/* Of a child that lives for many files: from now on it has cpu_s seconds of processor time more, to
 * the second, within the hard limit that it gave itself. EIO: the kernel refused. */
enum assay_err spawn_allow_cpu(const struct spawn_child *c, uint32_t cpu_s, struct err *e);

/* Throws away some of what it wrote to stderr; false when no more will come. */
bool spawn_drain(const struct spawn_child *c);

/* Wait for its end, at most until the deadline (clock_mono_ms; one that has passed kills it at
 * once). On return no process is left, also on EIO. */
enum assay_err spawn_finish(struct spawn_child *c, int64_t deadline_ms, struct spawn_end *end,
                            struct err *e);

/* Both; killed after limits->wall_s. */
enum assay_err spawn_run(const struct spawn_job *job, struct spawn_end *end, struct err *e);

/* The same for a helper that is given nothing from outside (assay-make-media): argv as of exec,
 * /dev/null for input and output; killed after wall_s. */
enum assay_err spawn_helper(const char *path, char *const argv[], uint32_t wall_s,
                            struct spawn_end *end, struct err *e);

#endif
