"""Make the C table of migrations (src/store/migrate.h) from the files of sql/."""
import hashlib
import os
import re
import sys

NAME = re.compile(r"(\d{4})_([a-z0-9_]+)(?:\.(sqlite|postgres))?\.sql")
ENGINES = ("sqlite", "postgres")
REPLACED = re.compile(r"\b(INTEGER|BLOB|STRICT)\b")


def fail(text):
    sys.exit("embed_sql: " + text)


def check_literals(path, text):
    """The three words that PostgreSQL's text replaces must not stand inside string literals."""
    code = re.sub(r"--[^\n]*", "", text)
    for literal in re.findall(r"'(?:[^']|'')*'", code):
        if REPLACED.search(literal):
            fail(f"{path}: a replaced word inside {literal}")


def read(paths):
    """{number: {"name", None: bytes, "sqlite": bytes, "postgres": bytes}} of the files given."""
    found = {}
    for path in paths:
        match = NAME.fullmatch(os.path.basename(path))
        if match is None:
            fail(f"{path}: not NNNN_name.sql")
        number, name, engine = int(match[1]), match[2], match[3]
        with open(path, "rb") as file:
            body = file.read()
        if b"\0" in body:
            fail(f"{path}: a NUL byte")
        if engine is None:
            check_literals(path, body.decode("utf-8"))
        one = found.setdefault(number, {"name": name})
        if one["name"] != name or engine in one:
            fail(f"{path}: number {number} is taken")
        one[engine] = body
    return found


def check(found, paths):
    if sorted(found) != list(range(1, len(found) + 1)):
        fail("the numbers do not run from 1 without gaps")
    for number, one in found.items():
        if None not in one:
            fail(f"{number:04}_{one['name']}.sql is missing")
    for folder in {os.path.dirname(os.path.abspath(p)) for p in paths}:
        for name in os.listdir(folder):
            if name.endswith(".sql") and name not in map(os.path.basename, paths):
                fail(f"{name} is not named in src/store/meson.build")


def numbers(body):
    return ", ".join(str(byte) for byte in body)


def c_array(out, name, body):
    values = list(body) + [0]
    out.append(f"static const char {name}[] = {{")
    for at in range(0, len(values), 24):
        # As signed characters: the text is UTF-8.
        line = (str(v - 256 if v > 127 else v) for v in values[at : at + 24])
        out.append("    " + ", ".join(line) + ",")
    out.append("};")


def main():
    target, paths = sys.argv[1], sys.argv[2:]
    found = read(paths)
    check(found, paths)
    out = ["/* Made by tools/embed_sql.py from the files of sql/. */", '#include "store/migrate.h"']
    rows = []
    for number in sorted(found):
        one = found[number]
        c_array(out, f"text_{number}", one[None])
        for engine in ENGINES:
            c_array(out, f"{engine}_{number}", one.get(engine, b""))
        shas = [hashlib.sha256(one[None] + one.get(e, b"")).digest() for e in ENGINES]
        rows.append(
            f'    {{{number}, "{one["name"]}", text_{number},\n'
            f"     {{sqlite_{number}, postgres_{number}}},\n"
            + "     {" + ", ".join("{" + numbers(s) + "}" for s in shas) + "}},"
        )
    out.append("const struct migration migrations[] = {")
    out += rows
    out.append("};")
    out.append("const size_t migrations_count = sizeof migrations / sizeof migrations[0];")
    with open(target, "w", encoding="utf-8") as file:
        file.write("\n".join(out) + "\n")


main()
