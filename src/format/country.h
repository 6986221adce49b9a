/* Country codes: ISO 3166-1 alpha-2. Pure. */
#ifndef FORMAT_COUNTRY_H
#define FORMAT_COUNTRY_H

#include <stdbool.h>

/* Whether the text is one of the 249 codes assigned, two capital letters. */
bool country_is_code(const char *text);

#endif
