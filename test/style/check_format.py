"""Every C file is as clang-format-14 writes it; skipped where that version is not there."""

import os
import shutil
import subprocess
import sys

import tree


def check(root):
    paths = [p for p in tree.files(root) if p.endswith((".c", ".h"))]
    if not paths:
        return []
    done = subprocess.run(["clang-format-14", "--dry-run", "-Werror", *paths], cwd=root,
                          capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return []
    faults = [line for line in done.stderr.splitlines() if ": error:" in line]
    files = sorted({line.split(":")[0] for line in faults})
    return faults[:20] + [f"mend them: clang-format-14 -i {' '.join(files)}"]


if __name__ == "__main__":
    if shutil.which("clang-format-14") is None:
        print("skipped: no clang-format-14")
        sys.exit(77)
    sys.exit(tree.report(check(os.path.abspath(sys.argv[1])), "formatted"))
