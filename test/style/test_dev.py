"""./dev on machines that lack something: asks for nothing, says the one line, never half-works."""

import os
import shutil
import subprocess
import tempfile
import unittest

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
TOOLS = "bash env dirname readlink nproc awk sed cut grep cat mktemp rm tail cmp mkdir cp uname " \
        "realpath find touch mv sort true"
LIST = """# A comment.
[build]
there
absent # with a comment
toolish sh
[test]
only-for-tests
"""


class Machine(unittest.TestCase):
    """A copy of ./dev beside a list of its own, and a PATH with tools that we say."""

    def setUp(self):
        self.root = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.root)
        self.bin = os.path.join(self.root, "bin")
        os.makedirs(os.path.join(self.root, "packaging"))
        os.makedirs(self.bin)
        shutil.copy(os.path.join(ROOT, "dev"), self.root)
        with open(os.path.join(self.root, "packaging/debian-packages.txt"), "w",
                  encoding="utf-8") as f:
            f.write(LIST)
        for tool in TOOLS.split():
            os.symlink(shutil.which(tool), os.path.join(self.bin, tool))
        self.tool("sh", "exit 0")
        self.tool("dpkg-query", "echo 'installed there'; echo 'not-installed absent'; exit 1")
        self.tool("id", "echo 1000")
        self.tool("sudo", "exit 1")

    def tool(self, name, script):
        path = os.path.join(self.bin, name)
        if os.path.lexists(path):
            os.unlink(path)
        with open(path, "w", encoding="utf-8") as f:
            f.write(f"#!{shutil.which('bash')}\n{script}\n")
        os.chmod(path, 0o755)

    def dev(self, *args):
        done = subprocess.run([os.path.join(self.root, "dev"), *args], capture_output=True,
                              text=True, stdin=subprocess.DEVNULL, check=False, cwd=self.root,
                              env={"PATH": self.bin, "HOME": self.root})
        return done.returncode, done.stdout, done.stderr

    def test_without_root_or_sudo_it_prints_the_one_line_and_stops(self):
        for command in ("build", "run"):
            with self.subTest(command):
                status, out, err = self.dev(command)
                self.assertEqual((status, out), (3, ""))
                self.assertIn("\n  sudo apt-get install -y --no-install-recommends absent\n", err)
                self.assertFalse(os.path.exists(os.path.join(self.root, "build")))

    def test_tests_ask_for_the_packages_of_both_sections(self):
        status, _, err = self.dev("test")
        self.assertEqual(status, 3)
        self.assertIn("--no-install-recommends absent only-for-tests\n", err)

    def test_with_root_it_installs_and_fetches_the_lists_when_that_fails(self):
        self.tool("id", "echo 0")
        self.tool("apt-get", 'echo "$DEBIAN_FRONTEND $*" >>"$HOME/calls"; [ "$1" = update ]')
        status, _, err = self.dev("build")
        self.assertEqual(status, 3)
        self.assertIn("could not install", err)
        with open(os.path.join(self.root, "calls"), encoding="utf-8") as f:
            install = "noninteractive install -y --no-install-recommends absent\n"
            self.assertEqual(f.read(), install + "noninteractive update\n" + install)

    def test_what_was_set_up_before_an_install_is_set_up_again(self):
        os.mkdir(os.path.join(self.root, "build"))
        with open(os.path.join(self.root, "build/build.ninja"), "w", encoding="utf-8"):
            pass
        self.tool("id", "echo 0")
        self.tool("apt-get", "true")
        self.tool("node", "echo v22.23.3")
        self.tool("meson", 'echo "$*" >>"$HOME/calls"')
        self.tool("ninja", "exit 1")
        self.dev("build")
        with open(os.path.join(self.root, "calls"), encoding="utf-8") as f:
            self.assertEqual(f.read(), "setup --reconfigure build\n")

    def test_with_everything_there_nothing_is_installed(self):
        self.tool("dpkg-query", "echo 'installed there'; echo 'installed absent'")
        self.tool("apt-get", 'touch "$HOME/called"')
        self.tool("node", "echo v22.23.3")
        self.tool("meson", "exit 1")
        status, _, err = self.dev("build")
        self.assertEqual(status, 1)
        self.assertIn("meson setup of build failed", err)
        self.assertFalse(os.path.exists(os.path.join(self.root, "called")))

    def test_old_node_is_replaced_by_one_of_our_own(self):
        self.tool("dpkg-query", "echo 'installed there'; echo 'installed absent'")
        self.tool("npm", 'echo "$*" >"$HOME/npm"; exit 1')
        for version in ("v18.20.4", "v20.18.0", "v21.7.0", "v22.11.0"):
            with self.subTest(version):
                self.tool("node", f"echo {version}")
                status, _, err = self.dev("build")
                self.assertEqual(status, 3)
                self.assertIn("could not fetch Node", err)
                with open(os.path.join(self.root, "npm"), encoding="utf-8") as f:
                    self.assertRegex(f.read(), r"node-linux-\w+@22\.\d+\.\d+ npm@10")

    def test_tests_that_do_not_build_end_with_a_failure_counted(self):
        self.tool("dpkg-query", "printf 'installed %s\\n' there absent only-for-tests")
        self.tool("node", "echo v22.23.3")
        self.tool("meson", "exit 1")
        status, out, _ = self.dev("test")
        self.assertEqual((status, out), (1, "0 passed, 1 failed\n"))

    def test_unknown_command_is_a_usage_error(self):
        status, _, err = self.dev("frobnicate")
        self.assertEqual(status, 2)
        self.assertIn("usage: ./dev COMMAND", err)

    def test_help_asks_for_nothing(self):
        status, out, err = self.dev("help")
        self.assertEqual((status, err), (0, ""))
        self.assertIn("run [FOLDER]", out)

    def test_run_with_a_folder_that_is_not_there_stops_before_any_set_up(self):
        status, _, err = self.dev("run", "nowhere")
        self.assertEqual(status, 2)
        self.assertIn("no folder nowhere", err)


if __name__ == "__main__":
    unittest.main(verbosity=2)
