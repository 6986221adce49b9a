#!/usr/bin/python3
"""Runs a command with ASSAY_URL and ASSAY_LINKS of a fresh training workspace that is served.

usage: with_server.py BUILD_FOLDER PICTURES COMMAND...
       with_server.py BUILD_FOLDER demo:COUNT COMMAND...

PICTURES landscapes, three files of types that cannot be shown and those that hold more than one
picture each are taken in and served on a free port of loopback. With demo:COUNT it is the demo's
own set of that many files, with the days of work on it, and a backup of it. The server is stopped
and all is taken away when the command ends. The command's status is returned.
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


def own_pictures(build, work, count):
    folder, hiding = os.path.join(work, "pictures"), os.path.join(work, "hiding")
    make = os.path.join(build, "test", "media", "make-media")
    subprocess.run([make, folder, count], check=True)
    subprocess.run([make, "--evasions", hiding], check=True)
    for name in os.listdir(hiding):
        os.rename(os.path.join(hiding, name), os.path.join(folder, name))
    for name, content in NOT_SHOWN.items():
        with open(os.path.join(folder, name), "wb") as file:
            file.write(content)
    return [folder]


def main():
    build, pictures, command = sys.argv[1], sys.argv[2], sys.argv[3:]
    assay, is_demo = os.path.join(build, "assay"), pictures.startswith("demo:")
    with tempfile.TemporaryDirectory(prefix="assay-browser-") as work:
        filling = (["--count", pictures.removeprefix("demo:")] if is_demo
                   else own_pictures(build, work, pictures))
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
            if is_demo:
                subprocess.run([assay, "backup", os.path.join(work, "backup")], env=env,
                               check=True, stdout=subprocess.DEVNULL)
            return subprocess.run(command, env=dict(env, ASSAY_URL=url,
                                                    ASSAY_LINKS=json.dumps(links))).returncode
        finally:
            server.terminate()
            server.wait(timeout=30)


if __name__ == "__main__":
    sys.exit(main())
