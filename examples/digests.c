/* MD5, SHA-1 and SHA-256 of standard input in one pass: digests < file */
#include <stdio.h>

#include <assay/assay.h>

static void print(const char *name, const uint8_t *bytes, size_t size)
{
    printf("%s ", name);
    for (size_t i = 0; i < size; i++)
        printf("%02x", bytes[i]);
    printf("\n");
}

static enum assay_err digest_input(struct assay_digester *digester, struct assay_digests *digests)
{
    static char bytes[1 << 16];
    enum assay_err rc = ASSAY_OK;
    size_t size;

    while (rc == ASSAY_OK && (size = fread(bytes, 1, sizeof bytes, stdin)) > 0)
        rc = assay_digester_feed(digester, bytes, size);
    if (rc == ASSAY_OK && ferror(stdin))
        rc = ASSAY_EIO;
    if (rc == ASSAY_OK)
        rc = assay_digester_finish(digester, digests);
    return rc;
}

int main(void)
{
    struct assay_digester *digester = NULL;
    struct assay_digests digests;

    enum assay_err rc = assay_digester_new(&digester);
    if (rc == ASSAY_OK)
        rc = digest_input(digester, &digests);
    assay_digester_free(digester);
    if (rc != ASSAY_OK) {
        fprintf(stderr, "digests: %s\n", assay_err_name(rc));
        return 1;
    }
    print("md5", digests.md5, sizeof digests.md5);
    print("sha1", digests.sha1, sizeof digests.sha1);
    print("sha256", digests.sha256, sizeof digests.sha256);
    printf("size %llu\n", (unsigned long long)digests.size);
}
