"""Turn files into a C table of struct embedded (base/embed.h): embed.py OUTPUT.c SYMBOL FILE..."""
import os
import sys


def rows(data):
    # A zero byte behind each file, not counted in its size, makes text files C strings.
    values = list(data) + [0]
    for at in range(0, len(values), 24):
        yield "    " + ", ".join(str(value) for value in values[at : at + 24]) + ","


def main():
    target, symbol, paths = sys.argv[1], sys.argv[2], sys.argv[3:]
    out = ["/* Made by tools/embed.py. */", '#include "base/embed.h"']
    table = []
    for number, path in enumerate(paths):
        with open(path, "rb") as file:
            data = file.read()
        name = os.path.basename(path)
        if '"' in name or "\\" in name:
            sys.exit(f"embed: {path}: a name that C cannot quote")
        out.append(f"static const unsigned char {symbol}_{number}[] = {{")
        out += rows(data)
        out.append("};")
        table.append(f'    {{"{name}", {symbol}_{number}, sizeof {symbol}_{number} - 1}},')
    out.append(f"const struct embedded {symbol}[] = {{")
    out += table
    out.append("    {0, 0, 0},")
    out.append("};")
    with open(target, "w", encoding="utf-8") as file:
        file.write("\n".join(out) + "\n")


main()
