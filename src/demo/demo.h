/* The demo: people, pictures and some days' work for a training workspace, made by a script. */
#ifndef DEMO_DEMO_H
#define DEMO_DEMO_H

#include <stdint.h>

#include "flow/flow.h"

/*
 * Nothing here pretends. The script signs in as the people by the links of training workspaces,
 * from a workstation called "assay demo", which stands in every entry of the record that it causes;
 * their authorisations say the same, and an entry demo.acted stands before and after. It does what
 * a person's console does and nothing else: takes leases, opens the pictures by their tickets,
 * holds them for as long as it says, and decides. What it decides it knows from the generator.
 */
#define DEMO_BATCHES 5

/* One person a role, named like it, and a second assessor and quality reader; those who see media
 * are authorised for a year. ESTATE: not a training workspace. */
enum assay_err demo_people(struct world *w, struct err *e);
/* The names of people who are not named like a role; NULL after the last. */
const char *demo_extra_person(unsigned index);

/* Have assay-make-media write a set into folder: batch-1 .. batch-5 with pictures, batch-N.csv
 * beside them, grades.csv. progress (may be NULL): so many of a hundred parts are done. ENOTFOUND:
 * the program is missing; EIO with its words. */
enum assay_err demo_make_set(const char *folder, int64_t count, int64_t seed, unsigned threads,
                             void (*progress)(unsigned done), struct err *e);

/* Batch 1 .. DEMO_BATCHES as a sender would announce it; now_ms: today. Texts are static. */
struct batch_new;
void demo_batch(unsigned number, int64_t now_ms, struct batch_new *out);

/*
 * What the people did. First, when batches 1 to 3 wait: guidance, two shifts, quality of the first,
 * disagreements, an approved release. Then, when all wait: a correction, the shift of today,
 * another release. grades: the path of grades.csv. A small set makes short shifts.
 */
enum assay_err demo_first_days(struct world *w, const char *grades, struct err *e);
enum assay_err demo_today(struct world *w, const char *grades, struct err *e);

#endif
