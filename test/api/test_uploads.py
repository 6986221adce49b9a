"""Uploads: parts, going on after cuts and kills, limits; what was acknowledged is there."""
import hashlib
import io
import os
import random
import shutil
import signal
import socket
import subprocess
import time
import unittest
import zipfile

import server

PART_MIN = 64 * 1024
PART_MAX = 8 * 1024 * 1024
KILLS = 8
BATCH = {"name": "by upload", "scheme": "training-landscapes", "sender": "desk 3"}


class UploadCase(server.ServerCase):
    def setUp(self):
        self.intake = self.server.client("intake")
        self.batch = self.good(self.intake("POST", "/api/v1/batches", BATCH), 201)["batch"]

    def good(self, answer, status=200):
        self.assertEqual(answer.status, status, answer.body)
        return answer.json()

    def start(self, name, content, client=None, status=201, **more):
        body = {"batch": self.batch, "name": name, "size": len(content), **more}
        answer = (client or self.intake)("POST", "/api/v1/uploads", body)
        self.assertEqual(answer.status, status, answer.body)
        return answer.json()

    def put(self, upload, offset, part, client=None, headers=None):
        return (client or self.intake)(
            "PUT", f"/api/v1/uploads/{upload}/bytes?offset={offset}", data=part,
            headers={"Content-Type": "application/octet-stream", **(headers or {})})

    def finish(self, upload, client=None):
        """Finish, and wait until it is taken in."""
        client = client or self.intake
        self.good(client("POST", f"/api/v1/uploads/{upload}/finish"))
        until = time.monotonic() + 60
        while time.monotonic() < until:
            now = self.good(client("GET", f"/api/v1/uploads/{upload}"))
            if now["state"] not in ("open", "finishing"):
                return now
            time.sleep(0.1)
        self.fail("it is not taken in")

    def upload(self, name, content, client=None, part=PART_MAX, **more):
        at = self.start(name, content, client, **more)
        for offset in range(0, len(content), part):
            got = self.good(self.put(at["upload"], offset, content[offset:offset + part], client))
            self.assertEqual(got["received"], min(offset + part, len(content)))
        return self.finish(at["upload"], client)

    def items(self):
        return self.good(self.intake("GET", "/api/v1/stats"))["items"]

    def blobs(self):
        return sum(1 for p in (self.server.top / "data/vault").rglob("*") if p.is_file())


class Uploads(UploadCase):
    def test_a_file_in_parts_is_taken_in_whole_and_once(self):
        content = os.urandom(3 * PART_MIN + 17)
        before = self.items()
        done = self.upload("a.bin", content, part=PART_MIN,
                           sha256=hashlib.sha256(content).hexdigest())
        self.assertEqual((done["state"], done["outcome"]), ("done", "new"))
        self.assertEqual(done["sha256"], hashlib.sha256(content).hexdigest())
        self.assertEqual(self.items(), before + 1)
        self.assertEqual(self.upload("b.bin", content)["outcome"], "known")
        self.assertEqual(self.upload("b.bin", content)["outcome"], "seen")
        self.assertEqual(self.items(), before + 1)
        row = [b for b in self.good(self.intake("GET", "/api/v1/batches"))["batches"]
               if b["batch"] == self.batch][0]
        self.assertGreaterEqual(row["sightings"], 2)

    def test_nothing_of_the_parts_remains_in_the_vault(self):
        content = os.urandom(2 * PART_MIN)
        self.upload("once.bin", content, part=PART_MIN)
        self.server.run("vault", "check", "--read-data")
        before = self.blobs()
        self.upload("twice.bin", content, part=PART_MIN) # known: no blob more
        at = self.start("given up.bin", content)
        self.good(self.put(at["upload"], 0, content[:PART_MIN]))
        self.assertEqual(self.blobs(), before + 1)
        self.server.run("vault", "check", "--read-data") # a part is no stray
        answer = self.intake("DELETE", f"/api/v1/uploads/{at['upload']}")
        self.assertEqual(answer.status, 204)
        self.assertEqual(self.blobs(), before)
        self.assertEqual(self.put(at["upload"], PART_MIN, content[PART_MIN:]).status, 409)

    def test_the_same_file_is_gone_on_with_where_it_stopped(self):
        content = os.urandom(2 * PART_MIN)
        at = self.start("go on.bin", content, modified_ms=7)
        self.good(self.put(at["upload"], 0, content[:PART_MIN]))
        again = self.start("go on.bin", content, modified_ms=7)
        self.assertEqual((again["upload"], again["received"]), (at["upload"], PART_MIN))
        self.assertNotEqual(self.start("go on.bin", content, modified_ms=8)["upload"],
                            at["upload"])
        self.assertNotEqual(self.start("other.bin", content, modified_ms=7)["upload"],
                            at["upload"])
        self.start("go on.bin", content, modified_ms=7, sha256="0" * 64, status=409)
        self.good(self.put(at["upload"], PART_MIN, content[PART_MIN:]))
        self.assertEqual(self.finish(at["upload"])["sha256"], hashlib.sha256(content).hexdigest())

    def test_a_wrong_offset_is_refused_and_nothing_is_changed(self):
        content = os.urandom(3 * PART_MIN)
        at = self.start("offset.bin", content)["upload"]
        self.good(self.put(at, 0, content[:PART_MIN]))
        for offset in (0, 1, PART_MIN - 1, PART_MIN + 1, 2 * PART_MIN):
            answer = self.put(at, offset, content[:PART_MIN])
            self.assertEqual(answer.status, 409, answer.body)
            self.assertIn(str(PART_MIN), answer.detail())
        self.assertEqual(self.good(self.intake("GET", f"/api/v1/uploads/{at}"))["received"],
                         PART_MIN)
        self.assertEqual(self.intake("POST", f"/api/v1/uploads/{at}/finish").status, 409)

    def test_odd_parts_are_refused_in_words(self):
        content = os.urandom(2 * PART_MIN)
        at = self.start("odd.bin", content)["upload"]
        self.assertEqual(self.put(at, 0, content[:100]).status, 422) # too small a part
        self.assertEqual(self.put(at, 0, b"").status, 422)
        self.assertEqual(self.put(at, 0, content + b"more").status, 422)
        large = self.start("large.bin", bytes(2 * PART_MAX))["upload"]
        self.assertEqual(self.put(large, 0, b"x" * (PART_MAX + 1)).status, 413)
        head = (f"PUT /api/v1/uploads/{at}/bytes?offset=0 HTTP/1.1\r\nHost: {self.server.host}"
                "\r\nContent-Type: application/octet-stream\r\nContent-Length: 999999999\r\n\r\n")
        got, closed = self.server.raw(head.encode())
        self.assertTrue(closed and got.startswith(b"HTTP/1.1 413"), got[:300])
        path = f"/api/v1/uploads/{at}/bytes"
        octets = {"Content-Type": "application/octet-stream"}
        self.assertEqual(self.intake("PUT", path, data=content, headers=octets).status, 422)
        for query in ("?offset=-1", "?offset=x", "?offset=99999999999999999999"):
            self.assertEqual(self.intake("PUT", path + query, data=content,
                                         headers=octets).status, 422)
        self.assertEqual(self.intake("PUT", path + "?offset=0", data=b"{}").status, 415)
        self.assertEqual(self.put("77", 0, content).status, 404)
        self.assertEqual(self.good(self.intake("GET", f"/api/v1/uploads/{at}"))["received"], 0)

    def test_a_body_in_chunks_is_held_to_the_same_limits(self):
        content = os.urandom(2 * PART_MIN)
        for size, status in ((len(content), 200), (PART_MAX + 4096, 422)):
            at = self.start(f"chunks {size}.bin", content)["upload"]
            body = (content + bytes(size))[:size]
            head = (f"PUT /api/v1/uploads/{at}/bytes?offset=0 HTTP/1.1\r\nHost: "
                    f"{self.server.host}\r\nOrigin: http://{self.server.host}\r\nCookie: "
                    f"assay_session={self.intake.token}\r\nContent-Type: application/octet-stream"
                    "\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n").encode()
            chunks = b"".join(b"%x\r\n%s\r\n" % (len(body[i:i + 9999]), body[i:i + 9999])
                              for i in range(0, size, 9999))
            got, _ = self.server.raw(head + chunks + b"0\r\n\r\n", wait=10)
            self.assertTrue(got.startswith(b"HTTP/1.1 %d" % status), got[:300])

    def test_other_bytes_than_were_said_are_kept_apart_with_both_hashes(self):
        content, before = os.urandom(PART_MIN), self.items()
        said = hashlib.sha256(b"other").hexdigest()
        done = self.upload("differs.bin", content, sha256=said)
        self.assertEqual(done["state"], "differs")
        self.assertEqual((done["sha256_said"], done["sha256"]),
                         (said, hashlib.sha256(content).hexdigest()))
        self.assertEqual(self.items(), before)
        self.assertEqual(self.intake("DELETE", f"/api/v1/uploads/{done['upload']}").status, 204)

    def test_limits_of_size_and_count_are_the_settings(self):
        self.server.run("setting", "set", "upload.size_max", "1048576")
        self.start("large.bin", bytes(1048577), status=413)
        self.server.run("setting", "set", "upload.size_max", "17179869184")
        analyst = self.server.client("analyst")
        mine = self.good(analyst("GET", "/api/v1/uploads"))["uploads"]
        open_now = sum(u["state"] == "open" for u in mine)
        self.server.run("setting", "set", "upload.open_max", str(open_now + 2))
        self.addCleanup(self.server.run, "setting", "set", "upload.open_max", "200")
        for n in range(2):
            self.start(f"open {n}.bin", b"open", analyst)
        self.start("open 3.bin", b"open", analyst, status=409)
        self.start("open 1.bin", b"open", analyst) # that one is open

    def test_another_person_has_no_part_in_an_upload(self):
        content, analyst = os.urandom(PART_MIN), self.server.client("analyst")
        at = self.start("mine.bin", content)["upload"]
        self.assertEqual(self.put(at, 0, content, analyst).status, 404)
        for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/finish")):
            self.assertEqual(analyst(method, f"/api/v1/uploads/{at}{path}").status, 404)
        theirs = self.good(analyst("GET", "/api/v1/uploads"))["uploads"]
        self.assertNotIn(at, [u["upload"] for u in theirs])
        self.assertNotEqual(self.start("mine.bin", content, analyst)["upload"], at)

    def test_the_fields_go_with_the_sighting_and_the_grade_is_a_hidden_vote(self):
        analyst = self.server.client("analyst")
        done = self.upload("report.bin", os.urandom(500), analyst, url="https://a.example/x",
                           page_url="https://a.example/", found_at="2026-11-20T09:00:00Z",
                           host_country="NL", note="seen by the lake", code="not-listed", tags=[])
        self.assertEqual(done["outcome"], "new")
        for wrong in ({"host_country": "XX"}, {"code": "no such"}, {"tags": ["light:day"]},
                      {"found_at": "yesterday"}, {"name": ""}):
            self.start(**{"name": "wrong.bin", "content": b"x", "status": 422, **wrong})
        self.server.run("audit", "verify")

    def test_a_zip_is_unpacked_and_its_files_are_the_files(self):
        held = [os.urandom(40_000) for _ in range(5)]
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as z:
            for n, content in enumerate(held):
                z.writestr(f"inner/{n}.bin", content)
        before = self.items()
        done = self.upload("set.zip", packed.getvalue(), part=PART_MIN, url="https://z.example/")
        self.assertEqual((done["state"], done["outcome"]),
                         ("done", "unpacked: 5 new, 0 known, 0 seen before, 0 refused"))
        self.assertEqual(self.items(), before + 5)
        done = self.upload("set.zip", packed.getvalue()) # as after a kill: nothing twice
        self.assertEqual(done["outcome"], "unpacked: 0 new, 0 known, 5 seen before, 0 refused")
        self.assertEqual(self.items(), before + 5)
        self.server.run("vault", "check", "--read-data")

    @unittest.skipUnless(shutil.which("age"), "age is missing")
    def test_what_is_encrypted_to_the_workspace_is_opened_and_nothing_else(self):
        recipient = self.server.run("key", "show", "intake").strip()

        def seal(content, to=recipient):
            return subprocess.run(["age", "-r", to], input=content, capture_output=True,
                                  check=True).stdout

        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as z:
            for n in range(3):
                z.writestr(f"{n}.bin", os.urandom(90_000))
        before = self.items()
        sealed = seal(packed.getvalue())
        done = self.upload("set.zip.age", sealed, part=PART_MIN)
        self.assertEqual((done["state"], done["outcome"]),
                         ("done", "unpacked: 3 new, 0 known, 0 seen before, 0 refused"))
        self.assertEqual(self.items(), before + 3)
        stranger = "age1lggyhqrw2nlhcxprm67z43rta597azn8gknawjehu9d9dl0jq3yqqvfafg"
        for bad, words in ((seal(b"x" * 500, stranger), "somebody else"),
                           (sealed[:-1], "it was cut short")):
            done = self.upload("bad.zip.age", bad)
            self.assertIn(words, done["outcome"])
        self.server.run("vault", "check", "--read-data")

    def test_a_cut_connection_leaves_only_what_was_acknowledged(self):
        content = os.urandom(4 * PART_MIN)
        at = self.start("cut.bin", content)["upload"]
        self.good(self.put(at, 0, content[:PART_MIN]))
        before = self.blobs()
        for _ in range(3):
            with socket.create_connection(self.server.host.split(":"), 10) as s:
                s.sendall((f"PUT /api/v1/uploads/{at}/bytes?offset={PART_MIN} HTTP/1.1\r\nHost: "
                           f"{self.server.host}\r\nOrigin: http://{self.server.host}\r\nCookie: "
                           f"assay_session={self.intake.token}\r\nContent-Type: "
                           f"application/octet-stream\r\nContent-Length: {3 * PART_MIN}\r\n\r\n")
                          .encode() + content[PART_MIN:2 * PART_MIN])
        until = time.monotonic() + 60
        while self.blobs() != before and time.monotonic() < until:
            time.sleep(0.1)
        self.assertEqual(self.blobs(), before)
        self.assertEqual(self.good(self.intake("GET", f"/api/v1/uploads/{at}"))["received"],
                         PART_MIN)
        self.good(self.put(at, PART_MIN, content[PART_MIN:]))
        self.assertEqual(self.finish(at)["sha256"], hashlib.sha256(content).hexdigest())


class Killed(UploadCase):
    """On a server of its own, which is killed while parts are under way."""

    def kill_and_start(self):
        self.server.process.send_signal(signal.SIGKILL)
        self.server.process.wait()
        self.server.process.stdout.close()
        self.server.log.close()
        address = self.server.start(["serve", "--listen", self.server.host])
        self.server.address = address

    def test_kills_at_random_parts_lose_no_acknowledged_byte(self):
        random.seed(20261122)
        content = random.randbytes(40 * PART_MIN)
        at = self.start("killed.bin", content,
                        sha256=hashlib.sha256(content).hexdigest())["upload"]
        acknowledged, kills = 0, 0
        while acknowledged < len(content):
            part = content[acknowledged:acknowledged + PART_MIN * random.randint(1, 3)]
            if kills < KILLS and random.random() < 0.4:
                self.send_and_kill(at, acknowledged, part)
                kills += 1
                now = self.good(self.intake("GET", f"/api/v1/uploads/{at}"))
                # The part under way is here whole or not at all; the rest is here.
                self.assertIn(now["received"], (acknowledged, acknowledged + len(part)))
                acknowledged = now["received"]
            else:
                acknowledged = self.good(self.put(at, acknowledged, part))["received"]
        self.assertGreaterEqual(kills, 5)
        self.good(self.intake("POST", f"/api/v1/uploads/{at}/finish"))
        self.kill_and_start() # while it is taken in, or before
        done = self.finish(at)
        self.assertEqual(done["state"], "done")
        self.assertEqual(done["sha256"], hashlib.sha256(content).hexdigest())
        self.server.run("vault", "check", "--read-data")
        self.server.run("audit", "verify")

    def send_and_kill(self, at, offset, part):
        with socket.create_connection(self.server.host.split(":"), 10) as s:
            head = (f"PUT /api/v1/uploads/{at}/bytes?offset={offset} HTTP/1.1\r\nHost: "
                    f"{self.server.host}\r\nOrigin: http://{self.server.host}\r\nCookie: "
                    f"assay_session={self.intake.token}\r\nContent-Type: application/octet-stream"
                    f"\r\nContent-Length: {len(part)}\r\n\r\n").encode()
            s.sendall(head + part[:random.choice([0, 1000, len(part) // 2, len(part)])])
            time.sleep(random.choice([0, 0.002, 0.01]))
            self.kill_and_start()


if __name__ == "__main__":
    server.main()
