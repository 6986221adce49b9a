"""Simulated power cuts: what was acknowledged is on the disk, not only in the kernel's memory.

The workspace lies on an XFS of its own. At a random moment the writer is stopped, then the file
system is shut down without writing its log, so that all that no fsync has carried to the device is
gone, as after a power cut. Then it is mounted anew and looked at.

usage: power.py ASSAY MAKE_MEDIA [CUTS [SEED]]   (as root, with xfsprogs)
"""
import errno
import random
import signal
import subprocess
import sys
import time

import kill
import workspace
from workspace import Workspace

IMAGE_MB = 512


class Disk:
    """An XFS in a file, mounted at the workspace's folder."""

    def __init__(self, w):
        self.image, self.folder = w.top / "disk", w.data
        self.folder.mkdir()
        with open(self.image, "wb") as file:
            file.truncate(IMAGE_MB << 20)
        subprocess.run(["mkfs.xfs", "-q", self.image], check=True)
        self.mount()

    def mount(self):
        subprocess.run(["mount", "-o", "loop", self.image, self.folder], check=True)

    def unmount(self):
        until = time.monotonic() + 20
        while subprocess.run(["umount", self.folder], stderr=subprocess.DEVNULL).returncode != 0:
            if time.monotonic() > until:
                raise AssertionError("the file system stays busy")
            time.sleep(0.1)

    def cut(self, process):
        """The writer is stopped first: what it answers after the cut would be no promise."""
        process.send_signal(signal.SIGSTOP)
        subprocess.run(["xfs_io", "-x", "-c", "shutdown", self.folder], check=True)
        process.kill()
        process.wait()

    def again(self):
        """A decoder that is just dying may still hold the dead file system: then once more."""
        for _ in range(100):
            self.unmount()
            self.mount()
            try:
                (self.folder / "keys/keyring").read_bytes()
                return
            except OSError as problem:
                if problem.errno != errno.EIO:
                    raise
                time.sleep(0.1)
        raise AssertionError("the file system does not come back")


def cut_imports(w, disk, cuts, chance):
    folder, acknowledged, hits = w.top / "in", set(), 0
    kill.copies(folder, [workspace.png(number) for number in range(20)], 20 * cuts + 60, chance)
    for _ in range(cuts):
        running = subprocess.Popen([workspace.assay, "import", folder], env=w.env,
                                   stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=0)
        time.sleep(chance.uniform(0.05, 0.5))
        hits += running.poll() is None
        disk.cut(running)
        out = running.stdout.read()
        running.stdout.close()
        acknowledged |= {line.split(b"\t")[1] for line in out.split(b"\n")[:-1]
                         if line.startswith(b"new\t")}
        disk.again()
        kill.check(w, read_data=True)
    verdicts = {path.encode(): verdict for verdict, path in w.ok("import", folder).lines()}
    lost = [path for path in acknowledged if verdicts[path] != "seen"]
    print(f"import: {hits} of {cuts} runs cut, {len(acknowledged)} files acknowledged, "
          f"{len(lost)} lost", flush=True)
    if lost:
        raise AssertionError(f"lost {lost}")


def cut_servers(w, disk, cuts, chance):
    names = [f"grader{n}" for n in range(kill.CLIENTS)]
    for name in names:
        w.person(name, "assessor")
    every, unanswered = {}, 0
    for _ in range(cuts):
        server = w.serve()
        acknowledged, requests, threads = {}, {}, []
        for name in names:
            client = server.client(name)
            client.good("POST", "/api/v1/shift")
            threads.append(kill.Grader(server.host, client.cookie, acknowledged, requests, chance))
            threads[-1].client.name = name
        for thread in threads:
            thread.start()
        time.sleep(chance.uniform(0.02, 0.3))
        disk.cut(server.process)
        server.ended()
        for thread in threads:
            thread.join()
        disk.again()
        unanswered += len(requests)
        every.update(acknowledged)
        kill.check(w)
        decisions = w.stats()["decisions"]
        if not len(every) <= decisions <= len(every) + unanswered:
            raise AssertionError(f"{decisions} decisions are there, {len(every)} acknowledged")
    server = w.serve()
    kill.replay({name: server.client(name) for name in names}, every)
    if server.stop() != 0:
        raise AssertionError("the last server did not stop in order")
    kill.check(w, read_data=True)
    print(f"serve: {cuts} cuts under {kill.CLIENTS} graders, {len(every)} decisions acknowledged, "
          f"0 lost, {unanswered} cut off unanswered", flush=True)


def main():
    workspace.assay, workspace.make_media = sys.argv[1:3]
    cuts = int(sys.argv[3]) if len(sys.argv) > 3 else 20
    seed = int(sys.argv[4]) if len(sys.argv) > 4 else random.SystemRandom().getrandbits(32)
    chance = random.Random(seed)
    print(f"seed {seed}", flush=True)
    w = Workspace()
    disk = Disk(w)
    try:
        w.ok("init", "--training")
        cut_imports(w, disk, cuts // 2, chance)
        cut_servers(w, disk, cuts - cuts // 2, chance)
    finally:
        for server in w.servers:
            server.kill()
        disk.unmount()
        w.close()


if __name__ == "__main__":
    main()
