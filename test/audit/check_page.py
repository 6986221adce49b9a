#!/usr/bin/python3
"""doc/record.md says what the code does: its table of actions is src/audit/actions.inc, its test
vectors verify with check_record.py's functions. usage: check_page.py ROOT"""
import base64
import re
import sys
from pathlib import Path

import check_record

ROOTS = (256, 70000)  # the largest is made by bench/bench_audit.c


def actions_differ(root, page):
    source = (root / "src/audit/actions.inc").read_text()
    ours = re.findall(r'^AUDIT_ACTION\(\w+, "([^"]+)",\s*"([^"]+)"\)', source, re.M)
    section = page.partition("\n## 2. ")[2].partition("\n## 3. ")[0]
    shown = re.findall(r"^\| `([^`]+)` \| (.+) \|$", section, re.M)
    return [f"actions.inc and the page differ: {a}" for a in set(ours) ^ set(shown)] + (
        ["no actions were found"] if not ours else [])


def vectors_fail(page):
    section = page.partition("\n## 8. ")[2]
    blocks = [b.strip("\n") for b in re.findall(r"```\n(.*?)```", section, re.S)]
    text, salt = re.search(r"Commitment of `(.+?)` with salt `(\w+)`", section).groups()
    commitment, (entry, leaf), key, note = blocks[0], blocks[1].split("\n"), blocks[2], blocks[3]
    name, _, encoded = key.split("+", 2)
    public = base64.b64decode(encoded)[1:]
    if check_record.sha256(bytes.fromhex(salt) + text.encode()).hex() != commitment:
        yield "the commitment is not that of salt and text"
    if commitment not in entry or check_record.leaf(entry.encode()).hex() != leaf:
        yield "the leaf is not that of the entry"
    head = check_record.open_checkpoint(note.encode() + b"\n", name, public)
    if head != (1, bytes.fromhex(leaf)):
        yield "the checkpoint is not over the entry"
    for size in ROOTS:
        root = check_record.mth([check_record.leaf(str(i).encode()) for i in range(size)])
        if f"{size:,} entries `{root.hex()}`" not in section:
            yield f"the root of {size} entries is not there"


def main(root):
    page = (root / "doc/record.md").read_text()
    faults = actions_differ(root, page) + list(vectors_fail(page))
    for fault in faults:
        print(f"doc/record.md: {fault}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
