"""PDQ built for 64-bit ARM and run under qemu gives the bits that it gives here, NEON and plain.

usage: check_neon.py NATIVE SOURCE_ROOT
"""
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

COMPILER, EMULATOR = "aarch64-linux-gnu-gcc", "qemu-aarch64-static"
SKIPPED = 77
FLAGS = ["-std=c2x", "-O2", "-static", "-D_GNU_SOURCE", "-ffp-contract=off", "-Wall", "-Wextra",
         "-Wpedantic", "-Werror", "-Wconversion", "-Wsign-conversion"]


def main(native, root):
    missing = [name for name in (COMPILER, EMULATOR) if shutil.which(name) is None]
    if missing:
        print(f"skipped: not installed: {', '.join(missing)} (packages gcc-aarch64-linux-gnu, "
              "libc6-dev-arm64-cross, qemu-user-static)")
        return SKIPPED
    wanted = subprocess.run([native, "scalar"], check=True, capture_output=True, text=True)
    with tempfile.TemporaryDirectory() as folder:
        program = str(Path(folder, "pdq_print"))
        sources = sorted(Path(root, "src/hash").glob("pdq*.c"))
        subprocess.run([COMPILER, *FLAGS, f"-I{root}/include", f"-I{root}/src", "-o", program,
                        Path(root, "test/unit/pdq_print.c"), *sources], check=True)
        for kernels, arguments in [("neon", []), ("neon", ["neon"]), ("scalar", ["scalar"])]:
            done = subprocess.run([EMULATOR, program, *arguments], check=True,
                                  capture_output=True, text=True)
            if done.stderr.strip() != kernels:
                print(f"chose {done.stderr.strip()}, not {kernels}")
                return 1
            for ours, theirs in zip(wanted.stdout.splitlines(), done.stdout.splitlines()):
                if ours != theirs:
                    print(f"{kernels} on ARM: {theirs}\nhere:         {ours}")
                    return 1
            if done.stdout != wanted.stdout:
                print(f"{kernels} on ARM: another number of lines")
                return 1
    print(f"{len(wanted.stdout.splitlines())} pictures, the same bits")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
