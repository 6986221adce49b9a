/* assay-unpack: an archive's bytes in, its entries out, over one socket, inside the sandbox. */
#include "decoder/unpack.h"

int main(int argc, char **argv)
{
    unpack_main(argc, argv);
}
