"""The workspace of the first program comes through every later migration with all that is in it.

With ASSAY_TEST_URL in the environment its rows are put into that PostgreSQL first, in the tables
that the first migration makes there.
"""
import hashlib
import json
import os
import re
import shutil
import sqlite3
import subprocess
import unittest

from workspace import ROOT, Workspace, main

FIRST = ROOT / "test/data/workspace-0.1"
GRADE = {"code": "L1", "tags": ["season:summer", "light:day"]}
# Rows that the program itself goes on writing: only what it adds may differ.
GROWING = {"migration", "record", "record_new", "record_seq", "record_head", "record_lease"}


def literal(value):
    """In PostgreSQL's SQL."""
    if value is None:
        return "NULL"
    if isinstance(value, bytes):
        return f"'\\x{value.hex()}'::bytea"
    return str(value) if isinstance(value, int) else "'" + value.replace("'", "''") + "'"


def to_postgres(base, url):
    """The first migration as PostgreSQL was given it, and the rows."""
    core, own = ((ROOT / "sql" / f"0001_core{end}.sql").read_text() for end in ("", ".postgres"))
    words = {"INTEGER": "BIGINT", "BLOB": "BYTEA", "STRICT": ""}
    lines = ["BEGIN; SET session_replication_role = replica;",
             "CREATE TABLE migration (number BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL,"
             " sha256 BYTEA NOT NULL CHECK (length(sha256) = 32), applied_ms BIGINT NOT NULL);",
             re.sub(r"\b(INTEGER|BLOB|STRICT)\b", lambda m: words[m[0]], core), own]
    for name, in base.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall():
        for row in base.execute(f"SELECT * FROM {name}"):
            lines.append(f"INSERT INTO {name} VALUES ({', '.join(map(literal, row))});")
    sha256 = hashlib.sha256((core + own).encode()).hexdigest()
    lines.append(f"UPDATE migration SET sha256 = '\\x{sha256}'::bytea; COMMIT;")
    # A database of its own: a workspace begins in an empty one.
    to_postgres.count += 1
    name = f"first_{to_postgres.count}"
    subprocess.run(["psql", "-q", url, "-c", f"CREATE DATABASE {name}"], check=True)
    url = url.replace("/postgres?", f"/{name}?")
    subprocess.run(["psql", "-q", "-v", "ON_ERROR_STOP=1", url], input="\n".join(lines),
                   check=True, text=True, stdout=subprocess.DEVNULL)
    return url


to_postgres.count = 0


def first_workspace():
    """A copy of it, as it lay on the disk that day."""
    w = Workspace()
    w.data.mkdir(mode=0o700)
    for name in ("audit", "keys", "vault"):
        shutil.copytree(FIRST / name, w.data / name)
    config = w.top / "config/assay"
    config.mkdir(parents=True)
    for path in [*FIRST.glob("*.key"), *FIRST.glob("*.head")]:
        shutil.copy(path, config / path.name)
        (config / path.name).chmod(0o600)
    url = os.environ.get("ASSAY_TEST_URL")
    base = sqlite3.connect(":memory:") if url else w.database()
    base.executescript("".join((FIRST / f"store-{n}.dump").read_text() for n in (1, 2, 3)))
    if url:
        w.env["ASSAY_DB"] = to_postgres(base, url)
    base.close()
    return w


def rows(base):
    """{table: (columns, set of rows)}"""
    names = [name for name, in base.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    columns = {name: [row[1] for row in base.execute(f"PRAGMA table_info({name})")]
               for name in names}
    return {name: (columns[name], set(base.execute(f"SELECT {','.join(columns[name])} FROM {name}")
                                      )) for name in names}


class Upgrade(unittest.TestCase):
    def setUp(self):
        self.w = first_workspace()
        self.addCleanup(self.w.close)

    @unittest.skipIf("ASSAY_TEST_URL" in os.environ, "looks into SQLite's file")
    def test_every_row_comes_through_the_migrations(self):
        base = self.w.database()
        before = rows(base)
        base.close()
        was = json.loads((FIRST / "stats.json").read_text())
        now = self.w.stats()
        self.assertEqual({name: now[name] for name in was}, was)
        base = self.w.database()
        for table, (columns, old) in before.items():
            with self.subTest(table):
                new = set(base.execute(f"SELECT {','.join(columns)} FROM {table}"))
                self.assertEqual(old - new, set(), "these rows are gone or changed")
                if table not in GROWING:
                    self.assertEqual(new - old, set(), "these rows were put in")
        self.assertEqual(base.execute("PRAGMA foreign_key_check").fetchall(), [])
        base.close()

    def test_its_record_and_every_blob_verify(self):
        entries = json.loads((FIRST / "stats.json").read_text())["record_size"]
        self.assertIn(f"good: {entries} entries", self.w.verified())
        blobs = sum(1 for path in (FIRST / "vault").rglob("*") if path.is_file())
        self.assertIn(f"good: {blobs} blobs whole, 0 damaged, 0 named by no row",
                      self.w.ok("vault", "check", "--read-data").text())

    def test_work_goes_on_where_it_was_left(self):
        """The escalation is settled, the waiting item graded, the lot read, all of it released."""
        w = self.w
        server = w.serve()
        ann, ben, cat = (server.client(name) for name in ("ann", "ben", "cat"))
        self.assertEqual(len(cat.good("GET", "/api/v1/escalations")["escalations"]), 1)
        w.ok("user", "authorise", "ann", "--by", "Chief Officer")
        ann.good("POST", "/api/v1/shift")
        lease = ann.lease()[0]
        for ticket in lease["pictures"]:
            if ticket["rendition"] in ("cover", "small_grey"):
                answer = ann("GET", "/api/v1/pictures/" + ticket["ticket"])
                self.assertEqual((answer.status, answer.body[:2]), (200, b"\xff\xd8"))
                ann.good("POST", f"/api/v1/views/{answer.headers['Assay-View']}/end",
                         {"shown_ms": 600})
        ann.good("POST", "/api/v1/decisions", {"lease": lease["lease"], **GRADE}, once="upgrade-1")
        while leases := ann.lease("reading"):
            ann.good("POST", "/api/v1/readings", {"lease": leases[0]["lease"], **GRADE},
                     once="upgrade-" + leases[0]["lease"])
        lots = {lot["state"] for lot in ann.good("GET", "/api/v1/lots")["lots"]}
        self.assertNotIn("sampling", lots)
        asked = ann.good("POST", "/api/v1/releases", {"scheme": "training-landscapes",
                         "min_readings": 1}, once="upgrade-release")
        self.assertEqual(asked["rows"], 3)
        ben.good("POST", f"/api/v1/releases/{asked['release']}/approve",
                 {"content_sha256": asked["content_sha256"]})
        (w.top / "out").mkdir()
        package = w.ok("export", "-o", w.top / "out").text().strip()
        self.assertIn("good: 3 hashes", w.ok("verify", "--training", "--key",
                      w.data / "keys/release.minisign.pub", package).text())
        self.assertEqual(server.stop(), 0)
        self.assertEqual(w.stats()["decisions"], 6)
        self.assertIn("good: ", w.verified())


if __name__ == "__main__":
    main()
