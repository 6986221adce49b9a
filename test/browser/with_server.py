#!/usr/bin/python3
"""Runs a command with ASSAY_URL and ASSAY_LINKS of a fresh training workspace that is served.

usage: with_server.py BUILD_FOLDER set:COUNT|demo:COUNT COMMAND...

Both serve the demo's own set of COUNT files on a free port of loopback: set:COUNT taken in and
waiting, for walks that do the work themselves; demo:COUNT with the days of work that `assay demo`
puts on it, and a backup. ASSAY_NOT_SHOWN is the number of files that cannot be shown. The server is
stopped and all is taken away when the command ends. The command's status is returned.
"""
import json
import os
import re
import subprocess
import sys
import tempfile

SEED = "8" # three of its first sixty files hold several pictures


def own_set(build, work, count):
    """The set's files in a folder, without the lists that say what fits them."""
    folder = os.path.join(work, "set")
    make = os.path.join(build, "assay-make-media")
    subprocess.run([make, "pictures", folder, count, SEED, "0", "1"], check=True)
    return [folder]


def main():
    build, pictures, command = sys.argv[1], sys.argv[2], sys.argv[3:]
    assay, (kind, count) = os.path.join(build, "assay"), pictures.split(":")
    with tempfile.TemporaryDirectory(prefix="assay-browser-") as work:
        filling = ["--count", count] if kind == "demo" else own_set(build, work, count)
        env = dict(os.environ, XDG_CONFIG_HOME=os.path.join(work, "config"),
                   ASSAY_DATA=os.path.join(work, "data"))
        server = subprocess.Popen([assay, "demo", "--listen", "127.0.0.1:0", *filling], env=env,
                                  stdout=subprocess.PIPE, text=True)
        try:
            url, links = None, {}
            for line in server.stdout:
                found = re.search(r" at (http://\S+)", line)
                url = found.group(1) if found else url
                found = re.match(r"(\w+)\s+http\S+#link=([0-9a-f]+)", line)
                if found:
                    links[found.group(1)] = found.group(2)
                if found and found.group(1) == "auditor":
                    break
            if url is None or not links:
                print("with_server: the server did not start", file=sys.stderr)
                return 1
            if kind == "demo":
                subprocess.run([assay, "backup", os.path.join(work, "backup")], env=env,
                               check=True, stdout=subprocess.DEVNULL)
            stats = json.loads(subprocess.run([assay, "stats", "--format", "json"], env=env,
                                              check=True, capture_output=True).stdout)
            return subprocess.run(command, env=dict(
                env, ASSAY_URL=url, ASSAY_LINKS=json.dumps(links),
                ASSAY_NOT_SHOWN=str(stats["not_shown"]))).returncode
        finally:
            server.terminate()
            server.wait(timeout=30)


if __name__ == "__main__":
    sys.exit(main())
