/* The HTTP server: started and stopped by the command, everything else is src/http's own. */
#ifndef HTTP_SERVER_H
#define HTTP_SERVER_H

#include "flow/flow.h"
#include "flow/live.h"

struct http_server;

struct http_place {
    /* "127.0.0.1:8470", "[::1]:8470", "localhost:8470", port 0 for a free one, or "unix:PATH"
     * (0660). */
    const char *listen_at;
    /* "https://HOST" or "https://HOST:PORT" when a proxy in front ends TLS: the origin of our
     * pages, cookies and Strict-Transport-Security follow. NULL: none. */
    const char *public_url;
    struct feed *feed; /* of a matching node, borrowed; NULL: the system of record */
};

/*
 * Listen and serve in threads of its own. ERANGE for any other address: passwords need TLS. EBUSY
 * when it is taken. w, lists and the texts of place are borrowed.
 */
enum assay_err http_start(struct world *w, struct live *lists, const struct http_place *place,
                          struct http_server **out, struct err *e);

/* What people type: the public URL, else "http://127.0.0.1:8470" or "unix:PATH"; borrowed. */
const char *http_address(const struct http_server *s);

/* Accept nothing more, answer what is under way, end. */
void http_stop(struct http_server *s);

#endif
