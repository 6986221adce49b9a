/* The shift: open, checked, submitted. */
#include "base/log.h"
#include "flow/grade/grade.h"
#include "flow/qa/qa.h"
#include "http/api/api.h"

enum assay_err api_get_shift(struct http_request *r, struct http_answer *a, struct err *e)
{
    return shift_get(r->world, &r->caller, &a->body, e);
}

enum assay_err api_start_shift(struct http_request *r, struct http_answer *a, struct err *e)
{
    return shift_start(r->world, &r->caller, &a->body, e);
}

enum assay_err api_check_shift(struct http_request *r, struct http_answer *a, struct err *e)
{
    return shift_check(r->world, &r->caller, &a->body, e);
}

/* The lot is sealed when this returns. Its sample and a signed head follow at once; when they
 * cannot, the background makes them, so the person is not told of a failure that is none. */
enum assay_err api_submit_shift(struct http_request *r, struct http_answer *a, struct err *e)
{
    struct world *w = r->world;
    struct err later = {0};
    int64_t lots;
    enum assay_err rc = shift_submit(w, &r->caller, &r->once, &a->body, e);

    if (rc != ASSAY_OK)
        return rc;
    if ((rc = qa_sample(w, &lots, &later)) != 0)
        log_warn("lot.sample_put_off", LOG_ERR(rc));
    if ((rc = audit_advance(w->store, w->keys, w->data_dir, NULL, &later)) != 0)
        log_warn("record.head_put_off", LOG_ERR(rc));
    return ASSAY_OK;
}
