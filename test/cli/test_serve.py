"""The server as who runs it sees it: its log, its metrics, its end, and how it is behind TLS."""
import http.client
import json
import re
import signal
import socket
import subprocess
import threading
import time
import unittest

import workspace
from workspace import Client, WorkspaceCase, png

LINE = re.compile(r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (debug|info|warn|error) [a-z]+\.[a-z_]+'
                  r'( [a-z_]+=("([^"\\]|\\x[0-9a-f]{2})*"|[^" =]+))*')
SAMPLE = re.compile(r'(assay_[a-z_]+)(\{[a-z]+="[^"\\\n]*"(,[a-z]+="[^"\\\n]*")*\})? '
                    r'(-?\d+(\.\d+)?)')
MARKER = "Hostile\u2028Name"
PUBLIC = "assay.test:8443"


def send(host, text):
    """A connection to host:port on which text was sent."""
    s = socket.create_connection(host.split(":"), 10)
    s.sendall(text.encode())
    return s


def rest(s, wait=60):
    """All that comes until the other side closes."""
    s.settimeout(wait)
    got = b""
    try:
        while True:
            piece = s.recv(65536)
            if not piece:
                return got
            got += piece
    except ConnectionError:
        return got
    finally:
        s.close()


class Log(WorkspaceCase):
    def lines(self):
        return (self.w.top / "log").read_text().splitlines()

    def hostile_day(self, *options):
        """A day with names that would like to be in the log."""
        folder = self.w.pictures("in", range(2))
        (folder / f"{MARKER} ts=1 level=error.png").write_bytes(png(3)[:300])
        (folder / f"{MARKER}\nts=1 error fake.line\n.jpg").write_bytes(b"\xff\xd8\xff" + b"x" * 99)
        self.w.person("kim", "admin")
        server = self.w.serve(*options)
        client = server.client("kim")
        nobody = Client(server.host)
        for body in ({"name": MARKER, "password": MARKER}, {"link": MARKER},
                     {"name": "kim", "password": "x" * 20, "workstation": MARKER}):
            nobody("POST", "/api/v1/session", body)
        client("GET", "/" + MARKER.encode().hex())
        client("POST", "/api/v1/staff", {"name": MARKER, "label": MARKER, "roles": []})
        self.w.ok("import", "--batch", MARKER, folder)
        workspace.wait_for(lambda: self.w.stats()["states"].get("received", 0) == 0)
        self.assertEqual(server.stop(), 0)
        return self.lines()

    def test_names_from_outside_never_reach_it(self):
        lines = self.hostile_day()
        self.assertTrue(any(" server.started " in line for line in lines), lines)
        for line in lines:
            self.assertIsNotNone(LINE.fullmatch(line), line)
            self.assertNotIn("Hostile", line)
            self.assertNotIn(".png", line)

    def test_told_all_it_is_still_one_event_a_line_with_nothing_that_breaks_it(self):
        lines = self.hostile_day("--debug")
        self.assertGreater(len(lines), 6)
        for line in lines:
            self.assertIsNotNone(LINE.fullmatch(line), line)
            self.assertNotIn("\u2028", line)

    def test_a_request_has_one_id_in_its_answer_and_on_its_lines(self):
        server = self.w.serve("--debug")
        client = Client(server.host)
        ids = [client("GET", path).headers["Assay-Request"]
               for path in ("/healthz", "/api/v1/session", "/nothing")]
        odd = rest(send(server.host, "GET / HTTP/1.1\r\nHost: evil\r\n\r\n"))
        self.assertRegex(odd, rb"Assay-Request: \d+\r\n")
        self.assertEqual(server.stop(), 0)
        self.assertEqual(len(set(ids)), 3)
        answered = [line for line in self.lines() if " http.answered " in line]
        for one, operation, status in zip(ids, ("getHealth", "getMe", "none"), (200, 401, 404)):
            self.assertEqual(sum(f" req={one} operation={operation} status={status} " in line
                                 for line in answered), 1, answered)

    def test_an_event_that_comes_too_often_is_counted_instead(self):
        server = self.w.serve("--debug")
        many = f"GET /healthz HTTP/1.1\r\nHost: {server.host}\r\n\r\n" * 1000
        last = f"GET /healthz HTTP/1.1\r\nHost: {server.host}\r\nConnection: close\r\n\r\n"
        for _ in range(2):
            self.assertEqual(rest(send(server.host, many + last)).count(b"HTTP/1.1 200 "), 1001)
            time.sleep(1.1) # a second of the counting ends
        Client(server.host)("GET", "/healthz")
        self.assertEqual(server.stop(), 0)
        seconds = {}
        for line in self.lines():
            if " http.answered " in line:
                seconds[line[:19]] = seconds.get(line[:19], 0) + 1
        # Seconds of the wall clock and of the counting do not begin together: 100 of each of two.
        self.assertLessEqual(max(seconds.values()), 200)
        self.assertTrue(any(" dropped=" in line for line in self.lines()))


class Metrics(WorkspaceCase):
    def scrape(self, client, path="/metrics"):
        answer = client("GET", path)
        self.assertEqual(answer.status, 200, answer.body)
        self.assertTrue(answer.headers["Content-Type"].startswith("text/plain; version=0.0.4"))
        found, typed = {}, set()
        for line in answer.body.decode().splitlines():
            if line.startswith("#"):
                typed.add(line.split()[2])
                continue
            match = SAMPLE.fullmatch(line)
            self.assertIsNotNone(match, line)
            base = re.sub("_(bucket|sum|count)$", "", match.group(1))
            self.assertTrue({base, match.group(1)} & typed, line)
            self.assertNotIn(match.group(1) + (match.group(2) or ""), found, line)
            found[match.group(1) + (match.group(2) or "")] = float(match.group(4))
        return found

    def test_they_count_what_happens_and_name_nobody(self):
        self.w.person("kim-the-assessor", "assessor")
        self.w.ok("import", "--batch", "batch-name", self.w.pictures("in", range(5)))
        self.w.ok("identify")
        self.w.ok("backup", self.w.top / "backups")
        server = self.w.serve()
        client = server.client("kim-the-assessor")
        client.good("POST", "/api/v1/shift")
        lease = client.lease()[0]["lease"]
        client.good("POST", "/api/v1/decisions",
                    {"lease": lease, "code": "not-listed", "tags": []}, once="metrics-1")
        client("GET", "/api/v1/staff")
        found = self.scrape(client)
        self.assertEqual(found["assay_items"], 5)
        self.assertEqual(found["assay_sightings"], 5)
        self.assertEqual(found["assay_decisions"], 1)
        self.assertEqual(found['assay_tasks{state="graded"}'], 1)
        self.assertEqual(found['assay_tasks{state="waiting"}'], 4)
        self.assertEqual(found["assay_identify_waiting"], 0)
        self.assertGreater(found["assay_vault_bytes"], 5000)
        self.assertGreater(found["assay_record_entries"], found["assay_record_signed_entries"] - 1)
        self.assertLess(found["assay_record_signed_age_seconds"], 100)
        self.assertLess(found["assay_backup_age_seconds"], 100)
        self.assertEqual(found["assay_lists_quarantined"], 0)
        self.assertNotIn("assay_restore_test_age_seconds", found)
        self.assertEqual(found['assay_refusals_total{reason="role"}'], 1)
        route = 'method="POST",route="/api/v1/decisions"'
        self.assertEqual(found[f'assay_http_requests_total{{{route},class="2xx"}}'], 1)
        self.assertEqual(found[f'assay_http_request_seconds_count{{{route}}}'], 1)
        self.assertEqual(found[f'assay_http_request_seconds_bucket{{{route},le="+Inf"}}'], 1)
        text = client("GET", "/metrics").body.decode()
        for name in ("kim", "batch-name", lease, "not-listed"):
            self.assertNotIn(name, text)

    def test_through_a_proxy_there_is_nothing(self):
        server = self.w.serve()
        for header in ("X-Real-IP", "X-Forwarded-For", "Forwarded"):
            got = rest(send(server.host, f"GET /metrics HTTP/1.1\r\nHost: {server.host}\r\n"
                            f"{header}: 192.0.2.7\r\nConnection: close\r\n\r\n"))
            self.assertTrue(got.startswith(b"HTTP/1.1 404 "), got)
            self.assertNotIn(b"assay_", got)


class End(WorkspaceCase):
    """SIGTERM while requests are under way."""

    def setUp(self):
        super().setUp()
        self.w.person("kim", "assessor")
        self.w.ok("import", self.w.pictures("in", range(8)))
        self.w.ok("identify")
        self.server = self.w.serve()
        self.client = self.server.client("kim")
        self.client.good("POST", "/api/v1/shift")

    def slow_decision(self, number):
        """The head of a decision and the first half of its body; the other half."""
        lease = self.client.lease()[0]["lease"]
        body = json.dumps({"lease": lease, "code": "not-listed", "tags": []})
        s = send(self.server.host, f"POST /api/v1/decisions HTTP/1.1\r\nHost: {self.server.host}"
                 f"\r\nOrigin: http://{self.server.host}\r\nCookie: {self.client.cookie}\r\n"
                 f"Content-Type: application/json\r\nIdempotency-Key: slow-{number:04}\r\n"
                 f"Expect: 100-continue\r\nContent-Length: {len(body)}\r\n\r\n")
        s.settimeout(60)
        self.assertTrue(s.recv(1000).startswith(b"HTTP/1.1 100 ")) # it is under way
        s.sendall(body[:20].encode())
        return s, body[20:]

    def refused_now(self):
        try:
            socket.create_connection(self.server.host.split(":"), 5).close()
        except ConnectionRefusedError:
            return True
        except ConnectionResetError:
            pass # it waited to be let in when the door was closed
        return False

    def test_what_is_under_way_is_answered_and_nothing_new_is_let_in(self):
        slow = [self.slow_decision(number) for number in range(3)]
        self.server.process.send_signal(signal.SIGTERM)
        workspace.wait_for(self.refused_now)
        for s, half in slow:
            s.sendall(half.encode())
            got = rest(s)
            self.assertTrue(got.startswith(b"HTTP/1.1 200 "), got)
            self.assertIn(b"Connection: close", got)
        self.assertEqual(self.server.ended(), 0)
        self.assertEqual(self.w.stats()["decisions"], 3)
        self.assertRegex(self.w.verified(), r"good|entries")

    def test_who_never_finishes_is_waited_for_ten_seconds_and_nothing_is_half_done(self):
        s, _ = self.slow_decision(1)
        start = time.monotonic()
        self.server.process.send_signal(signal.SIGTERM)
        self.assertEqual(rest(s), b"")
        self.assertEqual(self.server.ended(), 0)
        self.assertGreater(time.monotonic() - start, 8)
        self.assertEqual(self.w.stats()["decisions"], 0)
        self.w.verified()

    def test_decisions_in_a_storm_are_kept_or_refused(self):
        said, lock = [], threading.Lock()

        def grade(number):
            client = Client(self.server.host)
            client.cookie = self.client.cookie
            try:
                for lease in client.lease(count=2):
                    answer = client("POST", "/api/v1/decisions",
                                    {"lease": lease["lease"], "code": "not-listed", "tags": []},
                                    once="storm-" + lease["lease"])
                    with lock:
                        said.append(answer.status)
            except OSError:
                pass

        threads = [threading.Thread(target=grade, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        time.sleep(0.02)
        self.server.process.send_signal(signal.SIGTERM)
        for thread in threads:
            thread.join()
        self.assertEqual(self.server.ended(), 0)
        self.assertGreaterEqual(self.w.stats()["decisions"], said.count(200))
        self.w.verified()


class UnixClient(Client):
    """Requests through a UNIX socket, as a proxy for PUBLIC sends them."""

    def __init__(self, path):
        super().__init__(PUBLIC)
        self.path = path

    def __call__(self, method, path, body=None, headers=None):
        send_headers = {"Host": PUBLIC, "Origin": f"https://{PUBLIC}", "X-Real-IP": "192.0.2.7"}
        if self.cookie:
            send_headers["Cookie"] = self.cookie
        data = None
        if body is not None:
            data = json.dumps(body)
            send_headers["Content-Type"] = "application/json"
        send_headers.update(headers or {})
        connection = http.client.HTTPConnection("localhost")
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.connect(str(self.path))
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for name, value in send_headers.items():
            if value is not None:
                connection.putheader(name, value)
        if data is not None:
            connection.putheader("Content-Length", str(len(data)))
        connection.endheaders(data and data.encode())
        answer = workspace.Answer(connection.getresponse())
        connection.close()
        if "Set-Cookie" in answer.headers:
            self.cookie = answer.headers["Set-Cookie"].split(";")[0]
        return answer


class BehindTls(WorkspaceCase):
    def start(self, *options):
        self.path = self.w.top / "http.sock"
        process = subprocess.Popen([workspace.assay, "serve", "--listen", f"unix:{self.path}",
                                    *options], env=self.w.env, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stderr.close)
        return process

    def test_cookie_and_headers_are_those_of_tls(self):
        self.w.person("kim", "admin")
        process = self.start("--public-url", f"https://{PUBLIC}")
        self.assertIn(f" at https://{PUBLIC}\n".encode(), process.stdout.readline())
        link = self.w.ok("user", "link", "kim").text().strip().split("=")[1]
        client = UnixClient(self.path)
        answer = client("POST", "/api/v1/session", {"link": link})
        self.assertEqual(answer.status, 200, answer.body)
        cookie = answer.headers["Set-Cookie"].split("; ")
        self.assertRegex(cookie[0], "^__Host-assay_session=[0-9a-f]{64}$")
        self.assertEqual(set(cookie[1:]), {"HttpOnly", "SameSite=Strict", "Path=/", "Secure"})
        self.assertRegex(answer.headers["Strict-Transport-Security"], r"^max-age=\d{8}$")
        self.assertEqual(client("GET", "/api/v1/session").json()["name"], "kim")
        # A cookie of the plain name was planted by somebody else.
        planted = {"Cookie": client.cookie.removeprefix("__Host-")}
        self.assertEqual(client("GET", "/api/v1/session", headers=planted).status, 401)
        for origin in (f"http://{PUBLIC}", "https://assay.test", "https://evil.example"):
            refused = client("DELETE", "/api/v1/session", headers={"Origin": origin})
            self.assertEqual(refused.status, 403, origin)
        self.assertEqual(client("GET", "/", headers={"Host": "evil.example"}).status, 400)
        self.assertEqual(client("GET", "/metrics").status, 404)
        local = {"Host": "localhost", "X-Real-IP": None, "Cookie": None, "Origin": None}
        self.assertEqual(client("GET", "/metrics", headers=local).status, 200)
        gone = client("DELETE", "/api/v1/session")
        self.assertEqual(gone.status, 204)
        self.assertIn("__Host-assay_session=;", gone.headers["Set-Cookie"])
        self.assertIn("Max-Age=0", gone.headers["Set-Cookie"])
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(60), 0)
        self.assertFalse(self.path.exists())

    def test_only_an_https_address_is_public(self):
        for url in ("http://assay.test", "assay.test", "https://assay.test/path"):
            process = self.start("--public-url", url)
            self.assertEqual(process.wait(60), 2, url)
            self.assertIn(b"https://HOST", process.stderr.read())


if __name__ == "__main__":
    workspace.main()
