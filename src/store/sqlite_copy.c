/* SQLite: a copy of the whole database as of one moment, taken beside its writers. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"
#include "store/engine_impl.h"
#include "store/sqlite_impl.h"

#define STEP_PAGES 256 /* 1 MB: the reader of the progress sees it move */
#define SYNC_STEPS 8   /* little is ever unwritten, so that others' syncs stay short */
#define LOCKED_MS  20
#define PATH_BYTES 4096
#define FILE_MODE  0600

/* The connection's open read transaction pins the snapshot: a copy whose source could move on would
 * begin anew with each commit of a busy server, and never end. */
static enum assay_err copy_pages(struct sqlite_conn *c, sqlite3 *to, int fd,
                                 const struct store_copy *copy, struct err *e)
{
    sqlite3_backup *b = sqlite3_backup_init(to, "main", c->db, "main");
    int code = SQLITE_OK, steps = 0;
    enum assay_err rc = ASSAY_OK;

    if (b == NULL)
        return sqlite_error(to, sqlite3_extended_errcode(to), e);
    while (code == SQLITE_OK && rc == ASSAY_OK) {
        code = sqlite3_backup_step(b, STEP_PAGES);
        int64_t pages = sqlite3_backup_pagecount(b), left = sqlite3_backup_remaining(b);
        if (code == SQLITE_BUSY || code == SQLITE_LOCKED) {
            clock_sleep_ms(LOCKED_MS);
            code = SQLITE_OK;
        } else if (code == SQLITE_OK && ++steps % SYNC_STEPS == 0) {
            rc = fs_sync(fd, e);
        }
        if (pages > 0 && copy->step != NULL)
            copy->step(copy->step_ctx, (uint64_t)(pages - left), (uint64_t)pages);
    }
    int ended = sqlite3_backup_finish(b);
    if (rc == ASSAY_OK && code != SQLITE_DONE)
        rc = sqlite_error(to, code, e);
    if (rc == ASSAY_OK && ended != SQLITE_OK)
        rc = sqlite_error(to, ended, e);
    return rc == ASSAY_OK ? fs_sync(fd, e) : rc;
}

enum assay_err sqlite_copy_out(struct conn *base, const struct store_copy *copy, struct err *e)
{
    struct sqlite_conn *c = (struct sqlite_conn *)base;
    char path[PATH_BYTES];
    sqlite3 *to = NULL;
    enum assay_err rc;

    (void)snprintf(path, sizeof path, "%.3900s/assay.db", copy->folder);
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);
    if (fd < 0)
        return err_errno(e, "create %.300s", path);
    int code = sqlite3_open_v2(path, &to,
                               SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW |
                                   SQLITE_OPEN_EXRESCODE,
                               NULL);
    if (code == SQLITE_OK)
        code = sqlite3_exec(to, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF", NULL, NULL,
                            NULL);
    if (code != SQLITE_OK)
        rc = sqlite_error(to, code, e);
    else
        rc = copy_pages(c, to, fd, copy, e);
    (void)sqlite3_close_v2(to);
    (void)close(fd); /* behind SQLite, whose locks on the file it drops */
    return rc == ASSAY_OK ? rc : err_prefix(e, rc, "%.300s", path);
}
