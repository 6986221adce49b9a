"""The files of the tree that the style checks read, and C text without comments and strings."""

import os
import re

SKIPPED_FOLDERS = {".git", "node_modules", "__pycache__", "dist", "assay-data", "shared"}


def files(root):
    """Paths of our text files, relative to root, sorted; build folders and downloads left out."""
    found = []
    for folder, folders, names in os.walk(root):
        at_root = os.path.samefile(folder, root)
        folders[:] = sorted(
            f for f in folders
            if f not in SKIPPED_FOLDERS and not (at_root and re.match(r"build(-|$)", f)))
        found += [os.path.relpath(os.path.join(folder, name), root) for name in names
                  if name != ".git"]
    return sorted(found)


def text(root, path):
    """The file's text, or None where it is not UTF-8 text (pictures, corpora)."""
    try:
        with open(os.path.join(root, path), encoding="utf-8", newline="") as f:
            return f.read()
    except (UnicodeDecodeError, FileNotFoundError, IsADirectoryError):
        return None


TOKEN = re.compile(
    r"(?P<comment>/\*.*?\*/|//[^\n]*)"
    r'|(?P<string>"(?:\\.|[^"\\\n])*")'
    r"|(?P<char>'(?:\\.|[^'\\\n])*')", re.S)


def blank(match):
    return re.sub(r"[^\n]", " ", match.group(0))


def code_only(source):
    """C text with comments, strings and characters blanked; lines and columns stay."""
    return TOKEN.sub(blank, source)


def without_comments(source):
    """C text with comments blanked, strings kept."""
    return TOKEN.sub(lambda m: blank(m) if m.lastgroup == "comment" else m.group(0), source)


def line_of(source, offset):
    return source.count("\n", 0, offset) + 1


def report(faults, good):
    """Print the faults and return an exit status."""
    for fault in faults:
        print(fault)
    print(f"{len(faults)} faults" if faults else good)
    return 1 if faults else 0
