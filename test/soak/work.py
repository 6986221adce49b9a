"""kill -9 at random moments of two `assay work` beside `assay serve`: no file lost, none twice.

While files are taken in, one of two workers is killed and started anew, again and again. At the
end each file is in the queue once, was identified by one entry of the record, has one set of
renditions, and vault and record are whole. On PostgreSQL where test/with_postgres.sh started it,
else on SQLite.

usage: work.py ASSAY MAKE_MEDIA [KILLS [SEED]]
"""
import random
import subprocess
import sys
import time

import kill
from kill import Workspace, workspace

FILES_A_KILL = 12


class Worker:
    def __init__(self, w):
        self.log = open(w.top / "work.log", "ab")
        self.process = subprocess.Popen([workspace.assay, "work", "--threads", "2"], env=w.env,
                                        stdout=subprocess.DEVNULL, stderr=self.log)

    def end(self, kill_it):
        """Its exit status, after SIGKILL or an end in order."""
        (self.process.kill if kill_it else self.process.terminate)()
        status = self.process.wait(60)
        self.log.close()
        return status


def count(w, sql):
    return w.query(sql)[0][0]


def check(w, files):
    """Each file once everywhere."""
    kill.check(w, read_data=True)
    entries = count(w, "SELECT count(*) FROM record WHERE entry LIKE '%\"item.identified\"%'")
    several = w.query("SELECT item_id FROM blob GROUP BY item_id, rendition HAVING count(*) > 1")
    pictures = count(w, "SELECT count(*) FROM picture WHERE failure IS NULL")
    stats = w.stats()
    if stats["states"] != {"waiting": files} or several or pictures != files or entries != files:
        raise AssertionError(f"{files} files: {stats['states']}, {pictures} pictures, {entries} "
                             f"entries, {len(several)} with renditions twice")


def main():
    workspace.assay, workspace.make_media = sys.argv[1:3]
    kills = int(sys.argv[3]) if len(sys.argv) > 3 else 50
    seed = int(sys.argv[4]) if len(sys.argv) > 4 else random.SystemRandom().getrandbits(32)
    chance = random.Random(seed)
    print(f"seed {seed}", flush=True)
    start = time.monotonic()
    w = Workspace("init", "--training")
    try:
        files = FILES_A_KILL * kills
        kill.copies(w.top / "in", [workspace.png(number) for number in range(20)], files, chance)
        server, workers = w.serve(), [Worker(w), Worker(w)]
        taking_in = subprocess.Popen([workspace.assay, "import", "--later", w.top / "in"],
                                     env=w.env, stdout=subprocess.DEVNULL)
        for _ in range(kills):
            time.sleep(chance.uniform(0.05, 0.5))
            number = chance.randrange(2)
            workers[number].end(kill_it=True)
            workers[number] = Worker(w)
        if taking_in.wait(120) != 0:
            raise AssertionError("the import failed")
        held = count(w, "SELECT count(*) FROM identify_job WHERE tries > 0")
        kill.expire(w)
        workspace.wait_for(lambda: count(w, "SELECT count(*) FROM identify_job") == 0, 120)
        statuses = [worker.end(kill_it=False) for worker in workers] + [server.stop()]
        if statuses != [0, 0, 0]:
            raise AssertionError(f"they ended with {statuses}")
        check(w, files)
        print(f"work: {kills} kills of 2 workers beside a server, {files} files, {held} held at "
              f"the end, each identified once; {'PostgreSQL' if w.db else 'SQLite'}, "
              f"{time.monotonic() - start:.0f} s")
    finally:
        w.close()


if __name__ == "__main__":
    main()
