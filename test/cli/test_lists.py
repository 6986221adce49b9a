"""Lists of hashes in others' forms: taken in as known good, written again, found by other tools."""
import json
import os
import shutil
import sqlite3
import subprocess
import unittest
from pathlib import Path

from workspace import Workspace, main

MD5 = "aabbccddeeff00112233445566778899"
OTHER = "00112233445566778899aabbccddeeff"
PDQ = "ff112233445566778899aabbccddeeff" * 2


def nsrl():
    """NSRLFile.txt of version 2, a name in it with a letter that is no UTF-8."""
    head = ('"SHA-1","MD5","CRC32","FileName","FileSize","ProductCode","OpSystemCode",'
            '"SpecialCode"\r\n')
    rows = "".join(f'"{md5.upper()}01234567","{md5.upper()}","89ABCDEF","{name}",7,1,"2",""\r\n'
                   for md5, name in ((MD5, "b\xfccher"), (OTHER, "a.dll"), (OTHER, "b.dll")))
    return (head + rows).encode("latin-1")


class Lists(unittest.TestCase):
    def workspace(self, *init):
        w = Workspace(*init)
        self.addCleanup(w.close)
        return w

    def file(self, w, name, data):
        path = w.top / name
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return path

    def converted(self, w, path, form, *more):
        out = w.top / "out"
        w.ok("list", "convert", path, "--to", form, "-o", out, *more)
        self.assertFalse((w.top / "out.part").exists())
        return out

    def test_nsrl_is_known_good_by_one_command(self):
        w = self.workspace("init", "--training", "--label", "Lists")
        path = self.file(w, "NSRLFile.txt", nsrl())
        done = w.ok("list", "import", "nsrl", path, "--kind", "known_good",
                    "--reason", "files of software")
        self.assertIn("3 records, 2 added", done.text())
        base = sqlite3.connect(w.top / "RDS.db")
        with base:
            base.execute("CREATE TABLE METADATA(md5 TEXT)")
            base.executemany("INSERT INTO METADATA VALUES(?)", ((MD5,), (MD5,), (OTHER,)))
        base.close()
        done = w.ok("list", "import", "nsrl3", w.top / "RDS.db", "--kind", "known_good",
                    "--reason", "files of software")
        self.assertIn("3 records, 2 added", done.text())
        shown = json.loads(w.ok("list", "show", "nsrl").text())
        self.assertIn('"known_good"', json.dumps(shown))
        self.assertIn('"nsrl"', json.dumps(shown))

    def test_nsrl_of_version_3_is_read_from_its_tables_alone(self):
        w = self.workspace()
        path = w.top / "RDS_minimal.db"
        base = sqlite3.connect(path)
        with base:
            base.execute("CREATE TABLE FILE(sha256 TEXT, sha1 TEXT, md5 TEXT, file_name TEXT)")
            base.executemany("INSERT INTO FILE VALUES(?, ?, ?, ?)", (
                (OTHER.upper() * 2, MD5.upper() + "01234567", MD5.upper(), "a.dll"),
                (None, "d41d8cd98f00b204e9800998ecf8427e", None, "short"), (None, "", OTHER, "")))
        base.close()
        before = path.read_bytes()
        done = w.run("list", "convert", path, "--to", "jsonl")
        self.assertEqual([json.loads(line) for line in done.text().splitlines()],
                         [{"md5": MD5, "sha1": MD5 + "01234567", "sha256": OTHER * 2},
                          {"md5": OTHER}])
        self.assertEqual((done.status, "line 2: a SHA-1 is 40" in done.err.decode()), (1, True))
        self.assertEqual(path.read_bytes(), before)
        evil = w.top / "evil.db"
        base = sqlite3.connect(evil)
        with base:
            base.execute("CREATE VIEW FILE AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL "
                         "SELECT i + 1 FROM n) SELECT i AS md5 FROM n")
        base.close()
        done = w.run("list", "lint", evil)
        self.assertEqual((done.status, "none of NSRL's" in done.err.decode()), (2, True))

    def test_hfind_finds_hashes_in_our_md5sum_text_and_in_nsrl_both_ways(self):
        hfind = shutil.which("hfind")
        if hfind is None:
            self.skipTest("no hfind (package sleuthkit)")
        w = self.workspace()
        source = self.file(w, "NSRLFile.txt", nsrl())
        ours = w.top / "sums"
        shutil.copyfile(self.converted(w, source, "md5sum"), ours)
        shutil.copyfile(self.converted(w, source, "nsrl"), w.top / "NSRL-ours")
        for path, kind, tail in ((ours, "md5sum", ""), (source, "nsrl-md5", ""),
                                 (w.top / "NSRL-ours", "nsrl-md5", ""),
                                 (w.top / "NSRL-ours", "nsrl-sha1", "01234567")):
            asked = [MD5 + tail, OTHER + tail, "f" * 32 + tail]
            subprocess.run([hfind, "-i", kind, path], check=True, capture_output=True, timeout=120)
            found = subprocess.run([hfind, path, *asked], check=True, capture_output=True,
                                   timeout=120).stdout
            told = {(line.split("\t")[0].lower(), "Not Found" in line)
                    for line in found.decode("latin-1").splitlines()}
            self.assertEqual(told, set(zip(asked, (False, False, True))), found)

    def test_a_list_goes_through_the_forms_and_stays_the_same(self):
        w = self.workspace()
        rows = [{"md5": MD5, "sha1": MD5 + "01234567", "sha256": OTHER * 2, "pdq": PDQ,
                 "pdq_quality": 80, "scheme": "s", "scheme_version": 1, "code": "A",
                 "tags": ["sea", "hills"], "source": "a hotline"},
                {"md5": OTHER, "code": "B"}]
        path = self.file(w, "list", "".join(json.dumps(row) + "\n" for row in rows))
        jsonl = w.ok("list", "convert", path, "--to", "jsonl").text()
        self.assertEqual([json.loads(line) for line in jsonl.splitlines()], rows)
        csv = self.file(w, "csv", w.ok("list", "convert", path, "--to", "csv").out)
        again = [json.loads(line) for line in
                 w.ok("list", "convert", csv, "--to", "jsonl").text().splitlines()]
        self.assertEqual([row["md5"] for row in again], [MD5, OTHER])
        self.assertEqual((again[0]["pdq"], again[0]["code"]), (PDQ, "A"))
        vics = json.loads(self.converted(w, path, "vics", "--categories", "A=1,B=7").read_text())
        self.assertEqual(list(vics), ["@odata.context", "value"])
        self.assertEqual([(m["MD5"], m["Category"]) for m in vics["value"]], [(MD5, 1), (OTHER, 7)])
        for form, more in (("icse", ()), ("vics", ("--categories", "*=1")), ("md5sum", ())):
            out = self.converted(w, path, form, *more)
            self.assertIn("2 records, 0 would be refused", w.ok("list", "lint", out).text())

    @unittest.skipUnless("ASSAY_VECTORS" in os.environ, "needs the files in ASSAY_VECTORS")
    def test_a_list_that_interpol_s_readers_take_comes_out_as_it_was_but_for_photodna(self):
        w = self.workspace()
        path = Path(os.environ["ASSAY_VECTORS"]) / "formats" / "icse_sample.csv"
        want = [line.split(";") for line in path.read_text().splitlines()]
        out = self.converted(w, path, "icse")
        rows = [line.split(";") for line in out.read_text().splitlines()]
        self.assertEqual(rows[0], want[0])
        self.assertEqual(len(rows), 7)
        self.assertEqual([[field.lower() for field in row] for row in rows[1:]],
                         [[field.lower() if i != 2 else "" for i, field in enumerate(row)]
                          for row in want[1:]])

    def test_what_cannot_be_written_is_told(self):
        w = self.workspace()
        path = self.file(w, "list", f"pdq {PDQ}\nmd5 {MD5}\nnothing\n")
        done = w.run("list", "convert", path, "--to", "md5")
        self.assertEqual((done.status, done.text()), (1, MD5 + "\n"))
        for words in ("refused line 3", "1 records are written, 1 refused",
                      "1 more are not: it has no MD5"):
            self.assertIn(words, done.err.decode())
        for words in ((), ("--to", "MD5"), ("--to", "vics"), ("--to", "md5", "--categories", "A=1"),
                      ("--to", "vics", "--categories", "A")):
            self.assertEqual(w.run("list", "convert", path, *words).status, 2, words)
        self.assertEqual(w.run("list", "lint", path, "--to", "md5").status, 2)
        out = self.file(w, "out", "as it was")
        broken = self.file(w, "broken", '{"value":[{"MD5":"' + MD5)
        self.assertEqual(w.run("list", "convert", broken, "--to", "md5", "-o", out).status, 2)
        self.assertEqual(out.read_text(), "as it was")
        self.assertFalse((w.top / "out.part").exists())


if __name__ == "__main__":
    main()
