#!/usr/bin/python3
"""PDQ of decoded pixels beside libjpeg-turbo's decode, by kernel, with Debian's wallpapers.

All photographs of bench_import.py, each made about 1, 4 and 12 million pixels large by libjpeg and
saved as baseline JPEG of quality 90; bench_pdq measures each. A line here is the median of all
photographs, with the least and the greatest: how dear decoding is depends on how much is in a
picture, PDQ costs the same for all.
"""
import os
import statistics
import subprocess
import sys
import tempfile

from bench_import import BUILD, photographs

SIZES = [1, 4, 12]
PICTURES = int(os.environ.get("BENCH_PICTURES", "100"))  # of each size, at most


def measure(paths):
    """{kernels: [(pixels in millions, decode ms, PDQ ms, stream ms)]} of bench_pdq's table."""
    out = subprocess.run([os.path.join(BUILD, "bench", "bench_pdq"), *paths], check=True,
                         stdout=subprocess.PIPE, text=True).stdout
    found = {}
    for line in out.splitlines()[2:]:
        fields = line.split()
        width, height = map(int, fields[-8].split("x"))
        found.setdefault(fields[-6], []).append(
            (width * height / 1e6, *map(float, (fields[-5], fields[-4], fields[-2]))))
    return found


def spread(values):
    return "%5.2f (%.2f to %.2f)" % (statistics.median(values), min(values), max(values))


def main():
    sources = photographs()[:PICTURES]
    print("%d photographs, CPU time, best of 9 each: median (least to greatest)" % len(sources))
    print("%7s  %-7s  %12s  %21s  %21s  %21s" % ("size", "kernels", "ns a pixel",
                                                 "PDQ / decode", "both by rows / decode",
                                                 "decode, ns a pixel"))
    with tempfile.TemporaryDirectory(dir=BUILD) as folder:
        for size in SIZES:
            paths = []
            for i, source in enumerate(sources):
                paths.append(os.path.join(folder, "%d-%d" % (i + 1, size)))
                subprocess.run([os.path.join(BUILD, "bench", "resave"), str(size), source,
                                paths[-1]], check=True)
            for kernels, rows in measure(paths).items():
                print("%4d MP  %-7s  %12.2f  %21s  %21s  %21s" % (
                    size, kernels, statistics.median(pdq / mp for mp, _, pdq, _ in rows),
                    spread([pdq / decode for _, decode, pdq, _ in rows]),
                    spread([both / decode for _, decode, _, both in rows]),
                    spread([decode / mp for mp, decode, _, _ in rows])))
            for path in paths:
                os.unlink(path)


if __name__ == "__main__":
    sys.exit(main())
