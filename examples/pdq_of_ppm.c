/* PDQ and quality of a binary PPM on standard input, hashed row by row: pdq_of_ppm < picture.ppm */
#include <ctype.h>
#include <stdio.h>

#include <assay/assay.h>

/* The head's next number, the white space or comment before it skipped; 0 where there is none. */
static uint32_t next_number(void)
{
    uint32_t number = 0;
    int c = getchar();

    while (isspace(c) || c == '#') {
        if (c == '#')
            while (c != '\n' && c != EOF)
                c = getchar();
        c = getchar();
    }
    for (; isdigit(c) && number <= ASSAY_PDQ_SIDE_MAX; c = getchar())
        number = 10 * number + (uint32_t)(c - '0');
    return number;
}

static enum assay_err hash_rows(uint32_t width, uint32_t height, struct assay_pdq *hash)
{
    static uint8_t row[3 * ASSAY_PDQ_SIDE_MAX];
    size_t stride = (size_t)3 * width;
    struct assay_pdq_stream *stream;
    enum assay_err rc = assay_pdq_stream_new(width, height, &stream);

    if (rc != ASSAY_OK)
        return rc;
    for (uint32_t y = 0; y < height && rc == ASSAY_OK; y++)
        rc = fread(row, 1, stride, stdin) == stride ? assay_pdq_stream_rgb(stream, row, stride, 1)
                                                    : ASSAY_EFORMAT;
    if (rc == ASSAY_OK)
        rc = assay_pdq_stream_finish(stream, hash);
    assay_pdq_stream_free(stream);
    return rc;
}

int main(void)
{
    char hex[ASSAY_PDQ_HEX_SIZE];
    struct assay_pdq hash;
    int ppm = getchar() == 'P' && getchar() == '6';
    uint32_t width = next_number(), height = next_number(), white = next_number();

    enum assay_err rc = ppm && white == 255 ? hash_rows(width, height, &hash) : ASSAY_EFORMAT;
    if (rc != ASSAY_OK) {
        fprintf(stderr, "pdq_of_ppm: %s\n", assay_err_name(rc));
        return 1;
    }
    assay_pdq_to_hex(&hash, hex);
    printf("%s %u\n", hex, hash.quality);
}
