/* Where the server listens: loopback TCP or a UNIX socket, nothing else. */
#ifndef HTTP_LISTEN_H
#define HTTP_LISTEN_H

#include "base/err.h"

#define LISTEN_TEXT_SIZE 256

struct listening {
    int fd;
    unsigned port;                  /* 0: a UNIX socket */
    char address[LISTEN_TEXT_SIZE]; /* "http://127.0.0.1:8470", "unix:PATH" */
};

/* Open the socket of "127.0.0.1:8470", "[::1]:0", "localhost:8470" or "unix:PATH" (0660). ERANGE:
 * another address, or no address; EBUSY: taken; EDENIED, EIO. */
enum assay_err listen_open(const char *text, struct listening *out, struct err *e);
/* Close it, and take a UNIX socket's name away. */
void listen_close(struct listening *l);

#endif
