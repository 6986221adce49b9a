/* What the files of lists share. */
#ifndef STORE_LIST_IMPL_H
#define STORE_LIST_IMPL_H

#include "store/list.h"

/* In the transaction that changed the row. */
enum assay_err list_note_change(struct tx *tx, int64_t row_id, struct err *e);

#endif
