/* Passes every call on to SQLite's own VFS, but for those that are to fail. */
#include "faulty_vfs.h"

#include <sqlite3.h>
#include <stdatomic.h>
#include <stddef.h>

struct faulty_file {
    sqlite3_file base;
    sqlite3_file *real; /* lies behind this struct */
};

static atomic_int armed_call = -1, calls_left, failed_count, armed_code, armed_repeat;

void faulty_arm(enum faulty_call call, int n, int code, enum faulty_repeat repeat)
{
    atomic_store(&calls_left, n);
    atomic_store(&failed_count, 0);
    atomic_store(&armed_code, code);
    atomic_store(&armed_repeat, (int)repeat);
    atomic_store(&armed_call, (int)call);
}

int faulty_disarm(void)
{
    atomic_store(&armed_call, -1);
    return atomic_load(&failed_count);
}

/* SQLITE_OK, or what this call is to give instead of being done. */
static int fault(enum faulty_call call)
{
    if (atomic_load(&armed_call) != (int)call)
        return SQLITE_OK;
    int left = atomic_fetch_sub(&calls_left, 1);
    if (left > 1 || (left < 1 && atomic_load(&armed_repeat) == FAULTY_ONCE))
        return SQLITE_OK;
    atomic_fetch_add(&failed_count, 1);
    return atomic_load(&armed_code);
}

static sqlite3_file *real_of(sqlite3_file *file)
{
    return ((struct faulty_file *)file)->real;
}

static int file_close(sqlite3_file *f)
{
    return real_of(f)->pMethods->xClose(real_of(f));
}

static int file_read(sqlite3_file *f, void *out, int size, sqlite3_int64 at)
{
    return real_of(f)->pMethods->xRead(real_of(f), out, size, at);
}

static int file_write(sqlite3_file *f, const void *bytes, int size, sqlite3_int64 at)
{
    int code = fault(FAULTY_WRITE);

    return code != SQLITE_OK ? code : real_of(f)->pMethods->xWrite(real_of(f), bytes, size, at);
}

static int file_truncate(sqlite3_file *f, sqlite3_int64 size)
{
    return real_of(f)->pMethods->xTruncate(real_of(f), size);
}

static int file_sync(sqlite3_file *f, int flags)
{
    int code = fault(FAULTY_SYNC);

    return code != SQLITE_OK ? code : real_of(f)->pMethods->xSync(real_of(f), flags);
}

static int file_size(sqlite3_file *f, sqlite3_int64 *size)
{
    return real_of(f)->pMethods->xFileSize(real_of(f), size);
}

static int file_lock(sqlite3_file *f, int lock)
{
    return real_of(f)->pMethods->xLock(real_of(f), lock);
}

static int file_unlock(sqlite3_file *f, int lock)
{
    return real_of(f)->pMethods->xUnlock(real_of(f), lock);
}

static int file_check_lock(sqlite3_file *f, int *out)
{
    return real_of(f)->pMethods->xCheckReservedLock(real_of(f), out);
}

static int file_control(sqlite3_file *f, int op, void *arg)
{
    return real_of(f)->pMethods->xFileControl(real_of(f), op, arg);
}

static int file_sector_size(sqlite3_file *f)
{
    return real_of(f)->pMethods->xSectorSize(real_of(f));
}

static int file_characteristics(sqlite3_file *f)
{
    return real_of(f)->pMethods->xDeviceCharacteristics(real_of(f));
}

static int file_shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **out)
{
    return real_of(f)->pMethods->xShmMap(real_of(f), page, size, extend, out);
}

static int file_shm_lock(sqlite3_file *f, int offset, int n, int flags)
{
    return real_of(f)->pMethods->xShmLock(real_of(f), offset, n, flags);
}

static void file_shm_barrier(sqlite3_file *f)
{
    real_of(f)->pMethods->xShmBarrier(real_of(f));
}

static int file_shm_unmap(sqlite3_file *f, int erase)
{
    return real_of(f)->pMethods->xShmUnmap(real_of(f), erase);
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = file_lock,
    .xUnlock = file_unlock,
    .xCheckReservedLock = file_check_lock,
    .xFileControl = file_control,
    .xSectorSize = file_sector_size,
    .xDeviceCharacteristics = file_characteristics,
    .xShmMap = file_shm_map,
    .xShmLock = file_shm_lock,
    .xShmBarrier = file_shm_barrier,
    .xShmUnmap = file_shm_unmap,
};

static int vfs_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out)
{
    sqlite3_vfs *real = vfs->pAppData;
    struct faulty_file *f = (struct faulty_file *)file;

    f->real = (sqlite3_file *)(f + 1);
    f->base.pMethods = NULL;
    int code = real->xOpen(real, name, f->real, flags, out);
    if (f->real->pMethods != NULL)
        f->base.pMethods = &methods;
    return code;
}

void faulty_register(void)
{
    static sqlite3_vfs vfs; /* the other calls of the real one work with ours as their argument */

    if (sqlite3_vfs_find(FAULTY_VFS) != NULL)
        return;
    sqlite3_vfs *real = sqlite3_vfs_find(NULL);
    vfs = *real;
    vfs.pNext = NULL;
    vfs.zName = FAULTY_VFS;
    vfs.szOsFile = (int)sizeof(struct faulty_file) + real->szOsFile;
    vfs.pAppData = real;
    vfs.xOpen = vfs_open;
    (void)sqlite3_vfs_register(&vfs, 0);
}
