/* Feeds every file of a corpus folder to a fuzz target once, in a build without libFuzzer. */
#include <assert.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "fuzz.h"

#define INPUT_BYTES_MAX (1 << 20) /* corpora are small by rule */

static void replay(const char *folder, const char *name)
{
    char path[4096];
    int length = snprintf(path, sizeof path, "%s/%s", folder, name);

    assert(length > 0);
    assert((size_t)length < sizeof path);
    FILE *file = fopen(path, "rb");
    assert(file != NULL);
    uint8_t *bytes = malloc(INPUT_BYTES_MAX);
    assert(bytes != NULL);
    size_t size = fread(bytes, 1, INPUT_BYTES_MAX, file);
    assert(ferror(file) == 0);
    assert(feof(file) != 0);
    (void)fclose(file);
    /* A block of exactly the input's size lets a sanitizer see a read behind its end. */
    uint8_t *exact = malloc(size > 0 ? size : 1);
    assert(exact != NULL);
    for (size_t i = 0; i < size; i++)
        exact[i] = bytes[i];
    free(bytes);
    (void)LLVMFuzzerTestOneInput(exact, size);
    free(exact);
}

int main(int argc, char **argv)
{
    unsigned count = 0;

    if (argc != 2) {
        (void)fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
        return 2;
    }
    DIR *folder = opendir(argv[1]);
    if (folder == NULL) {
        perror(argv[1]);
        return 1;
    }
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        if (entry->d_name[0] == '.')
            continue;
        (void)printf("%s\n", entry->d_name);
        (void)fflush(stdout);
        replay(argv[1], entry->d_name);
        count++;
    }
    (void)closedir(folder);
    (void)printf("%u inputs\n", count);
    return count > 0 ? 0 : 1;
}
