/* Finds the children, tries their sandbox, runs one of them and names how it ended. */
#include "decode/env.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "decode/memfd.h"
#include "decode/spawn.h"

#define PATH_BYTES     4096
#define CHILD_NO_START 3 /* exit status of a child without its sandbox, whose reply says so */

enum assay_err env_answer_err(uint32_t answer, const struct decode_limits *l, struct err *e)
{
    switch (answer) {
    case WIRE_BROKEN:
        return err_set(e, ASSAY_EFORMAT, "nothing of the picture could be decoded");
    case WIRE_CODING:
        return err_set(e, ASSAY_EUNSUPPORTED, "the picture uses a coding that is not read");
    case WIRE_TYPE:
        return err_set(e, ASSAY_EUNSUPPORTED, "the type is not decoded");
    case WIRE_SIDE:
        return err_set(e, ASSAY_ELIMIT, "a side is longer than %u pixels", l->side_max);
    case WIRE_PIXELS:
        return err_set(e, ASSAY_ELIMIT, "the picture has more than %llu pixels",
                       (unsigned long long)l->pixels_max);
    case WIRE_MEMORY:
        return err_set(e, ASSAY_ELIMIT, "decoding needs more than %llu MB of memory",
                       (unsigned long long)(l->memory_bytes >> 20));
    case WIRE_NO_SANDBOX:
        return err_set(e, ASSAY_EUNSUPPORTED,
                       "the decoder refuses to run: this kernel or container does not allow "
                       "seccomp filters (CONFIG_SECCOMP_FILTER, or the container's policy)");
    default:
        return err_set(e, ASSAY_EDAMAGED, "decoder: it did not understand its request");
    }
}

enum assay_err env_end_err(const struct spawn_end *end, const struct decode_limits *l,
                           struct err *e)
{
    if (end->how == SPAWN_TIMED_OUT)
        return err_set(e, ASSAY_ELIMIT, "decoding took longer than %u s", l->wall_s);
    if (end->how == SPAWN_EXITED)
        return err_set(e, ASSAY_EDAMAGED, "decoder: it gave up with status %d", end->status);
    switch (end->status) {
    case SIGXCPU:
        return err_set(e, ASSAY_ELIMIT, "decoding took more than %u s of processor time", l->cpu_s);
    case SIGKILL:
        return err_set(e, ASSAY_ELIMIT, "the system killed the decoder (memory is short?)");
    case SIGSYS:
        return err_set(e, ASSAY_EDAMAGED, "decoder: killed for a forbidden system call");
    default:
        return err_set(e, ASSAY_EDAMAGED, "decoder: it died of signal %d", end->status);
    }
}

enum assay_err env_run(const struct decode_env *env, const struct env_job *j,
                       struct wire_reply *reply, struct err *e)
{
    static const char *const modes[] = {
        [WIRE_DECODE] = "decode", [WIRE_ENCODE] = "encode", [WIRE_PROBE] = "probe"};
    struct spawn_job job = {.path = j->path,
                            .mode = modes[j->kind],
                            .limits = &env->limits,
                            .input_fd = j->input_fd,
                            .output_fd = j->output_fd};
    unsigned char bytes[WIRE_REPLY_BYTES];
    struct spawn_end end;
    enum assay_err rc;

    if ((rc = spawn_run(&job, &end, e)) != ASSAY_OK)
        return rc;
    if (end.how != SPAWN_EXITED || (end.status != 0 && end.status != CHILD_NO_START))
        return env_end_err(&end, &env->limits, e);
    if ((rc = memfd_read(j->output_fd, 0, bytes, sizeof bytes, e)) != ASSAY_OK ||
        (rc = wire_reply_get(bytes, j->kind, reply, e)) != ASSAY_OK)
        return rc;
    if (reply->head.answer != WIRE_GOOD)
        return env_answer_err(reply->head.answer, &env->limits, e);
    if (end.status != 0)
        return env_end_err(&end, &env->limits, e);
    return ASSAY_OK;
}

static void layers_text(const struct wire_head *head, char *out, size_t size)
{
    static const char *const names[] = {
        "seccomp", "rlimits", "nocaps", "userns", "netns",
        "mountns", "pidns",   "ipcns",  "chroot", "off(sanitizer-build)"};
    size_t used = 0;

    static_assert((1u << (sizeof names / sizeof names[0])) - 1 == WIRE_LAYERS_ALL,
                  "every layer has a name");
    out[0] = '\0';
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if ((head->layers & (1u << i)) == 0)
            continue;
        used += (size_t)snprintf(out + used, size - used, "%s%s", used > 0 ? " " : "", names[i]);
        if (i == 0 && head->landlock > 0)
            used += (size_t)snprintf(out + used, size - used, " landlock:%u", head->landlock);
        assert(used < size);
    }
}

static char *beside(const char *folder, const char *name)
{
    char path[PATH_BYTES];
    struct stat st;
    int n = snprintf(path, sizeof path, "%s/%s", folder, name);

    if (n <= 0 || (size_t)n >= sizeof path || stat(path, &st) != 0 || !S_ISREG(st.st_mode) ||
        access(path, X_OK) != 0)
        return NULL;
    return mem_strdup(path);
}

/* The folder that the running binary lies in. */
static enum assay_err own_folder(char *out, size_t size, struct err *e)
{
    ssize_t n = readlink("/proc/self/exe", out, size - 1);
    char *slash;

    if (n <= 0 || (size_t)n >= size - 1)
        return err_errno(e, "decoder: find the running binary");
    out[n] = '\0';
    slash = strrchr(out, '/');
    if (slash == NULL)
        return err_set(e, ASSAY_ENOTFOUND, "decoder: the running binary has no folder");
    *slash = '\0';
    return ASSAY_OK;
}

static enum assay_err find(const char *const *folders, size_t count, const char *name, char **out,
                           struct err *e)
{
    for (size_t i = 0; i < count; i++) {
        *out = beside(folders[i], name);
        if (*out != NULL)
            return ASSAY_OK;
    }
    return err_set(e, ASSAY_ENOTFOUND, "decoder: %s/%s is missing%s%s; install assay whole",
                   folders[0], name, count > 1 ? " and so is it in " : "",
                   count > 1 ? folders[1] : "");
}

enum assay_err env_find(const char *name, char **path, struct err *e)
{
    char own[PATH_BYTES];
    const char *const folders[] = {own, ASSAY_LIBEXECDIR};
    enum assay_err rc = own_folder(own, sizeof own, e);

    return rc != ASSAY_OK ? rc : find(folders, 2, name, path, e);
}

static enum assay_err probe(const struct decode_env *env, const char *path, struct wire_head *out,
                            struct err *e)
{
    struct env_job job = {WIRE_PROBE, path, -1, -1};
    struct wire_reply reply;
    enum assay_err rc;

    if ((rc = memfd_input(&(struct memfd_part){"probe", 5}, 1, &job.input_fd, e)) != ASSAY_OK ||
        (rc = memfd_output(WIRE_PAYLOAD_AT, &job.output_fd, e)) != ASSAY_OK ||
        (rc = env_run(env, &job, &reply, e)) != ASSAY_OK)
        goto out;
    *out = reply.head;
out:
    if (job.input_fd >= 0)
        (void)close(job.input_fd);
    if (job.output_fd >= 0)
        (void)close(job.output_fd);
    return rc;
}

enum assay_err env_try(const struct decode_env *env, enum decode_program program, struct err *e)
{
    const char *path = env->paths[program];
    struct wire_head head;
    enum assay_err rc;

    if ((rc = probe(env, path, &head, e)) != ASSAY_OK)
        return rc;
    if (head.layers != env->head.layers || head.landlock != env->head.landlock)
        return err_set(e, ASSAY_EUNSUPPORTED, "%s: its sandbox is not that of %s", path,
                       decode_program_name(DECODE_PROGRAM_IMAGE));
    return ASSAY_OK;
}

/* A program on which only some types depend. One that is missing or fails env_try is not used. */
static void try_more(struct decode_env *env, const char *const *folders, size_t count,
                     enum decode_program program)
{
    struct err *e = &env->lacks[program];

    if (find(folders, count, decode_program_name(program), &env->paths[program], e) != ASSAY_OK ||
        !env->tries_all || env_try(env, program, e) == ASSAY_OK)
        return;
    mem_free(env->paths[program]);
    env->paths[program] = NULL;
}

enum tries { TRY_ALL, TRY_FIRST };

static enum assay_err new_among(const char *const *folders, size_t count, enum tries tries,
                                const struct decode_limits *limits, struct decode_env **out,
                                struct err *e)
{
    struct decode_env *env = mem_zalloc(sizeof *env);
    char **image = &env->paths[DECODE_PROGRAM_IMAGE];
    enum assay_err rc;

    env->limits = *limits;
    env->tries_all = tries == TRY_ALL;
    if ((rc = find(folders, count, "assay-decode-image", image, e)) != ASSAY_OK ||
        (rc = find(folders, count, "assay-encode", &env->encode_path, e)) != ASSAY_OK ||
        (rc = find(folders, count, "assay-unpack", &env->unpack_path, e)) != ASSAY_OK ||
        (rc = probe(env, *image, &env->head, e)) != ASSAY_OK) {
        decode_env_free(env);
        return rc;
    }
    layers_text(&env->head, env->layers, sizeof env->layers);
    try_more(env, folders, count, DECODE_PROGRAM_HEIF);
    try_more(env, folders, count, DECODE_PROGRAM_AV);
    *out = env;
    return ASSAY_OK;
}

static enum assay_err new_here(enum tries tries, const struct decode_limits *limits,
                               struct decode_env **out, struct err *e)
{
    char own[PATH_BYTES];
    const char *const folders[] = {own, ASSAY_LIBEXECDIR};
    enum assay_err rc;

    if ((rc = own_folder(own, sizeof own, e)) != ASSAY_OK)
        return rc;
    return new_among(folders, 2, tries, limits, out, e);
}

enum assay_err decode_env_new(const struct decode_limits *limits, struct decode_env **out,
                              struct err *e)
{
    return new_here(TRY_ALL, limits, out, e);
}

enum assay_err decode_env_new_in(const char *folder, const struct decode_limits *limits,
                                 struct decode_env **out, struct err *e)
{
    return new_among(&folder, 1, TRY_ALL, limits, out, e);
}

enum assay_err decode_env_new_for_pool(const char *folder, const struct decode_limits *limits,
                                       struct decode_env **out, struct err *e)
{
    if (folder == NULL)
        return new_here(TRY_FIRST, limits, out, e);
    return new_among(&folder, 1, TRY_FIRST, limits, out, e);
}

void decode_env_free(struct decode_env *env)
{
    if (env == NULL)
        return;
    for (size_t i = 0; i < DECODE_PROGRAM_COUNT; i++)
        mem_free(env->paths[i]);
    mem_free(env->encode_path);
    mem_free(env->unpack_path);
    mem_free(env);
}

const char *decode_env_layers(const struct decode_env *env)
{
    return env->layers;
}

const char *decode_env_lacks(const struct decode_env *env, enum decode_program program)
{
    assert((unsigned)program < DECODE_PROGRAM_COUNT);
    return env->paths[program] != NULL ? NULL : env->lacks[program].text;
}

bool decode_env_supports(const struct decode_env *env, enum decode_type type)
{
    return decode_type_supported(type) && env->paths[decode_type_program(type)] != NULL;
}
