/* The names of the record's actions, and what they mean. */
#include <assert.h>

#include "audit/audit.h"

const char *audit_action_name(enum audit_action action)
{
    static const char *const names[] = {
#define AUDIT_ACTION(symbol, name, what) [AUDIT_##symbol] = (name),
#include "audit/actions.inc"
#undef AUDIT_ACTION
    };

    assert((size_t)action < sizeof names / sizeof names[0]);
    return names[action];
}

const char *audit_action_what(enum audit_action action)
{
    static const char *const what_it_means[] = {
#define AUDIT_ACTION(symbol, name, what) [AUDIT_##symbol] = (what),
#include "audit/actions.inc"
#undef AUDIT_ACTION
    };

    assert((size_t)action < sizeof what_it_means / sizeof what_it_means[0]);
    return what_it_means[action];
}
