"""The labs as data: what they name is there, and each has its dozen checks."""

import os
import re
import subprocess
import sys
import tempfile
import unittest
from unittest import mock

import grading.labs
from grading.harness import diagnose, drivers, lab as labs, probe
from grading.machine import EnvironmentProblem

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CHECKS_MIN = 12
NAME = re.compile(r"\w*_\w+|\w+(?=\(\))")  # of the kernel's, in a sentence


def kernel_words():
    words = set()
    for folder, _, names in os.walk(os.path.join(TOP, "kernel")):
        for name in names:
            if name.endswith((".c", ".h", ".S")):
                with open(os.path.join(folder, name), encoding="utf-8") as file:
                    words.update(re.findall(r"\w+", file.read()))
    return words


def sources(folder):
    text = ""
    for name in sorted(os.listdir(os.path.join(TOP, folder))):
        if name.endswith(".c"):
            with open(os.path.join(TOP, folder, name), encoding="utf-8") as file:
                text += file.read()
    return text


class Labs(unittest.TestCase):
    def setUp(self):
        self.labs = labs.load_all()
        self.tests = [test for lab in self.labs for test in lab.tests]
        self.checks = [(test, check) for test in self.tests for check in test.checks]

    def test_all_ten_with_a_dozen_checks_each(self):
        self.assertEqual([lab.name for lab in self.labs], list(labs.LAB_NAMES))
        for lab in self.labs:
            self.assertGreaterEqual(sum(len(test.checks) for test in lab.tests), CHECKS_MIN, lab.name)

    def test_files_of_submissions_exist(self):
        for lab in self.labs:
            for name in lab.files:
                self.assertTrue(os.path.exists(os.path.join(TOP, name)), f"{lab.name}: {name}")

    def test_kernel_tests_exist_and_are_asked_for(self):
        there = set(re.findall(r"\bKTEST\((\w+)\)", sources("kernel/ktest")))
        for test, check in self.checks:
            if check.ktest:
                self.assertIn(check.ktest, there, test.name)
                asked = re.search(r"ktest=(\S+)", test.machine.append).group(1).split(",")
                self.assertTrue(any(check.ktest.startswith(each) for each in asked), check.ktest)

    def test_names_in_hints_exist(self):
        hints = [check.hint for _, check in self.checks] + [hint for _, hint in diagnose.HINTS]
        named = {name for hint in hints for name in NAME.findall(hint)}
        self.assertEqual(named - kernel_words(), set())

    def test_cases_and_facts_exist(self):
        text = sources("user/test/gradetest")
        cases = set(re.findall(r'\{"(\w+\.\w+)", \w+\}', text))
        facts = set(re.findall(r'fact\w*\("(\w+)"', text)) | set(drivers.FACTS)
        stops = set(re.findall(r'checkpoint\("(\w+)"', text))
        for test, check in self.checks:
            if test.case:
                self.assertIn(test.case, cases)
            if check.fact:
                self.assertIn(check.fact, facts, test.name)
            if check.at and check.at not in probe.ENDS:
                self.assertIn(check.at, stops, test.name)


class Names(unittest.TestCase):
    def test_what_is_no_lab(self):
        for name in ("no", "__init__", "boot.x", "../boot", ""):
            with self.assertRaisesRegex(EnvironmentProblem, f"no such lab: {name} .there are boot, "):
                labs.load(name)

    def test_a_lab_that_does_not_load(self):
        """In the words of what is wrong with it."""
        with tempfile.TemporaryDirectory() as folder, \
                mock.patch.object(grading.labs, "__path__", [*grading.labs.__path__, folder]):
            with open(os.path.join(folder, "broken_one.py"), "w", encoding="ascii") as file:
                file.write("import no_such_module\n")
            with self.assertRaisesRegex(EnvironmentProblem, "lab broken_one: No module named 'no_such_module'"):
                labs.load("broken_one")

    def test_python_without_its_site(self):
        done = subprocess.run([sys.executable, "-S", os.path.join(TOP, "grading/grade"), "--list"],
                              capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))


if __name__ == "__main__":
    unittest.main()
