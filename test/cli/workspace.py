"""A workspace in a temporary folder, commands on it, a server and its people: for tests in Python.

Tests are called with the paths of assay and make-media. Time and size are small, so that all of
them stay fast: pictures are PNG files of a few hundred bytes that differ in every pixel.
"""
import http.client
import json
import os
import random
import re
import shutil
import signal
import sqlite3
import struct
import subprocess
import sys
import tempfile
import time
import unittest
import zlib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.append(str(ROOT / "test"))
import postgres # noqa: E402

START_S = 60
CONTROL = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]") # all but tab and newline

assay = make_media = None


def png(number, width=72, height=64, text=None):
    """A grey landscape of its own: hills by number. text: bytes for a tEXt chunk."""
    chance = random.Random(number)
    hills = [(chance.uniform(0.05, 0.4), chance.uniform(0, 6), chance.uniform(4, 12))
             for _ in range(3)]
    import math

    rows = bytearray()
    for y in range(height):
        rows.append(0)
        for x in range(width):
            edge = height / 2 + sum(size * math.sin(f * x + p) for f, p, size in hills)
            rows.append(max(0, min(255, int(200 - y + chance.random() * 9 if y < edge
                                            else 40 + 2 * (y - edge)))))

    def chunk(kind, data):
        return (struct.pack(">I", len(data)) + kind + data
                + struct.pack(">I", zlib.crc32(kind + data)))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    note = chunk(b"tEXt", b"Comment\0" + text) if text else b""
    return (b"\x89PNG\r\n\x1a\n" + head + note + chunk(b"IDAT", zlib.compress(bytes(rows)))
            + chunk(b"IEND", b""))


class Done:
    def __init__(self, done):
        self.status, self.out, self.err = done.returncode, done.stdout, done.stderr

    def text(self):
        return self.out.decode()

    def lines(self):
        """Of assay import: a pair (verdict, path) a line."""
        return [tuple(line.split("\t")[:2]) for line in self.text().splitlines()]


class Workspace:
    """top/data is the workspace; the key lies in top/config. Removed by close()."""

    def __init__(self, *init, top=None, db=None):
        self.top = Path(top or tempfile.mkdtemp(prefix="assay-cli-"))
        self.data = self.top / "data"
        self.env = {name: value for name, value in os.environ.items()
                    if not name.startswith("ASSAY_") or name == "ASSAY_TEST_DB"}
        self.env.update(XDG_CONFIG_HOME=str(self.top / "config"), ASSAY_DATA=str(self.data))
        self.db = db or (postgres.fresh() if init else None)
        if self.db:
            self.env["ASSAY_DB"] = self.db
        self.servers = []
        if init:
            self.ok(*init)

    def run(self, *command, env=None, **more):
        more.setdefault("stdin", subprocess.DEVNULL)
        return Done(subprocess.run([assay, *map(os.fspath, command)], env=env or self.env,
                                   capture_output=True, timeout=120, **more))

    def ok(self, *command, **more):
        done = self.run(*command, **more)
        if done.status != 0:
            raise AssertionError(f"{command}: {done.status}: {done.err.decode(errors='replace')}")
        return done

    def person(self, name, roles, authorised=True):
        secret = self.top / "password"
        secret.write_text("correct horse battery\n")
        self.ok("user", "add", name, "--role", roles, "--password-file", secret)
        if authorised:
            self.ok("user", "authorise", name, "--by", "Chief Officer")

    def pictures(self, folder, numbers, **more):
        """Writes pictures of these numbers to top/folder, which is returned."""
        folder = self.top / folder
        folder.mkdir(parents=True, exist_ok=True)
        for number in numbers:
            (folder / f"p{number}.png").write_bytes(png(number, **more))
        return folder

    def stats(self):
        return json.loads(self.ok("stats", "--format", "json").text())

    def database(self):
        """As its owner sees it; the caller closes."""
        return sqlite3.connect(self.data / "assay.db", timeout=20)

    def query(self, sql):
        """Any statement, on either engine."""
        if self.db:
            return postgres.query(self.db, sql)
        base = self.database()
        try:
            rows = base.execute(sql).fetchall()
            base.commit()
            return rows
        finally:
            base.close()

    def serve(self, *options):
        server = Server(self, options)
        self.servers.append(server)
        return server

    def verified(self):
        return self.ok("audit", "verify").text()

    def close(self):
        for server in self.servers:
            server.kill()
        shutil.rmtree(self.top, ignore_errors=True)


class Server:
    def __init__(self, workspace, options=()):
        self.workspace = workspace
        self.log = open(workspace.top / "log", "ab")
        self.process = subprocess.Popen([assay, "serve", "--listen", "127.0.0.1:0", *options],
                                        env=workspace.env, stdout=subprocess.PIPE,
                                        stderr=self.log, stdin=subprocess.DEVNULL)
        line = self.process.stdout.readline().decode()
        found = re.search(r" at http://(\S+)", line)
        if not found:
            self.kill()
            raise RuntimeError("assay serve: " + (workspace.top / "log").read_text()[-1000:])
        self.host = found.group(1)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.ended()

    def ended(self):
        status = self.process.wait(60)
        self.process.stdout.close()
        self.log.close()
        return status

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.ended()

    def client(self, name):
        link = self.workspace.ok("user", "link", name).text().strip().split("=")[1]
        client = Client(self.host)
        client.signed_in = client("POST", "/api/v1/session", {"link": link})
        return client


class Answer:
    def __init__(self, response):
        self.status, self.headers, self.body = response.status, response.headers, response.read()

    def json(self):
        return json.loads(self.body)


class Client:
    """Requests of one person. A refused connection or a cut answer raises OSError."""

    def __init__(self, host):
        self.host, self.cookie, self.connection = host, None, None

    def __call__(self, method, path, body=None, once=None, data=None):
        """data: bytes of a file in place of a body."""
        send = {"Origin": "http://" + self.host}
        if data is not None:
            send["Content-Type"] = "application/octet-stream"
        if body is not None:
            data = json.dumps(body).encode()
            send["Content-Type"] = "application/json"
        if self.cookie:
            send["Cookie"] = self.cookie
        if once:
            send["Idempotency-Key"] = once
        connection = http.client.HTTPConnection(self.host, timeout=60)
        try:
            connection.request(method, path, data, send)
            answer = Answer(connection.getresponse())
        except http.client.HTTPException as problem:
            raise ConnectionError(str(problem)) from problem
        finally:
            connection.close()
        if "Set-Cookie" in answer.headers:
            self.cookie = answer.headers["Set-Cookie"].split(";")[0]
        return answer

    def good(self, *request, **more):
        answer = self(*request, **more)
        if answer.status >= 300:
            raise AssertionError(f"{request}: {answer.status} {answer.body[:300]}")
        return answer.json() if answer.body[:1] in (b"{", b"[") else answer

    def lease(self, queue="grade", count=1, task=None):
        body = {"queue": queue, "count": count, **({"task": task} if task else {})}
        return self.good("POST", "/api/v1/leases", body)["leases"]


class WorkspaceCase(unittest.TestCase):
    """A fresh training workspace a test."""

    def setUp(self):
        self.w = Workspace("init", "--training")
        self.addCleanup(self.w.close)

    def plain(self, done, *words):
        """What came out holds these words and nothing that a terminal would obey."""
        for stream in (done.out, done.err):
            self.assertIsNone(CONTROL.search(stream), stream)
        said = (done.err + done.out).decode(errors="replace")
        for word in words:
            self.assertIn(word, said)

    def refused(self, status, words, *command, **more):
        done = self.w.run(*command, **more)
        self.assertEqual(done.status, status, done.err)
        self.plain(done, *words)
        return done


def wait_for(what, seconds=240):
    """what() until it is true."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        found = what()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"not within {seconds} s")


def main():
    global assay, make_media
    assay, make_media = (os.path.abspath(path) for path in sys.argv[1:3])
    del sys.argv[1:3]
    if not os.path.exists(assay):
        print("skipped: assay is not built")
        sys.exit(77)
    unittest.main(verbosity=2)
