/* Inside of the parent's side: where the children are, and one run of one of them. */
#ifndef DECODE_ENV_H
#define DECODE_ENV_H

#include "decode/decode.h"
#include "decode/spawn.h"
#include "decode/wire.h"

struct decode_env {
    char *paths[DECODE_PROGRAM_COUNT]; /* NULL: lacks says why */
    char *encode_path, *unpack_path;
    struct err lacks[DECODE_PROGRAM_COUNT];
    struct decode_limits limits;
    struct wire_head head; /* of assay-decode-image's probe: the sandbox that all have */
    char layers[128];
    bool tries_all; /* else a program is tried before it is first used, by env_try */
};

/*
 * Run one child, the program at path, on input_fd (memfd_input) and output_fd (memfd_output of at
 * least WIRE_PAYLOAD_AT bytes) and take its checked reply. The errors are those of decode_picture.
 * ASSAY_OK only for WIRE_GOOD.
 */
struct env_job {
    enum wire_kind kind;
    const char *path;
    int input_fd, output_fd;
};
enum assay_err env_run(const struct decode_env *env, const struct env_job *job,
                       struct wire_reply *reply, struct err *e);

/* The error and the sentence of an answer other than good, and of a child that did not exit with 0.
 */
enum assay_err env_answer_err(uint32_t answer, const struct decode_limits *l, struct err *e);
enum assay_err env_end_err(const struct spawn_end *end, const struct decode_limits *l,
                           struct err *e);

/* Start a program that paths has and see that its sandbox is that of the first. The errors are
 * those of env_run; EUNSUPPORTED when it is held less firmly. */
enum assay_err env_try(const struct decode_env *env, enum decode_program program, struct err *e);

/* A program of ours: beside the running binary or in libexecdir, never found by PATH. ENOTFOUND.
 * *path: mem_free. */
enum assay_err env_find(const char *name, char **path, struct err *e);

#endif
