/* What every fuzz target offers to libFuzzer and to replay.c. */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* Try size bytes (borrowed). Aborts, by an assertion or a sanitizer, when a promise is broken. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
