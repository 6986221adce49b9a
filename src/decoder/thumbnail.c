/* Compares a thumbnail with its picture, with and without the borders that cameras add. */
#include "decoder/thumbnail.h"

static bool near_one(const struct assay_pdq *hash, const struct wire_picture *p)
{
    return assay_pdq_distance(hash, &p->pdq) <= FACETS_OTHER_BITS ||
           (p->has_pdq_oriented && assay_pdq_distance(hash, &p->pdq_oriented) <= FACETS_OTHER_BITS);
}

/* Whole and without its borders, against the stored and the turned picture: near one is near
 * enough. A hash of a plain picture means nothing, so two plain ones do not differ. */
static bool shows_another(const struct sink *t, const struct assay_pdq *whole,
                          const struct wire_picture *p)
{
    struct assay_pdq inner;
    struct assay_pdq_box b;

    if (whole->quality < ASSAY_PDQ_MATCH_QUALITY && p->pdq.quality < ASSAY_PDQ_MATCH_QUALITY)
        return false;
    if (assay_pdq_unborder_rgb(t->whole, t->width, t->height, (size_t)3 * t->width, &b) !=
            ASSAY_OK ||
        sink_hash_part(t, &b, 0, &inner) != ASSAY_OK)
        inner = *whole;
    return !near_one(whole, p) && !near_one(&inner, p);
}

/* The thumbnail as a facet, unless it is one of the pictures that are there already. */
static enum facets_verdict take_facet(const struct sink *t, struct sink *s)
{
    const struct wire_size size = {t->width, t->height};
    const struct facet_name name = {DECODE_FACET_THUMBNAIL, 0, 1};
    enum facets_verdict verdict = FACETS_NOT_KEPT;
    struct look l = {0};

    if (!facets_room(s->facets, size))
        return FACETS_NOT_KEPT;
    if (look_begin(&l, size) == WIRE_GOOD &&
        look_rows(&l, t->whole, (size_t)3 * t->width, t->height) == WIRE_GOOD)
        verdict = facets_take(s->facets, &l, name);
    else
        s->made.flags |= DECODE_FRAMES_UNSEEN;
    look_free(&l);
    return verdict;
}

enum facets_verdict thumbnail_take(const struct sink *t, struct sink *s)
{
    const struct assay_pdq_box all = {0, 0, t->width, t->height};
    struct assay_pdq hash;

    if (!s->made.has_pdq || sink_hash_part(t, &all, s->wants, &hash) != ASSAY_OK ||
        !shows_another(t, &hash, &s->made))
        return FACETS_KNOWN;
    s->made.flags |= DECODE_THUMBNAIL_DIFFERS;
    if (s->use == SINK_PICTURE)
        return take_facet(t, s);
    s->chances->has_thumbnail = true;
    s->chances->thumbnail = hash;
    return FACETS_KEPT;
}
