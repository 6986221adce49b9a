/* assay-verify: assay verify for recipients, who have nothing else of assay. */
#include "cli/cli.h"

int main(int argc, char **argv)
{
    struct cli c = {0};

    return cli_flush(cli_verify(&c, argc, argv));
}
