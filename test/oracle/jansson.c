/* Jansson as a judge, loaded at run time: its functions bear the names of our writer's. */
#include <assert.h>
#include <dlfcn.h>
#include <jansson.h>
#include <string.h>

#include "oracle.h"

/* Integers as reals: what overflows then is reported as such, and nothing smaller is refused. */
#define FLAGS (JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL)

typedef json_t *load_function(const char *, size_t, size_t, json_error_t *);
typedef int equal_function(const json_t *, const json_t *);
typedef void delete_function(json_t *);

static load_function *load;
static equal_function *equal;
static delete_function *release;

static void find(void *library, const char *name, void *function)
{
    void *found = dlsym(library, name);

    assert(found != NULL);
    memcpy(function, &found, sizeof found);
}

static void open_library(void)
{
    if (load != NULL)
        return;
    void *library = dlopen("libjansson.so.4", RTLD_NOW | RTLD_LOCAL);
    assert(library != NULL);
    find(library, "json_loadb", &load);
    find(library, "json_equal", &equal);
    find(library, "json_delete", &release);
}

/* jansson.h's own json_decref calls json_delete by name, which must not be linked. */
static void drop(json_t *j)
{
    if (j != NULL && j->refcount != (size_t)-1 && --j->refcount == 0)
        release(j);
}

enum oracle_answer oracle_jansson(const void *text, size_t size)
{
    json_error_t error;

    open_library();
    json_t *j = load(text, size, FLAGS, &error);
    if (j == NULL)
        return json_error_code(&error) == json_error_numeric_overflow ? ORACLE_OVERFLOW
                                                                      : ORACLE_REFUSED;
    drop(j);
    return ORACLE_TAKEN;
}

bool oracle_jansson_equal(const void *a, size_t a_size, const void *b, size_t b_size)
{
    json_error_t error;

    open_library();
    json_t *x = load(a, a_size, FLAGS, &error), *y = load(b, b_size, FLAGS, &error);
    assert(x != NULL);
    bool same = y != NULL && equal(x, y) == 1;
    drop(x);
    drop(y);
    return same;
}
