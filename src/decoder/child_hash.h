/* What a child does that hashes file after file: maps the region, locks itself in, answers. */
#ifndef DECODER_CHILD_HASH_H
#define DECODER_CHILD_HASH_H

#include "decode/hash_wire.h"

struct child_file {
    const unsigned char *bytes; /* hostile; in the region, which is read only */
    size_t size;
    const struct decode_limits *limits;
    uint32_t wants; /* enum decode_hash_want */
};

/* The work: out is zero but for the places of its frames, and filled on WIRE_GOOD. */
typedef enum wire_answer (*child_hash)(const struct child_file *file, struct hash_picture *out);

/* Whether the arguments ask for this and not for child_main. */
bool child_hashes(int argc, char **argv);

/* Called with `hash`: the sandbox is entered once, before the first byte of the first file. Never
 * returns: 0 the parent closed the socket, 2 not started by assay, 3 no sandbox, 4 the socket
 * broke. */
_Noreturn void child_hash_main(int argc, char **argv, child_hash work);

#endif
