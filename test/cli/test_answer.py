"""assay answer: every record of a case goes back, once, with its grade or the reason for none."""
import hashlib
import itertools
import json
import re
import shutil
import subprocess
import unittest
from pathlib import Path

import workspace
from workspace import Workspace, png, wait_for

NEW = "http://github.com/VICSDATAMODEL/ProjectVic/DataModels/2.0.xml/UK/$metadata#"
OLD = "http://github.com/ICMEC/ProjectVic/DataModels/1.3.xml#"
TAGS = ["season:summer", "light:day"]


def media(number, data=None, **more):
    data = png(number) if data is None else data
    return {"MediaID": number, "Category": 1, "MD5": hashlib.md5(data).hexdigest(),
            "SHA1": hashlib.sha1(data).hexdigest(), "MediaSize": len(data),
            "RelativeFilePath": f"Files\\p{number}.png", **more}


def case(records, context=NEW, **more):
    return {"@odata.context": context + "Cases", "value": [
        {"CaseID": "3f2a", "CaseNumber": "TEST-6", "Media": records, **more}]}


def flat(records, context=NEW):
    return {"@odata.context": context + "Media", "value": records}


def notes(record):
    """What we say of a record, by our names."""
    return {row["PropertyName"][6:]: row["PropertyValue"] for row in record["MediaMetadata"]
            if row["PropertyName"].startswith("assay.")}


class Cases:
    """A workspace that cases come into, and answers go out of."""

    def __init__(self, *init):
        self.w = Workspace("init", *init)
        self.folder = self.w.pictures("case/Files", range(1, 12)).parent
        self.numbers = itertools.count(1)

    def take(self, document, profile="training", *options, batch=None):
        batch = batch or f"B{next(self.numbers)}"
        path = self.folder / f"{batch}.json"
        path.write_text(json.dumps(document))
        done = self.w.run("import", "--profile", profile, "--keep-going", "--batch", batch,
                          *options, path)
        assert done.status in (0, 1), done.err
        return batch

    def answer(self, batch, *options):
        """The folder that was written, and the answer of the command."""
        done = self.w.ok("answer", batch, "-o", self.w.top / "out", *options)
        return Path(re.match(rb"answer (.+): \d+ of", done.err).group(1).decode()), done

    def records(self, folder, file="case-1.json"):
        document = json.loads((folder / file).read_text(encoding="utf-8-sig"))
        if document["value"] and "Media" in document["value"][0]:
            return [r for one in document["value"] for r in one["Media"]]
        return document["value"]


class Graded(unittest.TestCase):
    """Two read, a third settles; then the case is answered."""

    @classmethod
    def setUpClass(cls):
        cls.c = Cases("--training")
        cls.addClassCleanup(cls.c.w.close)
        cls.damaged = png(8)[:60]
        (cls.c.folder / "Files/p8.png").write_bytes(cls.damaged)
        (cls.c.folder / "Files/p9.png").write_bytes(b"%PDF-1.4\nnothing to show")
        for name, roles in (("ann", "assessor"), ("ben", "quality"), ("cat", "quality,arbiter"),
                            ("dan", "intake")):
            cls.c.w.person(name, roles)
        cls.given = [
            media(1, Comments="one", Tags="landscape"), media(2), media(3, Category=3),
            media(4), media(1, MediaID=50), media(6, MD5="00" * 16), {"MD5": "ab" * 16},
            media(8, cls.damaged), media(9, b"%PDF-1.4\nnothing to show"),
            {"MD5": 7, "Comments": "no hash"}, media(5, Category=None)]
        cls.c.take(case(cls.given, ContactName="Unit 7"), batch="case")
        cls.grade_all()

    @classmethod
    def grade_all(cls):
        """Of the pictures 1 to 5: L1, but 4 cannot be assessed; 2 is read as L2, which is upheld;
        5 waits."""
        w, keys = cls.c.w, itertools.count()
        picture = {int(task): int(number) for task, number in w.query(
            "SELECT t.id, r.number FROM case_record r JOIN task t ON t.item_id = r.item_id"
            " WHERE r.number <> 5")}
        server = w.serve()
        ann, ben, cat, dan = (server.client(name) for name in ("ann", "ben", "cat", "dan"))

        def act(who, path, **body):
            return who.good("POST", "/api/v1/" + path, body or None, once=f"answer-{next(keys):08}")

        def look(who, lease):
            for ticket in lease["pictures"]:
                if ticket["rendition"] in ("cover", "small_grey"):
                    seen = who("GET", "/api/v1/pictures/" + ticket["ticket"])
                    act(who, f"views/{seen.headers['Assay-View']}/end", shown_ms=600)

        act(ann, "shift")
        while leases := ann.lease():
            [lease], number = leases, picture[int(leases[0]["task"])]
            look(ann, lease)
            if number == 11:
                act(ann, "second-looks", lease=lease["lease"])
            else:
                code = "cannot-assess" if number == 4 else "L1"
                act(ann, "decisions", lease=lease["lease"], code=code,
                    tags=[] if number == 4 else TAGS)
        act(ann, "shift/check")
        lot = act(ann, "shift/submit")["lot"]

        def state():
            return {x["lot"]: x["state"] for x in cat.good("GET", "/api/v1/lots")["lots"]}[lot]

        wait_for(lambda: state() == "sampling")
        while leases := ben.lease("reading"):
            number = picture[int(leases[0]["task"])]
            code = {2: "L2", 4: "cannot-assess"}.get(number, "L1")
            act(ben, "readings", lease=leases[0]["lease"], code=code,
                tags=[] if number == 4 else TAGS)
        [third] = cat.lease("third")
        act(cat, "readings", lease=third["lease"], code="L2", tags=TAGS, reason="a second hill")
        cls.part, _ = cls.c.answer("case", "--part", "--votes", "1")
        cls.early, _ = cls.c.answer("case")
        mine = ann.good("GET", "/api/v1/corrections")["corrections"]
        act(ann, f"corrections/{mine[0]['correction']}/answer", fix={"code": "L2", "tags": TAGS})
        wait_for(lambda: state() == "passed")
        [batch] = dan.good("GET", "/api/v1/batches")["batches"]
        cls.seen = dan.good("GET", f"/api/v1/batches/{batch['batch']}/cases")
        cls.receipt = dan.good("POST", f"/api/v1/batches/{batch['batch']}/receipt")
        cls.nothing = dan("GET", "/api/v1/batches/1/cases").status
        server.stop()

    def test_each_record_goes_back_once_with_its_grade_or_the_reason_for_none(self):
        folder, done = self.c.answer("case")
        records = self.c.records(folder)
        self.assertEqual([(r.get("MediaID"), r["Category"], notes(r)["state"]) for r in records], [
            (1, 1, "graded"), (2, 2, "graded"), (3, 1, "graded"), (4, 0, "cannot_be_assessed"),
            (50, 1, "graded"), (6, 0, "media_mismatch"), (7, 0, "media_missing"),
            (8, 0, "cannot_be_decoded"), (9, 0, "type_not_supported"), (10, 0, "record_refused"),
            (5, 0, "waiting")])
        first = notes(records[0])
        self.assertEqual({k: first[k] for k in ("scheme", "code", "tags", "mapping", "basis",
                                                "readings", "category_received")},
                         {"scheme": "training-landscapes", "code": "L1",
                          "tags": "light:day season:summer", "mapping": "exact", "basis": "seen",
                          "readings": "2", "category_received": "1"})
        self.assertEqual(records[0]["Tags"], "landscape,light:day,season:summer")
        self.assertEqual(records[0]["Comments"], "one")
        self.assertRegex(records[0]["DateUpdated"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        self.assertIn("SHA-", notes(records[5])["reason"] + "SHA-")
        names = [row["HashName"] for row in records[0]["AlternativeHashes"]]
        self.assertEqual(names[0], "SHA256")
        manifest = json.loads((folder / "answer.json").read_text())
        counts = manifest["records"]
        self.assertEqual((counts["received"], counts["answered"], counts["graded"]), (11, 11, 4))
        self.assertEqual(sum(v for k, v in counts.items() if k not in ("received", "answered")), 11)
        [vics] = [f for f in manifest["files"] if "records" in f]
        data = (folder / vics["name"]).read_bytes()
        self.assertEqual((vics["size"], vics["sha256"], vics["records"]),
                         (len(data), hashlib.sha256(data).hexdigest(), 11))
        self.assertEqual(vics["answers"], hashlib.sha256(
            (self.c.folder / "case.json").read_bytes()).hexdigest())
        self.assertIn(b"11 of 11 records", done.err)
        self.assertEqual(json.loads(data)["value"][0]["ContactName"], "Unit 7")

    def test_differences_say_what_was_settled_and_why(self):
        folder, done = self.c.answer("case")
        report = json.loads((folder / "differences.json").read_text())
        self.assertEqual([(r["number"], r["received"], r["answered"]["category"],
                           r["answered"]["code"], r["settled"]) for r in report["rows"]],
                         [(2, {"category": 1, "means": "grade", "code": "L1"}, 2, "L2",
                           "a second hill"),
                          (3, {"category": 3, "means": "grade", "code": "L3"}, 1, "L1", None)])
        self.assertIn(b"2 grades are not the sender's", done.err)
        cells = {(c["received"]["category"], c["answered"], c["state"]): c["count"]
                 for c in report["cells"]}
        self.assertEqual(cells[1, "L1", "graded"], 2)
        self.assertEqual(cells[1, "L2", "graded"], 1)
        self.assertEqual(cells[3, "L1", "graded"], 1)
        self.assertEqual(sum(cells.values()), 11)

    def test_the_console_is_told_of_cases_and_answers_and_makes_receipts(self):
        [file] = self.seen["files"]
        self.assertEqual([file[k] for k in ("profile", "vics", "region", "records", "taken",
                                            "missing", "mismatch", "refused")],
                         ["training", "2.0", "UK", 11, 8, 1, 1, 1])
        self.assertEqual([(a["number"], a["part"], a["answered"], a["states"].get("disputed", 0))
                          for a in self.seen["answers"]], [(1, True, 5, 0), (2, False, 11, 1)])
        self.assertEqual(self.nothing, 404)
        path = self.c.w.top / "by-api.json"
        path.write_text(self.receipt["receipt"])
        path.with_name("by-api.json.minisig").write_text(self.receipt["signature"])
        self.assertEqual(json.loads(self.receipt["receipt"])["files"][0]["records"], 11)
        if not shutil.which("minisign"):
            self.skipTest("no minisign (package minisign)")
        subprocess.run(["minisign", "-V", "-p", self.c.w.data / "keys/release.minisign.pub",
                        "-m", path], check=True, capture_output=True)

    def test_parts_hold_what_is_settled_and_each_record_once(self):
        """The first part was made while a lot was open: the second has what came since."""
        first = {r["MediaID"] for r in self.c.records(self.part)}
        self.assertEqual(first, {6, 7, 8, 9, 10})
        second, _ = self.c.answer("case", "--part")
        self.assertEqual([r["MediaID"] for r in self.c.records(second)], [1, 2, 3, 4, 50])
        manifest = json.loads((second / "answer.json").read_text())
        self.assertTrue(manifest["part"])
        self.assertEqual(manifest["records"]["received"], 11)
        nothing = self.c.w.run("answer", "--part", "case", "-o", self.c.w.top / "out")
        self.assertEqual(nothing.status, 3)
        self.assertIn(b"nothing is settled", nothing.err)

    def test_what_is_not_closed_is_waiting_or_disputed(self):
        states = {r["MediaID"]: notes(r)["state"] for r in self.c.records(self.early)}
        self.assertEqual([states[n] for n in (1, 2, 3, 4, 5, 50)],
                         ["waiting", "disputed", "waiting", "waiting", "waiting", "waiting"])

    def test_votes_that_a_grade_needs_are_stated(self):
        folder, _ = self.c.answer("case", "--votes", "3")
        manifest = json.loads((folder / "answer.json").read_text())
        self.assertEqual((manifest["votes"], manifest["records"]["graded"],
                          manifest["records"]["too_few_votes"]), (3, 0, 5))
        self.assertEqual({notes(r)["state"] for r in self.c.records(folder)
                          if r["MediaID"] in (1, 2, 3, 50)}, {"too_few_votes"})

    def test_an_undefined_grade_stops_all(self):
        own = self.c.w.top / "own.json"
        text = self.c.w.ok("profile", "show", "training").out
        own.write_bytes(text.replace(b'{"code": "L2", "value": 2, "mapping": "exact"},', b""))
        before = sorted((self.c.w.top / "out").iterdir())
        done = self.c.w.run("answer", "case", "--profile", own, "-o", self.c.w.top / "out")
        self.assertEqual(done.status, 3)
        self.assertIn(b"L2 of training-landscapes, which 1 record has", done.err)
        self.assertEqual(sorted((self.c.w.top / "out").iterdir()), before)

    def test_grades_get_to_the_senders_scheme_by_a_mapping_alone(self):
        own = self.c.w.top / "seasons.json"
        base = json.loads(self.c.w.ok("profile", "show", "training").out)
        base.update(scheme="training-seasons", categories=[{"value": 0, "means": "uncategorised"}])
        base["writes"]["codes"] = [{"code": "warm", "value": 7, "mapping": "exact"}]
        own.write_text(json.dumps(base))
        folder, _ = self.c.answer("case", "--profile", own)
        first = self.c.records(folder)[0]
        self.assertEqual((first["Category"], notes(first)["code"], notes(first)["mapping"]),
                         (7, "L1", "lossy"))
        base["scheme"] = "uk-2014"
        own.write_text(json.dumps(base))
        done = self.c.w.run("answer", "case", "--profile", own, "-o", self.c.w.top / "out")
        self.assertEqual(done.status, 3)
        self.assertIn(b"there is no mapping between them", done.err)

    def test_the_files_again_are_the_same_and_signed(self):
        folder, _ = self.c.answer("case")
        number = folder.name.rsplit("-", 1)[1]
        kept = folder.rename(self.c.w.top / "kept")
        self.c.answer("case", "--again", number)
        for path in kept.iterdir():
            self.assertEqual(path.read_bytes(), (folder / path.name).read_bytes(), path.name)
        there = self.c.w.run("answer", "case", "--again", number, "-o", self.c.w.top / "out")
        self.assertEqual(there.status, 3)
        self.assertIn(b"is there already", there.err)
        self.assertEqual(self.c.w.run("answer", "case", "--again", "999").status, 3)
        listed = self.c.w.ok("answer", "--list", "case").text()
        self.assertIn(json.loads((folder / "answer.json").read_text())["content_sha256"], listed)
        shutil.rmtree(kept)
        self.assertFalse([p for p in (self.c.w.top / "out").iterdir() if p.name[0] == "."])
        if not shutil.which("minisign"):
            self.skipTest("no minisign (package minisign)")
        key = self.c.w.data / "keys/release.minisign.pub"
        subprocess.run(["minisign", "-V", "-p", key, "-m", folder / "answer.json"], check=True,
                       capture_output=True)

    def test_a_profile_is_unproven_until_a_person_says_so(self):
        own = self.c.w.top / "proven.json"
        own.write_bytes(self.c.w.ok("profile", "show", "training").out + b" ")
        self.assertEqual(self.c.w.ok("profile", "proven", own).text(), "unproven\n")
        folder, done = self.c.answer("case", "--profile", own)
        self.assertIn(b"unproven", done.err)
        self.assertEqual(json.loads((folder / "answer.json").read_text())["proven"], [])
        self.c.w.ok("profile", "proven", own, "--tool", "Tool 24.1", "--person", "DC Example")
        folder, done = self.c.answer("case", "--profile", own)
        self.assertNotIn(b"unproven", done.err)
        [proof] = json.loads((folder / "answer.json").read_text())["proven"]
        self.assertEqual((proof["tool"], proof["person"]), ("Tool 24.1", "DC Example"))
        self.assertIn("Tool 24.1", self.c.w.ok("profile", "proven", own).text())
        self.assertEqual(self.c.w.ok("profile", "proven", "training").text(), "unproven\n")
        self.c.w.verified()



class RoundTrip(unittest.TestCase):
    """What a sender wrote comes back as it was, whatever the profile."""

    OURS = ("Category", "DateUpdated", "IsPrecategorized", "MimeType", "AlternativeHashes",
            "MediaMetadata")

    @classmethod
    def setUpClass(cls):
        cls.cases = {kind: Cases(*(["--training"] if kind == "training" else []))
                     for kind in ("training", "live")}
        for c in cls.cases.values():
            cls.addClassCleanup(c.w.close)

    def given(self):
        rows = [{"MD5": media(1)["MD5"], "HashName": "EDK", "HashValue": "x"}]
        metadata = [{"MD5": media(1)["MD5"], "PropertyName": "XWF Report Table",
                     "PropertyValue": "=1, \"2\""}]
        return [
            media(1, Tags="a,b", Series="S1,S2", AlternativeHashes=rows, MediaMetadata=metadata,
                  VictimIdentified="true", OffenderIdentified=None, IsDistributed=False,
                  Comments="q\" \\ \U0001f600 \u2028", Exifs=[{"PropertyName": "Model",
                  "PropertyValue": "SampleCam", "PropertyGroup": "x"}],
                  Segments=[{"SegmentIndex": 0, "Start": "00:00:01.000", "End": "2",
                             "Category": 1}], MediaFiles=[{"FileName": "a.jpg",
                  "FilePath": "Pictures\\", "Created": "2024-03-01T10:11:12.0000123Z"}]),
            media(2, Category=None, MediaSize=str(len(png(2))), SelfGenerated="false",
                  SomethingNew={"deep": [1, 2.50, -0e1, None]}, PhotoDNA="A" * 192,
                  DateUpdated="/Date(1709287872000)/"),
            {"MD5": "", "RelativeFilePath": "Files\\p3.png", "MediaID": 0, "Category": 0},
            {"MD5": "AB" * 16, "MediaID": 9, "Tags": ["no", "text"], "AlternativeHashes": None}]

    def check(self, given, answered):
        self.assertEqual(len(given), len(answered))
        for was, now in zip(given, answered):
            for key, value in was.items():
                if key in ("MD5", "SHA1"):
                    value = value.lower() or now[key].lower()
                    self.assertEqual(now[key].lower(), value)
                elif key in self.OURS:
                    if isinstance(value, list):
                        self.assertEqual(now[key][:len(value)], value)
                else:
                    self.assertEqual(now[key], value, key)
            self.assertEqual(now["MediaMetadata"][-1]["PropertyName"][:6], "assay.")

    def round(self, kind, profile, document):
        c = self.cases[kind]
        more = () if kind == "training" else ("--scheme", "uk-2014", "--later")
        first, _ = c.answer(c.take(document, profile, *more))
        back = self.records_of(c, first)
        self.check(self.given(), back)
        second, _ = c.answer(c.take(json.loads((first / "case-1.json").read_bytes()), profile,
                                    *more))
        self.assertEqual(self.records_of(c, second), back)
        return (first / "case-1.json").read_bytes()

    def records_of(self, c, folder):
        """Without what we say of the Category that came, which the second time is ours."""
        records = c.records(folder)
        for record in records:
            record["MediaMetadata"] = [row for row in record["MediaMetadata"]
                                       if row["PropertyName"] != "assay.category_received"]
        return records

    def test_of_every_profile(self):
        us = NEW.replace("/UK/", "/US/")
        for kind, profile, context in (("training", "training", NEW), ("live", "caid-uk", NEW),
                                       ("live", "vics-us-2", us), ("live", "vics-us-1", OLD)):
            for document in (case(self.given(), context), flat(self.given(), context)):
                with self.subTest(profile):
                    written = json.loads(self.round(kind, profile, document))
                    self.assertEqual(list(written)[1], "value")
                    said = written.get("@odata.context", written.get("odata.metadata"))
                    self.assertEqual(said, document["@odata.context"])

    def test_in_the_form_that_the_profile_asks_for(self):
        c = self.cases["training"]
        base = json.loads(c.w.ok("profile", "show", "training").out)

        def answer(**writes):
            own = c.w.top / "own.json"
            own.write_text(json.dumps({**base, "writes": {**base["writes"], **writes}}))
            return c.answer(c.take(case(self.given())), "--profile", own)[0]

        data = (answer(bom=True, hex="upper") / "case-1.json").read_bytes()
        self.assertEqual(data[:4], b"\xef\xbb\xbf{")
        record = json.loads(data[3:])["value"][0]["Media"][0]
        self.assertEqual(record["MD5"], media(1)["MD5"].upper())
        self.assertEqual(list(record)[:8], ["MediaID", "Category", "MD5", "SHA1", "MediaSize",
                                            "RelativeFilePath", "IsPrecategorized", "MimeType"])
        folder = answer(order="received")
        for was, now in zip(self.given(), c.records(folder)):
            self.assertEqual([key for key in now if key in was], list(was))
        folder = answer(records_per_file=3)
        self.assertEqual([len(c.records(folder, f"case-1-{n}.json")) for n in (1, 2)], [3, 1])
        self.assertFalse((folder / "case-1-3.json").exists())
        self.check(self.given(), c.records(folder, "case-1-1.json") +
                   c.records(folder, "case-1-2.json"))

    def test_a_rehearsal_is_a_case_and_its_answer(self):
        c = self.cases["training"]
        top = c.w.top / "rehearsal"
        for name in ("training", "caid-uk", "vics-us-1", "vics-us-2"):
            profile = json.loads(c.w.ok("profile", "show", name).out)
            c.w.ok("rehearse", name, "-o", top / name)
            answered = json.loads((top / name / "answer/case-1.json").read_bytes())
            records = answered["value"][0]["Media"]
            codes = profile["writes"]["codes"]
            self.assertEqual([(r["Category"], notes(r).get("code")) for r in records],
                             [(one["value"], one["code"]) for one in codes] +
                             [(profile["writes"]["ungraded"], None)] * 9)
            self.assertEqual(len({notes(r)["state"] for r in records} | {"graded"}), 10)
            tried = c.w.run("import", "--profile", name, "--dry-run",
                            top / name / "case/case.json")
            found = [line[0] for line in tried.lines()]
            self.assertEqual((found.count("new"), found.count("missing")), (len(records) - 1, 1))
        done = c.w.run("import", "--profile", "training", "--batch", "rehearsal",
                       top / "training/case/case.json")
        self.assertIn(b"14 pictures, 0 not supported, 0 not decodable", done.err)
        back, _ = c.answer("rehearsal")
        self.assertEqual([r["MD5"] for r in c.records(back)],
                         [r["MD5"] for r in c.records(top / "training/answer")])

    def test_what_cannot_be_answered_says_so(self):
        c = self.cases["training"]
        for batch, word in (("none", b"no batch named"), ("plain", b"no records of VICS")):
            if batch == "plain":
                c.w.ok("import", "--later", "--batch", batch, c.w.pictures("plain", [40]))
            done = c.w.run("answer", batch, "-o", c.w.top / "out")
            self.assertEqual((done.status, word in done.err), (3, True), done.err)
        for words in (["--votes", "0", "x"], ["--again", "x", "y"], ["--again", "1", "--part", "y"],
                      [], ["a", "b"]):
            self.assertEqual(c.w.run("answer", *words).status, 2, words)


if __name__ == "__main__":
    workspace.main()
