"""The matching service: keys, answers, what they give away, limits, bad input, files."""
import hashlib
import json
import os
import re
import sqlite3
import subprocess
import time

import server

WAIT_S = 60
PDQ = "0f" * 32 # 128 ones
FAR = "f0" * 32
NEAR = "0f" * 31 + "0c" # two bits off
MD5 = "12" * 16
COLLAGE = "cd" * 20
TEST_SHA256 = "34" * 32
TEST_LIST = "SELECT id FROM list WHERE kind = 'test'"


def sql(s, text):
    if "ASSAY_DB" in s.env:
        return server.postgres.query(s.env["ASSAY_DB"], text)
    with sqlite3.connect(s.top / "data/assay.db", timeout=60) as db:
        return db.execute(text).fetchall()


def blob(s, hexes):
    return f"'\\x{hexes}'::bytea" if "ASSAY_DB" in s.env else f"x'{hexes}'"


def put_list(s, number, name, kind="hashes"):
    sql(s, "INSERT INTO list (id, name, kind, trust, about_sealed, created_ms)"
           f" VALUES ({number}, '{name}', '{kind}', 'trusted', {blob(s, '00')}, 1)")


def put_row(s, number, list_id, code, tags="one two", **hashes):
    identity = hashlib.sha256(str(number).encode()).hexdigest()
    names = "".join(", " + name for name in hashes)
    values = "".join(", " + blob(s, value) for value in hashes.values())
    sql(s, "INSERT INTO list_row (id, list_id, identity, pdq_quality, scheme_name, scheme_version,"
           f" code, tags, first_version, last_version{names}) VALUES ({number}, {list_id},"
           f" {blob(s, identity)}, -1, 'training-landscapes', 1, '{code}', '{tags}',"
           f" 1, 1{values})")
    sql(s, "UPDATE list_clock SET seq = seq + 1")
    sql(s, f"INSERT INTO list_change (seq, row_id) SELECT seq, {number} FROM list_clock")


class Match(server.ServerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        s = cls.server
        put_list(s, 101, "alpha")
        put_list(s, 102, "beta")
        until = time.monotonic() + WAIT_S # the server makes it when it starts
        while not sql(s, TEST_LIST) and time.monotonic() < until:
            time.sleep(0.05)
        test_id = sql(s, TEST_LIST)[0][0]
        put_row(s, 1001, 101, "a", pdq=PDQ, md5=MD5)
        put_row(s, 1004, 101, "a", "grid one", sha1=COLLAGE)
        put_row(s, 1002, 102, "b", pdq=FAR)
        put_row(s, 1003, test_id, "c", sha256=TEST_SHA256)
        cls.keys = {}
        for name, rights in (("told", {"alpha": "detail"}), ("asks", {"alpha": "answer"}),
                             ("none", {})):
            said = s.run("client", "add", name, "--rate", "1000000", "--burst", "1000000")
            cls.keys[name] = re.search(r"assay_[0-9a-f]{16}_[0-9a-f]{64}", said)[0]
            for list_name, right in rights.items():
                s.run("client", "rights", name, list_name, right)
        cls.await_lists()

    @classmethod
    def await_lists(cls):
        """Until the server has read the last row that was put."""
        until = time.monotonic() + WAIT_S
        ask = cls.ask("none", [TEST_SHA256])
        while (ask.status != 200 or ask.json()["answers"][0]["status"] != "test") and \
                time.monotonic() < until:
            time.sleep(0.05)
            ask = cls.ask("none", [TEST_SHA256])
        assert ask.json()["answers"][0]["status"] == "test", ask.body

    @classmethod
    def ask(cls, name, hashes=None, data=None, headers=None, path="/api/v1/match", method="POST",
            **more):
        head = {"Authorization": "Bearer " + cls.keys.get(name, name), "Origin": None}
        head.update(headers or {})
        body = None if hashes is None else dict(more, hashes=hashes)
        return cls.server.client()(method, path, body, data=data, headers=head)

    def answers(self, name, hashes, **more):
        answer = self.ask(name, hashes, **more)
        self.assertEqual(answer.status, 200, answer.body)
        self.assertEqual(len(answer.json()["answers"]), len(hashes))
        return answer.json()["answers"]

    def statuses(self, name, hashes, **more):
        return [(a["status"], a["reason"]) for a in self.answers(name, hashes, **more)]

    def test_a_client_with_detail_is_told_what_the_list_says(self):
        near, md5, upper, far = self.answers("told", [NEAR, MD5, PDQ.upper(), FAR])
        self.assertEqual(near["hits"], [{
            "kind": "pdq", "distance": 2, "list": "alpha", "record": "1001",
            "scheme": "training-landscapes", "scheme_version": 1, "code": "a",
            "tags": ["one", "two"], "source": None, "collage": False}])
        [collage] = self.answers("told", [COLLAGE])
        self.assertEqual((collage["hits"][0]["collage"], collage["hits"][0]["tags"]),
                         (True, ["grid", "one"]))
        self.assertEqual((md5["status"], md5["hits"][0]["kind"]), ("match", "md5"))
        self.assertEqual(upper["hits"][0]["distance"], 0)
        self.assertEqual((far["status"], far["hits"], far["more"]), ("no_match", [], False))

    def test_the_published_picture_is_answered_test_for_everybody(self):
        picture = self.ask("none", path="/api/v1/match/test", method="GET")
        self.assertEqual((picture.status, picture.headers["Content-Type"]), (200, "image/png"))
        with open(server.ROOT / "doc/matching.md", encoding="utf-8") as doc:
            told = dict(re.findall(r"^\| (MD5|SHA-1|SHA-256|PDQ) \| `([0-9a-f]+)`", doc.read(),
                                   re.M))
        for name, kind in (("MD5", "md5"), ("SHA-1", "sha1"), ("SHA-256", "sha256")):
            self.assertEqual(hashlib.new(kind, picture.body).hexdigest(), told[name])
        self.assertEqual(subprocess.run([server.assay, "client", "test"], check=True,
                                        capture_output=True).stdout, picture.body)
        for name in ("told", "none"):
            self.assertEqual(self.statuses(name, list(told.values())), [("test", None)] * 4)
        file = self.ask("none", data=picture.body,
                        headers={"Content-Type": "application/octet-stream"}).json()
        self.assertEqual((file["answers"][0]["status"], file["file"]["pdq"]), ("test", told["PDQ"]))

    def test_distance_is_the_clients_or_less(self):
        self.assertEqual(self.statuses("asks", [NEAR], distance=1), [("no_match", None)])
        self.assertEqual(self.statuses("asks", [NEAR], distance=2), [("match", None)])
        self.server.run("client", "set", "asks", "--distance", "1")
        self.addCleanup(self.server.run, "client", "set", "asks", "--distance", "31")
        until = time.monotonic() + WAIT_S
        while self.statuses("asks", [NEAR])[0][0] == "match" and time.monotonic() < until:
            time.sleep(0.05)
        self.assertEqual(self.statuses("asks", [NEAR]), [("no_match", None)])

    def test_what_cannot_be_looked_up_has_a_reason_and_is_no_no(self):
        flat = "00" * 32
        self.assertEqual(self.statuses("asks", [
            "zz" * 32, "12", "", {"value": MD5, "kind": "pdq"}, {"value": PDQ, "kind": "phash"},
            {"value": PDQ, "kind": "pdq", "quality": 49}, {"value": flat, "kind": "pdq"}, flat,
            {"value": PDQ, "kind": "pdq", "quality": 50}]), [
                ("unmatchable", "format"), ("unmatchable", "format"), ("unmatchable", "format"),
                ("unmatchable", "format"), ("unmatchable", "kind"), ("unmatchable", "low_quality"),
                ("unmatchable", "degenerate"), ("no_match", None), ("match", None)])

    def test_without_the_detail_right_every_answer_has_one_size_and_nothing_else(self):
        asks = [[PDQ], [FAR], ["zz"], [TEST_SHA256], [MD5], ["ab" * 20],
                [{"value": "00" * 32, "kind": "pdq"}]]
        answers = [self.ask("asks", one) for one in asks]
        self.assertEqual({len(a.body) for a in answers}, {len(answers[0].body)})
        self.assertEqual({str(sorted(k for k in a.headers if k != "Date")) for a in answers},
                         {str(sorted(k for k in answers[0].headers if k != "Date"))})
        for answer in answers:
            self.assertEqual(set(answer.json()["answers"][0]), {"status", "reason", "pad"})
        self.assertEqual(self.statuses("none", [PDQ, MD5, TEST_SHA256]),
                         [("no_match", None), ("no_match", None), ("test", None)])

    def test_only_a_key_lets_in_and_only_here(self):
        key = self.keys["asks"]
        for bad in ("", "Bearer", "Basic " + key, "Bearer " + key[:-1], "Bearer " + key + "0"):
            answer = self.ask("asks", [PDQ], headers={"Authorization": bad})
            self.assertEqual(answer.status, 401, bad)
        self.assertEqual(self.ask("asks", [PDQ], headers={"Cookie": "a=b"}).status, 403)
        for path in ("/api/v1/clients", "/api/v1/staff", "/api/v1/session", "/api/v1/items/1"):
            self.assertEqual(self.ask("asks", path=path, method="GET").status, 401, path)
        admin = self.server.client("admin")
        self.assertTrue(admin("POST", "/api/v1/match", {"hashes": [PDQ]}).hidden())
        log = (self.server.top / "log").read_text()
        self.assertNotIn(key[23:], log)

    def test_an_administrator_makes_changes_and_ends_a_client(self):
        admin = self.server.client("admin")
        made = admin("POST", "/api/v1/clients", {"name": "gamma", "rate": 5})
        self.assertEqual(made.status, 201)
        self.keys["gamma"] = made.json()["key"]
        path = "/api/v1/clients/gamma"
        right = {"rights": [{"list": "alpha", "right": "detail"}]}
        self.assertEqual(admin("PATCH", path, right).json()["lists"][0]["name"], "alpha")
        self.await_status("gamma", 200)
        terms = self.ask("gamma", path="/api/v1/match/terms", method="GET").json()
        self.assertEqual((terms["rate"], terms["keeps"]), (5, "counts"))
        fresh = admin("POST", path + "/key").json()["key"]
        self.await_status("gamma", 401)
        self.keys["gamma"] = fresh
        self.await_status("gamma", 200)
        admin("PATCH", path, {"disabled": True})
        self.await_status("gamma", 401)
        self.assertEqual(admin("PATCH", "/api/v1/clients/nobody", {}).status, 404)
        self.assertEqual(admin("PATCH", path, {"rights": [{"list": "x", "right": "all"}]}).status,
                         422)

    def await_status(self, name, status):
        until, answer = time.monotonic() + WAIT_S, None
        while time.monotonic() < until:
            answer = self.ask(name, path="/api/v1/match/terms", method="GET")
            if answer.status == status:
                return
            time.sleep(0.05)
        self.fail(f"{name}: {answer.status}, not {status}")

    def test_too_much_at_once_is_refused_and_says_when(self):
        said = self.server.run("client", "add", "slow", "--rate", "1", "--burst", "100")
        self.keys["slow"] = re.search(r"assay_\S+", said)[0]
        self.await_status("slow", 200)
        self.assertEqual(self.ask("slow", [PDQ] * 100).status, 200)
        again = self.ask("slow", [PDQ] * 90)
        self.assertEqual(again.status, 429)
        self.assertIn(int(again.headers["Retry-After"]), range(1, 92))
        self.assertNotIn("Retry-After", self.ask("slow", [PDQ] * 101).headers)

    def test_every_hash_is_counted(self):
        def counted():
            found = json.loads(self.server.run("client", "list"))["clients"]
            mine = next(c for c in found if c["name"] == "counted")
            return {(c["list"], c["outcome"]): c["count"] for c in mine["counts"]}

        said = self.server.run("client", "add", "counted")
        self.keys["counted"] = re.search(r"assay_\S+", said)[0]
        self.server.run("client", "rights", "counted", "alpha", "answer")
        self.await_status("counted", 200)
        self.answers("counted", [PDQ, FAR, FAR, "zz", TEST_SHA256])
        self.answers("counted", [MD5])
        want = {(None, "call"): 2, (None, "match"): 2, (None, "no_match"): 2,
                (None, "unmatchable"): 1, (None, "test"): 1, ("101", "match"): 2}
        until = time.monotonic() + WAIT_S
        while counted() != want and time.monotonic() < until:
            time.sleep(0.1)
        self.assertEqual(counted(), want)

    def test_ten_thousand_hashes_are_taken_and_one_more_is_not(self):
        found = self.statuses("told", [FAR] * 9999 + [PDQ])
        self.assertEqual(found[-2:], [("no_match", None), ("match", None)])
        self.assertEqual(self.ask("told", [FAR] * 10001).status, 413)

    def test_bad_bodies_are_refused_with_their_line(self):
        for body, status in ((b"", 422), (b"{}", 422), (b"[]", 422), (b'{"hashes":[]}', 422),
                             (b'{"hashes":"x"}', 422), (b'{"hashes":[1]}', 422),
                             (b'{"hashes":[{}]}', 422), (b'{"hashes":[[]]}', 422),
                             (b'{"hashes":["ab"],"hashes":["ab"]}', 422),
                             (b'{"hashes":[{"value":"ab","value":"ab"}]}', 422),
                             (b'{"hashes":["ab"],"distance":32}', 422),
                             (b'{"hashes":["ab"],"distance":-1}', 422),
                             (b'{"hashes":["ab"],"more":1}', 422),
                             (b'{"hashes":["ab"]} x', 422), (b'{"hashes":["ab"', 422),
                             (b'{"hashes":[{"value":"ab","quality":101}]}', 422),
                             (b'{"hashes":' + b"[" * 100000, 422), (b"\xff" * 100, 422),
                             (b'{"hashes":["' + b"a" * 3000000 + b'"]}', 413)):
            answer = self.ask("told", data=body)
            self.assertEqual(answer.status, status, body[:60])
        self.assertEqual(self.ask("told", data=b"x", headers={"Content-Type": "text/html"}).status,
                         415)
        self.assertEqual(self.ask("told", [PDQ], path="/api/v1/match?distance=32").status, 422)

    def test_a_long_body_without_a_key_is_refused_unread(self):
        head = ("POST /api/v1/match HTTP/1.1\r\nHost: {0}\r\nContent-Type: application/json\r\n"
                "Authorization: Bearer no\r\nContent-Length: 99999999\r\n\r\n")
        got, closed = self.server.raw(head.format(self.server.host).encode())
        self.assertTrue(got.startswith(b"HTTP/1.1 413 "), got[:80])
        self.assertTrue(closed)


class Compatible(server.ServerCase):
    """The routes in the form of HMA: shapes as its clients read them."""

    pictures = 3

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        s = cls.server
        answer = s.client()("GET", "/status")
        assert answer.hidden(), answer.body
        s.run("setting", "set", "match.hma", "2")
        s.restart()
        put_list(s, 101, "alpha.list")
        put_list(s, 102, "beta")
        put_row(s, 1001, 101, "a", pdq=PDQ, md5=MD5)
        cls.key = re.search(r"assay_\S+", s.run("client", "add", "acme"))[0]
        s.run("client", "rights", "acme", "alpha.list", "detail")
        s.run("client", "rights", "acme", "beta", "answer")
        until = time.monotonic() + WAIT_S
        while cls.ask(f"/m/raw_lookup?signal={PDQ}&signal_type=pdq")[1].get("matches") != [1001]:
            assert time.monotonic() < until
            time.sleep(0.05)

    @classmethod
    def ask(cls, path, method="GET", data=None, kind=None, key=None):
        connection = server.http.client.HTTPConnection(cls.server.host, timeout=60)
        head = {"Authorization": f"Bearer {key or cls.key}"}
        if kind:
            head["Content-Type"] = kind
        try:
            connection.request(method, path, data, head)
            response = connection.getresponse()
            body = response.read()
        finally:
            connection.close()
        is_json = response.headers["Content-Type"].startswith("application/json")
        return response.status, json.loads(body) if is_json else body.decode()

    def form(self, path, field, data):
        body = (b'--xyz\r\nContent-Disposition: form-data; name="' + field.encode() +
                b'"; filename="a.jpg"\r\nContent-Type: image/jpeg\r\n\r\n' + data +
                b"\r\n--xyz--\r\n")
        return self.ask(path, "POST", body, "multipart/form-data; boundary=xyz")

    def test_the_shapes_are_those_that_its_clients_read(self):
        hit = {"bank_content_id": 1001, "distance": "0"}
        for path, want in (
                ("/status", "I-AM-ALIVE"), ("/status/live", "I-AM-ALIVE"),
                (f"/m/lookup?signal={PDQ}&signal_type=pdq", {"ALPHA_LIST": [hit]}),
                (f"/m/lookup?signal={NEAR}&signal_type=pdq",
                 {"ALPHA_LIST": [{"bank_content_id": 1001, "distance": "2"}]}),
                (f"/m/lookup?signal={MD5}&signal_type=video_md5", {"ALPHA_LIST": [hit]}),
                (f"/m/lookup?signal={FAR}&signal_type=pdq", {}),
                (f"/m/lookup?signal={PDQ}&signal_type=pdq&banks=OTHER,NONE", {}),
                (f"/m/raw_lookup?signal={PDQ}&signal_type=pdq&include_distance=true",
                 {"matches": [hit]}),
                ("/c/banks", [{"name": "ALPHA_LIST", "matching_enabled_ratio": 1.0}]),
                ("/c/bank/ALPHA_LIST", {"name": "ALPHA_LIST", "matching_enabled_ratio": 1.0})):
            self.assertEqual(self.ask(path), (200, want), path)
        compared = self.ask("/m/compare", "POST", json.dumps({"pdq": [PDQ, NEAR]}).encode(),
                            "application/json")
        self.assertEqual(compared, (200, {"pdq": [True, {"distance": 2}]}))
        index = self.ask("/m/index/status?signal_type=pdq")[1]["pdq"]
        self.assertTrue(index["present"])
        self.assertGreaterEqual(index["size"], 1)

    def bank(self, name, body, key):
        return self.ask(f"/c/bank/{name}/signal", "POST", json.dumps(body).encode(),
                        "application/json", key)

    def await_matches(self, signal, want, key):
        until = time.monotonic() + WAIT_S
        path = f"/m/lookup?signal={signal}&signal_type=pdq"
        while self.ask(path, key=key) != (200, want) and time.monotonic() < until:
            time.sleep(0.05)
        self.assertEqual(self.ask(path, key=key), (200, want))

    def test_a_client_fills_its_own_bank_and_no_other(self):
        s = self.server
        key = re.search(r"assay_\S+", s.run("client", "add", "filler"))[0]
        s.run("client", "bank", "filler", "acme-own")
        s.run("client", "rights", "filler", "alpha.list", "detail")
        other = re.search(r"assay_\S+", s.run("client", "add", "other"))[0]
        s.run("client", "rights", "other", "acme-own", "detail")
        until = time.monotonic() + WAIT_S # a right is in force within a second
        while (self.ask("/c/bank/ACME_OWN", key=key)[0] != 200 or
               self.ask("/c/bank/ACME_OWN", key=other)[0] != 200) and time.monotonic() < until:
            time.sleep(0.05)
        mine = "00ff" * 16
        status, banked = self.bank("ACME_OWN", {"pdq": mine, "note": "of a lake", "metadata": {}},
                                   key)
        self.assertEqual((status, banked["signals"]), (200, {"pdq": mine}))
        self.assertEqual(self.bank("ACME_OWN", {"pdq": mine}, key)[1]["id"], banked["id"])
        hit = {"ACME_OWN": [{"bank_content_id": banked["id"], "distance": "0"}]}
        self.await_matches(mine, hit, key)
        self.await_matches(mine, hit, other)
        for name, body, by, want in (
                ("ACME_OWN", {"pdq": mine}, other, 403), ("ALPHA_LIST", {"pdq": mine}, key, 403),
                ("BETA", {"pdq": mine}, key, 404), ("ACME_OWN", {}, key, 400),
                ("ACME_OWN", {"pdq": mine[1:]}, key, 400), ("ACME_OWN", {"pdq": 7}, key, 400),
                ("ACME_OWN", {"pdq": "0" * 64}, key, 400),
                ("ACME_OWN", {"pdq": "f" * 63 + "0"}, key, 400),
                ("ACME_OWN", {"video_md5": "d41d8cd98f00b204e9800998ecf8427e"}, key, 400),
                ("ACME_OWN", {"pdq": mine, "note": "x" * 256}, key, 400),
                ("ACME_OWN", {"pdq": mine, "more": 1}, key, 400)):
            self.assertEqual(self.bank(name, body, by)[0], want, (name, body))
        content = f"/c/bank/ACME_OWN/content/{banked['id']}"
        self.assertEqual(self.ask(content, "DELETE", key=other)[0], 403)
        self.assertEqual(self.ask("/c/bank/ACME_OWN/content/1001", "DELETE", key=key)[0], 404)
        self.assertEqual(self.ask(content, "DELETE", key=key), (200, {"deleted": 1}))
        self.assertEqual(self.ask(content, "DELETE", key=key)[0], 404)
        self.await_matches(mine, {}, key)
        self.assertEqual(self.bank("ACME_OWN", {"pdq": mine}, key)[1]["id"], banked["id"])
        self.await_matches(mine, hit, key)
        found = sql(s, "SELECT trust, kind FROM list WHERE name = 'acme-own'")
        self.assertEqual([tuple(row) for row in found], [("candidate", "client")])

    def plain(self, path, method="GET", data=None, **head):
        """Without a key, with these headers."""
        connection = server.http.client.HTTPConnection(self.server.host, timeout=60)
        try:
            connection.request(method, path, data,
                               {name.replace("_", "-"): value for name, value in head.items()})
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def test_a_program_of_this_machine_needs_no_key_and_a_page_does(self):
        s, lookup = self.server, f"/m/lookup?signal={PDQ}&signal_type=pdq"
        self.assertEqual(self.plain(lookup)[0], 401) # there is no such client yet
        s.run("client", "add", "local")
        s.run("client", "rights", "local", "alpha.list", "detail")
        until = time.monotonic() + WAIT_S
        while self.plain(lookup) != (200, b'{"ALPHA_LIST":[{"bank_content_id":1001,'
                                          b'"distance":"0"}]}'):
            assert time.monotonic() < until, self.plain(lookup)
            time.sleep(0.05)
        long = b'{"pdq":["' + PDQ.encode() + b'","' + NEAR.encode() + b'"]' + b" " * 70000 + b"}"
        compare = ("/m/compare", "POST", long)
        self.assertEqual(self.plain(*compare, Content_Type="application/json")[0], 413)
        short = ("/m/compare", "POST", long.replace(b" ", b""))
        self.assertEqual(self.plain(*short, Content_Type="application/json")[0], 200)
        picture = sorted((s.top / "pictures").rglob("*.jpg"))[0].read_bytes() + bytes(200000)
        form = (b'--xyz\r\nContent-Disposition: form-data; name="photo"; filename="a"\r\n\r\n' +
                picture + b"\r\n--xyz--\r\n")
        status, hashed = self.plain("/h/hash", "POST", form,
                                    Content_Type="multipart/form-data; boundary=xyz")
        self.assertEqual((status, set(json.loads(hashed))), (200, {"pdq"}))
        host = self.server.host
        for head in ({"Origin": "http://" + host}, {"Origin": "null"}, {"Sec_Fetch_Mode": "cors"},
                     {"Sec_Fetch_Site": "none"}, {"Referer": "http://other.example/"},
                     {"Cookie": "a=b"}, {"User_Agent": "Mozilla/5.0 (X11)"}, {"Via": "1.1 x"},
                     {"X_Forwarded_For": "192.0.2.1"}, {"X_Forwarded_Proto": "https"},
                     {"X_Real_IP": "192.0.2.1"}, {"Forwarded": "for=192.0.2.1"},
                     {"Authorization": "Bearer no"}, {"Authorization": "Basic eDp5"}):
            for path, *more in ((lookup,), short):
                status = self.plain(path, *more, **head)[0]
                self.assertIn(status, (400, 401, 403), (path, head))
        self.assertEqual(self.plain(lookup, Host="rebound.example")[0], 400)
        for path in ("/api/v1/match/terms", "/api/v1/match/test", "/api/v1/match/changes"):
            self.assertEqual(self.plain(path)[0], 401, path)
        self.assertEqual(self.plain("/api/v1/match", "POST", b'{"hashes":["00"]}',
                                    Content_Type="application/json")[0], 401)
        [local] = [c for c in json.loads(s.run("client", "list"))["clients"]
                   if c["name"] == "local"]
        s.run("client", "disable", "local")
        until = time.monotonic() + WAIT_S
        while self.plain(lookup)[0] != 401 and time.monotonic() < until:
            time.sleep(0.05)
        self.assertEqual((self.plain(lookup)[0], local["keeps"]), (401, "counts"))

    def test_photos_are_hashed_and_looked_up(self):
        picture = sorted((self.server.top / "pictures").rglob("*.jpg"))[0].read_bytes()
        status, got = self.form("/h/hash?types=pdq", "photo", picture)
        self.assertEqual(status, 200, got)
        self.assertRegex(got["pdq"], "^([0-9a-f]{64})?$")
        self.assertEqual(self.form("/h/hash", "photo", b"text"), (200, {"pdq": ""}))
        status, got = self.form("/m/lookup", "photo", picture)
        self.assertEqual((status, set(got)), (200, {"pdq"}))
        self.assertEqual(self.form("/h/hash", "video", picture)[0], 400)

    def test_what_is_wrong_is_a_message(self):
        for path, status in (("/h/hash?url=https%3A%2F%2Fexample.org%2Fa.jpg", 403),
                             ("/m/lookup?url=https://example.org/a.jpg", 403),
                             ("/m/lookup?signal=12&signal_type=pdq", 400),
                             ("/m/lookup?signal=12", 400), ("/c/bank/BETA", 404),
                             (f"/m/lookup?signal={PDQ}&signal_type=trend_query", 400)):
            got, body = self.ask(path)
            self.assertEqual((got, set(body)), (status, {"message"}), path)
        self.assertEqual(self.ask("/c/banks", key="no")[0], 401)
        for body in (b"", b"--xyz", b"--xyz\r\n\r\n\r\n--xyz--", b"x" * 5000):
            got, _ = self.ask("/h/hash", "POST", body, "multipart/form-data; boundary=xyz")
            self.assertEqual(got, 400)


class Files(server.ServerCase):
    pictures = 3

    def test_a_file_is_answered_and_leaves_nothing_anywhere(self):
        s = self.server
        picture = sorted(p for p in (s.top / "pictures").rglob("*.jpg"))[0].read_bytes()
        mark = os.urandom(48).hex().encode()
        sent = picture + mark # behind the end of the picture: it is decoded all the same
        put_list(s, 101, "alpha")
        put_row(s, 1001, 101, "a", sha256=hashlib.sha256(sent).hexdigest())
        key = re.search(r"assay_\S+", s.run("client", "add", "acme"))[0]
        s.run("client", "rights", "acme", "alpha", "detail")
        head = {"Authorization": "Bearer " + key, "Origin": None,
                "Content-Type": "application/octet-stream"}

        def ask(data):
            return s.client()("POST", "/api/v1/match", data=data, headers=head)

        until, answer = time.monotonic() + WAIT_S, ask(sent)
        while (answer.status != 200 or answer.json()["answers"][0]["status"] != "match") and \
                time.monotonic() < until:
            time.sleep(0.05)
            answer = ask(sent)
        got = answer.json()
        self.assertEqual(got["file"]["sha256"], hashlib.sha256(sent).hexdigest())
        self.assertEqual(got["file"]["type"], "image/jpeg")
        self.assertEqual(len(got["file"]["pdq"]), 64)
        self.assertEqual(got["answers"][0]["hits"][0]["kind"], "sha256")
        text = ask(b"no picture " + mark).json()
        self.assertEqual(text["answers"][0]["status"], "unmatchable")
        self.assertEqual(text["answers"][0]["reason"], "not_a_picture")
        self.assertEqual(ask(b"").status, 422)
        for folder, _, names in os.walk(s.top):
            for name in names:
                path = os.path.join(folder, name)
                if not os.path.isfile(path):
                    continue
                with open(path, "rb") as file:
                    self.assertNotIn(mark, file.read(), path)


if __name__ == "__main__":
    server.main()
