/* The set of the demo: which files it has, what each shows, and which grade fits it. */
#ifndef MEDIA_SET_H
#define MEDIA_SET_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "media/files.h"

/*
 * A set is made of families: a picture, and what was made of it (the same bytes under another name,
 * saved again, smaller, cut off ...). Families follow from seed and number alone, so that a set can
 * be made in slices by several processes, and is the same files whenever it is made.
 */
#define SET_FAMILY_MAX 4
#define SET_BATCHES    5
#define SET_COUNT_MAX  100000

enum set_change {
    SET_ORIGINAL,
    SET_COPY,         /* the same bytes */
    SET_SAVED_AGAIN,  /* at a lower quality */
    SET_SMALLER,      /* to two thirds */
    SET_CROPPED,      /* 2 % taken off each side */
    SET_BRIGHTER,     /* by a tenth */
    SET_CUT,          /* the first 60 % of the bytes */
    SET_TRAILING,     /* with bytes behind the end */
    SET_WRONG_ENDING, /* named as another type */
    SET_HIDES,        /* with a second picture that not every viewer shows */
    SET_EMPTY,        /* no bytes */
    SET_OTHER         /* not a picture at all */
};

struct set_file {
    char path[64];   /* "batch-1/IMG_0042.jpg", relative to the set's folder */
    unsigned family; /* which picture */
    uint64_t seed;   /* of its landscape */
    uint32_t width, height;
    unsigned format; /* which writer */
    enum set_change change;
    const char *code; /* the grade that fits, by training-landscapes; NULL: nothing to grade */
    char tags[160];   /* "group:value", one space between two */
};

/* The files of a family into out; returns how many (1 .. SET_FAMILY_MAX). */
size_t set_family(uint64_t seed, unsigned family, struct set_file out[SET_FAMILY_MAX]);

/* The grade that a source gave to it: mostly the one that fits; NULL: the source said nothing. */
const char *set_vote(uint64_t seed, const struct set_file *f);

/* The bytes of a file appended to out (FILES_BYTES_MAX); drawn is the landscape of its seed in its
 * width and height. */
void set_bytes(const struct set_file *f, const struct files_picture *drawn, struct buf *out);

#endif
