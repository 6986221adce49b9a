/* What the routes in the form of HMA share. */
#ifndef HTTP_API_HMA_H
#define HTTP_API_HMA_H

#include "http/http.h"
#include "store/client.h"

#define HMA_BANK_SIZE CLIENT_NAME_SIZE

/* A list's name as a bank's: capitals and digits, '_' for all else. */
void hma_bank_name(const char *list, char out[HMA_BANK_SIZE]);

/* A body that is held whole, at most size_max bytes, and then answered. */
struct hma_sink {
    struct http_request *r;
    struct buf body;
    enum assay_err (*answer)(struct hma_sink *s, struct http_answer *a, struct err *e);
};
enum assay_err hma_take_body(struct http_request *r, size_t size_max,
                             enum assay_err (*answer)(struct hma_sink *, struct http_answer *,
                                                      struct err *));

#endif
