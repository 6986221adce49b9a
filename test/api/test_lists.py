"""Lists as people see them, and what they know of a hash: asked on the record, by those who may."""
import time

import server

WAIT_S = 60
MD5 = "12" * 16
SHA256 = "34" * 32
PDQ = "0f" * 32
NEAR = "0f" * 31 + "0c" # two bits off


class Lists(server.ServerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.file = cls.server.top / "list.jsonl"
        cls.file.write_text(
            f'{{"md5":"{MD5}","scheme":"training-landscapes","code":"L1"}}\n'
            f'{{"sha256":"{SHA256}"}}\n{{"pdq":"{PDQ}"}}\n')
        cls.server.run("list", "import", "hotline", str(cls.file), "--trust", "trusted",
                       "--source", "A hotline")

    def look_up(self, hash_text, role="auditor"):
        return self.server.client(role)("POST", "/api/v1/lookup", {"hash": hash_text})

    def found(self, hash_text):
        """What is found, once the server has read the list."""
        until = time.monotonic() + WAIT_S
        answer = self.look_up(hash_text)
        while (answer.status != 200 or not answer.json()["rows"]) and time.monotonic() < until:
            time.sleep(0.1)
            answer = self.look_up(hash_text)
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json()["rows"]

    def test_a_hash_is_found_with_what_its_list_says(self):
        self.assertEqual(self.found(MD5), [
            {"list": "hotline", "kind": "hashes", "trust": "trusted", "hash": "md5", "distance": 0,
             "scheme": "training-landscapes", "code": "L1", "quarantined": False,
             "expires_at": None}])
        rows = [(row["hash"], row["distance"], row["code"]) for row in self.found(NEAR)]
        self.assertEqual(rows, [("pdq", 2, None)])
        self.assertEqual([row["hash"] for row in self.found(SHA256)], ["sha256"])
        nothing = self.look_up("99" * 20).json()
        self.assertEqual(nothing, {"rows": [], "more": False})

    def test_what_is_no_hash_and_who_may_not_ask_are_refused(self):
        self.assertEqual(self.look_up("12").status, 422)
        self.assertEqual(self.look_up("zz" * 16).status, 422)
        self.assertEqual(self.look_up(MD5, "assessor").status, 404)

    def test_lists_are_shown_with_their_versions(self):
        client = self.server.client("admin")
        shown = {row["name"]: row for row in client("GET", "/api/v1/lists").json()["lists"]}
        self.assertEqual(shown["hotline"]["hashes"], 3)
        self.assertEqual(shown["hotline"]["about"]["source"], "A hotline")
        one = client("GET", "/api/v1/lists/hotline").json()["lists"][0]
        self.assertEqual([(v["version"], v["added"], v["removed"]) for v in one["versions"]],
                         [(1, 3, 0)])
        self.assertEqual(client("GET", "/api/v1/lists/none").status, 404)


if __name__ == "__main__":
    server.main()
