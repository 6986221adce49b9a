#!/usr/bin/python3
"""What a person at the console waits for: key press to the frame that shows its effect.

The browser test walks a whole shift in Chromium by keys and measures on its way; here its figures
are printed. Milliseconds.
"""
import json
import os
import re
import shutil
import subprocess
import sys

from workspace import BUILD

TEST = os.path.join(BUILD, "..", "test", "browser")
PICTURES = "set:60"
NAMES = {"next_cover_ms": "grade key to next cover", "reveal_sharp_ms": "reveal key to sharp",
         "hide_ms": "hide key to hidden"}


def rows(measured, name=""):
    """A name and its figures, one after the other; Esc was timed from several places."""
    for key, inner in measured.items():
        full = NAMES.get(key, "%s, %s" % (name, key))
        if "median" in inner:
            yield full, inner
        else:
            yield from rows(inner, full)


def main():
    node = shutil.which("node")
    modules = os.path.join(BUILD, "..", "console", "node_modules", "playwright-core")
    if node is None or not shutil.which("chromium") or not os.path.isdir(modules):
        print("skipped: it needs chromium, node and the console's packages (./dev test browser)")
        return 0
    done = subprocess.run([sys.executable, os.path.join(TEST, "with_server.py"), BUILD, PICTURES,
                           node, os.path.join(TEST, "run.mjs")], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, text=True)
    found = re.findall(r"^# (\{.*_ms.*\})$", done.stdout, re.M)
    if not found:
        print(done.stdout[-2000:])
        return 1
    print("%-40s  %5s  %8s  %8s  %8s" % ("ms", "times", "median", "p95", "slowest"))
    for name, figures in rows(json.loads(found[-1])):
        print("%-40s  %5d  %8.1f  %8.1f  %8.1f"
              % (name, figures["n"], figures["median"], figures["p95"], figures["max"]))
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
