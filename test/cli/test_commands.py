"""Every command: help and exit codes, and what a mistyped line gets."""
import re
import subprocess
import unittest
from pathlib import Path

import workspace
from workspace import WorkspaceCase, main

COMMANDS = ["hash", "init", "user", "client", "list", "scheme", "import", "identify", "serve",
            "export", "verify", "audit", "key", "drop", "vault", "stats", "doctor", "backup",
            "restore", "demo"]


class Commands(WorkspaceCase):
    def test_the_recipients_program_needs_libsodium_alone(self):
        alone = Path(workspace.assay).with_name("assay-verify")
        needed = set(re.findall(r"NEEDED.*\[(\w+)", subprocess.run(
            ["readelf", "-d", alone], check=True, capture_output=True, text=True).stdout))
        self.assertIn("libsodium", needed)
        self.assertLessEqual(needed, {"libsodium", "libc", "libasan", "libubsan", "libgcc_s"})
        self.assertIn("--key FILE", subprocess.run([alone, "--help"], check=True,
                                                   capture_output=True, text=True).stdout)
        self.assertEqual(subprocess.run([alone], capture_output=True).returncode, 2)

    def test_help_goes_to_stdout_with_an_example_and_needs_no_workspace(self):
        for command in COMMANDS:
            with self.subTest(command):
                done = self.w.run("--data", "/nowhere", command, "--help")
                self.assertEqual((done.status, done.err), (0, b""))
                self.assertTrue(done.text().startswith(f"usage: assay {command}"), done.text())
                self.assertIn("example", done.text())
        done = self.w.run("--help")
        self.assertEqual((done.status, done.err), (0, b""))
        for command in COMMANDS:
            self.assertRegex(done.text(), rf"(?m)^  {command} ")
        self.assertRegex(self.w.ok("--version").text(), r"^assay \d+\.\d+\.\d+\n$")

    def test_no_help_line_is_wider_than_100_columns(self):
        for command in COMMANDS:
            for line in self.w.ok(command, "--help").text().splitlines():
                self.assertLessEqual(len(line), 100, line)

    def test_what_is_not_understood_is_exit_2_and_points_at_help(self):
        self.refused(2, ["usage: assay"], "--data", self.w.data)
        self.refused(2, ["no command 'fly?'", "assay --help"], "fly\x1b")
        self.refused(2, ["'more'", "init --help"], "init", "more")
        self.refused(2, ["user --help"], "user")
        self.refused(2, ["scheme --help"], "scheme", "load")
        self.refused(2, ["at least one file or folder"], "import")
        self.refused(2, ["verify, head, or prove"], "audit", "fly")
        self.refused(2, ["32 hex digits"], "audit", "prove", "zz")
        self.refused(2, ["say check"], "vault")
        self.refused(2, ["text or json"], "stats", "--format", "xml")
        self.refused(2, ["-o is not understood"], "stats", "-o", "x")
        self.refused(2, ["number of a release"], "export", "--release", "x")
        self.refused(2, ["from 1 to 9"], "export", "--min-readings", "0")
        self.refused(2, ["--release or --min-readings"], "export", "--release", "1",
                     "--min-readings", "2")
        self.refused(2, ["one package"], "verify")
        self.refused(2, ["one folder"], "demo", "a", "b")
        self.refused(2, ["--count is from 40"], "demo", "--count", "3")
        self.refused(2, ["more\\x1b[31m"], "doctor", "more\x1b[31m")
        for command in COMMANDS:
            done = self.w.run(command, "--no-such-option")
            self.assertEqual((done.status, done.out), (2, b""), command)

    def test_import_options_are_checked_before_anything_is_done(self):
        before = self.w.stats()["record_size"]
        for words, option, value in ((["urgent, normal or background"], "--priority", "high"),
                                     (["2027-01-31"], "--due", "tomorrow"),
                                     (["2027-01-31"], "--due", "2027-02-30"),
                                     (["1 to 64"], "-j", "0"), (["1 to 64"], "-j", "65"),
                                     (["text or jsonl"], "--format", "csv")):
            self.refused(2, words, "import", option, value, self.w.top)
        self.refused(3, ["flying"], "import", "--scheme", "flying", self.w.pictures("in", [1]))
        self.assertEqual(self.w.stats()["record_size"], before)

    def test_stats_has_the_promised_keys(self):
        self.w.ok("import", self.w.pictures("in", range(3)))
        stats = self.w.stats()
        self.assertEqual((stats["items"], stats["sightings"], stats["decisions"]), (3, 3, 0))
        self.assertEqual(stats["states"], {"waiting": 3})
        self.assertGreater(stats["record_size"], 6)
        said = self.w.ok("stats").text()
        self.assertRegex(said, r"(?m)^items +3$")
        self.assertRegex(said, r"(?m)^states waiting +3$")

    def test_people_are_added_listed_and_refused_in_plain_words(self):
        done = self.w.ok("user", "add", "kim", "--role", "admin", "--label", "Kim Lee")
        self.assertRegex(done.text(), r"^password  [a-z2-9]{24}\n$")
        self.assertIn('"Kim Lee"', self.w.ok("user", "list").text())
        self.refused(3, ["kim"], "user", "add", "kim", "--role", "auditor")
        self.refused(2, ["no role 'king'"], "user", "add", "lee", "--role", "king")
        self.refused(2, ["--role"], "user", "add", "lee")
        self.refused(3, ["sees no media"], "user", "add", "lee", "--role", "admin,assessor")
        self.refused(2, [], "user", "add", "L\x1b", "--role", "auditor")
        self.refused(3, ["no person named nobody"], "user", "disable", "nobody")
        self.w.ok("user", "add", "alex", "--role", "assessor")
        self.refused(2, ["--by"], "user", "authorise", "alex")
        self.refused(2, ["in order"], "user", "authorise", "alex", "--by", "Smith", "--from",
                     "2027-01-01", "--to", "2026-12-01")
        short = self.w.top / "short"
        short.write_text("short\n")
        self.refused(2, ["12"], "user", "add", "max", "--role", "auditor", "--password-file", short)
        self.w.verified()

    def test_the_record_gives_its_head_and_a_proof_of_each_entry(self):
        self.w.ok("import", self.w.pictures("in", range(2)))
        head = self.w.ok("audit", "head").text()
        self.assertEqual(int(head.splitlines()[1]), self.w.stats()["record_size"])
        events = [re.search('"event":"([0-9a-f]{32})"', row[0]).group(1)
                  for row in self.w.query("SELECT CAST(entry AS TEXT) FROM record")]
        for event in events:
            proof = self.w.ok("audit", "prove", event).text()
            self.assertTrue(proof.startswith("c2sp.org/tlog-proof@v1\n"), proof)
            self.assertIn(head.splitlines()[2], proof)
        self.refused(3, [], "audit", "prove", "0" * 32)

    def test_stdout_that_is_full_is_said_and_exit_3(self):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([workspace.assay, "stats"], env=self.w.env, stdout=full,
                                  stderr=subprocess.PIPE)
        self.assertEqual(done.returncode, 3)
        self.assertIn(b"standard output", done.stderr)

    def test_doctor_and_export_say_what_is_there_and_what_to_do(self):
        done = self.w.ok("doctor")
        for line in done.text().splitlines():
            self.assertRegex(line, "^(good|weak|bad )  [a-z ]{14} .")
        self.assertIn("all verify", done.text())
        self.assertIn("no hash is in quarantine", done.text())
        self.refused(3, ["no release is approved yet", "release page"], "export", "-o", self.w.top)


if __name__ == "__main__":
    main()
