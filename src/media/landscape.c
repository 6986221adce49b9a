/* Skies, mountains, woods, waters, towns out of noise, each pixel by itself. */
#include "media/landscape.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/mem.h"

#define RIDGES_MAX 7
#define HOUSE_ROWS 4

struct rgb {
    float r, g, b; /* 0..1 */
};

static const struct palette {
    const char *name;
    struct rgb top, middle, low, light, rock; /* sky from above to the horizon; sun or moon; rock */
    float brightness;                         /* of what the light falls on */
} palettes[LANDSCAPE_MOODS] = {
    [LANDSCAPE_DAWN] = {"pale dawn",
                        {.33f, .45f, .68f},
                        {.75f, .68f, .74f},
                        {.98f, .80f, .66f},
                        {1, .90f, .72f},
                        {.40f, .38f, .44f},
                        .85f},
    [LANDSCAPE_NOON] = {"clear noon",
                        {.14f, .38f, .74f},
                        {.42f, .65f, .90f},
                        {.80f, .90f, .97f},
                        {1, .99f, .92f},
                        {.42f, .42f, .42f},
                        1.0f},
    [LANDSCAPE_GOLDEN] = {"golden evening",
                          {.25f, .35f, .60f},
                          {.85f, .62f, .45f},
                          {1, .78f, .42f},
                          {1, .86f, .52f},
                          {.46f, .36f, .30f},
                          .9f},
    [LANDSCAPE_DUSK] = {"violet dusk",
                        {.13f, .12f, .30f},
                        {.48f, .28f, .48f},
                        {.93f, .50f, .42f},
                        {1, .66f, .48f},
                        {.30f, .24f, .34f},
                        .6f},
    [LANDSCAPE_NIGHT] = {"moonlit night",
                         {.02f, .03f, .09f},
                         {.05f, .08f, .18f},
                         {.13f, .18f, .30f},
                         {.92f, .94f, 1},
                         {.12f, .14f, .20f},
                         .35f},
    [LANDSCAPE_OVERCAST] = {"grey weather",
                            {.55f, .60f, .66f},
                            {.68f, .72f, .76f},
                            {.82f, .84f, .85f},
                            {.9f, .9f, .9f},
                            {.36f, .39f, .40f},
                            .75f},
};

static const struct soil {
    const char *name;
    struct rgb near, far;
} soils[LANDSCAPE_KINDS] = {
    [LANDSCAPE_LAKE] = {"lake", {0, 0, 0}, {0, 0, 0}},
    [LANDSCAPE_SHORE] = {"shore", {.76f, .64f, .46f}, {.60f, .52f, .40f}},
    [LANDSCAPE_MEADOW] = {"meadow", {.20f, .38f, .10f}, {.52f, .62f, .26f}},
    [LANDSCAPE_DUNES] = {"dunes", {.72f, .50f, .28f}, {.92f, .76f, .50f}},
    [LANDSCAPE_SNOW] = {"snow", {.78f, .84f, .92f}, {.95f, .97f, 1}},
    [LANDSCAPE_TOWN] = {"town", {.34f, .35f, .30f}, {.44f, .47f, .34f}},
    [LANDSCAPE_WOOD] = {"wood", {.10f, .15f, .06f}, {.22f, .26f, .12f}},
    [LANDSCAPE_CLOUDS] = {"clouds", {0, 0, 0}, {0, 0, 0}},
};

struct ridge {
    float base, rise, roughness; /* where its foot is, how high it goes, how jagged it is */
    uint32_t salt;
    struct rgb colour;
    float haze, snow; /* 0 clear .. 1 lost in the air; height above which snow lies, as a share */
    float trees;      /* height of its conifers, 0 none */
};

struct scene {
    const struct palette *p;
    enum landscape_mood mood;
    enum landscape_kind ground;
    bool drawn; /* as with a broad brush: few tones, no grain */
    uint32_t salt, width, height;
    float horizon, light_u, light_v, light_size, clouds, cloud_size;
    struct ridge ridges[RIDGES_MAX];
    uint32_t ridge_count;
    float *lines; /* ridge_count rows of width: where each ridge's skyline is */
};

static uint32_t mix32(uint32_t x)
{
    x ^= x >> 16;
    x *= 0x7feb352du;
    x ^= x >> 15;
    x *= 0x846ca68bu;
    return x ^ x >> 16;
}

static float hash2(int32_t x, int32_t y, uint32_t salt)
{
    return (float)(mix32((uint32_t)x * 0x9e3779b1u ^ mix32((uint32_t)y + salt)) >> 8) / 16777216.0f;
}

/* One number of the scene, from low to high. */
static float pick(uint32_t salt, uint32_t which, float low, float high)
{
    return low + (high - low) * hash2((int32_t)which, 77, salt);
}

static struct rgb blend(struct rgb a, struct rgb b, float t)
{
    t = t < 0 ? 0 : t > 1 ? 1 : t;
    return (struct rgb){a.r + (b.r - a.r) * t, a.g + (b.g - a.g) * t, a.b + (b.b - a.b) * t};
}

static struct rgb scaled(struct rgb c, float k)
{
    return (struct rgb){c.r * k, c.g * k, c.b * k};
}

static float smooth(float low, float high, float x)
{
    float t = (x - low) / (high - low);

    t = t < 0 ? 0 : t > 1 ? 1 : t;
    return t * t * (3 - 2 * t);
}

/* Smooth noise 0..1 of about one bump a unit. */
static float noise(float x, float y, uint32_t salt)
{
    const float fx = floorf(x), fy = floorf(y);
    const int32_t ix = (int32_t)fx, iy = (int32_t)fy;
    const float tx = smooth(0, 1, x - fx), ty = smooth(0, 1, y - fy);
    const float above = hash2(ix, iy, salt) * (1 - tx) + hash2(ix + 1, iy, salt) * tx;
    const float below = hash2(ix, iy + 1, salt) * (1 - tx) + hash2(ix + 1, iy + 1, salt) * tx;

    return above * (1 - ty) + below * ty;
}

static float octaves(float x, float y, uint32_t salt, int count)
{
    float sum = 0, weight = .5f, all = 0;

    for (int i = 0; i < count; i++) {
        sum += weight * noise(x, y, salt + (uint32_t)i);
        all += weight;
        weight *= .5f;
        x *= 2.03f;
        y *= 2.03f;
    }
    return sum / all;
}

static float skyline(const struct ridge *r, float u)
{
    const float broad = octaves(u * 1.1f, 0, r->salt, 3);
    const float sharp = 1 - fabsf(2 * octaves(u * 2.6f, 3, r->salt + 50, 6) - 1);
    const float up = broad * (1 - r->roughness) + sharp * sharp * r->roughness;

    return r->base - r->rise * up;
}

static bool is_autumn(uint32_t salt)
{
    return pick(salt, 22, 0, 1) < .25f;
}

static struct rgb forest_colour(uint32_t salt)
{
    return blend((struct rgb){.07f, .16f, .09f}, (struct rgb){.38f, .22f, .06f},
                 is_autumn(salt) ? .7f : .1f);
}

static bool is_high(uint32_t salt)
{
    return pick(salt, 20, 0, 1) < .7f;
}

static void add_ridges(struct scene *s)
{
    const bool high = is_high(s->salt);
    const uint32_t count = 2 + (uint32_t)(pick(s->salt, 21, 0, 3.99f));
    const struct rgb forest = forest_colour(s->salt);

    s->ridge_count = count;
    for (uint32_t i = 0; i < count; i++) {
        const float near = count == 1 ? 1 : (float)i / (float)(count - 1);
        const bool wooded = near > .6f && s->ground != LANDSCAPE_DUNES;
        struct ridge *r = &s->ridges[i];

        *r = (struct ridge){.salt = s->salt + 1000 * (i + 1), .haze = .75f * (1 - near)};
        r->base = s->horizon + .01f * near;
        r->rise = (high ? .62f : .36f) * (1 - .72f * near) * pick(r->salt, 1, .8f, 1.15f);
        r->roughness = wooded                         ? .15f
                       : s->ground == LANDSCAPE_DUNES ? .12f
                                                      : pick(r->salt, 2, .45f, .8f);
        r->colour = wooded                         ? forest
                    : s->ground == LANDSCAPE_DUNES ? soils[LANDSCAPE_DUNES].near
                                                   : s->p->rock;
        r->snow = high && !wooded && s->ground != LANDSCAPE_DUNES ? pick(r->salt, 3, .35f, .6f) : 2;
        r->trees = wooded ? pick(r->salt, 4, .02f, .05f) * (.5f + near) : 0;
    }
}

/* Near trees, taller than the picture's hills, in two rows. */
static void add_wood(struct scene *s)
{
    for (uint32_t i = 0; i < 2; i++) {
        struct ridge *r = &s->ridges[s->ridge_count++];

        *r = (struct ridge){.base = .78f + .16f * (float)i,
                            .rise = .10f,
                            .roughness = .1f,
                            .salt = s->salt + 9000 * (i + 1),
                            .colour = forest_colour(s->salt),
                            .haze = i == 0 ? .22f : 0,
                            .snow = 2};
        r->trees = pick(r->salt, 4, .16f, .24f) * (1 + .5f * (float)i);
    }
    s->horizon = .94f;
}

static void make_scene(uint64_t seed, uint32_t width, uint32_t height, struct scene *s)
{
    /* How often each comes; waters are the prettiest. */
    static const enum landscape_kind kinds[] = {
        LANDSCAPE_LAKE,   LANDSCAPE_LAKE,  LANDSCAPE_SHORE, LANDSCAPE_SHORE,
        LANDSCAPE_MEADOW, LANDSCAPE_DUNES, LANDSCAPE_SNOW,  LANDSCAPE_TOWN,
        LANDSCAPE_TOWN,   LANDSCAPE_WOOD,  LANDSCAPE_WOOD,  LANDSCAPE_CLOUDS};
    const uint32_t salt = mix32((uint32_t)seed ^ mix32((uint32_t)(seed >> 32) + 0x51ed27u));

    *s = (struct scene){.salt = salt, .width = width, .height = height};
    s->mood = (enum landscape_mood)(uint32_t)pick(salt, 1, 0, LANDSCAPE_MOODS - .001f);
    s->ground = kinds[(uint32_t)pick(salt, 2, 0, sizeof kinds / sizeof kinds[0] - .001f)];
    s->drawn = pick(salt, 9, 0, 1) < .07f;
    s->p = &palettes[s->mood];
    s->horizon = pick(salt, 3, .52f, .70f);
    s->light_u = pick(salt, 4, .12f, .88f) * (float)width / (float)height;
    s->light_v = s->mood == LANDSCAPE_NOON || s->mood == LANDSCAPE_NIGHT
                     ? pick(salt, 5, .08f, .22f)
                     : s->horizon - pick(salt, 5, .12f, .30f);
    s->light_size = s->mood == LANDSCAPE_NIGHT ? .035f : .028f;
    s->clouds = s->mood == LANDSCAPE_OVERCAST ? .75f : pick(salt, 6, .1f, .6f);
    s->cloud_size = pick(salt, 7, 1.2f, 2.6f);
    if (s->ground == LANDSCAPE_CLOUDS) {
        s->horizon = 1.4f;
        s->clouds = pick(salt, 6, .35f, .8f);
        return;
    }
    add_ridges(s);
    if (s->ground == LANDSCAPE_WOOD)
        add_wood(s);
}

static struct rgb sky(const struct scene *s, float u, float v)
{
    const float t = v / s->horizon;
    const float du = u - s->light_u, dv = v - s->light_v, far = sqrtf(du * du + dv * dv);
    const float thick = octaves(u * s->cloud_size + 9, v * s->cloud_size * 3.2f, s->salt + 7, 5);
    const float cloud = smooth(.72f - .4f * s->clouds, .92f - .35f * s->clouds, thick);
    struct rgb c = t < .5f ? blend(s->p->top, s->p->middle, smooth(0, .5f, t))
                           : blend(s->p->middle, s->p->low, smooth(.5f, 1, t));

    if (s->mood == LANDSCAPE_NIGHT) {
        const int32_t x = (int32_t)floorf(u * 160), y = (int32_t)floorf(v * 160);
        const float du_star = u * 160 - (float)x - .5f, dv_star = v * 160 - (float)y - .5f;
        const float star = hash2(x, y, s->salt + 3) > .965f ? hash2(y, x, s->salt) : 0;

        c = blend(c, (struct rgb){1, 1, .95f},
                  star * (1 - smooth(.05f, .3f, sqrtf(du_star * du_star + dv_star * dv_star))));
    }
    if (s->mood != LANDSCAPE_OVERCAST) {
        const float glow = .55f * expf(-far * 5) + .35f * expf(-far * 18);

        c = blend(c, s->p->light, s->mood == LANDSCAPE_NIGHT ? glow * .35f : glow);
        c = blend(c, s->p->light, 1 - smooth(s->light_size * .92f, s->light_size, far));
    }
    const struct rgb lit = blend(scaled(s->p->low, s->mood == LANDSCAPE_NIGHT ? .9f : 1.06f),
                                 s->p->light, .45f * expf(-far * 2.5f));
    return blend(c, blend(lit, s->p->top, .25f * smooth(.5f, .9f, thick)), cloud * .85f);
}

/* True where a conifer of this ridge covers the point; trees stand in cells along the skyline. */
static bool in_tree(const struct ridge *r, const struct scene *s, float u, float v, float line)
{
    const float cell = r->trees * .42f;
    const int32_t at = (int32_t)floorf(u / cell);

    (void)s;
    if (v < line - 1.4f * r->trees || v > line + r->trees)
        return false;
    for (int32_t i = at - 1; i <= at + 1; i++) {
        const float middle = ((float)i + .2f + .6f * hash2(i, 1, r->salt)) * cell;
        const float tall = r->trees * (.6f + .8f * hash2(i, 2, r->salt));
        const float below_top = v - (line - tall);
        const float step = fmodf(below_top, tall * .22f) * .35f; /* boughs */

        if (below_top > 0 && fabsf(u - middle) < below_top * .20f + step)
            return true;
    }
    return false;
}

static struct rgb rock(const struct ridge *r, const struct scene *s, float u, float v, float line)
{
    const float grain = octaves(u * 9, v * 14, r->salt + 9, 5);
    const float slope = octaves(u * 9 + .12f, v * 14 + .06f, r->salt + 9, 5) - grain;
    const float side = 2 * smooth(-.3f, .3f, s->light_u - u) - 1; /* which side is lit */
    const float light = s->p->brightness * (.75f + 3.2f * slope * side + .35f * (grain - .5f));
    const float height = (r->base - v) / r->rise;
    struct rgb c = scaled(r->colour, light < .25f ? .25f : light);

    if (height + .25f * (grain - .5f) > r->snow)
        c = blend(c, scaled((struct rgb){.95f, .97f, 1}, .45f + .55f * light),
                  smooth(0, .1f, height + .25f * (grain - .5f) - r->snow));
    c = blend(c, s->p->low, r->haze + .25f * smooth(line, r->base, v) * (.3f + r->haze));
    return c;
}

static struct rgb above(const struct scene *s, float u, float v)
{
    const float x = u * (float)s->height;
    const uint32_t column = x <= 0 ? 0 : x >= (float)s->width - 1 ? s->width - 1 : (uint32_t)x;

    for (uint32_t i = s->ridge_count; i-- > 0;) {
        const struct ridge *r = &s->ridges[i];
        const float line = s->lines[(size_t)i * s->width + column];

        if (r->trees > 0 && in_tree(r, s, u, v, line))
            return blend(
                scaled(r->colour, s->p->brightness * (.55f + .5f * noise(u * 90, v * 90, 5))),
                s->p->low, r->haze);
        if (v >= line)
            return rock(r, s, u, v, line);
    }
    return sky(s, u, v);
}

/* What the land shows upside down, shaken by waves that grow towards us. */
static struct rgb water(const struct scene *s, float u, float v)
{
    const float depth = (v - s->horizon) / (1 - s->horizon);
    const float wave = octaves(u * 5 / (.25f + depth), 30 / (.08f + depth), s->salt + 33, 3) - .5f;
    const float mirrored = s->horizon - (v - s->horizon) * .85f + wave * .06f * (.2f + depth);
    const struct rgb seen = above(s, u + wave * .03f * (.2f + depth),
                                  mirrored < 0            ? 0
                                  : mirrored > s->horizon ? s->horizon
                                                          : mirrored);
    const struct rgb deep = blend(scaled(s->p->top, .45f), (struct rgb){.02f, .10f, .13f}, .5f);
    const float spark = smooth(.20f, .32f, wave) * expf(-6 * fabsf(u - s->light_u));

    return blend(blend(seen, deep, .18f + .40f * depth), s->p->light,
                 s->mood == LANDSCAPE_OVERCAST ? 0 : spark * .8f);
}

static struct rgb land(const struct scene *s, float u, float v)
{
    const float depth = (v - s->horizon) / (1 - s->horizon);
    const float away = 1 / (.06f + depth);
    const float side = u - .5f * (float)s->width / (float)s->height;
    const float broad = octaves(side * away * .9f, away * 1.6f, s->salt + 41, 4);
    const float fine =
        octaves(side * away * (s->ground == LANDSCAPE_MEADOW ? 26 : 6), away * 22, s->salt + 42, 3);
    const float light = s->p->brightness * (.72f + .5f * broad + .30f * (fine - .5f));
    struct rgb c =
        scaled(blend(soils[s->ground].far, soils[s->ground].near, smooth(0, .9f, depth)), light);

    if (s->ground == LANDSCAPE_DUNES)
        c = scaled(c, .9f + .16f * sinf(away * 7 + 16 * broad + side * 3));
    if (s->ground == LANDSCAPE_MEADOW) {
        const float fx = side * away * 24, fy = away * 26;
        const int32_t x = (int32_t)floorf(fx), y = (int32_t)floorf(fy);
        const float bloom = hash2(x, y, s->salt + 43);
        const float dx = fx - (float)x - .5f, dy = fy - (float)y - .5f;
        const struct rgb flower = bloom > .985f   ? (struct rgb){.95f, .85f, .2f}
                                  : bloom > .972f ? (struct rgb){.9f, .35f, .4f}
                                                  : (struct rgb){.95f, .95f, .98f};
        if (bloom > .95f)
            c = blend(c, scaled(flower, s->p->brightness),
                      1 - smooth(.01f, .12f, dx * dx + dy * dy));
    }
    return blend(c, s->p->low, .45f * (1 - smooth(0, .25f, depth)));
}

/* Sand in front of the sea, wet where the last wave was, foam on the edge. */
static struct rgb shore(const struct scene *s, float u, float v)
{
    const float edge =
        s->horizon + (1 - s->horizon) * (.35f + .5f * octaves(u * .8f, 5, s->salt, 4));
    const float foam = smooth(.012f, 0, fabsf(v - edge + .02f * (noise(u * 40, 9, s->salt) - .5f)));
    const struct rgb wave = {.93f * s->p->brightness, .95f * s->p->brightness,
                             .96f * s->p->brightness};
    struct rgb c = v < edge ? water(s, u, v) : land(s, u, v);

    if (v >= edge)
        c = scaled(c, .72f + .28f * smooth(0, .10f, v - edge));
    return blend(c, wave, foam * .9f);
}

/* What a house of a row shows at a point of it: x from 0 to 1 across, up in heights of a storey. */
static struct rgb wall(const struct scene *s, int32_t house, uint32_t salt, float x, float up)
{
    const float tint = hash2(house, 3, salt);
    const struct rgb stone =
        blend((struct rgb){.78f, .72f, .62f}, (struct rgb){.60f, .34f, .26f}, tint * tint);
    const float light = s->p->brightness * (x < .3f ? 1.05f : .82f) *
                        (.9f + .2f * noise(x * 30, up * 9, salt + (uint32_t)house));
    const int32_t column = (int32_t)(x * 4), storey = (int32_t)up;
    const float wx = x * 4 - (float)column, wy = up - (float)storey;

    if (wx < .28f || wx > .72f || wy < .3f || wy > .78f)
        return scaled(stone, light);
    if (s->p->brightness < .7f && hash2(column + 7 * house, storey, salt) > .45f)
        return (struct rgb){1, .84f, .48f};
    return scaled((struct rgb){.20f, .26f, .32f}, s->p->brightness);
}

/* Rows of houses, the nearest first; false where none stands at the point. */
static bool house(const struct scene *s, float u, float v, struct rgb *out)
{
    for (uint32_t row = HOUSE_ROWS; row-- > 0;) {
        const float near = (float)row / HOUSE_ROWS, wide = .05f + .10f * near;
        const float storey = .022f + .03f * near, foot = s->horizon + .01f + .26f * near * near;
        const uint32_t salt = s->salt + 500 + 31 * row;
        const int32_t at = (int32_t)floorf(u / wide);
        const float x = (u / wide - (float)at - .04f) / .92f;
        const float walls = storey * (2 + floorf(3.99f * hash2(at, 1, salt)));
        const float roof = storey * (.4f + 1.2f * hash2(at, 2, salt)) * (1 - fabsf(2 * x - 1));

        if (x < 0 || x > 1 || v > foot || v < foot - walls - roof)
            continue;
        if (v >= foot - walls)
            *out = wall(s, at, salt, x, (foot - v) / storey);
        else
            *out = scaled(blend((struct rgb){.42f, .17f, .12f}, (struct rgb){.25f, .26f, .29f},
                                hash2(at, 4, salt)),
                          s->p->brightness * (.8f + .4f * noise(x * 20, v * 300, salt)));
        *out = blend(*out, s->p->low, .35f * (1 - near));
        return true;
    }
    return false;
}

static struct rgb point(const struct scene *s, float u, float v)
{
    struct rgb c;

    if (s->ground == LANDSCAPE_TOWN && house(s, u, v, &c))
        return c;
    if (v < s->horizon)
        return above(s, u, v);
    if (s->ground == LANDSCAPE_LAKE)
        return water(s, u, v);
    return s->ground == LANDSCAPE_SHORE ? shore(s, u, v) : land(s, u, v);
}

static uint8_t level(float v, float grain)
{
    v = v * 255 + grain;
    return v <= 0 ? 0 : v >= 255 ? 255 : (uint8_t)(v + .5f);
}

/* One of nine. */
static uint8_t tone(float v)
{
    return level(floorf(v * 8 + .5f) / 8, 0);
}

void landscape_draw(uint64_t seed, uint32_t width, uint32_t height, uint8_t *rgb)
{
    struct scene s;

    assert(width >= 1 && width <= LANDSCAPE_SIDE_MAX);
    assert(height >= 1 && height <= LANDSCAPE_SIDE_MAX);
    make_scene(seed, width, height, &s);
    s.lines = mem_array((size_t)s.ridge_count * width, sizeof *s.lines);
    for (uint32_t i = 0; i < s.ridge_count; i++)
        for (uint32_t x = 0; x < width; x++)
            s.lines[(size_t)i * width + x] =
                skyline(&s.ridges[i], (float)x / (float)height + pick(s.salt, 60 + i, 0, 50));
    for (uint32_t y = 0; y < height; y++)
        for (uint32_t x = 0; x < width; x++, rgb += 3) {
            const float u = ((float)x + .5f) / (float)height, v = ((float)y + .5f) / (float)height;
            struct rgb c = point(&s, u, v);

            if (s.drawn) {
                rgb[0] = tone(c.r);
                rgb[1] = tone(c.g);
                rgb[2] = tone(c.b);
                continue;
            }
            /* A camera's grain, so that files are as large as those of photographs. */
            const float grain = (hash2((int32_t)x, (int32_t)y, s.salt) - .5f) * 5;

            rgb[0] = level(c.r, grain);
            rgb[1] = level(c.g, grain);
            rgb[2] = level(c.b, grain);
        }
    mem_free(s.lines);
}

void landscape_describe(uint64_t seed, struct landscape_facts *out)
{
    struct scene s;

    make_scene(seed, 4, 3, &s);
    *out = (struct landscape_facts){.kind = s.ground,
                                    .mood = s.mood,
                                    .high = is_high(s.salt),
                                    .autumn = is_autumn(s.salt),
                                    .drawn = s.drawn};
    (void)snprintf(out->title, sizeof out->title, "%s, %s", s.p->name, soils[s.ground].name);
}
