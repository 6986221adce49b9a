#!/usr/bin/python3
"""Verifies a record with nothing of ours: Python's standard library and the openssl command.

usage: check_record.py AUDIT_FOLDER NAME PUBLIC_KEY_HEX [EARLIER_CHECKPOINT...] [--proof FILE]

Checks the checkpoint's signature, every entry against its level 0 tile, every tile above against
the tiles below, the root, that each earlier checkpoint is one of the same growing tree, and that a
tlog-proof file leads from its entry to a signed head. Formats: doc/record.md.
"""
import base64
import hashlib
import subprocess
import sys
import tempfile
from pathlib import Path

WIDTH, HASH = 256, 32
SPKI_ED25519 = bytes.fromhex("302a300506032b6570032100")  # what stands before the 32 key bytes


class Wrong(Exception):
    """What is wrong, in a sentence."""


def sha256(data):
    return hashlib.sha256(data).digest()


def leaf(entry):
    return sha256(b"\0" + entry)


def mth(hashes):
    """RFC 6962 section 2.1 over leaf hashes, without recursion: perfect subtrees from the left."""
    if not hashes:
        return sha256(b"")
    peaks = []  # (leaves, root)
    for h in hashes:
        peaks.append((1, h))
        while len(peaks) > 1 and peaks[-1][0] == peaks[-2][0]:
            (n, right), (_, left) = peaks.pop(), peaks.pop()
            peaks.append((2 * n, sha256(b"\1" + left + right)))
    root = peaks.pop()[1]
    while peaks:
        root = sha256(b"\1" + peaks.pop()[1] + root)
    return root


def inclusion_root(entry_hash, index, size, path):
    """RFC 9162 section 2.1.3.2: the root that the path leads to, None when it does not fit."""
    if index >= size:
        return None
    node, last, at = index, size - 1, entry_hash
    for h in path:
        if last == 0:
            return None
        if node & 1 or node == last:
            at = sha256(b"\1" + h + at)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            at = sha256(b"\1" + at + h)
        node, last = node >> 1, last >> 1
    return at if last == 0 else None


def ed25519_verifies(public, message, signature):
    with tempfile.TemporaryDirectory() as folder:
        names = {n: Path(folder) / n for n in ("key", "message", "signature")}
        names["key"].write_bytes(SPKI_ED25519 + public)
        names["message"].write_bytes(message)
        names["signature"].write_bytes(signature)
        return subprocess.run(
            ["openssl", "pkeyutl", "-verify", "-rawin", "-pubin", "-keyform", "DER",
             "-inkey", names["key"], "-in", names["message"], "-sigfile", names["signature"]],
            capture_output=True, check=False).returncode == 0


def open_checkpoint(note, name, public):
    """(size, root) of a checkpoint that the key has signed."""
    text, _, signatures = note.rpartition(b"\n\n")
    text += b"\n"
    key_id = sha256(name.encode() + b"\n\x01" + public)[:4]
    signed = False
    for line in signatures.decode().splitlines():
        dash, signer, value = line.split(" ")
        raw = base64.b64decode(value, validate=True)
        if dash == "\u2014" and signer == name and raw[:4] == key_id:
            if not ed25519_verifies(public, text, raw[4:]):
                raise Wrong("a checkpoint's signature does not verify")
            signed = True
    if not signed:
        raise Wrong("a checkpoint is not signed by the key")
    origin, size, root = text.decode().splitlines()[:3]
    if origin != name:
        raise Wrong(f"a checkpoint of another log: {origin}")
    return int(size), base64.b64decode(root, validate=True)


def tile_file(folder, level, index, width):
    groups = [f"{index % 1000:03d}"]
    while index >= 1000:
        index //= 1000
        groups.insert(0, f"x{index % 1000:03d}")
    path = Path(folder) / "tile" / str(level) / "/".join(groups)
    partial = path.with_name(path.name + ".p") / str(width)
    return partial if width < WIDTH and partial.exists() else path


def read_tile(folder, level, index, width):
    data = tile_file(folder, level, index, width).read_bytes()[:width * HASH]
    if len(data) != width * HASH:
        raise Wrong(f"tile {level}/{index} is cut short")
    return [data[i:i + HASH] for i in range(0, len(data), HASH)]


def read_bundle(folder, index, width):
    data, entries, at = tile_file(folder, "entries", index, width).read_bytes(), [], 0
    while len(entries) < width:
        size = int.from_bytes(data[at:at + 2], "big")
        entries.append(data[at + 2:at + 2 + size])
        at += 2 + size
        if at > len(data) or len(data) < 2:
            raise Wrong(f"bundle {index} is cut short")
    return entries


def widths(count):
    """Width of each tile of a level that has count hashes."""
    return [WIDTH] * (count // WIDTH) + ([count % WIDTH] if count % WIDTH else [])


def read_level_0(folder, size):
    hashes = []
    for index, width in enumerate(widths(size)):
        tile = read_tile(folder, 0, index, width)
        for i, entry in enumerate(read_bundle(folder, index, width)):
            if leaf(entry) != tile[i]:
                raise Wrong(f"entry {index * WIDTH + i} is not the one in its tile")
        hashes += tile
    return hashes


def check_upper_levels(folder, hashes):
    level = 1
    while len(hashes) >= WIDTH:
        hashes = [mth(hashes[i:i + WIDTH]) for i in range(0, len(hashes) - WIDTH + 1, WIDTH)]
        for index, width in enumerate(widths(len(hashes))):
            if read_tile(folder, level, index, width) != hashes[index * WIDTH:][:width]:
                raise Wrong(f"tile {level}/{index} does not follow from those below it")
        level += 1


def check_proof(path, name, public, entries):
    head, _, checkpoint = path.read_bytes().partition(b"\n\n")
    magic, index, *hashes = head.decode().splitlines()
    if magic != "c2sp.org/tlog-proof@v1" or not index.startswith("index "):
        raise Wrong("not a tlog-proof")
    size, root = open_checkpoint(checkpoint, name, public)
    index = int(index[6:])
    path = [base64.b64decode(h, validate=True) for h in hashes]
    if inclusion_root(entries[index], index, size, path) != root:
        raise Wrong("the proof does not lead to the root")


def check(folder, name, public, earlier, proofs):
    size, root = open_checkpoint((Path(folder) / "checkpoint").read_bytes(), name, public)
    hashes = read_level_0(folder, size)
    if mth(hashes) != root:
        raise Wrong("the root is not the one that was signed")
    check_upper_levels(folder, hashes)
    for path in earlier:
        old_size, old_root = open_checkpoint(Path(path).read_bytes(), name, public)
        if old_size > size or mth(hashes[:old_size]) != old_root:
            raise Wrong(f"{path}: rewritten since this checkpoint of {old_size} entries")
    for path in proofs:
        check_proof(Path(path), name, public, hashes)
    return size


def main(args):
    proofs = []
    while "--proof" in args:
        at = args.index("--proof")
        proofs.append(args[at + 1])
        del args[at:at + 2]
    folder, name, public, *earlier = args
    try:
        size = check(folder, name, bytes.fromhex(public), earlier, proofs)
    except (Wrong, OSError, ValueError) as e:
        print(f"wrong: {e}")
        return 1
    print(f"right: {size} entries")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
