"""libassay as others meet it: installed into a folder, found by pkg-config, used by examples/.

usage: test_installed.py BUILD SOURCE MESON [TEST]
"""
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

BUILD, SOURCE, MESON = sys.argv[1:4]
EXAMPLES = Path(SOURCE) / "examples"
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"]
C17 = ["cc", "-std=c17", *WARNINGS]
CXX17 = ["c++", "-std=c++17", "-x", "c++", *WARNINGS]
TEXT = b"benign " * 20000


def vector(formula, width, height):
    """Hash and quality of one picture, by the table of the unit tests."""
    table = (Path(SOURCE) / "test/unit/pdq_vectors.inc").read_text()
    found = re.search(rf"\{{'{formula}', {width}, {height}, .*?\"(\w+)\", (\d+)\}}", table)
    return f"{found[1]} {found[2]}\n"


def picture(width, height):
    """The PPM of formula A (doc/hashing.md)."""
    rows = bytearray()
    for y in range(height):
        for x in range(width):
            for c in range(3):
                v = 3 * x * x + 5 * y * y + 7 * x * y + 11 * x * (c + 1) + 13 * y + 37 * c
                rows.append(v >> 3 & 255)
    return b"P6\n# generated\n%d %d\n255\n" % (width, height) + rows


class Installed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root = Path(tempfile.mkdtemp(prefix="assay-installed-"))
        subprocess.run([MESON, "install", "-C", BUILD, "--no-rebuild", "--quiet", "--destdir",
                        str(cls.root), "--tags", "library,devel"], check=True)
        cls.pc = next(cls.root.glob("**/assay.pc"))
        text = cls.pc.read_text()
        cls.prefix = cls.root / re.search(r"^prefix=/(.*)$", text, re.M)[1]
        cls.libdir = cls.pc.parent.parent

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.root)

    def pkg_config(self, *what):
        env = dict(os.environ, PKG_CONFIG_PATH=str(self.pc.parent))
        return subprocess.run(["pkg-config", f"--define-variable=prefix={self.prefix}", *what,
                               "assay"], env=env, check=True, capture_output=True,
                              text=True).stdout.split()

    def build(self, compiler, source, *options):
        program = self.root / "program"
        flags = self.pkg_config("--cflags", *(options or ["--libs"]))
        static = ["-static"] if "--static" in options else []
        done = subprocess.run([*compiler, str(source), *static, "-o", str(program), *flags],
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return program

    def run_program(self, program, *args, given=b"", status=0):
        done = subprocess.run([program, *args], input=given, capture_output=True, check=False,
                              env={"LD_LIBRARY_PATH": str(self.libdir)})
        self.assertEqual(done.returncode, status, done.stderr.decode())
        return done.stdout.decode()

    def check_pdq(self, program):
        for size in [(200, 150), (64, 64), (5, 6)]:
            self.assertEqual(self.run_program(program, given=picture(*size)), vector("A", *size))
        whole = picture(64, 64)
        for broken in [b"", b"P6\n", b"P5" + whole[2:], whole[:-1], picture(4, 64)]:
            self.assertEqual(self.run_program(program, given=broken, status=1), "")

    def check_digests(self, program):
        for given in [b"", b"abc", TEXT]:
            lines = [f"{name} {hashlib.new(name, given).hexdigest()}\n"
                     for name in ["md5", "sha1", "sha256"]]
            self.assertEqual(self.run_program(program, given=given),
                             "".join(lines) + f"size {len(given)}\n")

    def check_compare(self, program):
        zero = "0" * 64
        for other, bits, status in [(zero, 0, 0), ("f" * 7 + "7" + zero[8:], 31, 0),
                                    ("f" * 8 + zero[8:], 32, 1), ("f" * 64, 256, 1)]:
            said = self.run_program(program, zero, other, status=status)
            self.assertTrue(said.startswith(f"{bits} bits differ: they "), said)
        for broken in ["", zero[1:], zero + "0", "F" * 64, zero[1:] + "g", zero[1:] + " "]:
            self.assertEqual(self.run_program(program, zero, broken, status=2), "")

    def check_all(self, compiler, *options):
        for name, check in [("pdq_of_ppm", self.check_pdq), ("digests", self.check_digests),
                            ("compare", self.check_compare)]:
            check(self.build(compiler, EXAMPLES / f"{name}.c", *options))

    def test_the_examples_work_in_c17_with_the_shared_library(self):
        self.check_all(C17)

    def test_the_examples_work_as_cxx17_too(self):
        self.check_all(CXX17)

    def test_the_examples_work_linked_statically(self):
        self.check_all(C17, "--static", "--libs")

    def test_the_static_library_stands_beside_the_shared_libcrypto(self):
        crypto = subprocess.run(["pkg-config", "--libs", "libcrypto"], check=True,
                                capture_output=True, text=True).stdout.split()
        program = self.root / "program"
        subprocess.run([*C17, EXAMPLES / "digests.c", *self.pkg_config("--cflags"),
                        self.libdir / "libassay.a", *crypto, "-o", program], check=True)
        self.check_digests(program)

    def test_the_worked_example_of_the_manual_works(self):
        header = (self.prefix / "include/assay/assay.h").read_text()
        lines = re.findall(r"^ \*(?:     (.*))?$", header[header.index("A worked example"):], re.M)
        code = "\n".join(lines[1:])
        code = code[:code.index("\n}\n") + 3]
        row = ("#include <stdio.h>\n#include <stdint.h>\nstatic const uint8_t *next_row(void)\n"
               "{\nstatic uint8_t row[600];\nrow[0]++;\nreturn row;\n}\n")
        main = ("int main(void)\n{\nchar hex[ASSAY_PDQ_HEX_SIZE];\n"
                "if (hash_picture(4, 4, hex) != ASSAY_ERANGE)\nreturn 1;\n"
                "if (hash_picture(200, 150, hex) != ASSAY_OK)\nreturn 2;\nputs(hex);\n}\n")
        source = self.root / "worked.c"
        source.write_text(row + code + main)
        for compiler in [C17, CXX17]:
            self.assertRegex(self.run_program(self.build(compiler, source)), r"^[0-9a-f]{64}\n$")

    def test_every_header_is_there_and_the_version_is_the_projects(self):
        ours = {path.name for path in (Path(SOURCE) / "include/assay").glob("*.h")}
        self.assertEqual({path.name for path in (self.prefix / "include/assay").iterdir()}, ours)
        version = re.search(r"^  version: '(.*)'", (Path(SOURCE) / "meson.build").read_text(),
                            re.M)[1]
        self.assertEqual(self.pkg_config("--modversion"), [version])
        self.assertEqual((self.libdir / "libassay.so").resolve().name, f"libassay.so.{version}")
        self.assertTrue((self.libdir / "libassay.so.0").is_symlink())


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[4:])
