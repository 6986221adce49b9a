/* JSON in MB/s: our reader beside yajl and jansson over one made-up list in one run. */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/json.h"
#include "oracle.h"

#define RECORDS 100000
#define ROUNDS  3 /* the best of each is printed: what the machine can do undisturbed */

static void make_list(struct buf *b)
{
    uint64_t random = 20261122;

    buf_add_str(b, "{\"@odata.context\":\"https://example.org/2.0#Media\",\"value\":[");
    for (int i = 0; i < RECORDS; i++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        unsigned long long r = (unsigned long long)random;
        buf_addf(b,
                 "%s\n{\"MediaID\":%d,\"Category\":%llu,\"MD5\":\"%016llx%016llx\","
                 "\"SHA1\":\"%016llx%016llx%08x\",\"MediaSize\":%llu,\"MimeType\":\"image/jpeg\","
                 "\"VictimIdentified\":null,\"IsDistributed\":false,\"Tags\":\"coast,autumn\","
                 "\"MediaFiles\":[{\"FileName\":\"gr\xc3\xbcn %d.jpg\","
                 "\"FilePath\":\"C:\\\\pictures\\\\holiday %llu\\\\\",\"Unallocated\":false}]}",
                 i == 0 ? "" : ",", i, r % 4, r, r * 3, r * 5, r * 7, (unsigned int)i, r % 9999999,
                 i, r % 977);
    }
    buf_add_str(b, "]}\n");
}

static bool read_ours(const struct buf *b)
{
    struct json_reader *r = json_reader_new(b->data, b->size, 65536);
    enum json_token token = JSON_NULL;
    const char *text;
    size_t size;
    enum assay_err rc = ASSAY_OK;

    while (rc == 0 && token != JSON_END)
        rc = json_next(r, &token, &text, &size, NULL);
    json_reader_free(r);
    return rc == ASSAY_OK;
}

static bool read_yajl(const struct buf *b)
{
    return oracle_yajl(b->data, b->size, NULL) == ORACLE_TAKEN;
}

static bool read_jansson(const struct buf *b)
{
    return oracle_jansson(b->data, b->size) == ORACLE_TAKEN;
}

static void measure(const char *name, bool (*read)(const struct buf *), const struct buf *b)
{
    int64_t best = INT64_MAX;

    for (int i = 0; i < ROUNDS; i++) {
        int64_t from = clock_cpu_us();
        if (!read(b)) {
            (void)fprintf(stderr, "%s refuses the list\n", name);
            exit(1);
        }
        int64_t took = clock_cpu_us() - from;
        best = took < best ? took : best;
    }
    (void)printf("%-28s %8.0f MB/s\n", name, (double)b->size / (double)(best > 0 ? best : 1));
}

int main(void)
{
    struct buf b;

    buf_init(&b, 1 << 28);
    make_list(&b);
    (void)printf("%d records, %.1f MB, CPU time, best of %d\n", RECORDS, (double)b.size / 1e6,
                 ROUNDS);
    measure("assay", read_ours, &b);
    measure("yajl, events", read_yajl, &b);
    measure("jansson, tree (needs memory)", read_jansson, &b);
    buf_clear(&b);
    return 0;
}
