"""Making and opening a workspace: cut-off inits, keys, other programs' versions, locks, schemes."""
import json
import subprocess
import time
import unittest

import workspace
from workspace import ROOT, Workspace, WorkspaceCase, main

LIVE = ROOT / "schemes/uk-2014.json"
TRAINING = ROOT / "schemes/training-landscapes.json"


class Init(unittest.TestCase):
    def make(self, *init):
        w = Workspace(*init)
        self.addCleanup(w.close)
        return w

    def test_init_asks_nothing_and_keeps_its_key_outside(self):
        w = self.make()
        done = w.ok("init", "--label", "Hotline North")
        key = next((w.top / "config/assay").glob("*.key"))
        self.assertIn(str(key), done.text())
        self.assertEqual(key.stat().st_mode & 0o777, 0o600)
        self.assertEqual(w.data.stat().st_mode & 0o777, 0o700)
        self.assertIn("Next:", done.err.decode())
        w.verified()
        self.assertEqual(w.ok("scheme", "list").text().split("\t")[0], "uk-2014")

    def passphrase(self, w, text="correct horse battery"):
        file = w.top / "passphrase"
        file.write_text(text + "\n")
        file.chmod(0o600)
        return file

    def test_a_passphrase_in_place_of_a_key_file(self):
        w = self.make()
        file = self.passphrase(w)
        w.ok("--passphrase-file", file, "init")
        self.assertEqual(list(w.top.rglob("*.key")), [])
        self.assertIn(b"ASSAY_PASSPHRASE_FILE", w.run("stats").err)
        w.ok("stats", env={**w.env, "ASSAY_PASSPHRASE_FILE": str(file)})
        wrong = self.passphrase(w, "correct horse batterx")
        done = w.run("--passphrase-file", wrong, "stats")
        self.assertEqual(done.status, 3)
        self.assertIn(b"this passphrase does not open", done.err)

    def test_a_credential_handed_over_by_systemd_is_taken(self):
        w = self.make()
        file = self.passphrase(w)
        head = w.top / "kept/record.head"
        head.parent.mkdir()
        w.ok("--passphrase-file", file, "--head-file", head, "init")
        self.assertTrue(head.exists())
        file.chmod(0o440) # an ACL of the service shows like this
        command = ["--passphrase-file", file, "--head-file", head, "audit", "verify"]
        self.assertIn(b"others may read", w.run(*command).err)
        w.ok(*command, env={**w.env, "CREDENTIALS_DIRECTORY": str(w.top)})
        file.chmod(0o444)
        self.assertEqual(w.run(*command, env={**w.env, "CREDENTIALS_DIRECTORY": str(w.top)}).status,
                         3)
        file.chmod(0o400)
        under = w.run("--passphrase-file", file, "--head-file", w.data / "record.head", "stats")
        self.assertIn(b"would lie in the workspace", under.err)

    def test_the_site_key_is_changed_and_the_head_goes_along(self):
        w = self.make("init")
        old = next((w.top / "config/assay").glob("*.key"))
        file = self.passphrase(w)
        size = w.stats()["record_size"]
        w.ok("key", "change", "--to-passphrase-file", file)
        self.assertTrue(list(w.top.glob("*.head")))
        self.assertEqual(w.run("stats").status, 3)
        self.assertIn("good: ", w.ok("--passphrase-file", file, "audit", "verify").text())
        new = w.top / "stick/site.key"
        w.ok("--passphrase-file", file, "key", "change", "--to-key-file", new)
        self.assertEqual(new.stat().st_mode & 0o777, 0o600)
        self.assertNotEqual(new.read_text(), old.read_text())
        w.env["ASSAY_KEY_FILE"] = str(new)
        self.assertIn("good: ", w.verified())
        self.assertEqual(w.stats()["record_size"], size + 2)
        entries = w.query("SELECT CAST(entry AS TEXT) FROM record")
        said = sorted(row[0].split('"to":"')[1].split('"')[0] for row in entries
                      if '"site_key.changed"' in row[0])
        self.assertEqual(said, ["key_file", "passphrase"])

    def test_a_change_that_cannot_be_leaves_the_site_key_as_it_is(self):
        w = self.make("init")
        short = self.passphrase(w, "short")
        keyring = (w.data / "keys/keyring").read_bytes()
        for more in (["--to-passphrase-file", short], ["--to-key-file", w.data / "site.key"],
                     ["--to-passphrase-file", w.top / "none"], [],
                     ["--to-passphrase-file", short, "--to-key-file", w.top / "key"]):
            self.assertIn(w.run("key", "change", *more).status, (2, 3), more)
            self.assertEqual((w.data / "keys/keyring").read_bytes(), keyring)
        w.verified()

    def test_init_twice_is_refused_and_changes_nothing(self):
        w = self.make("init")
        head = w.ok("audit", "head").out
        done = w.run("init")
        self.assertEqual(done.status, 3)
        self.assertIn(b"is a workspace already", done.err)
        self.assertEqual(w.ok("audit", "head").out, head)

    def test_an_init_that_was_cut_off_goes_on(self):
        for after_s in (0.002, 0.006, 0.012, 0.02, 0.035, 0.05, 0.08):
            w = self.make()
            cut = subprocess.Popen([workspace.assay, "init"], env=w.env, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
            time.sleep(after_s)
            cut.kill()
            cut.wait()
            done = w.run("init")
            self.assertIn(done.status, (0, 3), done.err)
            if done.status == 3:
                self.assertIn(b"is a workspace already", done.err)
            w.verified()
            self.assertEqual(w.ok("scheme", "list").text().split("\t")[0], "uk-2014", after_s)

    def test_a_folder_without_workspace_is_named_and_nothing_is_written(self):
        w = self.make()
        for command in (["stats"], ["serve"], ["import", "/tmp"], ["audit", "verify"], ["export"]):
            done = w.run(*command)
            self.assertEqual(done.status, 3, command)
            self.assertIn(str(w.data).encode(), done.err)
            self.assertIn(b"assay init", done.err)
        self.assertFalse(w.data.exists())


class Keys(WorkspaceCase):
    def contents(self):
        return {str(p): (p.stat().st_size, p.stat().st_mtime_ns)
                for p in sorted(self.w.data.rglob("*")) if p.is_file()}

    def closed(self, words, env=None, *options):
        before = self.contents()
        for command in (["stats"], ["import", ROOT / "doc"], ["serve", "--listen", "127.0.0.1:0"]):
            self.refused(3, words, *options, *command, env=env)
        self.assertEqual(self.contents(), before, "nothing was written")

    def test_a_wrong_or_missing_key_is_refused_and_writes_nothing(self):
        key = next((self.w.top / "config/assay").glob("*.key"))
        wrong = self.w.top / "wrong.key"
        wrong.write_text("0" * 64 + "\n")
        wrong.chmod(0o600)
        self.closed(["does not open"], None, "--key-file", wrong)
        self.closed(["is missing", "--key-file"], None, "--key-file", self.w.top / "none.key")
        wrong.write_text("not a key\n")
        self.closed(["64 hex"], None, "--key-file", wrong)
        key.chmod(0o644)
        self.closed([str(key), "chmod"])
        key.chmod(0o600)
        away = key.rename(self.w.top / "safe.key")
        self.closed(["is missing", "--key-file"])
        self.w.ok("--key-file", away, "stats")
        self.w.ok("stats", env={**self.w.env, "ASSAY_KEY_FILE": str(away)})

    def test_a_key_in_the_workspace_is_refused(self):
        w = Workspace()
        self.addCleanup(w.close)
        done = w.run("--key-file", w.data / "site.key", "init")
        self.assertIn(done.status, (2, 3))
        self.assertIn(b"in the workspace it protects", done.err)
        self.assertFalse((w.data / "keys").exists())

    def test_a_passphrase_file_opens_and_only_the_right_one(self):
        w = Workspace()
        self.addCleanup(w.close)
        phrase = w.top / "phrase"
        phrase.write_text("seven quiet hills in the north\n")
        phrase.chmod(0o600)
        env = {**w.env, "ASSAY_PASSPHRASE_FILE": str(phrase)}
        w.ok("init", env=env)
        w.ok("stats", env=env)
        self.assertEqual(list((w.top / "config").rglob("*.key")), [])
        phrase.write_text("seven quiet hills in the south\n")
        done = w.run("stats", env=env)
        self.assertEqual(done.status, 3)
        self.assertIn(b"does not open", done.err)


class Others(WorkspaceCase):
    def test_a_store_newer_than_the_program_is_refused(self):
        base = self.w.database()
        table = base.execute("SELECT sql FROM sqlite_master WHERE name LIKE '%migration%'"
                             ).fetchone()[0]
        row = list(base.execute("SELECT * FROM migration ORDER BY 1 DESC").fetchone())
        row[0] = 9999
        base.execute(f"INSERT INTO migration VALUES ({','.join('?' * len(row))})", row)
        base.commit()
        base.close()
        self.assertIn("migration", table)
        for command in (["stats"], ["serve"], ["import", ROOT / "doc"]):
            self.refused(3, ["newer", "9999"], *command)

    def test_a_second_server_is_refused_and_the_first_goes_on(self):
        self.w.person("aud", "auditor", authorised=False)
        server = self.w.serve()
        self.refused(3, ["another server", str(self.w.data), "stop it first"], "serve",
                     "--listen", "127.0.0.1:0")
        self.assertEqual(server.client("aud").signed_in.status, 200)
        self.w.ok("stats")
        self.assertEqual(server.stop(), 0)
        self.w.verified()

    def test_only_loopback_and_sockets_are_served(self):
        for address in ("0.0.0.0:8470", "192.0.2.1:80", "example.org:80", "127.0.0.1",
                        "127.0.0.1:99999", "unix:"):
            done = self.w.run("serve", "--listen", address)
            self.assertIn(done.status, (2, 3), address)
            self.assertTrue(done.err.startswith(b"assay"), done.err)

    def test_a_bad_scheme_file_is_refused_by_line_and_the_old_one_stays(self):
        before = self.w.ok("scheme", "list").out
        good = TRAINING.read_text()
        newer = json.loads(good)
        newer["version"] = 2
        for name, text, words in (
                ("cut.json", good[:len(good) // 2], ["line "]),
                ("empty.json", "", ["line 1"]),
                ("not.json", "not json", ["line 1"]),
                ("twice.json", good.replace('"code": "L2"', '"code": "L1"'), ["line ", "L1"]),
                ("wrong.json", good.replace('"listed": true', '"listed": "yes"', 1), ["line 19"]),
                ("group.json", good.replace('"version": 1', '"version": 2').replace(
                    '["season", "light"]', '["flavour"]', 1),
                 ["line 21", "L1"]),
                ("more.json", good.replace('"label": "Coast"', '"label": "Coast", "more": 1', 1),
                 ["line ", "more"])):
            path = self.w.top / name
            path.write_text(text)
            with self.subTest(name):
                self.refused(1, [str(path), *words], "scheme", "load", path)
                self.assertEqual(self.w.ok("scheme", "list").out, before)
        self.refused(3, ["/nowhere.json"], "scheme", "load", "/nowhere.json")
        path = self.w.top / "newer.json"
        path.write_text(json.dumps(newer, indent=1))
        self.w.ok("scheme", "load", path)
        self.assertIn(b"training-landscapes\t2\t", self.w.ok("scheme", "list").out)
        self.w.verified()

    def test_schemes_of_the_program_and_what_they_are_in_others(self):
        names = self.w.ok("scheme", "show").text().split()
        self.assertIn("vics-us", names)
        for name in names:
            self.assertEqual(json.loads(self.w.ok("scheme", "show", name).out)["name"], name)
        one = self.w.ok("scheme", "map", "uk-2014", "--code", "B", "--tags", "medium:drawn").text()
        self.assertIn("uk-2014\tB\tvics-us\tlossy\t3\t", one)
        self.assertIn("uk-2014\tB\tncmec\tundefined\t-\t", one)
        self.assertEqual(self.w.run("scheme", "map", "nothing").status, 3)
        self.assertEqual(self.w.run("scheme", "show", "nothing").status, 3)
        self.assertEqual(self.w.run("scheme", "map", "uk-2014", "--tags", "a:b").status, 2)
        self.w.ok("scheme", "load", "training-seasons")
        self.assertIn("training-seasons\t1\t", self.w.ok("scheme", "list").text())

    def test_a_training_workspace_refuses_live_schemes_for_ever(self):
        self.refused(1, [str(LIVE), "a training workspace refuses it"], "scheme", "load", LIVE)
        self.assertNotIn(b"uk-2014", self.w.ok("scheme", "list").out)


if __name__ == "__main__":
    main()
