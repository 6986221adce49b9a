/* The steps that run beside the server: identify, sweep leases, draw samples, sign the record. */
#ifndef CLI_BACKGROUND_H
#define CLI_BACKGROUND_H

#include "flow/flow.h"
#include "flow/live.h"

struct background;

#define BACKGROUND_SIGN_MS (60 * 1000) /* a signed head at least this often while entries come */

/* Start the threads: `identifiers` for the decoder and one for everything else; with 0 of them,
 * which a matching node has, only the one that signs the record. w and lists are borrowed. */
struct background *background_start(struct world *w, struct live *lists, unsigned identifiers);
/* Let what is under way finish, end the threads, and sign what is left. */
void background_stop(struct background *b);

#endif
