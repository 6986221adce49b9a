#!/usr/bin/python3
"""Runs a command with ASSAY_URL and ASSAY_LINKS of a fresh training workspace that is served.

usage: with_server.py BUILD_FOLDER PICTURES COMMAND...

PICTURES landscapes, three files of types that cannot be shown and those that hold more than one
picture each are taken in and served on a free port of loopback; the server is stopped and all is
taken away when the command ends. The command's status is returned.
"""
import json
import os
import re
import subprocess
import sys
import tempfile

# Tiny beginnings of types that no decoder is built for: the console has to count them.
NOT_SHOWN = {
    "drawing.svg": b'<svg xmlns="http://www.w3.org/2000/svg"/>\n',
    "letter.pdf": b"%PDF-1.4\n%%EOF\n",
    "film.mp4": b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isommp41",
}


def main():
    build, pictures, command = sys.argv[1], sys.argv[2], sys.argv[3:]
    with tempfile.TemporaryDirectory(prefix="assay-browser-") as work:
        folder, hiding = os.path.join(work, "pictures"), os.path.join(work, "hiding")
        make = os.path.join(build, "test", "media", "make-media")
        subprocess.run([make, folder, pictures], check=True)
        subprocess.run([make, "--evasions", hiding], check=True)
        for name in os.listdir(hiding):
            os.rename(os.path.join(hiding, name), os.path.join(folder, name))
        for name, content in NOT_SHOWN.items():
            with open(os.path.join(folder, name), "wb") as file:
                file.write(content)
        env = dict(os.environ, XDG_CONFIG_HOME=os.path.join(work, "config"),
                   ASSAY_DATA=os.path.join(work, "data"))
        server = subprocess.Popen([os.path.join(build, "assay"), "demo", "--listen", "127.0.0.1:0",
                                   folder], env=env, stdout=subprocess.PIPE, text=True)
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
            return subprocess.run(command, env=dict(env, ASSAY_URL=url,
                                                    ASSAY_LINKS=json.dumps(links))).returncode
        finally:
            server.terminate()
            server.wait(timeout=30)


if __name__ == "__main__":
    sys.exit(main())
