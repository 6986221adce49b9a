#!/usr/bin/python3
"""Upload: one large file by the API in parts of 8 MiB: rate, and the server's memory meanwhile.

Resident memory as the kernel counts it, before, while it comes in and while it is taken in: it does
not grow with the file.
"""
import http.client
import json
import os
import re
import sys
import time

from workspace import ASSAY, Workspace

LARGE_MB = int(os.environ.get("BENCH_LARGE_MB", "2048"))
PART = 8 << 20
PASSWORD = "correct horse battery"
TAKE_S_MAX = 600


class Client:
    def __init__(self, address):
        self.address, self.cookie = address, None

    def __call__(self, method, path, body=None, kind="application/json"):
        connection = http.client.HTTPConnection(self.address, timeout=120)
        data = json.dumps(body).encode() if isinstance(body, dict) else body
        headers = {"Origin": "http://" + self.address}
        headers.update({"Content-Type": kind} if data is not None else {})
        headers.update({"Cookie": self.cookie} if self.cookie else {})
        connection.request(method, path, data, headers)
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        if answer.status >= 400:
            raise SystemExit("%s %s: %d %s" % (method, path, answer.status, text.decode()))
        found = re.search(r"assay_session=\w+", answer.getheader("Set-Cookie") or "")
        self.cookie = found.group(0) if found else self.cookie
        return json.loads(text) if text else None


def send(client, size):
    batch = client("POST", "/api/v1/batches", {"name": "large", "scheme": "training-landscapes"})
    upload = client("POST", "/api/v1/uploads",
                    {"batch": batch["batch"], "name": "large.bin", "size": size})["upload"]
    block, at = os.urandom(PART), 0
    while at < size:
        part = block[:min(PART, size - at)]
        at = client("PUT", "/api/v1/uploads/%s/bytes?offset=%d" % (upload, at), part,
                    "application/octet-stream")["received"]
    return upload


def take(client, upload):
    client("POST", "/api/v1/uploads/%s/finish" % upload)
    until = time.monotonic() + TAKE_S_MAX
    while time.monotonic() < until:
        if client("GET", "/api/v1/uploads/" + upload)["state"] == "done":
            return
        time.sleep(0.2)
    raise SystemExit("it is not taken in")


def main():
    size = LARGE_MB << 20
    print("%-36s  %8s  %8s  %8s" % ("one file of %d MB" % LARGE_MB, "MB/s", "now MB", "highest"))
    with Workspace() as w:
        secret = os.path.join(w.top, "password")
        with open(secret, "w", encoding="ascii") as f:
            f.write(PASSWORD + "\n")
        w.run(ASSAY, "user", "add", "ina", "--role", "intake", "--password-file", secret)
        client = Client(w.serve())
        client("POST", "/api/v1/session", {"name": "ina", "password": PASSWORD})
        print("%-36s  %8s  %8.0f  %8.0f" % (("after signing in", "") + w.resident_mb()), flush=True)
        start = time.monotonic()
        upload = send(client, size)
        rate = LARGE_MB / (time.monotonic() - start)
        print("%-36s  %8.0f  %8.0f  %8.0f" % (("parts received", rate) + w.resident_mb()),
              flush=True)
        start = time.monotonic()
        take(client, upload)
        rate = LARGE_MB / (time.monotonic() - start)
        print("%-36s  %8.0f  %8.0f  %8.0f" % (("taken in", rate) + w.resident_mb()), flush=True)


if __name__ == "__main__":
    sys.exit(main())
