/* A case of VICS of a million records in MB/s and memory: our reader beside jansson, in one run. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "format/vics.h"
#include "format/vics_media.h"
#include "oracle.h"

#define RECORDS 1000000
#define ROUNDS  3

static uint64_t state;

static unsigned long long next(void)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned long long)(state ^ state >> 29);
}

/* As most tools write it. */
static void write_plain(FILE *f, int i)
{
    (void)fprintf(
        f,
        "{\"MediaID\":%d,\"Category\":%llu,\"MD5\":\"%016llx%016llx\",\"SHA1\":"
        "\"%016llx%016llx%08x\",\"MediaSize\":%llu,\"RelativeFilePath\":"
        "\"Files\\\\%016llx.jpg\",\"IsPrecategorized\":false,\"MimeType\":\"image/jpeg\","
        "\"AlternativeHashes\":[],\"MediaFiles\":[{\"MD5\":\"\",\"FileName\":\"gr\xc3\xbcn "
        "%d.jpg\",\"FilePath\":\"Pictures\\\\\"}],\"MediaMetadata\":[]}",
        i, next() % 6, next(), next(), next(), next(), (unsigned)i, next() % 9999999, next(), i);
}

/* As others do: numbers and truths as texts, upper case, links, nulls, spaces, all members. */
static void write_odd(FILE *f, int i)
{
    (void)fprintf(
        f,
        "{ \"odata.id\": \"Media(%d)\",\r\n\t\"IsDistributed\": \"true\", \"MediaSize\": \"%llu\", "
        "\"Tags\": \"coast,autumn\", \"Series\": null, \"SHA1\": \"\",\r\n\t\"MD5\": "
        "\"%016llX%016llX\", \"Category\": \"%llu\", \"MediaID\": \"%d\", \"Comments\": null, "
        "\"AlternativeHashes\": [{\"MD5\": \"\", \"HashName\": \"SHA256\", \"HashValue\": "
        "\"%016llX%016llX%016llX%016llX\"}],\r\n\t\"Exifs\": [{\"PropertyName\": \"Model\", "
        "\"PropertyValue\": \"\\u0053ample\"}], \"MediaFiles@odata.navigationLinkUrl\": \"x\", "
        "\"MediaFiles\": [{\"FileName\": \"a \\\"b\\\" %d.jpg\", \"FilePath\": \"C:\\\\x\\\\\", "
        "\"Created\": \"2024-03-01T10:11:12.0000123Z\"}], \"Name\": \"n\" }",
        i, next() % 9999999, next(), next(), next() % 6, i, next(), next(), next(), next(), i);
}

static void make_case(const char *path, bool odd)
{
    FILE *f = fopen(path, "w");

    if (f == NULL) {
        perror(path);
        exit(1);
    }
    state = 20261123;
    (void)fputs("{\"@odata.context\":\"http://github.com/VICSDATAMODEL/ProjectVic/DataModels/"
                "2.0.xml/UK/$metadata#Cases\",\n\"value\":[{\"CaseID\":\"1\",\"Media\":[",
                f);
    for (int i = 0; i < RECORDS; i++) {
        (void)fputs(i == 0 ? "\n" : ",\n", f);
        if (odd)
            write_odd(f, i);
        else
            write_plain(f, i);
    }
    (void)fputs("],\"TotalMediaFiles\":1}]}\n", f);
    if (fclose(f) != 0) {
        perror(path);
        exit(1);
    }
}

/* ---- the readers ---- */

static size_t fill(void *ctx, void *out, size_t size)
{
    const ssize_t n = read(*(int *)ctx, out, size);

    return n < 0 ? 0 : (size_t)n;
}

struct count {
    int fd;
    long records;
};

static enum assay_err take(void *ctx, const struct vics_context *c, const struct json *media,
                           struct err *e)
{
    struct count *n = ctx;
    struct arena *a = arena_new();
    struct vics_media m;
    enum assay_err rc = vics_media_read(a, media, &m, e);

    (void)c;
    arena_free(a);
    n->records++;
    return rc;
}

static enum assay_err refuse(void *ctx, const struct vics_context *c, uint64_t line,
                             const char *reason, struct err *e)
{
    (void)ctx;
    (void)c;
    return err_set(e, ASSAY_EFORMAT, "line %llu: %s", (unsigned long long)line, reason);
}

static bool read_ours(const char *path)
{
    struct count n = {.fd = open(path, O_RDONLY)};
    const struct vics_sink sink = {.ctx = &n, .media = take, .refused = refuse};
    struct err e = {0};
    enum assay_err rc = vics_read(fill, &n.fd, &sink, &e);

    (void)close(n.fd);
    if (rc != ASSAY_OK)
        (void)fprintf(stderr, "%s\n", e.text);
    return rc == ASSAY_OK && n.records == RECORDS;
}

/* It takes the text from memory, which counts. */
static bool read_jansson(const char *path)
{
    struct buf b;

    buf_init(&b, (size_t)2 << 30);
    const bool good =
        fs_read_file(path, &b, NULL) == ASSAY_OK && oracle_jansson(b.data, b.size) == ORACLE_TAKEN;
    buf_clear(&b);
    return good;
}

/* In a child, so that the memory is its own. */
static void measure(const char *name, bool (*read_case)(const char *), const char *path)
{
    long long bytes;
    FILE *f = fopen(path, "r");

    (void)fseek(f, 0, SEEK_END);
    bytes = ftell(f);
    (void)fclose(f);
    (void)fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
        struct rusage used;
        int64_t best = INT64_MAX;
        for (int i = 0; i < ROUNDS; i++) {
            const int64_t from = clock_cpu_us();
            if (!read_case(path))
                _exit(1);
            const int64_t took = clock_cpu_us() - from;
            best = took < best ? took : best;
        }
        (void)getrusage(RUSAGE_SELF, &used);
        (void)printf("%-34s %6.0f MB/s %8.0f records/ms %8.1f MB resident\n", name,
                     (double)bytes / (double)best, (double)RECORDS * 1000 / (double)best,
                     (double)used.ru_maxrss / 1024);
        (void)fflush(stdout);
        _exit(0);
    }
    int status = 1;
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0) {
        (void)fprintf(stderr, "%s failed\n", name);
        exit(1);
    }
}

int main(void)
{
    char plain[] = "/tmp/assay-vics-XXXXXX", odd[] = "/tmp/assay-vics-XXXXXX";
    const int fds[] = {mkstemp(plain), mkstemp(odd)};

    if (fds[0] < 0 || fds[1] < 0) {
        perror("a temporary file");
        return 1;
    }
    make_case(plain, false);
    make_case(odd, true);
    (void)printf("%d records a case, CPU time, best of %d\n", RECORDS, ROUNDS);
    measure("assay, records of media", read_ours, plain);
    measure("jansson, tree", read_jansson, plain);
    measure("assay, with every habit", read_ours, odd);
    measure("jansson, with every habit", read_jansson, odd);
    for (int i = 0; i < 2; i++)
        (void)close(fds[i]);
    (void)unlink(plain);
    (void)unlink(odd);
    return 0;
}
