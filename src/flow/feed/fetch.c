/* libcurl, held to what a matching node needs: GET, one host, no redirects, TLS or this machine. */
#include "flow/feed/fetch.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <stdio.h>
#include <string.h>

#include "assay/assay.h"
#include "base/fs.h"
#include "base/str.h"
#include "people/client.h"

#define CONNECT_S    10L
#define STALL_S      60L /* without a byte, beside the wait */
#define URL_SIZE     700
#define KEY_FILE_MAX 4096

struct fetch {
    CURL *curl;
    struct curl_slist *headers;
    char base[300]; /* "https://HOST", without a slash behind */
    const atomic_bool *ending;
    struct buf *body; /* of the transfer under way */
    char why[CURL_ERROR_SIZE];
};

/* ---- where ---- */

static bool is_loopback(const char *host)
{
    struct in_addr v4;

    return str_equal(host, "localhost") || str_equal(host, "[::1]") ||
           (inet_pton(AF_INET, host, &v4) == 1 && ntohl(v4.s_addr) >> 24 == 127);
}

/* Only scheme, host and port, and no plain HTTP over a network. */
static bool is_sound(CURLU *url)
{
    static const CURLUPart none[] = {CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_QUERY,
                                     CURLUPART_FRAGMENT};
    char *scheme = NULL, *host = NULL, *path = NULL, *text = NULL;
    bool sound = curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
                 curl_url_get(url, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
                 curl_url_get(url, CURLUPART_PATH, &path, 0) == CURLUE_OK && str_equal(path, "/") &&
                 (str_equal(scheme, "https") || (str_equal(scheme, "http") && is_loopback(host)));

    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        if (curl_url_get(url, none[i], &text, 0) == CURLUE_OK) {
            curl_free(text);
            sound = false;
        }
    }
    curl_free(scheme);
    curl_free(host);
    curl_free(path);
    return sound;
}

static enum assay_err set_place(struct fetch *f, const struct feed_place *place, struct err *e)
{
    CURLU *url = NULL;
    enum assay_err rc = ASSAY_OK;

    if (str_starts(place->url, "unix:/")) {
        (void)snprintf(f->base, sizeof f->base, "http://localhost");
        (void)curl_easy_setopt(f->curl, CURLOPT_UNIX_SOCKET_PATH, place->url + strlen("unix:"));
        return ASSAY_OK;
    }
    size_t size = strlen(place->url);
    while (size > 0 && place->url[size - 1] == '/')
        size--;
    (void)snprintf(f->base, sizeof f->base, "%.*s", (int)size, place->url);
    url = curl_url();
    if (size >= sizeof f->base || curl_url_set(url, CURLUPART_URL, f->base, 0) != CURLUE_OK ||
        !is_sound(url))
        rc = err_set(e, ASSAY_ERANGE,
                     "--follow is https://HOST[:PORT], unix:/PATH, or http:// with a loopback "
                     "address, and nothing behind it: %.100s",
                     place->url);
    curl_url_cleanup(url);
    if (!str_starts(f->base, "https:"))
        (void)curl_easy_setopt(f->curl, CURLOPT_NOPROXY, "*");
    return rc;
}

static enum assay_err set_key(struct fetch *f, const char *path, struct err *e)
{
    char header[40 + PEOPLE_KEY_SIZE];
    struct buf text;

    buf_init(&text, KEY_FILE_MAX);
    enum assay_err rc = fs_read_file(path, &text, e);
    if (rc == ASSAY_OK) {
        const char *key = buf_cstr(&text);
        const size_t size = strcspn(key, "\r\n");
        if (size == PEOPLE_KEY_SIZE - 1 && str_starts(key, "assay_")) {
            (void)snprintf(header, sizeof header, "Authorization: Bearer %.*s", (int)size, key);
            f->headers = curl_slist_append(NULL, header);
        } else {
            rc = err_set(e, ASSAY_EFORMAT,
                         "the first line of %.200s is no key; assay client add NAME --feed on, at "
                         "the system of record, prints one",
                         path);
        }
    }
    mem_wipe(header, sizeof header);
    buf_wipe(&text);
    return rc;
}

/* ---- a transfer ---- */

static size_t take(char *bytes, size_t one, size_t size, void *ctx)
{
    struct fetch *f = ctx;

    (void)one;
    buf_add(f->body, bytes, size);
    return f->body->over ? 0 : size;
}

static int is_over(void *ctx, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    const struct fetch *f = ctx;

    (void)a;
    (void)b;
    (void)c;
    (void)d;
    return atomic_load(f->ending);
}

static void set_options(struct fetch *f, const struct feed_place *place)
{
    CURL *c = f->curl;

    (void)curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
    (void)curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(c, CURLOPT_HTTPHEADER, f->headers);
    (void)curl_easy_setopt(c, CURLOPT_USERAGENT, "assay/" ASSAY_VERSION);
    (void)curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take);
    (void)curl_easy_setopt(c, CURLOPT_WRITEDATA, f);
    (void)curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
    (void)curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, is_over);
    (void)curl_easy_setopt(c, CURLOPT_XFERINFODATA, f);
    (void)curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, CONNECT_S);
    (void)curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, 1L);
    (void)curl_easy_setopt(c, CURLOPT_TCP_KEEPALIVE, 1L);
    (void)curl_easy_setopt(c, CURLOPT_ERRORBUFFER, f->why);
    if (place->ca_file != NULL) {
        (void)curl_easy_setopt(c, CURLOPT_CAINFO, place->ca_file);
        (void)curl_easy_setopt(c, CURLOPT_CAPATH, NULL);
    }
}

enum assay_err fetch_new(const struct feed_place *place, const atomic_bool *ending,
                         struct fetch **out, struct err *e)
{
    struct fetch *f;
    enum assay_err rc;

    *out = NULL;
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return err_set(e, ASSAY_EIO, "libcurl cannot start");
    f = mem_zalloc(sizeof *f);
    f->ending = ending;
    f->curl = curl_easy_init();
    if (f->curl == NULL)
        rc = err_set(e, ASSAY_EIO, "libcurl cannot start");
    else if ((rc = set_place(f, place, e)) == ASSAY_OK &&
             (rc = set_key(f, place->key_file, e)) == ASSAY_OK)
        set_options(f, place);
    if (rc == ASSAY_OK)
        *out = f;
    else
        fetch_free(f);
    return rc;
}

void fetch_free(struct fetch *f)
{
    if (f == NULL)
        return;
    if (f->headers != NULL)
        mem_wipe(f->headers->data, strlen(f->headers->data));
    curl_slist_free_all(f->headers);
    curl_easy_cleanup(f->curl);
    mem_free(f);
    curl_global_cleanup();
}

static enum assay_err answered(long status, struct err *e)
{
    switch (status) {
    case 200:
        return ASSAY_OK;
    case 401:
        return err_set(e, ASSAY_EDENIED, "the system of record does not know this node's key");
    case 403:
        return err_set(e, ASSAY_EDENIED,
                       "the client of this key has no right to the feed; at the system of record: "
                       "assay client set NAME --feed on");
    case 404:
        return err_set(e, ASSAY_ENOTFOUND, "the system of record has nothing there");
    case 429:
    case 503:
        return err_set(e, ASSAY_EBUSY, "the system of record is busy (%ld)", status);
    default:
        return err_set(e, ASSAY_EFORMAT, "the system of record answered %ld", status);
    }
}

enum assay_err fetch_get(struct fetch *f, const char *path, long wait_s, struct buf *out,
                         struct err *e)
{
    char url[URL_SIZE];
    long status = 0;

    buf_reset(out);
    f->body = out;
    f->why[0] = '\0';
    (void)snprintf(url, sizeof url, "%s%s", f->base, path);
    (void)curl_easy_setopt(f->curl, CURLOPT_URL, url);
    (void)curl_easy_setopt(f->curl, CURLOPT_LOW_SPEED_TIME, wait_s + STALL_S);
    CURLcode code = curl_easy_perform(f->curl);
    f->body = NULL;
    if (code == CURLE_WRITE_ERROR)
        return err_set(e, ASSAY_ELIMIT, "the system of record's answer is too long");
    if (code != CURLE_OK)
        return err_set(e, ASSAY_EIO, "the system of record cannot be reached: %s",
                       f->why[0] != '\0' ? f->why : curl_easy_strerror(code));
    (void)curl_easy_getinfo(f->curl, CURLINFO_RESPONSE_CODE, &status);
    return answered(status, e);
}
