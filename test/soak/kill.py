"""kill -9 at random moments of import and of grading: nothing that was acknowledged is ever lost.

An import acknowledges a file by its line on standard output, the server a decision by its answer.
Both are kept by this process, which is not killed. After each kill the record must verify and the
vault be whole; at the end each acknowledged file must be there, and each acknowledged decision must
be answered again by the same id under the same Idempotency-Key.

usage: kill.py ASSAY MAKE_MEDIA [IMPORT_KILLS SERVE_KILLS [SEED]]
"""
import random
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "cli"))
import workspace # noqa: E402
from workspace import Workspace # noqa: E402

CLIENTS = 4
TAGS = {"season": ("spring", "summer", "autumn", "winter"), "light": ("day", "dusk", "night")}


def check(w, read_data=False):
    """The record verifies and the vault is whole."""
    if not w.verified().startswith("good: "):
        raise AssertionError("the record does not verify")
    w.ok("vault", "check", *(["--read-data"] if read_data else []))


def expire(w):
    """What killed processes held runs out: moved back here instead of waiting for it."""
    w.query("UPDATE identify_job SET held_until_ms = 0")
    w.query("UPDATE lease SET taken_ms = taken_ms - 3600000, expires_ms = expires_ms - 3600000")


def slower(w):
    """How much longer a process takes to begin its work where it connects to PostgreSQL."""
    return 5 if w.db else 1


def copies(folder, stock, count, chance):
    """Many different files of few pictures: bytes behind a picture's end make it another file."""
    folder.mkdir()
    for number in range(count):
        name = f"p{number:05}.png"
        (folder / name).write_bytes(stock[number % len(stock)] + b"%d" % number
                                    + chance.randbytes(chance.randrange(2000)))


def kill_imports(kills, chance):
    w = Workspace("init", "--training")
    try:
        stock = [workspace.png(number) for number in range(20)]
        folder = w.top / "in"
        copies(folder, stock, 12 * kills + 60, chance)
        acknowledged, hits = {}, 0
        for number in range(kills):
            # Its lines are in the pipe when the write returns, whatever becomes of the process.
            running = subprocess.Popen([workspace.assay, "import", folder], env=w.env,
                                       stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=0)
            timer = threading.Timer(chance.uniform(0.005, 0.35) * slower(w), running.kill)
            timer.start()
            out = running.communicate()[0]
            timer.cancel()
            hits += running.returncode == -9
            for line in out.split(b"\n")[:-1]: # what has no newline is no acknowledgement yet
                verdict, path = line.split(b"\t")[:2]
                if verdict == b"new":
                    if path in acknowledged:
                        raise AssertionError(f"{path} was taken in twice")
                    acknowledged[path] = number
            check(w)
            stats = w.stats()
            if stats["sightings"] < len(acknowledged):
                raise AssertionError(f"{stats['sightings']} are there of {len(acknowledged)}")
        verdicts = {path.encode(): verdict for verdict, path in w.ok("import", folder).lines()}
        lost = [path for path in acknowledged if verdicts[path] != "seen"]
        files = len(list(folder.iterdir()))
        expire(w)
        w.ok("identify")
        stats = w.stats()
        print(f"import: {hits} of {kills} runs killed, {len(acknowledged)} of {files} files "
              f"acknowledged before a kill, {len(lost)} lost", flush=True)
        if lost or stats["sightings"] != files or stats["items"] != files:
            raise AssertionError(f"lost {len(lost)}, {stats}")
        if stats["states"] != {"waiting": files}:
            raise AssertionError(f"some files never came into the queue: {stats['states']}")
        check(w, read_data=True)
    finally:
        w.close()


class Grader(threading.Thread):
    """Grades until the server is gone; what was answered goes into acknowledged."""

    def __init__(self, host, cookie, acknowledged, open_requests, chance):
        super().__init__()
        self.client = workspace.Client(host)
        self.client.cookie = cookie
        self.acknowledged, self.open_requests = acknowledged, open_requests
        self.chance = random.Random(chance.random())
        self.problem = None

    def run(self):
        try:
            while True:
                self.grade()
        except OSError:
            return
        except Exception as problem: # shown by the main thread
            self.problem = problem

    def grade(self):
        leases = self.client.lease(count=self.chance.choice((1, 2, 4)))
        if not leases:
            time.sleep(0.05)
        for lease in leases:
            body = {"lease": lease["lease"], "code": "L1",
                    "tags": [f"{group}:{self.chance.choice(values)}"
                             for group, values in TAGS.items()]}
            once = "%032x" % self.chance.getrandbits(128)
            self.open_requests[once] = body
            answer = self.client("POST", "/api/v1/decisions", body, once=once)
            if answer.status != 200:
                raise AssertionError(f"{answer.status} {answer.body}")
            self.acknowledged[once] = (self.client.name, body, answer.json()["decision"])
            del self.open_requests[once]


def replay(clients, acknowledged):
    for once, (name, body, decision) in acknowledged.items():
        answer = clients[name]("POST", "/api/v1/decisions", body, once=once)
        if answer.status != 200 or answer.json()["decision"] != decision:
            raise AssertionError(f"decision {decision} was lost: {answer.status} {answer.body}")


def kill_servers(kills, chance):
    w = Workspace("init", "--training")
    try:
        names = [f"grader{n}" for n in range(CLIENTS)]
        for name in names:
            w.person(name, "assessor")
        folder = w.top / "in"
        copies(folder, [workspace.png(number) for number in range(20)], 20 * kills + 200, chance)
        w.ok("import", folder)
        tasks, all_acknowledged, unanswered = w.stats()["items"], {}, 0
        for number in range(kills):
            server = w.serve()
            clients = {name: server.client(name) for name in names}
            acknowledged, open_requests, threads = {}, {}, []
            for name, client in clients.items():
                client.good("POST", "/api/v1/shift")
                thread = Grader(server.host, client.cookie, acknowledged, open_requests, chance)
                thread.client.name = name
                threads.append(thread)
            for thread in threads:
                thread.start()
            time.sleep(chance.uniform(0.02, 0.4) * slower(w))
            server.kill()
            for thread in threads:
                thread.join()
                if thread.problem:
                    raise thread.problem
            unanswered += len(open_requests)
            all_acknowledged.update(acknowledged)
            check(w)
            stats = w.stats()
            if stats["decisions"] < len(all_acknowledged):
                raise AssertionError(f"{stats['decisions']} of {len(all_acknowledged)} decisions")
            if stats["decisions"] > len(all_acknowledged) + unanswered:
                raise AssertionError("there are decisions that nobody sent")
        server = w.serve()
        clients = {name: server.client(name) for name in names}
        replay(clients, all_acknowledged)
        stuck = finish(w, clients)
        print(f"serve: {kills} kills under {CLIENTS} graders, {len(all_acknowledged)} decisions "
              f"acknowledged, 0 lost, {unanswered} cut off unanswered, {tasks} tasks, "
              f"{stuck} stuck", flush=True)
        if server.stop() != 0:
            raise AssertionError("the last server did not stop in order")
        check(w, read_data=True)
        if stuck:
            raise AssertionError(f"{stuck} tasks are held by nobody and cannot be taken")
    finally:
        w.close()


def finish(w, clients):
    """Leases of killed servers run out and all tasks can be graded: returns how many cannot."""
    expire(w)
    workspace.wait_for(lambda: not w.query("SELECT 1 FROM lease LIMIT 1"), 30)
    client = next(iter(clients.values()))
    for number in range(10000):
        leases = client.lease(count=4)
        if not leases:
            break
        for lease in leases:
            client.good("POST", "/api/v1/decisions", {"lease": lease["lease"], "code": "not-listed",
                                                      "tags": []}, once="finish-" + lease["lease"])
    states = w.stats()["states"]
    return sum(states.values()) - states.get("graded", 0)


def main():
    workspace.assay, workspace.make_media = sys.argv[1:3]
    counts = [int(text) for text in sys.argv[3:5]] or [100, 100]
    seed = int(sys.argv[5]) if len(sys.argv) > 5 else random.SystemRandom().getrandbits(32)
    chance = random.Random(seed)
    print(f"seed {seed}", flush=True)
    start = time.monotonic()
    if counts[0]:
        kill_imports(counts[0], chance)
    if counts[1]:
        kill_servers(counts[1], chance)
    print(f"{time.monotonic() - start:.0f} s")


if __name__ == "__main__":
    main()
