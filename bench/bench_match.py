#!/usr/bin/python3
"""Lines a second of `assay match --hashes -` against a million made-up records.

The list is a snapshot, which opens at once, so that what is measured are the lines: read, looked up
and answered with what the list says. Beside it stands the processor time of the library's own
searches for the same queries in memory (match_floor.c), in the same run.
"""
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time

from bench_import import BUILD

RECORDS, QUERIES, ROUNDS = 1_000_000, 200_000, 3
ASSAY = os.path.join(BUILD, "assay")
FLOOR = os.path.join(BUILD, "bench", "match-floor")


def spent():
    use = resource.getrusage(resource.RUSAGE_CHILDREN)
    return use.ru_utime + use.ru_stime


def match(folder, threads, queries, hits):
    """Processor and wall seconds of one run, whose hits must be as many as the library's."""
    command = [ASSAY, "match", "--list", os.path.join(folder, "list.snapshot"), "-j", str(threads),
               "--hashes", "-"]
    begin, cpu = time.monotonic(), spent()
    with open(queries, "rb") as given, open(os.path.join(folder, "out"), "wb+") as out:
        status = subprocess.run(command, stdin=given, stdout=out).returncode
        took = spent() - cpu, time.monotonic() - begin
        out.seek(0)
        found = sum(b'"status":"match"' in line for line in out)
    if status != (10 if hits else 0) or found != hits:
        sys.exit("bench_match: exit status %d, %d of %d hits" % (status, found, hits))
    return took


def main():
    with tempfile.TemporaryDirectory(dir=BUILD) as folder:
        said = subprocess.run([FLOOR, folder, str(RECORDS), str(QUERIES)], check=True,
                              capture_output=True, text=True).stdout
        command = [ASSAY, "index", "build", "-o", os.path.join(folder, "list.snapshot"),
                   os.path.join(folder, "list.csv")]
        before = spent()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        built = spent() - before
        nothing, _ = match(folder, 1, os.devnull, 0)
        print("%d records with SHA-256 and PDQ: snapshot built in %.1f CPU s, opened in %.0f ms" %
              (RECORDS, built, 1000 * nothing))
        print("%d queries of each kind, half of them hits; medians of %d" % (QUERIES, ROUNDS))
        print("kind    threads    lines/s   CPU us a line   library us   ratio")
        for line in said.splitlines():
            kind, hits, floor = line.split()
            queries = os.path.join(folder, kind + ".txt")
            for threads in (1, 2):
                rounds = [match(folder, threads, queries, int(hits)) for _ in range(ROUNDS)]
                cpu, wall = map(statistics.median, zip(*rounds))
                print("%-7s %7d %10.0f %15.2f %12.2f %7.2f" %
                      (kind, threads, QUERIES / wall, 1e6 * cpu / QUERIES,
                       1e6 * float(floor) / QUERIES, cpu / float(floor)))


if __name__ == "__main__":
    sys.exit(main())
