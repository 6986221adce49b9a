/* assay hash: which files, in which order; from the command line, standard input and folders. */
#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"
#include "cli/hash.h"

#define CHUNK_BYTES  (64 * 1024)
#define FOLDER_BYTES (1u << 30) /* of the names in one folder */

/* A folder that is being walked: its names, one behind the other, and their order. */
struct level {
    struct buf names;
    const char **order;
    size_t count, next;
    size_t path_size; /* of the path that leads into it, with its slash */
};

struct walk {
    const struct hash_options *options;
    hash_visit *visit;
    void *ctx;
    struct buf path;
    struct level *levels;
    size_t depth, capacity;
    bool over; /* the visitor wants no more */
};

static void tell(struct walk *w, const char *path, const char *why)
{
    if (!w->over && !w->visit(w->ctx, path, why))
        w->over = true;
}

/* "cannot be ...: " and what the system says. */
static void tell_errno(struct walk *w, const char *path, const char *what)
{
    char why[160];

    (void)snprintf(why, sizeof why, "cannot be %s: %s", what, strerrordesc_np(errno));
    tell(w, path, why);
}

static int by_bytes(const void *a, const void *b)
{
    const char *const *x = a, *const *y = b;

    return strcmp(*x, *y);
}

/* The names of a folder in order; on an error errno says why, and l is cleared. */
static bool read_folder(const char *path, struct level *l)
{
    const int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    const struct dirent *entry;
    int failed;

    if (dir == NULL) {
        failed = errno;
        if (fd >= 0)
            (void)close(fd);
        errno = failed;
        return false;
    }
    buf_init(&l->names, FOLDER_BYTES);
    l->count = l->next = 0;
    for (errno = 0; (entry = readdir(dir)) != NULL; errno = 0) {
        if (str_equal(entry->d_name, ".") || str_equal(entry->d_name, ".."))
            continue;
        buf_add(&l->names, entry->d_name, strlen(entry->d_name) + 1);
        l->count++;
    }
    failed = l->names.over ? EOVERFLOW : errno;
    (void)closedir(dir);
    if (failed != 0) {
        buf_clear(&l->names);
        errno = failed;
        return false;
    }
    l->order = mem_array(l->count + 1, sizeof *l->order);
    const char *name = (const char *)l->names.data;
    for (size_t i = 0; i < l->count; i++, name += strlen(name) + 1)
        l->order[i] = name;
    qsort(l->order, l->count, sizeof *l->order, by_bytes);
    return true;
}

/* Goes into the folder that w->path names. */
static void enter(struct walk *w)
{
    struct level l = {0};

    if (!read_folder(buf_cstr(&w->path), &l)) {
        tell_errno(w, buf_cstr(&w->path), "opened");
        return;
    }
    if (w->path.size > 0 && w->path.data[w->path.size - 1] != '/')
        buf_add_char(&w->path, '/');
    l.path_size = w->path.size;
    if (w->depth == w->capacity) {
        w->capacity = w->capacity == 0 ? 16 : w->capacity * 2;
        w->levels = mem_resize(w->levels, w->capacity, sizeof *w->levels);
    }
    w->levels[w->depth++] = l;
}

static void leave(struct walk *w)
{
    struct level *l = &w->levels[--w->depth];

    buf_clear(&l->names);
    mem_free(l->order);
}

static const char *kind_refused(mode_t mode)
{
    if (S_ISLNK(mode))
        return "is a symbolic link, which is not followed; --follow does where it leads to a file";
    if (S_ISFIFO(mode))
        return "is a pipe, not a file";
    if (S_ISSOCK(mode))
        return "is a socket, not a file";
    return "is a device, not a file";
}

/* What w->path names: a file is told of, a folder entered. */
static void look(struct walk *w)
{
    const char *path = buf_cstr(&w->path);
    struct stat st;

    if (lstat(path, &st) != 0) {
        tell_errno(w, path, "found");
        return;
    }
    if (S_ISLNK(st.st_mode) && w->options->follow) {
        if (stat(path, &st) != 0)
            tell_errno(w, path, "followed");
        else if (S_ISDIR(st.st_mode))
            tell(w, path, "is a symbolic link to a folder; links are followed to files alone");
        else
            tell(w, path, S_ISREG(st.st_mode) ? NULL : kind_refused(st.st_mode));
    } else if (S_ISREG(st.st_mode)) {
        tell(w, path, NULL);
    } else if (!S_ISDIR(st.st_mode)) {
        tell(w, path, kind_refused(st.st_mode));
    } else if (w->options->folders) {
        enter(w);
    } else {
        tell(w, path, "is a folder; add -r to hash what lies in it");
    }
}

static void walk_path(struct walk *w, const char *path, size_t size)
{
    buf_reset(&w->path);
    buf_add(&w->path, path, size > HASH_PATH_MAX ? HASH_PATH_MAX : size);
    if (size > HASH_PATH_MAX) {
        tell(w, buf_cstr(&w->path), "is cut here: a path of more than 65536 bytes");
        return;
    }
    look(w);
    while (w->depth > 0) {
        struct level *l = &w->levels[w->depth - 1];

        if (w->over || l->next == l->count) {
            leave(w);
            continue;
        }
        w->path.size = l->path_size;
        buf_add_str(&w->path, l->order[l->next++]);
        look(w);
    }
}

/* One path of standard input, size bytes. */
static void walk_line(struct walk *w, const char *line, size_t size)
{
    const char *zero = memchr(line, '\0', size);

    if (zero == NULL) {
        walk_path(w, line, size);
        return;
    }
    tell(w, line, "a NUL byte stands behind this in its line; -0 reads paths that end with one");
}

/* Takes whole lines off the front of b. What is left of an endless one is kept at HASH_PATH_MAX + 1
 * bytes, which is enough to refuse it. */
static void walk_lines(struct walk *w, struct buf *b, bool *cut)
{
    const char end = w->options->zeros ? '\0' : '\n';
    size_t from = 0;
    const char *at;

    while (!w->over && (at = memchr(b->data + from, end, b->size - from)) != NULL) {
        const size_t size = (size_t)(at - (const char *)b->data) - from;

        if (!*cut)
            walk_line(w, (const char *)b->data + from, size);
        *cut = false;
        from += size + 1;
    }
    b->size -= from;
    memmove(b->data, b->data + from, b->size);
    if (b->size <= HASH_PATH_MAX)
        return;
    if (!*cut) {
        b->data[HASH_PATH_MAX + 1] = '\0';
        walk_line(w, (const char *)b->data, HASH_PATH_MAX + 1);
    }
    *cut = true;
    b->size = 0;
}

static enum assay_err walk_input(struct walk *w, struct err *e)
{
    struct buf b;
    bool cut = false; /* the line under way was refused: the rest of it is skipped */
    enum assay_err rc = ASSAY_OK;
    ssize_t n = 1;

    buf_init(&b, HASH_PATH_MAX + 2 * CHUNK_BYTES);
    while (n > 0 && !w->over) {
        unsigned char *to = buf_reserve(&b, CHUNK_BYTES + 2);

        assert(to != NULL);
        do {
            n = read(STDIN_FILENO, to, CHUNK_BYTES);
        } while (n < 0 && errno == EINTR);
        if (n < 0) {
            rc = err_errno(e, "standard input cannot be read for paths");
            break;
        }
        b.size += (size_t)n;
        walk_lines(w, &b, &cut);
    }
    if (rc == ASSAY_OK && b.size > 0 && !cut && !w->over) {
        const size_t size = b.size;

        (void)buf_cstr(&b);
        walk_line(w, (const char *)b.data, size);
    }
    buf_clear(&b);
    return rc;
}

enum assay_err hash_walk(const struct hash_options *o, char *const *paths, size_t count,
                         hash_visit *visit, void *ctx, struct err *e)
{
    struct walk w = {.options = o, .visit = visit, .ctx = ctx};
    enum assay_err rc = ASSAY_OK;

    buf_init(&w.path, 2 * HASH_PATH_MAX);
    for (size_t i = 0; rc == ASSAY_OK && i < count && !w.over; i++) {
        if (str_equal(paths[i], "-"))
            rc = walk_input(&w, e);
        else
            walk_path(&w, paths[i], strlen(paths[i]));
    }
    while (w.depth > 0)
        leave(&w);
    mem_free(w.levels);
    buf_clear(&w.path);
    return rc;
}
