/* Fuzzes the scheme reader: what is taken can be used, and every code of it checked and compared.
 */
#include <assert.h>
#include <string.h>

#include "fuzz.h"
#include "scheme/scheme.h"

static void use(const struct scheme *s)
{
    const char *tags[2] = {"season:summer", "flags:snow"};

    assert(s->code_count > 0);
    for (size_t i = 0; i < s->code_count; i++) {
        const char *code = s->codes[i].code;
        assert(scheme_find_code(s, code) == &s->codes[i]);
        for (size_t k = 0; k < s->code_count; k++)
            assert((scheme_compare(s, code, s->codes[k].code) == SCHEME_SAME) == (i == k));
        (void)!scheme_check_decision(s, code, tags, 2, SCHEME_CHECK_COMPLETE, NULL);
        enum assay_err rc = scheme_check_decision(s, code, NULL, 0, SCHEME_CHECK_COMPLETE, NULL);
        assert((rc == ASSAY_OK) == (s->codes[i].required_groups[0] == NULL));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new();
    struct scheme *s = NULL;
    struct err e = {0};
    enum assay_err rc = scheme_parse(a, data, size, &s, &e);

    assert((rc == ASSAY_OK) == (s != NULL));
    assert((rc == ASSAY_OK) == (e.text[0] == '\0'));
    if (rc == ASSAY_OK)
        use(s);
    arena_free(a);
    return 0;
}
