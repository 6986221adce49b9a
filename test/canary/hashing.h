/* The part of the tests' attacker that is asked for hashes. */
#ifndef CANARY_HASHING_H
#define CANARY_HASHING_H

#include "decoder/child_hash.h"

/* With this longest side in its limits it says that no sandbox is in force. */
#define CANARY_SIDE_UNLOCKED 4242u

_Noreturn void canary_hash(int argc, char **argv);

#endif
