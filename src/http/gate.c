/* What makes a request too odd to be answered. */
#include "http/gate.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"

#define HOST_MAX 255

static const char *const methods[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"};

const char *gate_method_name(enum gate_method m)
{
    assert(m <= GATE_DELETE);
    return methods[m];
}

static bool is_alnum(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool is_one_of(char c, const char *others)
{
    return is_alnum(c) || (c != '\0' && strchr(others, c) != NULL);
}

static bool is_token(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (!is_one_of(text[i], "!#$%&'*+-.^_`|~"))
            return false;
    }
    return size > 0;
}

static bool is_value(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)text[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return false;
    }
    return true;
}

const char *gate_header(const struct gate_request *r, const char *name)
{
    for (size_t i = 0; i < r->header_count; i++) {
        if (strcasecmp(r->headers[i].name, name) == 0)
            return r->headers[i].value;
    }
    return NULL;
}

/* These decide what a request is; nobody sends them twice by honest means. */
static const char *const single[] = {"host",           "content-length",  "transfer-encoding",
                                     "content-type",   "origin",          "cookie",
                                     "sec-fetch-site", "idempotency-key", "x-real-ip",
                                     "expect",         "authorization",   "client-cert"};

static enum assay_err check_headers(const struct gate_request *r, struct err *e)
{
    if (r->header_count > GATE_HEADERS_MAX)
        return err_set(e, ASSAY_EFORMAT, "more than %d headers", GATE_HEADERS_MAX);
    for (size_t i = 0; i < r->header_count; i++) {
        const struct gate_header *h = &r->headers[i];
        if (!is_token(h->name, h->name_size) || strlen(h->name) != h->name_size)
            return err_set(e, ASSAY_EFORMAT, "a header name has a character that names have not");
        if (!is_value(h->value, h->value_size))
            return err_set(e, ASSAY_EFORMAT, "a header value has a control character");
    }
    for (size_t s = 0; s < sizeof single / sizeof single[0]; s++) {
        size_t count = 0;
        for (size_t i = 0; i < r->header_count; i++)
            count += strcasecmp(r->headers[i].name, single[s]) == 0;
        if (count > 1)
            return err_set(e, ASSAY_EFORMAT, "the header %s is there %zu times", single[s], count);
    }
    return ASSAY_OK;
}

/* Routes in the form of another program's take its queries: lists with commas, addresses. They are
 * compared as they stand and decoded nowhere. */
static bool is_compatible(const char *target)
{
    return str_starts(target, "/h/") || str_starts(target, "/m/") || str_starts(target, "/c/");
}

/* Paths of ours need no percent-encoding, so none is taken: no hidden slash, dot or NUL. */
static enum assay_err check_target(const char *target, struct gate_verdict *out, struct err *e)
{
    size_t size = strlen(target);
    const char *query = strchr(target, '?');

    out->path_size = query == NULL ? size : (size_t)(query - target);
    out->query = query == NULL ? NULL : query + 1;
    if (size > GATE_TARGET_MAX)
        return err_set(e, ASSAY_EFORMAT, "the path has more than %d bytes", GATE_TARGET_MAX);
    if (target[0] != '/')
        return err_set(e, ASSAY_EFORMAT, "the path does not begin with a slash");
    for (size_t i = 0; i < out->path_size; i++) {
        if (!is_one_of(target[i], "/._~-"))
            return err_set(e, ASSAY_EFORMAT, "the path has a character that no path here has");
        bool begins = target[i] == '/';
        bool dots = begins && target[i + 1] == '.' &&
                    (i + 2 >= out->path_size || target[i + 2] == '/' || target[i + 2] == '.');
        if (dots || (begins && target[i + 1] == '/'))
            return err_set(e, ASSAY_EFORMAT, "the path has an empty or a dotted part");
    }
    const char *marks = is_compatible(target) ? "._~-=&%,:/+" : "._~-=&";
    for (const char *q = out->query; q != NULL && *q != '\0'; q++) {
        if (!is_one_of(*q, marks))
            return err_set(e, ASSAY_EFORMAT, "the query has a character that no query here has");
    }
    return ASSAY_OK;
}

static bool is_host(const char *host)
{
    size_t size = strlen(host);

    for (size_t i = 0; i < size; i++) {
        if (!is_one_of(host[i], ".-:[]"))
            return false;
    }
    return size > 0 && size <= HOST_MAX;
}

/* A page of another name that was made to point here (DNS rebinding) sends its own name. */
static bool is_ours(const struct gate_site *site, const char *host)
{
    static const char *const names[] = {"127.0.0.1", "localhost", "[::1]"};
    char text[32];

    if (site->public_host != NULL && strcasecmp(host, site->public_host) == 0)
        return true;
    if (site->port == 0) /* without a public host the proxy alone knows its names */
        return site->public_host == NULL || str_equal(host, "localhost");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        (void)snprintf(text, sizeof text, "%s:%u", names[i], site->port);
        if (strcasecmp(host, text) == 0 || (site->port == 80 && strcasecmp(host, names[i]) == 0))
            return true;
    }
    return false;
}

enum assay_err gate_public_host(const char *url, const char **host, struct err *e)
{
    static const char scheme[] = "https://";
    char shown[80];

    if (!str_starts(url, scheme) || !is_host(url + sizeof scheme - 1))
        return err_set(e, ASSAY_ERANGE,
                       "%s is no public address: it is https://HOST or https://HOST:PORT, as "
                       "people's browsers reach the proxy, without a path",
                       str_shown(url, shown, sizeof shown));
    *host = url + sizeof scheme - 1;
    return ASSAY_OK;
}

static enum assay_err check_host(const struct gate_site *site, const struct gate_request *r,
                                 struct gate_verdict *out, struct err *e)
{
    out->host = gate_header(r, "host");
    if (out->host == NULL || !is_host(out->host))
        return err_set(e, ASSAY_EFORMAT, "the Host header is missing or no host");
    if (is_ours(site, out->host))
        return ASSAY_OK;
    if (site->public_host != NULL)
        return err_set(e, ASSAY_EFORMAT, "the Host header names another machine; use https://%s",
                       site->public_host);
    return err_set(e, ASSAY_EFORMAT,
                   "the Host header names another machine; use http://127.0.0.1:%u", site->port);
}

bool gate_forwarded(const struct gate_request *r)
{
    return gate_header(r, "x-real-ip") != NULL || gate_header(r, "x-forwarded-for") != NULL ||
           gate_header(r, "forwarded") != NULL;
}

/*
 * What a page in a browser on this machine sends has an Origin with each POST, Sec-Fetch-* with all
 * else, or in old browsers a Referer; and every browser calls itself Mozilla. A page cannot leave
 * all of that out.
 */
static bool is_local_program(const struct gate_site *site, const struct gate_request *r)
{
    static const char *const foreign[] = {"origin",        "referer", "cookie",
                                          "authorization", "via",     "client-cert"};
    const char *agent = gate_header(r, "user-agent");

    if (!site->local_programs || site->public_host != NULL || gate_forwarded(r) ||
        (agent != NULL && strncasecmp(agent, "mozilla", strlen("mozilla")) == 0))
        return false;
    for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++) {
        if (gate_header(r, foreign[i]) != NULL)
            return false;
    }
    for (size_t i = 0; i < r->header_count; i++) {
        if (strncasecmp(r->headers[i].name, "sec-", strlen("sec-")) == 0 ||
            strncasecmp(r->headers[i].name, "x-forwarded", strlen("x-forwarded")) == 0)
            return false;
    }
    return true;
}

static enum assay_err check_body(const struct gate_site *site, const struct gate_request *r,
                                 struct gate_verdict *out, struct err *e)
{
    const char *length = gate_header(r, "content-length");
    const char *coding = gate_header(r, "transfer-encoding");
    const char *type = gate_header(r, "content-type");
    int64_t size = 0;

    out->by_key = gate_header(r, "authorization") != NULL;
    out->by_cert = site->port == 0 && gate_header(r, "client-cert") != NULL;
    out->by_local = is_local_program(site, r);
    out->is_part = (out->method == GATE_POST && (out->by_key || out->by_cert || out->by_local)) ||
                   (out->method == GATE_PUT && type != NULL &&
                    strcasecmp(type, "application/octet-stream") == 0);
    /* A part that is a little too long is read to its end, so that its refusal is heard. */
    int64_t size_max = out->is_part ? 2 * (int64_t)GATE_PART_MAX : GATE_BODY_MAX;
    if (length != NULL && coding != NULL)
        return err_set(e, ASSAY_EFORMAT, "both Content-Length and Transfer-Encoding");
    if (coding != NULL &&
        (strcasecmp(coding, "chunked") != 0 || !str_equal(r->version, "HTTP/1.1")))
        return err_set(e, ASSAY_EFORMAT, "a Transfer-Encoding other than chunked");
    if (length != NULL && (length[0] == '-' || str_int64(length, 0, INT64_MAX, &size) != ASSAY_OK))
        return err_set(e, ASSAY_EFORMAT, "Content-Length is no number");
    if (size > size_max)
        return err_set(e, ASSAY_ELIMIT, "the body has more than %lld bytes", (long long)size_max);
    out->length = (size_t)size;
    out->has_body = coding != NULL || size > 0;
    if (out->has_body && (out->method == GATE_GET || out->method == GATE_HEAD))
        return err_set(e, ASSAY_EFORMAT, "a body with a method that has none");
    return ASSAY_OK;
}

enum assay_err gate_check(const struct gate_site *site, const struct gate_request *r,
                          struct gate_verdict *out, struct err *e)
{
    enum assay_err rc;
    size_t m = 0;

    *out = (struct gate_verdict){0};
    while (m <= GATE_DELETE && !str_equal(r->method, methods[m]))
        m++;
    if (m > GATE_DELETE)
        return err_set(e, ASSAY_EFORMAT, "a method that is not known here");
    out->method = (enum gate_method)m;
    if (!str_equal(r->version, "HTTP/1.1") && !str_equal(r->version, "HTTP/1.0"))
        return err_set(e, ASSAY_EFORMAT, "a version of HTTP that is not spoken here");
    if ((rc = check_headers(r, e)) != 0 || (rc = check_target(r->target, out, e)) != 0 ||
        (rc = check_host(site, r, out, e)) != 0 || (rc = check_body(site, r, out, e)) != 0)
        return rc;
    out->has_cookie = gate_header(r, "cookie") != NULL;
    out->origin = gate_header(r, "origin");
    out->fetch_site = gate_header(r, "sec-fetch-site");
    out->content_type = gate_header(r, "content-type");
    return ASSAY_OK;
}

/* Behind a proxy whose name we were not told the scheme is the proxy's; the host is what counts. */
static bool is_own_origin(const struct gate_site *site, const struct gate_verdict *v)
{
    const char *at = v->origin;

    if (site->public_host != NULL)
        return str_starts(at, "https://") &&
               strcasecmp(at + strlen("https://"), site->public_host) == 0;
    if (str_starts(at, "http://"))
        at += strlen("http://");
    else if (site->port == 0 && str_starts(at, "https://"))
        at += strlen("https://");
    else
        return false;
    return strcasecmp(at, v->host) == 0;
}

enum assay_err gate_same_site(const struct gate_site *site, const struct gate_verdict *v, bool api,
                              struct err *e)
{
    bool safe = v->method == GATE_GET || v->method == GATE_HEAD;
    bool unknown = v->origin == NULL && v->fetch_site == NULL;
    bool other_origin = v->origin != NULL && !is_own_origin(site, v);
    /* "none": typed by a person, or a bookmark; never how a page saves something. */
    bool other_site = v->fetch_site != NULL && strcasecmp(v->fetch_site, "same-origin") != 0 &&
                      !(safe && strcasecmp(v->fetch_site, "none") == 0);

    if (safe && !api)
        return ASSAY_OK;
    if (other_origin || other_site)
        return err_set(e, ASSAY_EDENIED, "this request comes from another site; use the console");
    if (!safe && unknown && v->has_cookie)
        return err_set(e, ASSAY_EDENIED,
                       "a request that changes something must say where it comes from (Origin or "
                       "Sec-Fetch-Site)");
    return ASSAY_OK;
}

bool gate_cookie(const char *header, const char *name, char *out, size_t size)
{
    size_t name_size = strlen(name);
    bool found = false;

    while (header != NULL && *header != '\0') {
        while (*header == ' ' || *header == ';')
            header++;
        size_t length = strcspn(header, ";");
        if (length > name_size && memcmp(header, name, name_size) == 0 &&
            header[name_size] == '=') {
            size_t value = length - name_size - 1;
            if (found || value >= size)
                return false;
            memcpy(out, header + name_size + 1, value);
            out[value] = '\0';
            found = true;
        }
        header += length;
    }
    return found;
}
