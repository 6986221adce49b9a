/* The library's version, as meson.build has it. */
#include "assay/assay.h"

const char *assay_version(void)
{
    return ASSAY_VERSION;
}
