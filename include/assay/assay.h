/* libassay: hash what you scan as assay does. This file includes all others and is the manual. */
#ifndef ASSAY_ASSAY_H
#define ASSAY_ASSAY_H

/*
 * What it does
 *
 *   assay/digest.h   MD5, SHA-1 and SHA-256 of bytes as they arrive, in one pass
 *   assay/pdq.h      PDQ of a picture whose rows arrive, bit-identical to the reference core
 *   assay/index.h    all hashes within a distance of one, exactly, among millions that change
 *   assay/err.h      the codes that functions return
 *
 * Bytes go into a digester, rows of pixels into a PDQ stream; neither keeps what it was given, so a
 * file of any size and a picture of any size are hashed in little memory. **Reading picture files
 * is not part of it.** To decode a file from a stranger is dangerous, and the program `assay` does
 * it in a sandboxed process of its own (`assay hash`); a library cannot put its caller into one.
 * Give it the rows that your decoder yields, and mind what doc/hashing.md says of pixels: PDQ is
 * only as equal as they are.
 *
 * A worked example: PDQ of a picture of which rows come one by one, as R, G, B.
 *
 *     #include <assay/assay.h>
 *
 *     enum assay_err hash_picture(uint32_t width, uint32_t height, char hex[ASSAY_PDQ_HEX_SIZE])
 *     {
 *         struct assay_pdq_stream *s;
 *         struct assay_pdq hash;
 *
 *         enum assay_err rc = assay_pdq_stream_new(width, height, &s);
 *         if (rc != ASSAY_OK)
 *             return rc; // ASSAY_ERANGE: too small or too large for PDQ
 *         for (uint32_t y = 0; y < height && rc == ASSAY_OK; y++)
 *             rc = assay_pdq_stream_rgb(s, next_row(), (size_t)3 * width, 1);
 *         if (rc == ASSAY_OK)
 *             rc = assay_pdq_stream_finish(s, &hash);
 *         assay_pdq_stream_free(s);
 *         if (rc == ASSAY_OK)
 *             assay_pdq_to_hex(&hash, hex);
 *         return rc;
 *     }
 *
 * Build it with `cc hash.c $(pkg-config --cflags --libs assay)`. Two pictures look alike when
 * assay_pdq_distance is at most ASSAY_PDQ_MATCH_BITS and both qualities are at least
 * ASSAY_PDQ_MATCH_QUALITY. A quality below that says that the hash means little: never list it.
 * The programs in examples/ are whole.
 *
 * Errors
 *
 * What can fail returns enum assay_err, and ASSAY_OK is 0. Outputs are written on success only. A
 * function's comment names each code that it returns. After ASSAY_ENOMEM from a digester or a
 * stream the only thing left to do with it is to free it. Nothing is printed or logged, errno
 * means nothing, and OpenSSL's queue of errors stays as the caller left it. To pass NULL for an
 * object, or for bytes that are counted, is a fault in the caller's code; it ends the process by
 * assert().
 *
 * Memory
 *
 * What NAME_new gives, NAME_free takes back; free takes NULL. Everything else is the caller's and
 * borrowed for the call. A stream is one allocation; its size is in pdq.h. A digester allocates
 * through OpenSSL (libcrypto 3). OpenSSL loads its algorithms at the first use in a process, and
 * does not outlive every allocation that fails there: where memory may end, make a digester and
 * free it when the program starts. From then on each failure is reported, and nothing leaks. An
 * index is many allocations and may map a file; assay/index.h says how much.
 *
 * Threads
 *
 * The library has no writable global state of its own beyond what is set once, in whichever thread
 * comes first, to one value: which of PDQ's kernels suit the processor. (ASSAY_CPU in the
 * environment names others for tests, "scalar", "avx2", "avx512" or "neon"; all give the same
 * bits.) Any number of threads may call it at once, on objects of their own. One digester, stream
 * or index reader belongs to one thread at a time; it may be handed on. An index belongs to all.
 * The functions that take only const objects may share them. No function is safe in a signal
 * handler.
 *
 * Versions
 *
 * While the major version is 0 an interface may still change, and the number in the shared
 * library's name with it. Hashes do not change: each is a function of bytes or pixels alone.
 */
#include "assay/digest.h"
#include "assay/err.h"
#include "assay/index.h"
#include "assay/pdq.h"

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* Of the headers that a program is compiled with. */
#define ASSAY_VERSION_MAJOR 0
#define ASSAY_VERSION_MINOR 1
#define ASSAY_VERSION_PATCH 0
#define ASSAY_VERSION_TEXT  "0.1.0"

/* Of the library that it runs with, as ASSAY_VERSION_TEXT. Static storage. */
const char *assay_version(void);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
