#!/usr/bin/python3
"""How often benign pictures of different scenes match, with Debian's wallpapers and landscapes.

The photographs are those of bench_import.py, in crops; the landscapes are generated. See
false_matches.c. BENCH_LANDSCAPES sets how many landscapes there are.
"""
import os
import subprocess
import sys

from bench_import import BUILD, photographs

LANDSCAPES = os.environ.get("BENCH_LANDSCAPES", "50000")


def main():
    subprocess.run([os.path.join(BUILD, "bench", "false-matches"), LANDSCAPES, *photographs()],
                   check=True)


if __name__ == "__main__":
    sys.exit(main())
