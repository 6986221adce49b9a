/* Hashing file after file in processes that live on: each file has the result of a process of its
 * own, whatever the file before it was. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/str.h"
#include "decode/hash_wire.h"
#include "decode/pool.h"
#include "media/coded.h"
#include "media/evasions.h"
#include "media/hostile.h"
#include "media/stills.h"

static struct decode_env *env;
static struct decode_worker *worker;
static struct buf good; /* a JPEG that decodes cleanly */
static struct decode_hashed good_hashed;

/* The bytes as a file that stands at its beginning. */
static int file_of(const void *bytes, size_t size)
{
    int fd = memfd_create("test", MFD_CLOEXEC);

    assert_true(fd >= 0);
    assert_int_equal(fs_write_all(fd, bytes, size, NULL), ASSAY_OK);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    return fd;
}

static void hash_with(struct decode_worker *w, const struct buf *b, uint32_t wants,
                      struct decode_hashed *out)
{
    const int fd = file_of(b->data, b->size);
    struct err e = {0};

    if (decode_worker_hash(w, fd, wants, out, &e) != ASSAY_OK)
        fail_msg("%s", e.text);
    (void)close(fd);
}

static void assert_same_digests(const struct assay_digests *a, const struct assay_digests *b)
{
    assert_int_equal(a->size, b->size);
    assert_memory_equal(a->md5, b->md5, sizeof a->md5);
    assert_memory_equal(a->sha1, b->sha1, sizeof a->sha1);
    assert_memory_equal(a->sha256, b->sha256, sizeof a->sha256);
}

static int start(void **state)
{
    struct files_picture rgb = files_landscape(8, 640, 480);
    struct err e = {0};

    (void)state;
    buf_init(&good, FILES_BYTES_MAX);
    files_jpeg(&rgb, 85, FILES_BASELINE, &good);
    files_picture_free(&rgb);
    if (decode_env_new_in(ASSAY_TEST_CHILDREN, &decode_limits_default, &env, &e) != ASSAY_OK ||
        decode_worker_new(env, ASSAY_DIGEST_KINDS, &worker, &e) != ASSAY_OK) {
        print_error("%s\n", e.text);
        return -1;
    }
    hash_with(worker, &good, DECODE_HASH_PDQ, &good_hashed);
    return good_hashed.picture == ASSAY_OK && good_hashed.pdq_reason == DECODE_PDQ_GOOD ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    decode_worker_free(worker);
    decode_env_free(env);
    buf_clear(&good);
    return 0;
}

static void the_next_file_is_right(struct decode_worker *w)
{
    struct decode_hashed h;

    hash_with(w, &good, DECODE_HASH_PDQ, &h);
    assert_int_equal(h.picture, ASSAY_OK);
    assert_memory_equal(&h.pdq, &good_hashed.pdq, sizeof h.pdq);
    assert_same_digests(&h.digests, &good_hashed.digests);
}

/* The time that they cost is not spent; what is counted and told of the picture is the same. */
static void digests_that_are_not_asked_for_are_not_made(void **state)
{
    static const uint8_t zeros[ASSAY_SHA256_BYTES];
    struct decode_worker *w;
    struct decode_hashed h;

    (void)state;
    assert_int_equal(decode_worker_new(env, ASSAY_DIGEST_SHA1, &w, NULL), ASSAY_OK);
    for (unsigned turn = 0; turn < 2; turn++) {
        hash_with(w, &good, turn == 0 ? DECODE_HASH_PDQ : 0, &h);
        assert_memory_equal(h.digests.md5, zeros, sizeof h.digests.md5);
        assert_memory_equal(h.digests.sha256, zeros, sizeof h.digests.sha256);
        assert_memory_equal(h.digests.sha1, good_hashed.digests.sha1, sizeof h.digests.sha1);
        assert_true(h.digests.size == good_hashed.digests.size);
        assert_int_equal(h.has_pdq, turn == 0);
    }
    decode_worker_free(w);
}

/* Hidden pictures are not for a hash to find; what transparency hides of the first frame is. */
static void assert_as_alone(const char *name, const struct decode_hashed *h,
                            const struct decode_picture *p)
{
    if (memcmp(&h->pdq, &p->pdq, sizeof p->pdq) != 0)
        print_error("%s has another hash\n", name);
    assert_int_equal(h->type, p->type);
    assert_int_equal(h->width, p->width);
    assert_int_equal(h->height, p->height);
    assert_int_equal(h->frames, p->frames);
    assert_int_equal(h->orientation, p->orientation);
    assert_int_equal(h->reduced, 1);
    if (p->frames == 1)
        assert_int_equal(h->flags, p->flags & HASH_FLAGS);
    else
        assert_int_equal(h->flags & ~(uint32_t)DECODE_ALPHA_HIDES,
                         p->flags & HASH_FLAGS & ~(uint32_t)DECODE_ALPHA_HIDES);
    assert_int_equal(h->flags & ~p->flags & DECODE_ALPHA_HIDES, 0);
    assert_int_equal(h->has_pdq, p->has_pdq);
    assert_int_equal(h->has_pdq_oriented, p->has_pdq_oriented);
    assert_memory_equal(&h->pdq, &p->pdq, sizeof p->pdq);
    assert_memory_equal(&h->pdq_oriented, &p->pdq_oriented, sizeof p->pdq);
    assert_int_equal(h->pdq_reason, p->pdq_reason);
    assert_int_equal(h->pdq_oriented_reason, p->pdq_oriented_reason);
}

/* The common worker's answer against that of a process for this file alone. */
static void check(const char *name, const struct buf *b)
{
    struct decode_hashed h = {0};
    struct decode_picture p = {0};
    struct assay_digests digests;
    struct err e = {0};
    const enum assay_err rc = decode_picture(env, b->data, b->size, &p, &e);

    hash_with(worker, b, DECODE_HASH_PDQ, &h);
    if (h.picture != rc)
        print_error("%s: %s (%s), alone %s (%s)\n", name, assay_err_name(h.picture), h.why.text,
                    assay_err_name(rc), e.text);
    assert_int_equal(h.picture, rc);
    if (rc == ASSAY_OK)
        assert_as_alone(name, &h, &p);
    else
        assert_string_equal(h.why.text, e.text);
    decode_picture_clear(&p);
    assert_int_equal(assay_digest(b->data, b->size, &digests), ASSAY_OK);
    assert_same_digests(&h.digests, &digests);
    the_next_file_is_right(worker);
}

static void hostile_files_are_as_alone_and_the_next_is_right(void **state)
{
    struct buf b;
    const char *name;
    unsigned count = 0;

    (void)state;
    buf_init(&b, FILES_BYTES_MAX);
    for (; (name = files_hostile(count, &b)) != NULL; count++)
        check(name, &b);
    assert_true(count > 20);
    buf_clear(&b);
}

static void files_that_hide_something_are_as_alone(void **state)
{
    struct evasion evasion;
    struct buf b;

    (void)state;
    buf_init(&b, FILES_BYTES_MAX);
    for (unsigned i = 0; evasion_make(i, &evasion, &b); i++, buf_reset(&b)) {
        check(evasion.name, &b);
        evasion_clear(&evasion);
    }
    buf_clear(&b);
}

static void pictures_of_every_program_are_as_alone(void **state)
{
    struct files_picture rgb = files_landscape(3, 203, 151), few = files_landscape(3, 203, 151);
    struct files_picture large = files_landscape(4, 1600, 1200);
    struct buf b;

    (void)state;
    stills_few_colours(&few);
    buf_init(&b, FILES_BYTES_MAX);
    files_jpeg(&large, 90, FILES_PROGRESSIVE, &b);
    check("progressive", &b);
    for (uint32_t turn = 1; turn <= 8; turn++, buf_reset(&b)) {
        buf_reset(&b);
        files_jpeg_exif(&rgb, turn, NULL, &b);
        check("turned", &b);
    }
    files_png(&rgb, FILES_INTERLACED, &b);
    check("interlaced", &b);
    buf_reset(&b);
    files_webp(&rgb, 80, &b);
    check("webp", &b);
    buf_reset(&b);
    stills_bmp(&few, STILLS_BMP_RLE, &b);
    check("bmp", &b);
    buf_reset(&b);
    if (coded_heif(&rgb, 1, CODED_AVIF, &b))
        check("avif", &b);
    buf_reset(&b);
    if (coded_heif(&rgb, 1, CODED_HEIC, &b))
        check("heic", &b);
    buf_reset(&b);
    if (coded_jxl(&rgb, &b))
        check("jxl", &b);
    buf_clear(&b);
    files_picture_free(&rgb);
    files_picture_free(&few);
    files_picture_free(&large);
}

static void reference_pictures_are_as_alone(void **state)
{
    const char *folder = getenv("ASSAY_VECTORS");
    char path[4096], line[4096];
    unsigned count = 0;
    FILE *f;

    (void)state;
    if (folder == NULL) {
        print_message("skipped: ASSAY_VECTORS is not set\n");
        skip();
    }
    assert_non_null(folder);
    (void)snprintf(path, sizeof path, "%s/pdq/images.tsv", folder);
    f = fopen(path, "r");
    assert_non_null(f);
    for (; fgets(line, sizeof line, f) != NULL; count++) {
        struct buf b;

        line[strcspn(line, "\t\n")] = '\0';
        if (count == 0)
            continue; /* the names of the columns */
        assert_true((size_t)snprintf(path, sizeof path, "%s/pdq/images/%s", folder, line) <
                    sizeof path);
        buf_init(&b, FILES_BYTES_MAX);
        assert_int_equal(fs_read_file(path, &b, NULL), ASSAY_OK);
        check(line, &b);
        buf_clear(&b);
    }
    (void)fclose(f);
    assert_int_equal(count, 152);
}

static void no_picture_needs_no_process(void **state)
{
    static const char text[] = "no picture at all";
    struct decode_hashed h;
    struct assay_digests digests;
    struct buf b;

    (void)state;
    buf_init(&b, FILES_BYTES_MAX);
    hash_with(worker, &b, DECODE_HASH_PDQ, &h);
    assert_int_equal(h.picture, ASSAY_EFORMAT);
    assert_int_equal(h.type, DECODE_TYPE_EMPTY);
    assert_int_equal(h.digests.size, 0);
    buf_add(&b, text, sizeof text - 1);
    hash_with(worker, &b, DECODE_HASH_PDQ, &h);
    assert_int_equal(h.picture, ASSAY_EUNSUPPORTED);
    assert_int_equal(h.pdq_reason, DECODE_PDQ_NONE);
    assert_int_equal(assay_digest(text, sizeof text - 1, &digests), ASSAY_OK);
    assert_same_digests(&h.digests, &digests);
    hash_with(worker, &good, 0, &h);
    assert_int_equal(h.picture, ASSAY_ESTATE);
    assert_same_digests(&h.digests, &good_hashed.digests);
    buf_clear(&b);
}

/* Each worker tries the other programs by itself, and with one that cannot be had goes on. */
static void programs_are_tried_when_they_are_needed(void **state)
{
    static const char *const links[] = {"assay-decode-image", "assay-encode", "assay-unpack"};
    struct files_picture rgb = files_landscape(3, 203, 151);
    char folder[] = "pool-XXXXXX", path[256], target[4096];
    struct decode_env *lazy;
    struct decode_worker *w;
    struct decode_hashed h;
    struct buf b;

    (void)state;
    buf_init(&b, FILES_BYTES_MAX);
    stills_bmp(&rgb, STILLS_BMP_24, &b);
    assert_int_equal(
        decode_env_new_for_pool(ASSAY_TEST_CHILDREN, &decode_limits_default, &lazy, NULL),
        ASSAY_OK);
    assert_int_equal(decode_worker_new(lazy, ASSAY_DIGEST_KINDS, &w, NULL), ASSAY_OK);
    hash_with(w, &b, DECODE_HASH_PDQ, &h);
    assert_int_equal(h.picture, ASSAY_OK);
    the_next_file_is_right(w);
    decode_worker_free(w);
    decode_env_free(lazy);
    /* A program that does not say the words, as one does not whose library is missing. */
    assert_non_null(mkdtemp(folder));
    for (size_t i = 0; i < 4; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", folder, i < 3 ? links[i] : "assay-decode-av");
        (void)snprintf(target, sizeof target, "%s/%s", ASSAY_TEST_CHILDREN, links[i % 3]);
        assert_int_equal(symlink(i < 3 ? target : "/bin/false", path), 0);
    }
    assert_int_equal(decode_env_new_for_pool(folder, &decode_limits_default, &lazy, NULL),
                     ASSAY_OK);
    assert_int_equal(decode_worker_new(lazy, ASSAY_DIGEST_KINDS, &w, NULL), ASSAY_OK);
    for (unsigned i = 0; i < 2; i++) {
        hash_with(w, &b, DECODE_HASH_PDQ, &h);
        assert_int_equal(h.picture, ASSAY_EUNSUPPORTED);
        assert_non_null(strstr(h.why.text, "image/bmp is not decoded here"));
        the_next_file_is_right(w);
    }
    decode_worker_free(w);
    decode_env_free(lazy);
    for (size_t i = 0; i < 4; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", folder, i < 3 ? links[i] : "assay-decode-av");
        assert_int_equal(unlink(path), 0);
    }
    assert_int_equal(rmdir(folder), 0);
    buf_clear(&b);
    files_picture_free(&rgb);
}

static void what_cannot_be_read_is_said_and_the_next_is_right(void **state)
{
    struct decode_hashed h;
    struct err e = {0};
    const int fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    (void)state;
    assert_true(fd >= 0);
    assert_int_not_equal(decode_worker_hash(worker, fd, DECODE_HASH_PDQ, &h, &e), ASSAY_OK);
    assert_non_null(strstr(e.text, "directory"));
    (void)close(fd);
    the_next_file_is_right(worker);
}

/* Only the digests go over all of a file that is larger than decoders take. */
static void a_file_larger_than_the_region_is_digested(void **state)
{
    struct decode_limits small = decode_limits_default;
    struct decode_env *small_env;
    struct decode_worker *w;
    struct decode_hashed h;
    struct assay_digests digests;
    struct buf b;
    struct err e = {0};

    (void)state;
    small.memory_bytes = 64u << 20;
    assert_int_equal(decode_env_new_in(ASSAY_TEST_CHILDREN, &small, &small_env, &e), ASSAY_OK);
    assert_int_equal(decode_worker_new(small_env, ASSAY_DIGEST_KINDS, &w, &e), ASSAY_OK);
    buf_init(&b, FILES_BYTES_MAX);
    buf_add(&b, good.data, good.size);
    while (b.size < (size_t)(small.memory_bytes / 2))
        buf_add(&b, good.data, good.size);
    for (unsigned over = 0; over < 2; over++) {
        /* The most that is taken, and one byte more. */
        b.size = (size_t)(small.memory_bytes / 2) + over;
        hash_with(w, &b, DECODE_HASH_PDQ, &h);
        assert_int_equal(h.picture, over == 0 ? ASSAY_OK : ASSAY_ELIMIT);
        assert_int_equal(assay_digest(b.data, b.size, &digests), ASSAY_OK);
        assert_same_digests(&h.digests, &digests);
    }
    assert_non_null(strstr(h.why.text, "larger than the 32 MB"));
    the_next_file_is_right(w);
    buf_clear(&b);
    decode_worker_free(w);
    decode_env_free(small_env);
}

/* The only child of this thread, or 0. */
static pid_t child_of_mine(void)
{
    char path[64], line[64];
    int64_t pid = 0;
    FILE *f;

    (void)snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)gettid());
    f = fopen(path, "r");
    if (f == NULL)
        return 0;
    if (fgets(line, sizeof line, f) != NULL) {
        line[strcspn(line, " \n")] = '\0';
        assert_int_equal(str_int64(line, 1, INT32_MAX, &pid), ASSAY_OK);
    }
    (void)fclose(f);
    return (pid_t)pid;
}

static void a_process_is_replaced_when_killed_worn_or_after_damage(void **state)
{
    struct decode_worker *w;
    struct decode_hashed h;
    struct buf cut;
    pid_t first, now;

    (void)state;
    /* The common worker has processes too, and only the one of here is to be seen. */
    decode_worker_free(worker);
    assert_int_equal(child_of_mine(), 0);
    assert_int_equal(decode_worker_new(env, ASSAY_DIGEST_KINDS, &w, NULL), ASSAY_OK);
    the_next_file_is_right(w);
    first = child_of_mine();
    the_next_file_is_right(w);
    assert_int_equal(child_of_mine(), first);
    if (first != 0) {
        assert_int_equal(kill(first, SIGKILL), 0);
        the_next_file_is_right(w);
        assert_int_not_equal(child_of_mine(), first);
    }
    buf_init(&cut, FILES_BYTES_MAX);
    buf_add(&cut, good.data, good.size / 2);
    hash_with(w, &cut, DECODE_HASH_PDQ, &h);
    assert_int_equal(h.picture, ASSAY_OK);
    assert_int_equal(h.pdq_reason, DECODE_PDQ_DAMAGED);
    assert_int_equal(child_of_mine(), 0);
    for (unsigned i = 0; i < HASH_FILES_MAX; i++)
        the_next_file_is_right(w);
    first = child_of_mine();
    the_next_file_is_right(w);
    now = child_of_mine();
    assert_true(first == 0 || now != first);
    decode_worker_free(w);
    assert_int_equal(child_of_mine(), 0);
    buf_clear(&cut);
    assert_int_equal(decode_worker_new(env, ASSAY_DIGEST_KINDS, &worker, NULL), ASSAY_OK);
}

static void fast_is_near_and_says_so(void **state)
{
    struct files_picture rgb = files_landscape(11, 2400, 1700);
    struct decode_hashed exact, fast;
    struct buf b;

    (void)state;
    buf_init(&b, FILES_BYTES_MAX);
    files_jpeg(&rgb, 90, FILES_BASELINE, &b);
    hash_with(worker, &b, DECODE_HASH_PDQ, &exact);
    hash_with(worker, &b, DECODE_HASH_PDQ | DECODE_HASH_FAST, &fast);
    assert_int_equal(exact.reduced, 1);
    assert_int_equal(fast.reduced, 2); /* 850 pixels; 425 would be too few */
    assert_int_equal(fast.width, 2400);
    assert_int_equal(fast.height, 1700);
    assert_true(assay_pdq_distance(&exact.pdq, &fast.pdq) <= 16);
    hash_with(worker, &good, DECODE_HASH_PDQ | DECODE_HASH_FAST, &fast);
    assert_int_equal(fast.reduced, 1); /* 480 pixels high as it is */
    assert_memory_equal(&fast.pdq, &good_hashed.pdq, sizeof fast.pdq);
    buf_clear(&b);
    files_picture_free(&rgb);
}

/* All hashes of a picture in memory are those of the library on its pixels. */
static void more_is_given_when_asked_for(void **state)
{
    struct files_picture rgb = files_landscape(12, 900, 700);
    struct assay_pdq_stream *full, *scaled;
    struct assay_pdq turned[ASSAY_PDQ_TURNS], pdq_512;
    struct decode_hashed h;
    unsigned stable;
    struct buf b;

    (void)state;
    assert_int_equal(assay_pdq_stream_new(900, 700, &full), ASSAY_OK);
    assert_int_equal(assay_pdq_stream_rgb(full, rgb.bytes, (size_t)3 * 900, 700), ASSAY_OK);
    assert_int_equal(assay_pdq_stream_finish_turned(full, turned), ASSAY_OK);
    assert_int_equal(assay_pdq_stream_stable_bits(full, &stable), ASSAY_OK);
    assert_int_equal(assay_pdq_stream_new_512(900, 700, &scaled), ASSAY_OK);
    assert_int_equal(assay_pdq_stream_rgb(scaled, rgb.bytes, (size_t)3 * 900, 700), ASSAY_OK);
    assert_int_equal(assay_pdq_stream_finish(scaled, &pdq_512), ASSAY_OK);
    buf_init(&b, FILES_BYTES_MAX);
    files_png(&rgb, FILES_STRAIGHT, &b);
    hash_with(worker, &b, DECODE_HASH_PDQ | DECODE_HASH_TURNED | DECODE_HASH_STABLE, &h);
    assert_true(h.has_turned);
    assert_true(h.has_stable_bits);
    assert_memory_equal(h.turned, turned, sizeof turned);
    assert_memory_equal(&h.pdq, &turned[ASSAY_PDQ_ORIG], sizeof h.pdq);
    assert_int_equal(h.stable_bits, stable);
    hash_with(worker, &b, DECODE_HASH_PDQ | DECODE_HASH_SCALE_512, &h);
    assert_false(h.has_turned);
    assert_false(h.has_stable_bits);
    assert_memory_equal(&h.pdq, &pdq_512, sizeof pdq_512);
    assert_memory_not_equal(&h.pdq, &turned[ASSAY_PDQ_ORIG], sizeof h.pdq);
    assay_pdq_stream_free(full);
    assay_pdq_stream_free(scaled);
    buf_clear(&b);
    files_picture_free(&rgb);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digests_that_are_not_asked_for_are_not_made),
        cmocka_unit_test(hostile_files_are_as_alone_and_the_next_is_right),
        cmocka_unit_test(files_that_hide_something_are_as_alone),
        cmocka_unit_test(pictures_of_every_program_are_as_alone),
        cmocka_unit_test(reference_pictures_are_as_alone),
        cmocka_unit_test(no_picture_needs_no_process),
        cmocka_unit_test(programs_are_tried_when_they_are_needed),
        cmocka_unit_test(what_cannot_be_read_is_said_and_the_next_is_right),
        cmocka_unit_test(a_file_larger_than_the_region_is_digested),
        cmocka_unit_test(a_process_is_replaced_when_killed_worn_or_after_damage),
        cmocka_unit_test(fast_is_near_and_says_so),
        cmocka_unit_test(more_is_given_when_asked_for),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
