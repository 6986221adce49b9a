/* Reading options from a table of flags. */
#include "cli/simple.h"

#include <assert.h>
#include <getopt.h>
#include <stdio.h>

#define FLAGS_MAX 12

int simple_options(struct cli *c, const char *usage, const struct simple_flag *flags, int argc,
                   char **argv)
{
    struct option options[FLAGS_MAX + 3] = {{"data", required_argument, NULL, 0},
                                            {"help", no_argument, NULL, 0}};
    int o, index = 0;
    size_t n = 0;

    for (; flags != NULL && flags[n].name != NULL; n++) {
        assert(n < FLAGS_MAX);
        options[n + 2] = (struct option){
            flags[n].name, flags[n].set != NULL ? no_argument : required_argument, NULL, 0};
    }
    while ((o = getopt_long(argc, argv, "ho:", options, &index)) != -1) {
        if (o == 'h' || (o == 0 && index == 1)) {
            fputs(usage, stdout);
            return -1;
        }
        if (o == 'o') { /* every command that writes files calls its folder -o */
            index = -1;
            size_t i = 0;
            while (i < n && flags[i].name[0] != 'o')
                i++;
            if (i == n)
                return cli_usage(argv[0], "-o is not understood");
            *flags[i].value = optarg;
            continue;
        }
        if (o != 0)
            return CLI_USAGE;
        if (index == 0)
            c->data_dir = optarg;
        else if (flags[index - 2].set != NULL)
            *flags[index - 2].set = true;
        else
            *flags[index - 2].value = optarg;
    }
    return CLI_DONE;
}
