/* A folder that is whole when it has its name; for the files of this folder. */
#ifndef FLOW_EXPORT_FOLDER_H
#define FLOW_EXPORT_FOLDER_H

#include <limits.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define FOLDER_FILES     4
#define FOLDER_NAME_SIZE 96

struct folder {
    int parent, self; /* open folders */
    int files[FOLDER_FILES];
    const char *names[FOLDER_FILES]; /* static; NULL: not made */
    char temp[FOLDER_NAME_SIZE];     /* its name in the parent; "": renamed */
};

/* Make a folder under a temporary name in parent, which exists, and take away those that earlier
 * writers of the same package left when they were killed. Close it in any case after ASSAY_OK. */
enum assay_err folder_open(struct folder *f, const char *parent, int64_t id, struct err *e);
/* A new empty file in it, as number index. */
enum assay_err folder_file(struct folder *f, size_t index, const char *name, struct err *e);
enum assay_err folder_add(struct folder *f, size_t index, const void *bytes, size_t size,
                          struct err *e);
/* Every file and the folder on the disk. */
enum assay_err folder_sync(struct folder *f, struct err *e);
/* Give it its final name, on the disk on return. EEXISTS: something has that name. */
enum assay_err folder_name(struct folder *f, const char *path, struct err *e);
/* What was not named is taken away. */
void folder_close(struct folder *f);

#endif
