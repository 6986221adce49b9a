"""packaging/nginx.conf and packaging/haproxy.cfg in front of a real server, with TLS of our own.

The files are taken as they are but for names, ports and paths. Skips, saying so, without the proxy.
"""
import base64
import http.client
import json
import os
import random
import re
import shutil
import socket
import ssl
import subprocess
import sys
import time
import unittest
import urllib.parse
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.append(str(ROOT / "test/cli"))
import workspace # noqa: E402
from workspace import Workspace # noqa: E402

NAME = "assay.test"
PLAIN, TLS, METRICS = 0, 1, 2


def free_ports(count):
    """Below those that the system gives to connections of other tests meanwhile."""
    ports = []
    while len(ports) < count:
        port = random.randrange(20000, 32000)
        try:
            socket.create_server(("127.0.0.1", port)).close()
        except OSError:
            continue
        ports.append(port)
    return ports


def certificate(top, name, *more):
    """A certificate of its own making and its key, as top/NAME.pem and top/NAME.key."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", f"/CN={name}",
                    "-keyout", top / f"{name}.key", "-out", top / f"{name}.pem", *more],
                   check=True, capture_output=True)


def replaced(text, *changes):
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return text


class Proxied:
    """What both must do; a class each below makes the configuration and the command."""

    @classmethod
    def setUpClass(cls):
        if not shutil.which(cls.program):
            raise unittest.SkipTest(f"no {cls.program} (package {cls.package})")
        cls.w = Workspace("init", "--training")
        cls.addClassCleanup(cls.w.close)
        cls.top = cls.w.top
        cls.w.person("kim", "admin")
        cls.w.person("ina", "intake")
        cls.w.ok("import", "--batch", "B", cls.w.pictures("in", [1]))
        certificate(cls.top, NAME, "-addext", f"subjectAltName=DNS:{NAME}")
        certificate(cls.top, "workstation")
        cls.socket = cls.top / "http.sock"
        cls.start([workspace.assay, "serve", "--listen", f"unix:{cls.socket}", "--public-url",
                   f"https://{NAME}"])
        workspace.wait_for(cls.socket.exists)
        os.chmod(cls.top, 0o755)
        os.chmod(cls.socket, 0o666) # the proxy's workers are another user
        cls.ports = free_ports(3)
        cls.start(cls.command(None))
        workspace.wait_for(lambda: cls.listens(cls.ports[TLS]))

    @classmethod
    def start(cls, command):
        with open(cls.top / "log", "ab") as log:
            process = subprocess.Popen(command, env=cls.w.env, stdout=subprocess.DEVNULL,
                                       stderr=log)

        def end():
            process.terminate()
            process.wait(60)
        cls.addClassCleanup(end)
        return process

    @staticmethod
    def listens(port):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            return False
        return True

    def context(self, client=None):
        context = ssl.create_default_context(cafile=self.top / f"{NAME}.pem")
        if client:
            context.load_cert_chain(self.top / f"{client}.pem", self.top / f"{client}.key")
        return context

    def tls(self, port=None, name=NAME, context=None):
        s = socket.create_connection(("127.0.0.1", port or self.ports[TLS]), 15)
        return (context or self.context()).wrap_socket(s, server_hostname=name)

    def ask(self, method, path, body=None, headers=None, s=None):
        connection = http.client.HTTPConnection(NAME)
        connection.sock = s or self.tls()
        given = {"Host": NAME, "Origin": f"https://{NAME}", **(headers or {})}
        if body is not None:
            given.setdefault("Content-Type", "application/json")
        connection.request(method, path, body, given)
        answer = workspace.Answer(connection.getresponse())
        connection.close()
        return answer

    def raw(self, text, s=None, wait=20):
        """What comes back until the other side closes or is silent, and how long that took."""
        s = s or self.tls()
        s.settimeout(wait)
        start, got = time.monotonic(), b""
        try:
            s.sendall(text.encode())
            while piece := s.recv(65536):
                got += piece
        except OSError:
            pass
        s.close()
        return got, time.monotonic() - start

    def sign_in(self, name="kim"):
        link = self.w.ok("user", "link", name).text().strip().split("=")[1]
        return self.ask("POST", "/api/v1/session", json.dumps({"link": link}))

    def test_signing_in_through_tls_gives_a_host_cookie(self):
        answer = self.sign_in()
        self.assertEqual(answer.status, 200, answer.body)
        cookie = answer.headers["Set-Cookie"]
        self.assertRegex(cookie, "^__Host-assay_session=[0-9a-f]{64};")
        for part in ("; Secure", "; HttpOnly", "; SameSite=Strict", "; Path=/"):
            self.assertIn(part, cookie)
        self.assertEqual(len(answer.headers.get_all("Strict-Transport-Security")), 1)
        mine = {"Cookie": cookie.split(";")[0]}
        self.assertEqual(self.ask("GET", "/api/v1/session", headers=mine).json()["name"], "kim")
        entries = self.w.query("SELECT CAST(entry AS TEXT) FROM record")
        self.assertTrue(any('"sign_in"' in row[0] and "127.0.0.1" in row[0] for row in entries))
        evil = {**mine, "Origin": "https://evil.example"}
        self.assertEqual(self.ask("DELETE", "/api/v1/session", headers=evil).status, 403)
        self.assertEqual(self.ask("DELETE", "/api/v1/session", headers=mine).status, 204)

    def test_the_address_of_the_client_is_the_proxys_word(self):
        forged = {"X-Real-IP": "203.0.113.9", "X-Forwarded-For": "203.0.113.9"}
        self.ask("POST", "/api/v1/session", '{"name":"kim","password":"wrong wrong"}', forged)
        for (entry,) in self.w.query("SELECT CAST(entry AS TEXT) FROM record"):
            self.assertNotIn("203.0.113.9", entry)

    def test_the_console_is_there(self):
        page = self.ask("GET", "/")
        self.assertEqual(page.status, 200)
        self.assertIn(b"<!doctype html>", page.body.lower())
        self.assertIn("default-src 'none'", page.headers["Content-Security-Policy"])

    def test_plain_http_says_only_where_to_go(self):
        s = socket.create_connection(("127.0.0.1", self.ports[PLAIN]), 15)
        answer = self.ask("GET", "/releases?a=b", s=s)
        self.assertEqual(answer.status, 308)
        self.assertEqual(answer.headers["Location"], f"https://{NAME}/releases?a=b")
        self.assertNotIn("Strict-Transport-Security", answer.headers)

    def test_old_tls_is_refused(self):
        context = self.context()
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
        with self.assertRaises(ssl.SSLError):
            self.tls(context=context)
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            context = self.context()
            context.minimum_version = context.maximum_version = version
            self.tls(context=context).close()

    def test_slow_headers_are_cut(self):
        s = self.tls()
        start = time.monotonic()
        s.sendall(f"GET / HTTP/1.1\r\nHost: {NAME}\r\n".encode())
        s.settimeout(0.5)
        cut = False
        while not cut and time.monotonic() - start < 60:
            try:
                s.sendall(b"X-Slow: 1\r\n")
                cut = b"" == s.recv(100) or cut
            except TimeoutError:
                continue
            except OSError:
                cut = True
        s.close()
        self.assertTrue(cut)

    def test_a_request_of_two_lengths_is_refused(self):
        head = f"POST /api/v1/session HTTP/1.1\r\nHost: {NAME}\r\nOrigin: https://{NAME}\r\n"
        smuggled = f"0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: {NAME}\r\n\r\n"
        for lengths in ("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
                        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
                        "Content-Length: 5\r\nContent-Length: 6\r\n",
                        "Transfer-Encoding: chunked, identity\r\n"):
            got, _ = self.raw(head + lengths + "\r\n" + smuggled, wait=3)
            self.assertRegex(got, self.two_lengths, lengths)
            self.assertRegex(got.lower(), rb"\r\nconnection: close\r\n", lengths)
            self.assertEqual(got.count(b"HTTP/1.1 "), 1, got)
            self.assertNotIn(b"ok\n", got)

    def test_another_name_gets_nothing(self):
        got, _ = self.raw("GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n",
                          wait=3)
        self.assertNotIn(b" 200 ", got)
        self.assertNotIn(b"<!doctype", got)

    def test_metrics_are_for_the_machine_alone(self):
        self.assertEqual(self.ask("GET", "/metrics").status, 404)
        s = socket.create_connection(("127.0.0.1", self.ports[METRICS]), 15)
        answer = self.ask("GET", "/metrics", s=s, headers={"X-Real-IP": "1.2.3.4"})
        self.assertEqual(answer.status, 200, answer.body)
        self.assertIn(b"assay_up_seconds ", answer.body)
        s = socket.create_connection(("127.0.0.1", self.ports[METRICS]), 15)
        self.assertEqual(self.ask("GET", "/", s=s).status, 404)

    def test_only_uploads_may_be_large(self):
        head = f"HTTP/1.1\r\nHost: {NAME}\r\nContent-Length: 300000\r\n\r\n"
        got, _ = self.raw("POST /api/v1/session " + head, wait=3)
        self.assertTrue(got.startswith(b"HTTP/1.1 413 "), got)
        self.assertNotIn(b"urn:assay:problem", got)
        got, _ = self.raw("POST /api/v1/uploads " + head, wait=3)
        self.assertIn(b"urn:assay:problem", got) # assay itself was asked

    def test_a_part_of_a_file_goes_through_whole(self):
        mine = {"Cookie": self.sign_in("ina").headers["Set-Cookie"].split(";")[0]}
        part = os.urandom(3 << 20)
        batches = self.ask("GET", "/api/v1/batches", headers=mine).json()["batches"]
        body = {"batch": batches[0]["batch"], "name": "a.bin", "size": len(part)}
        begun = self.ask("POST", "/api/v1/uploads", json.dumps(body), mine)
        self.assertEqual(begun.status, 201, begun.body)
        path = f"/api/v1/uploads/{begun.json()['upload']}/bytes?offset=0"
        answer = self.ask("PUT", path, part, {"Content-Type": "application/octet-stream", **mine})
        self.assertEqual(answer.status, 200, answer.body)
        self.assertEqual(answer.json()["received"], len(part))

    def another(self, asks):
        """A second proxy before the same server: its port for TLS."""
        ports, kept = free_ports(3), self.ports
        type(self).ports = ports
        try:
            self.start(self.command(asks))
            workspace.wait_for(lambda: self.listens(ports[TLS]))
        finally:
            type(self).ports = kept
        return ports[TLS]

    def test_with_certificates_asked_for_nobody_comes_in_without(self):
        port = self.another("mtls")
        with_one = self.tls(port, context=self.context("workstation"))
        self.assertEqual(self.ask("GET", "/healthz", s=with_one).status, 200)
        for context in (self.context(), self.context(NAME)):
            try:
                got, _ = self.raw(f"GET /healthz HTTP/1.1\r\nHost: {NAME}\r\n\r\n",
                                  self.tls(port, context=context), wait=3)
            except OSError:
                got = b""
            self.assertNotIn(b" 200 ", got)

    def test_a_client_is_let_in_by_the_certificate_that_it_has_the_key_of(self):
        certificate(self.top, "platform")
        self.w.ok("client", "add", "acme")
        self.w.ok("client", "cert", "acme", self.top / "platform.pem")
        port = self.another("clients")

        def ask(path, client, **more):
            s = self.tls(port, context=self.context(client))
            return self.ask("GET" if "body" not in more else "POST", path, s=s, **more)

        until = time.monotonic() + 60 # a certificate is in force within a second
        while ask("/api/v1/match/terms", "platform").status != 200:
            self.assertLess(time.monotonic(), until)
            time.sleep(0.1)
        self.assertEqual(ask("/api/v1/match/terms", "platform").json()["client"], "acme")
        found = ask("/api/v1/match", "platform", body=json.dumps({"hashes": ["00" * 16]}))
        self.assertEqual(found.json()["answers"][0]["status"], "no_match")
        # What a client says of itself is not what the proxy has seen.
        pem = (self.top / "platform.pem").read_text()
        der = ssl.PEM_cert_to_DER_cert(pem)
        for forged in (urllib.parse.quote(pem), f":{base64.b64encode(der).decode()}:"):
            for client in (None, "workstation"):
                answer = ask("/api/v1/match/terms", client, headers={"Client-Cert": forged})
                self.assertEqual(answer.status, 401, (client, answer.body))
        self.assertEqual(ask("/api/v1/session", "platform").status, 401) # it is no person
        self.w.ok("client", "cert", "acme", "none")
        until = time.monotonic() + 60
        while ask("/api/v1/match/terms", "platform").status != 401:
            self.assertLess(time.monotonic(), until)
            time.sleep(0.1)

    def test_many_tries_to_sign_in_are_held_up(self):
        port, body = self.another(None), '{"name":"x","password":"y y y y"}'
        said = [self.ask("POST", "/api/v1/session", body, s=self.tls(port)) for _ in range(45)]
        # assay's own 429 is a problem document; this one comes before it hashes a password.
        self.assertTrue(any(a.status == 429 and not a.body.startswith(b"{") for a in said))


class Nginx(Proxied, unittest.TestCase):
    program, package = "nginx", "nginx-light"
    two_lengths = rb"^HTTP/1\.1 (400|501) "

    @classmethod
    def command(cls, asks):
        site = (ROOT / "packaging/nginx.conf").read_text()
        site = re.sub(r"\n *listen \[::\]:\d+[^\n]*", "", site) # IPv6 may not be here
        site = replaced(
            site, ("/run/assay/http.sock", str(cls.socket)), ("assay.example.org", NAME),
            ("listen 80", f"listen 127.0.0.1:{cls.ports[PLAIN]}"),
            ("listen 443", f"listen 127.0.0.1:{cls.ports[TLS]}"),
            ("127.0.0.1:9470", f"127.0.0.1:{cls.ports[METRICS]}"),
            ("/etc/ssl/assay/fullchain.pem", f"{cls.top}/{NAME}.pem"),
            ("/etc/ssl/assay/privkey.pem", f"{cls.top}/{NAME}.key"),
            ("/etc/ssl/assay/clients.pem", f"{cls.top}/workstation.pem"),
            ("/var/log/nginx/assay.error.log", f"{cls.top}/nginx.log"))
        if asks:
            site = replaced(site, (f"#{asks} ", ""))
        name = f"nginx-{asks}"
        (cls.top / f"{name}.site").write_text(site)
        paths = "".join(f"{kind}_temp_path {cls.top}/{name}.{kind};" for kind in
                        ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        (cls.top / name).write_text(
            f"pid {cls.top}/{name}.pid; daemon off; worker_processes 1; error_log "
            f"{cls.top}/nginx.log;\nevents {{}}\nhttp {{ {paths} include {cls.top}/{name}.site; "
            "access_log off; }\n")
        return ["nginx", "-e", cls.top / "nginx.log", "-p", cls.top, "-c", cls.top / name]

    def test_another_name_is_not_even_greeted(self):
        context = self.context()
        context.check_hostname = False
        with self.assertRaises(ssl.SSLError):
            self.tls(name="evil.example", context=context)


class Haproxy(Proxied, unittest.TestCase):
    program, package = "haproxy", "haproxy"
    # It takes the Content-Length away where there are both (RFC 9112, 6.3) and ends the connection.
    two_lengths = rb"^HTTP/1\.1 (400|415|501) "

    @classmethod
    def command(cls, asks):
        both = (cls.top / f"{NAME}.pem").read_text() + (cls.top / f"{NAME}.key").read_text()
        (cls.top / "both.pem").write_text(both)
        text = replaced(
            (ROOT / "packaging/haproxy.cfg").read_text(),
            ("/run/assay/http.sock", str(cls.socket)), ("assay.example.org", NAME),
            ("bind :80", f"bind 127.0.0.1:{cls.ports[PLAIN]}"),
            ("bind :443", f"bind 127.0.0.1:{cls.ports[TLS]}"),
            ("127.0.0.1:9470", f"127.0.0.1:{cls.ports[METRICS]}"),
            ("/etc/ssl/assay/both.pem", f"{cls.top}/both.pem"))
        if asks:
            verify = {"mtls": "required",
                      "clients": "optional ca-ignore-err all crt-ignore-err all"}[asks]
            text = replaced(text, ("alpn h2,http/1.1",
                                   f"alpn h2,http/1.1 ca-file {cls.top}/workstation.pem "
                                   f"verify {verify}"))
        path = cls.top / f"haproxy-{asks}"
        path.write_text(text)
        return ["haproxy", "-q", "-db", "-f", path]


if __name__ == "__main__":
    workspace.main()
