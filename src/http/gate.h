/* The gate: whether a request is put plainly enough to be looked at at all. Pure. */
#ifndef HTTP_GATE_H
#define HTTP_GATE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/*
 * libmicrohttpd reads requests generously; whatever two readers may understand differently (the
 * way to request smuggling), names another host (DNS rebinding) or points out of a folder is
 * refused here. After RFC 9110 and 9112.
 */
#define GATE_TARGET_MAX  1024 /* bytes of the request target */
#define GATE_HEADERS_MAX 64
#define GATE_BODY_MAX    (64 * 1024)       /* bytes of a JSON body */
#define GATE_PART_MAX    (8 * 1024 * 1024) /* bytes of a part of a file, which is not kept here */

struct gate_header {
    const char *name, *value;
    size_t name_size, value_size;
};

struct gate_request {
    const char *method, *target, *version; /* as they stand in the first line */
    const struct gate_header *headers;
    size_t header_count;
};

/* How we are reached: on loopback with this port, or (port 0) on a socket behind a proxy. With a
 * public host people's browsers reach us through TLS and under that name alone: only it is an
 * origin of ours, and on the socket the only other Host is "localhost", for who looks after the
 * machine. */
struct gate_site {
    unsigned port;
    const char *public_host; /* "assay.example.org", "assay.example.org:8443"; NULL: no TLS */
    bool local_programs;     /* programs of this machine may ask without a key; never in TLS */
};

/* The public host of "https://HOST" or "https://HOST:PORT", borrowed from url. ERANGE: anything
 * else. */
enum assay_err gate_public_host(const char *url, const char **host, struct err *e);

enum gate_method { GATE_GET, GATE_HEAD, GATE_POST, GATE_PUT, GATE_PATCH, GATE_DELETE };
const char *gate_method_name(enum gate_method m);

/* What it found; texts are borrowed from the request. */
struct gate_verdict {
    enum gate_method method;
    size_t path_size;  /* the target's path; then, if has_query, '?' and the query */
    const char *query; /* NULL: none */
    bool has_body;     /* by its headers */
    bool has_cookie;
    size_t length; /* of the body; 0 when it comes in chunks */
    bool by_key;   /* a key stands in its headers: the program of a client asks */
    bool by_cert;  /* the proxy in front has seen a client's certificate: header Client-Cert, which
                    * is believed on a socket alone, where none but the proxy can write */
    bool by_local; /* a program of this machine asks, where it may, without a key: nothing in its
                    * headers is of a browser or a proxy */
    bool is_part;  /* by its headers, its body may be long: PUT of application/octet-stream, or
                    * POST by a program. It is not kept here but fed on as it comes */
    const char *host, *origin, *fetch_site, *content_type; /* NULL: absent */
};

/* EFORMAT: answer 400 and close; the text says what is wrong. ELIMIT: the body is too long (413).
 */
enum assay_err gate_check(const struct gate_site *site, const struct gate_request *r,
                          struct gate_verdict *out, struct err *e);

/* Whether the request comes from our own pages, as far as it must: EDENIED when it may be another
 * site's doing. api: the target is of the API. */
enum assay_err gate_same_site(const struct gate_site *site, const struct gate_verdict *v, bool api,
                              struct err *e);

/* The value of cookie `name` in a Cookie header; false when it is absent or there twice. */
bool gate_cookie(const char *header, const char *name, char *out, size_t size);

/* Whether a proxy in front says that it is one; each names its client in one of these headers. */
bool gate_forwarded(const struct gate_request *r);

/* The header's value, NULL when absent; for headers that may come once only. */
const char *gate_header(const struct gate_request *r, const char *name);

#endif
