"""What the database's owner or a thief of the folder may do to the record: audit verify says what.

One workspace is made for all; each test spoils a copy of it by SQL, triggers dropped, or in DATA.
"""
import re
import shutil
import unittest

from workspace import Workspace, WorkspaceCase, main

TABLES = ("record", "record_seq", "record_head")


class Tamper(WorkspaceCase):
    @classmethod
    def setUpClass(cls):
        cls.whole = Workspace("init", "--training")
        cls.addClassCleanup(cls.whole.close)
        cls.whole.ok("import", cls.whole.pictures("in", range(100)))
        cls.whole.person("amy", "assessor")
        assert cls.whole.stats()["record_size"] > 256 # more than one tile

    def setUp(self):
        self.w = Workspace()
        self.addCleanup(self.w.close)
        shutil.copytree(self.whole.data, self.w.data)
        shutil.copytree(self.whole.top / "config", self.w.top / "config")
        self.assertIn("good: ", self.w.verified())

    def sql(self, *statements):
        """As the owner of the database, who can drop what forbids it."""
        base = self.w.database()
        for (name,) in base.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'"
                                    ).fetchall():
            base.execute(f"DROP TRIGGER {name}")
        base.execute("PRAGMA foreign_keys = OFF")
        changed = sum(base.execute(s).rowcount for s in statements)
        base.commit()
        base.close()
        return changed

    def caught(self, *words):
        done = self.refused(3, words, "audit", "verify")
        self.assertEqual(done.out, b"")
        return done.err.decode()

    def event(self, seq):
        return self.w.query(f"SELECT lower(hex(event)) FROM record_seq WHERE seq = {seq}")[0][0]

    def test_the_triggers_forbid_what_is_not_meant(self):
        base = self.w.database()
        self.addCleanup(base.close)
        for table in TABLES:
            for change in (f"DELETE FROM {table}", f"UPDATE {table} SET rowid = rowid + 1"):
                with self.assertRaises(Exception, msg=change):
                    base.execute(change)

    def test_an_edited_entry_is_named(self):
        for seq in (3, 255, 256, 280):
            with self.subTest(seq):
                event = self.event(seq)
                self.assertEqual(self.sql("UPDATE record SET entry = replace(entry, '\"v\":1', "
                                          "'\"v\":2') WHERE event = (SELECT event FROM record_seq "
                                          f"WHERE seq = {seq})"), 1)
                self.caught(f"entry {seq} ", event, "was changed in the store (record)")
                self.sql("UPDATE record SET entry = replace(entry, '\"v\":2', '\"v\":1')")
                self.w.verified()

    def test_an_edited_entry_with_its_leaf_made_anew_is_named(self):
        import hashlib

        (entry,), = self.w.query("SELECT entry FROM record WHERE event = "
                                 "(SELECT event FROM record_seq WHERE seq = 7)")
        forged = re.sub(r'"t_ms":\d', '"t_ms":9', entry)
        self.assertNotEqual(forged, entry)
        leaf = hashlib.sha256(b"\0" + forged.encode()).hexdigest()
        event = self.event(7)
        quoted = forged.replace("'", "''")
        self.sql(f"UPDATE record SET entry = '{quoted}' WHERE event = x'{event}'",
                 f"UPDATE record_seq SET leaf = x'{leaf}' WHERE seq = 7")
        self.caught("entry 7 ", event)

    def test_a_deleted_entry_is_named(self):
        event = self.event(40)
        self.sql(f"DELETE FROM record WHERE event = x'{event}'")
        self.caught("entry 40 ", event, "was deleted from the store (record)")

    def test_an_entry_deleted_with_its_index_is_named(self):
        event = self.event(41)
        self.sql("DELETE FROM record_seq WHERE seq = 41",
                 f"DELETE FROM record WHERE event = x'{event}'")
        self.caught("entry 41 ", event)

    def test_deleted_entries_with_the_gap_closed_are_named(self):
        self.close_gap(41)
        self.caught("entry 41 ")

    def close_gap(self, seq):
        self.sql(f"DELETE FROM record_seq WHERE seq = {seq}", "CREATE TABLE moved AS SELECT "
                 "seq - 1 AS seq, event, leaf FROM record_seq WHERE seq > " + str(seq),
                 f"DELETE FROM record_seq WHERE seq > {seq}",
                 "INSERT INTO record_seq SELECT seq, event, leaf FROM moved", "DROP TABLE moved")

    def test_the_newest_entries_cut_off_are_missed(self):
        size = self.w.stats()["record_size"]
        self.sql(f"DELETE FROM record_seq WHERE seq >= {size - 3}")
        self.caught(str(size - 3))

    def test_two_entries_in_each_others_place_are_named(self):
        a, b = self.event(10), self.event(11)
        self.sql(f"CREATE TABLE two AS SELECT 21 - seq AS seq, event, leaf FROM record_seq "
                 "WHERE seq IN (10, 11)", "DELETE FROM record_seq WHERE seq IN (10, 11)",
                 "INSERT INTO record_seq SELECT * FROM two", "DROP TABLE two")
        self.assertEqual((self.event(11), self.event(10)), (a, b))
        self.caught("entry 10 ")

    def test_an_entry_put_in_is_named(self):
        event = "ab" * 16
        (entry,), = self.w.query("SELECT entry FROM record WHERE event = "
                                 "(SELECT event FROM record_seq WHERE seq = 5)")
        self.sql(f"INSERT INTO record VALUES (x'{event}', "
                 f"'{entry.replace(self.event(5), event)}')")
        self.caught(event)

    def test_a_changed_head_is_named(self):
        self.sql("UPDATE record_head SET root = x'" + "11" * 32 + "' WHERE size = "
                 "(SELECT max(size) FROM record_head)")
        self.caught("head")

    def tiles(self, pattern):
        found = sorted(p for p in (self.w.data / "audit").rglob(pattern) if p.is_file())
        self.assertTrue(found, pattern)
        return found

    def flip(self, path, at):
        content = bytearray(path.read_bytes())
        content[at] ^= 1
        path.chmod(0o600)
        path.write_bytes(content)

    def test_a_flipped_bit_in_any_tile_is_named(self):
        tiles = [p for p in (self.w.data / "audit").rglob("*") if p.is_file() and "tile" in str(p)]
        full = [p for p in tiles if not p.parent.name.endswith(".p")]
        newest = {}
        for p in tiles:
            if p.parent.name.endswith(".p"):
                newest[p.parent] = max(newest.get(p.parent, p), p, key=lambda q: int(q.name))
        self.assertGreaterEqual(len(full), 2)
        for path in full + list(newest.values()):
            with self.subTest(path.relative_to(self.w.data)):
                self.flip(path, 20)
                self.caught("record: ")
                self.flip(path, 20)
                self.w.verified()

    def test_a_missing_tile_is_named(self):
        path = next(p for p in self.tiles("000") if "entries" not in str(p))
        path.unlink()
        self.caught("tile", "000")

    def test_a_checkpoint_that_is_replaced_is_caught(self):
        other = Workspace("init", "--training")
        self.addCleanup(other.close)
        path = self.w.data / "audit/checkpoint"
        kept = path.read_bytes()
        for content in ((other.data / "audit/checkpoint").read_bytes(), b"", b"assay/x\n1\n",
                        kept[:-5] + b"AAAA\n", kept.replace(b"\n", b"\r\n")):
            path.chmod(0o600)
            path.write_bytes(content)
            self.caught("checkpoint")
        path.unlink() # it is made again from the store's own head
        self.w.ok("user", "list")
        self.w.person("ben", "auditor", authorised=False)
        self.w.verified()
        self.assertTrue(path.exists())

    def test_an_older_state_of_the_whole_folder_is_caught(self):
        old = self.w.top / "old"
        shutil.copytree(self.w.data, old)
        self.w.ok("import", self.w.pictures("more", range(200, 203)))
        before = self.w.stats()["record_size"]
        shutil.rmtree(self.w.data)
        old.rename(self.w.data)
        said = self.caught("backup")
        self.assertIn(str(before), said)

    def test_a_database_of_an_older_state_is_caught(self):
        old = self.w.top / "assay.db"
        base = self.w.database()
        base.execute("VACUUM INTO ?", (str(old),))
        base.close()
        self.w.ok("import", self.w.pictures("more", range(200, 203)))
        for name in ("assay.db-wal", "assay.db-shm"):
            (self.w.data / name).unlink(missing_ok=True)
        shutil.copy(old, self.w.data / "assay.db")
        self.caught("record: ")

    def test_the_head_outside_is_missed(self):
        head = next((self.w.top / "config/assay").glob("*.head"))
        head.unlink()
        self.caught(str(head), "missing")

    def test_the_vault_check_names_a_flipped_bit_and_a_missing_blob(self):
        blobs = sorted((p for p in (self.w.data / "vault").rglob("*") if p.is_file()),
                       key=lambda p: p.stat().st_size)
        self.assertIn("good: ", self.w.ok("vault", "check", "--read-data").text())
        blob = blobs[-1]
        self.flip(blob, blob.stat().st_size // 2)
        self.w.ok("vault", "check")
        self.refused(3, [blob.name[:8], "bad: ", "1 damaged"], "vault", "check", "--read-data")
        self.flip(blob, blob.stat().st_size // 2)
        self.flip(blob, 0)
        self.refused(3, [blob.name[:8]], "vault", "check")
        self.flip(blob, 0)
        blob.rename(self.w.top / "taken")
        self.refused(3, [blob.name[:8], "1 damaged"], "vault", "check")
        (self.w.top / "taken").rename(blob)
        with open(blob, "ab") as file:
            file.write(b"x")
        self.refused(3, [blob.name[:8]], "vault", "check")
        self.w.verified()


if __name__ == "__main__":
    main()
