/* A form of one file, as multipart/form-data (RFC 7578). Pure. */
#ifndef HTTP_MULTIPART_H
#define HTTP_MULTIPART_H

#include <stddef.h>

#include "base/err.h"

#define MULTIPART_NAME_SIZE 41

struct multipart_file {
    char name[MULTIPART_NAME_SIZE]; /* of the field */
    const void *bytes;              /* borrowed from the body */
    size_t size;
};

/* type: the Content-Type. EFORMAT: it is no such form, or has not exactly one field. */
enum assay_err multipart_parse(const char *type, const void *body, size_t size,
                               struct multipart_file *out, struct err *e);

#endif
