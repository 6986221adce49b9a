"""Embed the built console, or a page in its place: embed_console.py OUTPUT.c DIST PAGE."""
import hashlib
import os
import re
import sys

from embed import table


def files(dist, page):
    """Name and bytes of each file; index.html names the others with their content's hash."""
    found = {}
    for folder, _, names in os.walk(dist):
        for name in names:
            path = os.path.join(folder, name)
            with open(path, "rb") as file:
                found[os.path.relpath(path, dist)] = file.read()
    if "index.html" not in found:
        with open(page, "rb") as file:
            return {"index.html": file.read()}

    def versioned(match):
        data = found.get(match.group(2).decode()[1:])
        if data is None:
            return match.group(0)
        version = hashlib.sha256(data).hexdigest()[:16].encode()
        return match.group(1) + match.group(2) + b"?v=" + version + b'"'

    found["index.html"] = re.sub(rb'((?:src|href)=")(/[^"?]+)"', versioned, found["index.html"])
    return dict(sorted(found.items()))


def main():
    target, dist, page = sys.argv[1:]
    text = table("console_files", files(dist, page), "tools/embed_console.py")
    try:
        with open(target, encoding="utf-8") as file:
            if file.read() == text:
                return  # nothing is built anew for the same console
    except FileNotFoundError:
        pass
    with open(target, "w", encoding="utf-8") as file:
        file.write(text)


main()
