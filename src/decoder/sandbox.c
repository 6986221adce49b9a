/* Limits, namespaces, Landlock and a seccomp filter, in the order in which each is still allowed.
 */
#include "decoder/sandbox.h"

#include "decode/hash_wire.h"

#ifdef ASSAY_SANITIZED

enum assay_err sandbox_enter(const struct decode_limits *limits, enum sandbox_span span,
                             struct sandbox_layers *out)
{
    (void)limits;
    (void)span;
    *out = (struct sandbox_layers){.bits = WIRE_LAYER_OFF};
    return ASSAY_OK;
}

#else

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Debian 12's headers know only the first ABI's rights, so the numbers stand here: they are fixed
 * by the kernel's interface. */
#define LANDLOCK_CREATE_RULESET 444
#define LANDLOCK_RESTRICT_SELF  446
#define LANDLOCK_VERSION        1u
#define LANDLOCK_FS_ABI1        0x1fffull
#define LANDLOCK_FS_REFER       0x2000ull /* ABI 2 */
#define LANDLOCK_FS_TRUNCATE    0x4000ull /* ABI 3 */
#define LANDLOCK_NET_TCP        0x3ull    /* ABI 4: bind, connect */
#define LANDLOCK_FS_IOCTL       0x8000ull /* ABI 5 */
#define LANDLOCK_SCOPED         0x3ull    /* ABI 6: abstract sockets, signals */

struct landlock_attr {
    uint64_t fs, net, scoped;
};

static int set_limit(__rlimit_resource_t what, rlim_t soft, rlim_t hard)
{
    const struct rlimit limit = {soft, hard};

    return setrlimit(what, &limit);
}

/* NPROC 0 does not bind root; there seccomp alone forbids new processes. One second more of hard
 * than of soft limit: the soft one ends the process with SIGXCPU, which names the cause. */
static void enter_limits(const struct decode_limits *l, enum sandbox_span span,
                         struct sandbox_layers *out)
{
    const rlim_t cpu_s_max =
        span == SANDBOX_ONE_FILE ? l->cpu_s : (rlim_t)l->cpu_s * HASH_FILES_MAX;

    if (set_limit(RLIMIT_AS, l->memory_bytes, l->memory_bytes) == 0 &&
        set_limit(RLIMIT_CPU, l->cpu_s, cpu_s_max + 1) == 0 && set_limit(RLIMIT_CORE, 0, 0) == 0 &&
        set_limit(RLIMIT_NPROC, 0, 0) == 0 && set_limit(RLIMIT_FSIZE, 0, 0) == 0 &&
        set_limit(RLIMIT_NOFILE, 4, 4) == 0)
        out->bits |= WIRE_LAYER_RLIMITS;
}

/* A user namespace first: in it an ordinary user may make the others. The pid namespace would hold
 * children, of which there are none. */
static void enter_namespaces(struct sandbox_layers *out)
{
    static const struct {
        int flag;
        uint32_t layer;
    } spaces[] = {
        {CLONE_NEWUSER, WIRE_LAYER_USERNS}, {CLONE_NEWNET, WIRE_LAYER_NETNS},
        {CLONE_NEWNS, WIRE_LAYER_MOUNTNS},  {CLONE_NEWPID, WIRE_LAYER_PIDNS},
        {CLONE_NEWIPC, WIRE_LAYER_IPCNS},
    };

    for (size_t i = 0; i < sizeof spaces / sizeof spaces[0]; i++)
        if (unshare(spaces[i].flag) == 0)
            out->bits |= spaces[i].layer;
    /* A folder that holds nothing but the numbers of this process's own descriptors. */
    if (chroot("/proc/self/fdinfo") == 0 && chdir("/") == 0)
        out->bits |= WIRE_LAYER_CHROOT;
}

static void enter_landlock(struct sandbox_layers *out)
{
    long abi = syscall(LANDLOCK_CREATE_RULESET, NULL, 0, LANDLOCK_VERSION);
    struct landlock_attr attr = {.fs = LANDLOCK_FS_ABI1};
    long fd;

    if (abi < 1)
        return;
    attr.fs |= abi >= 2 ? LANDLOCK_FS_REFER : 0;
    attr.fs |= abi >= 3 ? LANDLOCK_FS_TRUNCATE : 0;
    attr.fs |= abi >= 5 ? LANDLOCK_FS_IOCTL : 0;
    attr.net = abi >= 4 ? LANDLOCK_NET_TCP : 0;
    attr.scoped = abi >= 6 ? LANDLOCK_SCOPED : 0;
    fd = syscall(LANDLOCK_CREATE_RULESET, &attr, sizeof attr, 0);
    if (fd < 0)
        return;
    if (syscall(LANDLOCK_RESTRICT_SELF, fd, 0) == 0)
        out->landlock = (uint32_t)abi;
    (void)close((int)fd);
}

static void drop_capabilities(struct sandbox_layers *out)
{
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    const struct __user_cap_data_struct none[2] = {0};

    if (syscall(SYS_capset, &head, none) == 0)
        out->bits |= WIRE_LAYER_NO_CAPS;
}

/* What computing needs. getpid, gettid and rt_sigprocmask are for abort(), so that a heap that
 * finds itself damaged dies by its own name and not by this filter's. */
static int allow_plain(scmp_filter_ctx filter)
{
    static const int calls[] = {
        SCMP_SYS(read),           SCMP_SYS(write),           SCMP_SYS(close),
        SCMP_SYS(munmap),         SCMP_SYS(mremap),          SCMP_SYS(brk),
        SCMP_SYS(madvise),        SCMP_SYS(futex),           SCMP_SYS(clock_gettime),
        SCMP_SYS(exit),           SCMP_SYS(exit_group),      SCMP_SYS(rt_sigreturn),
        SCMP_SYS(rt_sigprocmask), SCMP_SYS(restart_syscall), SCMP_SYS(getpid),
        SCMP_SYS(gettid),
    };
    int rc = 0;

    for (size_t i = 0; i < sizeof calls / sizeof calls[0] && rc == 0; i++)
        rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0);
    return rc;
}

static int allow_with_arguments(scmp_filter_ctx filter)
{
    const struct scmp_arg_cmp not_executable = SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);
    const struct scmp_arg_cmp no_file = SCMP_A4(SCMP_CMP_MASKED_EQ, 0xffffffffu, 0xffffffffu);
    const struct scmp_arg_cmp itself = SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0);
    const struct scmp_arg_cmp aborts = SCMP_A2(SCMP_CMP_EQ, SIGABRT, 0);
    int rc;

    rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 2, not_executable, no_file);
    if (rc == 0)
        rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, not_executable);
    if (rc == 0)
        rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 2, itself, aborts);
    return rc;
}

/* Libraries look for files and terminals as a matter of habit: no is enough for those. One that
 * cannot learn how many processors there are makes no threads. */
static int refuse_softly(scmp_filter_ctx filter)
{
    static const int calls[] = {
        SCMP_SYS(open),     SCMP_SYS(openat),     SCMP_SYS(openat2),
        SCMP_SYS(stat),     SCMP_SYS(fstat),      SCMP_SYS(newfstatat),
        SCMP_SYS(statx),    SCMP_SYS(lseek),      SCMP_SYS(ioctl),
        SCMP_SYS(access),   SCMP_SYS(faccessat),  SCMP_SYS(faccessat2),
        SCMP_SYS(readlink), SCMP_SYS(readlinkat), SCMP_SYS(sched_getaffinity),
    };
    int rc = 0;

    for (size_t i = 0; i < sizeof calls / sizeof calls[0] && rc == 0; i++)
        rc = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EACCES), calls[i], 0);
    return rc;
}

static enum assay_err enter_seccomp(struct sandbox_layers *out)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
    int rc;

    if (filter == NULL)
        return ASSAY_EUNSUPPORTED;
    rc = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
    if (rc == 0)
        rc = allow_plain(filter);
    if (rc == 0)
        rc = allow_with_arguments(filter);
    if (rc == 0)
        rc = refuse_softly(filter);
    /* Say so before the filter is in force; it is taken back when it could not be loaded. */
    out->bits |= WIRE_LAYER_SECCOMP;
    if (rc == 0)
        rc = seccomp_load(filter);
    if (rc != 0)
        out->bits &= ~(uint32_t)WIRE_LAYER_SECCOMP;
    seccomp_release(filter);
    return rc == 0 ? ASSAY_OK : ASSAY_EUNSUPPORTED;
}

enum assay_err sandbox_enter(const struct decode_limits *limits, enum sandbox_span span,
                             struct sandbox_layers *out)
{
    *out = (struct sandbox_layers){0};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
        return ASSAY_EUNSUPPORTED;
    enter_namespaces(out);
    enter_landlock(out);
    enter_limits(limits, span, out);
    drop_capabilities(out);
    /* The parent waits for this process and nobody else would. A change of namespace or rights
     * can make the kernel forget the wish, so it comes after both. */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0)
        return ASSAY_EUNSUPPORTED;
    return enter_seccomp(out);
}

#endif
