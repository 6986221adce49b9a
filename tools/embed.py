"""Turn files into a C table of struct embedded (base/embed.h): embed.py OUTPUT.c SYMBOL FILE..."""
import os
import sys


def rows(data):
    # A zero byte behind each file, not counted in its size, makes text files C strings.
    values = list(data) + [0]
    for at in range(0, len(values), 24):
        yield "    " + ", ".join(str(value) for value in values[at : at + 24]) + ","


def table(symbol, files, maker):
    """The C text for files, a dict of name to bytes."""
    out = [f"/* Made by {maker}. */", '#include "base/embed.h"']
    lines = []
    for number, (name, data) in enumerate(files.items()):
        if '"' in name or "\\" in name:
            sys.exit(f"embed: {name}: a name that C cannot quote")
        out.append(f"static const unsigned char {symbol}_{number}[] = {{")
        out += rows(data)
        out.append("};")
        lines.append(f'    {{"{name}", {symbol}_{number}, sizeof {symbol}_{number} - 1}},')
    out.append(f"const struct embedded {symbol}[] = {{")
    out += lines
    out.append("    {0, 0, 0},")
    out.append("};")
    return "\n".join(out) + "\n"


def main():
    target, symbol, paths = sys.argv[1], sys.argv[2], sys.argv[3:]
    files = {}
    for path in paths:
        with open(path, "rb") as file:
            files[os.path.basename(path)] = file.read()
    with open(target, "w", encoding="utf-8") as file:
        file.write(table(symbol, files, "tools/embed.py"))


if __name__ == "__main__":
    main()
