"""Style as a test: banned calls, one-door rules, lengths, first lines, paths of a machine."""

import fnmatch
import json
import os
import re
import sys

import tree

FUNCTION_LINES_MAX = 70
FILE_LINES_MAX = 1000
COLUMNS_MAX = 100
CONSOLE_COLUMNS_MAX = 120  # texts for people stand in one line there; biome keeps code to 100

# Calls that no C file of ours makes: what to use instead.
BANNED = {
    "strcpy|strcat|strncpy|strncat|stpcpy": "snprintf, memcpy or base/str.h",
    "sprintf|vsprintf": "snprintf",
    "gets|scanf|fscanf|sscanf": "base/str.h",
    "strtok": "base/str.h",
    "atoi|atol|atoll|atof": "str_to_int64 or the like of base/str.h",
    "alloca": "a fixed array or base/mem.h",
    "system|popen": "decode/spawn.h",
    "tmpnam|tempnam|mktemp": "rand_name and O_EXCL",
    "signal": "sigaction",
}

# Calls and the only files of src/ that may make them.
ONE_DOOR = [
    ("the heap", "malloc|calloc|realloc|reallocarray|free|strdup|strndup|asprintf|vasprintf",
     ["src/base/mem.c", "src/hash/*", "src/index/*"]),
    ("time", "time|clock_gettime|gettimeofday|localtime_r?|gmtime_r?|localtime|gmtime|mktime"
     "|timegm|strftime|clock", ["src/base/clock.c"]),
    ("randomness", "rand|srand|random|srandom|rand_r|drand48|getrandom|getentropy|RAND_bytes"
     "|RAND_priv_bytes|randombytes_buf|randombytes_uniform|randombytes|arc4random",
     ["src/base/rand.c"]),
    ("fork and exec", "fork|vfork|clone|execve?|execvpe?|execlp?|execle|fexecve|execveat"
     "|posix_spawnp?|daemon", ["src/decode/spawn.c", "src/decoder/canary.c"]),
    ("opening sealed bytes", r"EVP_Decrypt\w*|EVP_CipherInit\w*|crypto_secretbox_open\w*"
     r"|crypto_aead_\w+_decrypt\w*", ["src/vault/*", "src/keys/*"]),
    ("sockets", "socket|connect|bind|listen|getaddrinfo|gethostbyname",
     ["src/http/*", "src/decoder/canary.c"]),
    ("changing a task's state", "task_move", ["src/flow/flow.c", "src/store/*"]),
    ("writing the record", "record_insert|record_text_insert|record_seq_insert"
     "|record_head_insert", ["src/audit/*", "src/store/*"]),
]

# What the console may do in one file only.
CONSOLE_ONE_DOOR = [
    ("talking to the server",
     r"(?:(?<![\w.$])|\b(?:window|globalThis|self)\.)fetch\s*\((?!\s*\w+\??\s*:)"
     r"|\bXMLHttpRequest\b|\bnew\s+EventSource\b|\bnew\s+WebSocket\b|\bsendBeacon\b",
     ["console/src/api.ts"]),
    ("making pictures", r"<img\b|<video\b|<picture\b|createElement\(\s*['\"](img|video|image)['\"]"
     r"|\bnew\s+Image\b|\bcreateObjectURL\b|\bcreateImageBitmap\b",
     ["console/src/shield.ts", "console/src/shield.tsx"]),
    ("raw HTML", r"\binnerHTML\b|\bouterHTML\b|\bdangerouslySetInnerHTML\b|\binsertAdjacentHTML\b"
     r"|\bdocument\.write\b", []),
    ("code from text", r"\beval\s*\(|\bnew\s+Function\b", []),
    ("browser storage", r"\blocalStorage\b|\bsessionStorage\b|\bindexedDB\b", []),
]

SQL = re.compile(
    r'"[^"\n]*\b(SELECT\s+[\w*(]|INSERT\s+(OR\s+\w+\s+)?INTO\b|UPDATE\s+\w+\s+SET\b|DELETE\s+FROM\b'
    r"|(CREATE|DROP|ALTER)\s+(TABLE|INDEX|TRIGGER|VIEW)\b|PRAGMA\s+\w+|SAVEPOINT\s+\w+)")

# Spelt in parts, so that this file does not find itself.
UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|X" r"XX|HA" r"CK)\b")
MACHINE_PATH = re.compile(r"(?<![\w.}\])-])/(wo" r"rk|ho" r"me|ro" r"ot)/\w")

FIRST_LINE = {
    ".c": r"/\*\s*\S", ".h": r"/\*\s*\S", ".inc": r"/\*\s*\S", ".css": r"/\*\s*\S",
    ".ts": r"(//|/\*)\s*\S", ".tsx": r"(//|/\*)\s*\S", ".mjs": r"(//|/\*)\s*\S",
    ".py": r'(""")\S', ".sh": r"#\s*[^!\s]", ".sql": r"--\s*\S", "meson.build": r"#\s*\S",
    ".scd": None,
}


def kind_of(path):
    return "meson.build" if path.endswith("meson.build") else os.path.splitext(path)[1]


def may(path, patterns):
    return any(fnmatch.fnmatch(path, pattern) for pattern in patterns)


def calls(names):
    """Matches a call of one of the names, not a member, a longer name or a declaration's tail."""
    return re.compile(rf"(?<![\w.>])(?:{names})\s*\(")


def check_calls(path, code):
    for names, instead in BANNED.items():
        for match in calls(names).finditer(code):
            yield match.start(), f"{match.group(0).strip(' (')} is banned: use {instead}"
    if not path.startswith("src/"):
        return
    for thing, names, doors in ONE_DOOR:
        if may(path, doors):
            continue
        for match in calls(names).finditer(code):
            yield match.start(), (f"{match.group(0).strip(' (')}: {thing} only in "
                                  f"{', '.join(doors)}")
    for match in re.finditer(r"\bgoto\s+(?!out\b|undo\b)\w+", code):
        yield match.start(), "the only labels are out and undo"
    for match in re.finditer(r"\btypedef\s+struct\b", code):
        yield match.start(), "a struct is not hidden behind a typedef"


def check_functions(path, source):
    """Linux braces: a function's body lies between a line `{` and a line `}`."""
    start = None
    for number, line in enumerate(source.split("\n"), 1):
        if line == "{":
            start = number
        elif line == "}" and start is not None:
            if number - start + 1 > FUNCTION_LINES_MAX:
                yield f"{path}:{start}: function of {number - start + 1} lines, at most " \
                      f"{FUNCTION_LINES_MAX}"
            start = None


def check_c(path, source):
    code = tree.code_only(source)
    for offset, fault in check_calls(path, code):
        yield f"{path}:{tree.line_of(source, offset)}: {fault}"
    yield from check_functions(path, source)
    if path.startswith("src/") and not path.startswith("src/store/"):
        for match in SQL.finditer(tree.without_comments(source)):
            yield f"{path}:{tree.line_of(source, match.start())}: SQL text only in src/store"


def check_console(path, source):
    code = tree.without_comments(source)
    for thing, pattern, doors in CONSOLE_ONE_DOOR:
        if may(path, doors):
            continue
        for match in re.finditer(pattern, code):
            only = f"only in {doors[0]}" if doors else "nowhere"
            yield f"{path}:{tree.line_of(source, match.start())}: {thing} {only}"


def check_first_line(path, source):
    wanted = FIRST_LINE.get(kind_of(path))
    if wanted is None:
        return
    lines = source.split("\n")
    if lines[0].startswith("#!"):
        lines = lines[1:]
    if not lines or not re.match(wanted, lines[0]):
        yield f"{path}:1: the first line says in one sentence what the file is for"


def check_lines(path, source):
    lines = source.split("\n")
    generated = path.endswith("package-lock.json") or "auto-generated" in source[:200]
    if len(lines) > FILE_LINES_MAX + 1 and kind_of(path) in FIRST_LINE and not generated:
        yield f"{path}: {len(lines)} lines, at most {FILE_LINES_MAX}"
    columns = CONSOLE_COLUMNS_MAX if path.startswith("console/") else COLUMNS_MAX
    measured = kind_of(path) in FIRST_LINE and kind_of(path) != ".inc" and not generated
    for number, line in enumerate(lines, 1):
        if len(line) > columns and measured:
            yield f"{path}:{number}: {len(line)} columns, at most {columns}"
        if UNFINISHED.search(line) and not generated:
            yield f"{path}:{number}: a mark of unfinished work; write an issue"
        if MACHINE_PATH.search(line):
            yield f"{path}:{number}: a path of one machine"


def named_in_meson(root, path):
    """Is the .c file named by a meson.build of its folder or one above?"""
    base = os.path.basename(path)
    stem = base[:-2]
    names = {base, stem, re.sub(r"^(test|fuzz|bench)_", "", stem)}
    folder = os.path.dirname(path)
    while True:
        meson = tree.text(root, os.path.join(folder, "meson.build"))
        names.add(os.path.relpath(path, folder or "."))
        if meson and any(f"'{name}'" in meson for name in names):
            return True
        if not folder:
            return False
        folder = os.path.dirname(folder)


def check_lock(path, source):
    """Lock files name no address, so that a clone works from any registry (see console/.npmrc)."""
    for name, package in json.loads(source).get("packages", {}).items():
        if package.get("resolved", "").startswith("http"):
            yield f"{path}: {name} is resolved to an address; leave resolved out"


def check_file(root, path, source):
    yield from check_first_line(path, source)
    yield from check_lines(path, source)
    if path.endswith((".c", ".h")):
        yield from check_c(path, source)
    if path.endswith(".c") and not named_in_meson(root, path):
        yield f"{path}: no meson.build names it"
    if path.startswith("console/src/") and path.endswith((".ts", ".tsx")):
        yield from check_console(path, source)
    if path.endswith("package-lock.json"):
        yield from check_lock(path, source)


def check(root):
    faults = []
    for path in tree.files(root):
        source = None if path.startswith("fuzz/corpus/") else tree.text(root, path)
        if source:
            faults += check_file(root, path, source)
    return faults


if __name__ == "__main__":
    sys.exit(tree.report(check(sys.argv[1] if len(sys.argv) > 1 else "."), "tidy"))
