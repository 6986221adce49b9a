/* One person of the demo at work: what a console does when keys are pressed, done by a script. */
#ifndef DEMO_HAND_H
#define DEMO_HAND_H

#include "base/json.h"
#include "demo/grades.h"
#include "flow/queue/queue.h"

#define HAND_WORKSTATION "assay demo"
#define HAND_HOLD_MS     600 /* a sharp picture is really held open for this long */
#define HAND_HELD_MAX    16

struct hand {
    struct world *world;
    const struct grades *grades;
    struct caller caller;
    struct arena *arena;
    struct buf answer; /* of the newest call */
};

/* Sign in as this person, by a link. */
enum assay_err hand_open(struct world *w, const struct grades *g, const char *name,
                         struct hand *out, struct err *e);
/* Sign out. */
void hand_close(struct hand *h);

/* The newest answer as JSON; borrowed from the hand. */
enum assay_err hand_answer(struct hand *h, const struct json **out, struct err *e);

struct hand_held {
    uint8_t lease[QUEUE_TOKEN_BYTES];
    int64_t task_id;
    struct grade fits;         /* what the generator says; cannot-assess where it says nothing */
    const char *cover, *sharp; /* tickets; NULL: there is no such picture */
};
/* Take up to max (at most HAND_HELD_MAX) tasks of a queue; fewer where fewer wait. */
enum assay_err hand_take(struct hand *h, enum queue_name queue, size_t max, struct hand_held *out,
                         size_t *count, struct err *e);
/* Open their covers and sharp pictures, hold them, and cover them again. */
enum assay_err hand_look(struct hand *h, const struct hand_held *held, size_t count, struct err *e);

/* Another grade than the one that fits, which somebody could give in good faith. */
struct grade hand_other(const struct grade *fits);

enum assay_err hand_decide(struct hand *h, const struct hand_held *held, const struct grade *g,
                           const char *note, struct err *e);
/* A reading; the reason is NULL but for third ones. */
enum assay_err hand_read(struct hand *h, const struct hand_held *held, const struct grade *g,
                         const char *reason, struct err *e);

#endif
