/* Makes the n-th write, fsync or link of the program under test fail. Include in one file only: it
 * stands before the C library's own functions. */
#ifndef TEST_UNIT_FAULT_H
#define TEST_UNIT_FAULT_H

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

enum fault_kind { FAULT_WRITE, FAULT_FSYNC, FAULT_LINK, FAULT_KINDS };

struct fault {
    long after[FAULT_KINDS]; /* calls that still go well; negative: all do */
    int number;              /* errno of those that do not */
    size_t trace_size;       /* at its end when nobody traces */
    char trace[16];          /* calls since fault_trace as letters w, f, l; for one thread */
};

static struct fault fault = {{-1, -1, -1}, EIO, 15, {0}};

static inline void fault_none(void)
{
    for (int i = 0; i < FAULT_KINDS; i++)
        fault.after[i] = -1;
}

/* The call after n good ones of the kind fails with number, and so do all that follow it. */
static inline void fault_after(enum fault_kind kind, long n, int number)
{
    fault_none();
    fault.after[kind] = n;
    fault.number = number;
}

static inline void fault_trace(void)
{
    fault.trace_size = 0;
    for (size_t i = 0; i < sizeof fault.trace; i++)
        fault.trace[i] = '\0';
}

static inline int fault_now(enum fault_kind kind)
{
    if (fault.trace_size + 1 < sizeof fault.trace)
        fault.trace[fault.trace_size++] = "wfl"[kind];
    if (fault.after[kind] < 0)
        return 0;
    if (fault.after[kind] > 0) {
        fault.after[kind]--;
        return 0;
    }
    errno = fault.number;
    return 1;
}

ssize_t write(int fd, const void *bytes, size_t size)
{
    return fault_now(FAULT_WRITE) ? -1 : (ssize_t)syscall(SYS_write, fd, bytes, size);
}

int fsync(int fd)
{
    return fault_now(FAULT_FSYNC) ? -1 : (int)syscall(SYS_fsync, fd);
}

int link(const char *from, const char *to)
{
    return fault_now(FAULT_LINK) ? -1 : (int)syscall(SYS_linkat, AT_FDCWD, from, AT_FDCWD, to, 0);
}

int linkat(int from_dir, const char *from, int to_dir, const char *to, int flags)
{
    return fault_now(FAULT_LINK) ? -1 : (int)syscall(SYS_linkat, from_dir, from, to_dir, to, flags);
}

#endif
