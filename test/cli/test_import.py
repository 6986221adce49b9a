"""Bad input at intake: each bad file is named with what is wrong, the rest goes on."""
import base64
import json
import os
import shutil
import subprocess
import threading
import unittest

import workspace
from workspace import WorkspaceCase, main, png

HOSTILE_NAMES = [b"new\nline.png", b"esc\x1b[31mred\x1b]0;title\x07.png", b"bad\xff\xfe.png",
                 b"tab\there.png", "c1\u009b31m.png".encode(), "turn\u202egnp.exe".encode(),
                 b"new\twrong_.._x", b"--help", b"%s%n%x.png", b" ", b"\\x1b.png"]


class Import(WorkspaceCase):
    def folder(self, name="in"):
        folder = self.w.top / name
        folder.mkdir()
        return folder

    def verdicts(self, done):
        return {os.path.basename(path): verdict for verdict, path in done.lines()}

    def test_each_bad_file_is_named_and_the_rest_goes_on(self):
        folder = self.folder()
        for number in range(3):
            (folder / f"good{number}.png").write_bytes(png(number))
        (folder / "empty.png").touch()
        (folder / "cut.png").write_bytes(png(7)[:150])
        (folder / "text.jpg").write_text("no picture\n" * 20)
        (folder / "wrong-extension.mp4").write_bytes(png(8))
        (folder / "film.mp4").write_bytes(b"\0\0\0\x18ftypisom\0\0\2\0isomiso2" + b"\0" * 500)
        os.mkfifo(folder / "fifo.png")
        (folder / "link.png").symlink_to("good0.png")
        (folder / "dangling.png").symlink_to("nowhere")
        (folder / "sub").mkdir()
        (folder / "sub/loop").symlink_to("..")
        (folder / "sub/twin.png").write_bytes(png(0))
        done = self.w.run("import", "-j", "1", folder)
        self.plain(done)
        self.assertEqual(done.status, 1)
        self.assertEqual(self.verdicts(done), {
            "good0.png": "new", "good1.png": "new", "good2.png": "new", "empty.png": "refused",
            "cut.png": "new", "text.jpg": "new", "wrong-extension.mp4": "new", "film.mp4": "new",
            "fifo.png": "refused", "link.png": "refused", "dangling.png": "refused",
            "loop": "refused", "twin.png": "known"})
        said = done.err.decode()
        for words in ("empty.png: empty", "fifo.png: not a regular file",
                      "link.png: a symbolic link: name the file itself",
                      "13 files in ", "7 new, 1 known, ", "5 refused; 2 of a type"):
            self.assertIn(words, said)
        stats = self.w.stats()
        self.assertEqual((stats["items"], stats["sightings"], stats["not_shown"]), (7, 8, 3))
        self.assertEqual(stats["states"], {"waiting": 4, "unsupported": 2, "undecodable": 1})
        again = self.w.run("import", folder)
        self.assertEqual((again.status, self.verdicts(again)["good1.png"]), (1, "seen"))
        self.assertEqual(self.w.stats()["sightings"], 8)
        refused = self.w.query("SELECT count(*) FROM record WHERE entry LIKE '%\"file.refused\"%'")
        self.assertEqual(refused, [(10,)])
        self.w.verified()

    def test_an_unreadable_file_and_folder_are_named(self):
        folder = self.folder()
        (folder / "good.png").write_bytes(png(1))
        (folder / "closed.png").write_bytes(png(2))
        (folder / "closed").mkdir()
        (folder / "closed/in.png").write_bytes(png(3))
        (folder / "closed.png").chmod(0)
        (folder / "closed").chmod(0)
        as_nobody = {}
        if os.getuid() == 0: # root reads everything: give it all to nobody
            for path in [self.w.top, *self.w.top.rglob("*")]:
                os.chown(path, 65534, 65534, follow_symlinks=False)
            as_nobody = {"user": 65534, "group": 65534, "extra_groups": []}
        done = self.w.run("import", folder, **as_nobody)
        if b"cannot" in done.err and b"Permission denied" not in done.err:
            self.skipTest("nobody cannot reach the program")
        self.assertEqual(done.status, 1, done.err)
        self.plain(done, "closed.png: cannot be opened: Permission denied",
                   "closed: cannot be read: Permission denied", "1 new", "2 refused")
        (folder / "closed").chmod(0o700)

    def test_what_is_not_there_is_named(self):
        done = self.refused(1, ["gone.png: cannot be read: No such file"], "import",
                            self.w.pictures("in", [1]), self.w.top / "gone.png")
        self.assertIn("new\t", done.text())

    def test_a_folder_that_vanishes_is_said_and_what_was_there_stays(self):
        folder = self.w.pictures("in", range(150))
        running = subprocess.Popen([workspace.assay, "import", "-j", "1", folder], env=self.w.env,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0)
        first = running.stdout.readline()
        shutil.rmtree(folder)
        out, err = running.communicate()
        taken = [line for line in (first + out).splitlines() if line.startswith(b"new\t")]
        lost = [line for line in (first + out).splitlines() if line.startswith(b"refused\t")]
        self.assertIn(running.returncode, (0, 1, 3))
        if len(taken) < 150: # else it was faster than we
            self.assertNotEqual(running.returncode, 0)
            self.assertIn(b"No such file", err)
        self.assertEqual(self.w.stats()["items"], len(taken))
        self.assertLessEqual(len(taken) + len(lost), 151)
        self.w.verified()

    def test_hostile_names_never_reach_the_terminal_raw_and_jsonl_is_exact(self):
        folder = os.fsencode(self.folder())
        for number, name in enumerate(HOSTILE_NAMES):
            with open(os.path.join(folder, name), "wb") as file:
                file.write(png(number))
        with open(os.path.join(folder, b"empty\x1b[1m\n.png"), "wb"):
            pass
        done = self.w.run("import", folder)
        self.plain(done, "empty\\x1b[1m\\x0a.png: empty", "bad\\xff\\xfe.png", "\\x5cx1b.png")
        self.assertEqual(len(done.text().splitlines()), len(HOSTILE_NAMES) + 1)
        self.assertNotIn("\u202e", done.text())
        self.assertNotIn("\u009b", done.text())
        for line in done.text().splitlines():
            self.assertIn(len(line.split("\t")), (2, 3))
        again = self.w.run("import", "--format", "jsonl", folder)
        self.plain(again)
        paths = set()
        for line in again.text().splitlines():
            entry = json.loads(line)
            self.assertEqual(set(entry), {"verdict", "mime", "reason"} |
                             ({"path"} if "path" in entry else {"path_base64"}))
            paths.add(entry["path"].encode() if "path" in entry
                      else base64.b64decode(entry["path_base64"]))
        self.assertEqual(paths, {os.path.join(folder, name) for name in
                                 [*HOSTILE_NAMES, b"empty\x1b[1m\n.png"]})
        self.refused(1, ["gone\\x1b[2J"], "import", "gone\x1b[2J")
        self.refused(3, ["gone\\x1b[2J"], "verify", "gone\x1b[2J")
        self.refused(1, ["empty\\x1b"], "import", "--batch", "b\x1b[2J\n", folder)
        self.w.verified()

    def test_files_that_lie_or_are_huge_are_kept_and_block_nothing(self):
        folder = self.w.top / "hostile"
        subprocess.run([workspace.make_media, "--hostile", folder], check=True,
                       stdout=subprocess.DEVNULL)
        with open(folder / "sparse.png", "wb") as file: # larger than is held in memory
            file.write(png(1))
            file.truncate(64 << 20)
        done = self.w.run("import", folder)
        self.assertEqual(done.status, 1, done.err)
        self.plain(done, "zero-bytes.jpg: empty")
        files = [path for path in folder.iterdir()]
        self.assertEqual(len(done.lines()), len(files))
        self.assertEqual([path.rsplit("/")[-1] for verdict, path in done.lines()
                          if verdict == "refused"], ["zero-bytes.jpg"])
        stats = self.w.stats()
        self.assertEqual(stats["items"], sum(stats["states"].values()))
        self.assertEqual(set(stats["states"]), {"waiting", "unsupported", "undecodable"})
        self.assertGreater(stats["states"]["waiting"], 40)
        self.assertIn("good: ", self.w.ok("vault", "check", "--read-data").text())

    def test_two_imports_of_one_folder_at_once_take_each_file_once(self):
        folder = self.w.pictures("in", range(60))
        done = [None, None]

        def run(i):
            done[i] = self.w.run("import", "--batch", "same", folder)

        threads = [threading.Thread(target=run, args=(i,)) for i in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for d in done:
            self.assertEqual(d.status, 0, d.err)
        fresh = [path for d in done for verdict, path in d.lines() if verdict == "new"]
        self.assertEqual((len(fresh), len(set(fresh))), (60, 60))
        stats = self.w.stats()
        self.assertEqual((stats["items"], stats["sightings"]), (60, 60))
        self.assertEqual(self.w.stats()["states"], {"waiting": 60})
        self.w.verified()


class Sidecar(WorkspaceCase):
    def write(self, text):
        path = self.w.top / "grades.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def test_bad_rows_are_named_by_line_and_the_rest_goes_on(self):
        folder = self.w.pictures("in", range(4))
        side = self.write("file,source,scheme,code,tags,url,time_found,md5\n"
                          "p0.png,line,training-landscapes,L1,season:winter,,,\n"
                          "p1.png,line,uk-2014,A,,,,\n"
                          "p2.png,line,training-landscapes,L9,,,,\n"
                          "p3.png,line,training-landscapes,L2,sky:green,,,\n"
                          "p1.png,line,training-landscapes,,,,,\n"
                          ",line,,,,,,\n"
                          "p2.png,line,,,,,yesterday,\n"
                          "p2.png,line,,,,,,12\n"
                          "p3.png,line,training-landscapes,not-listed,,http://x.example/\x1b[31m,,"
                          "\n")
        done = self.w.run("import", "--sidecar", side, folder)
        self.assertEqual(done.status, 1, done.err)
        self.plain(done, *[f"{side}: line {n}: " for n in (3, 4, 5, 6, 7, 8, 9)])
        self.assertNotIn("line 2:", done.err.decode())
        self.assertEqual(len([1 for verdict, _ in done.lines() if verdict == "new"]), 4)
        self.assertIn("4 new", done.err.decode())
        for secret in (b"L9", b"sky:green", b"yesterday", b"x.example"):
            self.assertNotIn(secret, done.err + done.out)
        self.assertIn(self.w.query("SELECT count(*) FROM vote"), ([(1,)], [(2,)]))
        self.w.verified()

    def test_a_sidecar_that_cannot_be_read_stops_before_anything_is_taken(self):
        folder = self.w.pictures("in", range(2))
        for text, words in (("file,colour\np0.png,red\n", ["colour"]), ("", ["grades.csv"]),
                            ("source\nx\n", ["file"]), (b"file,source\n\xff\xfe,x\n", []),
                            (b"fi\0le\n", [])):
            done = self.w.run("import", "--sidecar", self.write(text), folder)
            self.assertIn(done.status, (1, 2, 3), (text, done.err))
            self.plain(done, *words)
        self.refused(3, ["/nowhere.csv"], "import", "--sidecar", "/nowhere.csv", folder)
        self.w.verified()


if __name__ == "__main__":
    main()
