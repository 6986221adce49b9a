/* Any bytes as a snapshot of lists: refused, or searched without a read outside of it. */
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/mem.h"
#include "match/snapshot_impl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void search(struct match_snapshot *s)
{
    struct match_snapshot_reader *r = match_snapshot_reader_new(s);
    const uint8_t hash[MATCH_HASH_MAX] = {0x4e, 0x46};
    const struct match_hit *hits;
    struct match_snapshot_info info;
    char name[64];
    size_t count;

    match_snapshot_info(s, &info);
    for (uint32_t list = 0; list < 4; list++)
        (void)match_snapshot_list(s, list, name, sizeof name);
    for (unsigned kind = 0; kind < MATCH_KINDS; kind++) {
        if (match_snapshot_search(r, (enum match_kind)kind, hash, 31, &hits, &count, NULL) !=
            ASSAY_OK)
            continue;
        for (size_t i = 0; i < count; i++)
            (void)match_snapshot_record(s, hits[i].record);
    }
    for (uint64_t i = 0; i < info.records && i < 100; i++) {
        const struct listed *row = match_snapshot_record(s, i);

        if (row != NULL && row->says_size > 0 && listed_says(row)[row->says_size - 1] == 'x')
            (void)listed_hash(row, LISTED_PDQ);
    }
    match_snapshot_reader_free(r);
}

/* The header's own digest is made to fit, or nothing behind it would ever be looked at. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const int fd = memfd_create("snapshot", MFD_CLOEXEC);
    struct match_snapshot *s;
    struct file_head head;
    char path[64];
    struct err e;

    if (fd < 0 || write(fd, data, size) != (ssize_t)size)
        abort();
    if (size >= sizeof head) {
        memcpy(&head, data, sizeof head);
        head.file_size = size;
        (void)EVP_Digest(&head, offsetof(struct file_head, sha256), head.sha256, NULL, EVP_sha256(),
                         NULL);
        if (pwrite(fd, &head, sizeof head, 0) != (ssize_t)sizeof head)
            abort();
    }
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (match_snapshot_open(path, &s, &e) == ASSAY_OK) {
        search(s);
        match_snapshot_free(s);
    }
    (void)match_snapshot_verify(path, &e);
    (void)close(fd);
    return 0;
}
