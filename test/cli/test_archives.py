"""Archives at intake: what they hold comes in as files, what means harm is named, the rest goes on.

The list of hostile archives of the security page: each ends as stated and the next file is right.
"""
import io
import os
import re
import shutil
import signal
import struct
import subprocess
import unittest
import zipfile

import workspace
from archives import STORED, Entry, archive, deflate, end, end64, quoted_bomb
from workspace import WorkspaceCase, main, png

MB = 1 << 20


class Case(WorkspaceCase):
    def put(self, name, data):
        path = self.w.top / name
        path.write_bytes(data)
        return path

    def verdicts(self, done):
        """By the path below the archive's folder: verdict, or the reason of a refusal."""
        said = {}
        for line in done.text().splitlines():
            verdict, path, *reason = line.split("\t")
            said[os.path.relpath(path, self.w.top)] = reason[0] if reason else verdict
        return said

    def take(self, data, name="a.zip", status=0):
        """Imports it and a good file behind it, which must come in whatever the archive does."""
        folder = self.w.top / "in"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        (folder / name).write_bytes(data)
        (folder / "zz.png").write_bytes(png(999))
        done = self.w.run("import", "--later", "-j", "1", "--batch", "b", folder)
        self.plain(done)
        self.assertEqual(done.status, status, done.err + done.out)
        said = {path[3:]: verdict for path, verdict in self.verdicts(done).items()}
        self.assertIn(said.pop("zz.png"), ("new", "seen"))
        return said



class Honest(Case):
    def test_entries_come_in_as_files_in_every_form_and_again_as_seen(self):
        pictures = {f"p{number}.png": png(number) for number in range(6)}
        forms = {"stored": archive([Entry(*pair, STORED) for pair in pictures.items()]),
                 "deflated": archive([Entry(*pair) for pair in pictures.items()], b"a comment"),
                 "later": archive([Entry(*pair, flags=8) for pair in pictures.items()]),
                 "wide": archive([Entry(*pair) for pair in pictures.items()], wide=True)}
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as packer:
            packer.writestr("folder/", b"")
            for name, data in pictures.items():
                with packer.open(name, "w", force_zip64=True) as out:
                    out.write(data)
        forms["python"] = stream.getvalue()
        for number, (form, data) in enumerate(forms.items()):
            with self.subTest(form):
                said = self.take(data, form + ".zip")
                want = {f"{form}.zip/{name}": "new" if number == 0 else "known"
                        for name in pictures}
                self.assertEqual(said, {**want, f"{form}.zip": "unpacked"})
                again = self.take(data, form + ".zip")
                self.assertEqual(set(again.values()), {"seen", "unpacked"})
        self.assertEqual(self.w.stats()["items"], 7)
        self.w.ok("identify")
        self.assertEqual(self.w.stats()["states"], {"waiting": 7})
        self.w.verified()
        self.assertIn("good: ", self.w.ok("vault", "check", "--read-data").text())

    def test_archives_in_archives_are_read_as_deep_as_the_setting_says(self):
        data = png(1)
        for depth in range(10):
            data = archive([Entry(f"d{depth}.zip" if depth else "p.png", data),
                            Entry(f"side{depth}.png", png(100 + depth))])
        said = self.take(data, status=1)
        self.assertEqual(said, {
            "a.zip": "unpacked", "a.zip/side9.png": "new", "a.zip/d9.zip": "unpacked",
            "a.zip/d9.zip/side8.png": "new", "a.zip/d9.zip/d8.zip": "unpacked",
            "a.zip/d9.zip/d8.zip/side7.png": "new",
            "a.zip/d9.zip/d8.zip/d7.zip": "an archive inside of too many others "
                                          "(archive.depth_max)"})
        self.assertIn("0 named by no row", self.w.ok("vault", "check").text())

    def test_names_in_utf_8_and_code_page_437_are_kept_and_same_names_both_taken(self):
        said = self.take(archive([Entry("h\u00fcgel.png", png(1), flags=0x800),
                                  Entry("h\u00fcgel.png".encode("cp437"), png(2)),
                                  Entry("twin.png", png(3)), Entry("twin.png", png(4)),
                                  Entry("win\\dir\\p.png", png(5)),
                                  Entry("esc\x1b[31m.png", png(6))]))
        self.assertEqual(len(said), 5) # both h\u00fcgel.png and both twins
        self.assertEqual(set(said.values()), {"new", "unpacked"})
        self.assertEqual(self.w.stats()["items"], 7)
        self.assertIn("a.zip/h\u00fcgel.png", said)
        self.assertIn("a.zip/win\\x5cdir\\x5cp.png", said)

    def test_a_sidecar_speaks_of_entries_and_the_archive_is_on_the_record(self):
        path = self.put("a.zip", archive([Entry("in/p.png", png(1))]))
        scheme = re.search(r"^(\S+)", self.w.ok("scheme", "list").text()).group(1)
        table = self.put("s.csv", f"file,source,scheme,code\nin/p.png,S,{scheme},not-listed\n"
                         .encode())
        self.w.ok("import", "--sidecar", table, path)
        self.assertEqual(self.w.query("SELECT count(*) FROM vote"), [(1,)])
        for action in ("archive.opened", "archive.unpacked"):
            rows = self.w.query("SELECT CAST(entry AS TEXT) FROM record WHERE entry LIKE "
                                f"'%\"{action}\"%'")
            self.assertEqual(len(rows), 1)
            self.assertNotIn("a.zip", rows[0][0])

    def test_killed_at_any_moment_it_goes_on_and_ends_the_same(self):
        entries = [Entry(f"p{n:03}.png", png(n)) for n in range(120)]
        nested = archive([Entry(f"n{n:03}.png", png(500 + n)) for n in range(60)])
        path = self.put("a.zip", archive([*entries[:60], Entry("n.zip", nested), *entries[60:]]))
        command = [workspace.assay, "import", "--later", path]
        acknowledged = set()
        for lines in (0, 3, 30, 70, 130):
            running = subprocess.Popen(command, env=self.w.env, stdout=subprocess.PIPE,
                                       stderr=subprocess.DEVNULL)
            said = [running.stdout.readline() for _ in range(lines)]
            running.send_signal(signal.SIGKILL)
            said += running.stdout.read().splitlines(True)
            running.wait()
            running.stdout.close()
            acknowledged |= {line.split(b"\t")[1].strip() for line in said
                             if line.startswith(b"new\t") and line.endswith(b"\n")}
        done = self.w.ok("import", "--later", path)
        said = dict(reversed(pair) for pair in done.lines())
        for name in acknowledged:
            self.assertEqual(said[name.decode()], "seen")
        self.assertEqual(self.w.stats()["items"], 180)
        self.assertIn("good: ", self.w.verified())


class Hostile(Case):
    def test_each_hostile_entry_is_named_and_the_others_come_in(self):
        big = b"\0" * (12 * MB)
        wide = struct.pack("<HHQQ", 1, 16, 1 << 40, 5)
        rows = {
            "encrypted": (Entry("x", b"s", STORED, flags=1), "encrypted"),
            "aes": (Entry("x", b"s", 99), "encrypted"),
            "bzip2": (Entry("x", b"s", 12), "method"),
            "deflate64": (Entry("x", b"s", 9), "method"),
            "link": (Entry("x", b"/etc/passwd", STORED, mode=0o120777), "symbolic link"),
            "device": (Entry("x", b"", STORED, mode=0o020666), "neither a file nor a folder"),
            "folder": (Entry("x/", b"s", STORED), "a folder that carries bytes"),
            "nameless": (Entry("", b"s"), "no name"),
            "absolute": (Entry("/etc/x", b"s"), "root or a drive"),
            "drive": (Entry("C:\\x", b"s"), "root or a drive"),
            "share": (Entry("\\\\host\\x", b"s"), "root or a drive"),
            "slip": (Entry("../../x", b"s"), "upwards"),
            "slip-inside": (Entry("a/../../x", b"s"), "upwards"),
            "slip-back": (Entry("a\\..\\..\\x", b"s"), "upwards"),
            "nul": (Entry(b"p.png\0.exe", b"s"), "zero byte"),
            "long": (Entry("n" * 5000, b"s"), "4,096"),
            "huge-name": (Entry("n" * 65535, b"s"), "4,096"),
            "empty": (Entry("x", b"", STORED), "empty"),
            "ratio": (Entry("x", big), "archive.ratio_max"),
            "large": (Entry("x", b"s", size=5 << 30, packed_size=5 << 30,
                            extra=struct.pack("<HHQQ", 1, 16, 5 << 30, 5 << 30)), "outside"),
            "size-wide-lie": (Entry("x", b"s", size=0xffffffff, extra=struct.pack(
                "<HHQ", 1, 8, 1 << 40), local_extra=wide), "archive.entry_bytes"),
            "more": (Entry("x", b"12345", size=4, flags=8), "another size"),
            "fewer": (Entry("x", b"12345", size=6, flags=8), "another size"),
            "stored-more": (Entry("x", b"12345", STORED, size=4), "another size"),
            "rest": (Entry("x", b"1", packed=deflate(b"1") + b"rest", flags=8), "another size"),
            "checksum": (Entry("x", b"12345", crc=7), "checksum"),
            "broken": (Entry("x", b"12345", packed=b"\xff" * 50, flags=8), "damaged"),
            "cut-stream": (Entry("x", b"1" * 999, packed=deflate(b"1" * 999)[:-3], flags=8),
                           "damaged"),
            "local-name": (Entry("x", b"s", local_name=b"y"), "contradicts"),
            "local-method": (Entry("x", b"s", local_method=STORED), "contradicts"),
            "local-size": (Entry("x", b"s", local_size=2), "contradicts"),
            "local-crc": (Entry("x", b"s", local_crc=2), "contradicts"),
            "local-encrypted": (Entry("x", b"s", local_flags=1), "contradicts"),
        }
        for number, (name, (entry, words)) in enumerate(rows.items()):
            with self.subTest(name):
                good = [Entry("a.png", png(2 * number)), Entry("z.png", png(2 * number + 1))]
                said = self.take(archive([good[0], entry, good[1]]), status=1)
                self.assertEqual((said.pop("a.zip/a.png"), said.pop("a.zip/z.png"),
                                  said.pop("a.zip")), ("new", "new", "unpacked"))
                (reason,) = said.values()
                self.assertIn(words, reason)
        self.assertEqual(self.w.stats()["items"], 2 * len(rows) + 1)
        self.w.verified()

    def test_each_hostile_archive_is_refused_whole_and_the_next_file_comes_in(self):
        two = [Entry("a.png", png(1)), Entry("b.png", png(2))]
        whole = archive(two)
        at = whole.index(b"PK\1\2")
        size = len(whole) - 22 - at
        front = whole[:-22]
        rows = {
            "no directory": (whole[:at], "no directory"),
            "cut": (whole[:-5], "no directory"),
            "count too low": (front + end(1, size, at), "contradicts itself"),
            "count too high": (front + end(3, size, at), "contradicts itself"),
            "count here": (front + end(2, size, at, here=1), "several"),
            "size": (front + end(2, size - 1, at), "contradicts itself"),
            "offset": (front + end(2, size, at - 1), "contradicts itself"),
            "offset behind": (front + end(2, size, 1 << 30), "contradicts itself"),
            "two ends": (whole[:-2] + struct.pack("<H", 22) + end(2, size, at),
                         "contradicts itself"),
            "wide without": (front + end(0xffff, 0xffffffff, 0xffffffff), "contradicts itself"),
            "wide lies": (front + end64(1 << 60, 1 << 62, 1 << 61, len(front))
                          + end(0xffff, 0xffffffff, 0xffffffff), "contradicts itself"),
            "wide place": (front + end64(2, size, at, 1 << 63)
                           + end(0xffff, 0xffffffff, 0xffffffff), "contradicts itself"),
            "wide differs": (front + end64(1, size, at, len(front)) + end(2, size, at),
                             "contradicts itself"),
        }
        million = Entry("x")
        million.at = 0
        directory = million.central() * 1000000
        start = million.local()
        rows["a million"] = (start + directory
                             + end64(1000000, len(directory), len(start),
                                     len(start) + len(directory))
                             + end(0xffff, 0xffffffff, 0xffffffff), "archive.entries_max")
        for name, (data, words) in rows.items():
            with self.subTest(name):
                said = self.take(data, status=1)
                self.assertEqual(list(said), ["a.zip"])
                self.assertIn(words, said["a.zip"])
        self.assertEqual(self.w.stats()["items"], 1)

    def test_bombs_whose_entries_share_bytes_are_refused(self):
        said = self.take(quoted_bomb(), status=1)
        self.assertEqual(said.pop("a.zip"), "unpacked")
        self.assertEqual(len(said), 200)
        for reason in said.values():
            self.assertIn("another entry's too", reason)
        shared = [Entry("a", b"\0" * MB), Entry("b", b"\0" * MB, at=0)]
        said = self.take(archive(shared), status=1)
        self.assertIn("another entry's too", said["a.zip/a"])
        self.assertEqual(self.w.stats()["items"], 1)

    def test_totals_and_counts_hold_over_all_that_is_nested(self):
        self.w.ok("setting", "set", "archive.total_bytes", "3000000")
        inner = archive([Entry(f"p{n}", os.urandom(400000), STORED) for n in range(4)])
        said = self.take(archive([Entry("1.zip", inner, STORED), Entry("2.png", png(2))]), status=1)
        self.assertEqual(said["a.zip/2.png"], "new")
        self.assertIn("incomplete: what was taken of it stays; ", said["a.zip/1.zip"])
        self.assertIn("archive.total_bytes", said["a.zip/1.zip"])
        self.assertEqual(said["a.zip/1.zip/p2"], "new")
        self.assertNotIn("a.zip/1.zip/p3", said)
        self.w.ok("setting", "set", "archive.entries_max", "3")
        said = self.take(archive([Entry(f"{n}", b"x") for n in range(4)]), status=1)
        self.assertIn("more than 3 entries", said["a.zip"])

    def test_an_archive_that_holds_itself_ends(self):
        # Its one entry unpacks to an archive whose own entry is that one again, ten deep; a true
        # quine ends at the same limit, since only depth is counted.
        data = archive([Entry("r", b"end")])
        for _ in range(12):
            data = archive([Entry("r.zip", data, STORED)])
        said = self.take(data, status=1)
        self.assertIn("archive.depth_max", said["a.zip/r.zip/r.zip/r.zip"])

    def test_a_huge_comment_and_bytes_in_front_do_no_harm(self):
        said = self.take(archive([Entry("p.png", png(1))], b"PK\5\6" * 16383))
        self.assertEqual(said["a.zip/p.png"], "new")
        front = png(5) + b"x" * 5000
        said = self.take(archive([Entry("p.png", png(2))], front=front), "p.png")
        self.assertEqual(said, {"p.png": "new"}) # a picture, told by its content

    def test_nothing_outside_is_opened_and_memory_stays_flat(self):
        if not shutil.which("strace"):
            self.skipTest("strace is missing")
        names = ["../../../../etc/passwd", "/etc/shadow", "a/../../../etc/passwd", "good.png"]
        path = self.put("a.zip", archive([Entry(name, png(n)) for n, name in enumerate(names)]))
        log = self.w.top / "trace"
        done = subprocess.run(
            ["strace", "-f", "-qq", "-o", log, "-e", "trace=open,openat,openat2,creat,link,linkat,"
             "symlink,symlinkat,rename,renameat,renameat2,unlink,unlinkat,mkdir,mkdirat",
             workspace.assay, "import", "--later", path], env=self.w.env, capture_output=True)
        if b"ptrace" in done.stderr or b"PTRACE" in done.stderr:
            self.skipTest("strace cannot attach")
        trace = log.read_text(errors="replace")
        self.assertIn("a.zip", trace)
        for word in ("passwd", "shadow", "good.png"):
            self.assertNotIn(word, trace.replace("/etc/passwd\", O_RDONLY|O_CLOEXEC", ""))

    def test_a_large_archive_needs_no_more_memory_than_a_small_one(self):
        def peak(data):
            path = self.put("m.zip", data)
            done = subprocess.run(["/usr/bin/env", "python3", "-c", "import os,resource,sys,"
                                   "subprocess;subprocess.run(sys.argv[1:],stdout=subprocess."
                                   "DEVNULL,stderr=subprocess.DEVNULL);print(resource.getrusage("
                                   "resource.RUSAGE_CHILDREN).ru_maxrss)", workspace.assay,
                                   "import", "--later", "-j", "1", "--batch", "m", path],
                                  env=self.w.env, capture_output=True, check=True)
            return int(done.stdout)

        small = peak(archive([Entry("a", os.urandom(1000), STORED)]))
        large = peak(archive([Entry(f"p{n}", os.urandom(40 * MB), STORED) for n in range(4)]))
        # An entry of up to 32 MB is held; these of 40 are sealed while they come.
        self.assertLess(large - small, 20 * 1024)


@unittest.skipUnless(shutil.which("age"), "age is missing")
class Age(Case):
    """The same formats under age, with Debian's age as the sender's program."""

    def seal(self, data, *recipients, options=()):
        given = recipients or [self.w.ok("key", "show", "intake").text().strip()]
        command = ["age", *options]
        for recipient in given:
            command += ["-r", recipient]
        return subprocess.run(command, input=data, capture_output=True, check=True).stdout

    def other(self):
        path = self.w.top / "other"
        path.unlink(missing_ok=True)
        done = subprocess.run(["age-keygen", "-o", path], capture_output=True, check=True)
        return re.search(rb"age1\w+", done.stderr).group().decode()

    def test_what_was_encrypted_to_the_workspace_comes_in(self):
        data = archive([Entry(f"p{n}.png", png(n)) for n in range(4)])
        said = self.take(self.seal(data), "a.zip.age")
        self.assertEqual(said, {**{f"a.zip.age/p{n}.png": "new" for n in range(4)},
                                "a.zip.age": "unpacked"})
        said = self.take(self.seal(png(3)), "p3.png.age")
        self.assertEqual(said, {"p3.png.age": "unpacked", "p3.png.age/p3.png": "known"})
        mine = self.w.ok("key", "show", "intake").text().strip()
        said = self.take(self.seal(png(4), self.other(), mine), "p4.age")
        self.assertEqual(said["p4.age/p4"], "new")
        within = archive([Entry("x.age", self.seal(png(5)))])
        self.assertEqual(self.take(within)["a.zip/x.age/x"], "new")
        for size in (0, 1, 65535, 65536, 65537, 131072, 131073):
            body = os.urandom(size)
            said = self.take(self.seal(body), f"s{size}.age", status=0 if size else 1)
            self.assertEqual(said[f"s{size}.age/s{size}"], "new" if size else
                             "empty: no bytes in it")

    def test_a_new_key_opens_and_so_does_the_old(self):
        old = self.seal(png(1))
        before = self.w.ok("key", "show", "intake").text()
        after = self.w.ok("key", "make", "intake").text()
        self.assertNotEqual(before, after)
        self.assertEqual(after, self.w.ok("key", "show", "intake").text())
        self.assertEqual(self.take(old, "o.age")["o.age/o"], "new")
        self.assertEqual(self.take(self.seal(png(2)), "n.age")["n.age/n"], "new")
        rows = self.w.query("SELECT count(*) FROM record WHERE entry LIKE '%\"key.made\"%'")
        self.assertEqual(rows, [(1,)])
        self.w.verified()

    def test_what_was_not_is_refused_in_plain_words(self):
        data = archive([Entry("p.png", png(1))])
        good = self.seal(data)
        dashes = good.index(b"\n---")
        letter = b"B" if good[dashes + 6:dashes + 7] == b"A" else b"A" # base64 all the same
        rows = {
            "other": (self.seal(data, self.other()), "somebody else"),
            "armoured": (self.seal(data, options=["-a"]), "armoured"),
            "version": (good.replace(b"/v1", b"/v2", 1), "another version"),
            "mac": (good[:dashes + 6] + letter + good[dashes + 7:], "changed or is damaged"),
            "recipient added": (good.replace(b"\n---", b"\n-> grease x\n\n---", 1),
                                "changed or is damaged"),
            "cut in the header": (good[:100], "header"),
            "cut behind it": (good[:good.index(b"\n", dashes + 1) + 1], "cut short"),
            "cut in the nonce": (good[:good.index(b"\n", dashes + 1) + 9], "cut short"),
            "cut at the end": (good[:-1], "cut short"),
            "longer": (good + b"x", "cut short"),
            "last chunk": (good[:-20] + bytes([good[-20] ^ 1]) + good[-19:], "its end is damaged"),
            "nothing": (good[:22], "cut short or too long"),
        }
        for name, (sealed, words) in rows.items():
            with self.subTest(name):
                said = self.take(sealed, "a.age", status=1)
                self.assertEqual(list(said), ["a.age"])
                self.assertIn(words, said["a.age"])
        self.assertEqual(self.w.stats()["items"], 1)

    def test_a_cut_between_chunks_is_found_and_a_flipped_bit_ends_it_there(self):
        entries = [Entry(f"r{n}", os.urandom(50000), STORED) for n in range(20)]
        good = self.seal(archive(entries))
        start = good.index(b"\n", good.index(b"\n---") + 1) + 17
        said = self.take(good[:start + 65552 * 9], "c.age", status=1)
        self.assertIn("cut short", said["c.age"])
        flipped = bytearray(good)
        flipped[start + 65552 * 8 + 100] ^= 1
        said = self.take(bytes(flipped), "f.age", status=1)
        self.assertIn("incomplete: what was taken of it stays; age chunk 8", said["f.age"])
        taken = [n for n in range(20) if said.get(f"f.age/r{n}") == "new"]
        self.assertEqual(taken, list(range(len(taken))))
        self.assertIn(len(taken), (9, 10))
        rows = self.w.query("SELECT count(*) FROM record WHERE entry LIKE "
                            "'%\"archive.unpacked\"%\"incomplete\"%'")
        self.assertEqual(rows, [(1,)])
        swapped = (good[:start] + good[start + 65552:start + 131104] + good[start:start + 65552]
                   + good[start + 131104:])
        said = self.take(swapped, "s.age", status=1)
        self.assertIn("does not verify", said["s.age"])


if __name__ == "__main__":
    main()
