"""What linux_compare says of two sets of results."""

import glob
import re
import unittest

from grading.linux_compare import Difference, compare, read_differences, results

KNOWN = {"p.known": Difference("differs", "why"), "p.varies": Difference("varies", "why"),
         "p.big": Difference("absent", "why")}


def errors(quire, linux, differences=None):
    """The cases that are errors."""
    return [case for case, *_, error in compare(quire, linux, differences or {}) if error]


class Compare(unittest.TestCase):
    def test_same(self):
        self.assertEqual(errors({"p.a": "ok"}, {"p.a": "ok"}), [])

    def test_difference_without_reason(self):
        self.assertEqual(errors({"p.a": "ok"}, {"p.a": "FAILED"}), ["p.a"])

    def test_case_that_one_side_lacks(self):
        self.assertEqual(errors({"p.a": "ok", "p.b": "ok"}, {"p.a": "ok"}), ["p.b"])

    def test_known_differences(self):
        quire = {"p.known": "ok", "p.varies": "ok", "p.big": "ok"}
        linux = {"p.known": "FAILED", "p.varies": "ok", "p.big": "skipped"}
        self.assertEqual(errors(quire, linux, KNOWN), [])

    def test_list_must_shrink(self):
        quire = {"p.known": "ok", "p.varies": "ok", "p.big": "ok"}
        linux = {"p.known": "ok", "p.varies": "FAILED", "p.big": "ok"}
        self.assertEqual(errors(quire, linux, KNOWN), ["p.known", "p.big"])

    def test_case_of_the_list_that_nobody_has(self):
        self.assertEqual(errors({"p.a": "ok"}, {"p.a": "ok"}, KNOWN), ["p.known", "p.varies"])

    def test_results_of_a_program(self):
        self.assertEqual(results("p", 1, "test a ok\ntest b FAILED: x\n"),
                         {"p.a": "ok", "p.b": "FAILED"})
        self.assertEqual(results("p", 0, "test p ok\n"), {"p": "ok"})
        self.assertEqual(results("p", 139, "test a ok\n"), {"p": "FAILED"})
        self.assertEqual(results("p", 77, ""), {"p": "skipped"})

    def test_the_list_and_the_tables_agree(self):
        marks = {"differs": "A_KERNEL", "varies": "A_KERNEL", "absent": "ON_OUR_SIZE"}
        listed = {case.split(".")[1]: marks[found.kind]
                  for case, found in read_differences().items() if case.startswith("usertests.")}
        table = {}
        for path in glob.glob("user/test/usertests/*.c"):
            with open(path, encoding="utf-8") as source:
                table.update(re.findall(r'\{"(\w+)", \w+,\s*(A_KERNEL|ON_OUR_SIZE)\}', source.read()))
        self.assertEqual(listed, table)


if __name__ == "__main__":
    unittest.main()
