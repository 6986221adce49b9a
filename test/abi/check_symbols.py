"""libassay exports what headers, manual and libassay.symbols name, and has no state to write.

usage: check_symbols.py SHARED STATIC INCLUDE SYMBOLS PAGES
"""
import re
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "style"))
import tree # noqa: E402

SONAME = "libassay.so.0"
NEEDED = {"libc.so.6", "libcrypto.so.3", "libm.so.6"}

# Variables that are written, and why that is no state that one caller could see of another.
WRITTEN = {"chosen": "PDQ's kernels: whichever thread comes first, it is the same"}


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def exported(*nm):
    return {line.split()[0] for line in run("nm", "--defined-only", "-P", *nm).splitlines()
            if len(line.split()) > 1}


def declared(include):
    """The functions that the installed headers declare."""
    found = set()
    for header in sorted(Path(include, "assay").glob("*.h")):
        code = re.sub(r"^[ \t]*#.*$", "", tree.code_only(header.read_text()), flags=re.M)
        found |= set(re.findall(r"\b(assay_\w+)\s*\(", code))
    return found


def differences(what, found, wanted, advice):
    for name in sorted(found - wanted):
        yield f"{what}: {name} is not in libassay.symbols; {advice}"
    for name in sorted(wanted - found):
        yield (f"{what}: {name} of libassay.symbols is missing; an ABI without it is another "
               "soversion")


def written(static):
    """Names of variables in sections that stay writable once the program runs."""
    found = set()
    for line in run("objdump", "-t", static).splitlines():
        match = re.match(r"[0-9a-f]+ .{7} (\S+)\t([0-9a-f]+)\s+(?:\.hidden )?(\S+)$", line)
        if not match:
            continue
        section, size, name = match.groups()
        plain = re.match(r"(\.data|\.bss|\.tdata|\.tbss|\*COM\*)", section)
        if plain and not section.startswith(".data.rel.ro") and int(size, 16) > 0:
            found.add(name)
    return found


def nameless(static):
    """Bytes of all writable sections, whether a name stands for them or not."""
    sizes = re.findall(r"^\.t?(?:data|bss)(?!\.rel\.ro)\S*\s+(\d+)", run("size", "-A", static),
                       re.M)
    return sum(map(int, sizes))


def dynamic(shared):
    text = run("readelf", "-d", shared)
    soname = re.findall(r"\(SONAME\).*\[(.+)\]", text)
    if soname != [SONAME]:
        yield f"{shared}: soname is {soname}"
    for library in set(re.findall(r"\(NEEDED\).*\[(.+)\]", text)) - NEEDED:
        yield f"{shared}: is linked with {library}"


def check(shared, static, include, symbols, pages):
    lines = Path(symbols).read_text().splitlines()
    names = [line for line in lines if line and not line.startswith("#")]
    wanted = set(names)
    if names != sorted(wanted):
        yield f"{symbols}: its lines are to be in order, each once"
    yield from differences("the headers", declared(include), wanted, "a new function goes there")
    text = "".join(page.read_text() for page in sorted(Path(pages).glob("*.3.scd")))
    described = set(re.findall(r"\*(assay_\w+)\*\(", text))
    yield from differences("the manual pages", described, wanted, "a new function goes there")
    for what, found in [("the shared library", exported("-D", shared)),
                        ("the static library", exported("-g", static))]:
        yield from differences(what, found, wanted, "a new function goes there and into a header, "
                               "anything else is hidden")
    for name in sorted(written(static) - set(WRITTEN)):
        yield f"the static library: {name} is state that is written"
    for name in sorted(set(WRITTEN) - written(static)):
        yield f"check_symbols.py explains {name}, which is not there"
    if not WRITTEN and nameless(static) > 0:
        yield f"the static library: {nameless(static)} bytes without a name are written"
    yield from dynamic(shared)


if __name__ == "__main__":
    sys.exit(tree.report(list(check(*sys.argv[1:])), "the ABI is what it says"))
