/* What every child process does: maps what the parent gave, locks itself in, works, answers. */
#ifndef DECODER_CHILD_H
#define DECODER_CHILD_H

#include <stddef.h>

#include "decode/wire.h"

struct child {
    struct decode_limits limits;
    const unsigned char *input; /* the sealed memfd, read only */
    size_t input_size;
    unsigned char *payload; /* the output memfd behind the reply */
    size_t payload_size;
    struct wire_reply reply; /* head is filled by child_main, the rest by the work */
};

#define CHILD_NOT_STARTED 2 /* exit status: not started by assay */
#define CHILD_NO_SANDBOX  3 /* exit status: seccomp is not to be had */

/* The limits out of the arguments; false when the program was not started by assay. */
bool child_limits(int argc, char **argv, struct decode_limits *l);
/* Say so on stderr and exit. */
_Noreturn void child_not_started(void);

/* The work of one kind of child, done inside the sandbox. */
typedef enum wire_answer (*child_work)(struct child *c);

/* main of a child; kind is WIRE_DECODE or WIRE_ENCODE. Called with `probe` it enters the sandbox
 * and answers without work. Never returns: 0 answered, 2 not started by assay, 3 no sandbox. */
_Noreturn void child_main(int argc, char **argv, enum wire_kind kind, child_work work);

#endif
