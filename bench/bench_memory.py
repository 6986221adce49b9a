#!/usr/bin/python3
"""Memory: the server idle, after 10,000 decisions and with 50 connections; import's highest.

Resident memory as the kernel counts it; of import, the largest process, decoders among them. It is
measured over 1,000 pictures and over one file of 2 GB: it grows with neither.
"""
import os
import subprocess
import sys
import time

from workspace import ASSAY, BUILD, Workspace

DECISIONS = int(os.environ.get("BENCH_DECISIONS", "10000"))
FILES = int(os.environ.get("BENCH_FILES", "1000"))
LARGE_MB = int(os.environ.get("BENCH_LARGE_MB", "2048"))
CLIENTS = 50
MORE = 40000 # tasks: for what is decided past the mark and with the connections
DECIDE_S_MAX = 120


def serve_rows(w):
    tokens = w.fill(DECISIONS + MORE, CLIENTS)
    address = w.serve()
    time.sleep(2)
    yield "serve, idle", w.resident_mb()
    decided, until = 0, time.monotonic() + DECIDE_S_MAX
    while decided < DECISIONS and time.monotonic() < until:
        decided += w.decide(address, tokens, 1, 3)["decided"]
        decided += w.decide(address, tokens, CLIENTS, 3)["decided"]
    yield "serve, after %d decisions" % decided, w.resident_mb()
    held = subprocess.Popen([os.path.join(BUILD, "bench", "decide-clients"), address, str(CLIENTS),
                             "4"], env=w.env, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    held.stdin.write(tokens.encode())
    held.stdin.close()
    time.sleep(2.5)
    yield "serve, %d connections that work" % CLIENTS, w.resident_mb()
    held.wait()
    w.stop()


def import_row(w, name, path, *options):
    """One import; the highest memory of its largest process, decoders among them."""
    text = ("import resource, subprocess, sys, time; t = time.monotonic();"
            "subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL,"
            " stderr=subprocess.DEVNULL);"
            "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, time.monotonic() - t)")
    said = w.run(sys.executable, "-c", text, ASSAY, "import", *options, path).split()
    return "import, %s (%.0f s)" % (name, float(said[1])), (None, int(said[0]) / 1024)


def import_rows(w):
    folder = os.path.join(w.top, "pictures")
    os.mkdir(folder)
    subprocess.run([os.path.join(BUILD, "test", "media", "make-media"), folder, str(FILES // 10)],
                   check=True, stdout=subprocess.DEVNULL)
    drawn = [os.path.join(folder, name) for name in os.listdir(folder)]
    for i in range(FILES - len(drawn)): # bytes behind the picture's end make another file of it
        with open(drawn[i % len(drawn)], "rb") as f:
            data = f.read()
        with open(os.path.join(folder, "copy%d" % i), "wb") as f:
            f.write(data + b"%d" % i)
    yield import_row(w, "%d pictures" % FILES, folder)
    large = os.path.join(w.top, "large.bin")
    block = os.urandom(1 << 20)
    with open(large, "wb") as f:
        for _ in range(LARGE_MB):
            f.write(block)
    yield import_row(w, "one file of %d MB" % LARGE_MB, large)


def main():
    print("%-44s  %8s  %8s" % ("resident memory, MB", "now", "highest"))
    with Workspace() as w:
        for rows in (serve_rows(w), import_rows(w)):
            for name, (now, highest) in rows:
                print("%-44s  %8s  %8.0f" % (name, "" if now is None else "%.0f" % now, highest),
                      flush=True)


if __name__ == "__main__":
    sys.exit(main())
