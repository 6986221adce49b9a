/* Finding the profile that a command names. */
#ifndef CLI_PROFILE_H
#define CLI_PROFILE_H

#include "base/buf.h"
#include "format/profile.h"

/* One of the program's own by its name, or a file: what has a slash or ends in .json. Its text is
 * appended to text, the profile lives in arena a. ENOTFOUND names those there are; EFORMAT. */
enum assay_err cli_profile_find(struct arena *a, const char *name, struct buf *text,
                                struct profile **out, struct err *e);
/* "caid-uk, training, ..." appended to b. */
void cli_profile_names(struct buf *b);

#endif
