#!/usr/bin/python3
"""Puts what ./dev bench printed (build/bench.txt) into the tables of doc/benchmarks.md.

Each table there is a fenced block behind a line <!-- PROGRAM -->; programs that did not run or
failed keep their table.
"""
import os
import re
import sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
DOC = os.path.join(ROOT, "doc", "benchmarks.md")


def main():
    with open(os.path.join(ROOT, "build", "bench.txt"), encoding="utf-8") as f:
        parts = re.split(r"^== (\S+)\n", f.read(), flags=re.M)[1:]
    with open(DOC, encoding="utf-8") as f:
        text = f.read()
    for program, said in zip(parts[::2], parts[1::2]):
        if re.search(r"^(FAILED|skipped)", said, re.M):
            print("%s: kept as it was" % program)
            continue
        place = r"(<!-- %s -->\n\n```text\n).*?(```\n)" % re.escape(program)
        text, count = re.subn(place, lambda m: m.group(1) + said + m.group(2), text, flags=re.S)
        print("%s: %s" % (program, "written" if count else "has no place in doc/benchmarks.md"))
    with open(DOC, "w", encoding="utf-8") as f:
        f.write(text)


if __name__ == "__main__":
    sys.exit(main())
