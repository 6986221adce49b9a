"""assay match as people and scripts call it: hits, misses, what cannot be looked up, bad lists."""
import hashlib
import json
import os
import random
import shutil
import struct
import subprocess
import tempfile
import unittest
import zlib
from pathlib import Path

import workspace
from test_hash import ROOT, formula
from workspace import Done, main, png


def flipped(pdq, bits, seed=1):
    """The hash with so many of its bits turned over."""
    places = random.Random(seed).sample(range(256), bits)
    return f"{int(pdq, 16) ^ sum(1 << place for place in places):064x}"


def turned(data):
    """A grey PNG of 8 bits, upside down."""
    width, height = struct.unpack(">II", data[16:24])
    at, body = 33, b""
    while at < len(data):
        size, = struct.unpack(">I", data[at:at + 4])
        if data[at + 4:at + 8] == b"IDAT":
            body += data[at + 8:at + 8 + size]
        at += size + 12
    rows = zlib.decompress(body)
    rows = [rows[y * (width + 1) + 1:(y + 1) * (width + 1)] for y in range(height)]
    raw = b"".join(b"\0" + row for row in reversed(rows))

    def chunk(kind, text):
        return (struct.pack(">I", len(text)) + kind + text
                + struct.pack(">I", zlib.crc32(kind + text)))

    return data[:33] + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b"")


class MatchCase(unittest.TestCase):
    def setUp(self):
        self.top = Path(tempfile.mkdtemp(prefix="assay-match-"))
        self.addCleanup(shutil.rmtree, self.top)
        self.env = {name: value for name, value in os.environ.items()
                    if not name.startswith("ASSAY_")}

    def file(self, name, data):
        path = self.top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return path

    def run_it(self, *words, data=None):
        return Done(subprocess.run([workspace.assay, *map(os.fspath, words)], env=self.env,
                                   cwd=self.top, capture_output=True, timeout=280, input=data))

    def match(self, *words, status, data=None):
        done = self.run_it("match", *words, data=data)
        self.assertEqual(done.status, status, done.err.decode(errors="replace"))
        rows = [json.loads(line) for line in done.out.splitlines()]
        for row in rows:
            self.assertEqual([key for key in row if key != "query_line"],
                             ["query", "status", "reason", "hits"])
            self.assertEqual(row["status"] == "match", bool(row["hits"]))
            self.assertEqual(row["status"] == "unmatchable", row["reason"] is not None)
        return rows

    def hashes(self, path):
        return json.loads(self.run_it("hash", path).out)

    def picture(self, name="a.png", number=1):
        """A picture, and what assay hash says of it."""
        path = self.file(name, png(number, 200, 160))
        return path, self.hashes(path)


def vics(media, region="UK"):
    return json.dumps({
        "@odata.context":
            f"http://a.example/ProjectVic/DataModels/2.0.xml/{region}/$metadata#Cases",
        "value": [{"CaseID": "{7}", "Media": media, "TotalMediaFiles": len(media)}]}, indent=1)


class Vics(MatchCase):
    def test_a_case_is_a_list_and_tells_no_places(self):
        path, known = self.picture()
        record = {"MediaID": 1, "Category": 1, "MD5": known["md5"].upper(), "Tags": "sea,hills",
                  "RelativeFilePath": "Files\\a.png", "MediaFiles": [{"FileName": "a.png"}],
                  "AlternativeHashes": [{"HashName": "PDQ", "HashValue": known["pdq"]}]}
        listed = self.file("case.json", b"\xef\xbb\xbf" + vics([record]).encode())
        wide = self.file("wide.json", b"\xff\xfe" + vics([record], "US").encode("utf-16-le"))
        row, = self.match("--list", listed, "--list", wide, path, status=10)
        self.assertEqual([(hit["kind"], hit["record"]) for hit in row["hits"]], [
            ("md5", {"vics_version": "2.0", "vics_region": region, "MediaID": 1, "Category": 1,
                     "tags": ["sea", "hills"]}) for region in ("UK", "US")])
        self.run_it("index", "build", "-o", "case.idx", listed)
        again, = self.match("--list", "case.idx", path, status=10)
        self.assertEqual(again["hits"], row["hits"][:1])

    def test_a_document_that_is_cut_off_is_no_list(self):
        path, known = self.picture()
        listed = self.file("cut.json", vics([{"MD5": known["md5"]}])[:-5])
        done = self.run_it("match", "--list", listed, path)
        self.assertEqual((done.status, done.out), (3, b""))
        self.assertIn(b"line ", done.err)
        self.file("bad.json", vics([{"MD5": "12"}, {"MD5": known["md5"]}]))
        self.assertIn(b"MD5 is 32", self.run_it("match", "--list", "bad.json", path).err)
        self.match("--list", "bad.json", "--skip-bad", path, status=10)

    @unittest.skipUnless("ASSAY_VECTORS" in os.environ, "needs the files in ASSAY_VECTORS")
    def test_documents_of_known_writers_are_read_whole(self):
        paths = sorted((Path(os.environ["ASSAY_VECTORS"]) / "formats").glob("*vics[12]*.json"))
        self.assertEqual(len(paths), 5)
        for path in paths:
            done = self.run_it("list", "lint", path)
            want = 1 if "one_entry" in path.name else 6
            self.assertEqual((done.status, done.out.decode()),
                             (0, "%d records, 0 would be refused\n" % want), path)


class Files(MatchCase):
    def test_a_hit_says_how_it_was_met_and_all_that_its_list_says(self):
        path, known = self.picture()
        listed = self.file("list.jsonl", json.dumps({"sha256": known["sha256"], "code": "L1",
                                                     "tags": ["season:summer"]}) + "\n")
        row, = self.match("--list", listed, path, status=10)
        self.assertEqual(row["query"], str(path))
        self.assertEqual(row["hits"], [{
            "hash": known["sha256"], "kind": "sha256", "distance": 0, "list": str(listed),
            "line": 1, "record": {"code": "L1", "tags": ["season:summer"]}}])

    def test_a_collage_is_said_to_be_one(self):
        path, known = self.picture()
        said = ({"tags": ["sea", "grid"]}, {"tags": "grid sea"}, {"tags": ["gridlock"]},
                {"note": "grid"}, {"tags": {"grid": 1}})
        listed = self.file("list.jsonl", "".join(
            json.dumps({"sha256": known["sha256"], "source": "A partner", **more}) + "\n"
            for more in said))
        want = [True, True, None, None, None]
        row, = self.match("--list", listed, path, status=10)
        self.assertEqual([hit.get("collage") for hit in row["hits"]], want)
        self.assertEqual({hit["record"]["source"] for hit in row["hits"]}, {"A partner"})
        self.run_it("index", "build", "-o", "list.idx", listed)
        again, = self.match("--list", "list.idx", path, status=10)
        self.assertEqual([hit.get("collage") for hit in again["hits"]], want)

    def test_the_documented_line_is_what_is_written(self):
        want, = [line[4:] for line in (ROOT / "doc/lists.md").read_text().splitlines()
                 if line.startswith("    ")]
        self.file("a.ppm", formula("A", 200, 150))
        self.file("known.csv", "pdq,grade\n4e46b5595215f12c6aaab9224ad4d5bb"
                               "6a72b0aa6b5755e955588eae8b8ad4a4,L1\n")
        done = self.run_it("match", "--list", "known.csv", "a.ppm")
        self.assertEqual((done.status, done.out.decode().splitlines()), (10, [want]))

    def test_a_pdq_is_met_up_to_the_distance_and_no_further(self):
        path, known = self.picture()
        near = {bits: flipped(known["pdq"], bits) for bits in (0, 16, 31, 32, 40)}
        listed = self.file("list.txt", "".join(f"pdq:{near[bits]}\n" for bits in near))
        for options, want in (([], [0, 16, 31]), (["--distance", "16"], [0, 16]),
                              (["--distance", "0"], [0]), (["--distance", "40"], [*near])):
            row, = self.match("--list", listed, *options, path, status=10)
            self.assertEqual([hit["distance"] for hit in row["hits"]], want)
            self.assertEqual([hit["hash"] for hit in row["hits"]], [near[bits] for bits in want])

    def test_one_record_is_one_hit_by_the_strongest_of_its_hashes(self):
        path, known = self.picture()
        listed = self.file("list.jsonl", "".join(json.dumps(
            {kind: known[kind] for kind in kinds}) + "\n" for kinds in (
                ["pdq"], ["md5", "pdq"], ["md5", "sha1"], ["sha1", "sha256", "pdq"])))
        row, = self.match("--list", listed, path, status=10)
        self.assertEqual([(hit["kind"], hit["line"]) for hit in row["hits"]],
                         [("sha256", 4), ("sha1", 3), ("md5", 2), ("pdq", 1)])

    def test_an_md5_that_meets_where_sha256_differs_is_marked(self):
        path, known = self.picture()
        other = hashlib.sha256(b"other").hexdigest()
        listed = self.file("list.csv", f"md5,sha256\n{known['md5']},{other}\n{known['md5']},\n")
        row, = self.match("--list", listed, path, status=10)
        self.assertEqual([hit.get("conflict") for hit in row["hits"]], [True, None])

    def test_turned_pictures_are_met_when_asked_for(self):
        path = self.file("a.png", png(1, 600, 450))
        known = self.hashes(path)
        upside = self.file("b.png", turned(path.read_bytes()))
        self.assertGreater(bin(int(known["pdq"], 16) ^ int(self.hashes(upside)["pdq"], 16))
                           .count("1"), 31)
        listed = self.file("list.txt", "pdq " + known["pdq"])
        row, = self.match("--list", listed, upside, status=0)
        self.assertEqual(row["status"], "no_match")
        row, = self.match("--list", listed, "--turned", upside, status=10)
        self.assertEqual([hit["turn"] for hit in row["hits"]], ["flipx"])

    def test_what_cannot_be_looked_up_is_never_no_match(self):
        path, known = self.picture()
        words, gone = self.file("words", "only words\n"), self.top / "gone"
        pdqs = self.file("pdqs", "pdq:" + flipped(known["pdq"], 60))
        digests = self.file("digests", "0" * 31 + "1")
        row, = self.match("--list", pdqs, words, status=1)
        self.assertEqual((row["status"], row["reason"]), ("unmatchable", "not_a_picture"))
        row, = self.match("--list", digests, words, status=0)
        self.assertEqual(row["status"], "no_match")
        row, = self.match("--list", digests, gone, status=1)
        self.assertEqual(row["status"], "unmatchable")
        self.assertIn("cannot be found", row["reason"])
        listed = self.file("both", hashlib.md5(words.read_bytes()).hexdigest() + "\npdq:"
                           + known["pdq"])
        rows = self.match("--list", listed, words, path, gone, status=1)
        self.assertEqual([row["status"] for row in rows], ["match", "match", "unmatchable"])

    def test_hashes_of_low_quality_are_left_out_on_both_sides(self):
        grey = self.file("grey.pgm", b"P5\n100 100\n255\n" + bytes(
            100 + x // 10 % 2 * 6 for y in range(100) for x in range(100)))
        known = self.hashes(grey)
        self.assertEqual(known["pdq_reason"], "low_quality")
        listed = self.file("list", "pdq:" + known["pdq"])
        row, = self.match("--list", listed, grey, status=1)
        self.assertEqual((row["status"], row["reason"]), ("unmatchable", "low_quality"))
        row, = self.match("--list", listed, "--min-quality", "0", grey, status=10)
        path, known = self.picture()
        for row in ({"pdq": known["pdq"], "pdq_quality": 49},
                    {"pdq": known["pdq"], "pdq_reason": "damaged"}):
            listed = self.file("list", json.dumps(row))
            answer, = self.match("--list", listed, path, status=1)
            self.assertEqual(answer["reason"], "kind_not_listed")

    def test_lines_come_in_the_order_of_the_input_whatever_the_threads(self):
        for n in range(40):
            self.file(f"in/{n:02}.png", png(n))
        listed = self.file("list", self.hashes(self.top / "in/07.png")["md5"])
        one = self.match("--list", listed, "-r", "-j", "1", "in", status=10)
        self.assertEqual(one, self.match("--list", listed, "-r", "-j", "5", "in", status=10))
        self.assertEqual([row["query"] for row in one], [f"in/{n:02}.png" for n in range(40)])
        self.assertEqual([row["status"] for row in one].count("match"), 1)

    def test_a_name_that_is_not_utf8_is_base64(self):
        name = os.fsencode(self.top) + b"/\xff.txt"
        with open(name, "wb") as out:
            out.write(b"x")
        listed = self.file("list", "1" * 32)
        done = self.run_it("match", "--list", listed, os.fsdecode(name))
        self.assertIn("query_base64", json.loads(done.out))


class Hashes(MatchCase):
    def ask(self, listed, data, status, *words):
        return self.match("--list", listed, "--hashes", "-", *words, status=status,
                          data=data.encode())

    def test_each_line_has_its_answer_in_order(self):
        pdq = hashlib.sha256(b"a picture").hexdigest()
        listed = self.file("list", f"{pdq} 80\n{'a' * 40} name\nmd5 {'b' * 32}\n")
        rows = self.ask(listed, f"pdq:{flipped(pdq, 31)}\nnonsense\n{'A' * 40}\n\n# remark\n"
                                f"{'c' * 32}\n{pdq}\nsha256 {pdq}\n", 1)
        self.assertEqual([(row["query_line"], row["status"], [hit["kind"] for hit in row["hits"]])
                          for row in rows],
                         [(1, "match", ["pdq"]), (2, "unmatchable", []), (3, "match", ["sha1"]),
                          (6, "no_match", []), (7, "match", ["sha256"]),
                          (8, "match", ["sha256"])])
        self.assertIn("hex digits", rows[1]["reason"])

    def test_a_kind_that_no_list_has_is_not_looked_up(self):
        row, = self.ask(self.file("list", "a" * 40), "a" * 32, 1)
        self.assertEqual((row["status"], row["reason"]), ("unmatchable", "kind_not_listed"))

    def test_what_assay_hash_writes_can_be_looked_up(self):
        path, known = self.picture()
        lines = self.run_it("hash", path).out
        listed = self.file("list.jsonl", lines)
        rows = self.match("--list", listed, "--hashes", listed, status=10)
        self.assertEqual(rows[0]["query"], known["sha256"])
        self.assertEqual(rows[0]["hits"][0]["record"]["path"], str(path))

    def test_who_waits_for_an_answer_gets_it(self):
        listed = self.file("list", "a" * 40)
        process = subprocess.Popen([workspace.assay, "match", "--list", listed, "--hashes", "-"],
                                   env=self.env, cwd=self.top, stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE)
        for text, status in (("a" * 40, "match"), ("b" * 40, "no_match")):
            process.stdin.write(text.encode() + b"\n")
            process.stdin.flush()
            self.assertEqual(json.loads(process.stdout.readline())["status"], status)
        process.stdin.close()
        self.assertEqual(process.wait(60), 10)
        process.stdout.close()

    def test_many_lines_against_many_hashes(self):
        chance = random.Random(5)
        known = [f"{chance.getrandbits(256):064x}" for _ in range(100_000)]
        listed = self.file("list", "".join(f"pdq:{value}\n" for value in known))
        asked = [flipped(value, 20, n) if n % 2 else f"{chance.getrandbits(256):064x}"
                 for n, value in enumerate(known[::5])]
        rows = self.ask(listed, "".join(f"pdq {value}\n" for value in asked), 10, "-j", "3")
        self.assertEqual([row["query"] for row in rows], asked)
        self.assertEqual([row["status"] == "match" for row in rows],
                         [bool(n % 2) for n in range(len(asked))])
        self.assertTrue(all(row["hits"][0]["line"] == 5 * n + 1
                            for n, row in enumerate(rows) if n % 2))


class Index(MatchCase):
    """Lists as one file: the same answers, and nothing that is damaged is believed."""

    def build(self, *lists):
        out = self.top / "known.idx"
        done = self.run_it("index", "build", "-o", out, *lists)
        self.assertEqual(done.status, 0, done.err)
        return out

    def some_lists(self):
        """Every kind of record, and a list beside it in another form; the hashes to ask for."""
        chance = random.Random(3)
        rows, asked = [], []
        for n in range(300):
            row = {kind: f"{chance.getrandbits(size * 4):0{size}x}" for kind, size in (
                ("md5", 32), ("sha1", 40), ("sha256", 64), ("pdq", 64), ("pdq_oriented", 64))
                if chance.random() < 0.5 or kind == "md5"}
            row.update({"pdq_quality": chance.randrange(40, 100)} if n % 3 else {})
            row.update({"pdq_reason": "damaged"} if n % 17 == 0 else {})
            rows.append(json.dumps({**row, "code": f"L{n % 4}"}))
            asked += [f"{kind.removesuffix('_oriented')}:"
                      + (flipped(row[kind], n % 35, n) if "pdq" in kind else row[kind])
                      for kind in row if kind in ("md5", "sha1", "sha256", "pdq", "pdq_oriented")]
        asked += [f"{chance.getrandbits(128):032x}" for _ in range(50)]
        return (self.file("a.jsonl", "\n".join(rows)),
                self.file("b.txt", "\n".join(asked[::7])), "\n".join(asked).encode())

    def test_it_answers_as_the_lists_do(self):
        one, two, asked = self.some_lists()
        built = self.build(one, two)
        for options in ([], ["--min-quality", "80"], ["--distance", "12"]):
            want = self.match("--list", one, "--list", two, *options, "--hashes", "-", status=10,
                              data=asked)
            self.assertEqual(want, self.match("--list", built, *options, "--hashes", "-",
                                              status=10, data=asked))
            self.assertGreater(sum(len(row["hits"]) for row in want), 400)
        both = self.match("--list", built, "--list", two, "--hashes", "-", status=10, data=asked)
        self.assertGreater(sum(len(row["hits"]) for row in both),
                           sum(len(row["hits"]) for row in want))
        said = self.run_it("index", "info", built).out.decode()
        self.assertIn("records 4", said)
        self.assertIn(f"list {one}\nlist {two}\n", said)

    def test_the_documented_file_is_what_is_written(self):
        said = (ROOT / "doc/lists.md").read_text()
        self.file("known.csv", "pdq,grade\n4e46b5595215f12c6aaab9224ad4d5bb"
                               "6a72b0aa6b5755e955588eae8b8ad4a4,L1\n")
        self.assertEqual(self.run_it("index", "build", "-o", "known.idx", "known.csv").status, 0)
        data = (self.top / "known.idx").read_bytes()
        self.assertIn(f"is {len(data):,} bytes with SHA-256\n`{hashlib.sha256(data).hexdigest()}`",
                      said)

    def test_damage_anywhere_is_found(self):
        one, two, _ = self.some_lists()
        built = self.build(one, two)
        self.assertIn(b"good", self.run_it("index", "verify", built).out)
        data = built.read_bytes()
        chance = random.Random(9)
        for at in [0, 9, 20, 30, 40, 70, 520, *chance.sample(range(544, len(data)), 40)]:
            bad = bytearray(data)
            bad[at] ^= 1 << chance.randrange(8)
            path = self.file("bad.idx", bytes(bad))
            done = self.run_it("index", "verify", path)
            self.assertEqual(done.status, 3, at)
            self.run_it("match", "--list", path, "--hashes", "-", data=b"a" * 32)

    def test_what_is_cut_or_foreign_or_later_is_refused_by_name(self):
        one, two, _ = self.some_lists()
        data = self.build(one, two).read_bytes()
        later = data[:8] + b"\2" + data[9:]
        for name, text, words in (("cut", data[:-1], b"was cut"), ("head", data[:300], b"header"),
                                  ("more", data + b"x", b"stands behind"),
                                  ("later", later, b"later assay")):
            path = self.file(name, text)
            for command in (["index", "info", path], ["index", "verify", path],
                            ["match", "--list", path, "--hashes", "-"]):
                done = self.run_it(*command, data=b"")
                self.assertEqual((done.status, done.out), (3, b""), (name, command))
                self.assertIn(words, done.err)
        done = self.run_it("index", "info", one)
        self.assertIn(b"no snapshot of lists", done.err)
        done = self.run_it("index", "build", "-o", self.top / "x", self.top / "known.idx")
        self.assertEqual(done.status, 3)
        self.assertIn(b"a snapshot already", done.err)

    def test_a_build_that_fails_leaves_what_was_there(self):
        one, two, _ = self.some_lists()
        built = self.build(one, two)
        before = built.read_bytes()
        bad = self.file("bad", "xyz\n" + "a" * 32)
        self.assertEqual(self.run_it("index", "build", "-o", built, bad).status, 3)
        self.assertEqual(self.run_it("index", "build", "-o", built, "gone").status, 3)
        self.assertEqual(built.read_bytes(), before)
        self.assertEqual(self.run_it("index", "build", "-o", built, "--skip-bad", bad).status, 0)
        self.assertEqual(sorted(path.name for path in self.top.iterdir()),
                         ["a.jsonl", "b.txt", "bad", "known.idx"])

    def test_usage_is_told_with_exit_2(self):
        for words in ([], ["build"], ["build", "x"], ["build", "-o", "x"], ["info"],
                      ["info", "a", "b"], ["-o", "x", "info", "a"], ["look", "x"]):
            done = self.run_it("index", *words)
            self.assertEqual((done.status, done.out), (2, b""), words)


class Bad(MatchCase):
    def test_a_list_with_bad_lines_is_used_only_when_told_so(self):
        listed = self.file("list", f"{'a' * 32}\r\nxyz\r\n{'A' * 32}\r\n{'0' * 40}\r\n")
        done = self.run_it("match", "--list", listed, "--hashes", "-", data=b"a" * 32)
        self.assertEqual((done.status, done.out), (3, b""))
        for words in (b"line 2: no hash", b"line 4: a hash of nothing", b"2 lines", b"--skip-bad"):
            self.assertIn(words, done.err)
        row, = self.match("--list", listed, "--skip-bad", "--hashes", "-", status=10,
                          data=b"a" * 32)
        self.assertEqual([hit["line"] for hit in row["hits"]], [1, 3])

    def test_what_is_no_list_is_told_by_name(self):
        for name, data, words in (("picture.png", png(1), b"no list of hashes"),
                                  ("one.json", b"{\n\"values\": []\n}\n", b"JSON document"),
                                  ("tabs.csv", b"md5\tgrade\n" + b"a" * 32 + b"\t1\n", b"commas"),
                                  ("empty", b"", b"holds no hash")):
            listed = self.file(name, data)
            done = self.run_it("match", "--list", listed, "--hashes", "-", data=b"a" * 32)
            self.assertEqual((done.status, done.out), (3, b""), name)
            self.assertIn(words, done.err)
        done = self.run_it("match", "--list", "gone", "--hashes", "-", data=b"")
        self.assertEqual(done.status, 3)
        self.assertIn(b"the list gone cannot be opened", done.err)

    def test_no_list_may_be_empty_beside_others(self):
        full = self.file("full", "b" * 32)
        for text in ("", "md5,grade\n", "# a remark\n"):
            empty = self.file("empty", text)
            done = self.run_it("match", "--list", full, "--list", empty, "--hashes", "-",
                               data=b"a" * 32)
            self.assertEqual((done.status, done.out), (3, b""), text)
            self.assertIn(b"empty: the list holds no hash", done.err)
        bad = self.file("bad", "xyz\n")
        done = self.run_it("match", "--list", full, "--list", bad, "--skip-bad", "--hashes", "-",
                           data=b"a" * 32)
        self.assertEqual((done.status, done.out), (3, b""))

    def test_an_answer_that_cannot_be_written_ends_it_while_the_asker_waits(self):
        listed = self.file("list", "a" * 40)
        with open("/dev/full", "wb") as full:
            command = [workspace.assay, "match", "--list", listed, "--hashes", "-"]
            process = subprocess.Popen(command, env=self.env, cwd=self.top,
                                       stdin=subprocess.PIPE, stdout=full, stderr=subprocess.PIPE)
            process.stdin.write(b"a" * 40 + b"\n")
            process.stdin.flush()
            self.assertEqual(process.wait(60), 3)
        self.assertIn(b"standard output cannot be written", process.stderr.read())
        process.stdin.close()
        process.stderr.close()

    def test_a_list_says_nothing_to_a_terminal(self):
        listed = self.file("esc\x1b[31m", b"\x1b[2Jxyz\n")
        done = self.run_it("match", "--list", listed, "--hashes", "-", data=b"a" * 32)
        self.assertEqual(done.status, 3)
        self.assertNotIn(b"\x1b", done.err)

    def test_usage_is_told_with_exit_2(self):
        for words in ([], ["x"], ["--list", "l"], ["--list", "l", "--distance", "65", "x"],
                      ["--list", "l", "--min-quality", "101", "x"], ["--list", "l", "-0", "x"],
                      ["--list", "l", "--hashes", "-", "x"],
                      ["--list", "l", "--hashes", "-", "--turned"],
                      ["--list", "l", "-j", "0", "x"]):
            done = self.run_it("match", *words)
            self.assertEqual((done.status, done.out), (2, b""), words)
            self.assertIn(b"see assay match --help", done.err)


if __name__ == "__main__":
    main()
