/* assay hash in its parts: finding files, hashing one, writing its line, all of them in order. */
#ifndef CLI_HASH_H
#define CLI_HASH_H

#include <stdatomic.h>

#include "base/buf.h"
#include "base/json.h"
#include "decode/pool.h"

enum hash_format { HASH_JSONL, HASH_TSV };

/* What --algorithms may name, a bit each. */
enum hash_algorithm {
    HASH_MD5 = ASSAY_DIGEST_MD5,
    HASH_SHA1 = ASSAY_DIGEST_SHA1,
    HASH_SHA256 = ASSAY_DIGEST_SHA256,
    HASH_OF_PICTURE = 1 << 3
};
#define HASH_ALGORITHMS (ASSAY_DIGEST_KINDS | HASH_OF_PICTURE)

struct hash_result;
/* Appends the line of one file, with its newline; called in the thread that hashed it. */
typedef void hash_line_fn(void *ctx, const char *path, const struct hash_result *r, struct buf *b);

struct hash_options {
    enum hash_format format;
    uint32_t algorithms; /* enum hash_algorithm */
    uint32_t wants;      /* enum decode_hash_want */
    bool folders;        /* -r: walk them */
    bool follow;         /* symbolic links to files */
    bool zeros;          /* -0: a NUL behind each path of standard input, else a newline */
    unsigned threads;
    hash_line_fn *line; /* hash_line with these options, or another command's */
    void *line_ctx;
};

/* Processors that this process may run on, not those of the machine. */
unsigned hash_processors(void);

/* ---- hash_walk.c: which files ---- */

/*
 * Called with each path in order, which is borrowed. why: NULL for what may be opened, else why
 * not. Returns false to end the walk.
 */
typedef bool hash_visit(void *ctx, const char *path, const char *why);

/*
 * The paths that were typed, those of standard input in the place of each `-` as they come in, and
 * with folders allowed what lies in them: bytewise by name, a folder's own in its place. Names of
 * one folder on each level are held, nothing else grows. EIO: standard input cannot be read.
 */
enum assay_err hash_walk(const struct hash_options *o, char *const *paths, size_t count,
                         hash_visit *visit, void *ctx, struct err *e);

/* ---- hash_file.c: one file ---- */

#define HASH_ERROR_SIZE 600

/* Whether people should hear on stderr of hashed.why, though the line has no error. */
enum hash_note {
    HASH_NOTE_NONE,
    HASH_NOTE_ONCE, /* a program is not there: the same for every file of the type */
    HASH_NOTE_EACH  /* a limit stopped the picture */
};

struct hash_result {
    char error[HASH_ERROR_SIZE]; /* for a person; empty: none */
    bool digested;               /* hashed has digests and type, whatever became of the picture */
    struct decode_hashed hashed;
    const char *reason; /* pdq_reason, NULL for none */
    enum hash_note note;
};

struct hash_maker; /* one thread's */

/* env is borrowed; NULL: no picture is decoded, and where one was to be, no_env is its error. Of
 * the digests those that o names are made. */
enum assay_err hash_maker_new(const struct hash_options *o, struct decode_env *env,
                              const struct err *no_env, struct hash_maker **out, struct err *e);
void hash_maker_free(struct hash_maker *m); /* NULL is fine */

/* Never fails: out says what became of it. Only regular files are read. */
void hash_file(struct hash_maker *m, const struct hash_options *o, const char *path,
               struct hash_result *out);

/* ---- hash_line.c: one line ---- */

#define HASH_PATH_MAX (64 * 1024)   /* bytes; Linux takes 4096 and every longer one is an error */
#define HASH_LINE_MAX (1024 * 1024) /* bytes; a path in escapes and all else */

/* The first line of a table, with its newline; nothing for jsonl. */
void hash_line_head(const struct hash_options *o, struct buf *b);
/* ctx: the struct hash_options. */
hash_line_fn hash_line;
/* A path to the byte: what is no UTF-8 goes as base64, and _base64 behind the key. */
void hash_line_path(struct json_out *o, const char *key, const char *path);

/* ---- hash_run.c: all of them ---- */

/* Hash what hash_walk finds and write the lines to standard output in its order; returns the exit
 * status. Signals that end the process let the line under way be finished first. */
int hash_run(const struct hash_options *o, char *const *paths, size_t count);

#endif
