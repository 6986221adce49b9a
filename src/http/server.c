/* libmicrohttpd behind our own door: a thread a connection, deadlines, headers, an orderly end. */
#include "http/server.h"

#include <arpa/inet.h>
#include <assert.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/rand.h"
#include "base/str.h"
#include "flow/service/service.h"
#include "flow/settings.h"
#include "http/dispatch.h"
#include "http/listen.h"
#include "http/metrics.h"
#include "http/proving.h"
#include "http/routes.h"

/*
 * A thread a connection, because group commit wants many writers waiting at once: each write blocks
 * until the disk has it. libmicrohttpd's own timeout is of inactivity only, so a trickle of bytes
 * would hold a connection for ever; a watchdog ends those past their deadline.
 */
#define CONNECTIONS_MAX 256
#define STACK_BYTES     ((size_t)1024 * 1024)
#define MEMORY_BYTES    ((size_t)24 * 1024) /* of a connection's headers */
#define INACTIVE_S      15u
#define READ_MS         20000 /* to send a whole request, or to send none */
#define CROWDED         (CONNECTIONS_MAX * 3 / 4)
#define CROWDED_READ_MS 2000   /* the same when connections run out */
#define PART_MS         120000 /* to send a part of a file: 70 kB a second are enough */
#define SEND_MS         120000 /* to take its answer */
#define NEVER_MS        INT64_MAX
#define HMA_LOCAL       2     /* of the setting match.hma: programs of this machine need no key */
#define POLLS_MAX       32    /* answers of the change feed that are held back: each is a thread */
#define FILES_MAX       4     /* of clients, hashed at once: each may take a decoder's memory */
#define DRAIN_MS        10000 /* what is under way gets this long at the end */

struct peer {
    struct peer *next, *previous;
    int fd;
    atomic_llong deadline_ms; /* monotonic */
    atomic_bool reading;      /* waits for its client's request */
};

struct http_server {
    struct world *world;
    struct MHD_Daemon *daemon;
    struct listening listening;
    struct gate_site site;
    const char *public_url; /* NULL: none */
    struct metrics *metrics;
    sem_t sign_ins;
    struct proving *proving;
    sem_t files; /* of clients, hashed at a time */
    sem_t polls;
    struct service service;
    atomic_int under_way;
    atomic_bool ending;
    pthread_mutex_t lock; /* of peers */
    struct peer *peers;
    unsigned peer_count;
    pthread_t watchdog;
};

/* A request whose body goes to a sink as it comes. */
struct part {
    struct http_request request;
    struct http_answer answer;
    enum assay_err rc; /* of the feeding; the rest of the body is read and dropped */
    struct err e;
    bool refused; /* before any of the body was read: the answer is there already */
    int64_t start_ms;
};

/* One request, from its first line to the end of its answer. */
struct exchange {
    char *target;
    int64_t id; /* in the log and in the answer's header */
    struct buf body;
    size_t length; /* of the body so far, also of what is not kept */
    bool begun;
    struct part *part; /* NULL: the body is kept in `body` */
};

/* ---- deadlines ---- */

static struct peer *peer_of(struct MHD_Connection *c)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

    return info == NULL ? NULL : info->socket_context;
}

static void set_deadline(struct MHD_Connection *c, int64_t in_ms)
{
    struct peer *p = peer_of(c);

    if (p == NULL)
        return;
    atomic_store(&p->reading, in_ms == READ_MS);
    atomic_store(&p->deadline_ms, in_ms == NEVER_MS ? NEVER_MS : clock_mono_ms() + in_ms);
}

static void connection_changed(void *cls, struct MHD_Connection *c, void **context,
                               enum MHD_ConnectionNotificationCode what)
{
    struct http_server *s = cls;
    struct peer *p;

    (void)pthread_mutex_lock(&s->lock);
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        p = mem_zalloc(sizeof *p);
        p->fd = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
        atomic_init(&p->deadline_ms, clock_mono_ms() + READ_MS);
        atomic_init(&p->reading, true);
        s->peer_count++;
        p->next = s->peers;
        if (p->next != NULL)
            p->next->previous = p;
        s->peers = p;
        *context = p;
    } else if ((p = *context) != NULL) {
        if (p->previous != NULL)
            p->previous->next = p->next;
        else
            s->peers = p->next;
        if (p->next != NULL)
            p->next->previous = p->previous;
        mem_free(p);
        s->peer_count--;
        *context = NULL;
    }
    (void)pthread_mutex_unlock(&s->lock);
}

static void *watch(void *arg)
{
    struct http_server *s = arg;

    while (!atomic_load(&s->ending)) {
        int64_t now = clock_mono_ms();
        (void)pthread_mutex_lock(&s->lock);
        for (struct peer *p = s->peers; p != NULL; p = p->next) {
            int64_t left = atomic_load(&p->deadline_ms) - now;
            bool slow = s->peer_count > CROWDED && atomic_load(&p->reading) &&
                        left < READ_MS - CROWDED_READ_MS;
            if (left > 0 && !slow)
                continue;
            (void)shutdown(p->fd, SHUT_RDWR);
            atomic_store(&p->deadline_ms, NEVER_MS);
        }
        (void)pthread_mutex_unlock(&s->lock);
        clock_sleep_ms(250);
    }
    return NULL;
}

/* ---- answers ---- */

static const char policy[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

static const struct {
    const char *name, *value;
} always[] = {
    {"Content-Security-Policy", policy},
    {"X-Content-Type-Options", "nosniff"},
    {"X-Frame-Options", "DENY"},
    {"Referrer-Policy", "no-referrer"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Permissions-Policy", "camera=(), microphone=(), geolocation=(), display-capture=()"},
};

static void add(struct MHD_Response *m, const char *name, const char *value)
{
    if (MHD_add_response_header(m, name, value) != MHD_YES)
        log_warn("http.header_dropped", LOG_WORD("header", name));
}

static void add_cookie(const struct http_server *s, struct MHD_Response *m,
                       const struct http_answer *a)
{
    char text[PEOPLE_TOKEN_SIZE + 120];

    (void)snprintf(text, sizeof text, "%s=%s; HttpOnly; SameSite=Strict; Path=/%s%s",
                   http_cookie_name(&s->site), a->cookie,
                   s->site.public_host != NULL ? "; Secure" : "",
                   a->cookie[0] == '\0' ? "; Max-Age=0" : "");
    add(m, "Set-Cookie", text);
    mem_wipe(text, sizeof text);
}

static void add_headers(const struct http_server *s, const struct exchange *x,
                        struct MHD_Response *m, const struct http_answer *a)
{
    char text[300];

    for (size_t i = 0; i < sizeof always / sizeof always[0]; i++)
        add(m, always[i].name, always[i].value);
    (void)snprintf(text, sizeof text, "%lld", (long long)x->id);
    add(m, "Assay-Request", text);
    if (s->site.public_host != NULL)
        add(m, "Strict-Transport-Security", "max-age=31536000");
    add(m, "Cache-Control", a->immutable ? "public, max-age=31536000, immutable" : "no-store");
    if (a->body.size > 0)
        add(m, "Content-Type", a->type);
    if (a->cookie[0] != '\0' || a->forget)
        add_cookie(s, m, a);
    if (a->view_id != 0) {
        (void)snprintf(text, sizeof text, "%lld", (long long)a->view_id);
        add(m, "Assay-View", text);
    }
    if (a->rendition != NULL)
        add(m, "Assay-Rendition", a->rendition);
    if (a->retry_s != 0) {
        (void)snprintf(text, sizeof text, "%lld", (long long)a->retry_s);
        add(m, "Retry-After", text);
    }
    if (a->download != NULL) {
        (void)snprintf(text, sizeof text, "attachment; filename=\"%s\"", a->download);
        add(m, "Content-Disposition", text);
    }
}

enum after { KEEP_OPEN, THEN_CLOSE };

static enum MHD_Result send_answer(const struct http_server *s, struct MHD_Connection *c,
                                   const struct exchange *x, struct http_answer *a,
                                   enum after after)
{
    struct MHD_Response *m =
        MHD_create_response_from_buffer(a->body.size, a->body.data, MHD_RESPMEM_MUST_COPY);
    enum MHD_Result sent = MHD_NO;

    if (m != NULL) {
        add_headers(s, x, m, a);
        if (after == THEN_CLOSE)
            add(m, "Connection", "close");
        sent = MHD_queue_response(c, a->status, m);
        MHD_destroy_response(m);
    }
    buf_wipe(&a->body); /* pictures are plain here */
    mem_wipe(a->cookie, sizeof a->cookie);
    set_deadline(c, SEND_MS);
    return sent;
}

static enum MHD_Result refuse(struct http_server *s, struct MHD_Connection *c, struct exchange *x,
                              enum assay_err rc, const char *detail)
{
    struct http_answer a = {0};

    buf_init(&a.body, HTTP_ANSWER_MAX);
    if (rc == ASSAY_ELIMIT)
        http_problem(&a, 413, "too_large", detail);
    else
        http_problem(&a, 400, "bad_request", detail);
    metrics_refused(s->metrics, METRICS_ODD);
    return send_answer(s, c, x, &a, THEN_CLOSE);
}

/* ---- requests ---- */

struct headers {
    struct gate_header list[GATE_HEADERS_MAX + 1]; /* one more, so that the gate sees too many */
    size_t count;
    bool bent;       /* a line of the header was not as the library makes it look */
    const char *end; /* of the last value */
};

/*
 * libmicrohttpd lets bare LF, NUL and folded lines through and shows the values mended. But it
 * works in the buffer that it received into: it puts a NUL in the place of the colon, of each CR
 * and of each LF. So a line as it must be is: name, NUL, blanks, value, NUL, NUL; behind the last
 * one stand the two NULs of the empty line. Behind the header block the library keeps its own
 * table of headers in the same memory, so these bytes can always be read.
 */
static bool is_straight(const char *name, size_t name_size, const char *value, size_t value_size)
{
    const char *at = name + name_size;

    if (value == NULL || value <= at || *at != '\0')
        return false;
    for (at++; at < value; at++) {
        if (*at != ' ' && *at != '\t')
            return false;
    }
    return value[value_size] == '\0' && value[value_size + 1] == '\0';
}

static enum MHD_Result add_request_header(void *cls, enum MHD_ValueKind kind, const char *name,
                                          size_t name_size, const char *value, size_t value_size)
{
    struct headers *h = cls;

    (void)kind;
    h->bent = h->bent || !is_straight(name, name_size, value, value_size);
    h->end = value == NULL ? NULL : value + value_size;
    if (h->count <= GATE_HEADERS_MAX)
        h->list[h->count++] = (struct gate_header){name, value == NULL ? "" : value, name_size,
                                                   value == NULL ? 0 : value_size};
    return MHD_YES;
}

static void take_headers(struct MHD_Connection *c, struct headers *h)
{
    h->count = 0;
    h->bent = false;
    h->end = NULL;
    (void)MHD_get_connection_values_n(c, MHD_HEADER_KIND, add_request_header, h);
    if (h->end != NULL && (h->end[2] != '\0' || h->end[3] != '\0'))
        h->bent = true;
}

/* The proxy says who its client is; on loopback without one nobody is believed. */
static void address_of(const struct http_server *s, struct MHD_Connection *c,
                       const struct gate_request *request, char out[HTTP_ADDRESS_SIZE])
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(c, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const char *real = gate_header(request, "x-real-ip");

    out[0] = '\0';
    if (s->site.port == 0) {
        (void)str_shown(real == NULL ? "local" : real, out, HTTP_ADDRESS_SIZE);
    } else if (info != NULL && info->client_addr->sa_family == AF_INET) {
        const struct sockaddr_in *v4 = (const void *)info->client_addr;
        (void)inet_ntop(AF_INET, &v4->sin_addr, out, HTTP_ADDRESS_SIZE);
    } else if (info != NULL && info->client_addr->sa_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const void *)info->client_addr;
        (void)inet_ntop(AF_INET6, &v6->sin6_addr, out, HTTP_ADDRESS_SIZE);
    }
}

static void request_init(struct http_server *s, struct MHD_Connection *c,
                         const struct http_came *came, struct http_request *r)
{
    *r = (struct http_request){.world = s->world,
                               .metrics = s->metrics,
                               .sign_ins = &s->sign_ins,
                               .proving = s->proving,
                               .service = &s->service,
                               .arena = arena_new()};
    address_of(s, c, came->request, r->address);
    r->through_proxy = gate_forwarded(came->request);
}

/* However long the work takes: the deadlines are of clients, not of ours. */
static void work_begins(struct MHD_Connection *c, const struct exchange *x)
{
    log_set_request(x->id);
    set_deadline(c, NEVER_MS);
    (void)MHD_set_connection_option(c, MHD_CONNECTION_OPTION_TIMEOUT, 0u);
}

static void work_ends(struct MHD_Connection *c)
{
    (void)MHD_set_connection_option(c, MHD_CONNECTION_OPTION_TIMEOUT, INACTIVE_S);
    log_set_request(0);
}

static enum MHD_Result send_answered(struct http_server *s, struct MHD_Connection *c,
                                     struct exchange *x, struct http_answer *a, int64_t start_ms)
{
    int64_t took = clock_mono_ms() - start_ms;

    metrics_answered(s->metrics, a->route, a->status, took);
    log_debug("http.answered", LOG_WORD("operation", route_operation(a->route)),
              LOG_COUNT("status", a->status), LOG_MS("took", took));
    return send_answer(s, c, x, a, atomic_load(&s->ending) ? THEN_CLOSE : KEEP_OPEN);
}

static enum MHD_Result answer(struct http_server *s, struct MHD_Connection *c, struct exchange *x,
                              const struct http_came *came)
{
    struct http_request r;
    struct http_answer a = {0};
    int64_t start = clock_mono_ms();

    request_init(s, c, came, &r);
    work_begins(c, x);
    http_dispatch(came, &r, &a);
    enum MHD_Result sent = send_answered(s, c, x, &a, start);
    work_ends(c);
    arena_free(r.arena);
    return sent;
}

/* ---- parts of files ---- */

/* Hashes as JSON are at most 2 MiB, files are more: these alone get the time for it. */
static bool is_text(const char *type)
{
    static const char json[] = "application/json";

    return type != NULL && strncasecmp(type, json, sizeof json - 1) == 0;
}

static void part_begin(struct http_server *s, struct MHD_Connection *c, struct exchange *x,
                       const struct http_came *came)
{
    struct part *p = mem_zalloc(sizeof *p);

    x->part = p;
    p->start_ms = clock_mono_ms();
    request_init(s, c, came, &p->request);
    work_begins(c, x);
    p->refused = !http_part_begin(came, &p->request, &p->answer);
    work_ends(c);
    set_deadline(c, p->refused || is_text(came->verdict->content_type) ? READ_MS : PART_MS);
}

/* What is refused is read on to its end, so that the answer is heard. */
static enum MHD_Result part_feed(struct exchange *x, const char *bytes, size_t size)
{
    struct part *p = x->part;

    if (!p->refused && p->rc == ASSAY_OK)
        p->rc = p->request.sink.feed(p->request.sink.ctx, bytes, size, &p->e);
    return x->length <= (size_t)2 * GATE_PART_MAX ? MHD_YES : MHD_NO;
}

static enum MHD_Result part_answer(struct http_server *s, struct MHD_Connection *c,
                                   struct exchange *x)
{
    struct part *p = x->part;

    work_begins(c, x);
    if (!p->refused)
        http_part_end(&p->request, &p->answer, p->rc, &p->e);
    enum MHD_Result sent = send_answered(s, c, x, &p->answer, p->start_ms);
    work_ends(c);
    return sent;
}

static void part_free(struct part *p)
{
    if (p == NULL)
        return;
    if (p->request.sink.ctx != NULL)
        p->request.sink.free(p->request.sink.ctx);
    buf_clear(&p->answer.body);
    arena_free(p->request.arena);
    mem_free(p);
}

static enum MHD_Result handle(void *cls, struct MHD_Connection *c, const char *url,
                              const char *method, const char *version, const char *upload,
                              size_t *upload_size, void **context)
{
    struct http_server *s = cls;
    struct exchange *x = *context;
    struct headers h;
    struct gate_verdict v;
    struct err e = {0};

    (void)url;
    if (x == NULL)
        return MHD_NO;
    if (*upload_size > 0) {
        size_t size = *upload_size;
        x->length += size;
        *upload_size = 0;
        if (x->part != NULL)
            return part_feed(x, upload, size);
        buf_add(&x->body, upload, size);
        /* Past its limit it is read on for a little, so that the answer is heard. */
        return x->length <= 4 * GATE_BODY_MAX ? MHD_YES : MHD_NO;
    }
    if (x->part != NULL)
        return part_answer(s, c, x);
    take_headers(c, &h);
    const struct gate_request request = {method, x->target, version, h.list, h.count};
    enum assay_err rc = gate_check(&s->site, &request, &v, &e);
    if (rc == ASSAY_OK && h.bent)
        rc = err_set(&e, ASSAY_EFORMAT,
                     "a header has a NUL, is folded, or its line ends without CR");
    if (rc != ASSAY_OK)
        return refuse(s, c, x, rc, e.text);
    const struct http_came came = {&s->site, &request, &v, x->body.data, x->body.size};
    if (!x->begun) {
        x->begun = true;
        atomic_fetch_add(&s->under_way, 1); /* from here on an end of the server waits for it */
        buf_init(&x->body, GATE_BODY_MAX);
        if (http_takes_part(&came))
            part_begin(s, c, x, &came);
        return MHD_YES;
    }
    if (x->body.over)
        return refuse(s, c, x, ASSAY_ELIMIT, "the body is too long");
    return answer(s, c, x, &came);
}

static void *request_begins(void *cls, const char *target, struct MHD_Connection *c)
{
    struct exchange *x = mem_zalloc(sizeof *x);

    (void)cls;
    x->target = mem_strdup(target);
    x->id = rand_id();
    set_deadline(c, READ_MS);
    return x;
}

static void request_ended(void *cls, struct MHD_Connection *c, void **context,
                          enum MHD_RequestTerminationCode how)
{
    struct http_server *s = cls;
    struct exchange *x = *context;

    (void)how;
    if (x == NULL)
        return;
    set_deadline(c, READ_MS);
    part_free(x->part);
    if (x->begun) {
        buf_wipe(&x->body); /* passwords come in bodies */
        atomic_fetch_sub(&s->under_way, 1);
    }
    mem_free(x->target);
    mem_free(x);
    *context = NULL;
}

/* Paths are taken as they stand: the gate lets none through that would need decoding. */
static size_t leave_encoded(void *cls, struct MHD_Connection *c, char *text)
{
    (void)cls;
    (void)c;
    return strlen(text);
}

static void log_nothing(void *cls, const char *format, va_list args)
{
    (void)cls; /* it would print what clients send */
    (void)format;
    (void)args;
}

static struct MHD_Daemon *start_daemon(struct http_server *s)
{
    return MHD_start_daemon(
        MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL |
            MHD_USE_ITC | MHD_USE_ERROR_LOG,
        0, NULL, NULL, handle, s, MHD_OPTION_EXTERNAL_LOGGER, log_nothing, NULL,
        MHD_OPTION_LISTEN_SOCKET, s->listening.fd, MHD_OPTION_CONNECTION_LIMIT,
        (unsigned)CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT, INACTIVE_S,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, MEMORY_BYTES, MHD_OPTION_THREAD_STACK_SIZE, STACK_BYTES,
        MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_UNESCAPE_CALLBACK, leave_encoded, NULL,
        MHD_OPTION_URI_LOG_CALLBACK, request_begins, NULL, MHD_OPTION_NOTIFY_COMPLETED,
        request_ended, s, MHD_OPTION_NOTIFY_CONNECTION, connection_changed, s, MHD_OPTION_END);
}

static void free_server(struct http_server *s)
{
    listen_close(&s->listening);
    (void)sem_destroy(&s->sign_ins);
    (void)sem_destroy(&s->files);
    (void)sem_destroy(&s->polls);
    (void)pthread_mutex_destroy(&s->lock);
    proving_free(s->proving);
    machines_free(s->service.machines);
    metrics_free(s->metrics);
    mem_free(s);
}

enum assay_err http_start(struct world *w, struct live *lists, const struct http_place *place,
                          struct http_server **out, struct err *e)
{
    struct http_server *s = mem_zalloc(sizeof *s);
    int64_t hma = 0;
    enum assay_err rc = settings_get(w->store, "match.hma", &hma, e);

    s->public_url = place->public_url;
    if (rc == ASSAY_OK && s->public_url != NULL)
        rc = gate_public_host(s->public_url, &s->site.public_host, e);
    if (rc == ASSAY_OK)
        rc = listen_open(place->listen_at, &s->listening, e);
    if (rc != ASSAY_OK) {
        mem_free(s);
        return rc;
    }
    s->world = w;
    s->metrics = metrics_new();
    s->site.port = s->listening.port;
    s->site.local_programs = hma == HMA_LOCAL;
    (void)pthread_mutex_init(&s->lock, NULL);
    (void)sem_init(&s->sign_ins, 0, HTTP_SIGN_INS_MAX);
    s->proving = proving_new(w);
    s->service = (struct service){.world = w,
                                  .live = lists,
                                  .hma = hma != 0,
                                  .machines = machines_new(w->store, w->keys),
                                  .files = &s->files,
                                  .polls = &s->polls,
                                  .feed = place->feed,
                                  .ending = &s->ending};
    (void)sem_init(&s->files, 0, FILES_MAX);
    (void)sem_init(&s->polls, 0, POLLS_MAX);
    if (pthread_create(&s->watchdog, NULL, watch, s) != 0) {
        rc = err_set(e, ASSAY_EIO, "the system gives no more threads");
        goto out;
    }
    s->daemon = start_daemon(s);
    if (s->daemon == NULL) {
        rc = err_set(e, ASSAY_EIO, "the HTTP server does not start at %s", s->listening.address);
        atomic_store(&s->ending, true);
        (void)pthread_join(s->watchdog, NULL);
        goto out;
    }
    *out = s;
    return ASSAY_OK;
out:
    free_server(s);
    return rc;
}

const char *http_address(const struct http_server *s)
{
    return s->public_url != NULL ? s->public_url : s->listening.address;
}

void http_stop(struct http_server *s)
{
    if (s == NULL)
        return;
    (void)MHD_quiesce_daemon(s->daemon); /* the socket is ours again */
    listen_close(&s->listening);
    atomic_store(&s->ending, true);
    int64_t until = clock_mono_ms() + DRAIN_MS;
    while (atomic_load(&s->under_way) > 0 && clock_mono_ms() < until)
        clock_sleep_ms(5);
    (void)pthread_join(s->watchdog, NULL);
    MHD_stop_daemon(s->daemon);
    free_server(s);
}
