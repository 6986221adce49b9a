/* What assay doctor has found, and who looks for it. */
#ifndef CLI_DOCTOR_H
#define CLI_DOCTOR_H

#include "base/buf.h"
#include "base/mem.h"
#include "flow/flow.h"

enum doctor_grade { DOCTOR_GOOD, DOCTOR_WEAK, DOCTOR_BAD };

struct doctor_finding {
    enum doctor_grade grade;
    const char *point, *text; /* text lives in the arena and says what to do unless it is good */
    struct doctor_finding *next;
};

struct doctor {
    struct world *world;
    struct arena *arena;
    struct doctor_finding *first, **last;
    enum doctor_grade worst;
};

void doctor_say(struct doctor *d, enum doctor_grade grade, const char *point, const char *format,
                ...) __attribute__((format(printf, 4, 5)));

/* Swap, core dumps, clock, open ports: the machine, whatever workspace it serves. */
void doctor_machine(struct doctor *d);

#endif
