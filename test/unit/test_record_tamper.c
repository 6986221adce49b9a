/* Whatever is changed in the record past the program is found, and the first wrong entry is named
 * by its index and event; on the engine that ASSAY_TEST_DB names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "audit/tile.h"
#include "audit/tree.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/str.h"
#include "record_fixture.h"
#include "store/record.h"

#define ENTRIES 600 /* two full tiles and a partial one */

static int setup_signed(void **state)
{
    (void)record_setup(state);
    struct record_fixture *f = *state;

    for (int i = 0; i < 6; i++) { /* six heads */
        record_write(f, ENTRIES / 6);
        record_advance(f);
    }
    record_verify(f);
    return 0;
}

static void advance_refuses(struct record_fixture *f, const char *text)
{
    enum assay_err rc = audit_advance(db_store(f->db), f->keys, db_folder(f->db), NULL, &f->e);

    assert_int_equal(rc, ASSAY_EDAMAGED);
    if (strstr(f->e.text, text) == NULL)
        fail_msg("expected \"%s\" in: %s", text, f->e.text);
}

static void an_edited_entry_is_named(void **state)
{
    struct record_fixture *f = *state;

    record_sql(f, "UPDATE record SET entry = replace(entry, '\"code\":\"A\"', '\"code\":\"B\"') "
                  "WHERE event = (SELECT event FROM record_seq WHERE seq = 317)");
    record_names(f, 317);
}

static void a_backdated_entry_is_named(void **state)
{
    struct record_fixture *f = *state;

    record_sql(f, "UPDATE record SET entry = replace(entry, '\"t_ms\":17', '\"t_ms\":16') "
                  "WHERE event = (SELECT event FROM record_seq WHERE seq = 0)");
    record_names(f, 0);
}

/* The event of an index, and the statements that give it other bytes with their right leaf. */
static void forge_entry(struct record_fixture *f, size_t index)
{
    char statements[1024];
    char entry[80], hex[33];
    struct tree_hash leaf;

    str_hex(f->events[index].bytes, 16, hex);
    (void)snprintf(entry, sizeof entry, "{\"v\":1,\"event\":\"%s\",\"forged\":1}", hex);
    tree_leaf(entry, strlen(entry), &leaf);
    (void)snprintf(statements, sizeof statements,
                   "UPDATE record SET entry = '%s' WHERE event = %s;"
                   "UPDATE record_seq SET leaf = %s WHERE seq = %zu;",
                   entry, record_blob(f->events[index].bytes, 16), record_blob(leaf.bytes, 32),
                   index);
    record_sql(f, statements);
}

static void an_entry_edited_with_its_leaf_is_named(void **state)
{
    struct record_fixture *f = *state;

    forge_entry(f, 599);
    record_names(f, 599);
}

static void a_deleted_entry_is_named(void **state)
{
    struct record_fixture *f = *state;

    record_sql(f, "DELETE FROM record WHERE event = "
                  "(SELECT event FROM record_seq WHERE seq = 255)");
    record_names(f, 255);
}

static void an_entry_deleted_with_its_index_is_named(void **state)
{
    struct record_fixture *f = *state;

    record_sql(f, "DELETE FROM record WHERE event = "
                  "(SELECT event FROM record_seq WHERE seq = 256);"
                  "DELETE FROM record_seq WHERE seq = 256");
    record_names(f, 256);
}

static void a_deleted_entry_with_the_gap_closed_is_named(void **state)
{
    struct record_fixture *f = *state;

    record_sql(f, "DELETE FROM record WHERE event = "
                  "(SELECT event FROM record_seq WHERE seq = 100);"
                  "DELETE FROM record_seq WHERE seq = 100;"
                  "UPDATE record_seq SET seq = seq + 100000 WHERE seq > 100;"
                  "UPDATE record_seq SET seq = seq - 100001 WHERE seq > 100000");
    record_names(f, 100);
}

static void reordered_entries_are_named(void **state)
{
    struct record_fixture *f = *state;

    record_sql(f, "UPDATE record_seq SET seq = 100000 WHERE seq = 40;"
                  "UPDATE record_seq SET seq = 40 WHERE seq = 570;"
                  "UPDATE record_seq SET seq = 570 WHERE seq = 100000");
    record_names(f, 40);
}

static void an_inserted_entry_is_named(void **state)
{
    struct record_fixture *f = *state;
    const char *entry = "{\"v\":1,\"forged\":1}", *event = record_blob("0123456789abcdef", 16);
    char statements[1024];
    struct tree_hash leaf;

    tree_leaf(entry, strlen(entry), &leaf);
    (void)snprintf(statements, sizeof statements,
                   "UPDATE record_seq SET seq = seq + 100000 WHERE seq >= 300;"
                   "UPDATE record_seq SET seq = seq - 99999 WHERE seq >= 100000;"
                   "INSERT INTO record (event, entry) VALUES (%s, '%s');"
                   "INSERT INTO record_seq (seq, event, leaf) VALUES (300, %s, %s)",
                   event, entry, event, record_blob(leaf.bytes, 32));
    record_sql(f, statements);
    record_names(f, 300);
}

static void a_duplicated_entry_is_named(void **state)
{
    struct record_fixture *f = *state;
    char statements[512];

    (void)snprintf(statements, sizeof statements,
                   "INSERT INTO record (event, entry) SELECT %s, entry FROM record "
                   "WHERE event = (SELECT event FROM record_seq WHERE seq = 5);"
                   "INSERT INTO record_seq (seq, event, leaf) SELECT 600, %s, leaf "
                   "FROM record_seq WHERE seq = 5",
                   record_blob("0123456789abcdef", 16), record_blob("0123456789abcdef", 16));
    record_sql(f, statements);
    record_says(f, "entry 600 (event 30313233343536373839616263646566)");
}

static void an_entry_under_another_event_is_named(void **state)
{
    struct record_fixture *f = *state;
    char statements[512];
    const char *was = record_blob(f->events[450].bytes, 16);
    const char *now = record_blob("0123456789abcdef", 16);

    (void)snprintf(statements, sizeof statements,
                   "UPDATE record SET event = %s WHERE event = %s;"
                   "UPDATE record_seq SET event = %s WHERE event = %s",
                   now, was, now, was);
    record_sql(f, statements);
    record_names(f, 450);
}

static void an_entry_put_in_past_the_program_is_named(void **state)
{
    struct record_fixture *f = *state;
    char statements[512];

    (void)snprintf(statements, sizeof statements,
                   "INSERT INTO record (event, entry) VALUES (%s, '{}')",
                   record_blob("0123456789abcdef", 16));
    record_sql(f, statements);
    record_says(f, "event 30313233343536373839616263646566 was put into the store");
}

static void bytes_behind_an_entry_are_found(void **state)
{
    struct record_fixture *f = *state;

    if (db_engine() != STORE_SQLITE)
        return; /* PostgreSQL keeps no NUL in a text */
    record_sql(f, "UPDATE record SET entry = entry || char(0) || 'more' "
                  "WHERE event = (SELECT event FROM record_seq WHERE seq = 317)");
    record_says(f, "has bytes behind its end");
}

static void a_changed_text_is_named(void **state)
{
    struct record_fixture *f = *state;

    /* Entry 6's sealed text and salt under entry 3. */
    record_sql(f, "UPDATE record_text SET "
                  "salt = (SELECT salt FROM record_text WHERE event = "
                  "(SELECT event FROM record_seq WHERE seq = 6)), "
                  "text_sealed = (SELECT text_sealed FROM record_text WHERE event = "
                  "(SELECT event FROM record_seq WHERE seq = 6)) "
                  "WHERE event = (SELECT event FROM record_seq WHERE seq = 3)");
    record_names(f, 3);
}

static void a_changed_unsigned_entry_is_named(void **state)
{
    struct record_fixture *f = *state;

    /* As if killed between giving indexes and signing. */
    record_write(f, 1);
    record_advance(f);
    record_sql(f, "DELETE FROM record_head WHERE size = 601");
    forge_entry(f, 600);
    record_names(f, 600);
    record_sql(f, "UPDATE record SET entry = 'x' WHERE event = "
                  "(SELECT event FROM record_seq WHERE seq = 600)");
    advance_refuses(f, "entry 600");
}

static void flipped_tile_bytes_are_found(void **state)
{
    struct record_fixture *f = *state;

    record_flip(record_path(f, "tile/0/001"), 32 * 44 + 5);
    record_names(f, 300);
    record_flip(record_path(f, "tile/0/001"), 32 * 44 + 5);
    record_verify(f);
    record_flip(record_path(f, "tile/0/002.p/88"), 0);
    record_names(f, 512);
    record_flip(record_path(f, "tile/0/002.p/88"), 0);
    record_flip(record_path(f, "tile/1/000.p/2"), 40);
    record_says(f, "tile/1/000.p/2 was changed, in the hash over the entries from 256 on");
    advance_refuses(f, "600 entries are not those that were signed");
}

static void flipped_and_cut_bundles_are_found(void **state)
{
    struct record_fixture *f = *state;
    const char *path = record_path(f, "tile/entries/000");
    struct buf b;

    record_flip(path, 300);
    record_names(f, 0);
    record_flip(path, 300);
    record_verify(f);
    buf_init(&b, 1 << 24);
    record_read(path, &b);
    assert_int_equal(fs_replace(path, b.data, b.size - 1, 0600, NULL), ASSAY_OK);
    record_says(f, "entries 0 to 255: tile/entries/000: truncated");
    buf_add_char(&b, 'x');
    assert_int_equal(fs_replace(path, b.data, b.size, 0600, NULL), ASSAY_OK);
    record_says(f, "entries 0 to 255: tile/entries/000: bytes behind its end");
    buf_clear(&b);
}

static void an_edited_checkpoint_is_found(void **state)
{
    struct record_fixture *f = *state;
    const char *path = record_path(f, "checkpoint");
    struct buf b;

    buf_init(&b, 4096);
    record_read(path, &b);
    char *size = strstr(buf_cstr(&b), "\n600\n") == NULL ? NULL : (char *)b.data;
    assert_non_null(size);
    record_flip(path, (size_t)(strstr(buf_cstr(&b), "\n600\n") - size) + 1);
    record_says(f, "audit/checkpoint: the signature of assay/");
    advance_refuses(f, "audit/checkpoint");
    buf_clear(&b);
}

static void an_edited_head_row_is_found(void **state)
{
    struct record_fixture *f = *state;

    record_sql(f, "UPDATE record_head SET size = 301 WHERE size = 300");
    record_says(f, "the store's head of 301 entries: size or root is not what was signed");
}

/* Everything of the record is written anew from a forged store and signed with the real key; only
 * the head outside is out of reach. */
static void a_record_rewritten_and_signed_again_is_found(void **state)
{
    struct record_fixture *f = *state;
    const char *outside = keys_head_path(f->keys);
    struct buf kept;

    buf_init(&kept, 4096);
    record_read(outside, &kept);
    forge_entry(f, 123);
    record_sql(f, "DELETE FROM record_head");
    folder_remove(record_path(f, ""));
    assert_int_equal(unlink(outside), 0);
    record_advance(f);
    assert_int_equal(fs_replace(outside, kept.data, kept.size, 0600, NULL), ASSAY_OK);
    record_says(f, "rewritten since the head of 600 entries was signed");
    record_write(f, 1);
    advance_refuses(f, "first 600 entries are not those that were signed");
    buf_clear(&kept);
}

/* As above, but the heads signed before were left in the store: the range is named. */
static void a_rewrite_is_placed_between_two_heads(void **state)
{
    struct record_fixture *f = *state;
    const char *outside = keys_head_path(f->keys);

    forge_entry(f, 299);
    record_sql(f, "DELETE FROM record_head WHERE size = 600");
    folder_remove(record_path(f, ""));
    assert_int_equal(unlink(outside), 0);
    /* With the head of 500 entries still in the store the sequencer refuses too. */
    advance_refuses(f, "first 500 entries are not those that were signed");
}

static void a_store_put_back_is_noticed_with_both_sizes(void **state)
{
    struct record_fixture *f = *state;

    record_sql(f, "DELETE FROM record WHERE event IN "
                  "(SELECT event FROM record_seq WHERE seq >= 500);"
                  "DELETE FROM record_text WHERE event IN "
                  "(SELECT event FROM record_seq WHERE seq >= 500);"
                  "DELETE FROM record_seq WHERE seq >= 500;"
                  "DELETE FROM record_head WHERE size > 500");
    advance_refuses(f, "the store has 500 entries, but 600 were signed");
    record_names(f, 500); /* the bundle still knows the first missing one */
}

/* Store and files as they were at 600 entries, the head outside as it was at 601. */
static void put_back(struct record_fixture *f)
{
    const char *outside = keys_head_path(f->keys);
    struct buf newest;

    buf_init(&newest, 4096);
    record_write(f, 1);
    record_advance(f);
    record_read(outside, &newest);
    record_sql(f, "DELETE FROM record_text WHERE event IN "
                  "(SELECT event FROM record_seq WHERE seq >= 600);"
                  "DELETE FROM record WHERE event IN "
                  "(SELECT event FROM record_seq WHERE seq >= 600);"
                  "DELETE FROM record_seq WHERE seq >= 600;"
                  "DELETE FROM record_head WHERE size > 600");
    folder_remove(record_path(f, ""));
    assert_int_equal(unlink(outside), 0);
    f->count = 600;
    record_advance(f);
    record_verify(f);
    assert_int_equal(fs_replace(outside, newest.data, newest.size, 0600, NULL), ASSAY_OK);
    buf_clear(&newest);
}

static void a_store_and_files_put_back_together_are_noticed(void **state)
{
    struct record_fixture *f = *state;

    put_back(f);
    record_says(f, "it has 600 entries, but 601 were signed");
    record_says(f, "Entries 600 to 600 are missing");
    advance_refuses(f, "the store has 600 entries, but 601 were signed");
    /* The other of two servers that now goes on from there must not sign either. */
    record_write(f, 5);
    advance_refuses(f, "the store has 600 entries, but 601 were signed");
}

static void an_accepted_loss_names_both_heads_and_the_record_goes_on(void **state)
{
    struct record_fixture *f = *state;
    struct audit_loss loss = {7, "the disk broke"};
    struct audit_gap gap;
    char text[AUDIT_GAP_SIZE], kept[600];

    assert_int_equal(audit_gap(db_store(f->db), f->keys, db_folder(f->db), &gap, &f->e), ASSAY_OK);
    assert_int_equal(gap.want, gap.have);
    assert_int_equal(
        audit_accept_loss(db_store(f->db), f->keys, db_folder(f->db), &loss, &gap, &f->e),
        ASSAY_ESTATE);
    put_back(f);
    record_write(f, 5); /* recorded before anybody noticed; behind the loss */
    assert_int_equal(audit_gap(db_store(f->db), f->keys, db_folder(f->db), &gap, &f->e), ASSAY_OK);
    assert_int_equal(gap.have, 600);
    assert_int_equal(gap.want, 601);
    audit_gap_text(&gap, text);
    assert_non_null(strstr(text, "entries 600 to 600 (1) are missing"));
    if (audit_accept_loss(db_store(f->db), f->keys, db_folder(f->db), &loss, &gap, &f->e) !=
        ASSAY_OK)
        fail_msg("%s", f->e.text);
    record_verify(f);
    assert_int_equal(f->report.head.size, 606); /* the five, and what says so */
    (void)snprintf(kept, sizeof kept, "%s.lost-601", keys_head_path(f->keys));
    assert_int_equal(access(kept, R_OK), 0);
    assert_int_equal(audit_gap(db_store(f->db), f->keys, db_folder(f->db), &gap, &f->e), ASSAY_OK);
    assert_int_equal(gap.want, gap.have);
}

static void a_missing_head_outside_is_found(void **state)
{
    struct record_fixture *f = *state;

    assert_int_equal(unlink(keys_head_path(f->keys)), 0);
    record_says(f, "is missing, so nothing vouches for the 600 entries");
}

int main(void)
{
#define TAMPER_TEST(f) cmocka_unit_test_setup_teardown(f, setup_signed, record_teardown)
    const struct CMUnitTest tests[] = {
        TAMPER_TEST(an_edited_entry_is_named),
        TAMPER_TEST(a_backdated_entry_is_named),
        TAMPER_TEST(an_entry_edited_with_its_leaf_is_named),
        TAMPER_TEST(a_deleted_entry_is_named),
        TAMPER_TEST(an_entry_deleted_with_its_index_is_named),
        TAMPER_TEST(a_deleted_entry_with_the_gap_closed_is_named),
        TAMPER_TEST(reordered_entries_are_named),
        TAMPER_TEST(an_inserted_entry_is_named),
        TAMPER_TEST(a_duplicated_entry_is_named),
        TAMPER_TEST(an_entry_under_another_event_is_named),
        TAMPER_TEST(an_entry_put_in_past_the_program_is_named),
        TAMPER_TEST(bytes_behind_an_entry_are_found),
        TAMPER_TEST(a_changed_text_is_named),
        TAMPER_TEST(a_changed_unsigned_entry_is_named),
        TAMPER_TEST(flipped_tile_bytes_are_found),
        TAMPER_TEST(flipped_and_cut_bundles_are_found),
        TAMPER_TEST(an_edited_checkpoint_is_found),
        TAMPER_TEST(an_edited_head_row_is_found),
        TAMPER_TEST(a_record_rewritten_and_signed_again_is_found),
        TAMPER_TEST(a_rewrite_is_placed_between_two_heads),
        TAMPER_TEST(a_store_put_back_is_noticed_with_both_sizes),
        TAMPER_TEST(a_store_and_files_put_back_together_are_noticed),
        TAMPER_TEST(an_accepted_loss_names_both_heads_and_the_record_goes_on),
        TAMPER_TEST(a_missing_head_outside_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
