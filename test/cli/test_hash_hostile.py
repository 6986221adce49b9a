"""Files that mean harm, through assay hash: each has its line in time, the next comes out right.

The generators are test/media/hostile.py and make-media. A good picture stands behind each file.
Built with sanitizers there is no sandbox, so that what it limits is not looked at then; what they
find ends a decoder and is an error here.
"""
import collections
import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import workspace
from test_hash import HashCase
from workspace import main, png

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "media"))
import hostile # noqa: E402

SANITIZED = os.environ.get("ASSAY_TEST_SANITIZED") == "1"
FLAGS = ("damaged", "animated", "alpha_hides", "trailing_data")
LIMIT_KB = 1536 * 1024 # the child's address space
FLAT_KB = 128 * 1024
CPU_S = 11             # of a file: the decoder's limit, in whole seconds, and the digests
HEADER_CPU_S = 0.5     # of a file that is refused on its header: far less than to unfold it

# What make-media --hostile has, and flags that must be told of them.
FLAGGED = {"lie-12000.jpg": "damaged", "scan-bomb.jpg": "damaged", "trailing.jpg": "trailing_data",
           "two-in-one.jpg": "trailing_data", "alpha-hidden.png": "alpha_hides",
           "apng-two.png": "animated", "lie-12000.png": "damaged", "bad-checksum.png": "damaged",
           "trailing.webp": "trailing_data", "exif-turned.jpg": "exif_turned"}

Case = collections.namedtuple("Case", "name data states flags", defaults=[0])


class Hostile(HashCase):
    @classmethod
    def setUpClass(cls):
        cls.media = Path(tempfile.mkdtemp(prefix="assay-hash-"))
        subprocess.run([workspace.make_media, cls.media / "base", "8", "77"], check=True)
        for kind in ("hostile", "evasions", "coded"):
            subprocess.run([workspace.make_media, "--" + kind, cls.media / kind], check=True)
        base = {path.suffix: path.read_bytes() for path in sorted((cls.media / "base").iterdir())}
        cls.jpeg, cls.png, cls.webp = base[".jpg"], base[".png"], base[".webp"]
        cls.coded = {path.suffix: path.read_bytes() for path in (cls.media / "coded").iterdir()}

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.media)

    def measured(self, options, paths, memory_kb, cpu_s):
        """The lines of these files, hashed one after another within the limits."""
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            process = subprocess.Popen([self.assay, "hash", "-j", "1", *options, *paths],
                                       env=self.env, cwd=self.empty, stdin=subprocess.DEVNULL,
                                       stdout=out, stderr=err)
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            out.seek(0)
            err.seek(0)
            self.assertEqual(process.returncode, 0, err.read().decode(errors="replace"))
            rows = [json.loads(line) for line in out]
        if not SANITIZED:
            self.assertLess(usage.ru_maxrss, memory_kb, "peak of memory in kB")
            self.assertLess(usage.ru_utime + usage.ru_stime, cpu_s * len(paths))
        for row in rows:
            self.check(row)
        return rows

    def go(self, cases, memory_kb=LIMIT_KB, cpu_s=CPU_S, options=()):
        """The lines of the cases; a good picture behind each came out as it does alone."""
        cases = [Case(*case) for case in cases]
        good = self.file("good.png", png(1000))
        want, = self.rows(*options, good)
        paths = []
        for n, case in enumerate(cases):
            paths += [self.file(f"{n:03}-{case.name}", case.data), good]
        rows = self.measured(options, paths, memory_kb, cpu_s)
        self.assertEqual(len(rows), len(paths))
        for case, row, after in zip(cases, rows[::2], rows[1::2]):
            with self.subTest(file=case.name):
                for name in ("md5", "sha1", "sha256"):
                    self.assertEqual(row[name], hashlib.new(name, case.data).hexdigest())
                if case.states == hostile.SHOWN:
                    self.assertIsNotNone(row["width"], row)
                elif case.states == hostile.REFUSED:
                    self.assertIsNone(row["pdq"], row)
                    self.assertIsNotNone(row["pdq_reason"], row)
                for bit, name in ((1 << i, name) for i, name in enumerate(FLAGS)):
                    self.assertTrue(not case.flags & bit or name in row["flags"], row)
                self.assertEqual(after, want, "the next file")
        return rows[::2]

    def made(self, kind, pattern="*"):
        return [(path.name, path.read_bytes(), hostile.ANY)
                for path in sorted((self.media / kind).glob(pattern))]

    def test_lying_headers(self):
        self.go(hostile.lies(self.jpeg, self.webp), FLAT_KB, HEADER_CPU_S)

    def test_lying_boxes_of_stills_and_films(self):
        self.go(hostile.films(), FLAT_KB, HEADER_CPU_S)
        if len(self.coded) < 4:
            self.skipTest("this system encodes no HEIC, AVIF, JPEG XL or JPEG 2000")
        self.go(hostile.in_boxes(self.coded), FLAT_KB, HEADER_CPU_S)

    def test_bombs(self):
        self.go(hostile.bombs(self.png), FLAT_KB)

    def test_much_work_behind_a_good_header(self):
        cases = list(hostile.heavy(self.jpeg))
        if SANITIZED: # half a gigabyte of zeros shows sanitizers nothing and takes them long
            cases = [case for case in cases if case[0] != "bomb-within.png"]
        self.go(cases)

    def test_animations_without_end(self):
        self.go(hostile.frames())

    def test_something_behind_a_picture(self):
        self.go(hostile.polyglots(self.jpeg, self.png, self.webp))

    def test_disguises_are_told_by_content_and_nothing_in_them_is_followed(self):
        bait = self.top / "bait"
        bait.write_text("nobody reads this")
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen()
            listener.setblocking(False)
            url = f"http://127.0.0.1:{listener.getsockname()[1]}/x"
            cases = list(hostile.disguises(bait, url))
            self.go(cases, FLAT_KB, HEADER_CPU_S)
            with self.assertRaises(BlockingIOError):
                listener.accept()
        self.trace(bait)

    def trace(self, bait):
        """The same under strace: the bait is never opened, no socket reaches out."""
        if shutil.which("strace") is None or SANITIZED:
            self.skipTest("opened files are not watched: no strace here, or sanitizers in its way")
        log = self.top / "strace"
        done = subprocess.run(["strace", "-f", "-qq", "-o", log, "-e",
                               "trace=open,openat,socket,connect,execve", self.assay, "hash", "-r",
                               self.files], env=self.env, cwd=self.empty, capture_output=True)
        if b"ptrace" in done.stderr or not log.exists():
            self.skipTest("strace may not trace here: opened files were not watched")
        self.assertEqual(done.returncode, 0, done.stderr)
        calls = log.read_text(errors="replace")
        self.assertIn("playlist.jpg", calls)
        self.assertNotIn(str(bait), calls)
        self.assertNotIn("AF_INET", calls)
        for line in calls.splitlines():
            if "execve(" in line:
                self.assertRegex(line, r'execve\("[^"]*/assay[^/"]*"', "only our own programs")

    def test_changed_bytes(self):
        bases = [(self.media / "hostile" / name).read_bytes() for name in
                 ("exif-turned.jpg", "alpha-hidden.png", "apng-two.png", "trailing.webp")]
        self.go(hostile.mutated([*bases, *self.coded.values()], 96))

    def test_what_is_cut_off_is_said_to_be_damaged(self):
        for row in self.go(self.made("hostile", "cut*")):
            self.assertEqual(row["pdq_reason"], "damaged", row)

    def test_coded_stills_that_are_cut_off_are_never_whole(self):
        cases = [(f"cut-{tenth}0{ending}", data[:len(data) * tenth // 10], hostile.ANY)
                 for ending, data in sorted(self.coded.items()) for tenth in range(1, 10)]
        for row in self.go(cases):
            self.assertIn(row["pdq_reason"], ("damaged", "unsupported", "not_a_picture"), row)

    def test_the_list_in_c_has_its_flags_and_no_bytes_have_no_hash(self):
        cases = [case for case in self.made("hostile") if not case[0].startswith("cut")]
        rows = dict(zip((case[0] for case in cases), self.go(cases)))
        self.assertLessEqual(set(FLAGGED), set(rows))
        for name, flag in FLAGGED.items():
            self.assertIn(flag, rows[name]["flags"], name)
        for name in ("zero-bytes.jpg", "marks-only.jpg", "noise.png", "lie-65500.jpg",
                     "lie-zero.jpg", "head-only.jpg", "bomb-36000.png"):
            self.assertIsNone(rows[name]["pdq"], name)
        self.assertEqual(rows["text-bomb.png"]["flags"], [])

    def test_pictures_that_hide_another_have_their_line(self):
        rows = self.go(self.made("evasions"))
        self.assertTrue(any("alpha_hides" in row["flags"] for row in rows))

    def test_second_chances_change_neither_limits_nor_the_next_file(self):
        every = ("--frames", "--thumbnail", "--unbordered", "--turned", "--stable-bits")
        cases = [*hostile.frames(), *hostile.lies(self.jpeg, self.webp)]
        if SANITIZED: # looking at every frame takes the decoder longer than it may, if not always
            cases = cases[4:]
        self.go([(*case[:2], hostile.ANY) for case in cases] + self.made("evasions"), options=every)

    def test_broken_pngs_are_never_whole_and_good_ones_always(self):
        for row in self.go(hostile.broken_pngs(self.png), FLAT_KB):
            self.assertIsNotNone(row["pdq_reason"], row)
        for row in self.go(hostile.good_pngs(), FLAT_KB):
            self.assertNotIn("damaged", row["flags"], row)
            self.assertEqual(row["pdq"] is None, row["width"] < 5, row)

    def test_two_files_of_one_md5_are_two_files(self):
        first, second = self.go(hostile.twins())
        self.assertEqual(first["md5"], second["md5"])
        self.assertNotEqual(first["sha256"], second["sha256"])

    def test_no_degenerate_hash_is_given_as_good(self):
        for row in self.go(hostile.no_hash()):
            self.assertIsNotNone(row["pdq_reason"], row)


if __name__ == "__main__":
    main()
