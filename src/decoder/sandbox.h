/* Locks the process in before it looks at the first byte of a file. */
#ifndef DECODER_SANDBOX_H
#define DECODER_SANDBOX_H

#include <stdint.h>

#include "base/err.h"
#include "decode/decode.h"

struct sandbox_layers {
    uint32_t bits;     /* enum wire_layer */
    uint32_t landlock; /* ABI in force, 0 none */
};

/* How long the process lives; its processor time is limited for one file in any case, of many by
 * the parent, who moves the limit on for each (decode/spawn.h). */
enum sandbox_span { SANDBOX_ONE_FILE, SANDBOX_MANY_FILES };

/*
 * Everything that the process still needs must be open and mapped. Afterwards it can compute, take
 * anonymous memory up to limits->memory_bytes, write to its descriptors and exit; opening files is
 * answered EACCES, every other system call kills it, and so does the end of the parent's thread. No
 * way back. Must be called in a process with one thread.
 *
 * limits   memory_bytes and cpu_s are used
 * out      written in any case: what is in force
 *
 * EUNSUPPORTED when seccomp is not to be had: the caller must not go on. Namespaces, chroot and
 * Landlock are taken where the kernel gives them. In sanitizer builds nothing is done (the
 * sanitizers need what is forbidden here) and WIRE_LAYER_OFF says so.
 */
enum assay_err sandbox_enter(const struct decode_limits *limits, enum sandbox_span span,
                             struct sandbox_layers *out);

#endif
