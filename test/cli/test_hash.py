"""assay hash as people and scripts call it: fields, order, odd names, odd files, ends."""
import base64
import csv
import hashlib
import json
import os
import pty
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest
from pathlib import Path

import workspace
from workspace import Done, main, png

ROOT = Path(__file__).resolve().parent.parent.parent
FIELDS = ("path size mime width height frames duration_ms md5 sha1 sha256 pdq pdq_quality"
          " pdq_reason pixel_policy flags error").split()
REASONS = {None, "not_a_picture", "too_small", "low_quality", "degenerate", "damaged",
           "unsupported"}
FLAT_KB = 64 * 1024
ZEROS = "0" * 64


def formula(name, width, height):
    """The picture of a formula of test/unit/pdq_vectors.inc, as PPM."""
    def tri(t):
        m = t & 511
        return m if m < 256 else 511 - m

    def colour(x, y, c):
        if name == "A":
            return ((3 * x * x + 5 * y * y + 7 * x * y + 11 * x * (c + 1) + 13 * y + 37 * c)
                    >> 3) & 255
        return (tri(3 * x + 40 * c) + tri(2 * y + 25 * c) + tri((x + 2 * y) // 3)) // 3

    pixels = bytes(colour(x, y, c) for y in range(height) for x in range(width)
                   for c in range(3))
    return f"P6\n{width} {height}\n255\n".encode() + pixels


def distance(a, b):
    return bin(int(a, 16) ^ int(b, 16)).count("1")


class HashCase(unittest.TestCase):
    """A folder to put files into; assay runs in an empty one beside it, where nothing is made."""

    def setUp(self):
        self.top = Path(tempfile.mkdtemp(prefix="assay-hash-"))
        self.addCleanup(shutil.rmtree, self.top)
        self.files, self.empty = self.top / "in", self.top / "empty"
        self.files.mkdir()
        self.empty.mkdir()
        self.env = {name: value for name, value in os.environ.items()
                    if not name.startswith("ASSAY_")}
        self.assay = workspace.assay

    def tearDown(self):
        self.assertEqual(os.listdir(self.empty), [], "it made something")

    def file(self, name, data):
        path = os.fsencode(self.files) + b"/" + os.fsencode(name)
        with open(path, "wb") as out:
            out.write(data)
        return path

    def run_hash(self, *words, data=None, **more):
        if data is None:
            more.setdefault("stdin", subprocess.DEVNULL)
        return Done(subprocess.run([self.assay, "hash", *words], env=self.env, cwd=self.empty,
                                   capture_output=True, timeout=280, input=data, **more))

    def rows(self, *words, status=0, **more):
        """The lines as objects; checks what holds for every line."""
        done = self.run_hash(*words, **more)
        self.assertEqual(done.status, status, done.err.decode(errors="replace"))
        self.assertTrue(done.out == b"" or done.out.endswith(b"\n"))
        rows = [json.loads(line) for line in done.out.splitlines()]
        for row in rows:
            self.check(row)
        self.assertEqual(status, 1 if any(row["error"] for row in rows) else 0)
        if status == 0:
            self.assertNotIn(b"refused", done.err)
        return rows

    def check(self, row):
        self.assertIn(row.get("pdq_reason"), REASONS)
        pdq = row.get("pdq")
        if pdq is not None:
            self.assertRegex(pdq, "^[0-9a-f]{64}$")
            self.assertTrue(pdq != ZEROS or row["pdq_reason"] == "degenerate", row)
            self.assertIn(row["pdq_quality"], range(101))
            self.assertEqual(row["pixel_policy"], 1)
        elif "pdq" in row:
            self.assertIsNone(row["pdq_quality"])
            self.assertTrue(row["pdq_reason"] or row["error"], row)


class Fields(HashCase):
    def test_a_line_has_all_fields_in_their_order(self):
        data = png(1)
        path = self.file("a.png", data)
        row, = self.rows(path)
        self.assertEqual(list(row), FIELDS)
        self.assertEqual((row["path"], row["size"], row["mime"], row["width"], row["height"],
                          row["frames"], row["duration_ms"], row["flags"], row["error"]),
                         (path.decode(), len(data), "image/png", 72, 64, 1, None, [], None))
        for name in ("md5", "sha1", "sha256"):
            self.assertEqual(row[name], hashlib.new(name, data).hexdigest())

    def test_pictures_given_by_formulas_have_the_reference_hash(self):
        table = (ROOT / "test/unit/pdq_vectors.inc").read_text()
        row = r"{'(.)', (\d+), (\d+), \d+, \d+, \"(\w+)\", (\d+)}"
        vectors = [v for v in re.findall(row, table)
                   if v[0] != "G" and int(v[1]) * int(v[2]) <= 200 * 200]
        self.assertGreaterEqual(len(vectors), 30)
        # Those in grey are given as luma itself, which a file of three equal samples is not.
        paths = [self.file(f"{n}.ppm", formula(v[0], int(v[1]), int(v[2])))
                 for n, v in enumerate(vectors)]
        for row, vector in zip(self.rows(*paths), vectors, strict=True):
            self.assertEqual((row["pdq"], str(row["pdq_quality"])), vector[3:], vector)

    def test_the_documented_lines_are_what_is_written(self):
        picture = self.file("a.ppm", formula("A", 200, 150))
        said = [line[4:] for line in (ROOT / "doc/hash-lines.md").read_text().splitlines()
                if line.startswith("    ")]
        for options, want in ((["--format", "jsonl"], said[:1]), (["--format", "tsv"], said[1:])):
            done = subprocess.run([self.assay, "hash", *options, "a.ppm"], env=self.env,
                                  cwd=os.path.dirname(picture), capture_output=True, timeout=60)
            self.assertEqual(done.stdout.decode().splitlines(), want)

    def test_every_file_has_digests_and_what_is_no_picture_says_so(self):
        cases = {"text": (b"only words\n", "not_a_picture"), "empty.jpg": (b"", "not_a_picture"),
                 "film.mp4": (b"\0\0\0\x18ftypisom\0\0\2\0isommp42" + bytes(900), "not_a_picture"),
                 "a.svg": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "unsupported"),
                 "cut.png": (png(3)[:60], "damaged")}
        paths = [self.file(name, data) for name, (data, _) in cases.items()]
        for row, (data, reason) in zip(self.rows(*paths), cases.values(), strict=True):
            self.assertEqual((row["pdq"], row["pdq_reason"]), (None, reason), row)
            self.assertEqual((row["size"], row["md5"]), (len(data), hashlib.md5(data).hexdigest()))

    def test_algorithms_leaves_out_what_is_not_named(self):
        path = self.file("a.png", png(1))
        row, = self.rows("--algorithms", "sha1,md5", path)
        self.assertEqual(list(row), "path size mime width height frames duration_ms md5 sha1"
                         " flags error".split())
        self.assertEqual((row["mime"], row["width"]), ("image/png", None))
        row, = self.rows("--algorithms", "pdq", path)
        self.assertNotIn("sha256", row)
        self.assertEqual(row["pdq"], self.rows(path)[0]["pdq"])

    def test_each_digest_asked_for_alone_is_right_of_pictures_and_of_other_files(self):
        contents = {"a.png": png(1), "b.bin": b"not a picture" * 100_000}
        paths = [self.file(name, data) for name, data in contents.items()]
        for name in ("md5", "sha1", "sha256"):
            for chosen in (name, name + ",pdq"):
                rows = self.rows("--algorithms", chosen, *paths)
                for row, data in zip(rows, contents.values(), strict=True):
                    self.assertEqual(row[name], hashlib.new(name, data).hexdigest())
                    self.assertEqual(row["size"], len(data))
                    self.assertEqual({"md5", "sha1", "sha256"} & set(row), {name})
        rows = self.rows("--algorithms", "pdq", *paths)
        self.assertEqual([row["size"] for row in rows], [len(d) for d in contents.values()])

    def test_a_turned_picture_has_both_hashes_and_others_have_one(self):
        subprocess.run([workspace.make_media, "--hostile", self.top / "media"], check=True)
        turned, plain = self.rows(self.top / "media/exif-turned.jpg", self.file("a.png", png(1)))
        self.assertIn("exif_turned", turned["flags"])
        self.assertEqual(list(turned), [*FIELDS, "pdq_oriented"])
        self.assertGreater(distance(turned["pdq"], turned["pdq_oriented"]), 60)
        self.assertNotIn("pdq_oriented", plain)

    def test_fast_names_the_method_and_is_near_or_equal(self):
        subprocess.run([workspace.make_media, self.files, "12", "5"], check=True)
        exact = self.rows("-r", self.files)
        fast = self.rows("-r", "--fast", self.files)
        for a, b in zip(exact, fast, strict=True):
            if a["pdq"] is None:
                continue
            self.assertIn(b["pdq_method"], ("exact", "fast_2", "fast_4", "fast_8"))
            far = distance(a["pdq"], b["pdq"])
            self.assertLessEqual(far, 0 if b["pdq_method"] == "exact" else 31, b)

    def test_turned_hashes_and_stable_bits_are_given_when_asked_for(self):
        picture, black, text = (self.file("a.ppm", formula("A", 200, 150)), self.file(
            "b.pgm", b"P5\n90 90\n255\n" + bytes(8100)), self.file("c", b"words"))
        rows = self.rows("--turned", "--stable-bits", picture, black, text)
        self.assertEqual(list(rows[0]), [*FIELDS, "pdq_turned", "pdq_stable_bits"])
        self.assertEqual(list(rows[0]["pdq_turned"]),
                         "orig rot90 rot180 rot270 flipx flipy flipplus1 flipminus1".split())
        self.assertEqual(rows[0]["pdq_turned"]["orig"], rows[0]["pdq"])
        self.assertEqual(len(set(rows[0]["pdq_turned"].values())), 8)
        self.assertGreater(rows[0]["pdq_stable_bits"], 240)
        self.assertEqual(rows[1]["pdq_stable_bits"], 0)
        self.assertEqual((rows[2]["pdq_turned"], rows[2]["pdq_stable_bits"]), (None, None))
        done = self.run_hash("--format", "tsv", "--turned", "--stable-bits", picture, text)
        head, first, second = [line.split("\t") for line in done.text().splitlines()]
        self.assertEqual(head[-2:], ["pdq_turned", "pdq_stable_bits"])
        self.assertEqual(first[-2:], [",".join(rows[0]["pdq_turned"].values()),
                                      str(rows[0]["pdq_stable_bits"])])
        self.assertEqual(second[-2:], ["", ""])

    def test_a_table_has_a_head_and_the_same_facts(self):
        names = ["a.png", "tab\tnewline\n.png", "none", "text"]
        paths = [self.file("a.png", png(1)), self.file("tab\tnewline\n.png", png(2)),
                 os.fsencode(self.files / "none"), self.file("text", b"words")]
        objects = self.rows(*paths, status=1)
        done = self.run_hash("--format", "tsv", *paths)
        self.assertEqual(done.status, 1)
        head, *lines = [line.split("\t") for line in done.text().splitlines()]
        self.assertEqual(head, [*FIELDS, "pdq_oriented"])
        self.assertEqual(len(lines), len(names))
        for line, row in zip(lines, objects, strict=True):
            self.assertEqual(len(line), len(head))
            cells = dict(zip(head, line, strict=True))
            self.assertEqual(re.sub(r"\\x(..)", lambda m: chr(int(m[1], 16)), cells["path"]),
                             row["path"])
            self.assertEqual(cells["flags"], ",".join(row["flags"]))
            for name in set(FIELDS) - {"path", "flags"}:
                want = "" if row[name] is None else str(row[name])
                self.assertEqual(cells[name], want, name)
        self.assertIn("tab\\x09newline\\x0a.png", lines[1][0])

    def test_a_table_of_nothing_is_its_head(self):
        done = self.run_hash("--format", "tsv", "--algorithms", "md5", "-")
        self.assertEqual((done.status, done.out),
                         (0, b"path\tsize\tmime\twidth\theight\tframes\tduration_ms\tmd5\tflags"
                             b"\terror\n"))


class Same(HashCase):
    def test_a_damaged_heic_has_one_hash_whatever_was_decoded_before_it(self):
        corpus = ROOT / "fuzz/corpus/heif"
        before, damaged = self.files / "a.heic", self.files / "b.heic"
        shutil.copy(corpus / "two.heic", before)
        shutil.copy(corpus / "left-as-found", damaged)

        def pdq(*paths):
            done = subprocess.run([workspace.assay, "hash", "-j", "1", *paths], check=True,
                                  capture_output=True)
            return json.loads(done.stdout.splitlines()[-1])["pdq"]

        alone = pdq(damaged)
        self.assertEqual(len(alone), 64)
        self.assertEqual({pdq(before, damaged), pdq(damaged, damaged), alone}, {alone})


class Order(HashCase):
    def test_lines_come_in_the_order_of_the_input_whatever_the_number_of_threads(self):
        slow = b"P5\n3000 2000\n255\n" + bytes(6_000_000)
        paths = [self.file("slow.pgm", slow)]
        paths += [self.file(f"{n}.png", png(n)) for n in range(30)]
        paths += [os.fsencode(self.files / "none"), paths[0], paths[1], paths[1]]
        one = self.run_hash("-j", "1", *paths)
        four = self.run_hash("-j", "4", *paths)
        self.assertEqual([os.fsencode(json.loads(line)["path"]) for line in one.out.splitlines()],
                         paths)
        self.assertEqual((one.status, one.out), (1, four.out))
        self.assertEqual(four.status, 1)

    def test_folders_are_walked_bytewise_by_name_each_in_its_place(self):
        accent = "\N{LATIN SMALL LETTER E WITH ACUTE}"
        for name in ("b/2", "b/10", "b/sub/x", "a", "C", "b.txt", accent):
            (self.files / name).parent.mkdir(parents=True, exist_ok=True)
            (self.files / name).write_text(name)
        (self.files / "nothing in it").mkdir()
        want = ["C", "a", "b/10", "b/2", "b/sub/x", "b.txt", accent]
        for given in (str(self.files), f"{self.files}/"):
            self.assertEqual([row["path"] for row in self.rows("-r", given)],
                             [f"{self.files}/{name}" for name in want])

    def test_a_folder_without_r_is_a_line_that_says_what_to_add(self):
        row, = self.rows(self.files, status=1)
        self.assertRegex(row["error"], r"folder; add -r")
        self.assertIsNone(row["size"])


class Names(HashCase):
    def test_names_of_any_bytes_come_through(self):
        names = [b"new\nline", b"tab\t", b"back\\slash", b'quo"te', b"\x1b[31mred", b"-r",
                 b"--help", b"\xff\xfe", b"caf\xe9.jpg", b" ", b"*",
                 "\N{RIGHT-TO-LEFT OVERRIDE}gpj".encode()]
        for name in names:
            self.file(name, name)
        found = {}
        for row in self.rows("-r", self.files):
            path = (base64.b64decode(row["path_base64"]) if "path_base64" in row
                    else row["path"].encode())
            found[path.rsplit(b"/", 1)[1]] = row
        self.assertEqual(sorted(found), sorted(names))
        for name, row in found.items():
            self.assertEqual(row["md5"], hashlib.md5(name).hexdigest())
            self.assertEqual("path_base64" in row, name in (b"\xff\xfe", b"caf\xe9.jpg"))
            self.assertEqual(list(row)[0], "path_base64" if "path_base64" in row else "path")

    def test_names_that_begin_with_a_dash_go_behind_two(self):
        self.file("-r", b"1")
        done = subprocess.run([self.assay, "hash", "--", "-r"], cwd=self.files, env=self.env,
                              capture_output=True, timeout=60)
        self.assertEqual((done.returncode, json.loads(done.stdout)["path"]), (0, "-r"))

    def test_a_path_that_is_too_long_is_an_error_line_and_the_next_is_right(self):
        long = os.fsencode(self.files) + b"/" + b"x/" * 3000 + b"a"
        good = self.file("a.png", png(1))
        first, second = self.rows(long, good, status=1)
        self.assertEqual(first["path"].encode(), long)
        self.assertIn("too long", first["error"])
        self.assertIsNone(second["error"])

    def test_a_tree_deeper_than_a_path_may_be_ends_in_a_line_that_says_so(self):
        here = os.open(self.files, os.O_RDONLY)
        for _ in range(60):
            os.mkdir("d" * 100, dir_fd=here)
            below = os.open("d" * 100, os.O_RDONLY, dir_fd=here)
            os.close(here)
            here = below
        os.close(here)
        self.file("z", b"after it")
        deep, last = self.rows("-r", self.files, status=1)
        self.assertIn("too long", deep["error"])
        self.assertIsNone(last["error"])


class Input(HashCase):
    def test_paths_of_standard_input_stand_in_its_place(self):
        a, b, c = (self.file(name, name.encode()) for name in "abc")
        rows = self.rows(c, "-", a, data=b + b"\n" + a) # the last line may lack its newline
        self.assertEqual([row["path"].encode() for row in rows], [c, b, a, a])

    def test_zero_separated_paths_may_hold_newlines(self):
        a, b = self.file("new\nline", b"1"), self.file("b", b"2")
        rows = self.rows("-0", "-", data=a + b"\0" + b + b"\0")
        self.assertEqual([row["path"].encode() for row in rows], [a, b])

    def test_zero_separated_paths_without_0_say_so(self):
        a = self.file("a", b"1")
        row, = self.rows("-", data=a + b"\0" + a + b"\0", status=1)
        self.assertIn("-0", row["error"])

    def test_an_empty_line_and_an_endless_one_are_errors_and_the_next_is_right(self):
        a = self.file("a", b"1")
        lines = b"\n".join((b"", b"x" * 3_000_000, b"y" * 65536, a, b""))
        empty, long, exact, good = self.rows("-", data=lines, status=1)
        self.assertIn("No such file", empty["error"])
        self.assertEqual((len(long["path"]), len(exact["path"])), (65536, 65536))
        self.assertIn("more than 65536", long["error"])
        self.assertIn("too long", exact["error"])
        self.assertIsNone(good["error"])
        for size in (65535, 65536, 65537, 131072, 200000):
            rows = self.rows("-", data=b"x" * size + b"\n" + a, status=1)
            self.assertEqual([len(row["path"]) for row in rows], [min(size, 65536), len(a)])

    def test_a_line_comes_out_while_standard_input_is_open(self):
        a, b = self.file("a.png", png(1)), self.file("b.png", png(2))
        process = subprocess.Popen([self.assay, "hash", "-j", "3", "-"], env=self.env,
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=self.empty)
        self.addCleanup(process.stdout.close)
        for path in (a, b):
            process.stdin.write(path + b"\n")
            process.stdin.flush()
            self.assertEqual(json.loads(process.stdout.readline())["path"], path.decode())
        process.stdin.close()
        self.assertEqual((process.stdout.read(), process.wait(60)), (b"", 0))

    def test_memory_stays_flat_over_many_paths(self):
        a = self.file("a.png", png(1))
        held = {**self.env, "ASAN_OPTIONS": "quarantine_size_mb=1"} # which else looks like a leak
        peak = {}
        for count in (1000, 300_000):
            process = subprocess.Popen([self.assay, "hash", "--algorithms", "md5", "-"],
                                       cwd=self.empty, stdin=subprocess.PIPE,
                                       stdout=subprocess.PIPE, env=held)
            feeder = threading.Thread(target=lambda: (process.stdin.write((a + b"\n") * count),
                                                      process.stdin.flush()))
            feeder.start()
            for _ in range(count):
                self.assertTrue(process.stdout.readline().endswith(b"}\n"))
            feeder.join()
            status = Path(f"/proc/{process.pid}/status").read_text() # while it waits for more
            peak[count] = int(re.search(r"VmHWM:\s*(\d+) kB", status)[1])
            process.stdin.close()
            self.assertEqual((process.stdout.read(), process.wait(60)), (b"", 0))
            process.stdout.close()
        self.assertLess(peak[300_000], peak[1000] + 8192, peak)
        self.assertLess(peak[300_000], FLAT_KB)

    def test_a_standard_input_that_cannot_be_read_is_exit_3(self):
        here = os.open(self.files, os.O_RDONLY)
        done = self.run_hash("-", stdin=here)
        os.close(here)
        self.assertEqual((done.status, done.out), (3, b""))
        self.assertIn(b"standard input", done.err)


class Kinds(HashCase):
    def test_links_pipes_sockets_and_devices_are_refused_by_name_and_not_opened(self):
        good = self.file("good.png", png(1))
        os.symlink(good, self.files / "link")
        os.symlink(self.files / "none", self.files / "nowhere")
        os.mkfifo(self.files / "pipe")
        with socket.socket(socket.AF_UNIX) as listener:
            os.chdir(self.files)
            listener.bind("socket")
            os.chdir("/")
            rows = self.rows("-r", self.files, status=1)
            typed = self.rows(self.files / "link", self.files / "pipe", "/dev/zero", good, status=1)
        said = {os.path.basename(row["path"]): row["error"] for row in rows}
        self.assertIsNone(said.pop("good.png"))
        self.assertIn("--follow", said["link"])
        self.assertIn("symbolic link", said["nowhere"])
        self.assertIn("pipe", said["pipe"])
        self.assertIn("socket", said["socket"])
        self.assertEqual([bool(row["error"]) for row in typed], [True, True, True, False])
        self.assertIn("device", typed[2]["error"])

    def test_follow_hashes_what_links_to_files_lead_to(self):
        data = png(1)
        good = self.file("good.png", data)
        (self.files / "sub").mkdir()
        os.symlink(good, self.files / "link")
        os.symlink(".", self.files / "loop")
        os.symlink("none", self.files / "nowhere")
        os.symlink("/dev/zero", self.files / "zero")
        rows = self.rows("-r", "--follow", self.files, status=1)
        said = {os.path.basename(row["path"]): row for row in rows}
        self.assertEqual(said["link"]["md5"], hashlib.md5(data).hexdigest())
        self.assertIsNone(said["link"]["error"])
        self.assertIn("folder", said["loop"]["error"])
        self.assertIn("No such file", said["nowhere"]["error"])
        self.assertIn("device", said["zero"]["error"])
        self.assertEqual(len(rows), 5)

    def test_what_fails_to_be_read_is_an_error_line_and_named_on_stderr(self):
        good = self.file("a.png", png(1))
        none = self.files / "esc\x1b[31m"
        done = self.run_hash(none, "/proc/self/mem", good)
        rows = [json.loads(line) for line in done.out.splitlines()]
        self.assertEqual(done.status, 1)
        self.assertIn("No such file", rows[0]["error"])
        self.assertIn("cannot be read", rows[1]["error"])
        self.assertEqual([row["sha256"] is None for row in rows], [True, True, False])
        self.assertIn(b"esc\\x1b[31m", done.err)
        self.assertIn(b"/proc/self/mem", done.err)
        self.assertIn(b"2 of 3", done.err)

    def test_a_file_that_is_not_of_its_size_has_no_digests(self):
        """Of the kernel's own files the size is 0 and the bytes are not."""
        row, = self.rows("/proc/version", status=1)
        self.assertIn("changed while it was read", row["error"])
        self.assertEqual((row["sha256"], row["pdq"]), (None, None))

    def test_a_file_that_grows_or_shrinks_meanwhile_has_no_digests(self):
        path = self.file("big", b"")
        over = threading.Event()

        def change():
            size = 0
            while not over.is_set():
                size = (size + 1) % 1000
                os.truncate(path, 400_000_000 + size)
                time.sleep(0.001)

        changer = threading.Thread(target=change)
        changer.start()
        try:
            row, = self.rows(path, status=1)
        finally:
            over.set()
            changer.join()
        self.assertIn("changed while it was read", row["error"])
        self.assertIsNone(row["md5"])

    def test_usage_is_told_on_stderr_with_exit_2(self):
        for words in ([], ["-j", "0", "x"], ["-j", "x", "x"], ["--format", "xml", "x"], ["-0", "x"],
                      ["--algorithms", "md4", "x"], ["--algorithms", "", "x"],
                      ["--algorithms", "md5,", "x"], ["--algorithms", "md5", "--fast", "x"],
                      ["--algorithms", "md5", "--turned", "x"], ["--pdq-scale", "64", "x"],
                      ["--pdq-scale", "512", "--fast", "x"]):
            done = self.run_hash(*words)
            self.assertEqual((done.status, done.out), (2, b""), words)
            self.assertIn(b"see assay hash --help", done.err)


class Ends(HashCase):
    def start(self, *words, **more):
        # Without a buffer of ours, in which communicate() would not look.
        process = subprocess.Popen([self.assay, "hash", *words], env=self.env, cwd=self.empty,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0,
                                   **more)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.stdout.close)
        return process

    def many(self):
        for n in range(400):
            self.file(f"{n:03}.png", png(n % 7))
        return self.files

    def test_interrupted_it_ends_at_once_with_whole_lines(self):
        lines = self.file("lines", (os.fsencode(self.many() / "001.png") + b"\n") * 200_000)
        for number in (signal.SIGINT, signal.SIGTERM):
            with open(lines, "rb") as stdin:
                process = self.start("-", stdin=stdin)
                out = process.stdout.readline() # it is at work
                process.send_signal(number)
                rest, err = process.communicate(timeout=60)
            self.assertEqual(process.returncode, -number)
            lines_out = (out + rest).splitlines()
            self.assertTrue(rest.endswith(b"\n") or rest == b"")
            for line in lines_out:
                json.loads(line)
            self.assertLess(len(lines_out), 200_000)
            self.assertIn(b"stopped after", err)

    def test_interrupted_while_it_waits_for_paths_it_ends(self):
        process = self.start("-", stdin=subprocess.PIPE)
        process.stdin.write(self.file("a.png", png(1)) + b"\n")
        process.stdin.flush()
        self.assertTrue(process.stdout.readline().endswith(b"\n"))
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(60), -signal.SIGINT)
        process.stdin.close()

    def test_it_leaves_no_process_behind(self):
        lines = self.file("lines", (os.fsencode(self.many() / "001.png") + b"\n") * 200_000)
        with open(lines, "rb") as stdin:
            process = self.start("-", stdin=stdin)
        process.stdout.readline()
        children = Path(f"/proc/{process.pid}/task")
        found = {child for task in children.iterdir()
                 for child in (task / "children").read_text().split()}
        self.assertTrue(found, "decoders were at work")
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        for _ in range(1200):
            left = [pid for pid in found if os.path.exists(f"/proc/{pid}/exe")]
            if not left:
                break
            time.sleep(0.05)
        self.assertEqual(left, [])

    def test_a_reader_that_goes_away_ends_it_without_a_word(self):
        process = self.start("-r", self.many())
        process.stdout.readline()
        process.stdout.close()
        self.assertEqual(process.stderr.read(), b"")
        self.assertEqual(process.wait(60), -signal.SIGPIPE)

    def test_a_full_or_closed_standard_output_is_exit_3(self):
        path = self.file("a.png", png(1))
        for words, stdout in (([path], "/dev/full"), (["--help"], "/dev/full"),
                              (["--format", "tsv", path], "/dev/full")):
            with open(stdout, "wb") as full:
                done = subprocess.run([self.assay, "hash", *words], env=self.env, cwd=self.empty,
                                      stdout=full, stderr=subprocess.PIPE, timeout=60)
            self.assertEqual(done.returncode, 3)
            self.assertIn(b"standard output cannot be written", done.stderr)
        done = subprocess.run(["sh", "-c", 'exec "$0" hash "$1" >&-', self.assay, path],
                              env=self.env, cwd=self.empty, stderr=subprocess.PIPE, timeout=60)
        self.assertEqual(done.returncode, 3)

    def test_progress_with_rate_and_time_left_goes_to_a_terminal_alone(self):
        self.assertEqual(self.run_hash("-r", self.many()).err, b"")
        ours, theirs = pty.openpty()
        slow = self.file("zz.pgm", b"P5\n6000 5000\n255\n" + bytes(30_000_000))
        process = subprocess.Popen([self.assay, "hash", "-j", "1", "-r", self.files, *[slow] * 3],
                                   env=self.env, cwd=self.empty, stdout=subprocess.DEVNULL,
                                   stderr=theirs, stdin=subprocess.DEVNULL)
        os.close(theirs)
        said = b""
        while True:
            try:
                piece = os.read(ours, 4096)
            except OSError:
                break
            if not piece:
                break
            said += piece
        os.close(ours)
        self.assertEqual(process.wait(60), 0)
        self.assertRegex(said, rb"hash \d+ (of 404 )?files, \d+ a second")
        self.assertRegex(said, rb"of 404 files, \d+ a second, \d+ s left")


class Programs(HashCase):
    """A copy of the programs, so that some can be missing or not be ours."""

    def copy(self, *names):
        folder = self.top / "bin"
        folder.mkdir(exist_ok=True)
        for name in names:
            found = next(path for path in (Path(workspace.assay).parent / name,
                                           *Path(workspace.assay).parent.glob(f"src/*/{name}"))
                         if path.is_file())
            shutil.copy(found, folder / name)
        self.assay = folder / "assay"
        return folder

    ALL = ("assay", "assay-decode-image", "assay-decode-heif", "assay-decode-av", "assay-encode",
           "assay-unpack")

    def test_without_a_decoder_each_picture_says_so_and_the_rest_is_done(self):
        self.copy("assay")
        data = png(1)
        picture, text = self.rows(self.file("a.png", data), self.file("b", b"words"), status=1)
        self.assertRegex(picture["error"], "assay-decode-image.* is missing.*install assay whole")
        self.assertEqual((picture["md5"], picture["pdq"]), (hashlib.md5(data).hexdigest(), None))
        self.assertEqual((text["error"], text["pdq_reason"]), (None, "not_a_picture"))
        self.rows("--algorithms", "md5", self.file("a.png", data))

    def test_without_an_optional_decoder_its_pictures_are_unsupported_and_it_is_said_once(self):
        self.copy(*self.ALL)
        (self.top / "bin/assay-decode-av").unlink()
        qoi = b"qoif" + (8).to_bytes(4, "big") * 2 + b"\3\0" + b"\xc5" + bytes(7) + b"\1"
        done = self.run_hash(self.file("a.qoi", qoi), self.file("b.qoi", qoi),
                             self.file("a.png", png(1)))
        first, second, third = (json.loads(line) for line in done.out.splitlines())
        self.assertEqual((first["pdq_reason"], second["pdq_reason"], third["pdq_reason"]),
                         ("unsupported", "unsupported", None))
        self.assertEqual(done.status, 0)
        self.assertEqual(done.err.count(b"assay-decode-av"), 1, done.err)

    def test_a_decoder_that_fails_is_an_error_line_with_digests(self):
        folder = self.copy(*self.ALL)
        (folder / "assay-decode-image").write_text("#!/bin/sh\nexit 7\n")
        row, = self.rows(self.file("a.png", png(1)), status=1)
        self.assertTrue(row["error"])
        self.assertEqual((row["sha256"], row["pdq"], row["pdq_reason"]),
                         (hashlib.sha256(png(1)).hexdigest(), None, None))

    def test_it_waits_for_its_decoders_where_the_caller_ignores_children(self):
        row, = self.rows(self.file("a.png", png(1)),
                         preexec_fn=lambda: signal.signal(signal.SIGCHLD, signal.SIG_IGN))
        self.assertIsNotNone(row["pdq"])

    def test_it_works_for_who_has_no_rights_and_names_what_they_may_not_read(self):
        if os.geteuid() != 0:
            self.skipTest("another account can be tried by root alone")
        self.copy(*self.ALL)
        good, closed = self.file("a.png", png(1)), self.file("b.png", png(2))
        (self.files / "shut").mkdir(mode=0)
        os.chmod(closed, 0)
        for folder in (self.top, self.files, self.top / "bin", self.empty):
            os.chmod(folder, 0o755)
        rows = self.rows("-r", self.files, status=1, user=65534, group=65534, extra_groups=[])
        self.assertEqual([bool(row["error"]) for row in rows], [False, True, True])
        self.assertIsNotNone(rows[0]["pdq"])
        self.assertIn("Permission denied", rows[1]["error"])
        self.assertIn("Permission denied", rows[2]["error"])
        self.assertEqual(rows[0]["path"], good.decode())


NOT_COMPARED = ("/dogs-gray16.png", "/dogs-cmyk.tif", "/dogs-jpeg.tif")


class Vectors(HashCase):
    """The reference pictures, through the command."""

    @classmethod
    def setUpClass(cls):
        folder = os.environ.get("ASSAY_VECTORS")
        if not folder:
            raise unittest.SkipTest("ASSAY_VECTORS is not set: no reference pictures")
        cls.folder = Path(folder) / "pdq"

    def table(self, name):
        with open(self.folder / name, newline="") as lines:
            return list(csv.DictReader(lines, delimiter="\t"))

    def hashed(self, *options):
        rows = self.rows(*options, "-r", self.folder / "images")
        return {os.path.relpath(row["path"], self.folder / "images"): row for row in rows}

    def test_pictures_have_the_reference_hash_but_for_those_named(self):
        found = self.hashed()
        table = self.table("images.tsv")
        self.assertEqual(len(table), len(found))
        equal = 0
        for want in table:
            row, path = found[want["path"]], want["path"]
            with self.subTest(path=path):
                self.assertEqual(row["sha256"], want["sha256"])
                if path.endswith("/dogs-gray16.png"):
                    continue # the reference's samples are clipped: its hash means nothing
                if path.endswith("/dogs-cmyk.tif"):
                    if row["pdq"] is None: # a coding that this machine's programs do not read
                        self.assertEqual(row["pdq_reason"], "unsupported")
                    else:
                        self.assertLessEqual(distance(row["pdq"], want["core_hash"]), 10)
                    continue
                self.assertEqual(row["pdq"] or ZEROS, want["core_hash"])
                self.assertEqual(row["pdq_quality"] or 0, int(want["core_quality"]))
                self.assertEqual(row["pdq"] is None, row["pdq_reason"] == "too_small")
                equal += 1
        self.assertEqual(equal, 149)

    def test_stored_and_turned_hashes_are_those_of_the_pixels(self):
        found = self.hashed()
        for want in self.table("exif_oriented.tsv"):
            row = found[want["path"]]
            self.assertEqual(row["pdq"], want["stored_pixels_hash"])
            self.assertEqual(row.get("pdq_oriented", row["pdq"]), want["oriented_pixels_hash"])

    def test_turned_hashes_are_the_references(self):
        found = self.hashed("--turned")
        table = self.table("dihedral.tsv")
        self.assertGreater(len(table), 40)
        for want in table:
            turned = found[want["path"]]["pdq_turned"]
            self.assertEqual(len(turned), 8)
            self.assertEqual(turned[want["xform"]], want["derived_hash"], want)

    def test_the_scale_of_512_gives_the_command_line_tools_hash(self):
        found = self.hashed("--pdq-scale", "512")
        equal = 0
        for want in self.table("images.tsv"):
            row = found[want["path"]]
            if row["pdq"] is None or want["path"].endswith(NOT_COMPARED):
                continue
            with self.subTest(path=want["path"]):
                self.assertEqual(row["pdq"], want["core512_hash"])
                larger = max(row["width"], row["height"]) > 512
                self.assertEqual(row["pdq_method"], "nearest_512" if larger else "exact")
                equal += 1
        self.assertGreater(equal, 140)

    def test_edits_are_as_far_from_the_original_as_the_reference_says(self):
        """Of those edits that are files here: none is farther than the farthest of ten."""
        found = self.hashed()
        farthest = {row["edit"]: int(row["core_max"]) for row in self.table("edit_distances.tsv")}
        compared = 0
        for path, row in found.items():
            name, _, edit = Path(path).stem.partition("-")
            original = found.get(f"photo/{name}-q92.jpg")
            if path.startswith("photo/") and original and edit in farthest:
                self.assertLessEqual(distance(row["pdq"], original["pdq"]), farthest[edit], path)
                compared += 1
        self.assertGreater(compared, 60)


if __name__ == "__main__":
    main()
