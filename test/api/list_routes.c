/* Prints every compiled route, for the comparison with api/openapi.yaml. */
#include <stdio.h>

#include "http/routes.h"

int main(void)
{
    struct buf b;

    buf_init(&b, 1 << 20);
    routes_list(&b);
    fputs(buf_cstr(&b), stdout);
    buf_clear(&b);
    return 0;
}
