"""The style checks catch planted faults and let good trees pass."""

import os
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(__file__))
import check_format  # noqa: E402
import check_headers  # noqa: E402
import check_layers  # noqa: E402
import check_purity  # noqa: E402
import tidy  # noqa: E402

LAYERS = "base :\nhash : base\ndecoder : base\nstore : base\nflow : base store\ncli : *\n"


class Planted(unittest.TestCase):
    """A tree in a temporary folder; each test plants one thing."""

    def setUp(self):
        self.root = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.root)

    def plant(self, path, text):
        full = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8") as f:
            f.write(text)

    def assert_fault(self, faults, words):
        self.assertEqual(len(faults), 1, faults)
        self.assertIn(words, faults[0])


class Layers(Planted):
    def include(self, path, line, layers=LAYERS):
        self.plant("src/LAYERS", layers)
        self.plant(path, f"/* x */\n{line}\n")
        return check_layers.check(self.root)

    def test_downward_include_is_fine(self):
        self.assertEqual(self.include("src/store/a.c", '#include "base/mem.h"'), [])

    def test_upward_include_is_a_fault(self):
        self.assert_fault(self.include("src/base/a.c", '#include "store/store.h"'),
                          "base may not include store")

    def test_include_behind_a_space_is_seen(self):
        self.assert_fault(self.include("src/base/a.c", '# include "store/store.h"'), "may not")

    def test_include_in_a_comment_is_not_one(self):
        self.assertEqual(self.include("src/base/a.c", '/*\n#include "store/store.h"\n*/'), [])

    def test_include_without_a_layer_is_a_fault(self):
        self.assert_fault(self.include("src/base/a.c", '#include "mem.h"'), "written from src/")

    def test_include_of_an_unknown_layer_is_a_fault(self):
        self.assert_fault(self.include("src/base/a.c", '#include "nowhere/x.h"'), "no layer")

    def test_private_header_of_another_folder_is_a_fault(self):
        self.assert_fault(self.include("src/store/a.c", '#include "base/mem_impl.h"'), "private")

    def test_private_header_of_the_own_folder_is_fine(self):
        self.assertEqual(self.include("src/base/a.c", '#include "base/mem_impl.h"'), [])

    def test_nobody_includes_the_decoder(self):
        self.assert_fault(self.include("src/cli/a.c", '#include "decoder/jpeg.h"'), "nobody")

    def test_a_step_of_flow_including_another_is_a_fault(self):
        self.assert_fault(self.include("src/flow/qa/a.c", '#include "flow/grade/grade.h"'),
                          "never another step")

    def test_a_step_of_flow_including_flow_h_is_fine(self):
        self.assertEqual(self.include("src/flow/qa/a.c", '#include "flow/flow.h"'), [])

    def test_folder_missing_from_layers_is_a_fault(self):
        self.assert_fault(self.include("src/new/a.c", ""), "not in src/LAYERS")

    def test_layer_naming_a_higher_one_is_a_fault(self):
        self.assert_fault(self.include("src/base/a.c", "", "base : store\nstore : base\n"),
                          "not above")

    def test_installed_header_including_a_private_one_is_a_fault(self):
        self.assert_fault(self.include("include/assay/a.h", '#include "base/mem.h"'), "installed")


class TidyC(Planted):
    def faults(self, code, path="src/flow/a.c"):
        self.plant("src/flow/meson.build", "# flow\nfiles('a.c', 'flow.c')\n")
        self.plant("test/unit/meson.build", "# tests\n{'a': [x]}\n")
        self.plant(path, code if code.startswith("/*") else f"/* A file. */\n{code}\n")
        return tidy.check(self.root)

    def test_every_banned_call_is_a_fault(self):
        for name in "strcpy strcat sprintf gets strtok atoi alloca system popen".split():
            with self.subTest(name):
                self.assert_fault(self.faults(f"int x = {name}(y);"), "banned")

    def test_banned_call_is_a_fault_in_tests_too(self):
        self.assert_fault(self.faults("int x = atoi(y);", "test/unit/test_a.c"), "banned")

    def test_name_that_ends_like_a_banned_one_is_fine(self):
        self.assertEqual(self.faults("int x = my_system(y), z = p->free(q), f = f_gets(1);"), [])

    def test_banned_call_in_comment_or_string_is_fine(self):
        self.assertEqual(self.faults('/* never system(x) */ char *s = "strcpy(a)";'), [])

    def test_each_one_door_call_is_a_fault_elsewhere(self):
        for name in ("malloc free calloc realloc strdup time clock_gettime localtime_r rand "
                     "getrandom randombytes_buf fork execve posix_spawn EVP_DecryptInit_ex "
                     "socket connect task_move record_insert").split():
            with self.subTest(name):
                self.assert_fault(self.faults(f"int x = {name}(y);"), "only in")

    def test_one_door_call_is_fine_behind_its_door(self):
        self.plant("src/base/meson.build", "# base\nfiles('mem.c')\n")
        self.assertEqual(self.faults("void *p = malloc(1);", "src/base/mem.c"), [])
        self.assertEqual(self.faults("int x = task_move(t);", "src/flow/flow.c"), [])

    def test_sql_outside_the_store_is_a_fault(self):
        for sql in ("SELECT id FROM item", "INSERT OR IGNORE INTO a", "UPDATE item SET x = 1",
                    "DELETE FROM lease", "CREATE TABLE t (a)", "PRAGMA journal_mode"):
            with self.subTest(sql):
                self.assert_fault(self.faults(f'char *s = "{sql}";'), "SQL")

    def test_sql_words_in_plain_text_are_fine(self):
        self.assertEqual(self.faults('char *s = "Select a file; update it.";'), [])

    def test_function_of_70_lines_is_fine_and_71_a_fault(self):
        body = "    f();\n"
        self.assertEqual(self.faults("int f(void)\n{\n" + body * 68 + "}"), [])
        self.assert_fault(self.faults("int f(void)\n{\n" + body * 69 + "}"), "71 lines")

    def test_file_over_1000_lines_is_a_fault(self):
        self.assert_fault(self.faults("int x;\n" * 1000), "at most 1000")

    def test_line_over_100_columns_is_a_fault(self):
        self.assertEqual(self.faults("/" + "*" * 98 + "/"), [])
        self.assert_fault(self.faults("/* A file. */\n/" + "*" * 99 + "/"), "101 columns")

    def test_missing_first_line_is_a_fault(self):
        self.assert_fault(self.faults("/*\n * A file.\n */"), "first line")

    def test_marks_of_unfinished_work_are_faults(self):
        for mark in ("TO" "DO", "FIX" "ME", "X" "XX", "HA" "CK"):
            with self.subTest(mark):
                self.assert_fault(self.faults(f"/* {mark}: later */"), "unfinished")

    def test_path_of_a_machine_is_a_fault(self):
        for path in ("/wo" "rk/shared", "/ho" "me/me", "/ro" "ot/x"):
            with self.subTest(path):
                self.assert_fault(self.faults(f'char *s = "{path}";'), "one machine")

    def test_label_other_than_out_and_undo_is_a_fault(self):
        self.assertEqual(self.faults("goto out; goto undo;"), [])
        self.assert_fault(self.faults("goto done;"), "labels")

    def test_typedef_of_a_struct_is_a_fault(self):
        self.assert_fault(self.faults("typedef struct a a;"), "typedef")

    def test_file_that_meson_does_not_name_is_a_fault(self):
        self.assert_fault(self.faults("int x;", "src/flow/b.c"), "no meson.build")

    def test_unit_test_is_named_by_its_short_name(self):
        self.assertEqual(self.faults("int x;", "test/unit/test_a.c"), [])


class TidyOthers(Planted):
    def faults(self, path, text):
        self.plant(path, text)
        return tidy.check(self.root)

    def test_fetch_outside_api_ts_is_a_fault(self):
        self.assertEqual(self.faults("console/src/api.ts", "// Api.\nfetch('/x');\n"), [])
        for code in ("fetch('/x');", "await window.fetch(x);", "new EventSource('/x');"):
            with self.subTest(code):
                self.assert_fault(self.faults("console/src/a.ts", f"// A.\n{code}\n"), "api.ts")

    def test_member_named_fetch_is_fine(self):
        code = "// A.\ninterface D { fetch(a: string): void }\ndeps.fetch(x);\nfetchOnce(y);\n"
        self.assertEqual(self.faults("console/src/a.ts", code), [])

    def test_picture_outside_shield_is_a_fault(self):
        self.assertEqual(self.faults("console/src/shield.tsx", "// S.\nx = <img src={y} />;\n"), [])
        for code in ("<img src={y} />", "new Image()", "document.createElement('img')",
                     "URL.createObjectURL(b)", "<video />"):
            with self.subTest(code):
                self.assert_fault(self.faults("console/src/a.tsx", f"// A.\nx = {code};\n"),
                                  "shield")

    def test_inner_html_is_a_fault_everywhere(self):
        self.assert_fault(self.faults("console/src/api.ts", "// A.\nx.innerHTML = y;\n"), "nowhere")

    def test_lock_file_naming_an_address_is_a_fault(self):
        lock = '{"packages": {"a": {"version": "1.0.0"%s}}}'
        self.assertEqual(self.faults("console/package-lock.json", lock % ""), [])
        self.assert_fault(self.faults("console/package-lock.json",
                                      lock % ', "resolved": "https://mirror.example/a-1.tgz"'),
                          "address")

    def test_first_line_of_scripts_stands_behind_the_interpreter(self):
        self.assertEqual(self.faults("tools/a.sh", "#!/bin/sh\n# Does a thing.\n"), [])
        self.assert_fault(self.faults("tools/a.sh", "#!/bin/sh\nset -e\n"), "first line")

    def test_generated_file_may_be_long(self):
        text = "/**\n * This file was auto-generated.\n */\n" + "x" * 130 + "\n"
        self.assertEqual(self.faults("console/src/api-types.ts", text), [])
        self.assert_fault(self.faults("console/src/api-types.ts", text.replace("auto-", "")),
                          "130 columns")

    def test_build_folders_and_corpora_are_left_out(self):
        self.assertEqual(self.faults("build-asan/a.c", "atoi(x);\n"), [])
        self.assertEqual(self.faults("fuzz/corpus/x/a.c", "atoi(x);\n"), [])


class Compiled(Planted):
    def library(self, code):
        self.plant("a.c", code)
        done = os.path.join(self.root, "a.o")
        subprocess.run(["gcc", "-c", "-o", done, os.path.join(self.root, "a.c")], check=True)
        return done

    def test_pure_code_is_pure(self):
        code = "#include <string.h>\nint f(const char *s) { return (int)strlen(s); }\n"
        self.assertEqual(check_purity.check([self.library(code)]), [])

    def test_each_impure_call_is_a_fault(self):
        for name in "open socket time getenv clock_gettime getrandom fopen fork rand_bytes".split():
            with self.subTest(name):
                code = f"int {name}(int);\nint g(void) {{ return {name}(0); }}\n"
                library = self.library(code)
                self.assert_fault(check_purity.check([library]), name)

    def test_header_that_needs_another_is_a_fault(self):
        self.plant("include/assay/a.h", "/* A. */\nuint8_t f(void);\n")
        self.assertTrue(check_headers.check(os.path.join(self.root, "include")))

    def test_header_that_is_no_cpp_is_a_fault(self):
        self.plant("include/assay/a.h", "/* A. */\nint f(int *restrict class);\n")
        self.assertTrue(check_headers.check(os.path.join(self.root, "include")))

    def test_header_that_stands_alone_is_fine(self):
        self.plant("include/assay/a.h", "/* A. */\n#include <stdint.h>\nuint8_t a(void);\n")
        self.assertEqual(check_headers.check(os.path.join(self.root, "include")), [])

    @unittest.skipIf(shutil.which("clang-format-14") is None, "no clang-format-14")
    def test_unformatted_file_is_a_fault(self):
        self.plant(".clang-format", "BasedOnStyle: LLVM\n")
        self.plant("src/a.c", "int  x;\n")
        self.assertTrue(check_format.check(self.root))
        self.plant("src/a.c", "int x;\n")
        self.assertEqual(check_format.check(self.root), [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
