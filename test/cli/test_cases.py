"""assay import --profile: cases of VICS as police tools write them, taken in whole or refused."""
import hashlib
import json
import os
import random
import shutil
import subprocess
import time
import unittest

import archives
import workspace
from archives import Entry
from workspace import Workspace, png

CONTEXT = "http://github.com/VICSDATAMODEL/ProjectVic/DataModels/2.0.xml/UK/$metadata#"
OLD = "http://github.com/ICMEC/ProjectVic/DataModels/1.3.xml#"


def media(number, **more):
    """A record of one of our pictures, with its bytes."""
    data = png(number)
    return {"MediaID": number, "Category": 1, "MD5": hashlib.md5(data).hexdigest(),
            "SHA1": hashlib.sha1(data).hexdigest(), "MediaSize": len(data),
            "RelativeFilePath": f"Files\\p{number}.png", **more}


def case(records, context=CONTEXT + "Cases", **more):
    return {"@odata.context": context,
            "value": [{"CaseID": "3f2a1b6c", "CaseNumber": "TEST-6", "Media": records, **more}]}


def entries(*numbers, folder="Files/"):
    return [Entry(f"{folder}p{n}.png", png(n)) for n in numbers]


class Cases(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.w = Workspace("init", "--training")
        cls.addClassCleanup(cls.w.close)
        cls.folder = cls.w.pictures("case/Files", range(1, 15)).parent
        cls.batch = 0

    def write(self, document, name="case.json", **more):
        path = self.folder / name
        data = document if isinstance(document, bytes) else json.dumps(document, **more).encode()
        path.write_bytes(data)
        return path

    def take(self, document, *options, status=0, batch=None, **more):
        """What became of each record, and the whole answer."""
        if batch is None:
            type(self).batch += 1
            batch = f"B{self.batch}"
        done = self.w.run("import", "--later", "--profile", "training", "--batch", batch, *options,
                          self.write(document, **more))
        self.assertEqual(done.status, status, done.err.decode())
        return [line[0] for line in done.lines()], done

    def rows(self, batch, what="r.number, r.case_number, r.state, r.category, r.item_id"):
        return [tuple(None if cell == "" else cell for cell in row) for row in self.w.query(
            f"SELECT {what} FROM case_record r JOIN case_file f ON f.id = r.file_id"
            f" JOIN batch b ON b.id = f.batch_id WHERE b.name = '{batch}' ORDER BY r.number")]

    def test_every_record_is_kept_and_its_media_taken(self):
        # Of no other test, so that their items and votes are this batch's.
        records = [media(10), media(11, Category=None), media(12, Category="5"),
                   {"MediaID": 4, "MD5": "ab" * 16, "Category": 2},
                   media(13, RelativeFilePath="Gone\\x.png"), media(14, MD5="00" * 16)]
        found, done = self.take(case(records), batch="kept", status=1)
        self.assertEqual(found, ["new", "new", "new", "missing", "new", # by its hash
                                 "refused"])
        self.assertIn("the record says " + "00" * 16, done.text())
        rows = self.rows("kept")
        self.assertEqual([(n, c, s, k) for n, c, s, k, _ in rows],
                         [(1, 1, "taken", 1), (2, 1, "taken", None), (3, 1, "taken", 5),
                          (4, 1, "missing", 2), (5, 1, "taken", 1), (6, 1, "mismatch", 1)])
        self.assertEqual([item is not None for *_, item in rows],
                         [True, True, True, False, True, False])
        votes = self.w.query("SELECT v.source, v.code FROM vote v JOIN task t ON t.id = v.task_id"
                             " JOIN batch b ON b.id = t.batch_id WHERE b.name = 'kept'")
        self.assertEqual([tuple(v) for v in votes], [("Training: landscapes in VICS", "L1")] * 2)
        again = self.take(case(records), batch="kept")[1]
        self.assertIn(b"already, all 6 records", again.err)
        self.assertEqual(len(self.rows("kept")), 6)
        self.w.verified()

    def test_a_receipt_says_what_came_and_is_signed(self):
        records = [media(1), media(2, MD5="00" * 16), {"MD5": "ab" * 16, "Category": 2}]
        path = self.w.top / "receipt.json"
        _, done = self.take(case(records), "--receipt", path, batch="receipt", status=1)
        receipt = json.loads(path.read_text())
        [file] = receipt["files"]
        data = (self.folder / "case.json").read_bytes()
        self.assertEqual((file["sha256"], file["size"]),
                         (hashlib.sha256(data).hexdigest(), len(data)))
        self.assertEqual([file[k] for k in ("records", "taken", "missing", "mismatch", "refused",
                                            "more", "profile", "vics", "region")],
                         [3, 1, 1, 1, 0, 0, "training", "2.0", "UK"])
        self.assertEqual([(r["number"], r["state"], r["md5"]) for r in file["not_taken"]],
                         [(2, "mismatch", "00" * 16), (3, "missing", "ab" * 16)])
        self.assertEqual((receipt["format"], receipt["version"], receipt["training"],
                          receipt["batch"]), ("assay-receipt", 1, True, "receipt"))
        self.assertNotIn(b"Files", path.read_bytes())
        again = self.w.top / "again.json"
        self.w.ok("receipt", "receipt", "-o", again)
        now = json.loads(again.read_text())
        self.assertEqual(now["files"], receipt["files"])
        self.assertIn("\n", now["checkpoint"])
        self.assertEqual(self.w.run("receipt", "no such batch", "-o", again).status, 3)
        if not shutil.which("minisign"):
            self.skipTest("no minisign (package minisign)")
        key = self.w.data / "keys/release.minisign.pub"
        for file in (path, again):
            subprocess.run(["minisign", "-V", "-p", key, "-m", file], check=True,
                           capture_output=True)
        path.write_bytes(path.read_bytes().replace(b'"taken":1', b'"taken":2'))
        bent = subprocess.run(["minisign", "-V", "-p", key, "-m", path], capture_output=True)
        self.assertNotEqual(bent.returncode, 0)

    def test_what_a_record_said_lies_sealed(self):
        mark = "marked by a sender " + os.urandom(8).hex()
        self.take(case([media(1, Comments=mark)], ContactName=mark))
        for path in (self.w.data).rglob("assay.db*"):
            self.assertNotIn(mark.encode(), path.read_bytes())

    def test_the_habits_of_other_writers_are_read(self):
        upper = media(1)
        upper["MD5"], upper["SHA1"] = upper["MD5"].upper(), upper["SHA1"].upper()
        upper["MediaSize"], upper["Category"] = str(upper["MediaSize"]), "1"
        upper["IsDistributed"], upper["@odata.type"] = "true", "x"
        none = media(2, MD5="", SHA1=None)
        other = media(3, MD5=None)
        other["AlternativeHashes"] = [{"MD5": "", "HashName": "SHA256",
                                       "HashValue": hashlib.sha256(png(3)).hexdigest()}]
        records = [upper, none, other]
        value_first = {"value": case(records)["value"], "odata.metadata": OLD + "Cases"}
        turned = case([dict(reversed(r.items())) for r in records], CaseNumber=7)
        for name, data in (
                ("plain", json.dumps(case(records)).encode()),
                ("bom", b"\xef\xbb\xbf" + json.dumps(case(records)).encode()),
                ("utf16", b"\xff\xfe" + json.dumps(case(records)).encode("utf-16-le")),
                ("indented", json.dumps(case(records), indent="\t").replace("\n", "\r\n").encode()),
                ("flat", json.dumps({"@odata.context": CONTEXT + "Media",
                                     "value": records}).encode()),
                ("turned", json.dumps(turned).encode()),
                ("value first", json.dumps(value_first).encode())):
            found, done = self.take(data, batch="w " + name)
            self.assertEqual(len(found), 3, name)
            self.assertLessEqual(set(found), {"new", "known", "seen"}, name)
            cases = [row[1] for row in self.rows("w " + name)]
            self.assertEqual(cases, [0 if name == "flat" else 1] * 3, name)

    def test_the_context_is_known_wherever_it_stands(self):
        own = self.w.top / "uk.json"
        own.write_bytes(self.w.ok("profile", "show", "training").out.replace(
            b'"reads": []', b'"reads": [{"version": "2.0", "region": "UK"}]'))
        whole = case([media(1)])
        for document, fits in ((dict(reversed(whole.items())), True), (case([]), True),
                               (case([media(1)], OLD + "Cases"), False)):
            done = self.w.run("import", "--profile", own, "--dry-run", self.write(document))
            self.assertEqual(b"is not for" in done.err, not fits, done.err)
            if fits:
                self.assertIn(b"VICS 2.0, region UK", done.err)

    def test_a_path_never_leads_out_of_the_folder(self):
        secret = self.w.top / "secret.png"
        secret.write_bytes(png(77))
        os.symlink(secret, self.folder / "Files" / "link.png")
        os.symlink(self.w.top, self.folder / "up")
        self.addCleanup((self.folder / "Files" / "link.png").unlink)
        self.addCleanup((self.folder / "up").unlink)
        digest = hashlib.md5(png(77)).hexdigest()
        for path in ("Files\\link.png", "up\\secret.png"):
            found, _ = self.take(case([{"MD5": digest, "RelativeFilePath": path}]), status=1)
            self.assertEqual(found, ["missing"], path)
        for path in ("..\\secret.png", "Files/../../secret.png", str(secret), "C:\\secret.png",
                     "\\\\server\\share\\secret.png", "a\\..\\..\\secret.png"):
            _, done = self.take(case([{"MD5": digest, "RelativeFilePath": path}]), status=2)
            self.assertRegex(done.err.decode(), "RelativeFilePath (is absolute|leads out)", path)

    def test_wrong_records_stop_all_or_are_kept_as_refused(self):
        wrong = [{"MD5": "zz"}, {"MediaID": 3}, media(6, Category=256), media(6, MediaSize="-1"),
                 media(6, SHA1=7)]
        records = [media(6)] + wrong
        found, done = self.take(case(records), batch="wrong", status=2)
        self.assertEqual(found, ["refused"] * 5)
        self.assertRegex(done.err.decode(), r"line 1, byte \d+: MD5 is no text of 32 hex digits")
        self.assertIn(b"5 of 6 records are wrong, so nothing is taken", done.err)
        self.assertEqual(self.rows("wrong"), [])
        found, done = self.take(case(records), "--keep-going", batch="wrong", status=1)
        self.assertEqual(found[1:], ["refused"] * 5)
        self.assertEqual([row[2] for row in self.rows("wrong")], ["taken"] + ["refused"] * 5)

    def test_a_broken_file_takes_nothing_in(self):
        whole = json.dumps(case([media(7), media(8)])).encode()
        for data in (whole[:-10], whole[:200], whole + whole, whole.replace(b"TEST-6", b"\xff"),
                     b"[" * 100000, b"{}", b"", whole.replace(b'"MediaID": 7', b'"MediaID": NaN'),
                     whole.replace(b'"CaseNumber"', b'"\\ud800"')):
            _, done = self.take(data, batch="broken", status=2)
            self.assertNotEqual(done.err, b"")
        self.assertEqual(self.rows("broken"), [])
        _, done = self.take(whole.replace(b'"MediaID": 7', b'"MediaID": 7, "MediaID": 7'),
                            batch="broken", status=2)
        self.assertIn(b'"MediaID" stands twice', done.err)

    def test_without_the_right_profile_nothing_is_taken(self):
        path = self.write(case([media(1)]))
        done = self.w.run("import", path)
        self.assertEqual(done.status, 2)
        for name in (b"caid-uk", b"training", b"vics-us-1", b"vics-us-2"):
            self.assertIn(name, done.err)
        for name, says in (("caid-uk", b"for live work"), ("none", b"there is no profile"),
                           ("vics-us-2", b"vics-us, which is not loaded")):
            done = self.w.run("import", "--profile", name, *(
                ["--scheme", "training-landscapes"] if name == "caid-uk" else []), path)
            self.assertNotEqual(done.status, 0)
            self.assertIn(says, done.err)
        own = self.w.top / "own.json"
        own.write_bytes(self.w.ok("profile", "show", "training").out.replace(
            b'"reads": []', b'"reads": [{"version": "1.3", "region": ""}]'))
        self.w.ok("profile", "check", own)
        done = self.w.run("import", "--batch", "own", "--profile", own, path)
        self.assertIn(b"VICS 2.0, region UK, which the profile training is not for", done.err)
        own.write_text('{"name": "x"}')
        self.assertEqual(self.w.run("profile", "check", own).status, 1)

    def test_a_dry_run_says_what_would_be_and_leaves_nothing(self):
        records = [media(1), media(2, MediaSize=1), {"MD5": "cd" * 16},
                   media(3, RelativeFilePath="Gone\\x.png")]
        path = self.write(case(records))
        done = self.w.run("import", "--profile", "training", "--dry-run", path,
                          env=dict(self.w.env, ASSAY_DATA=str(self.w.top / "none")))
        self.assertEqual(done.status, 1)
        self.assertEqual([line[0] for line in done.lines()], ["new", "refused", "missing", "new"])
        self.assertIn(b"3 grade, 0 not_pertinent, 1 uncategorised", done.err)
        self.assertFalse((self.w.top / "none").exists())

    def killed(self, path, batch, chance):
        """Import it, killed six times on the way; what is there then."""
        command = [workspace.assay, "import", "--later", "--profile", "training", "--batch", batch,
                   path]
        kills = 0
        for _ in range(6):
            process = subprocess.Popen(command, env=self.w.env, stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL)
            time.sleep(chance.uniform(0.01, 0.15)) # wherever it is then
            if process.poll() is None:
                process.kill()
                kills += 1
            process.wait(60)
        done = self.w.run(*command[1:])
        self.assertIn(done.status, (0, 1), done.err)
        print(f"killed {kills} times")
        return self.rows(batch, "r.number, r.state")

    def test_killed_anywhere_it_goes_on_and_nothing_is_there_twice(self):
        records = [media(1 + n % 8, MediaID=n) for n in range(600)]
        records += [{"MediaID": n, "MD5": f"{n:032x}", "Category": 2} for n in range(1, 2000)]
        path = self.write(case(records), "long.json")
        rows = self.killed(path, "long", chance=random.Random(6))
        self.assertEqual([row[0] for row in rows], list(range(1, len(records) + 1)))
        self.assertEqual([row[1] for row in rows], ["taken"] * 600 + ["missing"] * 1999)
        sighted = self.w.query("SELECT count(*) FROM sighting s JOIN batch b ON b.id = s.batch_id"
                               " WHERE b.name = 'long'")
        self.assertEqual(sighted[0][0], 8) # one a path
        self.w.verified()

    def blobs(self):
        return sorted(p.name for p in (self.w.data / "vault").rglob("*") if p.is_file())

    def zip(self, *parts):
        """An archive of entries, and of documents by name."""
        whole = [Entry(name, json.dumps(part).encode()) if name else part
                 for name, part in (p if isinstance(p, tuple) else ("", p) for p in parts)]
        return archives.archive(whole)

    def test_a_case_in_a_zip_is_as_one_in_a_folder(self):
        records = [media(31), media(32, RelativeFilePath=".\\Files//p32.png"),
                   {"MediaID": 4, "MD5": "ab" * 16, "Category": 2},
                   media(33, RelativeFilePath="Gone\\x.png"), media(34, MD5="00" * 16),
                   media(31), media(35), media(36), media(37)]
        bad = [Entry("Case\\Files\\p35.png", png(35), crc=1),
               Entry("Case/Files/p36.png", png(36), flags=1)]
        twice = [Entry("Case/Files/p37.png", png(38)), Entry("Case/Files/p37.png", png(37))]
        large = random.Random(8).randbytes(1 << 20) * 33 # more than is held in memory
        records.append({"MD5": hashlib.md5(large).hexdigest(), "RelativeFilePath": "Files/large"})
        data = self.zip(*entries(31, 32, 33, folder="Case/Files/"), ("Case/a.json", case(records)),
                        Entry("Case/Files/large", large, archives.STORED),
                        *entries(34, 39, folder="Case\\Files\\"), *bad, *twice,
                        Entry("Case/notes.json", b'{"of": "something else"}'))
        before = self.blobs()
        found, done = self.take(data, batch="zip", name="case.zip", status=1)
        self.assertEqual(found, ["new", "new", "missing", "new", "refused", "seen", "refused",
                                 "refused", "new", # by its hash: its name is no one's
                                 "new"])
        self.assertEqual([row[2] for row in self.rows("zip")],
                         ["taken", "taken", "missing", "taken", "mismatch", "taken", "refused",
                          "refused", "taken", "taken"])
        self.assertIn("the record says " + "00" * 16, done.text())
        self.assertIn("it is encrypted", done.text())
        self.assertEqual(len(self.blobs()) - len(before), 5) # what no record has is gone
        size = self.w.query("SELECT size FROM case_file f JOIN batch b ON b.id = f.batch_id"
                            " WHERE b.name = 'zip'")
        self.assertEqual(size[0][0], len(json.dumps(case(records)).encode()))
        done = self.take(data, batch="zip", name="case.zip")[1]
        self.assertIn(b"already, all 10 records", done.err)
        entries_made = [json.loads(row[0]) for row in self.w.query("SELECT entry FROM record")]
        self.assertEqual(sorted(n["action"] for n in entries_made
                                if n["action"].startswith("archive."))[-1], "archive.unpacked")
        self.w.verified()

    def test_a_zip_with_two_documents_is_taken_whole_or_not_at_all(self):
        one, two = case([media(41)]), case([media(42)], CaseNumber="TEST-7")
        wrong = case([media(42, Category=256)])
        parts = [*entries(41, folder="a/Files/"), *entries(42, folder="b/Files/")]
        before = self.blobs()
        self.take(self.zip(("a/one.json", one), *parts, ("b/two.json", wrong)), batch="two",
                  name="two.zip", status=2)
        self.assertEqual((self.rows("two"), self.blobs()), ([], before))
        found, _ = self.take(self.zip(("a/one.json", one), *parts, ("b/two.JSON", two)),
                             batch="two", name="two.zip")
        self.assertEqual(found, ["new", "new"])
        self.assertEqual([row[:3] for row in self.rows("two")], [(1, 1, "taken")] * 2)
        three = case([media(41), media(42, RelativeFilePath=None), media(43)], CaseNumber="TEST-8")
        found, done = self.take(
            self.zip(("a/three.json", three), *parts, ("b/two.json", two)), batch="two",
            name="three.zip", status=1)
        self.assertEqual(found, ["seen", "known", "missing"])
        self.assertIn(b"4 records of VICS 2.0, region UK", done.err)
        self.assertIn(b"1 here before", done.err)
        self.w.verified()

    def test_a_dry_run_of_a_zip_needs_no_workspace(self):
        records = [media(1), media(2, MediaSize=1), {"MD5": "cd" * 16}, media(3)]
        others = [Entry(f"Notes/{n}.txt", b"%d" % n) for n in range(3000)]
        path = self.write(self.zip(*entries(1, 2), ("case.json", case(records)), *others,
                                   *entries(3)), "dry.zip")
        for options in ((), ("--media", self.folder)):
            done = self.w.run("import", "--profile", "training", "--dry-run", *options, path,
                              env=dict(self.w.env, ASSAY_DATA=str(self.w.top / "none")))
            self.assertEqual([line[0] for line in done.lines()],
                             ["new", "refused", "missing", "new"], done.err)
            self.assertEqual(done.status, 1)
        self.assertFalse((self.w.top / "none").exists())

    def test_an_evil_zip_is_refused_and_leaves_nothing(self):
        document = ("case.json", case([media(51)]))
        name, said = document[0], json.dumps(document[1]).encode()
        whole = self.zip(*entries(51, folder="Files/"), document)
        before = self.blobs()
        for data, why in (
                (whole[:-30], "no directory"), (whole[:40] + whole[-80:], "evil.zip"),
                (self.zip(*entries(51)), "ends in .json is VICS"),
                (self.zip(*entries(51), Entry(name, said, flags=1)), "it is encrypted"),
                (self.zip(*entries(51), Entry(name, said, crc=1)), "cannot be read"),
                (self.zip(*entries(51), Entry(name, said[:-9])), name),
                (self.zip(*entries(51), Entry("../" + name, said)), r"cannot be read"),
                (archives.quoted_bomb() + b"", "json")):
            done = self.take(data, batch="evil", name="evil.zip", status=2)[1]
            self.assertRegex(done.err.decode(), why)
            self.assertEqual(self.rows("evil"), [], why)
        # Names that lead out of it are no media, and none is ever opened.
        secret = self.w.top / "out.png"
        secret.write_bytes(png(52))
        found, _ = self.take(self.zip(
            ("case.json", case([media(52, RelativeFilePath="out.png")])),
            Entry("../out.png", png(52)), Entry(str(secret), png(52))), name="out.zip", status=1)
        self.assertEqual(found, ["missing"])
        self.assertEqual(self.blobs(), before)
        self.w.verified()

    def test_a_zip_killed_anywhere_goes_on(self):
        records = [media(60 + n % 8, MediaID=n) for n in range(300)]
        records += [{"MediaID": n, "MD5": f"{n:032x}", "Category": 2} for n in range(1, 1000)]
        path = self.write(self.zip(*entries(*range(60, 68)), ("case.json", case(records))),
                          "long.zip")
        rows = self.killed(path, "long zip", chance=random.Random(7))
        self.assertEqual([row[0] for row in rows], list(range(1, len(records) + 1)))
        self.assertEqual([row[1] for row in rows], ["taken"] * 300 + ["missing"] * 999)
        self.w.verified()


if __name__ == "__main__":
    workspace.main()
