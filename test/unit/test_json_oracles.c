/* JSON beside jansson and yajl: some 20,000 damaged documents, each judged by all three alike. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdint.h>
#include <string.h>

#include "oracle.h"

#define SIZE_LIMIT 512

static const char *const seeds[] = {
    "{\"a\":[1,-2.5e+3,0,true,false,null],\"b\":{\"c\":\"d\"}}",
    "[\"\\u00e9\\ud83c\\udf32\\n\\\"\\\\\\/\", \"gr\xc3\xbc\xc3\x9f \xf0\x9f\x8c\xb2\"]",
    " {\n\t\"x\" : [ ] , \"y\" : { } , \"x\":\"twice\"\r\n}",
    "[[[[{\"k\":[[]]}]]],12345678901234567890,1e400,0.1]",
    "\"text\"",
    "-0.0",
};
static const char letters[] =
    "{}[]:,;=\"\\/u0123456789abcdefDdtrnlse+-.E \n\t\x01\x7f\x80\xc3\xed\xff";

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

static size_t damage(char *text, size_t size, uint32_t *random)
{
    uint32_t what = next_random(random) % 3;
    size_t at = next_random(random) % (size + 1);
    char letter = letters[next_random(random) % (sizeof letters - 1)];

    if (what == 0 && at < size) {
        text[at] = letter;
    } else if (what == 1 && at < size) {
        memmove(text + at, text + at + 1, size - at - 1);
        size--;
    } else if (size < SIZE_LIMIT) {
        memmove(text + at + 1, text + at, size - at);
        text[at] = letter;
        size++;
    }
    return size;
}

static void damaged_documents_are_judged_as_jansson_and_yajl_judge_them(void **state)
{
    uint32_t random = 20261122;

    (void)state;
    for (int round = 0; round < 20000; round++) {
        const char *seed = seeds[next_random(&random) % (sizeof seeds / sizeof seeds[0])];
        char text[SIZE_LIMIT];
        size_t size = strlen(seed);
        memcpy(text, seed, size);
        for (uint32_t n = next_random(&random) % 4; n > 0; n--)
            size = damage(text, size, &random);
        oracle_compare(text, size);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(damaged_documents_are_judged_as_jansson_and_yajl_judge_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
