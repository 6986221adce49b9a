/* The record from entry to signed head: what is written, signed and proved, on the engine that
 * ASSAY_TEST_DB names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "audit/disk.h"
#include "audit/heads.h"
#include "audit/proof.h"
#include "audit/tile.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "record_fixture.h"
#include "store/record.h"

struct one {
    const struct audit_entry *entry;
    struct audit_event_id id;
    int64_t seq;
    struct buf text;
};

static enum assay_err write_one(struct tx *tx, void *ctx, struct err *e)
{
    struct one *o = ctx;

    return audit_write(tx, o->entry, &o->id, e);
}

static enum assay_err find_one(struct tx *tx, void *ctx, struct err *e)
{
    struct one *o = ctx;

    buf_reset(&o->text);
    return record_find(tx, o->id.bytes, &o->seq, &o->text, e);
}

/* What lies between the value of one key and the next in the fixed order. */
static void an_entry_has_its_keys_in_fixed_order(void **state)
{
    static const char *const keys[] = {"v",       "event",   "t_ms",     "mono_ms", "boot",
                                       "actor",   "role",    "session",  "action",  "objects",
                                       "purpose", "outcome", "software", "data",    "commit"};
    struct record_fixture *f = *state;
    struct audit_entry entry = {
        .action = AUDIT_TASK_ESCALATED,
        .keys = f->keys,
        .actor = {.staff_id = 12, .role = "assessor", .session_id = 34, .workstation = "d\"5"},
        .objects = {{"task", 56}, {"item", 78}},
        .purpose = "grading",
        .data = " {\"a\" : [1, \"x\"], \"b\" : -0 } ",
        .texts = {{"note", "a secret note"}, {"path", NULL}},
    };
    struct one o = {.entry = &entry};
    struct arena *a = arena_new();
    struct json *j;
    size_t i = 0;

    buf_init(&o.text, TILE_ENTRY_MAX);
    assert_int_equal(store_write(db_store(f->db), write_one, &o, &f->e), ASSAY_OK);
    assert_int_equal(store_read(db_store(f->db), find_one, &o, &f->e), ASSAY_OK);
    assert_int_equal(o.seq, -1);
    assert_null(strchr(buf_cstr(&o.text), '\n'));
    assert_null(strstr(buf_cstr(&o.text), "secret"));
    assert_int_equal(json_parse(a, o.text.data, o.text.size, &j, NULL), ASSAY_OK);
    for (const struct json *m = j->first; m != NULL; m = m->next, i++)
        assert_string_equal(m->key, keys[i]);
    assert_int_equal(i, sizeof keys / sizeof keys[0]);
    assert_string_equal(json_get(j, "actor")->text, "12");
    assert_string_equal(json_get(j, "session")->text, "34");
    assert_string_equal(json_get(j, "action")->text, "task.escalated");
    assert_string_equal(json_get(j, "objects")->first->next->text, "item:78");
    assert_non_null(strstr(buf_cstr(&o.text),
                           "\"data\":{\"workstation\":\"d\\\"5\",\"a\":[1,\"x\"],\"b\":0},"));
    assert_int_equal(json_get(j, "commit")->size, 1);
    assert_int_equal(json_get(json_get(j, "commit"), "note")->size, 64);
    buf_clear(&o.text);
    arena_free(a);
}

static void an_actor_without_a_person_is_its_role(void **state)
{
    struct record_fixture *f = *state;
    struct audit_entry entry = {.action = AUDIT_SERVER_STARTED, .actor = {.role = "system"}};
    struct one o = {.entry = &entry};

    buf_init(&o.text, TILE_ENTRY_MAX);
    assert_int_equal(store_write(db_store(f->db), write_one, &o, &f->e), ASSAY_OK);
    assert_int_equal(store_read(db_store(f->db), find_one, &o, &f->e), ASSAY_OK);
    assert_non_null(strstr(buf_cstr(&o.text),
                           "\"actor\":\"system\",\"role\":\"system\",\"session\":\"none\","));
    assert_non_null(strstr(buf_cstr(&o.text), "\"objects\":[],\"purpose\":\"none\",\"outcome\":"
                                              "\"done\","));
    assert_non_null(strstr(buf_cstr(&o.text), "\"data\":{},\"commit\":{}}"));
    buf_clear(&o.text);
}

static enum assay_err act_then_entry(struct tx *tx, void *ctx, struct err *e)
{
    const struct audit_entry *entry = ctx;
    struct audit_entry good = {.action = AUDIT_SIGN_IN, .actor = {.role = "system"}};
    enum assay_err rc = audit_write(tx, &good, NULL, e);

    return rc != ASSAY_OK ? rc : audit_write(tx, entry, NULL, e);
}

static void an_entry_that_cannot_be_written_undoes_its_act(void **state)
{
    static const char *const bad[] = {"[]",           "{\"a\":1.5}",         "{\"a\":true}",
                                      "{\"a\":{}}",   "{\"a\":[[1]]}",       "{\"a\":1,\"a\":2}",
                                      "{\"a\":null}", "{\"workstation\":1}", "{"};
    struct record_fixture *f = *state;
    struct audit_entry entry = {.action = AUDIT_SIGN_IN, .actor = {.role = "system"}};
    char *large = mem_zalloc(70000);

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        entry.data = bad[i];
        assert_int_equal(store_write(db_store(f->db), act_then_entry, &entry, &f->e),
                         ASSAY_EFORMAT);
    }
    memset(large, 'x', 69990);
    memcpy(large, "{\"a\":\"", 6);
    memcpy(large + 69988, "\"}", 2);
    entry.data = large;
    assert_int_equal(store_write(db_store(f->db), act_then_entry, &entry, &f->e), ASSAY_ELIMIT);
    mem_free(large);
    record_advance(f);
    record_verify(f);
    assert_int_equal(f->report.entries, 0);
}

static void an_empty_record_verifies_and_signs_nothing(void **state)
{
    struct record_fixture *f = *state;
    struct buf b;

    buf_init(&b, 4096);
    record_advance(f);
    record_verify(f);
    assert_int_equal(audit_checkpoint(db_folder(f->db), &b, &f->e), ASSAY_ENOTFOUND);
    assert_int_equal(b.size, 0);
    buf_clear(&b);
}

static void each_advance_signs_what_was_written(void **state)
{
    static const size_t steps[] = {1, 1, 253, 1, 1, 300, 0, 510};
    struct record_fixture *f = *state;
    struct audit_head head;

    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        record_write(f, steps[i]);
        record_verify(f); /* those not signed yet do not trouble it */
        assert_int_equal(f->report.entries, f->count);
        assert_int_equal(audit_advance(db_store(f->db), f->keys, db_folder(f->db), &head, &f->e),
                         ASSAY_OK);
        assert_int_equal(head.size, f->count);
        record_verify(f);
        assert_int_equal(f->report.sequenced, f->count);
        assert_int_equal(f->report.head.size, f->count);
        assert_memory_equal(f->report.head.root, head.root, sizeof head.root);
        assert_int_equal(f->report.texts_erased, 0);
    }
}

static void heads_lie_in_three_places_and_files_in_the_layout(void **state)
{
    struct record_fixture *f = *state;
    struct buf file, outside;

    record_write(f, 200);
    record_advance(f);
    record_write(f, 100);
    record_advance(f);
    buf_init(&file, 4096);
    buf_init(&outside, 4096);
    assert_int_equal(audit_checkpoint(db_folder(f->db), &file, &f->e), ASSAY_OK);
    record_read(keys_head_path(f->keys), &outside);
    assert_int_equal(file.size, outside.size);
    assert_memory_equal(file.data, outside.data, file.size);
    assert_true(str_starts(buf_cstr(&file), "assay/"));
    assert_int_equal(access(record_path(f, "tile/0/000"), F_OK), 0);
    assert_int_equal(access(record_path(f, "tile/0/001.p/44"), F_OK), 0);
    assert_int_equal(access(record_path(f, "tile/1/000.p/1"), F_OK), 0);
    assert_int_equal(access(record_path(f, "tile/entries/000"), F_OK), 0);
    assert_int_equal(access(record_path(f, "tile/entries/001.p/44"), F_OK), 0);
    /* Its full one stands: the partial one is of no more use. */
    assert_int_not_equal(access(record_path(f, "tile/0/000.p"), F_OK), 0);
    buf_clear(&file);
    buf_clear(&outside);
}

static void any_entry_is_proved_to_a_stranger_and_no_other(void **state)
{
    static const size_t picks[] = {0, 1, 255, 256, 299};
    struct record_fixture *f = *state;
    uint8_t key[KEYS_PUBLIC_BYTES];
    struct audit_head head;
    struct one o = {0};
    struct buf b;

    record_write(f, 300);
    record_advance(f);
    keys_public(f->keys, KEYS_SIGN_RECORD, key);
    buf_init(&b, 1 << 16);
    buf_init(&o.text, TILE_ENTRY_MAX);
    for (size_t i = 0; i < sizeof picks / sizeof picks[0]; i++) {
        o.id = f->events[picks[i]];
        assert_int_equal(store_read(db_store(f->db), find_one, &o, &f->e), ASSAY_OK);
        buf_reset(&b);
        assert_int_equal(audit_prove(db_store(f->db), db_folder(f->db), &o.id, &b, &f->e),
                         ASSAY_OK);
        assert_int_equal(
            audit_proof_verify(buf_cstr(&b), o.text.data, o.text.size, key, &head, &f->e),
            ASSAY_OK);
        assert_int_equal(head.size, 300);
        for (size_t at = 0; at < b.size; at += 7) { /* any changed byte */
            b.data[at] ^= 1;
            assert_int_not_equal(
                audit_proof_verify(buf_cstr(&b), o.text.data, o.text.size, key, &head, &f->e),
                ASSAY_OK);
            b.data[at] ^= 1;
        }
        o.text.data[20] ^= 1;
        assert_int_equal(
            audit_proof_verify(buf_cstr(&b), o.text.data, o.text.size, key, &head, &f->e),
            ASSAY_EDAMAGED);
    }
    key[0] ^= 1;
    o.text.data[20] ^= 1;
    assert_int_equal(audit_proof_verify(buf_cstr(&b), o.text.data, o.text.size, key, &head, &f->e),
                     ASSAY_EDAMAGED);
    record_write(f, 1);
    assert_int_equal(audit_prove(db_store(f->db), db_folder(f->db), &f->events[300], &b, &f->e),
                     ASSAY_ENOTFOUND);
    buf_clear(&o.text);
    buf_clear(&b);
}

static void a_first_proof_stays_the_same_while_the_record_grows(void **state)
{
    struct record_fixture *f = *state;
    uint8_t key[KEYS_PUBLIC_BYTES];
    struct buf entry, proof, entry_again, proof_again;
    struct audit_head head;

    buf_init(&entry, TILE_ENTRY_MAX);
    buf_init(&proof, 65536);
    buf_init(&entry_again, TILE_ENTRY_MAX);
    buf_init(&proof_again, 65536);
    keys_public(f->keys, KEYS_SIGN_RECORD, key);
    record_write(f, 200);
    assert_int_equal(audit_prove_first(db_store(f->db), db_folder(f->db), &f->events[150], &entry,
                                       &proof, &f->e),
                     ASSAY_ENOTFOUND);
    record_advance(f);
    assert_int_equal(audit_prove_first(db_store(f->db), db_folder(f->db), &f->events[150], &entry,
                                       &proof, &f->e),
                     ASSAY_OK);
    assert_int_equal(
        audit_proof_verify(buf_cstr(&proof), entry.data, entry.size, key, &head, &f->e), ASSAY_OK);
    assert_int_equal(head.size, 200);
    record_write(f, 400); /* the partial tiles that the head was over are gone with them */
    record_advance(f);
    assert_int_equal(audit_prove_first(db_store(f->db), db_folder(f->db), &f->events[150],
                                       &entry_again, &proof_again, &f->e),
                     ASSAY_OK);
    assert_string_equal(buf_cstr(&entry_again), buf_cstr(&entry));
    assert_string_equal(buf_cstr(&proof_again), buf_cstr(&proof));
    buf_clear(&entry);
    buf_clear(&proof);
    buf_clear(&entry_again);
    buf_clear(&proof_again);
}

static void erased_texts_leave_the_record_whole(void **state)
{
    struct record_fixture *f = *state;

    record_write(f, 9); /* three of them with a text */
    record_advance(f);
    record_sql(f, "DELETE FROM record_text WHERE event = "
                  "(SELECT event FROM record_seq WHERE seq = 3)");
    record_verify(f);
    assert_int_equal(f->report.texts_erased, 1);
}

static void lost_tiles_are_made_again_from_the_store(void **state)
{
    struct record_fixture *f = *state;
    struct buf before, after;

    record_write(f, 600);
    record_advance(f);
    buf_init(&before, TILE_BYTES);
    buf_init(&after, TILE_BYTES);
    record_read(record_path(f, "tile/0/001"), &before);
    folder_remove(record_path(f, ""));
    record_says(f, "audit/checkpoint is missing");
    record_write(f, 10);
    record_advance(f);
    record_verify(f);
    record_read(record_path(f, "tile/0/001"), &after);
    assert_memory_equal(before.data, after.data, TILE_BYTES);
    buf_clear(&before);
    buf_clear(&after);
}

static enum assay_err take_lease(struct tx *tx, void *ctx, struct err *e)
{
    return record_lease_take(tx, ctx, e);
}

static void only_one_holds_the_lease(void **state)
{
    struct record_fixture *f = *state;
    struct record_lease a = {.holder = {1}, .now_ms = 1000, .until_ms = 2000, .far_ms = 60000};
    struct record_lease b = {.holder = {2}, .now_ms = 1500, .until_ms = 2500, .far_ms = 60000};
    struct store *s = db_store(f->db);

    assert_int_equal(store_write(s, take_lease, &a, &f->e), ASSAY_OK);
    assert_int_equal(store_write(s, take_lease, &b, &f->e), ASSAY_EBUSY);
    assert_int_equal(store_write(s, take_lease, &a, &f->e), ASSAY_OK);
    b.now_ms = 2000; /* it ran out */
    assert_int_equal(store_write(s, take_lease, &b, &f->e), ASSAY_OK);
    assert_int_equal(store_write(s, take_lease, &a, &f->e), ASSAY_EBUSY);
    a.now_ms = -100000; /* the clock was set back far: nobody waits for it to come round */
    assert_int_equal(store_write(s, take_lease, &a, &f->e), ASSAY_OK);
}

int main(void)
{
#define RECORD_TEST(f) cmocka_unit_test_setup_teardown(f, record_setup, record_teardown)
    const struct CMUnitTest tests[] = {
        RECORD_TEST(an_entry_has_its_keys_in_fixed_order),
        RECORD_TEST(an_actor_without_a_person_is_its_role),
        RECORD_TEST(an_entry_that_cannot_be_written_undoes_its_act),
        RECORD_TEST(an_empty_record_verifies_and_signs_nothing),
        RECORD_TEST(each_advance_signs_what_was_written),
        RECORD_TEST(heads_lie_in_three_places_and_files_in_the_layout),
        RECORD_TEST(any_entry_is_proved_to_a_stranger_and_no_other),
        RECORD_TEST(a_first_proof_stays_the_same_while_the_record_grows),
        RECORD_TEST(erased_texts_leave_the_record_whole),
        RECORD_TEST(lost_tiles_are_made_again_from_the_store),
        RECORD_TEST(only_one_holds_the_lease),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
