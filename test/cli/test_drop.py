"""The drop folder: what is laid into it comes in whole, is moved as told, and is never lost."""
import os
import time
import unittest

from archives import Entry, archive
from workspace import WorkspaceCase, main, png, wait_for


class Drop(WorkspaceCase):
    def setUp(self):
        super().setUp()
        self.folder = self.w.top / "drop"
        self.folder.mkdir()
        self.w.ok("setting", "set", "drop.settle_s", "1")

    def lay(self, path, data):
        path = self.folder / path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return path

    def files(self):
        return {str(path.relative_to(self.folder)) for path in self.folder.rglob("*")
                if not path.is_dir()}

    def test_what_is_laid_in_is_taken_and_kept_and_what_is_refused_says_why(self):
        self.w.ok("drop", "set", self.folder)
        self.lay("case 7/sub/p1.png", png(1))
        self.lay("case 7/p2.png", png(2))
        self.lay("beside.png", png(3))
        self.lay("case 7/empty.png", b"")
        self.lay("case 7/half.zip", archive([Entry("p4.png", png(4)), Entry("../x", b"x")]))
        self.lay("case 7/whole.zip", archive([Entry("p5.png", png(5))]))
        self.lay("case 7/coming.png.part", png(6))
        self.lay("case 7/.hidden.png", png(7))
        (self.folder / "case 7/link.png").symlink_to("/etc/hostname")
        server = self.w.serve()
        want = {"done/case 7/sub/p1.png", "done/case 7/p2.png", "done/beside.png",
                "done/case 7/whole.zip", "failed/case 7/empty.png", "failed/case 7/empty.png.txt",
                "failed/case 7/half.zip", "failed/case 7/half.zip.txt", "failed/case 7/link.png",
                "failed/case 7/link.png.txt", "case 7/coming.png.part", "case 7/.hidden.png"}
        wait_for(lambda: self.files() == want)
        self.assertEqual((self.folder / "failed/case 7/half.zip.txt").read_text(),
                         "case 7/half.zip/../x: its name leads upwards (..)\n")
        self.assertIn("empty", (self.folder / "failed/case 7/empty.png.txt").read_text())
        os.rename(self.folder / "case 7/coming.png.part", self.folder / "case 7/p2.png")
        wait_for(lambda: "done/case 7/p2.png.2" in self.files())
        self.assertEqual(self.w.stats()["items"], 6)
        self.assertIn("weak  drop folder    3 files in failed/", self.w.run("doctor").text())
        day = time.strftime("%Y-%m-%d", time.gmtime((self.folder / "done/beside.png").stat()
                                                    .st_mtime))
        names = {row[0] for row in self.w.query("SELECT name FROM batch")}
        self.assertEqual(names, {"case 7", f"drop {day}"})
        self.w.ok("drop", "off")
        self.lay("late.png", png(8))
        time.sleep(4)
        self.assertIn("late.png", self.files())
        self.assertEqual(server.stop(), 0)
        self.w.verified()

    def test_what_was_taken_whole_is_deleted_when_told_so_and_a_kill_loses_nothing(self):
        self.w.ok("drop", "set", self.folder, "--taken", "delete")
        for number in range(120):
            self.lay(f"big/p{number:03}.png", png(number))
        for pause in (1.2, 0.3, 0.6):
            server = self.w.serve()
            time.sleep(pause)
            server.kill()
        self.w.serve()
        wait_for(lambda: not self.files())
        self.assertEqual((self.w.stats()["items"], self.w.stats()["sightings"]), (120, 120))
        cleared = self.w.query("SELECT count(*) FROM record WHERE entry LIKE '%\"drop.cleared\"%'")
        self.assertGreater(cleared[0][0], 4)

    def test_what_a_kill_left_on_its_way_to_be_deleted_is_taken_once_more(self):
        self.w.ok("drop", "set", self.folder, "--taken", "delete")
        self.lay("done/.leaving/big/p1.png", png(1))
        self.lay("done/kept.png", png(2))
        self.w.serve()
        wait_for(lambda: self.files() == {"done/kept.png"})
        self.assertEqual(self.w.stats()["items"], 1)
        self.assertEqual(self.w.query("SELECT name FROM batch"), [("big",)])

    def test_a_file_that_grows_is_not_taken_before_it_rests(self):
        self.w.ok("drop", "set", self.folder)
        self.w.ok("setting", "set", "drop.settle_s", "10") # a busy machine may stop us for a while
        self.w.serve()
        whole = png(1) + b"\0" * 4000
        with open(self.folder / "slow.png", "wb", buffering=0) as out:
            for at in range(0, len(whole), 1000):
                out.write(whole[at:at + 1000])
                time.sleep(0.5)
        wait_for(lambda: "done/slow.png" in self.files())
        self.assertEqual((self.folder / "done/slow.png").read_bytes(), whole)
        self.assertEqual(self.w.stats()["items"], 1)

    def test_what_cannot_be_set_is_said(self):
        self.assertEqual(self.w.ok("drop", "show").text(), "no drop folder is set\n")
        self.refused(2, ["lie apart"], "drop", "set", self.w.data)
        self.refused(2, ["lie apart"], "drop", "set", self.w.top)
        self.refused(3, ["drop folder"], "drop", "set", self.w.top / "gone")
        self.refused(3, ["flying"], "drop", "set", self.folder, "--scheme", "flying")
        self.refused(2, ["keep or delete"], "drop", "set", self.folder, "--taken", "eat")
        self.refused(2, ["say show"], "drop")
        self.w.ok("drop", "set", self.folder)
        self.assertIn(str(self.folder), self.w.ok("drop", "show").text())
        self.assertIn("good  drop folder    0 files in failed/", self.w.run("doctor").text())


if __name__ == "__main__":
    main()
