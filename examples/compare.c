/* The distance of two PDQ hashes, and whether they match: compare HEX HEX */
#include <stdio.h>
#include <string.h>

#include <assay/assay.h>

int main(int argc, char **argv)
{
    struct assay_pdq hashes[2];

    if (argc != 3) {
        fprintf(stderr, "usage: compare HEX HEX\n");
        return 2;
    }
    for (int i = 0; i < 2; i++) {
        const char *text = argv[i + 1];
        enum assay_err rc = assay_pdq_from_hex(text, strlen(text), &hashes[i]);
        if (rc != ASSAY_OK) {
            fprintf(stderr, "compare: hash %d: %s: it is 64 digits of 0-9 and a-f\n", i + 1,
                    assay_err_name(rc));
            return 2;
        }
    }
    unsigned distance = assay_pdq_distance(&hashes[0], &hashes[1]);
    printf("%u bits differ: %s\n", distance,
           distance <= ASSAY_PDQ_MATCH_BITS ? "they match" : "they do not match");
    return distance <= ASSAY_PDQ_MATCH_BITS ? 0 : 1;
}
