"""Lists as people see them, and what they know of a hash: asked on the record, by those who may."""
import hashlib
import time

import server

WAIT_S = 60
MD5 = "12" * 16
SHA256 = "34" * 32
SHA1 = "ab" * 20
TWIN_MD5 = "78" * 16
PDQ = "0f" * 32
NEAR = "0f" * 31 + "0c" # two bits off


class Lists(server.ServerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.file = cls.server.top / "list.jsonl"
        cls.file.write_text(
            f'{{"md5":"{MD5}","scheme":"training-landscapes","scheme_version":3,"code":"L1",'
            f'"tags":["grid","two"]}}\n'
            f'{{"sha256":"{SHA256}"}}\n{{"pdq":"{PDQ}","source":"A partner"}}\n'
            f'{{"sha1":"{SHA1}"}}\n'
            f'{{"md5":"{TWIN_MD5}","sha256":"{"56" * 32}"}}\n')
        cls.server.run("list", "import", "hotline", str(cls.file), "--trust", "trusted",
                       "--source", "A hotline")

    def look_up(self, *lines, role="auditor"):
        return self.server.client(role)("POST", "/api/v1/lookup", {"hashes": list(lines)})

    def found(self, line):
        """What is found, once the server has read the list."""
        until = time.monotonic() + WAIT_S
        answer = self.look_up(line)
        while (answer.status != 200 or not answer.json()["answers"][0]["rows"]) and \
                time.monotonic() < until:
            time.sleep(0.1)
            answer = self.look_up(line)
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json()["answers"][0]["rows"]

    def test_a_hash_is_found_with_what_its_list_says(self):
        self.assertEqual(self.found(MD5), [
            {"list": "hotline", "kind": "hashes", "trust": "trusted", "source": "A hotline",
             "hash": "md5", "distance": 0, "conflict": False, "scheme": "training-landscapes",
             "scheme_version": 3, "code": "L1", "tags": ["grid", "two"], "collage": True,
             "quarantined": False, "expires_at": None}])
        near = self.found(NEAR)[0]
        self.assertEqual([near[k] for k in ("hash", "distance", "code", "source", "collage")],
                         ["pdq", 2, None, "A partner", False])
        self.assertEqual([row["hash"] for row in self.found(SHA256)], ["sha256"])

    def test_many_hashes_are_answered_in_their_order_each_with_its_status(self):
        self.found(MD5)
        lines = ["99" * 20, f"md5:{MD5.upper()} a name", "12", f"phash:{MD5}", "",
                 f"md5:{MD5}, sha256:{SHA256}", "zz" * 16]
        answers = self.look_up(*lines).json()["answers"]
        told = [(a["status"], (a["reason"] or "")[:7], len(a["rows"])) for a in answers]
        not_one = ("unmatchable", "no hash", 0)
        self.assertEqual(told, [("no_match", "", 0), ("match", "", 1), not_one, not_one, not_one,
                                ("match", "", 2), not_one])
        self.assertEqual(self.look_up().status, 422)
        self.assertEqual(self.look_up(*[MD5] * 501).status, 422)
        self.assertEqual(self.look_up("a" * 601).status, 422)
        self.assertEqual(self.look_up(MD5, role="assessor").status, 404)

    def test_an_equal_md5_with_another_sha256_is_said_to_be_a_conflict(self):
        self.found(MD5)
        rows = self.found(f"md5:{TWIN_MD5} sha256:{SHA256}")
        self.assertEqual([(r["hash"], r["conflict"]) for r in rows],
                         [("md5", True), ("sha256", False)])

    def test_a_file_is_hashed_looked_up_and_dropped(self):
        mark = b"a file to be looked up " + SHA256.encode()
        sums = self.server.top / "sums"
        sums.write_text(hashlib.sha256(mark).hexdigest() + "  name\n")
        self.server.run("list", "import", "sums", str(sums))
        self.found("sha256:" + hashlib.sha256(mark).hexdigest())
        ask = self.server.client("lead")
        head = {"Content-Type": "application/octet-stream"}
        got = ask("PUT", "/api/v1/lookup/file", data=mark, headers=head).json()
        self.assertEqual((got["file"]["size"], got["file"]["pdq_reason"]),
                         (len(mark), "not_a_picture"))
        [answer] = got["answers"]
        self.assertEqual([(r["list"], r["hash"]) for r in answer["rows"]], [("sums", "sha256")])
        other = ask("PUT", "/api/v1/lookup/file", data=mark + b"x", headers=head).json()
        self.assertEqual([(a["status"], a["reason"]) for a in other["answers"]],
                         [("unmatchable", "not_a_picture")])
        self.assertEqual(ask("PUT", "/api/v1/lookup/file", data=b"", headers=head).status, 422)
        for path in self.server.top.rglob("*"):
            if path.is_file() and path != sums:
                self.assertNotIn(mark[:30], path.read_bytes(), path)

    def put(self, path, data, role="lead"):
        return self.server.client(role)("PUT", "/api/v1/lists/" + path, data=data,
                                        headers={"Content-Type": "application/octet-stream"})

    def shown(self, name):
        return self.server.client("auditor")("GET", f"/api/v1/lists/{name}").json()["lists"][0]

    def test_a_list_is_made_checked_imported_and_removed(self):
        lead = self.server.client("lead")
        new = {"name": "partner-1", "trust": "candidate", "source": "A partner",
               "licence": "CC0", "contact": "desk@example.org"}
        made = lead("POST", "/api/v1/lists", new)
        self.assertEqual((made.status, made.json()["lists"][0]["about"]["licence"]), (201, "CC0"))
        self.assertEqual(lead("POST", "/api/v1/lists", new).status, 409)
        self.assertEqual(lead("POST", "/api/v1/lists", {"name": "Not This"}).status, 422)
        guard = {"name": "guard-1", "kind": "never_export"}
        self.assertEqual(lead("POST", "/api/v1/lists", guard).status, 422) # no reason
        wrong = ("9a" * 20 + "\nnothing\n" + "00" * 32 + "\n" + "9b" * 16 + "\n").encode()
        checked = self.put("check", wrong).json()
        self.assertEqual((checked["added"], checked["refused"]), (2, 2))
        self.assertEqual([line["line"] for line in checked["lines"]], [2, 3])
        self.assertIn("no hash", checked["lines"][0]["reason"])
        stopped = self.put("partner-1/file", wrong)
        self.assertEqual(stopped.status, 422)
        self.assertIn("line 2", stopped.json()["detail"])
        self.assertEqual(self.shown("partner-1")["versions"], [])
        taken = self.put("partner-1/file?wrong=skip", wrong, "admin").json()
        self.assertEqual([taken[k] for k in ("version", "added", "refused", "same")],
                         [1, 2, 2, False])
        self.assertEqual(self.found("9b" * 16)[0]["source"], "A partner")
        self.assertTrue(self.put("partner-1/file?wrong=skip", wrong).json()["same"])
        less = self.put("partner-1/file", ("9a" * 20).encode()).json()
        self.assertEqual((less["version"], less["added"], less["removed"]), (2, 0, 1))
        self.assertEqual(self.put("no-list/file", b"12" * 16).status, 404)
        self.assertEqual(self.put("partner-1/file?wrong=no", b"12" * 16).status, 422)
        self.assertEqual(self.put("check", b"").status, 422)
        self.assertEqual(self.put("check", b"\0\1\2").status, 422)
        self.assertEqual(lead("DELETE", "/api/v1/lists/partner-1").status, 204)
        self.assertEqual(lead("GET", "/api/v1/lists/partner-1").status, 404)
        self.assertEqual(lead("DELETE", "/api/v1/lists/own").status, 409)
        self.server.run("audit", "verify")

    def test_one_confirmation_is_set_for_a_trusted_list_alone(self):
        admin = self.server.client("admin")
        path = "/api/v1/lists/"
        set_to = admin("PATCH", path + "hotline", {"confirm": "one"}).json()["lists"][0]
        self.assertEqual(set_to["confirm"], "one")
        self.assertEqual(admin("PATCH", path + "hotline", {"confirm": "two"}).status, 422)
        self.assertEqual(admin("PATCH", path + "own", {"confirm": "one"}).status, 409)
        self.server.run("list", "set", "hotline", "--confirm", "hidden-vote")
        self.assertEqual(self.shown("hotline")["confirm"], "hidden_vote")
        self.server.run("list", "set", "hotline", status=2)

    def test_a_row_is_switched_off_with_a_reason_and_on_again(self):
        lead = self.server.client("lead")
        path = "/api/v1/lists/hotline/"
        self.assertEqual(lead("POST", path + "off", {"hash": SHA1}).status, 422) # no reason
        self.assertEqual(lead("POST", path + "off", {"hash": "99" * 20, "reason": "x"}).status, 404)
        off = lead("POST", path + "off", {"hash": SHA1, "reason": "a blank page"})
        self.assertEqual(off.json(), {"rows": 1})
        self.assertEqual(lead("POST", path + "off", {"hash": SHA1, "reason": "x"}).status, 409)
        self.assertEqual(self.shown("hotline")["switched_off"], 1)
        [row] = lead("GET", path + "held").json()["rows"]
        self.assertEqual([row[k] for k in ("sha1", "md5", "reason", "off_by", "quarantined_at")],
                         [SHA1, None, "a blank page", "lead", None])
        self.assertEqual(lead("POST", path + "on", {"hash": SHA1}).json(), {"rows": 1})
        self.assertEqual(lead("GET", path + "held").json(), {"rows": []})
        self.assertEqual(self.server.client("auditor")("GET", path + "held").status, 404)

    def test_lists_are_shown_with_their_versions(self):
        client = self.server.client("admin")
        shown = {row["name"]: row for row in client("GET", "/api/v1/lists").json()["lists"]}
        self.assertEqual(shown["hotline"]["hashes"], 5)
        self.assertEqual(shown["hotline"]["about"]["source"], "A hotline")
        one = client("GET", "/api/v1/lists/hotline").json()["lists"][0]
        self.assertEqual([(v["version"], v["added"], v["removed"]) for v in one["versions"]],
                         [(1, 5, 0)])
        self.assertEqual(client("GET", "/api/v1/lists/none").status, 404)


if __name__ == "__main__":
    server.main()
