"""kill -9 at random moments of the import of a case and of its answer: nothing half, nothing twice.

A case is imported from a folder, the next one from a ZIP, each by the same command again and again,
killed somewhere on the way, until all of it is here. Then every record must be there once with the
state that it must have, the record verify and the vault be whole. The answer is killed likewise:
a folder of an answer is whole, by its manifest, or it is not there.

usage: case_kill.py ASSAY MAKE_MEDIA [IMPORT_KILLS ANSWER_KILLS [SEED]]
"""
import hashlib
import json
import random
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "cli"))
import workspace # noqa: E402
from workspace import Workspace # noqa: E402

CONTEXT = "http://github.com/VICSDATAMODEL/ProjectVic/DataModels/2.0.xml/UK/$metadata#Cases"
MEDIA = 600    # files, each for one record
MISSING = 3000 # records without


def make_case(folder, stock, name, chance):
    """A case whose files are of no other; where its JSON lies."""
    files, records = folder / "Files", []
    files.mkdir(parents=True)
    for number in range(MEDIA):
        data = stock[number % len(stock)] + f"{name} {number}".encode()
        path = f"Files/{number}.png"
        (folder / path).write_bytes(data + chance.randbytes(chance.randrange(400)))
        md5 = hashlib.md5((folder / path).read_bytes()).hexdigest()
        records.append({"MD5": md5, "RelativeFilePath": path.replace("/", "\\"), "Category": 1})
    records += [{"MD5": hashlib.md5(f"{name} {n}".encode()).hexdigest(), "Category": 2}
                for n in range(MISSING)]
    chance.shuffle(records)
    for number, record in enumerate(records):
        record["MediaID"] = number
    path = folder / "case.json"
    path.write_text(json.dumps({"@odata.context": CONTEXT, "value": [
        {"CaseID": name, "CaseNumber": name, "Media": records}]}))
    return path, ["taken" if "RelativeFilePath" in r else "missing" for r in records]


def zipped(path):
    archive = path.with_name("case.zip")
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for one in sorted(path.parent.rglob("*")):
            if one.is_file() and one != archive:
                file.write(one, one.relative_to(path.parent))
    return archive


def killed(w, command, seconds):
    """Run it, killed after so long; whether it was."""
    process = subprocess.Popen([workspace.assay, *map(str, command)], env=w.env,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    timer = threading.Timer(seconds, process.kill)
    timer.start()
    process.wait()
    timer.cancel()
    if process.returncode not in (0, 1, 2, 3, -9):
        raise AssertionError(f"{command}: {process.returncode}")
    return process.returncode == -9


def verify(w, read_data=False):
    if not w.verified().startswith("good: "):
        raise AssertionError("the record does not verify")
    w.ok("vault", "check", *(["--read-data"] if read_data else []))


def import_killed(w, kills, stock, chance):
    """Cases until so many runs were killed; their batches."""
    hits, batches = 0, []
    while hits < kills:
        name = f"K{len(batches)}"
        path, states = make_case(w.top / name, stock, name, chance)
        if len(batches) % 2:
            path = zipped(path)
        command = ["import", "--later", "--profile", "training", "--batch", name, path]
        longest = 0.6
        for _ in range(12):
            hits += killed(w, command, chance.uniform(0.01, longest))
        done = w.run(*command)
        if done.status not in (0, 1, 2, 3):
            raise AssertionError(done.err.decode())
        rows = w.query("SELECT r.state FROM case_record r JOIN case_file f ON f.id = r.file_id"
                       f" JOIN batch b ON b.id = f.batch_id WHERE b.name = '{name}'"
                       " ORDER BY r.number")
        if [row[0] for row in rows] != states:
            raise AssertionError(f"{name}: {len(rows)} records are there, not {len(states)}, or "
                                 f"others: {done.err.decode()[-500:]}")
        items = w.query("SELECT count(DISTINCT s.item_id), count(*) FROM sighting s"
                        f" JOIN batch b ON b.id = s.batch_id WHERE b.name = '{name}'")
        if tuple(map(int, items[0])) != (MEDIA, MEDIA):
            raise AssertionError(f"{name}: {items} items and sightings, not {MEDIA}")
        verify(w)
        batches.append(name)
    verify(w, read_data=True)
    print(f"import: {hits} runs killed, {len(batches)} cases of {len(states)} records whole, "
          "nothing twice", flush=True)
    return batches


def check_answer(folder):
    manifest = json.loads((folder / "answer.json").read_text())
    names = {"answer.json", "answer.json.minisig"} | {f["name"] for f in manifest["files"]}
    if names != {path.name for path in folder.iterdir()}:
        raise AssertionError(f"{folder} has other files than its manifest says")
    for file in manifest["files"]:
        data = (folder / file["name"]).read_bytes()
        if (len(data), hashlib.sha256(data).hexdigest()) != (file["size"], file["sha256"]):
            raise AssertionError(f"{folder / file['name']} is not what the manifest says")
    if manifest["records"]["answered"] != MEDIA + MISSING:
        raise AssertionError(f"{folder} answers {manifest['records']['answered']} records")


def answer_killed(w, kills, batches, chance):
    out = w.top / "out"
    hits = 0
    while hits < kills:
        hits += killed(w, ["answer", chance.choice(batches), "-o", out], chance.uniform(0.01, 0.3))
    for batch in batches:
        w.ok("answer", batch, "-o", out)
    folders = [path for path in out.iterdir() if not path.name.startswith(".")]
    for folder in folders:
        check_answer(folder)
    left = [path for path in out.iterdir() if path.name.startswith(".")]
    if left:
        raise AssertionError(f"left behind: {left}")
    verify(w)
    print(f"answer: {hits} runs killed, {len(folders)} folders, all whole", flush=True)


def main():
    workspace.assay, workspace.make_media = sys.argv[1:3]
    counts = [int(text) for text in sys.argv[3:5]] or [200, 100]
    seed = int(sys.argv[5]) if len(sys.argv) > 5 else random.SystemRandom().getrandbits(32)
    chance = random.Random(seed)
    print(f"seed {seed}", flush=True)
    w = Workspace("init", "--training")
    try:
        stock = [workspace.png(number) for number in range(20)]
        batches = import_killed(w, counts[0], stock, chance)
        answer_killed(w, counts[1], batches, chance)
    finally:
        w.close()


main()
