/* The only door to new processes: one decoder child, run to its end under a wall clock. */
#ifndef DECODE_SPAWN_H
#define DECODE_SPAWN_H

#include "decode/decode.h"

#define SPAWN_NOISE_BYTES 256 /* kept of what a child writes to stderr; the rest is thrown away */

struct spawn_job {
    const char *path; /* of the executable */
    const char *mode; /* first argument: "decode", "encode" or "probe" */
    const struct decode_limits *limits;
    int input_fd, output_fd; /* become 3 and 4 of the child; both stay the caller's */
};

enum spawn_how { SPAWN_EXITED, SPAWN_SIGNALLED, SPAWN_TIMED_OUT };

struct spawn_end {
    enum spawn_how how;
    int status;                    /* exit status, or the signal's number */
    char noise[SPAWN_NOISE_BYTES]; /* printable ASCII only, NUL-terminated; hostile text */
};

/*
 * Start the child with nothing but its three descriptors, no environment and default signals, and
 * wait for it; killed after limits->wall_s. On return no process is left. The calling thread must
 * stay until then: the child dies with it. EIO: it could not be started or watched. SIGCHLD must
 * not be ignored in this process.
 */
enum assay_err spawn_run(const struct spawn_job *job, struct spawn_end *end, struct err *e);

#endif
