#!/usr/bin/python3
"""`assay hash` whole beside libjpeg's decode alone of the same files, with Debian's wallpapers.

The photographs are those of bench_import.py, each made about 1, 4 and 12 million pixels large by
libjpeg and saved as baseline JPEG of quality 90. Both programs take turns on the same files, on one
core and one thread each; processor time of all their processes counts, and of the rounds the
smallest ratio's parts are printed with the median ratio.
"""
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time

from bench_import import BUILD, children_cpu, photographs

SIZES = [1, 4, 12]
PICTURES = 6  # distinct ones of each size
FILES = {1: 96, 4: 36, 12: 12}  # of each size, about the same number of pixels
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
ASSAY = os.path.join(BUILD, "assay")
FLOOR = os.path.join(BUILD, "bench", "decode-floor")
RESAVE = os.path.join(BUILD, "bench", "resave")


def make(sources, size, folder):
    """Files of one size: a few pictures, made many by a comment of their own."""
    paths = []
    data = []
    for i, source in enumerate(sources[:PICTURES]):
        path = os.path.join(folder, "%d-%d.made" % (size, i))
        subprocess.run([RESAVE, str(size), source, path], check=True)
        with open(path, "rb") as f:
            data.append(f.read())
        os.unlink(path)
    for i in range(FILES[size]):
        note = b"copy %d" % i
        comment = b"\xff\xfe" + (len(note) + 2).to_bytes(2, "big") + note
        path = os.path.join(folder, "%d-%03d.jpg" % (size, i))
        with open(path, "wb") as f:
            f.write(data[i % len(data)][:2] + comment + data[i % len(data)][2:])
        paths.append(path)
    return paths


def run(command, cores):
    """Processor and wall time of a command held to these cores."""
    cpu, start = children_cpu(), time.monotonic()
    subprocess.run(["taskset", "-c", cores, *command], check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)
    return children_cpu() - cpu, time.monotonic() - start


def compare(size, paths):
    rows = []
    for _ in range(ROUNDS):
        floor, _ = run([FLOOR, "1", *paths], "0")
        whole, _ = run([ASSAY, "hash", "-j", "1", *paths], "0")
        fast, _ = run([ASSAY, "hash", "--fast", "-j", "1", *paths], "0")
        rows.append((whole / floor, floor, whole, fast))
    best = min(rows)
    count = len(paths) / 1000
    print("%5d MP %9.2f %11.2f %8.2f %8.2f %11.2f %8.2f" %
          (size, best[1] / count, best[2] / count, best[0],
           statistics.median(r[0] for r in rows), best[3] / count,
           statistics.median(r[2] / r[3] for r in rows)))


def parts(paths):
    """What is left out of --algorithms costs nothing: processor time of what is named."""
    lists = ["md5,sha1,sha256,pdq", "sha256,pdq", "pdq", "md5,sha1,sha256", "sha256"]
    best = [min(run([ASSAY, "hash", "-j", "1", "--algorithms", names, *paths], "0")[0]
                for _ in range(ROUNDS)) for names in lists]
    for names, cpu in zip(lists, best):
        print("--algorithms %-20s %6.2f ms a file of 4 MP, %4.2f of all" %
              (names, 1000 * cpu / len(paths), cpu / best[0]))


def idle():
    """Clock ticks that all cores had nothing to do, since the machine was started."""
    with open("/proc/stat") as f:
        return int(f.readline().split()[4])


def side_by_side(commands):
    """Wall time until all are done, each command on a core of its own."""
    start = time.monotonic()
    running = [subprocess.Popen(["taskset", "-c", str(core), *command], stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL)
               for core, command in enumerate(commands)]
    if any([process.wait() for process in running]):
        sys.exit("bench_hash: a process failed")
    return time.monotonic() - start


def threads(paths):
    """What a second core gives, beside what it gives to two processes that share nothing."""
    if os.cpu_count() < 2:
        print("one core: -j 2 is not measured")
        return
    paths = paths * 4 # so that the start of the decoders does not count
    one_core = [ASSAY, "hash", "-j", "1", *paths]
    rows = []
    for _ in range(2 * ROUNDS - 1):
        _, one = run(one_core, "0")
        before = idle()
        cpu, two = run([ASSAY, "hash", "-j", "2", *paths], "0,1")
        waited = (idle() - before) / os.sysconf("SC_CLK_TCK") / two / os.cpu_count()
        apart = side_by_side([one_core, one_core]) / 2
        rows.append((one / two, one / apart, waited, cpu / two / 2, len(paths) / one))
    gain, apart, waited, busy, rate = [statistics.median(row) for row in zip(*rows)]
    print("-j 1 on one core %.1f files/s; medians of %d rounds:" % (rate, len(rows)))
    print("  -j 2 on two cores              %.2f times; the cores idle %.1f %%, assay's %.1f %%" %
          (gain, 100 * waited, 100 * busy))
    print("  two processes, a core to each  %.2f times" % apart)


PEAK = """import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"""


def memory(paths):
    for times in (1, 20):
        said = subprocess.run([sys.executable, "-c", PEAK, ASSAY, "hash", "-j", "1",
                               *paths * times], check=True, capture_output=True, text=True).stdout
        print("largest process over %4d files: %.1f MB" %
              (len(paths) * times, int(said) / 1024))


def hashed(*arguments):
    said = subprocess.run([ASSAY, "hash", *arguments], check=True, capture_output=True,
                          text=True).stdout
    return [json.loads(line) for line in said.splitlines()]


def nearness(paths):
    """How far --fast is from exact, in bits, by the part of the sides that was decoded."""
    bits = {}
    for exact, fast in zip(hashed(*paths), hashed("--fast", *paths)):
        distance = bin(int(exact["pdq"], 16) ^ int(fast["pdq"], 16)).count("1")
        bits.setdefault(fast["pdq_method"], []).append(distance)
    for method, found in sorted(bits.items()):
        print("%-6s of %2d photographs: bits from exact median %d, most %d; all: %s" %
              (method, len(found), statistics.median(found), max(found),
               " ".join(str(b) for b in sorted(found))))


def main():
    sources = photographs()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with tempfile.TemporaryDirectory(dir=BUILD) as folder:
        files = {size: make(sources, size, folder) for size in SIZES}
        print("   size  decode ms     hash ms    ratio   median     fast ms  faster")
        for size in SIZES:
            compare(size, files[size])
        parts(files[4])
        threads(files[4])
        memory(files[1])
        nearness(sources + [path for size in SIZES for path in files[size][:PICTURES]])


if __name__ == "__main__":
    sys.exit(main())
