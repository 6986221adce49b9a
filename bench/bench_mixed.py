#!/usr/bin/python3
"""Mixed load: assessors at work while files are taken in and a backup is made; what they wait.

Each of 20 scripted assessors works as a person does by keys: takes two tasks, is sent the cover,
holds the sharp picture, decides, once in about two seconds. Beside them `assay import` takes in and
identifies files, and `assay backup` copies the workspace, again and again. The first part is
without these two, for comparison. What is measured is the time from a request to the whole of its
answer.
"""
import http.client
import json
import os
import random
import shutil
import subprocess
import sys
import threading
import time

from workspace import ASSAY, BUILD, Workspace

ASSESSORS = int(os.environ.get("BENCH_ASSESSORS", "20"))
FILES = int(os.environ.get("BENCH_FILES", "5000"))
ALONE_S = int(os.environ.get("BENCH_ALONE_S", "20"))
MIXED_S = int(os.environ.get("BENCH_MIXED_S", "420")) # at most; import may end sooner
HOLD_S = 0.6
PACE_S = (0.9, 1.9) # between the sharp picture and the decision
TASKS = 400 # that wait for the assessors at the start
WHAT = ("lease", "cover", "sharp picture", "decision")


class Assessor(threading.Thread):
    def __init__(self, number, address, link, stop):
        super().__init__(daemon=True)
        self.host, self.stop, self.chance = address, stop, random.Random(number)
        self.connection = http.client.HTTPConnection(address, timeout=60)
        self.cookie, self.number, self.made = None, number, 0
        self.times, self.failed = [], None
        self.ask("POST", "/api/v1/session", {"link": link})
        self.ask("POST", "/api/v1/shift")

    def ask(self, method, path, body=None, what=None):
        headers = {"Origin": "http://" + self.host}
        if self.cookie:
            headers["Cookie"] = self.cookie
        if body is not None:
            headers["Content-Type"] = "application/json"
        if path.endswith("decisions"):
            self.made += 1
            headers["Idempotency-Key"] = "mixed-%d-%06d" % (self.number, self.made)
        begin = time.monotonic()
        self.connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = self.connection.getresponse()
        data = answer.read()
        if what:
            self.times.append((what, begin, time.monotonic() - begin))
        if answer.status >= 300:
            raise RuntimeError("%s: %d %s" % (path, answer.status, data[:200]))
        if answer.headers["Set-Cookie"]:
            self.cookie = answer.headers["Set-Cookie"].split(";")[0]
        return answer.headers, data

    def look(self, lease, rendition, what):
        ticket = next(p["ticket"] for p in lease["pictures"] if p["rendition"] == rendition)
        return self.ask("GET", "/api/v1/pictures/" + ticket, what=what)[0]["Assay-View"]

    def grade(self, lease):
        self.look(lease, "cover", "cover")
        view = self.look(lease, "small_grey", "sharp picture")
        time.sleep(HOLD_S)
        self.ask("POST", "/api/v1/views/%s/end" % view, {"shown_ms": int(1000 * HOLD_S)})
        time.sleep(self.chance.uniform(*PACE_S))
        self.ask("POST", "/api/v1/decisions", {"lease": lease["lease"], "code": "L1",
                 "tags": ["light:day", "season:summer"]}, "decision")

    def run(self):
        try:
            time.sleep(self.chance.uniform(0, 2)) # people do not begin in one moment
            while not self.stop.is_set():
                leases = json.loads(self.ask("POST", "/api/v1/leases", {
                    "queue": "grade", "count": 2}, "lease")[1])["leases"]
                for lease in leases:
                    self.grade(lease)
                if not leases:
                    time.sleep(1)
        except (OSError, RuntimeError, http.client.HTTPException) as problem:
            self.failed = problem


def draw(folder, count, number):
    """Pictures of a demo's set; bytes behind a picture's end make another file of it."""
    drawn = os.path.join(BUILD, "mixed-set")
    if not os.path.isdir(drawn):
        subprocess.run([os.path.join(BUILD, "assay-make-media"), "pictures", drawn, "150", "3",
                        "0", "1"], check=True)
    sources = []
    for top, _, names in os.walk(drawn):
        sources += [os.path.join(top, name) for name in sorted(names) if name.endswith(".jpg")]
    os.mkdir(folder)
    for i in range(count):
        with open(sources[i % len(sources)], "rb") as f:
            data = f.read()
        if data:
            with open(os.path.join(folder, "%06d.jpg" % (number + i)), "wb") as f:
                f.write(data + b" %d" % (number + i))


def percentile(values, p):
    values = sorted(values)
    return values[min(len(values) - 1, int(p * len(values)))]


def table(name, assessors, begin, end):
    for what in WHAT:
        ms = [1000 * took for a in assessors for kind, at, took in a.times
              if kind == what and begin <= at < end]
        if ms:
            print("%-28s %-14s %6d  %8.1f  %8.1f  %8.1f" % (
                name, what, len(ms), percentile(ms, .5), percentile(ms, .95), max(ms)))


def start(w, *command):
    return subprocess.Popen([ASSAY, *command], env=w.env, stdout=subprocess.DEVNULL,
                            stderr=subprocess.DEVNULL)


def beside(w):
    """Import, and backups one after another, until it is done; how that went, in words."""
    begin, backups, backup = time.monotonic(), 0, None
    job = start(w, "import", "--batch", "more", os.path.join(w.top, "more"))
    while job.poll() is None and time.monotonic() - begin < MIXED_S:
        if backup is None or backup.poll() is not None:
            if backup is not None:
                assert backup.returncode == 0, "assay backup: exit %d" % backup.returncode
                backups += 1
            backup = start(w, "backup", os.path.join(w.top, "copy"))
        time.sleep(5)
    took = time.monotonic() - begin
    ended = "done" if job.poll() == 0 else "stopped"
    for running in (job, backup):
        if running is not None:
            running.terminate()
            running.wait()
    return "import of %d files %s after %.0f s; %d backups in that time" % (FILES, ended, took,
                                                                           backups)


def main():
    stop = threading.Event()
    with Workspace() as w:
        draw(os.path.join(w.top, "first"), TASKS, 0)
        draw(os.path.join(w.top, "more"), FILES, TASKS)
        w.run(ASSAY, "import", "--batch", "first", os.path.join(w.top, "first"))
        links = []
        for number in range(ASSESSORS):
            name = "person%d" % number
            w.run(ASSAY, "user", "add", name, "--role", "assessor")
            w.run(ASSAY, "user", "authorise", name, "--by", "bench")
            links.append(w.run(ASSAY, "user", "link", name).strip().split("=")[1])
        address = w.serve()
        assessors = [Assessor(i, address, link, stop) for i, link in enumerate(links)]
        for a in assessors:
            a.start()
        time.sleep(4)
        begin = time.monotonic()
        time.sleep(ALONE_S)
        middle = time.monotonic()
        words = beside(w)
        end = time.monotonic()
        stop.set()
        for a in assessors:
            a.join()
        failed = [str(a.failed) for a in assessors if a.failed]
        w.stop()
        shown = w.stats()["states"].get("waiting", 0)
        w.run(ASSAY, "audit", "verify")
        shutil.rmtree(os.path.join(w.top, "copy"), ignore_errors=True)
    print("%d assessors; %s; %d pictures wait; the record was verified after"
          % (ASSESSORS, words, shown))
    print("%-28s %-14s %6s  %8s  %8s  %8s" % ("", "", "n", "p50 ms", "p95 ms", "max ms"))
    table("assessors alone", assessors, begin, middle)
    table("beside import and backups", assessors, middle, end)
    if failed:
        sys.exit("%d assessors failed: %s" % (len(failed), failed[0]))


if __name__ == "__main__":
    sys.exit(main())
