/* One decoding process that hashes file after file, as its parent sees it. */
#ifndef DECODE_HASHER_H
#define DECODE_HASHER_H

#include "decode/env.h"
#include "decode/hash_wire.h"

struct hasher {
    struct spawn_child child; /* while files > 0 */
    int fd;                   /* our end of its socket */
    uint32_t files;           /* asked of this process; 0: there is none */
    bool greeted;             /* its first reply came: the sandbox is that of the probe */
    int64_t deadline_ms;      /* of the present file, clock_mono_ms */
};

/* What a process is started with. */
struct hasher_place {
    const struct decode_env *env;
    enum decode_program program; /* one that env does not lack */
    int region_fd;               /* for reading alone; 16 or higher */
    struct decode_frame *frames; /* DECODE_HASH_FRAMES_MAX places for those that are listed */
};

/*
 * Have the first size bytes of the region hashed; they must stay until hasher_answer. Starts the
 * process when there is none, when it
 * had HASH_FILES_MAX files, and when it is gone or said more than it was asked. EIO: it could not
 * be started. EDAMAGED: it is gone.
 */
enum assay_err hasher_ask(struct hasher *h, const struct hasher_place *place, size_t size,
                          uint32_t wants, struct err *e);

/*
 * Wait for what it says of them, at most the wall time of the limits since hasher_ask, and check
 * it. The errors are those of decode_picture.
 */
enum assay_err hasher_answer(struct hasher *h, const struct hasher_place *place,
                             enum decode_type type, uint32_t wants, struct hash_picture *out,
                             struct err *e);

/* Both end the process when they fail. This ends it in any case; fine where there is none. */
void hasher_end(struct hasher *h);

#endif
