/* Helpers for tests that work in a folder of their own: make, list, search, take away. */
#ifndef TEST_UNIT_FOLDER_H
#define TEST_UNIT_FOLDER_H

#include <dirent.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fs.h"

#define FOLDER_PATH_SIZE 256

#define FOLDER_ROOM_BYTES (256u << 20) /* what the largest test may need, with much to spare */

/* A new empty folder, in memory where there is room: syncs are then free, and tests that count on
 * the disk itself make their own. path holds FOLDER_PATH_SIZE characters. */
static inline void folder_make(char *path)
{
    struct statvfs st;
    bool room = statvfs("/dev/shm", &st) == 0 && access("/dev/shm", W_OK) == 0 &&
                (unsigned long long)st.f_bavail * st.f_frsize > FOLDER_ROOM_BYTES;

    (void)snprintf(path, FOLDER_PATH_SIZE, "%s/assay-test-XXXXXX", room ? "/dev/shm" : "/tmp");
    if (mkdtemp(path) == NULL)
        abort();
}

static inline int folder_remove_one(const char *path, const struct stat *st, int kind,
                                    struct FTW *at)
{
    (void)st;
    (void)kind;
    (void)at;
    return remove(path);
}

static inline void folder_remove(const char *path)
{
    (void)nftw(path, folder_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static inline struct buf *folder_shared(void)
{
    static struct buf b;

    return &b;
}

static inline int folder_list_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)kind;
    (void)at;
    buf_addf(folder_shared(), "%s %o %lld %lld.%09ld\n", path, (unsigned)st->st_mode,
             (long long)st->st_size, (long long)st->st_mtim.tv_sec, st->st_mtim.tv_nsec);
    return 0;
}

/* Every file under path with mode, size and time of change: equal texts mean nothing was written.
 * The caller frees (mem_free). */
static inline char *folder_list(const char *path)
{
    struct buf *b = folder_shared();

    buf_init(b, 16u << 20);
    (void)nftw(path, folder_list_one, 16, FTW_PHYS);
    return buf_take(b);
}

struct folder_search {
    const void *bytes;
    size_t size, hits, files;
};

static inline struct folder_search *folder_search_shared(void)
{
    static struct folder_search s;

    return &s;
}

static inline int folder_search_one(const char *path, const struct stat *st, int kind,
                                    struct FTW *at)
{
    struct folder_search *s = folder_search_shared();
    struct buf b;

    (void)st;
    (void)at;
    if (kind != FTW_F)
        return 0;
    buf_init(&b, 64u << 20);
    if (fs_read_file(path, &b, NULL) != 0)
        abort();
    s->files++;
    s->hits += memmem(b.data, b.size, s->bytes, s->size) != NULL;
    buf_clear(&b);
    return 0;
}

/* How many files under path hold the bytes; *files (may be NULL) is how many were read. */
static inline size_t folder_search(const char *path, const void *bytes, size_t size, size_t *files)
{
    *folder_search_shared() = (struct folder_search){.bytes = bytes, .size = size};
    (void)nftw(path, folder_search_one, 16, FTW_PHYS);
    if (files != NULL)
        *files = folder_search_shared()->files;
    return folder_search_shared()->hits;
}

#endif
