"""Makes this folder by the program of the first issue (README beside it). Usage: make.py ASSAY"""
import os
import shutil
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "cli"))
import workspace # noqa: E402
from workspace import Workspace, wait_for # noqa: E402

GRADE = {"code": "L1", "tags": ["season:summer", "light:day"]}


def act(who, path, body=None, once=None):
    return who.good("POST", "/api/v1/" + path, body, once=once)


def grade(who, lease):
    for ticket in lease["pictures"]:
        if ticket["rendition"] in ("cover", "small_grey"):
            answer = who("GET", "/api/v1/pictures/" + ticket["ticket"])
            act(who, f"views/{answer.headers['Assay-View']}/end", {"shown_ms": 700})
    act(who, "decisions", {"lease": lease["lease"], **GRADE}, "fixture-" + lease["lease"])


def fill(w, server):
    """A lot that passed and went out, one that waits to be read, an escalation, one that waits."""
    ann, ben = server.client("ann"), server.client("ben")
    for who in (ann, ben):
        act(who, "shift")
    grade(ann, ann.lease()[0])
    grade(ann, act(ann, "undo", once="fixture-undo"))
    act(ann, "escalations", {"lease": ann.lease()[0]["lease"], "reason": 1, "note": "a lake?"},
        "fixture-escalation")
    act(ann, "later", {"lease": ann.lease()[0]["lease"]}, "fixture-later")
    grade(ann, ann.lease("later")[0])
    act(ann, "shift/check")
    lot = act(ann, "shift/submit", once="fixture-submit-a")["lot"]
    leases = wait_for(lambda: ben.lease("reading"))
    while leases:
        act(ben, "readings", {"lease": leases[0]["lease"], **GRADE},
            "fixture-" + leases[0]["lease"])
        leases = ben.lease("reading")
    wait_for(lambda: {x["lot"]: x["state"] for x in ben.good("GET", "/api/v1/lots")["lots"]}
             .get(lot) == "passed")
    grade(ben, ben.lease()[0])
    act(ben, "shift/check")
    act(ben, "shift/submit", once="fixture-submit-b")
    asked = act(ann, "releases", {"scheme": "training-landscapes", "min_readings": 1},
                "fixture-release")
    act(ben, f"releases/{asked['release']}/approve",
        {"content_sha256": asked["content_sha256"]})


def main():
    workspace.assay = os.path.abspath(sys.argv[1])
    w = Workspace("init", "--training", "--label", "Hotline of the first day")
    for name in ("ann", "ben"):
        w.person(name, "assessor,quality,release")
    w.person("cat", "lead,auditor", authorised=False)
    w.ok("import", "--batch", "0412", "--sender", "Unit 7", w.pictures("in", range(5)))
    server = w.serve()
    fill(w, server)
    (w.top / "out").mkdir()
    w.ok("export", "-o", w.top / "out")
    server.stop()
    w.verified()
    base = w.database()
    dump = "\n".join(base.iterdump()) + "\n"
    base.close()
    cuts = [dump.index(f"CREATE TABLE {name}") for name in ("record (", "record_head")]
    for number, (start, end) in enumerate(zip([0, *cuts], [*cuts, len(dump)]), 1):
        (HERE / f"store-{number}.dump").write_text(dump[start:end]) # each less than 64 KiB
    (HERE / "stats.json").write_text(w.ok("stats", "--format", "json").text())
    for name in ("audit", "keys", "vault"):
        shutil.rmtree(HERE / name, ignore_errors=True)
        shutil.copytree(w.data / name, HERE / name)
    for path in (w.top / "config/assay").iterdir():
        shutil.copy(path, HERE)
    w.close()


if __name__ == "__main__":
    main()
