"""assay demo: one set a seed, something on every screen, and a record that says who did it."""
import json
import os
import re
import signal
import subprocess
import unittest

import workspace
from workspace import Client, Workspace, main, png

COUNT = "90"


class Demo:
    """A demo that is served; by name, a signed-in client of each of its people."""

    def __init__(self, *options, top=None):
        self.w = Workspace(top=top)
        self.process = subprocess.Popen([workspace.assay, "demo", "--listen", "127.0.0.1:0",
                                         *options], env=self.w.env, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL,
                                        text=True)
        self.said, self.links, host = [], {}, None
        for line in self.process.stdout:
            self.said.append(line)
            found = re.search(r" at http://(\S+)", line)
            host = found.group(1) if found else host
            found = re.match(r"(\w+)\s+http\S+#link=([0-9a-f]+)", line)
            if found:
                self.links[found.group(1)] = found.group(2)
                if found.group(1) == "auditor":
                    break
        self.host = host

    def client(self, name):
        client = Client(self.host)
        client.good("POST", "/api/v1/session", {"link": self.links[name]})
        return client

    def get(self, name, path):
        return self.client(name).good("GET", "/api/v1/" + path)

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(60)
        self.process.stdout.close()


class DemoTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.demo = Demo("--count", COUNT)

    @classmethod
    def tearDownClass(cls):
        cls.demo.stop()
        cls.demo.w.close()

    def test_each_role_and_a_second_pair_of_hands_has_a_link(self):
        self.assertEqual(set(self.demo.links), {
            "assessor", "assessor2", "analyst", "quality", "quality2", "arbiter", "lead", "intake",
            "release", "welfare", "compliance", "admin", "auditor"})

    def test_every_screen_has_something_to_show(self):
        get = self.demo.get
        stats = get("auditor", "stats")
        for state in ("waiting", "later", "escalated", "second_look", "graded", "submitted",
                      "passed", "unsupported"):
            self.assertGreater(stats["states"].get(state, 0), 0, (state, stats))
        self.assertEqual(len(get("intake", "batches")["batches"]), 5)
        self.assertGreater(len(get("assessor", "later")["tasks"]), 0)
        self.assertEqual([(c["state"], c["mine"]) for c in
                          get("assessor", "corrections")["corrections"]], [("open", True)])
        self.assertGreater(len(get("lead", "escalations")["escalations"]), 0)
        lots = [lot["state"] for lot in get("quality", "lots")["lots"]]
        self.assertIn("passed", lots)
        self.assertIn("sampling", lots)
        releases = [r["state"] for r in get("release", "releases")["releases"]]
        self.assertEqual(sorted(releases), ["approved", "requested"])
        guidance = get("lead", "schemes/training-landscapes")["guidance"]
        self.assertEqual({g["target"] for g in guidance}, {"L1", "L3", "flags:panorama"})
        for name, queue in (("quality", "reading"), ("arbiter", "third"), ("lead", "escalated"),
                            ("assessor", "grade"), ("assessor2", "grade")):
            if name == "assessor2":
                self.demo.client(name).good("POST", "/api/v1/shift")
            self.assertEqual(len(self.demo.client(name).lease(queue)), 1, (name, queue))

    def test_the_record_says_which_entries_the_script_caused(self):
        auditor, entries, after = self.demo.client("auditor"), [], 0
        while after is not None:
            page = auditor.good("GET", f"/api/v1/record/entries?from={after}")
            entries += [entry["entry"] for entry in page["entries"]]
            after = page["next"]
        acted = [(e["data"]["days"], e["data"]["part"]) for e in entries
                 if e["action"] == "demo.acted"]
        self.assertEqual(acted, [("first", "begins"), ("first", "ends"), ("today", "begins"),
                                 ("today", "ends")])
        last = max(i for i, e in enumerate(entries) if e["action"] == "demo.acted")
        by_people = [e for e in entries[:last] if e["session"] != "none"]
        self.assertGreater(len(by_people), 200)
        others = {e["action"] for e in by_people if e["data"].get("workstation") != "assay demo"}
        # That one goes out with a package, so it names no workstation; its session does.
        self.assertEqual(others, {"release.approved"})
        ended = [e["data"]["shown_ms"] for e in by_people if e["action"] == "view.ended"]
        self.assertGreater(min(ended), 590, "a view that is on record was really held open")

    def test_a_demo_that_is_there_is_served_as_it_is(self):
        other = Demo("--count", "40", "--seed", "9")
        try:
            other.stop()
            before = other.w.stats()["items"]
            again = Demo("--count", "40", top=other.w.top)
            again.stop()
            self.assertIn("served as it is", "".join(again.said))
            self.assertEqual(other.w.stats()["items"], before)
            self.assertIn("good: ", other.w.verified())
        finally:
            other.w.close()

    def test_own_pictures_are_taken_in_and_not_graded(self):
        w = Workspace()
        folder = w.top / "own"
        folder.mkdir()
        for number in range(3):
            (folder / f"{number}.png").write_bytes(png(number))
        own = Demo(folder, top=w.top)
        try:
            own.stop()
            self.assertEqual(w.stats()["states"], {"waiting": 3})
            self.assertNotIn("demo.acted", json.dumps(w.query("SELECT entry FROM record")))
        finally:
            own.w.close()


class Set(unittest.TestCase):
    def setUp(self):
        self.w = Workspace()
        self.w.top.mkdir(exist_ok=True)
        self.addCleanup(self.w.close)
        self.program = os.path.join(os.path.dirname(workspace.assay), "assay-make-media")

    def make(self, name, seed, slices):
        folder = self.w.top / name
        for slice_ in range(slices):
            subprocess.run([self.program, "pictures", folder, "40", seed, str(slice_),
                            str(slices)], check=True)
        subprocess.run([self.program, "lists", folder, "40", seed], check=True)
        return {str(path.relative_to(folder)): path.read_bytes()
                for path in sorted(folder.rglob("*")) if path.is_file()}

    def test_a_seed_gives_one_set_of_files_and_grades_however_it_is_sliced(self):
        one = self.make("one", "5", 1)
        self.assertEqual(one, self.make("two", "5", 3))
        self.assertEqual(len([path for path in one if "/" in path]), 40)
        other = self.make("other", "6", 1)
        self.assertNotEqual(one["grades.csv"], other["grades.csv"])

    def test_the_set_holds_copies_and_damaged_files(self):
        files = self.make("one", "1", 1)
        pictures = [content for path, content in files.items() if "/" in path]
        self.assertLess(len(set(pictures)), len(pictures), "exact copies under other names")
        endings = {path.rsplit(".")[-1].lower() for path in files if "/" in path}
        self.assertLessEqual({"jpg", "png", "webp"}, endings)
        self.assertTrue(any(c.endswith(b"behind the end of the picture.") for c in pictures))
        marks = {"png": b"\x89PNG", "jpg": b"\xff\xd8", "webp": b"RIFF"}
        lying = [path for path, content in files.items() if "/" in path and content
                 and not content.startswith(marks.get(path.rsplit(".")[-1], b""))]
        self.assertGreater(len(lying), 0, "a name that says another type")


if __name__ == "__main__":
    main()
