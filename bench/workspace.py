"""A training workspace that lies on the build folder's disk, and its server, for benchmarks."""
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile

BUILD = os.path.realpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "build"))
ASSAY = os.path.join(BUILD, "assay")


def program(name):
    return os.path.join(BUILD, "bench", name)


class Workspace:
    """Everything in one folder: data/ and the site key apart in config/. Use it with `with`."""

    def __enter__(self):
        self.top = tempfile.mkdtemp(prefix="bench-", dir=BUILD)
        self.data = os.path.join(self.top, "data")
        self.env = dict(os.environ, ASSAY_DATA=self.data,
                        XDG_CONFIG_HOME=os.path.join(self.top, "config"), TMPDIR=self.top)
        self.server = None
        self.run(ASSAY, "init", "--training")
        return self

    def __exit__(self, *why):
        self.stop()
        shutil.rmtree(self.top)

    def run(self, *command, **options):
        """A command on the workspace; its stdout. What it says on stderr is shown if it fails."""
        done = subprocess.run(command, env=self.env, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, **options)
        if done.returncode != 0:
            sys.exit("%s: exit %d\n%s" % (" ".join(command), done.returncode, done.stderr[-2000:]))
        return done.stdout

    def fill(self, tasks, people):
        """Tasks that wait; the session tokens of so many people, a line each."""
        return self.run(program("decide-fill"), self.data, str(tasks), str(people))

    def stats(self):
        return json.loads(self.run(ASSAY, "stats", "--format", "json"))

    def serve(self):
        """Starts the server; its ADDRESS:PORT."""
        log = open(os.path.join(self.top, "log"), "wb")
        self.server = subprocess.Popen([ASSAY, "serve", "--listen", "127.0.0.1:0"], env=self.env,
                                       stdout=subprocess.PIPE, stderr=log)
        log.close()
        return re.search(rb" at http://(\S+)", self.server.stdout.readline()).group(1).decode()

    def stop(self):
        if self.server:
            self.server.send_signal(signal.SIGTERM)
            self.server.wait(60)
            self.server.stdout.close()
            self.server = None

    def resident_mb(self):
        """The server's resident memory and its highest so far, MB."""
        with open("/proc/%d/status" % self.server.pid, encoding="ascii") as f:
            text = f.read()
        return tuple(int(re.search(name + r":\s+(\d+)", text).group(1)) / 1024
                     for name in ("VmRSS", "VmHWM"))

    def decide(self, address, tokens, clients, seconds):
        """Grades by the API; what decide-clients measured."""
        return json.loads(self.run(program("decide-clients"), address, str(clients), str(seconds),
                                   input=tokens))
