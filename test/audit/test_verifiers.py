"""Verifiers that are not ours agree with the record, and both refuse what was tampered with.

usage: test_verifiers.py MAKE_RECORD (the program). Go's verifier is tried where go and Debian's
golang-golang-x-mod-dev are installed.
"""
import base64
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import check_record

HERE = Path(__file__).resolve().parent
GOPATH = Path("/usr/share/gocode")
MAKE_RECORD = None
SIZES = [1, 1, 254, 1, 600]  # heads at 1, 2, 256, 257 and 857 entries


def have_go():
    return shutil.which("go") and (GOPATH / "src/golang.org/x/mod/sumdb/tlog").is_dir()


class Verifiers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.top = Path(tempfile.mkdtemp(prefix="assay-test-"))
        cls.addClassCleanup(shutil.rmtree, cls.top)
        made = subprocess.run([MAKE_RECORD, cls.top] + [str(n) for n in SIZES], check=True,
                              capture_output=True, text=True)
        cls.name = "assay/" + made.stdout.strip()
        cls.folder = cls.top / "data/audit"
        cls.public = (cls.top / "data/keys/record.pub").read_text().strip()
        public = bytes.fromhex(cls.public)
        key_id = check_record.sha256(cls.name.encode() + b"\n\x01" + public)[:4].hex()
        cls.vkey = f"{cls.name}+{key_id}+{base64.b64encode(bytes([1]) + public).decode()}"
        cls.earlier = [str(cls.top / f"checkpoint.{i + 1}") for i in range(len(SIZES))]
        cls.go = cls.top / "tlogv" if have_go() else None
        if cls.go:
            env = dict(os.environ, GO111MODULE="off", GOPATH=str(GOPATH), GOFLAGS="",
                       GOCACHE=str(cls.top / "cache"))
            subprocess.run(["go", "build", "-o", cls.go, HERE / "tlogv.go"], check=True, env=env)
        else:
            print("# skipped: Go's verifier (packages golang-go, golang-golang-x-mod-dev)")

    def verdicts(self, folder, earlier):
        runs = [[sys.executable, HERE / "check_record.py", folder, self.name, self.public]]
        if self.go:
            runs.append([self.go, self.vkey, folder])
        return [subprocess.run(r + list(earlier), check=False, capture_output=True,
                               text=True).stdout for r in runs]

    def copy(self):
        folder = Path(tempfile.mkdtemp(dir=self.top)) / "audit"
        shutil.copytree(self.folder, folder)
        return folder

    def assert_wrong(self, folder, earlier=()):
        for verdict in self.verdicts(folder, earlier):
            self.assertTrue(verdict.startswith("wrong: "), verdict)

    def test_the_record_and_every_earlier_head_verify(self):
        for verdict in self.verdicts(self.folder, self.earlier):
            self.assertEqual(verdict, "right: 857 entries\n")

    def test_a_proof_verifies(self):
        args = [str(self.folder), self.name, self.public, "--proof",
                str(self.top / "last.tlog-proof")]
        self.assertEqual(check_record.main(args), 0)

    def test_any_flipped_bit_is_refused(self):
        for name, at in (("tile/0/000", 40), ("tile/0/003.p/89", 5), ("tile/1/000.p/3", 70),
                         ("tile/entries/001", 9), ("tile/entries/003.p/89", 100),
                         ("checkpoint", 30), ("checkpoint", 60)):
            with self.subTest(name):
                path = self.copy() / name
                data = bytearray(path.read_bytes())
                data[at] ^= 1
                path.write_bytes(data)
                self.assert_wrong(str(path)[:-len(name)])

    def test_a_cut_bundle_and_a_lost_tile_are_refused(self):
        folder = self.copy()
        path = folder / "tile/entries/002"
        path.write_bytes(path.read_bytes()[:-1])
        self.assert_wrong(folder)
        folder = self.copy()
        (folder / "tile/0/001").unlink()
        self.assert_wrong(folder)

    def test_an_older_checkpoint_over_newer_files_still_verifies(self):
        folder = self.copy()
        shutil.copy(self.earlier[3], folder / "checkpoint")
        for verdict in self.verdicts(folder, self.earlier[:3]):
            self.assertEqual(verdict, "right: 257 entries\n")
        self.assert_wrong(folder, self.earlier[4:])  # it does not extend the newest head


if __name__ == "__main__":
    MAKE_RECORD = sys.argv.pop(1)
    unittest.main()
