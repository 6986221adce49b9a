/* Commands whose only options are --data, --help and a few words. */
#ifndef CLI_SIMPLE_H
#define CLI_SIMPLE_H

#include "cli/cli.h"

struct simple_flag {
    const char *name;   /* without the dashes */
    bool *set;          /* a flag, or NULL */
    const char **value; /* an option with a value, or NULL */
};

/* Read options; flags end with one whose name is NULL. Returns CLI_DONE (optind stands at the first
 * word), -1 after --help, or CLI_USAGE. */
int simple_options(struct cli *c, const char *usage, const struct simple_flag *flags, int argc,
                   char **argv);

#endif
