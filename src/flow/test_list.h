/* The list of kind test: the published picture, for trying the way. */
#ifndef FLOW_TEST_LIST_H
#define FLOW_TEST_LIST_H

#include "flow/flow.h"

/* The workspace has the list with the picture's hashes (match/test_picture.h) in it. */
enum assay_err flow_test_list(struct world *w, struct err *e);

#endif
