"""The pure libraries ask the system for nothing: no file, socket, clock or setting in `nm -u`."""

import re
import subprocess
import sys
from pathlib import Path

import tree

# Symbols of libc and of our own base that reach outside the values handed in.
IMPURE = re.compile(
    r"^_*(open|open64|openat|openat64|creat|fopen|fopen64|fdopen|freopen|opendir|stat|fstat|lstat"
    r"|read|pread|write|pwrite|mmap|unlink|rename|mkdir|socket|connect|bind|listen|accept"
    r"|getaddrinfo|send|recv|time|clock|clock_gettime|gettimeofday|localtime|localtime_r|gmtime"
    r"|sleep|usleep|nanosleep|getenv|secure_getenv|setenv|setlocale|getpid|fork|execve|system|popen"
    r"|rand|random|getrandom|getentropy|RAND_bytes|randombytes_buf|dlopen|isoc99_fscanf"
    r"|clock_now_ms|clock_\w+_(ms|us)|rand_\w+|fs_\w+|log_event)(_chk|_2|64)?$")

# What a library may use all the same, because no result depends on it.
ALLOWED = {("libassay-hash.a", "secure_getenv")} # ASSAY_CPU: other kernels, the same bits


def undefined(library):
    lines = subprocess.run(["nm", "-u", "-P", library], check=True, capture_output=True, text=True)
    return sorted({line.split()[0] for line in lines.stdout.splitlines() if " U" in line})


def check(libraries):
    return [f"{library}: uses {symbol}" for library in libraries for symbol in undefined(library)
            if IMPURE.match(symbol) and (Path(library).name, symbol) not in ALLOWED]


if __name__ == "__main__":
    sys.exit(tree.report(check(sys.argv[1:]), f"{len(sys.argv) - 1} libraries are pure"))
