"""System calls of an strace -f log that a unit's SystemCallFilter would refuse, one a line.

usage: unit_calls.py UNIT LOG
"""
import re
import subprocess
import sys
from pathlib import Path


def expanded(name, seen):
    """The calls of a group of systemd's, with those of the groups in it."""
    if not name.startswith("@"):
        return {name}
    if name in seen:
        return set()
    seen.add(name)
    text = subprocess.run(["systemd-analyze", "syscall-filter", name], check=True,
                          capture_output=True, text=True).stdout
    found = set()
    for word in re.findall(r"^ +(@?[a-z0-9_-]+)$", text, re.M):
        found |= expanded(word, seen)
    return found


def main():
    unit, log = (Path(path).read_text(errors="replace") for path in sys.argv[1:3])
    allowed = set()
    for line in re.findall(r"^SystemCallFilter=(.*)$", unit, re.M):
        for name in line.split():
            allowed |= expanded(name, set())
    # chroot, setpriv and the shell come first: what counts begins with the program itself.
    started = re.search(r"^(\d+) +execve\(\"/usr/bin/assay\"", log, re.M)
    called = set(re.findall(r"^\d+ +([a-z0-9_]+)\(", log[started.start():], re.M))
    print("\n".join(sorted(called - allowed)), end="")


if __name__ == "__main__":
    main()
