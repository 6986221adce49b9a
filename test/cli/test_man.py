"""Every command has a manual page, and its page and its --help name the same options."""
import re
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from workspace import Workspace, main # noqa: E402

PAGES = Path(__file__).resolve().parent.parent.parent / "man"
GLOBAL = {"--data", "--key-file", "--db", "--help"} # on the page of assay itself


def options(text):
    """The long options that a text names."""
    return set(re.findall(r"(?<![\w-])--[a-z][a-z-]*[a-z]", text)) - GLOBAL


class Pages(unittest.TestCase):
    def setUp(self):
        self.w = Workspace()
        self.addCleanup(self.w.close)

    def commands(self):
        found = re.findall(r"^  ([a-z]+) {2,}\S", self.w.ok("--help").text(), re.M)
        self.assertGreater(len(found), 10)
        return found

    def test_each_command_has_a_page_that_names_its_options(self):
        for command in self.commands():
            with self.subTest(command=command):
                page = PAGES / f"assay-{command}.1.scd"
                self.assertTrue(page.exists(), f"{page.name} is missing")
                said = self.w.ok(command, "--help").text()
                # What the help names of others' options stands behind a command or in an example.
                said = re.split(r"^examples?:", said, flags=re.M)[0]
                text = re.split(r"^# EXAMPLES", page.read_text(), flags=re.M)[0]
                self.assertEqual(options(said), options(text))

    def test_the_page_of_assay_names_each_command(self):
        text = (PAGES / "assay.1.scd").read_text()
        for command in self.commands():
            self.assertIn(f"*assay-{command}*(1)", text)


if __name__ == "__main__":
    main()
