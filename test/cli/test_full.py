"""A disk that fills or fails: nothing is acknowledged that is not there, and all goes on after.

DATA lies on a small tmpfs; that needs root. The n-th fsync is made to fail by strace.
"""
import os
import shutil
import subprocess
import unittest

import workspace
from workspace import Workspace, main, png

MB = 1 << 20


def mount(folder, mb):
    folder.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={mb}m,mode=0700", "none", folder],
                          capture_output=True)
    if done.returncode != 0:
        raise unittest.SkipTest("no tmpfs can be mounted: " + done.stderr.decode().strip())


class Full(unittest.TestCase):
    def small(self, mb):
        w = Workspace()
        self.addCleanup(w.close)
        mount(w.data, mb)
        self.addCleanup(subprocess.run, ["umount", "-l", w.data])
        w.ok("init", "--training")
        return w

    def folder(self, w, count, size):
        folder = w.top / "in"
        folder.mkdir()
        for number in range(count):
            (folder / f"p{number:03}.png").write_bytes(png(number) + os.urandom(size))
        return folder

    def ballast(self, w, leave):
        """Fills the disk but for so many bytes."""
        room = os.statvfs(w.data)
        size = room.f_bavail * room.f_frsize - leave
        path = w.data / "ballast"
        with open(path, "wb") as file:
            os.posix_fallocate(file.fileno(), 0, max(size, 1))
        return path

    def test_import_stops_at_a_full_disk_and_goes_on_when_there_is_room(self):
        for mb in (8, 14):
            with self.subTest(mb=mb):
                w = self.small(mb)
                folder = self.folder(w, 60, 300_000)
                done = w.run("import", folder)
                self.assertEqual(done.status, 3, done.err)
                self.assertRegex(done.err.decode(), "full|No space left")
                acknowledged = [path for verdict, path in done.lines() if verdict == "new"]
                self.assertLess(len(acknowledged), 60)
                subprocess.run(["mount", "-o", "remount,size=64m", w.data], check=True)
                self.assertIn("good: ", w.verified())
                self.assertIn("good: ", w.ok("vault", "check", "--read-data").text())
                self.assertEqual(w.stats()["items"], len(acknowledged))
                again = w.ok("import", folder)
                verdicts = {path: verdict for verdict, path in again.lines()}
                self.assertEqual({verdicts[path] for path in acknowledged} | {"new"},
                                 {"seen", "new"} if acknowledged else {"new"})
                self.assertEqual(w.stats()["states"], {"waiting": 60})
                self.assertIn("good: ", w.verified())

    def test_the_server_refuses_while_full_and_works_again_after(self):
        w = self.small(24)
        w.ok("import", self.folder(w, 30, 1000))
        w.person("amy", "assessor")
        server = w.serve()
        amy = server.client("amy")
        amy.good("POST", "/api/v1/shift")
        leases = amy.lease(count=4)
        self.ballast(w, 0)
        refused, done = 0, {}
        for lease in leases * 3:
            body = {"lease": lease["lease"], "code": "not-listed", "tags": []}
            answer = amy("POST", "/api/v1/decisions", body, once="full-" + lease["lease"])
            if answer.status == 200:
                done[lease["task"]] = answer.json()["decision"]
            else:
                self.assertEqual(answer.status, 507, answer.body)
                self.assertIn("disk", answer.json()["detail"])
                refused += 1
            lease = amy("POST", "/api/v1/leases", {"queue": "grade", "count": 4})
        self.assertGreater(refused, 0)
        (w.data / "ballast").unlink()
        for lease in leases:
            body = {"lease": lease["lease"], "code": "not-listed", "tags": []}
            answer = amy.good("POST", "/api/v1/decisions", body, once="full-" + lease["lease"])
            self.assertEqual(done.get(lease["task"], answer["decision"]), answer["decision"])
        self.assertEqual(w.stats()["decisions"], 4)
        self.assertEqual(server.stop(), 0)
        self.assertIn("good: ", w.verified())


class Failing(unittest.TestCase):
    def test_the_nth_fsync_that_fails_is_never_followed_by_an_acknowledgement(self):
        if not shutil.which("strace"):
            self.skipTest("strace is missing")
        w = Workspace("init", "--training")
        self.addCleanup(w.close)
        folder = w.pictures("in", range(30))
        acknowledged, failed = set(), 0
        for n in (1, 2, 3, 5, 8, 13, 21, 34, 55, 89):
            done = subprocess.run(
                ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=fsync,fdatasync", "-e",
                 f"inject=fsync,fdatasync:error=EIO:when={n}+", workspace.assay, "import",
                 "--later", "-j", "1", "--batch", f"b{n}", folder],
                env=w.env, capture_output=True, timeout=100)
            if b"ptrace" in done.stderr or b"PTRACE" in done.stderr:
                self.skipTest("strace cannot attach: " + done.stderr.decode()[-200:])
            lines = [line.split(b"\t") for line in done.stdout.splitlines()]
            if done.returncode != 0:
                failed += 1
                self.assertEqual(done.returncode, 3, done.stderr)
                self.assertRegex(done.stderr, b"I/O error|Input/output error")
            acknowledged |= {(n, line[1]) for line in lines if line[0] in (b"new", b"known")}
            self.assertIn("good: ", w.verified())
            self.assertGreaterEqual(w.stats()["sightings"], len(acknowledged))
            for path in {path for batch, path in acknowledged if batch == n}:
                self.assertTrue(w.ok("import", "--later", "--batch", f"b{n}", path.decode()
                                     ).text().startswith(("seen", "known")))
        self.assertGreater(failed, 3)
        w.ok("import", "--batch", "last", folder)
        self.assertIn("good: ", w.ok("vault", "check", "--read-data").text())
        self.assertIn("good: ", w.verified())


    def attach(self, server):
        """From here on each fsync of the server fails."""
        strace = subprocess.Popen(["strace", "-f", "-p", str(server.process.pid), "-o", "/dev/null",
                                   "-e", "trace=fsync,fdatasync", "-e",
                                   "inject=fsync,fdatasync:error=EIO"], stderr=subprocess.PIPE)
        said = strace.stderr.readline()
        if b"attached" not in said:
            strace.kill()
            strace.wait()
            self.skipTest("strace cannot attach: " + said.decode().strip())
        return strace

    def test_a_running_server_whose_disk_fails_refuses_until_it_is_started_anew(self):
        if not shutil.which("strace"):
            self.skipTest("strace is missing")
        w = Workspace("init", "--training")
        self.addCleanup(w.close)
        w.ok("import", w.pictures("in", range(8)))
        w.person("amy", "assessor")
        server = w.serve()
        amy = server.client("amy")
        amy.good("POST", "/api/v1/shift")
        leases = amy.lease(count=4) + amy.lease(count=4)

        def decide(who, lease):
            return who("POST", "/api/v1/decisions", {"lease": lease["lease"], "code": "not-listed",
                       "tags": []}, once="eio-" + lease["lease"])

        done = {x["task"]: decide(amy, x).json()["decision"] for x in leases[:3]}
        strace = self.attach(server)
        refused = [decide(amy, x) for x in leases[3:5]]
        strace.terminate()
        strace.wait()
        strace.stderr.close()
        refused.append(decide(amy, leases[5])) # the disk is well again; what it lost is not known
        for answer in refused:
            self.assertGreaterEqual(answer.status, 500, answer.body)
            self.assertNotIn(b"decision\":", answer.body)
        self.assertEqual(amy("GET", "/api/v1/stats").status, 200, "reading goes on")
        server.kill()
        server = w.serve()
        amy = server.client("amy")
        for lease in leases:
            answer = decide(amy, lease)
            if lease["task"] in done:
                self.assertEqual(answer.json()["decision"], done[lease["task"]])
            else:
                self.assertIn(answer.status, (200, 409), answer.body) # or the lease is lost
        self.assertEqual(server.stop(), 0)
        self.assertIn("good: ", w.verified())
        decided = {str(task) for task, in w.query("SELECT task_id FROM decision")}
        self.assertLessEqual(set(done), decided, "what was acknowledged is there")


if __name__ == "__main__":
    main()
