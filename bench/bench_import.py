#!/usr/bin/python3
"""Files imported a second beside the floor of decoding alone, with Debian's wallpapers.

The photographs come from the packages named below (apt-get download; nothing is installed).
Each is copied under several names, made distinct by a JPEG comment, until there are enough. Import
and floor take turns on the same files with the same number of threads; medians are printed.
"""
import glob
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

PACKAGES = ["lomiri-wallpapers", "lomiri-wallpapers-16.04", "lomiri-wallpapers-20.04",
            "gnome-backgrounds"]
FILES = int(os.environ.get("BENCH_FILES", "120"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
BUILD = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "build")


def photographs():
    folder = os.path.join(BUILD, "wallpapers")
    if not os.path.isdir(folder):
        with tempfile.TemporaryDirectory() as debs:
            subprocess.run(["apt-get", "download", *PACKAGES], cwd=debs, check=True,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            for deb in glob.glob(debs + "/*.deb"):
                subprocess.run(["dpkg", "-x", deb, folder + ".new"], check=True)
        os.rename(folder + ".new", folder)
    found = []
    for root, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(root, name)
            if not os.path.islink(path) and name.lower().endswith((".jpg", ".jpeg")):
                found.append(path)
    return sorted(found)


def spread(sources, folder):
    for i in range(FILES):
        with open(sources[i % len(sources)], "rb") as f:
            data = f.read()
        note = b"copy %d" % i
        comment = b"\xff\xfe" + (len(note) + 2).to_bytes(2, "big") + note
        with open(os.path.join(folder, "%04d.jpg" % i), "wb") as f:
            f.write(data[:2] + comment + data[2:])


def children_cpu():
    r = resource.getrusage(resource.RUSAGE_CHILDREN)
    return r.ru_utime + r.ru_stime


def import_once(folder, work):
    data = os.path.join(work, "data")
    env = dict(os.environ, ASSAY_DATA=data, XDG_CONFIG_HOME=os.path.join(work, "config"))
    assay = os.path.join(BUILD, "assay")
    subprocess.run([assay, "init", "--training"], env=env, check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)
    cpu, start = children_cpu(), time.monotonic()
    subprocess.run([assay, "import", folder], env=env, check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)
    wall, cpu = time.monotonic() - start, children_cpu() - cpu
    stats = json.loads(subprocess.run([assay, "stats", "--format", "json"], env=env, check=True,
                                      stdout=subprocess.PIPE).stdout)
    assert stats["states"] == {"waiting": FILES}, stats
    shutil.rmtree(data)
    return wall, cpu


def main():
    threads = os.cpu_count()
    sources = photographs()
    with tempfile.TemporaryDirectory(dir=BUILD) as work:
        folder = os.path.join(work, "pictures")
        os.mkdir(folder)
        spread(sources, folder)
        paths = sorted(glob.glob(folder + "/*"))
        size = sum(os.path.getsize(p) for p in paths) / FILES
        imports, floors = [], []
        for _ in range(ROUNDS):
            imports.append(import_once(folder, work))
            bare = os.path.join(BUILD, "bench", "decode-floor")
            floor = json.loads(subprocess.run([bare, str(threads), *paths], check=True,
                                              stdout=subprocess.PIPE).stdout)
            assert floor["failed"] == 0, floor
            floors.append((floor["wall_ms"] / 1000, floor["cpu_ms"] / 1000))
    wall, cpu = (statistics.median(column) for column in zip(*imports))
    floor_wall, floor_cpu = (statistics.median(column) for column in zip(*floors))
    print("%d photographs of %.0f kB, %d threads, median of %d rounds"
          % (FILES, size / 1000, threads, ROUNDS))
    print("                 files/s   CPU ms a file")
    print("import           %7.1f   %7.1f" % (FILES / wall, 1000 * cpu / FILES))
    print("decode alone     %7.1f   %7.1f" % (FILES / floor_wall, 1000 * floor_cpu / FILES))
    print("ratio            %7.2f   %7.2f" % (wall / floor_wall, cpu / floor_cpu))


if __name__ == "__main__":
    sys.exit(main())
