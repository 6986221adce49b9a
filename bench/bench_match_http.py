#!/usr/bin/python3
"""The server's CPU for one hash a request, beside a constant answer, and for batches of 10,000.

One connection is kept; a request is one packet. The constant answer is /healthz. What the search
itself takes stands in bench_index; a request should cost no more than 1.25 times both together.
BENCH_HASHES=10000000 takes half an hour and 8 GB of disk.
"""
import json
import os
import random
import re
import socket
import statistics
import time

from workspace import ASSAY, Workspace

HASHES = int(os.environ.get("BENCH_HASHES", "20000"))
REQUESTS = int(os.environ.get("BENCH_REQUESTS", "5000"))
ROUNDS = 5
WAIT_S = 3600
MANY = 1000000 # from here on hashes are made in a cheaper way


def some_hash(chance):
    """A PDQ as pictures have them: exactly 128 ones."""
    return "%064x" % sum(1 << bit for bit in chance.sample(range(256), 128))


def cpu_s(pid):
    with open("/proc/%d/stat" % pid, encoding="ascii") as file:
        cells = file.read().rsplit(")", 1)[1].split()
    return (int(cells[11]) + int(cells[12])) / os.sysconf("SC_CLK_TCK")


class Connection:
    def __init__(self, address, key):
        self.address, self.key = address, key
        self.socket = socket.create_connection(address.split(":"), 60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def head(self, line):
        return "%s HTTP/1.1\r\nHost: %s\r\n" % (line, self.address)

    def health(self):
        return (self.head("GET /healthz") + "\r\n").encode()

    def match(self, hashes):
        body = json.dumps({"hashes": [{"value": h, "kind": "pdq"} for h in hashes]})
        return (self.head("POST /api/v1/match") + "Authorization: Bearer " + self.key +
                "\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) +
                body).encode()

    def ask(self, request):
        self.socket.sendall(request)
        got = b""
        while b"\r\n\r\n" not in got:
            got += self.socket.recv(65536)
        size = int(re.search(rb"(?i)content-length: (\d+)", got).group(1))
        rest = size - (len(got) - got.index(b"\r\n\r\n") - 4)
        while rest > 0:
            piece = self.socket.recv(min(rest, 1 << 20))
            got += piece
            rest -= len(piece)
        return got


def each_us(pid, asking, count):
    before = cpu_s(pid)
    for _ in range(count):
        asking()
    return (cpu_s(pid) - before) / count * 1e6


def main():
    chance = random.Random(5)
    make = some_hash if HASHES < MANY else lambda c: "%064x" % c.getrandbits(256)
    last = some_hash(chance)
    asked = [some_hash(chance) for _ in range(10000)]
    with Workspace() as w:
        path = os.path.join(w.top, "list.txt")
        with open(path, "w", encoding="ascii") as file:
            file.writelines("pdq:%s\n" % make(chance) for _ in range(HASHES - 1))
            file.write("pdq:%s\n" % last)
        w.run(ASSAY, "list", "import", "bench", path)
        said = w.run(ASSAY, "client", "add", "bench", "--rate", "1000000", "--burst", "1000000")
        w.run(ASSAY, "client", "rights", "bench", "bench", "answer")
        address = w.serve()
        c = Connection(address, re.search(r"assay_\S+", said).group(0))
        until = time.monotonic() + WAIT_S
        while b'"match"' not in c.ask(c.match([last])):
            assert time.monotonic() < until, "the list is not read"
            time.sleep(0.1)
        pid, health, one, many = w.server.pid, c.health(), c.match(asked[:1]), c.match(asked)
        rounds = [(each_us(pid, lambda: c.ask(health), REQUESTS),
                   each_us(pid, lambda: c.ask(one), REQUESTS),
                   each_us(pid, lambda: c.ask(many), 5) / 10000) for _ in range(ROUNDS)]
    constant, single, batch = (statistics.median(column) for column in zip(*rounds))
    print("%d hashes listed, CPU of the server, medians of %d rounds" % (HASHES, ROUNDS))
    print("constant answer          %7.1f us a request" % constant)
    print("one hash                 %7.1f us a request" % single)
    print("one of 10,000 a request  %7.1f us a hash" % batch)


if __name__ == "__main__":
    main()
