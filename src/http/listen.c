/* Listening sockets. */
#include "http/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/str.h"

#define BACKLOG     256
#define SOCKET_MODE 0660 /* the proxy's group may connect */

static const char prefix[] = "unix:";

static enum assay_err open_bound(const struct sockaddr *address, socklen_t size, const char *text,
                                 int *out, struct err *e)
{
    int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

    if (fd < 0)
        return err_errno(e, "socket for %s", text);
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(fd, address, size) != 0 || listen(fd, BACKLOG) != 0) {
        enum assay_err rc =
            errno == EADDRINUSE
                ? err_set(e, ASSAY_EBUSY,
                          "%s is taken; stop who has it, or give another by --listen", text)
                : err_errno(e, "listen at %s", text);
        (void)close(fd);
        return rc;
    }
    *out = fd;
    return ASSAY_OK;
}

/* A name that a server left behind when it was killed; nobody answers there. */
static void remove_stale(const struct sockaddr_un *a)
{
    struct stat st;

    if (lstat(a->sun_path, &st) != 0 || !S_ISSOCK(st.st_mode))
        return;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    if (connect(fd, (const struct sockaddr *)a, sizeof *a) != 0 && errno == ECONNREFUSED)
        (void)unlink(a->sun_path);
    (void)close(fd);
}

static enum assay_err open_unix(const char *path, struct listening *out, struct err *e)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    size_t size = strlen(path);

    if (size == 0 || size >= sizeof a.sun_path)
        return err_set(e, ASSAY_ERANGE, "a UNIX socket's path has 1 to %zu bytes",
                       sizeof a.sun_path - 1);
    memcpy(a.sun_path, path, size + 1);
    remove_stale(&a);
    (void)snprintf(out->address, sizeof out->address, "%s%s", prefix, path);
    mode_t before = umask(0777 & ~SOCKET_MODE);
    enum assay_err rc =
        open_bound((const struct sockaddr *)&a, sizeof a, out->address, &out->fd, e);
    (void)umask(before);
    return rc;
}

static enum assay_err not_ours(const char *text, struct err *e)
{
    char shown[80];

    return err_set(e, ASSAY_ERANGE,
                   "%s: without TLS only loopback is served (127.0.0.1:PORT, [::1]:PORT, "
                   "localhost:PORT) or unix:PATH, with nginx or HAProxy in front",
                   str_shown(text, shown, sizeof shown));
}

/* Splits "HOST:PORT"; the host without its brackets. */
static bool split(const char *text, char host[64], int64_t *port)
{
    const char *colon = strrchr(text, ':');
    size_t size = colon == NULL ? 0 : (size_t)(colon - text);

    if (size == 0 || size >= 64 || str_int64(colon + 1, 0, 65535, port) != ASSAY_OK)
        return false;
    if (text[0] == '[' && text[size - 1] == ']') {
        text++;
        size -= 2;
    }
    memcpy(host, text, size);
    host[size] = '\0';
    return true;
}

static enum assay_err open_ip(const char *text, struct listening *out, struct err *e)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    char host[64];
    int64_t port;
    enum assay_err rc;

    if (!split(text, host, &port))
        return not_ours(text, e);
    if (str_equal(host, "localhost"))
        memcpy(host, "127.0.0.1", sizeof "127.0.0.1");
    v4.sin_port = v6.sin6_port = htons((uint16_t)port);
    if (inet_pton(AF_INET, host, &v4.sin_addr) == 1 && str_equal(host, "127.0.0.1"))
        rc = open_bound((const struct sockaddr *)&v4, sizeof v4, text, &out->fd, e);
    else if (inet_pton(AF_INET6, host, &v6.sin6_addr) == 1 && IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr))
        rc = open_bound((const struct sockaddr *)&v6, sizeof v6, text, &out->fd, e);
    else
        return not_ours(text, e);
    if (rc != ASSAY_OK)
        return rc;
    struct sockaddr_in6 bound;
    socklen_t size = sizeof bound;
    if (getsockname(out->fd, (struct sockaddr *)&bound, &size) != 0) {
        rc = err_errno(e, "getsockname");
        (void)close(out->fd);
        return rc;
    }
    out->port = ntohs(bound.sin6_port); /* where IPv4's port stands, too */
    (void)snprintf(out->address, sizeof out->address,
                   str_equal(host, "127.0.0.1") ? "http://%s:%u" : "http://[%s]:%u", host,
                   out->port);
    return ASSAY_OK;
}

enum assay_err listen_open(const char *text, struct listening *out, struct err *e)
{
    *out = (struct listening){.fd = -1};
    if (str_starts(text, prefix))
        return open_unix(text + sizeof prefix - 1, out, e);
    return open_ip(text, out, e);
}

void listen_close(struct listening *l)
{
    if (l->fd < 0)
        return;
    (void)close(l->fd);
    if (l->port == 0)
        (void)unlink(l->address + sizeof prefix - 1);
    l->fd = -1;
}
