"""Matching nodes: a node follows a server, answers as it does, and goes on without it."""
import http.client
import http.server
import json
import os
import re
import shutil
import signal
import sqlite3
import ssl
import subprocess
import tempfile
import threading
import time
import unittest
from pathlib import Path

import server

WAIT_S = 60
ALPHA = [f"{n:02x}" * 32 for n in range(1, 40)]
GROWN = "fe" * 32


def key_of(said):
    return re.search(r"assay_[0-9a-f]{16}_[0-9a-f]{64}", said)[0]


class Node:
    """`assay serve --role match` in a folder of its own; killed and started again at will."""

    def __init__(self, key):
        self.top = Path(tempfile.mkdtemp(prefix="assay-node-"))
        self.env = {name: value for name, value in os.environ.items() if name != "ASSAY_DB"}
        self.env |= {"XDG_CONFIG_HOME": str(self.top / "config"),
                     "ASSAY_DATA": str(self.top / "data")}
        (self.top / "key").write_text(key + "\n")
        self.run("init", "--training", "--label", "Node")
        self.process = None

    def run(self, *command):
        return subprocess.run([server.assay, *command], env=self.env, capture_output=True,
                              text=True)

    def start(self, follow, *more):
        self.log = open(self.top / "log", "ab")
        self.process = subprocess.Popen(
            [server.assay, "serve", "--listen", "127.0.0.1:0", "--role", "match", "--follow",
             follow, "--key", str(self.top / "key"), *more],
            env=self.env, stdout=subprocess.PIPE, stderr=self.log)
        said = self.process.stdout.readline().decode()
        self.host = re.search(r" at http://(\S+)\n", said)[1]

    def end(self, number=signal.SIGKILL):
        self.process.send_signal(number)
        status = self.process.wait(60)
        self.process.stdout.close()
        self.log.close()
        return status

    def close(self):
        if self.process and self.process.poll() is None:
            self.end()
        shutil.rmtree(self.top)

    def ask(self, method, path, key=None, body=None):
        head = {"Authorization": "Bearer " + key} if key else {}
        if body is not None:
            head["Content-Type"] = "application/json"
        connection = http.client.HTTPConnection(self.host, timeout=60)
        try:
            connection.request(method, path, None if body is None else json.dumps(body), head)
            return server.Answer(connection.getresponse())
        finally:
            connection.close()

    def match(self, key, hashes):
        return self.ask("POST", "/api/v1/match", key, {"hashes": hashes})

    def await_that(self, holds):
        """Until holds(), which may fail as long as the node is not there yet."""
        until = time.monotonic() + WAIT_S
        while not holds():
            if time.monotonic() > until:
                raise AssertionError((self.top / "log").read_text()[-2000:])
            time.sleep(0.05)

    def await_status(self, key, value, status):
        self.await_that(lambda: self.statuses(key, [value]) == [status])

    def statuses(self, key, hashes):
        answer = self.match(key, hashes)
        return [a["status"] for a in answer.json()["answers"]] if answer.status == 200 else None


class Tls(http.server.ThreadingHTTPServer):
    """Ends TLS in front of a server, as a proxy does, with a certificate of its own making."""

    def __init__(self, top, to):
        self.to, self.certificate = to, top / "localhost.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
                        "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout",
                        top / "localhost.key", "-out", self.certificate],
                       check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, top / "localhost.key")
        super().__init__(("127.0.0.1", 0), Forward)
        self.socket = context.wrap_socket(self.socket, server_side=True)
        threading.Thread(target=self.serve_forever, daemon=True).start()
        self.address = f"https://localhost:{self.server_address[1]}"

    def handle_error(self, request, client_address):
        """Handshakes that the other side gives up are part of the test."""


class Forward(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        connection = http.client.HTTPConnection(self.server.to, timeout=60)
        connection.request("GET", self.path,
                           headers={"Authorization": self.headers["Authorization"]})
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        self.send_response(answer.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


class Feed(server.ServerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        s = cls.server
        cls.import_list(ALPHA)
        said = s.run("client", "add", "node-1", "--feed", "on")
        cls.node_key = key_of(said)
        s.run("client", "rights", "node-1", "alpha", "detail")
        cls.key = key_of(s.run("client", "add", "acme"))
        s.run("client", "rights", "acme", "alpha", "detail")
        cls.node = Node(cls.node_key)

    @classmethod
    def tearDownClass(cls):
        if hasattr(cls, "node"):
            cls.node.close()
        super().tearDownClass()

    @classmethod
    def import_list(cls, hashes, name="alpha"):
        path = cls.server.top / (name + ".jsonl")
        path.write_text("".join(json.dumps({
            "sha256": value, "scheme": "training-landscapes", "scheme_version": 1, "code": "a",
            "tags": ["one", "two"], "source": "a hotline"}) + "\n" for value in hashes))
        cls.server.run("list", "import", name, str(path))

    def home(self, path, key, method="GET", body=None):
        return self.server.client()(method, path, body,
                                    headers={"Authorization": "Bearer " + key, "Origin": None})

    def test_the_feed_is_for_nodes_alone(self):
        for path in ("/api/v1/match/changes", "/api/v1/match/changes/1"):
            self.assertEqual(self.home(path, self.key).status, 403)
            self.assertEqual(self.home(path, "assay_no").status, 401)
        told = self.home("/api/v1/match/changes", self.node_key).json()
        self.assertEqual((told["version"], told["reset"], told["rows"]), (1, True, []))
        names = {entry["name"]: entry["id"] for entry in told["lists"]}
        self.assertEqual(set(names), {"alpha", "test"})
        self.assertEqual([c["name"] for c in told["clients"]], ["acme"])
        page = self.home(f"/api/v1/match/changes/{names['alpha']}?after=0", self.node_key).json()
        self.assertEqual({row["sha256"] for row in page["rows"]}, set(ALPHA))
        self.assertEqual((page["next"], page["rows"][0]["source"]), (None, "a hotline"))
        self.assertEqual(self.home("/api/v1/match/changes/77", self.node_key).status, 404)
        for query in ("epoch=00", "roster=xx", "since=-1", "wait=61", "wait=x"):
            bad = self.home("/api/v1/match/changes?" + query, self.node_key)
            self.assertEqual(bad.status, 422 if bad.status == 422 else 400, bad.body)

    def test_an_answer_is_held_back_until_there_is_something_to_say(self):
        told = self.home("/api/v1/match/changes", self.node_key).json()
        asks = "/api/v1/match/changes?epoch={epoch}&since={seq}&roster={roster}&wait="
        asks = asks.format(**told)
        began = time.monotonic()
        idle = self.home(asks + "1", self.node_key).json()
        self.assertGreater(time.monotonic() - began, 0.9)
        self.assertEqual((idle["seq"], idle["rows"], idle["reset"]), (told["seq"], [], False))
        self.assertNotIn("lists", idle)
        self.import_list(["ee" * 32], "beta") # nothing to this node
        off = subprocess.Popen([server.assay, "list", "off", "alpha", ALPHA[0], "--reason", "try"],
                               env=self.server.env, stdout=subprocess.DEVNULL)
        woken = self.home(asks + "60", self.node_key).json()
        self.assertEqual(off.wait(60), 0)
        self.assertEqual([row["gone"] for row in woken["rows"]], [True])
        self.assertGreater(woken["seq"], told["seq"])
        self.server.run("list", "on", "alpha", ALPHA[0])

    def test_when_the_server_is_away_a_node_goes_on(self):
        node, s = self.node, self.server
        node.start(s.address)
        self.answers_as_the_server_does()
        self.follows_what_changes()
        self.has_no_other_route()
        self.goes_on_without_the_server()
        self.catches_up()
        self.begins_anew_after_a_backup_was_put_back()
        self.assertEqual(node.end(signal.SIGTERM), 0)
        self.is_counted_on_a_record_of_its_own()

    def answers_as_the_server_does(self):
        node = self.node
        node.await_that(lambda: node.ask("GET", "/readyz").status == 200)
        there = self.home("/api/v1/match", self.key, "POST", {"hashes": ALPHA}).json()
        here = node.match(self.key, ALPHA).json()
        self.assertRegex(here.pop("as_of"), r"^20\d\d-.*Z$")
        self.assertEqual(here, there)
        self.assertEqual(here["answers"][3]["hits"][0]["tags"], ["one", "two"])
        picture = node.ask("GET", "/api/v1/match/test", self.key)
        self.assertEqual(picture.status, 200)

    def follows_what_changes(self):
        node, s = self.node, self.server
        self.import_list(ALPHA + [GROWN])
        node.await_status(self.key, GROWN, "match")
        s.run("list", "off", "alpha", ALPHA[1], "--reason", "wrong")
        node.await_status(self.key, ALPHA[1], "no_match")
        s.run("list", "on", "alpha", ALPHA[1])
        node.await_status(self.key, ALPHA[1], "match")
        s.run("client", "rights", "acme", "alpha", "none")
        node.await_status(self.key, ALPHA[1], "no_match")
        s.run("client", "rights", "acme", "alpha", "detail")
        s.run("client", "disable", "acme")
        node.await_that(lambda: node.match(self.key, ALPHA).status == 401)
        s.run("client", "enable", "acme")
        node.await_status(self.key, ALPHA[1], "match")

    def has_no_other_route(self):
        node = self.node
        for path in ("/", "/api/v1/session", "/api/v1/lists", "/index.html"):
            self.assertEqual(node.ask("GET", path).status, 404, path)
        self.assertEqual(node.ask("POST", "/api/v1/session", body={"link": "0"}).status, 404)
        for path in ("/api/v1/match/changes", "/api/v1/match/changes/1"):
            self.assertEqual(node.ask("GET", path, self.key).status, 409)
        metrics = node.ask("GET", "/metrics").body.decode()
        self.assertIn("assay_feed_behind 0\n", metrics)
        self.assertRegex(metrics, r"assay_feed_age_seconds \d+\n")

    def goes_on_without_the_server(self):
        node, s = self.node, self.server
        s.process.send_signal(signal.SIGKILL)
        s.process.wait(60)
        self.assertEqual(node.statuses(self.key, [ALPHA[1], "00" * 32]), ["match", "no_match"])
        node.end()
        node.start(s.address)
        node.await_that(lambda: node.ask("GET", "/readyz").status == 200)
        self.assertEqual(node.statuses(self.key, [ALPHA[1], "00" * 32]), ["match", "no_match"])
        node.await_that(lambda: "feed.failed error=EIO" in (node.top / "log").read_text())
        plain = node.run("serve", "--listen", "127.0.0.1:0")
        self.assertEqual(plain.returncode, 3)
        self.assertIn("--role match", plain.stderr)

    def catches_up(self):
        node, s = self.node, self.server
        s.run("list", "off", "alpha", ALPHA[2], "--reason", "wrong")
        s.process.stdout.close()
        s.log.close()
        address = s.start(["serve", "--listen", s.host])
        self.assertEqual(address, s.address)
        node.await_status(self.key, ALPHA[2], "no_match")
        self.assertEqual(node.statuses(self.key, [ALPHA[1]]), ["match"])

    def begins_anew_after_a_backup_was_put_back(self):
        node, s = self.node, self.server
        text = "DELETE FROM feed_epoch"
        if "ASSAY_DB" in s.env:
            server.postgres.query(s.env["ASSAY_DB"], text)
        else:
            with sqlite3.connect(s.top / "data/assay.db", timeout=60) as db:
                db.execute(text)
        s.run("list", "off", "alpha", ALPHA[3], "--reason", "wrong")
        node.await_status(self.key, ALPHA[3], "no_match")
        self.assertEqual(node.statuses(self.key, [ALPHA[1]]), ["match"])

    def is_counted_on_a_record_of_its_own(self):
        node = self.node
        told = json.loads(node.run("client", "list").stdout)["clients"]
        [acme] = [c for c in told if c["name"] == "acme"]
        counts = {c["outcome"]: c["count"] for c in acme["counts"] if c["list"] is None}
        self.assertGreater(counts["match"], len(ALPHA))
        done = node.run("audit", "verify")
        self.assertEqual(done.returncode, 0, done.stderr)

    @unittest.skipUnless(shutil.which("openssl"), "no openssl")
    def test_over_tls_a_node_believes_whom_it_was_told_to(self):
        tls = Tls(self.server.top, self.server.host)
        self.addCleanup(tls.server_close)
        self.addCleanup(tls.shutdown)
        node = Node(self.node_key)
        self.addCleanup(node.close)
        node.start(tls.address)
        node.await_that(lambda: "feed.failed error=EIO" in (node.top / "log").read_text())
        self.assertEqual(node.ask("GET", "/readyz").status, 503)
        self.assertEqual(node.match(self.key, ALPHA).status, 503) # it knows nobody yet
        node.end()
        node.start(tls.address, "--ca", str(tls.certificate))
        node.await_that(lambda: node.ask("GET", "/readyz").status == 200)
        node.await_status(self.key, ALPHA[5], "match")

    def test_a_wrong_call_says_what_to_do(self):
        node = Node("assay_no")
        self.addCleanup(node.close)
        key = ["--key", str(node.top / "key")]
        for words, status, says in (
                (["--role", "match"], 2, "go together"),
                (["--role", "other"], 2, "match"),
                (["--follow", "https://x"], 2, "go together"),
                (["--role", "match", "--follow", "http://192.0.2.1", *key], 2, "loopback"),
                (["--role", "match", "--follow", "http://localhost.example", *key], 2, "loopback"),
                (["--role", "match", "--follow", "https://x/path", *key], 2, "--follow"),
                (["--role", "match", "--follow", "https://u@x", *key], 2, "--follow"),
                (["--role", "match", "--follow", "https://x", *key], 2, "no key"),
                (["--role", "match", "--follow", "https://x", "--key", "/no/where"], 3, "where")):
            done = node.run("serve", "--listen", "127.0.0.1:0", *words)
            self.assertEqual((done.returncode, says in done.stderr), (status, True),
                             (words, done.stderr))


if __name__ == "__main__":
    server.main()
