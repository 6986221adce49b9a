#!/usr/bin/python3
"""How far the PDQ of `assay hash --fast` is from the exact one, with Debian's wallpapers.

Each photograph of bench_import.py as it is and at about 1, 2, 4, 8 and 12 million pixels. The
distances are a property of the pictures and of libjpeg's scales: they come out the same anywhere.
"""
import collections
import json
import os
import statistics
import subprocess
import sys
import tempfile

from bench_import import BUILD, photographs

SIZES = [1, 2, 4, 8, 12]
ASSAY = os.path.join(BUILD, "assay")
RESAVE = os.path.join(BUILD, "bench", "resave")


def hashes(folder, *options):
    done = subprocess.run([ASSAY, "hash", "-r", *options, folder], check=True, capture_output=True)
    return {row["path"]: row for row in map(json.loads, done.stdout.splitlines())}


def main():
    far = collections.defaultdict(list)
    sources = photographs()
    with tempfile.TemporaryDirectory(dir=BUILD) as folder:
        for i, source in enumerate(sources):
            os.symlink(source, os.path.join(folder, "%03d-whole.jpg" % i))
            for size in SIZES:
                path = os.path.join(folder, "%03d-%02d.jpg" % (i, size))
                subprocess.run([RESAVE, str(size), source, path], check=True)
        exact, fast = hashes(folder, "--follow"), hashes(folder, "--follow", "--fast")
    for path, row in fast.items():
        distance = int(row["pdq"], 16) ^ int(exact[path]["pdq"], 16)
        far[row["pdq_method"]].append(bin(distance).count("1"))
    print("%d photographs, %d files" % (len(sources), len(fast)))
    print("method    files   equal  median     p90     max   over 31")
    for method, bits in sorted(far.items()):
        bits.sort()
        print("%-8s %6d %7d %7.0f %7d %7d %9d" %
              (method, len(bits), bits.count(0), statistics.median(bits), bits[len(bits) * 9 // 10],
               bits[-1], sum(b > 31 for b in bits)))


if __name__ == "__main__":
    sys.exit(main())
