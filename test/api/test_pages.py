"""The pages that work by text: entries found, told and proved; items found; the site's settings."""
import base64
import hashlib
import unittest

import server


def leaf_hash(entry):
    return hashlib.sha256(b"\0" + entry).digest()


def root_by_path(index, size, leaf, path):
    """RFC 9162, 2.1.3.2: the root that an inclusion path leads to."""
    node, last, path = index, size - 1, list(path)
    found = leaf
    for one in path:
        if node & 1 or node == last:
            found = hashlib.sha256(b"\1" + one + found).digest()
            while node and not node & 1:
                node, last = node >> 1, last >> 1
        else:
            found = hashlib.sha256(b"\1" + found + one).digest()
        node, last = node >> 1, last >> 1
    return found if last == 0 else None


class Pages(server.ServerCase):
    pictures = 5

    def search(self, **body):
        answer = self.server.client("auditor")("POST", "/api/v1/record/search", body)
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json()

    def signed(self):
        """All that is written so far gets its index and a head."""
        self.server.restart()

    def test_entries_are_found_by_what_they_say(self):
        self.server.client("welfare")
        self.signed()
        found = self.search(action="sign_in", person="welfare")
        self.assertEqual({e["entry"]["action"] for e in found["entries"]}, {"sign_in"})
        self.assertEqual({e["who"] for e in found["entries"]}, {"welfare"})
        everything = self.search(count=200)["entries"]
        indexes = [e["index"] for e in everything]
        self.assertEqual(indexes, sorted(indexes, reverse=True))
        item = next(o for e in everything for o in e["entry"]["objects"] if o.startswith("item:"))
        about = self.search(object=item)["entries"]
        self.assertTrue(about and all(item in e["entry"]["objects"] for e in about))
        first = self.search(count=1)
        second = self.search(count=1, before=first["next"])
        self.assertEqual(second["entries"][0]["index"], first["entries"][0]["index"] - 1)
        self.assertEqual(self.search(from_at="2000-01-01T00:00:00Z", to_at="2000-01-02T00:00:00Z"),
                         {"entries": [], "next": None})

    def test_what_the_record_has_no_word_for_is_refused_in_words(self):
        auditor = self.server.client("auditor")
        for body in ({"action": "no.such"}, {"object": "task"}, {"object": "task:x"},
                     {"person": "nobody-here"}, {"from_at": "yesterday"}):
            answer = auditor("POST", "/api/v1/record/search", body)
            self.assertEqual(answer.status, 422, body)
            self.assertTrue(answer.detail())

    def test_an_entry_and_its_proof_lead_to_the_signed_head(self):
        self.signed()
        auditor = self.server.client("auditor")
        event = self.search(action="workspace.created")["entries"][0]["entry"]["event"]
        path = f"/api/v1/record/entries/{event}/"
        entry = auditor("GET", path + "entry.json")
        self.assertIn("attachment", entry.headers["Content-Disposition"])
        proof = auditor("GET", path + "entry.tlog-proof").body.decode()
        head, checkpoint = proof.split("\n\n", 1)
        lines = head.split("\n")
        self.assertEqual(lines[0], "c2sp.org/tlog-proof@v1")
        index = next(int(l[6:]) for l in lines if l.startswith("index "))
        hashes = [base64.b64decode(l) for l in lines[1:] if not l.startswith(("index ", "extra "))]
        size, root = checkpoint.split("\n")[1:3]
        found = root_by_path(index, int(size), leaf_hash(entry.body), hashes)
        self.assertEqual(found, base64.b64decode(root))
        for wrong in ("0" * 32 + "/entry.json", event + "/entry.txt", "xyz/entry.json"):
            self.assertEqual(auditor("GET", "/api/v1/record/entries/" + wrong).status, 404)

    def test_a_picture_is_found_by_its_hashes_and_told_as_text(self):
        lead = self.server.client("lead")
        file = next(p for p in sorted((self.server.top / "pictures").rglob("*")) if p.is_file())
        content = file.read_bytes()
        for name in ("md5", "sha1", "sha256"):
            digest = hashlib.new(name, content).hexdigest()
            found = lead("POST", "/api/v1/items/search", {"query": digest.upper()}).json()["items"]
            self.assertEqual([i["by"] for i in found], [name])
        item = lead("GET", f"/api/v1/items/{found[0]['item']}")
        self.assertEqual(item.json()["sha256"], hashlib.sha256(content).hexdigest())
        self.assertNotIn(file.name.encode(), item.body)
        names = lead("POST", f"/api/v1/items/{found[0]['item']}/names")
        self.assertIn(file.name.encode(), names.body)
        self.assertEqual(lead("POST", "/api/v1/items/search", {"query": "lake"}).status, 422)

    def test_a_setting_is_kept_within_its_bounds_and_on_the_record(self):
        admin = self.server.client("admin")
        for row in admin("GET", "/api/v1/settings").json()["settings"]:
            path = "/api/v1/settings/" + row["name"]
            for value in (row["min"] - 1, row["max"] + 1):
                self.assertEqual(admin("PUT", path, {"value": value}).status, 422, row)
        changed = admin("PUT", "/api/v1/settings/decode.wall_s", {"value": 33}).json()["settings"]
        self.assertEqual({s["name"]: s["value"] for s in changed}["decode.wall_s"], 33)
        self.signed()
        entry = self.search(action="setting.changed")["entries"][0]
        self.assertEqual(entry["entry"]["data"],
                         {**entry["entry"]["data"], "setting": "decode.wall_s", "to": 33})
        self.assertEqual(entry["entry"]["role"], "admin")

    def test_keys_are_told_by_their_public_halves_alone(self):
        answer = self.server.client("admin")("GET", "/api/v1/keys")
        keys = answer.json()["keys"]
        self.assertEqual(sorted(k["use"] for k in keys),
                         ["intake", "name", "record-sign", "release-sign", "ticket",
                          "wellbeing", "wrap"])
        for key in keys:
            self.assertEqual(key["public"] is None, not key["use"].endswith("-sign"))
        public = (self.server.top / "data" / "keys" / "record.pub").read_text().strip()
        self.assertIn(public, [k["public"] for k in keys])


if __name__ == "__main__":
    server.main()
