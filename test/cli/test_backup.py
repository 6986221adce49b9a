"""Backups: made beside a busy server, whole or not there, restored whole; losses are noticed.

With ASSAY_TEST_URL in the environment the store is that PostgreSQL, and restored to a database of
its own.
"""
import itertools
import json
import os
import shutil
import subprocess
import threading
import time
import unittest
from pathlib import Path

import workspace
from workspace import Workspace, main, wait_for

URL = os.environ.get("ASSAY_TEST_URL")
SQLITE = unittest.skipIf(URL, "of SQLite's files")
numbers = itertools.count(1)
GRADE = {"code": "L1", "tags": ["season:summer", "light:day"]}


def other_database(name):
    """An empty PostgreSQL database beside the test's own."""
    name = f"{name}_{next(numbers)}"
    subprocess.run(["psql", "-q", URL, "-c", f"CREATE DATABASE {name}"], check=True,
                   capture_output=True)
    return URL.replace("/postgres?", f"/{name}?")


class Case(unittest.TestCase):
    def setUp(self):
        self.url = other_database("live") if URL else None
        self.w = Workspace("init", "--training", db=self.url)
        self.addCleanup(self.w.close)
        self.dir = self.w.top / "backups"
        for name, roles in (("amy", "assessor"), ("kim", "lead,auditor"), ("joe", "admin")):
            self.w.person(name, roles, authorised=name == "amy")
        self.w.ok("import", "--batch", "one", self.w.pictures("in", range(6)))

    def backup(self):
        """Its folder."""
        out = self.w.ok("backup", self.dir).text()
        return Path(out.split(":")[0].removeprefix("backup "))

    def restore(self, *options, name="new", status=0):
        """A workspace of the same site key with what the backup holds."""
        new = Workspace(top=self.w.top, db=other_database(name) if URL else None)
        self.addCleanup(new.close)
        new.data = self.w.top / name
        new.env["ASSAY_DATA"] = str(new.data)
        done = new.run("restore", *(["--db", new.env["ASSAY_DB"]] if URL else []), *options,
                       self.dir)
        self.assertEqual(done.status, status, done.err)
        new.said = done.err.decode()
        return new

    def grade(self, server, count):
        amy = server.client("amy")
        amy.good("POST", "/api/v1/shift")
        for _ in range(count):
            lease = amy.lease()[0]
            amy.good("POST", "/api/v1/decisions", {"lease": lease["lease"], **GRADE},
                     once="grade-" + lease["lease"])
        return amy


class Restore(Case):
    def test_what_was_backed_up_while_others_grade_is_restored_and_goes_on(self):
        server = self.w.serve()
        amy = self.grade(server, 1)
        slowest, over = [], threading.Event()

        def work():
            while not over.is_set():
                began = time.monotonic()
                amy.good("GET", "/api/v1/stats")
                amy.good("POST", "/api/v1/shift/check")
                slowest.append(time.monotonic() - began)

        thread = threading.Thread(target=work)
        thread.start()
        folder = self.backup()
        over.set()
        thread.join()
        self.assertLess(max(slowest), 20)
        self.assertEqual(server.stop(), 0)
        self.assertIn("good: ", self.w.ok("backup", "verify", "--key", self.w.data /
                                          "keys/release.minisign.pub", self.dir).text())
        counts = json.loads((folder / "manifest.json").read_text())["counts"]
        # The head outside goes to where the restored state was, as after a loss nobody knows of.
        for head in (self.w.top / "config/assay").glob("*.head"):
            head.unlink()
        new = self.restore()
        stats = new.stats()
        self.assertEqual(stats["decisions"], counts["decisions"])
        self.assertEqual(stats["items"], 6)
        self.assertIn("good: ", new.verified())
        self.assertIn("0 damaged, 0 named by no row",
                      new.ok("vault", "check", "--read-data").text())
        self.assertEqual(self.w.run("user", "list").out, new.run("user", "list").out)
        server = new.serve()
        self.grade(server, 2)
        self.assertEqual(server.stop(), 0)
        self.assertEqual(new.stats()["decisions"], counts["decisions"] + 2)
        self.assertIn("good: ", new.verified())

    def test_the_backup_needs_none_of_our_programs_to_be_checked(self):
        folder = self.backup()
        lines = """awk '{print $1 "  " ($3 ~ /^vault/ ? "../" : "") $3}' files"""
        done = subprocess.run(["sh", "-c", lines + " | sha256sum -c --quiet"], cwd=folder,
                              capture_output=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        key = self.w.data / "keys/release.minisign.pub"
        done = subprocess.run(["minisign", "-V", "-q", "-p", key, "-m", folder / "manifest.json"],
                              capture_output=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual([p for p in self.dir.rglob("*") if p.suffix in (".key", ".head")], [],
                         "neither the site key nor the head outside is in it")

    def test_a_later_backup_copies_only_what_is_new(self):
        first = self.backup()
        blobs = {p: p.stat().st_ino for p in (self.dir / "vault").rglob("*") if p.is_file()
                 and p.name != "list"}
        self.w.ok("import", "--batch", "two", self.w.pictures("more", range(20, 22)))
        out = self.w.ok("backup", self.dir).text()
        self.assertIn("of which 14 (", out)
        for path, inode in blobs.items():
            self.assertEqual(path.stat().st_ino, inode)
        self.assertIn("good: ", self.w.ok("backup", "verify", "--backup", first.name, self.dir
                                          ).text())
        self.assertIn("good: ", self.w.ok("backup", "verify", self.dir).text())

    def test_a_changed_missing_or_cut_byte_is_named(self):
        folder = self.backup()
        blob = next(p for p in (self.dir / "vault").rglob("*") if len(p.name) == 64)
        store = max((folder / "store").iterdir(), key=lambda path: path.stat().st_size)
        for path in (blob, store, folder / "files", folder / "manifest.json",
                     folder / "keys/keyring", folder / "audit/checkpoint"):
            content = path.read_bytes()
            changed = bytearray(content)
            changed[len(content) // 2] ^= 1
            for bad in (bytes(changed), content[:-1], None):
                with self.subTest(path=path.name, bad=bad and len(bad)):
                    path.unlink()
                    if bad is not None:
                        path.write_bytes(bad)
                    done = self.w.run("backup", "verify", self.dir)
                    self.assertIn(done.status, (1, 2, 3))
                    self.assertIn(path.name.encode(), done.err)
                    path.unlink(missing_ok=True)
                    path.write_bytes(content)
        blob.write_bytes(blob.read_bytes()[:-1] + b"\0")
        new = self.restore(status=1)
        self.assertIn(blob.name, new.said)
        self.assertFalse((new.data / "keys/keyring").exists(), "no workspace of damaged bytes")
        self.assertEqual(new.run("stats").status, 3)

    def test_nothing_is_restored_over_what_is_there_nor_with_another_key(self):
        self.backup()
        (self.w.top / "full").mkdir()
        (self.w.top / "full/letter").write_text("mine")
        new = self.restore(name="full", status=3)
        self.assertIn("is not empty", new.said)
        self.assertEqual(os.listdir(self.w.top / "full"), ["letter"])
        wrong = self.w.top / "wrong.key"
        wrong.write_text("0" * 64 + "\n")
        wrong.chmod(0o600)
        done = self.w.run("--key-file", wrong, "--data", self.w.top / "other", "restore", self.dir)
        self.assertEqual(done.status, 3)
        self.assertFalse((self.w.top / "other/keys").exists())

    def test_a_backup_is_never_put_into_the_workspace_or_among_other_files(self):
        for folder in (self.w.data / "backup", self.w.top):
            done = self.w.run("backup", folder)
            self.assertNotEqual(done.status, 0, folder)
        (self.w.top / "letters").mkdir()
        (self.w.top / "letters/a").write_text("mine")
        done = self.w.run("backup", self.w.top / "letters")
        self.assertIn(b"no folder of backups", done.err)
        self.assertEqual(os.listdir(self.w.top / "letters"), ["a"])

    def test_a_test_restores_verifies_and_is_recorded(self):
        self.backup()
        scratch = ["--scratch-db", other_database("scratch")] if URL else []
        self.assertIn("was restored and verified",
                      self.w.ok("backup", "test", *scratch, self.dir).text())
        self.assertEqual([p.name for p in self.dir.iterdir() if p.name.startswith(".tmp")], [])
        self.assertIn("good: ", self.w.verified())
        server = self.w.serve()
        answer = server.client("joe").good("GET", "/api/v1/backups")
        self.assertEqual([b["act"] for b in answer["backups"]], ["tested", "made"])
        self.assertEqual(answer["last_backup"]["backup"], answer["last_test"]["backup"])
        entries = server.client("kim").good("GET", "/api/v1/record/entries?from=0")["entries"]
        acts = [e["entry"]["action"] for e in entries]
        self.assertIn("backup.made", acts)
        self.assertIn("backup.tested", acts)


class Doctor(Case):
    def findings(self):
        done = self.w.run("doctor", "--format", "json")
        answer = json.loads(done.text())
        self.assertEqual(done.status, 1 if answer["worst"] == "bad" else 0)
        return {f["point"]: (f["grade"], f["text"]) for f in answer["findings"]}

    def test_it_tells_of_backups_tests_permissions_and_the_key(self):
        found = self.findings()
        self.assertEqual(found["backup"][0], "weak") # bad, were it no training workspace
        self.assertIn("assay backup DIR", found["backup"][1])
        self.assertEqual(found["restore test"][0], "weak")
        self.assertEqual(found["site key"][0], "weak")
        self.assertIn("--key-file", found["site key"][1])
        self.assertEqual(found["permissions"][0], "good")
        self.assertRegex(found["store"][1], r"schema \d+, whole")
        for point in ("swap", "core dumps", "clock", "open ports", "disk", "sandbox", "record"):
            self.assertIn(point, found)
        self.backup()
        scratch = ["--scratch-db", other_database("scratch")] if URL else []
        self.w.ok("backup", "test", *scratch, self.dir)
        self.w.data.chmod(0o755)
        found = self.findings()
        self.assertEqual((found["backup"][0], found["restore test"][0]), ("good", "good"))
        self.assertEqual(found["permissions"][0], "bad")
        self.assertIn("chmod", found["permissions"][1])
        self.w.data.chmod(0o700)

    def test_a_clock_behind_the_record_and_a_lost_record_are_bad(self):
        if URL is None:
            base = self.w.database()
            late = str(int(time.time() * 1000) + 3_600_000)
            base.executescript("DROP TRIGGER record_no_update;")
            base.execute("UPDATE record SET entry = substr(entry, 1, instr(entry, '\"t_ms\":') + 6)"
                         f" || '{late}' || substr(entry, instr(entry, ',\"mono_ms\"'))"
                         " WHERE event = (SELECT event FROM record_seq ORDER BY seq DESC LIMIT 1)")
            base.commit()
            base.close()
            found = self.findings()
            self.assertEqual(found["clock"][0], "bad")
            self.assertEqual(found["record"][0], "bad")


class Killed(Case):
    def kill_in(self, after_s, env, *command):
        process = subprocess.Popen([workspace.assay, *map(str, command)], env=env,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(after_s)
        process.kill()
        process.wait()

    def test_a_backup_that_is_killed_hurts_no_earlier_one_and_goes_on(self):
        first = self.backup()
        self.w.ok("import", "--batch", "two", self.w.pictures("more", range(30, 60)))
        for after_s in (0.005, 0.01, 0.02, 0.03, 0.05, 0.08, 0.12):
            self.kill_in(after_s, self.w.env, "backup", self.dir)
            self.assertIn("good: ", self.w.ok("backup", "verify", "--backup", first.name,
                                              self.dir).text())
            self.assertIn("good: ", self.w.ok("backup", "verify", self.dir).text())
        last = self.backup()
        self.assertIn(last.name, self.w.ok("backup", "verify", self.dir).text())
        self.assertEqual([p for p in self.dir.iterdir() if p.name.startswith(".tmp")], [])
        self.assertEqual(json.loads((last / "manifest.json").read_text())["counts"]["items"], 36)

    @SQLITE
    def test_a_restore_that_is_killed_is_no_workspace_and_is_run_again(self):
        self.w.ok("import", "--batch", "two", self.w.pictures("more", range(30, 60)))
        self.backup()
        env = {**self.w.env, "ASSAY_DATA": str(self.w.top / "new")}
        for after_s in (0.005, 0.01, 0.015, 0.02, 0.03, 0.04, 0.06):
            self.kill_in(after_s, env, "restore", self.dir)
            new = self.w.top / "new"
            if not (new / "restore.unfinished").exists() and (new / "keys/keyring").exists():
                shutil.rmtree(new) # it was faster
            else:
                self.assertFalse((new / "keys/keyring").exists()
                                 and not (new / "assay.db").exists())
        for head in (self.w.top / "config/assay").glob("*.head"):
            head.unlink()
        new = self.restore()
        self.assertEqual(new.stats()["items"], 36)
        self.assertIn("0 damaged", new.ok("vault", "check", "--read-data").text())
        self.assertFalse((new.data / "restore.unfinished").exists())


    @unittest.skipUnless(URL, "of PostgreSQL")
    def test_a_restore_to_a_database_that_is_killed_is_run_again(self):
        self.w.ok("import", "--batch", "two", self.w.pictures("more", range(30, 60)))
        self.backup()
        folder, database = self.w.top / "killed", other_database("killed")
        unfinished = folder / "restore.unfinished"
        env = {**self.w.env, "ASSAY_DATA": str(folder), "ASSAY_DB": database}
        cut = 0
        for after_s in (0.01, 0.02, 0.04, 0.08, 0.12, 0.2, 0.3):
            self.kill_in(after_s, env, "restore", "--db", database, self.dir)
            if (folder / "keys/keyring").exists() and not unfinished.exists():
                break # it was faster
            cut += 1
        self.assertGreater(cut, 0)
        for head in (self.w.top / "config/assay").glob("*.head"):
            head.unlink() # as on another machine
        new = Workspace(top=self.w.top, db=database)
        new.data, new.env["ASSAY_DATA"] = folder, str(folder)
        if not (folder / "keys/keyring").exists() or unfinished.exists():
            new.ok("restore", "--db", database, self.dir)
        self.assertEqual(new.stats()["items"], 36)
        self.assertIn("0 damaged", new.ok("vault", "check", "--read-data").text())
        self.assertFalse(unfinished.exists())


class Loss(Case):
    def lose(self):
        """A backup, a decision after it, and the older backup put back in place of the newer."""
        self.backup()
        server = self.w.serve()
        self.grade(server, 2)
        self.assertEqual(server.stop(), 0)
        self.w.verified()
        new = self.restore()
        self.assertIn("are missing", new.said)
        return new

    def test_an_older_backup_is_noticed_and_read_only_until_the_loss_is_accepted(self):
        new = self.lose()
        done = new.run("audit", "verify")
        self.assertEqual(done.status, 3)
        self.assertRegex(done.err.decode(), r"Entries \d+ to \d+ are missing")
        refused = new.run("import", self.w.pictures("late", range(90, 91)))
        self.assertEqual(refused.status, 3)
        self.assertIn(b"older backup was put back", refused.err)
        before = new.stats()
        server = new.serve()
        amy = workspace.Client(server.host)
        amy.good("POST", "/api/v1/session", {"name": "amy", "password": "correct horse battery"})
        answer = amy("POST", "/api/v1/shift")
        self.assertEqual(answer.status, 503, answer.body)
        self.assertIn("accepts the loss", answer.json()["detail"])
        self.assertEqual(amy("POST", "/api/v1/leases", {"queue": "grade", "count": 1}).status, 503)
        self.assertEqual(amy("GET", "/api/v1/stats").status, 200, "reading goes on")
        self.assertEqual(new.stats()["decisions"], before["decisions"])
        for by, words in (("amy", "neither lead nor"), ("nobody", "")):
            done = new.run("restore", "--accept-loss", "--by", by, "--reason", "x")
            self.assertEqual(done.status, 3)
            self.assertIn(words, done.err.decode())
        out = new.ok("restore", "--accept-loss", "--by", "kim", "--reason", "the disk failed")
        self.assertRegex(out.text(), r"accepted: entries \d+ to \d+")
        wait_for(lambda: amy("POST", "/api/v1/shift").status == 200)
        lease = amy.lease()[0]
        amy.good("POST", "/api/v1/decisions", {"lease": lease["lease"], **GRADE}, once="after-loss")
        self.assertEqual(server.stop(), 0)
        self.assertIn("good: ", new.verified())
        kept = list((self.w.top / "config/assay").glob("*.head.lost-*"))
        self.assertEqual(len(kept), 1)
        server = new.serve()
        found, after = [], 0
        kim = server.client("kim")
        while after is not None:
            page = kim.good("GET", f"/api/v1/record/entries?from={after}")
            found += [e["entry"] for e in page["entries"]]
            after = page["next"]
        loss = [e for e in found if e["action"] == "loss.accepted"]
        self.assertEqual(len(loss), 1)
        lost = kept[0].read_text().splitlines()
        self.assertEqual(loss[0]["data"]["lost_size"], int(lost[1]))
        self.assertEqual(len(loss[0]["data"]["kept_root"]), 64)
        again = new.run("restore", "--accept-loss", "--by", "kim", "--reason", "twice")
        self.assertEqual(again.status, 3)
        self.assertIn(b"no loss to accept", again.err)

    @SQLITE
    def test_a_database_put_back_alone_is_noticed_too(self):
        folder = self.backup()
        server = self.w.serve()
        self.grade(server, 2)
        self.assertEqual(server.stop(), 0)
        for name in ("assay.db-wal", "assay.db-shm"):
            (self.w.data / name).unlink(missing_ok=True)
        shutil.copy(folder / "store/assay.db", self.w.data / "assay.db")
        done = self.w.run("audit", "verify")
        self.assertEqual(done.status, 3)
        done = self.w.run("import", self.w.pictures("late", range(90, 91)))
        self.assertIn(b"older backup was put back", done.err)
        self.w.ok("restore", "--accept-loss", "--by", "joe", "--reason", "db put back")
        self.assertIn("good: ", self.w.verified())
        self.assertEqual(len(list(self.w.data.glob("audit.lost-*"))), 1)

    @SQLITE
    def test_a_checkpoint_or_tile_that_is_gone_is_told_with_what_to_do(self):
        for gone in ("checkpoint", "tile"):
            path = self.w.data / "audit" / gone
            shutil.rmtree(path) if path.is_dir() else path.unlink()
            done = self.w.run("audit", "verify")
            self.assertEqual(done.status, 3)
            self.assertIn(b"is missing", done.err)
            self.assertIn(b"again from the store", done.err)
            self.w.ok("import", self.w.pictures("more", [ord(gone[0])])) # signs, and so mends
            self.assertIn("good: ", self.w.verified())


if __name__ == "__main__":
    main()
