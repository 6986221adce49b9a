/* Snapshots: round trips, the vector of doc/index.md, and every way in which a file can be wrong.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"
#include "folder.h"
#include "index/index_impl.h"
#include "index/snapshot.h"
#include "index_fixture.h"

#define FILE_MAX ((size_t)16 << 20)

/* doc/index.md, "Test vector". */
#define VECTOR_SIZE   640
#define VECTOR_SHA256 "ef52e5211964bb1a03a111d115b5f3269db59b66f2df5e08477edef0c654f8a5"

#define COMPACT_VECTOR_SIZE   4596928
#define COMPACT_VECTOR_SHA256 "62cb04fd039c27466b63014b3bcaca078787995f478f6684b244ad9b501e134d"

struct file {
    unsigned char *bytes; /* SEGMENT_ALIGNMENT aligned */
    size_t size;
};

static struct file load(const char *path)
{
    struct file f = {.bytes = aligned_alloc(SEGMENT_ALIGNMENT, FILE_MAX)};
    FILE *in = fopen(path, "rb");

    assert_non_null(f.bytes);
    assert_non_null(in);
    f.size = fread(f.bytes, 1, FILE_MAX, in);
    assert_int_equal(fclose(in), 0);
    return f;
}

/* The vector's index: two hashes, three pairs and a fourth that is deleted. */
static struct assay_index *small(void)
{
    struct assay_index *ix;
    uint8_t counting[HASH_BYTES], ones[HASH_BYTES];

    for (size_t i = 0; i < HASH_BYTES; i++)
        counting[i] = (uint8_t)i;
    memset(ones, 0xff, sizeof ones);
    assert_int_equal(assay_index_new(&ix), ASSAY_OK);
    assert_int_equal(assay_index_add(ix, counting, 7), ASSAY_OK);
    assert_int_equal(assay_index_add(ix, ones, 9), ASSAY_OK);
    assert_int_equal(assay_index_add(ix, ones, 4), ASSAY_OK);
    assert_int_equal(assay_index_add(ix, ones, 1), ASSAY_OK);
    assert_int_equal(index_freeze_tails(ix), ASSAY_OK);
    assert_int_equal(assay_index_delete(ix, ones, 4), ASSAY_OK);
    return ix;
}

static struct file saved(struct assay_index *ix)
{
    char folder[FOLDER_PATH_SIZE], path[FOLDER_PATH_SIZE + 8], reason[ASSAY_INDEX_REASON_SIZE];
    struct stat st;

    folder_make(folder);
    (void)snprintf(path, sizeof path, "%s/index", folder);
    assert_int_equal(assay_index_save(ix, path, reason), ASSAY_OK);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0644);
    struct file f = load(path);
    folder_remove(folder);
    return f;
}

/* Put right digests on what was changed, as somebody who means harm would. */
static void reseal(struct file *f)
{
    struct snapshot_header *h = (struct snapshot_header *)f->bytes;
    struct snapshot_section *table = (struct snapshot_section *)(h + 1);
    size_t digest_at = snapshot_digest_at(h->section_count);

    for (uint32_t i = 0; i < h->section_count; i++)
        assert_true(snapshot_sha256(f->bytes + table[i].offset, table[i].size, table[i].sha256));
    assert_true(snapshot_sha256(f->bytes, digest_at, f->bytes + digest_at));
}

static enum assay_err opened(struct file *f)
{
    char reason[ASSAY_INDEX_REASON_SIZE] = "";
    struct assay_index *ix;

    enum assay_err rc = snapshot_index(f->bytes, f->size, &ix, reason);
    if (rc == ASSAY_OK)
        assay_index_free(ix);
    else
        assert_true(strlen(reason) > 10);
    return rc;
}

static enum assay_err verified(const struct file *f)
{
    char reason[ASSAY_INDEX_REASON_SIZE] = "";
    enum assay_err rc = snapshot_verify(f->bytes, f->size, reason);

    assert_true((rc == ASSAY_OK) == (reason[0] == '\0'));
    return rc;
}

/* Searches at several radii, for what they read; a damaged file may answer anything. */
static void search_all(struct file *f)
{
    const struct assay_index_hit *hits;
    struct assay_index_reader *r;
    struct assay_index *ix;
    uint8_t hash[HASH_BYTES];
    size_t count;

    assert_int_equal(snapshot_index(f->bytes, f->size, &ix, NULL), ASSAY_OK);
    assert_int_equal(assay_index_reader_new(ix, &r), ASSAY_OK);
    for (unsigned radius = 0; radius <= 64; radius += 16) {
        made_hashes(MADE_UNIFORM, 1 + 5000, 1, hash);
        assert_int_equal(assay_index_search(r, hash, radius, &hits, &count), ASSAY_OK);
        assert_int_equal(index_search(r, hash, radius, PLAN_COLUMNS), ASSAY_OK);
    }
    assay_index_reader_free(r);
    assay_index_free(ix);
}

static void the_vector_is_the_one_written_down(void **state)
{
    struct assay_index *ix = small();
    struct file f = saved(ix);
    uint8_t digest[SNAPSHOT_SHA256];
    char hex[2 * SNAPSHOT_SHA256 + 1];

    (void)state;
    assert_int_equal(f.size, VECTOR_SIZE);
    assert_true(snapshot_sha256(f.bytes, f.size, digest));
    str_hex(digest, sizeof digest, hex);
    assert_string_equal(hex, VECTOR_SHA256);
    assert_int_equal(verified(&f), ASSAY_OK);
    free(f.bytes);
    assay_index_free(ix);
}

static void the_compact_vector_is_the_one_written_down(void **state)
{
    uint8_t digest[SNAPSHOT_SHA256], hash[HASH_BYTES];
    char hex[2 * SNAPSHOT_SHA256 + 1];
    uint8_t *hashes = malloc((size_t)SEGMENT_COLUMNS_MIN * HASH_BYTES);
    uint32_t *ids = malloc(SEGMENT_COLUMNS_MIN * sizeof *ids);
    struct assay_index *ix;

    (void)state;
    assert_non_null(hashes);
    assert_non_null(ids);
    for (uint32_t i = 0; i < SEGMENT_COLUMNS_MIN; i++) {
        assert_true(snapshot_sha256(&i, sizeof i, hash));
        memcpy(hashes + (size_t)i * HASH_BYTES, hash, HASH_BYTES);
        ids[i] = i;
    }
    assert_int_equal(assay_index_new(&ix), ASSAY_OK);
    assay_index_set_form(ix, ASSAY_INDEX_COMPACT);
    assert_int_equal(assay_index_add_many(ix, hashes, ids, SEGMENT_COLUMNS_MIN), ASSAY_OK);
    struct file f = saved(ix);
    assert_int_equal(f.size, COMPACT_VECTOR_SIZE);
    assert_true(snapshot_sha256(f.bytes, f.size, digest));
    str_hex(digest, sizeof digest, hex);
    assert_string_equal(hex, COMPACT_VECTOR_SHA256);
    assert_int_equal(verified(&f), ASSAY_OK);
    free(f.bytes);
    assay_index_free(ix);
    free(hashes);
    free(ids);
}

/* The same answers from the index as from the model, for queries that hit and that miss. */
static void compare(struct assay_index *ix, struct model *m)
{
    const struct assay_index_hit *hits;
    struct assay_index_reader *r;
    uint8_t query[HASH_BYTES];
    uint64_t draw = 4;
    size_t count;

    assert_int_equal(assay_index_reader_new(ix, &r), ASSAY_OK);
    for (unsigned round = 0; round < 24; round++) {
        made_hashes(MADE_UNIFORM, round, 1, query);
        if (m->count > 0 && round % 4 > 0)
            made_near(&draw, m->hashes + made_next(&draw) % m->count * HASH_BYTES, round, query);
        model_search(m, query, 3 * round % 65);
        assert_int_equal(assay_index_search(r, query, 3 * round % 65, &hits, &count), ASSAY_OK);
        assert_int_equal(count, m->hit_count);
        assert_memory_equal(hits, m->hits, count * sizeof *hits);
    }
    assay_index_reader_free(r);
}

/* Saved, opened, changed, saved again over the file it is mapped from, opened again. */
static void what_is_saved_is_there_when_opened(void **state)
{
    static const size_t sizes[] = {0, 1, 300, 5000, TAIL_PAIRS + 20000};
    char folder[FOLDER_PATH_SIZE], path[FOLDER_PATH_SIZE + 8], reason[ASSAY_INDEX_REASON_SIZE];
    struct assay_index_info info;

    (void)state;
    folder_make(folder);
    (void)snprintf(path, sizeof path, "%s/index", folder);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct assay_index *ix;
        struct model m;
        model_init(&m, sizes[i] + 100);
        made_hashes(MADE_CLUSTERED, i, sizes[i] + 100, m.hashes);
        for (size_t k = 0; k < sizes[i] + 100; k++)
            m.ids[k] = (uint32_t)(k * 3);
        assert_int_equal(assay_index_new(&ix), ASSAY_OK);
        assert_int_equal(assay_index_add_many(ix, m.hashes, m.ids, sizes[i]), ASSAY_OK);
        for (unsigned round = 0; round < 2; round++) {
            assert_int_equal(assay_index_save(ix, path, reason), ASSAY_OK);
            assay_index_free(ix);
            assert_int_equal(assay_index_verify(path, reason), ASSAY_OK);
            assert_int_equal(assay_index_open(path, &ix, reason), ASSAY_OK);
            m.count = sizes[i] + 50 * round;
            assay_index_get_info(ix, &info);
            assert_int_equal(info.pairs, m.count);
            compare(ix, &m);
            for (size_t k = 0; k < 50; k++) {
                size_t at = m.count + k;
                assert_int_equal(assay_index_add(ix, m.hashes + at * HASH_BYTES, m.ids[at]), 0);
            }
            m.count += 50;
            assert_int_equal(assay_index_delete(ix, m.hashes, 0), ASSAY_OK);
            assert_int_equal(assay_index_add(ix, m.hashes, 0), ASSAY_OK);
            compare(ix, &m);
        }
        assay_index_free(ix);
        model_clear(&m);
    }
    folder_remove(folder);
}

static void deletes_in_a_mapped_file_stay_out_of_the_file(void **state)
{
    char folder[FOLDER_PATH_SIZE], path[FOLDER_PATH_SIZE + 8];
    struct assay_index *ix = small();
    uint8_t ones[HASH_BYTES];

    (void)state;
    memset(ones, 0xff, sizeof ones);
    folder_make(folder);
    (void)snprintf(path, sizeof path, "%s/index", folder);
    assert_int_equal(assay_index_save(ix, path, NULL), ASSAY_OK);
    assay_index_free(ix);
    struct file before = load(path);
    assert_int_equal(assay_index_open(path, &ix, NULL), ASSAY_OK);
    assert_int_equal(assay_index_delete(ix, ones, 9), ASSAY_OK);
    assert_int_equal(assay_index_delete(ix, ones, 9), ASSAY_ENOTFOUND);
    assert_int_equal(assay_index_delete(ix, ones, 4), ASSAY_ENOTFOUND);
    assay_index_free(ix);
    struct file after = load(path);
    assert_int_equal(after.size, before.size);
    assert_memory_equal(after.bytes, before.bytes, before.size);
    free(before.bytes);
    free(after.bytes);
    folder_remove(folder);
}

static void each_changed_byte_of_header_and_table_is_refused_when_opened(void **state)
{
    struct assay_index *ix = small();
    struct file f = saved(ix);
    size_t end = snapshot_digest_at(4) + SNAPSHOT_SHA256;

    (void)state;
    for (size_t i = 0; i < end; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            f.bytes[i] ^= (unsigned char)(1u << bit);
            assert_int_not_equal(opened(&f), ASSAY_OK);
            f.bytes[i] ^= (unsigned char)(1u << bit);
        }
    }
    assert_int_equal(opened(&f), ASSAY_OK);
    free(f.bytes);
    assay_index_free(ix);
}

static void each_changed_byte_of_all_is_seen_by_verify(void **state)
{
    struct assay_index *ix = small();
    struct file f = saved(ix);

    (void)state;
    for (size_t i = 0; i < f.size; i++) {
        f.bytes[i] ^= 0x40;
        assert_int_not_equal(verified(&f), ASSAY_OK);
        f.bytes[i] ^= 0x40;
    }
    free(f.bytes);
    assay_index_free(ix);
}

static void a_file_cut_short_anywhere_or_longer_is_refused_when_opened(void **state)
{
    struct assay_index *ix = small();
    struct file f = saved(ix);
    size_t whole = f.size;

    (void)state;
    for (f.size = 0; f.size <= whole + 64; f.size++) {
        /* Of its own block, so that a sanitizer sees a read behind the end. */
        struct file cut = {.size = f.size};
        cut.bytes = aligned_alloc(SEGMENT_ALIGNMENT, (f.size + 63) / 64 * 64 + 64);
        assert_non_null(cut.bytes);
        memcpy(cut.bytes, f.bytes, f.size);
        assert_int_equal(opened(&cut) == ASSAY_OK, f.size == whole);
        assert_int_equal(verified(&cut) == ASSAY_OK, f.size == whole);
        free(cut.bytes);
    }
    free(f.bytes);
    assay_index_free(ix);
}

static struct file with_columns(enum assay_index_form form)
{
    struct model m;
    struct assay_index *ix;

    model_init(&m, TAIL_PAIRS + 1);
    made_hashes(MADE_CLUSTERED, 1 + 5000, m.capacity, m.hashes);
    for (size_t i = 0; i < m.capacity; i++)
        m.ids[i] = (uint32_t)i;
    m.ids[m.capacity - 1] = 0;
    memcpy(m.hashes + (m.capacity - 1) * HASH_BYTES, m.hashes + HASH_BYTES, HASH_BYTES);
    assert_int_equal(assay_index_new(&ix), ASSAY_OK);
    assay_index_set_form(ix, form);
    assert_int_equal(assay_index_add_many(ix, m.hashes, m.ids, m.capacity), ASSAY_OK);
    struct file f = saved(ix);
    assay_index_free(ix);
    model_clear(&m);
    return f;
}

static void damage_sections(enum assay_index_form form)
{
    struct file f = with_columns(form);
    const size_t sections = ((const struct snapshot_header *)f.bytes)->section_count;
    const struct snapshot_section *table =
        (const struct snapshot_section *)(f.bytes + sizeof(struct snapshot_header));
    uint64_t draw = 1;

    assert_int_equal(verified(&f), ASSAY_OK);
    for (unsigned round = 0; round < 28; round++) {
        const struct snapshot_section *e = &table[round % sections];
        size_t at = e->offset + made_next(&draw) % e->size, end = e->offset + e->size;
        size_t size = round < sections ? 1 : end - at;
        unsigned char *kept = malloc(size);
        assert_non_null(kept);
        memcpy(kept, f.bytes + at, size);
        for (size_t i = 0; i < size; i++)
            f.bytes[at + i] = (unsigned char)~(round < 14 ? f.bytes[at + i] : made_next(&draw));
        assert_int_equal(verified(&f), ASSAY_EDAMAGED);
        search_all(&f);
        memcpy(f.bytes + at, kept, size);
        free(kept);
    }
    assert_int_equal(verified(&f), ASSAY_OK);
    free(f.bytes);
}

static void a_damaged_section_is_seen_by_verify_and_read_within_bounds(void **state)
{
    (void)state;
    damage_sections(ASSAY_INDEX_FAST);
    damage_sections(ASSAY_INDEX_COMPACT);
}

/* Swap two numbers of 4 bytes in a section, with digests that are right. */
static void swapped_is_damaged(struct file *f, enum section section, size_t a, size_t b)
{
    const struct snapshot_section *table =
        (const struct snapshot_section *)(f->bytes + sizeof(struct snapshot_header));
    while (table->section != section)
        table++;
    uint32_t *words = (uint32_t *)(f->bytes + table->offset), kept = words[a];

    assert_true(words[a] != words[b]);
    words[a] = words[b];
    words[b] = kept;
    reseal(f);
    assert_int_equal(opened(f), ASSAY_OK);
    assert_int_equal(verified(f), ASSAY_EDAMAGED);
    search_all(f);
    words[b] = words[a];
    words[a] = kept;
    reseal(f);
}

static void sections_that_disagree_are_damaged_whatever_their_digests_say(void **state)
{
    struct file f = with_columns(ASSAY_INDEX_FAST);

    (void)state;
    swapped_is_damaged(&f, SECTION_ROWS, 1, 9);
    swapped_is_damaged(&f, SECTION_FIRST, 0, 1);
    swapped_is_damaged(&f, SECTION_FIRST, 4, 6);
    swapped_is_damaged(&f, SECTION_FIRST, 5000, 5001);
    swapped_is_damaged(&f, SECTION_DIR, 0, DIR_SIZE - 1);
    swapped_is_damaged(&f, SECTION_DIR, 3000, 60000);
    swapped_is_damaged(&f, SECTION_SYM, 0, 99);
    swapped_is_damaged(&f, SECTION_NUMBER, 0, 99);
    assert_int_equal(verified(&f), ASSAY_OK);
    free(f.bytes);
    f = with_columns(ASSAY_INDEX_COMPACT);
    swapped_is_damaged(&f, SECTION_FIRST, 0, 1);
    swapped_is_damaged(&f, SECTION_DIR, 0, DIR_SIZE - 1);
    swapped_is_damaged(&f, SECTION_DIR, 3000, 60000);
    swapped_is_damaged(&f, SECTION_SYM, 0, 99);
    swapped_is_damaged(&f, SECTION_HIGH, 0, 999);
    swapped_is_damaged(&f, SECTION_LOW, 0, 99);
    ((struct snapshot_header *)f.bytes)->version = 1; /* which had no compact parts */
    reseal(&f);
    assert_int_equal(opened(&f), ASSAY_EDAMAGED);
    free(f.bytes);
}

static void foreign_and_later_files_are_refused_by_name(void **state)
{
    char reason[ASSAY_INDEX_REASON_SIZE];
    struct assay_index *ix = small();
    struct file f = saved(ix);
    struct snapshot_header *h = (struct snapshot_header *)f.bytes;

    (void)state;
    assay_index_free(ix);
    h->version = 3;
    assert_int_equal(snapshot_index(f.bytes, f.size, &ix, reason), ASSAY_EVERSION);
    assert_string_equal(reason, "the index has format 3, this assay reads 1 to 2");
    h->version = 1;
    h->permutation = 9;
    reseal(&f);
    assert_int_equal(opened(&f), ASSAY_EVERSION);
    h->magic[0] = 'B';
    assert_int_equal(snapshot_index(f.bytes, f.size, &ix, reason), ASSAY_EFORMAT);
    assert_string_equal(reason, "this is no index of assay");
    assert_int_equal(assay_index_open("/dev/null", &ix, reason), ASSAY_EFORMAT);
    assert_int_equal(assay_index_open("/nowhere/index", &ix, reason), ASSAY_ENOTFOUND);
    assert_string_equal(reason, "open /nowhere/index: No such file or directory");
    free(f.bytes);
}

static void a_save_that_fails_leaves_the_old_file_and_nothing_beside_it(void **state)
{
    char folder[FOLDER_PATH_SIZE], path[FOLDER_PATH_SIZE + 8], reason[ASSAY_INDEX_REASON_SIZE];
    struct assay_index *ix = small();

    (void)state;
    folder_make(folder);
    (void)snprintf(path, sizeof path, "%s/taken", folder);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(assay_index_save(ix, path, reason), ASSAY_EIO);
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(rmdir(folder), 0); /* empty */
    assert_int_equal(assay_index_save(ix, path, reason), ASSAY_ENOTFOUND);
    assay_index_free(ix);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_vector_is_the_one_written_down),
        cmocka_unit_test(the_compact_vector_is_the_one_written_down),
        cmocka_unit_test(what_is_saved_is_there_when_opened),
        cmocka_unit_test(deletes_in_a_mapped_file_stay_out_of_the_file),
        cmocka_unit_test(each_changed_byte_of_header_and_table_is_refused_when_opened),
        cmocka_unit_test(each_changed_byte_of_all_is_seen_by_verify),
        cmocka_unit_test(a_file_cut_short_anywhere_or_longer_is_refused_when_opened),
        cmocka_unit_test(a_damaged_section_is_seen_by_verify_and_read_within_bounds),
        cmocka_unit_test(sections_that_disagree_are_damaged_whatever_their_digests_say),
        cmocka_unit_test(foreign_and_later_files_are_refused_by_name),
        cmocka_unit_test(a_save_that_fails_leaves_the_old_file_and_nothing_beside_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
