#!/usr/bin/python3
"""PDQ of decoded pixels beside libjpeg-turbo's decode, by kernel, with Debian's wallpapers.

The photographs are those of bench_import.py, each made about 1, 4 and 12 million pixels large by
libjpeg and saved as baseline JPEG of quality 90; bench_pdq measures them in one run.
"""
import os
import subprocess
import sys
import tempfile

from bench_import import BUILD, photographs

SIZES = [1, 4, 12]
PICTURES = int(os.environ.get("BENCH_PICTURES", "3"))  # of each size


def main():
    with tempfile.TemporaryDirectory(dir=BUILD) as folder:
        paths = []
        for size in SIZES:
            for i, source in enumerate(photographs()[:PICTURES]):
                paths.append(os.path.join(folder, "photograph %d, %d MP" % (i + 1, size)))
                subprocess.run([os.path.join(BUILD, "bench", "resave"), str(size), source,
                                paths[-1]], check=True)
        subprocess.run([os.path.join(BUILD, "bench", "bench_pdq"), *paths], check=True)


if __name__ == "__main__":
    sys.exit(main())
