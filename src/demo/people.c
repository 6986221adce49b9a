/* The people of the demo. */
#include "base/clock.h"
#include "demo/demo.h"

#define YEAR_MS (365LL * 24 * 60 * 60 * 1000)

static const struct extra {
    const char *name, *label;
    uint32_t roles;
} extras[] = {
    {"assessor2", "second assessor", PEOPLE_ASSESSOR},
    {"quality2", "second quality reader", PEOPLE_QUALITY},
};

#define EXTRAS (sizeof extras / sizeof extras[0])

const char *demo_extra_person(unsigned index)
{
    return index < EXTRAS ? extras[index].name : NULL;
}

static enum assay_err add(struct world *w, const struct people_new *in, struct err *e)
{
    struct caller nobody = {0};
    int64_t now = clock_now_ms(), id;
    enum assay_err rc = people_add(w->store, w->keys, people_operator(), in, &id, e);

    if (rc != ASSAY_OK || (in->roles & PEOPLE_SEES_MEDIA) == 0)
        return rc;
    struct authorisation_new a = {.staff_id = id,
                                  .authorised_by = "assay demo",
                                  .purpose = "training with generated pictures",
                                  .reference = "",
                                  .from_ms = now,
                                  .to_ms = now + YEAR_MS};
    return people_authorise(w->store, w->keys, &nobody, &a, &id, e);
}

enum assay_err demo_people(struct world *w, struct err *e)
{
    enum assay_err rc = ASSAY_OK;

    if (!w->training)
        return err_set(e, ASSAY_ESTATE, "the demo's people are for training workspaces only");
    for (unsigned i = 0; rc == ASSAY_OK && i < PEOPLE_ROLE_COUNT; i++) {
        const char *name = people_role_name(i);
        struct people_new in = {.name = name, .label = name, .roles = 1u << i};
        rc = add(w, &in, e);
    }
    for (unsigned i = 0; rc == ASSAY_OK && i < EXTRAS; i++) {
        struct people_new in = {
            .name = extras[i].name, .label = extras[i].label, .roles = extras[i].roles};
        rc = add(w, &in, e);
    }
    return rc;
}
