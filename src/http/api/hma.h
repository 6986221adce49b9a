/* What the routes in the form of HMA share. */
#ifndef HTTP_API_HMA_H
#define HTTP_API_HMA_H

#include "store/client.h"

#define HMA_BANK_SIZE CLIENT_NAME_SIZE

/* A list's name as a bank's: capitals and digits, '_' for all else. */
void hma_bank_name(const char *list, char out[HMA_BANK_SIZE]);

#endif
