"""One batch from intake to the signed package by a team of three, through the command and the API.

Ann assesses and asks for the release; Ben assesses, reads and approves; Cat reads, settles what
differs, leads and audits. All have roles enough to read or approve their own work: that is refused.
At the end each act stands in the record as often as it was done. With ASSAY_TEST_URL in the
environment the store is that PostgreSQL.
"""
import collections
import itertools
import json
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "cli"))
import workspace # noqa: E402
from workspace import Workspace, main, wait_for # noqa: E402

FILES = 16
TAGS = ["season:summer", "light:day"]
WRONG = ["season:winter", "light:day"]


class Walk(unittest.TestCase):
    def setUp(self):
        self.w = Workspace("init", "--training")
        self.addCleanup(self.w.close)
        self.done = collections.Counter()
        self.keys = itertools.count()
        self.pictures = 0

    def act(self, who, method, path, body=None, status=200, action=None, once=True):
        """A request that must be answered by status; action: what then stands in the record."""
        answer = who(method, "/api/v1/" + path, body,
                     once=f"walk-{next(self.keys):08}" if once else None)
        self.assertEqual(answer.status, status, (path, answer.body[:400]))
        if action:
            self.done[action] += 1
        return answer.json() if answer.body else None

    def take(self, who, queue="grade", count=1, task=None):
        leases = who.lease(queue, count, task)
        self.done["task.leased"] += len(leases)
        return leases

    def look(self, who, lease, *renditions):
        """A picture that was sent is a view; the same ticket never serves twice."""
        for ticket in lease["pictures"]:
            if ticket["rendition"] in renditions:
                answer = who("GET", "/api/v1/pictures/" + ticket["ticket"])
                self.assertEqual((answer.status, answer.body[:2]), (200, b"\xff\xd8"))
                self.assertEqual(answer.headers["Cache-Control"], "no-store")
                self.pictures += 1
                again = who("GET", "/api/v1/pictures/" + ticket["ticket"])
                self.assertGreaterEqual(again.status, 400)
                self.act(who, "POST", f"views/{answer.headers['Assay-View']}/end",
                         {"shown_ms": 600}, status=204, action="view.ended", once=False)

    def grade(self, who, lease, code="L1", tags=None):
        self.look(who, lease, "cover", "small_grey")
        return self.act(who, "POST", "decisions", {"lease": lease["lease"], "code": code,
                        "tags": TAGS if tags is None else tags}, action="decision.made")

    def submit(self, who):
        check = self.act(who, "POST", "shift/check", action="shift.checked", once=False)
        self.assertTrue(check["ready"], check)
        return self.act(who, "POST", "shift/submit", action="lot.submitted")

    def lot_state(self, who, lot):
        lots = self.act(who, "GET", "lots", once=False)["lots"]
        return next((x for x in lots if x["lot"] == lot), {"state": None})

    def assess(self, ann, ben, cat):
        """Ann's shift: every verb once; Ben grades the second look, Cat settles the escalation."""
        for who in (ann, ben, cat):
            self.act(who, "POST", "shift", action="shift.started", once=False)
        first = self.take(ann)[0]
        self.grade(ann, first, code="L2")
        back = self.act(ann, "POST", "undo", action="decision.undone")
        self.done["task.leased"] += 1
        self.assertEqual(back["task"], first["task"])
        self.grade(ann, back)
        lease = self.take(ann)[0]
        self.act(ann, "POST", "later", {"lease": lease["lease"]}, action="task.put_off")
        seconds = self.take(ann)[0]
        self.act(ann, "POST", "second-looks", {"lease": seconds["lease"]},
                 action="task.second_look")
        escalated = self.take(ann)[0]
        self.act(ann, "POST", "escalations", {"lease": escalated["lease"], "reason": 1,
                 "note": "unsure"}, action="task.escalated")
        self.refer(cat, ann, escalated["task"])
        returned = self.take(ann)[0]
        self.act(ann, "DELETE", "leases/" + returned["lease"], status=204, action="task.returned",
                 once=False)
        named = self.take(ann, count=1)[0]
        self.act(ann, "POST", f"leases/{named['lease']}/names", action="names.viewed", once=False)
        self.grade(ann, named)
        second = self.take(ben)[0]
        self.assertEqual(second["task"], seconds["task"], "the second look comes first")
        self.grade(ben, second)
        settle = self.take(cat, "escalated")[0]
        self.assertEqual(settle["task"], escalated["task"])
        self.second, self.escalated = second["task"], settle["task"]
        self.look(cat, settle, "cover", "small_colour")
        self.act(cat, "POST", "decisions", {"lease": settle["lease"], "code": "L3", "tags": TAGS})
        self.done.update({"decision.made": 1, "task.settled": 1})
        while leases := self.take(ann, count=4):
            for lease in leases:
                self.assertNotEqual(lease["task"], seconds["task"])
                self.grade(ann, lease)
        check = self.act(ann, "POST", "shift/check", action="shift.checked", once=False)
        self.assertIn(("later_pile", 1), [(row["rule"], row["count"]) for row in check["rows"]])
        self.grade(ann, self.take(ann, "later")[0])

    def refer(self, lead, assessor, task):
        """An escalated item goes to police at once, each step on the record."""
        [open_one] = self.act(lead, "GET", "escalations", once=False)["escalations"]
        path = f"escalations/{open_one['escalation']}/referrals"
        body = {"contact": "Night desk, Unit 7", "reason": "a place can be told", "urgent": True}
        self.act(assessor, "POST", path, body, status=404)
        self.act(lead, "POST", path, {"contact": "", "reason": "x"}, status=422)
        self.act(lead, "POST", "escalations/1/referrals", body, status=404)
        made = self.act(lead, "POST", path, body, action="referral.made")
        self.assertEqual((made["task"], made["state"]), (task, "made"))
        at = f"referrals/{made['referral']}"
        files = {}
        for name in ("referral.json", "referral.json.minisig"):
            answer = lead("GET", f"/api/v1/{at}/files/{name}")
            self.assertEqual(answer.status, 200)
            files[name] = self.w.top / name
            files[name].write_bytes(answer.body)
            self.done["referral.read"] += 1
        self.assertEqual(lead("GET", f"/api/v1/{at}/files/other").status, 404)
        said = json.loads(files["referral.json"].read_text())
        self.assertEqual([said[k] for k in ("format", "version", "training", "urgent", "contact",
                                            "reason", "batch", "sender", "task", "code")],
                         ["assay-referral", 1, True, True, body["contact"], body["reason"], "0412",
                          "Unit 7", task, None])
        self.assertEqual(said["escalation"]["reason"], 1)
        self.assertEqual(len(said["sha256"]) + len(said["md5"]) + len(said["sha1"]), 136)
        subprocess.run(["minisign", "-V", "-q", "-p", self.w.data / "keys/release.minisign.pub",
                        "-m", files["referral.json"]], check=True, capture_output=True)
        for status, step in ((409, {"state": "acknowledged"}), (409, {"state": "made"}),
                             (422, {"state": "sent", "outcome": "known"}),
                             (200, {"state": "sent"}), (409, {"state": "sent"}),
                             (200, {"state": "acknowledged"}), (422, {"state": "closed"}),
                             (422, {"state": "closed", "outcome": "x"}),
                             (200, {"state": "closed", "outcome": "known"}),
                             (409, {"state": "closed", "outcome": "known"})):
            self.act(lead, "PATCH", at, step, status=status, once=False,
                     action="referral.moved" if status == 200 else None)
        [row] = self.act(lead, "GET", "referrals", once=False)["referrals"]
        self.assertEqual((row["state"], row["outcome"], row["contact"]),
                         ("closed", "known", body["contact"]))
        self.act(assessor, "GET", "referrals", status=404, once=False)
        for path in self.w.data.rglob("assay.db*"):
            self.assertFalse(body["contact"].encode() in path.read_bytes(), "it lies sealed")

    def test_a_team_of_three_takes_a_batch_to_a_signed_package(self):
        w = self.w
        for name, roles in (("ann", "assessor,quality,release"),
                            ("ben", "assessor,quality,release,compliance"),
                            ("cat", "quality,arbiter,lead,auditor")):
            w.person(name, roles)
            self.done["staff.added"] += 1
            self.done["authorisation.granted"] += 1
        w.ok("import", "--batch", "0412", "--sender", "Unit 7", w.pictures("in", range(FILES)))
        self.done.update({"batch.created": 1, "item.imported": FILES, "item.opened": FILES,
                          "item.identified": FILES, "workspace.created": 1, "scheme.loaded": 1})
        server = w.serve()
        ann, ben, cat = (server.client(name) for name in ("ann", "ben", "cat"))
        self.done.update({"server.started": 1, "sign_in": 3})
        self.assess(ann, ben, cat)
        lots = {name: self.submit(who)["lot"]
                for name, who in (("ann", ann), ("ben", ben), ("cat", cat))}
        wait_for(lambda: all(self.lot_state(cat, lot)["state"] == "sampling"
                             for lot in lots.values()), 20)
        self.done["lot.sampled"] += 3
        self.quality(ann, ben, cat, lots)
        self.release(ann, ben)
        self.assertEqual(server.stop(), 0)
        self.done["server.stopped"] += 1
        self.record()

    def quality(self, ann, ben, cat, lots):
        """Nobody reads their own lot; a difference goes to the arbiter, back to Ann, is fixed."""
        others = set()
        for lease in self.take(ann, "reading", 4): # of Ben's and Cat's lots, never of her own
            others.add(lease["task"])
            self.act(ann, "DELETE", "leases/" + lease["lease"], status=204,
                     action="task.returned", once=False)
        self.assertEqual(others, {self.second, self.escalated}, "Ann's own lot is not hers to read")
        wrong = 0
        for reader in (ben, cat):
            while leases := self.take(reader, "reading"):
                lease = leases[0]
                self.assertIsNone(lease["code"], "a reading is blind")
                self.look(reader, lease, "cover")
                code = "L3" if lease["task"] == self.escalated else "L1"
                tags = TAGS
                if wrong == 0 and lease["task"] not in others:
                    tags, wrong = WRONG, 1
                self.act(reader, "POST", "readings", {"lease": lease["lease"], "code": code,
                         "tags": tags}, action="reading.made")
        self.assertEqual(wrong, 1)
        third = self.take(cat, "third")
        self.assertEqual(len(third), 1)
        self.act(cat, "POST", "readings", {"lease": third[0]["lease"], "code": "L1", "tags": WRONG,
                 "reason": "snow on the hill"}, action="reading.made")
        self.done["correction.opened"] += 1
        mine = self.act(ann, "GET", "corrections", once=False)["corrections"]
        self.assertEqual([(c["state"], c["severity"]) for c in mine if c["mine"]],
                         [("open", "minor")])
        self.assertNotEqual(self.lot_state(cat, lots["ann"])["state"], "passed")
        candidates = self.act(ann, "GET", "releases", once=False)["candidates"]
        self.assertGreater(candidates[0]["held_lots"], 0, candidates)
        self.act(ann, "POST", f"corrections/{mine[0]['correction']}/answer",
                 {"fix": {"code": "L1", "tags": WRONG}}, action="correction.answered")
        self.done["decision.made"] += 1
        for lot in lots.values():
            wait_for(lambda: self.lot_state(cat, lot)["state"] == "passed")
        self.done["lot.closed"] += 3

    def release(self, ann, ben):
        asked = self.act(ann, "POST", "releases", {"scheme": "training-landscapes",
                         "min_readings": 1}, action="release.requested")
        body = {"content_sha256": asked["content_sha256"]}
        self.assertEqual(asked["rows"], FILES)
        refused = ann("POST", f"/api/v1/releases/{asked['release']}/approve", body,
                      once="approve-own")
        self.assertIn(refused.status, (403, 404, 409), "who asks cannot approve")
        stale = ben("POST", f"/api/v1/releases/{asked['release']}/approve",
                    {"content_sha256": "0" * 64}, once="approve-other")
        self.assertGreaterEqual(stale.status, 400, "only exactly what goes out is approved")
        self.act(ben, "POST", f"releases/{asked['release']}/approve", body,
                 action="release.approved")
        out = self.w.top / "out"
        out.mkdir()
        package = Path(self.w.ok("export", "-o", out).text().strip())
        self.done["release.written"] += 1
        key = self.w.data / "keys/release.minisign.pub"
        signed = subprocess.run(["minisign", "-V", "-q", "-p", key, "-m",
                                 package / "manifest.json"], capture_output=True)
        self.assertEqual(signed.returncode, 0, signed.stderr)
        refused = self.w.run("verify", "--key", key, package)
        self.assertEqual(refused.status, 1, "a training package is no real list")
        self.assertIn(b"training", refused.err)
        self.assertIn(f"good: {FILES} hashes", self.w.ok("verify", "--training", "--key", key,
                                                         package).text())
        alone = Path(workspace.assay).with_name("assay-verify")
        done = subprocess.run([alone, "--training", "--key", key, package], capture_output=True,
                              text=True)
        self.assertIn(f"good: {FILES} hashes", done.stdout, done.stderr)
        self.assertEqual(subprocess.run([alone, package], capture_output=True).returncode, 1)
        rows = [json.loads(line) for line in (package / "hashes.jsonl").read_text().splitlines()]
        codes = collections.Counter(row["code"] for row in rows if "code" in row)
        self.assertEqual(codes, {"L1": FILES - 1, "L3": 1})
        self.another_takes(package, rows)
        with open(package / "hashes.csv", "ab") as file:
            file.write(b"x\n")
        self.assertEqual(self.w.run("verify", "--training", "--key", key, package).status, 1)

    def another_takes(self, package, rows):
        """Another workspace takes the package's grades as hidden votes of who let it go."""
        other = Workspace("init", "--training")
        self.addCleanup(other.close)
        folder = other.pictures("in", range(FILES))
        refused = other.run("import", "--sidecar", package, folder)
        self.assertEqual((refused.status, other.stats()["items"]), (3, 0), refused.err)
        self.assertIn(b"--training accepts it", refused.err)
        self.assertEqual(other.run("import", package).status, 2, "a package is no media")
        other.ok("import", "--training", "--sidecar", package, folder)
        votes = other.query("SELECT code, tags FROM vote")
        self.assertCountEqual(votes, [(row["code"], " ".join(row["tags"])) for row in rows])

    def record(self):
        """Each act as often as it was done, no more; pictures served = views = entries."""
        self.assertIn("good: ", self.w.verified())
        server = self.w.serve()
        self.done["server.started"] += 1
        cat = server.client("cat")
        found, after = collections.Counter(), 0
        while after is not None:
            page = self.act(cat, "GET", f"record/entries?from={after}", once=False)
            found.update(entry["entry"]["action"] for entry in page["entries"]
                         if entry["entry"]["outcome"] != "refused")
            after = page["next"]
        self.done["picture.viewed"] = self.pictures
        self.assertEqual(self.w.stats()["views"], self.pictures)
        self.done["ticket.issued"] = self.done["task.leased"]
        self.assertEqual(dict(found), dict(self.done))
        self.assertEqual(server.stop(), 0)


if __name__ == "__main__":
    main()
