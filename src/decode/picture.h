/* Inside of the parent's side: the last checks of a decoder's answer, apart so that they can be
 * tested and fuzzed. */
#ifndef DECODE_PICTURE_H
#define DECODE_PICTURE_H

#include "decode/wire.h"

/* What is not given to a decoder at all: EFORMAT an empty file, EUNSUPPORTED a type that none
 * decodes here, ELIMIT a file of more bytes than a decoder may read. */
enum assay_err picture_refuse(const struct decode_env *env, enum decode_type type, size_t size,
                              struct err *e);
/* The most bytes that it takes. */
size_t picture_bytes_max(const struct decode_limits *limits);

/* The answer against what was asked: the type that was sniffed and the limits. EDAMAGED names the
 * first thing that cannot be true. */
enum assay_err picture_check(const struct wire_picture *p, enum decode_type type,
                             const struct decode_limits *limits, struct err *e);

/* Why this hash of a picture of these sides and flags must not be trusted. */
enum decode_pdq_reason picture_pdq_reason(const struct assay_pdq *pdq, uint32_t width,
                                          uint32_t height, uint32_t flags);

/* The renditions against the view and the number of facets that they were made of. EDAMAGED. */
enum assay_err picture_check_renditions(const struct wire_rendition *list, struct wire_size view,
                                        uint32_t facet_count, struct err *e);

#endif
