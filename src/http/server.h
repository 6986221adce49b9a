/* The HTTP server: started and stopped by the command, everything else is src/http's own. */
#ifndef HTTP_SERVER_H
#define HTTP_SERVER_H

#include "flow/flow.h"

struct http_server;

/*
 * Listen and serve in threads of its own. listen_at: "127.0.0.1:8470", "[::1]:8470",
 * "localhost:8470", port 0 for a free one, or "unix:PATH" (0660). ERANGE for any other address:
 * passwords need TLS. EBUSY when it is taken. w is borrowed.
 */
enum assay_err http_start(struct world *w, const char *listen_at, struct http_server **out,
                          struct err *e);

/* What people type: "http://127.0.0.1:8470", or "unix:PATH"; borrowed. */
const char *http_address(const struct http_server *s);

/* Accept nothing more, answer what is under way, end. */
void http_stop(struct http_server *s);

#endif
