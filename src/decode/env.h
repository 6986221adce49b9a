/* Inside of the parent's side: where the children are, and one run of one of them. */
#ifndef DECODE_ENV_H
#define DECODE_ENV_H

#include "decode/decode.h"
#include "decode/wire.h"

struct decode_env {
    char *image_path, *encode_path, *unpack_path;
    struct decode_limits limits;
    char layers[128];
};

/*
 * Run one child on input_fd (memfd_input) and output_fd (memfd_output of at least
 * WIRE_PAYLOAD_AT bytes) and take its checked reply. The errors are those of decode_picture; kind
 * says which child. ASSAY_OK only for WIRE_GOOD.
 */
enum assay_err env_run(const struct decode_env *env, enum wire_kind kind, int input_fd,
                       int output_fd, struct wire_reply *reply, struct err *e);

/* A program of ours: beside the running binary or in libexecdir, never found by PATH. ENOTFOUND.
 * *path: mem_free. */
enum assay_err env_find(const char *name, char **path, struct err *e);

#endif
