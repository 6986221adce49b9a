"""Each installed header compiles alone, as C17 and as C++17, with every compiler that is there."""

import glob
import os
import shutil
import subprocess
import sys

import tree

LANGUAGES = [("c", "c17", ["gcc", "clang-14"]), ("c++", "c++17", ["g++", "clang++-14"])]
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"]


def check(include):
    faults, tried = [], 0
    headers = sorted(glob.glob(os.path.join(include, "assay", "*.h")))
    for language, standard, compilers in LANGUAGES:
        for compiler in filter(shutil.which, compilers):
            for header in headers:
                done = subprocess.run(
                    [compiler, f"-std={standard}", *WARNINGS, "-I", include, "-fsyntax-only",
                     "-x", language, "-"], input=f'#include "assay/{os.path.basename(header)}"\n',
                    capture_output=True, text=True, check=False)
                tried += 1
                if done.returncode != 0:
                    faults.append(f"{header}: not {standard} for {compiler}\n{done.stderr}")
    if not tried:
        faults.append("nothing was compiled")
    return faults


if __name__ == "__main__":
    sys.exit(tree.report(check(sys.argv[1]), "headers stand alone"))
