"""Requests put oddly, on a raw socket: smuggling, other hosts, trickles; all refused."""
import os
import re
import socket
import stat
import subprocess
import threading
import time
import unittest

import server

TRICKLE_S = 60 # a request that takes longer is cut off


class Odd(server.ServerCase):
    def first(self, lines, body=b"", **more):
        """Status of the first answer, how many were good, and whether the connection closed."""
        head = [line if isinstance(line, bytes) else line.encode() for line in lines]
        got, closed = self.server.raw(b"\r\n".join(head) + b"\r\n\r\n" + body, **more)
        status = int(got.split(b" ", 2)[1]) if got.startswith(b"HTTP/1.") else 0
        return status, len(re.findall(rb"HTTP/1.1 2\d\d ", got)), closed

    def request(self, *more, line="GET /healthz HTTP/1.1", host=True):
        return [line] + ([f"Host: {self.server.host}"] if host else []) + list(more)

    def test_a_plain_request_is_answered_and_kept_open(self):
        self.assertEqual(self.first(self.request(), wait=0.5), (200, 1, False))

    def test_long_headers_in_pieces_are_answered(self):
        lines = self.request(*[f"X-{i}: {'a' * 150}" for i in range(50)])
        data = "\r\n".join(lines + ["", ""]).encode()
        with socket.create_connection(self.server.host.split(":"), 10) as s:
            for at in range(0, len(data), 1000):
                s.sendall(data[at : at + 1000])
                time.sleep(0.01)
            self.assertTrue(s.recv(1000).startswith(b"HTTP/1.1 200 "))

    def test_plain_requests_are_answered_however_they_arrive(self):
        host = f"Host: {self.server.host}"
        one = f"GET /healthz HTTP/1.1\r\nX-A:\r\nX-B: \r\nX-C:\t c \r\n{host}\r\n\r\n".encode()
        post = (f"POST /api/v1/session HTTP/1.1\r\n{host}\r\nContent-Type: application/json\r\n"
                "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n").encode()
        got, _ = self.server.raw(one * 3 + post + one, wait=1)
        self.assertEqual(re.findall(rb"HTTP/1.1 (\d+) ", got), [b"200"] * 3 + [b"422", b"200"])
        with socket.create_connection(self.server.host.split(":"), 10) as s:
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for byte in one:
                s.sendall(bytes([byte]))
            self.assertTrue(s.recv(1000).startswith(b"HTTP/1.1 200 "))

    def refused(self, name, lines, body=b""):
        with self.subTest(name):
            status, good, closed = self.first(lines, body)
            self.assertIn(status, (400, 413, 431, 501, 505))
            self.assertEqual(good, 0, "nothing is smuggled behind it")
            self.assertTrue(closed)

    def test_odd_requests_are_refused_and_closed(self):
        smuggled = f"GET /readyz HTTP/1.1\r\nHost: {self.server.host}\r\n\r\n".encode()
        post = "POST /api/v1/session HTTP/1.1"
        ask, line = self.request, "GET /healthz HTTP/1.1"
        chunked = "Transfer-Encoding: chunked"
        self.refused("both lengths", ask("Content-Length: 5", chunked, line=post),
                     b"0\r\n\r\n" + smuggled)
        self.refused("both lengths, turned", ask(chunked, "Content-Length: 5", line=post),
                     b"0\r\n\r\n" + smuggled)
        self.refused("two lengths", ask("Content-Length: 0", "Content-Length: 5", line=post),
                     smuggled)
        self.refused("two equal lengths", ask("Content-Length: 5", "Content-Length: 5", line=post),
                     b"hello" + smuggled)
        self.refused("a signed length", ask("Content-Length: +5", line=post), b"hello" + smuggled)
        self.refused("a negative length", ask("Content-Length: -5", line=post), smuggled)
        self.refused("a list of lengths", ask("Content-Length: 5, 5", line=post), b"hello")
        self.refused("a hex length", ask("Content-Length: 0x5", line=post), b"hello")
        self.refused("space before the colon", ask("Content-Length : 0"), smuggled)
        self.refused("CR in a value", ask("X-A: a\rb"), smuggled)
        self.refused("a control character in a value", ask("X-A: a\x01b"), smuggled)
        self.refused("DEL in a value", ask("X-A: a\x7fb"), smuggled)
        self.refused("NUL in a value", ask(b"X-A: a\0b", "X-B: c"), smuggled)
        self.refused("NUL in the last value", ask("X-B: c", b"X-A: a\0b"), smuggled)
        self.refused("NUL in the host", [line, f"Host: {self.server.host}\0.evil.example"])
        self.refused("bare LF", ask(b"X-A: a\nX-B: b", "X-C: c"), smuggled)
        self.refused("bare LF before the end", ask(b"X-A: a\n\n"), smuggled)
        self.refused("a folded line", ask("X-A: a", " b", "X-B: c"), smuggled)
        self.refused("a name with a parenthesis", ask("X(A: b"), smuggled)
        self.refused("no host", ask(host=False), smuggled)
        self.refused("two hosts", ask(f"Host: {self.server.host}"), smuggled)
        self.refused("xchunked", ask("Transfer-Encoding: xchunked", line=post), b"0\r\n\r\n")
        self.refused("chunked twice", ask("Transfer-Encoding: chunked, chunked", line=post),
                     b"0\r\n\r\n")
        self.refused("identity", ask("Transfer-Encoding: identity", line=post), smuggled)
        self.refused("gzip, chunked", ask("Transfer-Encoding: gzip, chunked", line=post))
        self.refused("a body with GET", ask("Content-Length: 5"), b"hello" + smuggled)
        self.refused("an absolute target", ask(line="GET http://evil.example/ HTTP/1.1"))
        self.refused("a target without slash", ask(line="GET healthz HTTP/1.1"))
        self.refused("an asterisk", ask(line="OPTIONS * HTTP/1.1"))
        self.refused("TRACE", ask(line="TRACE /healthz HTTP/1.1"))
        self.refused("CONNECT", ask(line="CONNECT 127.0.0.1:80 HTTP/1.1"))
        self.refused("a method in small letters", ask(line="get /healthz HTTP/1.1"))
        self.refused("a long target", ask(line=f"GET /{'a' * 2000} HTTP/1.1"))
        self.refused("a header of 64 KB", ask("X-A: " + "a" * 65536))
        self.refused("2,000 headers", ask(*[f"X-{i}: 1" for i in range(2000)]))
        self.refused("100 headers", ask(*[f"X-{i}: 1" for i in range(100)]))
        self.refused("a bad chunk size", ask(chunked, line=post), b"zz\r\nhello\r\n0\r\n\r\n")

    def test_percent_encoded_and_dotted_paths_are_refused(self):
        for path in ("/%2e%2e/etc/passwd", "/api%2fv1/staff", "/api/v1/staff%00", "/..", "/a/../b",
                     "/a/./b", "//healthz", "/api/v1/staff/%c0%af", "/a\\b", "/api/v1/staff;x=1"):
            self.refused(path, self.request(line=f"GET {path} HTTP/1.1"))

    def test_other_hosts_are_refused(self):
        port = self.server.host.split(":")[1]
        for host in ("evil.example", f"evil.example:{port}", "127.0.0.1", f"127.0.0.1:{port}1",
                     f"127.0.0.1.evil.example:{port}", f"0.0.0.0:{port}", "", "a b",
                     f"user@127.0.0.1:{port}"):
            self.refused(host, self.request(f"Host: {host}", host=False))
        for host in ("127.0.0.1", "localhost", "[::1]", "LOCALHOST"):
            status = self.first(self.request(f"Host: {host}:{port}", host=False), wait=0.5)[0]
            self.assertEqual(status, 200, host)

    def test_a_trickle_is_cut_off_while_others_are_served(self):
        trickles = []
        said = self.server.run("client", "add", "acme")
        client = re.search(r"assay_[0-9a-f]{16}_[0-9a-f]{64}", said)[0].encode()
        match = (b"POST /api/v1/match HTTP/1.1\r\nHost: " + self.server.host.encode() +
                 b"\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n"
                 b"Authorization: Bearer ")
        for start in (match + client + b"\r\n\r\n{", match + b"no\r\n\r\n{",
                      match.replace(b"json", b"octet-stream") + b"no\r\n\r\n",
                      b"GET /healthz HTTP/1.1\r\n", b"G",
                      b"POST /api/v1/session HTTP/1.1\r\nHost: " + self.server.host.encode() +
                      b"\r\nContent-Length: 1000\r\n\r\n"):
            trickles.append(socket.create_connection(self.server.host.split(":"), 10))
            trickles[-1].sendall(start)
        many = [socket.create_connection(self.server.host.split(":"), 10) for _ in range(100)]
        start, longest, open_ = time.monotonic(), 0, set(trickles)
        client = self.server.client()
        while open_ and time.monotonic() - start < TRICKLE_S:
            before = time.monotonic()
            self.assertEqual(client("GET", "/healthz").status, 200)
            longest = max(longest, time.monotonic() - before)
            for s in list(open_):
                try:
                    s.sendall(b"X-A: b\r\n")
                    s.setblocking(False)
                    if s.recv(1000) == b"":
                        open_.discard(s)
                except BlockingIOError:
                    pass
                except OSError:
                    open_.discard(s)
                finally:
                    s.setblocking(True)
            time.sleep(0.5)
        print(f"trickles were cut off after {time.monotonic() - start:.0f} s at most; "
              f"others waited {longest * 1000:.0f} ms at most")
        for s in trickles + many:
            s.close()
        self.assertFalse(open_)
        self.assertLess(longest, 15) # the trickles take 20

    def test_many_that_send_nothing_do_not_keep_others_out(self):
        idle = []
        for _ in range(500):
            s = socket.socket()
            s.setblocking(False)
            s.connect_ex((self.server.host.split(":")[0], int(self.server.host.split(":")[1])))
            idle.append(s)
        client, longest, start = self.server.client(), 0, time.monotonic()
        while time.monotonic() - start < 8:
            before, answered = time.monotonic(), False
            while not answered and time.monotonic() - before < 15:
                try:
                    self.assertEqual(client("GET", "/healthz").status, 200)
                    answered = True
                except ConnectionError:
                    time.sleep(0.1) # no room at this moment; a browser asks again, too
            longest = max(longest, time.monotonic() - before)
            time.sleep(0.05)
        for s in idle:
            s.close()
        print(f"beside 500 silent connections others waited {longest * 1000:.0f} ms at most")
        self.assertLess(longest, 15) # who sends nothing may stay for 20

    def test_a_stop_finishes_what_is_under_way(self):
        other = server.Server()
        try:
            client, answers = other.client("auditor"), []

            def ask():
                try:
                    answers.append(client("POST", "/api/v1/record/verify").status)
                except OSError:
                    pass # it had not been accepted yet

            threads = [threading.Thread(target=ask) for _ in range(8)]
            for thread in threads:
                thread.start()
            time.sleep(0.02)
            self.assertEqual(other.stop(), 0)
            for thread in threads:
                thread.join()
            self.assertEqual(set(answers) - {200}, set())
            with self.assertRaises(OSError):
                socket.create_connection(other.host.split(":"), 1)
        finally:
            other.close()


class Listening(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if not os.path.exists(server.assay):
            raise unittest.SkipTest("assay is not built yet")

    def test_other_addresses_are_refused_with_the_reason(self):
        with_data = server.Server()
        try:
            with_data.stop()
            for address in ("0.0.0.0:8470", "[::]:8470", "192.0.2.1:80", "example.org:80", "8470",
                            "127.0.0.2:80", "127.0.0.1:99999", ":80", "unix:"):
                done = subprocess.run([server.assay, "serve", "--listen", address],
                                      env=with_data.env, capture_output=True, text=True)
                self.assertNotEqual(done.returncode, 0, address)
                self.assertTrue("loopback" in done.stderr or "UNIX" in done.stderr, done.stderr)
        finally:
            with_data.close()

    def test_a_unix_socket_is_the_proxys_alone_and_names_its_client(self):
        path = f"/tmp/assay-api-{os.getpid()}.sock"
        with socket.socket(socket.AF_UNIX) as stale:
            stale.bind(path) # left behind by a server that was killed
        with_socket = server.Server(listen="unix:" + path)
        try:
            self.assertEqual(with_socket.address, "unix:" + path)
            self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o660)
            body = b'{"link":"%s"}' % with_socket.links["assessor"].encode()
            with socket.socket(socket.AF_UNIX) as s:
                s.connect(path)
                s.sendall(b"POST /api/v1/session HTTP/1.1\r\nHost: assay.example\r\n"
                          b"Origin: https://assay.example\r\nX-Real-IP: 192.0.2.7\r\n"
                          b"Content-Type: application/json\r\nConnection: close\r\n"
                          b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
                s.settimeout(10)
                got = b"".join(iter(lambda: s.recv(65536), b""))
            self.assertTrue(got.startswith(b"HTTP/1.1 200 "), got)
            self.assertEqual(with_socket.stop(), 0)
            self.assertFalse(os.path.exists(path))
        finally:
            with_socket.close()


if __name__ == "__main__":
    server.main()
