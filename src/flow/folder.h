/* A folder that is whole when it has its name: what steps write for others to fetch. */
#ifndef FLOW_FOLDER_H
#define FLOW_FOLDER_H

#include <limits.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define FOLDER_FILES     4 /* open at once */
#define FOLDER_NAME_SIZE 96

struct folder {
    int parent, self; /* open folders */
    int files[FOLDER_FILES];
    char names[FOLDER_FILES][FOLDER_NAME_SIZE]; /* of the open ones */
    char temp[FOLDER_NAME_SIZE];                /* its name in the parent; "": renamed */
};

/* Make a folder under a temporary name in parent, which exists, and take away those that earlier
 * writers under the same id left when they were killed. Close it in any case after ASSAY_OK. */
enum assay_err folder_open(struct folder *f, const char *parent, int64_t id, struct err *e);
/* A new empty file in it, as number index, which is free; the name is copied. */
enum assay_err folder_file(struct folder *f, size_t index, const char *name, struct err *e);
enum assay_err folder_add(struct folder *f, size_t index, const void *bytes, size_t size,
                          struct err *e);
/* All of the file is there: on the disk, and the number is free. */
enum assay_err folder_done(struct folder *f, size_t index, struct err *e);
/* Every open file and the folder on the disk. */
enum assay_err folder_sync(struct folder *f, struct err *e);
/* Give it its final name, on the disk on return. EEXISTS: something has that name. */
enum assay_err folder_name(struct folder *f, const char *path, struct err *e);
/* What was not named is taken away. */
void folder_close(struct folder *f);

#endif
