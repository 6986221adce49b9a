"""A real `assay serve` for the API tests: a training workspace, a person a role, requests.

Each test file is called with the paths of assay and make-media; without assay it skips, saying so.
"""
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
ROLES = ["assessor", "analyst", "quality", "arbiter", "lead", "intake", "release", "welfare",
         "compliance", "admin", "auditor"]
NOTHING_HERE = "There is nothing here for you. If you expected something, ask for the role."
START_S = 60
sys.path.append(str(ROOT / "test"))
import postgres # noqa: E402

UNSAFE = ("POST", "PUT", "PATCH", "DELETE")

assay = make_media = None


def openapi():
    import yaml

    with open(ROOT / "api/openapi.yaml", encoding="utf-8") as file:
        return yaml.safe_load(file)


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    def json(self):
        return json.loads(self.body)

    def detail(self):
        return self.json().get("detail", "") if self.status >= 400 else ""

    def hidden(self):
        """The one answer for what may not be done and what is not there."""
        return self.status == 404 and self.detail() == NOTHING_HERE


class Server:
    """One served workspace in a temporary folder; links: role to sign-in link."""

    def __init__(self, pictures=0, listen="127.0.0.1:0"):
        self.top = Path(tempfile.mkdtemp(prefix="assay-api-"))
        self.env = dict(os.environ, XDG_CONFIG_HOME=str(self.top / "config"),
                        ASSAY_DATA=str(self.top / "data"))
        database = postgres.fresh()
        if database:
            self.env["ASSAY_DB"] = database
        (self.top / "pictures").mkdir()
        if pictures:
            subprocess.run([make_media, str(self.top / "pictures"), str(pictures)], check=True,
                           stdout=subprocess.DEVNULL)
        self.process = None
        self.command = ["demo", "--listen", listen, str(self.top / "pictures")]
        self.address = self.start(self.command)

    def restart(self):
        """Ends it in order, so that all of the record is signed, and starts it anew."""
        assert self.stop() == 0
        self.address = self.start(self.command)

    def start(self, command):
        self.log = open(self.top / "log", "ab")
        self.process = subprocess.Popen([assay, *command], env=self.env, stdout=subprocess.PIPE,
                                        stderr=self.log)
        address, said, until = None, b"", time.monotonic() + START_S
        # All that it prints comes at once, when it listens.
        while time.monotonic() < until and not (address and said.endswith(b"\n")):
            piece = os.read(self.process.stdout.fileno(), 65536)
            if not piece:
                break
            said += piece
            found = re.search(r" at (\S+)\n", said.decode())
            address = found and found.group(1)
        self.links = dict(re.findall(r"^(\w+)\s+\S+#link=([0-9a-f]+)$", said.decode(), re.M))
        if address is None:
            log = (self.top / "log").read_text()
            self.close()
            raise RuntimeError("assay does not start: " + log[-2000:])
        return address

    def stop(self):
        """Ends it in order; its exit status."""
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(60)
        self.process.stdout.close()
        self.log.close()
        return status

    def close(self):
        if self.process.poll() is None:
            self.stop()
        shutil.rmtree(self.top)

    def run(self, *command, status=0):
        """A command on the workspace while it is served: its stdout."""
        done = subprocess.run([assay, *command], env=self.env, capture_output=True, text=True)
        if done.returncode != status:
            raise AssertionError(f"{command}: {done.returncode}: {done.stderr}")
        return done.stdout

    @property
    def host(self):
        return self.address.removeprefix("http://")

    def client(self, role=None):
        return Client(self, role)

    def raw(self, data, wait=3):
        """
        Bytes sent as they are: all that comes back, and whether the other side closed.

            wait   s of silence after which nothing more is waited for, once something came
        """
        with socket.create_connection(self.host.split(":"), 60) as s:
            s.settimeout(60)
            s.sendall(data)
            got = b""
            try:
                while True:
                    piece = s.recv(65536)
                    if not piece:
                        return got, True
                    got += piece
                    s.settimeout(wait)
            except (TimeoutError, socket.timeout):
                return got, False


class Client:
    """Requests of one person, or of nobody; each answer is looked at for what all must have."""

    def __init__(self, server, role=None):
        self.server = server
        self.token = None
        if role:
            self.sign_in(link=server.links[role])

    def sign_in(self, status=200, **body):
        answer = self("POST", "/api/v1/session", body)
        assert answer.status == status, answer.body
        if status == 200:
            self.token = re.search("assay_session=([0-9a-f]{64});",
                                   answer.headers["Set-Cookie"]).group(1)
        return answer

    def __call__(self, method, path, body=None, headers=None, once=None, data=None):
        """headers: replaces or, with None as value, leaves out what is sent otherwise."""
        send = {"Host": self.server.host}
        if method in UNSAFE:
            send["Origin"] = "http://" + self.server.host
        if body is not None:
            data = json.dumps(body).encode()
        if data is not None:
            send["Content-Type"] = "application/json"
        if self.token:
            send["Cookie"] = "assay_session=" + self.token
        if once:
            send["Idempotency-Key"] = once
        send.update(headers or {})
        send = {name: value for name, value in send.items() if value is not None}
        connection = http.client.HTTPConnection(self.server.host, timeout=60)
        try:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            for name, value in send.items():
                connection.putheader(name, value)
            if data is not None:
                connection.putheader("Content-Length", str(len(data)))
            connection.endheaders(data)
            answer = Answer(connection.getresponse())
        finally:
            connection.close()
        check_common(answer)
        return answer


def check_common(answer):
    """What every answer has: the headers, and a problem document when it is one."""
    headers = answer.headers
    assert "default-src 'none'" in headers["Content-Security-Policy"], headers
    assert "unsafe" not in headers["Content-Security-Policy"], headers
    assert headers["X-Content-Type-Options"] == "nosniff", headers
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin", headers
    assert headers["Referrer-Policy"] == "no-referrer", headers
    kept = headers["Cache-Control"]
    assert kept == "no-store" or "immutable" in kept, headers
    assert "Server" not in headers, headers
    if answer.status >= 400:
        assert headers["Content-Type"] == "application/problem+json", headers
        problem = answer.json() if answer.body else None # none when only headers were asked for
        if problem is None:
            return
        assert set(problem) <= {"type", "title", "status", "detail", "field"}, problem
        assert problem["type"].startswith("urn:assay:problem:"), problem
        assert problem["status"] == answer.status, problem
        assert problem["title"] and problem["detail"], problem


class ServerCase(unittest.TestCase):
    """A test on one server for all its tests; pictures: how many it has."""

    pictures = 0

    @classmethod
    def setUpClass(cls):
        if not os.path.exists(assay):
            raise unittest.SkipTest("assay is not built yet")
        cls.server = Server(cls.pictures)

    @classmethod
    def tearDownClass(cls):
        if hasattr(cls, "server"):
            cls.server.close()


def main():
    global assay, make_media
    assay, make_media = sys.argv[1:3]
    del sys.argv[1:3]
    # The test files import this module by its name, and not the one that runs.
    unittest.main(verbosity=2)
