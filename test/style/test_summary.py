"""The summary counts what ran, never more, and never hides a failure."""

import contextlib
import io
import json
import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
import summary  # noqa: E402


def counted(out="", err="", result="OK", code=0):
    count = summary.count_of(
        {"name": "t", "stdout": out, "stderr": err, "result": result, "returncode": code})
    return count.passed, len(count.failed), len(count.skipped)


class Counting(unittest.TestCase):
    def test_tap_lines_are_counted_one_by_one(self):
        self.assertEqual(counted("1..3\nok 1 - a\nok 2 - b\nnot ok 3 - c\n", "", "FAIL"), (2, 1, 0))

    def test_skip_of_cmocka_and_of_tap_are_skips(self):
        self.assertEqual(counted("1..2\nnot ok 1 # SKIP a\nok 2 - b # SKIP no vectors\n"),
                         (0, 0, 2))

    def test_plan_of_nothing_is_a_skip(self):
        self.assertEqual(counted("1..0 # SKIP no database\n", result="SKIP"), (0, 0, 1))

    def test_program_that_dies_after_good_tests_fails(self):
        self.assertEqual(counted("1..3\nok 1 - a\n", "", "ERROR", -11), (1, 1, 0))

    def test_program_without_counts_is_one_test(self):
        self.assertEqual(counted("fine\n"), (1, 0, 0))
        self.assertEqual(counted("", "", "FAIL", 1), (0, 1, 0))
        self.assertEqual(counted("", "", "TIMEOUT"), (0, 1, 0))
        self.assertEqual(counted("", "", "SKIP", 77), (0, 0, 1))

    def test_unittest_verbose_names_its_failures(self):
        err = ("test_a (m.C.test_a) ... ok\ntest_b (m.C.test_b) ... FAIL\n"
               "test_c (m.C.test_c) ... skipped 'why'\n\nRan 3 tests in 0.1s\n\n"
               "FAILED (failures=1, skipped=1)\n")
        self.assertEqual(counted("", err, "FAIL", 1), (1, 1, 1))

    def test_unittest_with_a_docstring_is_counted_once(self):
        err = "test_a (m.C.test_a)\nWhat it proves. ... ok\n\nRan 1 test in 0.1s\n\nOK\n"
        self.assertEqual(counted("", err), (1, 0, 0))

    def test_unittest_quiet_is_counted_by_its_end(self):
        self.assertEqual(counted("", "..F\nRan 3 tests in 0.1s\n\nFAILED (errors=1)\n", "FAIL"),
                         (2, 1, 0))

    def test_node_is_counted_by_its_end(self):
        out = "ok 1 - file\n    not ok 1 - inner\n# tests 3\n# pass 2\n# fail 1\n# skipped 0\n"
        self.assertEqual(counted(out, "", "FAIL", 1), (2, 1, 0))
        self.assertEqual(counted("ℹ pass 4\nℹ fail 0\n"), (4, 0, 0))


class Whole(unittest.TestCase):
    def run_on(self, entries):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "log.json")
            if entries is not None:
                with open(path, "w", encoding="utf-8") as f:
                    f.writelines(json.dumps(e) + "\n" for e in entries)
            out = io.StringIO()
            with contextlib.redirect_stdout(out):
                status = summary.show(summary.summarize([path]))
            return status, out.getvalue().splitlines()

    def test_last_line_is_the_count(self):
        good = {"name": "assay:unit / a", "stdout": "1..1\nok 1 - x\n", "result": "OK"}
        self.assertEqual(self.run_on([good]), (0, ["1 passed, 0 failed"]))

    def test_failures_are_named_above_the_last_line(self):
        bad = {"name": "assay:unit / a", "stdout": "1..1\nnot ok 1 - x\n", "result": "FAIL"}
        self.assertEqual(self.run_on([bad]),
                         (1, ["FAILED: assay:unit / a: x", "0 passed, 1 failed"]))

    def test_missing_log_is_a_failure(self):
        status, lines = self.run_on(None)
        self.assertEqual((status, lines[-1]), (1, "0 passed, 1 failed"))

    def test_empty_log_is_a_failure(self):
        status, lines = self.run_on([])
        self.assertEqual((status, lines[-1]), (1, "0 passed, 1 failed"))

    def test_pattern_is_part_of_a_name_or_a_glob_of_the_whole(self):
        listed = ["assay:unit / pdq", "assay:unit / pdq_distance", "assay:style / tidy", "noise"]
        self.assertEqual(summary.match("pdq", listed), ["assay:pdq", "assay:pdq_distance"])
        self.assertEqual(summary.match("p*q", listed), ["assay:pdq"])
        self.assertEqual(summary.match("style", listed), ["assay:tidy"])
        self.assertEqual(summary.match("nothing", listed), [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
