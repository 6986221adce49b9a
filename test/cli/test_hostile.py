"""Files that mean harm, through a real import: each ends as stated, the next comes out right.

The generators are test/media/hostile.py and make-media --hostile. What ends an item, how long its
decoder had, and what the record says of it is read from the workspace as its owner sees it.
"""
import collections
import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
import unittest
from pathlib import Path

import workspace
from workspace import Workspace, main, png

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "media"))
import hostile # noqa: E402

WALL_MS = 20_000 + 4_000 # the decoder's limit, and what sealing and a busy machine add
HEADER_MS = 4_000        # refused on the header: far less than unfolding would take
FLAT_KB = 160 * 1024
LIMIT_KB = 1536 * 1024   # the child's address space
GOOD = 1000              # numbers of the good pictures, one behind each bad file

Case = collections.namedtuple("Case", "name data states flags", defaults=[0])
End = collections.namedtuple("End", "state flags reason failure pdq ms")


def ends(w):
    """What became of each item, by the SHA-256 of its bytes."""
    times = {}
    for (line,) in w.query("SELECT entry FROM record"):
        entry = json.loads(line)
        if entry["action"] in ("item.opened", "item.identified"):
            item = next(o for o in entry["objects"] if o.startswith("item:"))
            times.setdefault(int(item[5:]), []).append(entry["mono_ms"])
    rows = w.query("SELECT i.sha256, i.id, t.state, p.flags, p.pdq_reason, p.failure, p.pdq"
                   " FROM item i JOIN task t ON t.item_id = i.id"
                   " LEFT JOIN picture p ON p.item_id = i.id")
    return {sha: End(state, flags or 0, reason, failure, pdq,
                     max(times.get(item, [0])) - min(times.get(item, [0])))
            for sha, item, state, flags, reason, failure, pdq in rows}


def sha(data):
    return hashlib.sha256(data).digest()


class Hostile(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.w = Workspace("init", "--training")
        folder = cls.w.top / "base"
        subprocess.run([workspace.make_media, folder, "8", "77"], check=True)
        base = {path.suffix: path.read_bytes() for path in sorted(folder.iterdir())}
        cls.jpeg, cls.png, cls.webp = base[".jpg"], base[".png"], base[".webp"]

    @classmethod
    def tearDownClass(cls):
        cls.w.close()

    def setUp(self):
        self.w = Workspace("init", "--training")
        self.addCleanup(self.w.close)

    def take_in(self, cases):
        """Import the files, a good one behind each; returns the peak of memory in kB."""
        folder = self.w.top / "in"
        folder.mkdir()
        for number, case in enumerate(cases):
            (folder / f"{number:03}-{case.name}").write_bytes(case.data)
            (folder / f"{number:03}-z.png").write_bytes(png(GOOD + number))
        process = subprocess.Popen([workspace.assay, "import", "-j", "1", folder], env=self.w.env,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        said = process.stderr.read().decode()
        process.stderr.close()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        self.assertIn(process.returncode, (0, 1), said)
        shutil.rmtree(folder)
        return usage.ru_maxrss

    def check(self, cases, within_ms=WALL_MS, memory_kb=LIMIT_KB):
        cases = [Case(*case) for case in cases]
        peak = self.take_in(cases)
        found = ends(self.w)
        for number, case in enumerate(cases):
            with self.subTest(file=case.name):
                end = found[sha(case.data)]
                self.assertIn(end.state, case.states, end)
                self.assertEqual(end.flags & case.flags, case.flags, end)
                self.assertLess(end.ms, within_ms, end)
                self.assertNotEqual(end.failure, "crashed", end)
                good = found[sha(png(GOOD + number))]
                self.assertEqual((good.state, good.flags), ("waiting", 0), "the next file")
                self.assertEqual(good.pdq, self.good_pdq(GOOD + number), "the next file")
        self.assertLess(peak, memory_kb, "peak of memory in kB")
        self.assertIn("good: ", self.w.verified())
        self.assertIn("good: ", self.w.ok("vault", "check").text())
        return found

    known = {}

    def good_pdq(self, number):
        """Of a picture that was taken in with nothing else, many at once."""
        if number not in self.known:
            w = Workspace("init", "--training")
            w.ok("import", w.pictures("in", range(GOOD, GOOD + 130)))
            found = ends(w)
            self.known.update({n: found[sha(png(n))].pdq for n in range(GOOD, GOOD + 130)})
            w.close()
        return self.known[number]

    def test_lying_headers_are_refused_before_anything_is_held(self):
        self.check(hostile.lies(self.jpeg, self.webp), within_ms=HEADER_MS, memory_kb=FLAT_KB)

    def test_bombs_stay_folded_and_memory_stays_flat(self):
        self.check(hostile.bombs(self.png), memory_kb=FLAT_KB)

    def test_much_work_behind_a_good_header_ends_within_the_limits(self):
        self.check(hostile.heavy(self.jpeg))

    def test_animations_without_end_are_cut_short_and_say_so(self):
        self.check(hostile.frames())

    def test_pictures_with_something_behind_them_are_shown_and_flagged(self):
        self.check(hostile.polyglots(self.jpeg, self.png, self.webp))

    def test_no_degenerate_hash_is_given_as_good(self):
        cases = [Case(*case) for case in hostile.no_hash()]
        found = self.check(cases)
        for case in cases:
            with self.subTest(file=case.name):
                end = found[sha(case.data)]
                self.assertIsNotNone(end.reason, end)

    def test_changed_bytes_end_with_a_verdict(self):
        small = self.w.top / "small"
        subprocess.run([workspace.make_media, "--hostile", small], check=True)
        bases = [(small / name).read_bytes() for name in
                 ("exif-turned.jpg", "exif-thumbnail-differs.jpg", "alpha-hidden.png",
                  "apng-two.png", "trailing.webp", "two-in-one.jpg")]
        self.check(hostile.mutated(bases, 60))

    def test_what_is_cut_off_is_never_whole_and_keeps_its_byte_hashes(self):
        small = self.w.top / "small"
        subprocess.run([workspace.make_media, "--hostile", small], check=True)
        cases = [Case(path.name, path.read_bytes(), hostile.ANY)
                 for path in sorted(small.glob("cut*"))]
        self.assertEqual(len(cases), 45)
        found = self.check(cases)
        for case in cases:
            end = found[sha(case.data)]
            whole = end.state == "waiting" and not end.flags & hostile.DAMAGED
            self.assertFalse(whole, (case.name, end))
            if end.state == "waiting":
                self.assertEqual(end.reason, "damaged", case.name)

    def test_one_md5_twice_makes_two_items_and_one_alarm(self):
        cases = hostile.twins()
        self.assertEqual(len({hashlib.md5(case[1]).digest() for case in cases}), 1)
        self.check(cases)
        lines = self.w.query("SELECT entry FROM record")
        alarms = [line for (line,) in lines if '"md5_twin"' in line]
        self.assertEqual(len(alarms), 1)

    def test_no_bytes_are_no_item(self):
        folder = self.w.top / "in"
        folder.mkdir()
        (folder / "a.jpg").touch()
        (folder / "b.png").write_bytes(png(1))
        self.assertEqual(self.w.run("import", folder).status, 1)
        self.assertEqual(self.w.stats()["items"], 1)

    def test_disguises_are_told_by_content_and_nothing_in_them_is_followed(self):
        bait = self.w.top / "bait"
        bait.write_text("nobody reads this")
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen()
            listener.setblocking(False)
            url = f"http://127.0.0.1:{listener.getsockname()[1]}/x"
            cases = list(hostile.disguises(bait, url))
            self.check(cases, within_ms=HEADER_MS, memory_kb=FLAT_KB)
            with self.assertRaises(BlockingIOError):
                listener.accept()
            self.trace(cases, bait)

    def trace(self, cases, bait):
        """The same under strace: the bait is never opened, no socket reaches out."""
        if shutil.which("strace") is None:
            self.skipTest("strace is not installed: opened files were not watched")
        folder, log = self.w.top / "traced", self.w.top / "strace"
        folder.mkdir()
        for name, data, _ in cases:
            (folder / name).write_bytes(data + b"\n")
        done = subprocess.run(["strace", "-f", "-qq", "-o", log, "-e",
                               "trace=open,openat,socket,connect,execve", workspace.assay,
                               "import", folder], env=self.w.env, capture_output=True)
        if b"ptrace" in done.stderr or not log.exists():
            self.skipTest("strace may not trace here: opened files were not watched")
        self.assertEqual(done.returncode, 0, done.stderr)
        calls = log.read_text(errors="replace")
        self.assertIn("execve(", calls)
        self.assertIn("playlist.jpg", calls)
        self.assertNotIn(str(bait), calls)
        self.assertNotIn("AF_INET", calls)
        for line in calls.splitlines():
            if "execve(" in line:
                self.assertRegex(line, r'execve\("[^"]*/assay[^/"]*"', "only our own programs")


if __name__ == "__main__":
    main()
