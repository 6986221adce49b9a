"""Counts every single test in Meson's logs and ends with one line: N passed, N failed."""

import fnmatch
import json
import re
import sys

TAP = re.compile(r"^(ok|not ok)\b[ \t]*(?:\d+)?[ \t]*(?:-[ \t]*)?(.*)$", re.M)
TAP_DEEP = re.compile(r"^[ \t]*not ok\b[ \t]*(?:\d+)?[ \t]*(?:-[ \t]*)?(.*)$", re.M)
TAP_SKIP = re.compile(r"#\s*SKIP\b[ \t]*(.*)", re.I)
PLAN_SKIP = re.compile(r"^1\.\.0\s*#\s*skip\S*[ \t]*(.*)$", re.M | re.I)
NODE = re.compile(r"^(?:#|ℹ) (pass|fail|cancelled|skipped|todo) (\d+)$", re.M)
NODE_FAILED = re.compile(r"^[ \t]*✖ (.+?)(?: \([\d.]+ms\))?$", re.M)
UNITTEST = re.compile(
    r"^(\w+) \(([\w.]+)\)(?:\n[^\n]*?)? \.\.\. .*?(ok|FAIL|ERROR|skipped .*)$", re.M)
UNITTEST_RAN = re.compile(r"^Ran (\d+) tests? in ", re.M)
UNITTEST_END = re.compile(r"^(?:OK|FAILED)(?: \((.*)\))?$", re.M)
BAD = {"FAIL", "ERROR", "TIMEOUT", "INTERRUPT", "UNEXPECTEDPASS"}


class Count:
    """What passed, and the names of what failed and what was skipped."""

    def __init__(self, passed=0, failed=None, skipped=None):
        self.passed, self.failed, self.skipped = passed, failed or [], skipped or []

    def add(self, other):
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped

    def none(self):
        return not (self.passed or self.failed or self.skipped)


def count_tap(out):
    count = Count()
    for verdict, name in TAP.findall(out):
        skip = TAP_SKIP.search(name)
        if skip:
            count.skipped.append(name.replace("#", "", 1).strip())
        elif verdict == "ok":
            count.passed += 1
        else:
            count.failed.append(name)
    plan = PLAN_SKIP.search(out)
    if plan:
        count.skipped.append(plan.group(1))
    return count


def count_node(out):
    numbers = {name: int(number) for name, number in NODE.findall(out)}
    bad = numbers.get("fail", 0) + numbers.get("cancelled", 0)
    names = list(dict.fromkeys(TAP_DEEP.findall(out) + NODE_FAILED.findall(out)))
    failed = (names + ["a test"] * bad)[:bad]
    skipped = ["a test"] * (numbers.get("skipped", 0) + numbers.get("todo", 0))
    return Count(numbers.get("pass", 0), failed, skipped)


def count_unittest(err):
    """Python's unittest writes to stderr; with -v one line a test, always `Ran N tests`."""
    count, ran = Count(), sum(int(n) for n in UNITTEST_RAN.findall(err))
    for name, _, verdict in UNITTEST.findall(err):
        if verdict == "ok":
            count.passed += 1
        elif verdict.startswith("skipped"):
            count.skipped.append(f"{name} {verdict}")
        else:
            count.failed.append(name)
    listed = count.passed + len(count.failed) + len(count.skipped)
    if listed >= ran:
        return count
    numbers = dict(re.findall(r"(\w+)=(\d+)", " ".join(UNITTEST_END.findall(err))))
    bad = int(numbers.get("failures", 0)) + int(numbers.get("errors", 0))
    skips = int(numbers.get("skipped", 0))
    return Count(ran - bad - skips, ["a test"] * bad, ["a test"] * skips)


def count_of(test):
    """The count of one entry of Meson's log; a test that counts nothing is one."""
    out, err, result = test.get("stdout", ""), test.get("stderr", ""), test["result"]
    if NODE.search(out):
        count = count_node(out)
    elif TAP.search(out) or PLAN_SKIP.search(out):
        count = count_tap(out)
    elif UNITTEST_RAN.search(err):
        count = count_unittest(err)
    else:
        count = Count()
    if result in BAD and not count.failed:
        count.failed.append(f"ended with {result}, status {test.get('returncode')}")
    if count.none():
        count = Count(skipped=["the whole"]) if result == "SKIP" else Count(passed=1)
    name = test["name"]
    count.failed = [f"{name}: {what}" for what in count.failed]
    count.skipped = [f"{name}: {what}" for what in count.skipped]
    return count


def summarize(paths):
    total = Count()
    for path in paths:
        try:
            with open(path, encoding="utf-8", errors="replace") as f:
                tests = [json.loads(line) for line in f]
            if not tests:
                raise ValueError("it is empty")
            for test in tests:
                total.add(count_of(test))
        except (OSError, ValueError) as e:
            total.add(Count(failed=[f"{path}: the tests left no log ({e})"]))
    return total


def match(pattern, listed):
    """`project:name` of the lines of `meson test --list` that a pattern means."""
    names = []
    for line in listed:
        suite, found, name = line.strip().partition(" / ")
        if not found:
            continue
        whole = any(c in pattern for c in "*?[")
        hit = fnmatch.fnmatch(name, pattern) if whole else pattern in f"{suite} / {name}"
        if hit:
            names.append(f"{suite.split(':')[0]}:{name}")
    return names


def show(total):
    for title, names in (("skipped", total.skipped), ("FAILED", total.failed)):
        for name in names:
            print(f"{title}: {name}")
    skipped = f", {len(total.skipped)} skipped" if total.skipped else ""
    print(f"{total.passed} passed, {len(total.failed)} failed{skipped}")
    return 1 if total.failed else 0


if __name__ == "__main__":
    if sys.argv[1] == "--match":
        print("\n".join(match(sys.argv[2], sys.stdin)))
    else:
        sys.exit(show(summarize(sys.argv[1:])))
