"""Builds that fail, and whose fault that is. The ring `grade` runs these.

A compiler of the test's own stands before the real one, and fails as a host lets compilers fail.
"""

import argparse
import os
import shutil
import unittest
from unittest import mock

from grading.harness import selfcheck
from grading.harness.outcome import Verdict
from grading.machine import EnvironmentProblem
from grading.machine.options import setting
from grading.tests.grade_support import TOP, SubmissionTest

FORK = "kernel/vm/fork.c"
COMPILERS = ("riscv64-unknown-elf-gcc", "riscv64-linux-gnu-gcc", "riscv64-elf-gcc")
NO_SPACE = "fatal error: error writing to /tmp/cc1.s: No space left on device"
# $file is what is compiled; $real the compiler.
COMPILER = """#!/bin/sh
for file; do :; done
%s
exec %s "$@"
"""
FAILS = f'case $file in kernel/*) echo "$file: {NO_SPACE}" >&2; exit 1 ;; esac'
IS_KILLED = "case $file in kernel/*) kill -KILL $$ ;; esac"
FAILS_ONCE = ("case $file in kernel/*) mkdir ${0%/*}/failed-once 2>/dev/null && "
              f"{{ echo '{NO_SPACE}' >&2; exit 1; }} ;; esac")


def real_compiler(name):
    """Its path, and not that of a cache of compilers, which would look for it in PATH; None."""
    for folder in os.environ["PATH"].split(os.pathsep):
        path = shutil.which(name, path=folder)
        if path and os.path.basename(os.path.realpath(path)) != "ccache":
            return path
    return None


class Builds(SubmissionTest):
    LAB = "cow"

    def compiler(self, text):
        """A directory that comes first in PATH, with a compiler that does `text` first."""
        real = next(filter(None, map(real_compiler, COMPILERS)))
        folder = os.path.join(self.scratch.name, f"{self.id()}.bin")
        os.makedirs(folder)
        self.folder_of_compiler = folder
        path = os.path.join(folder, os.path.basename(real))
        with open(path, "w", encoding="utf-8") as file:
            file.write(COMPILER % (text, real))
        os.chmod(path, 0o755)
        return mock.patch.dict(os.environ, {"PATH": f"{folder}:{os.environ['PATH']}"})

    def test_no_space(self):
        with self.compiler(FAILS):
            outcome = self.grade_submission("share")
        self.assertEqual(outcome.verdict, Verdict.ENVIRONMENT)
        self.assertIn("No space left", outcome.detail)

    def test_a_compiler_that_is_killed(self):
        with self.compiler(IS_KILLED):
            outcome = self.grade_submission("share")
        self.assertEqual(outcome.verdict, Verdict.ENVIRONMENT)
        self.assertIn("Killed", outcome.detail)

    def test_what_has_passed_when_the_reference_is_built_costs_nothing(self):
        with self.compiler(FAILS_ONCE):
            outcome = self.grade_submission("share")
        self.assertEqual(outcome.verdict, Verdict.PASS, (outcome.detail, outcome.tail))
        self.assertTrue(os.path.isdir(os.path.join(self.folder_of_compiler, "failed-once")))

    def test_words_of_the_submissions_own_are_no_fault_of_the_hosts(self):
        """#error, and the assembler's .print: a line like any of the compiler's."""
        for text in (f'\n#error "{NO_SPACE}"\n',
                     f'\n__asm__(".print \\"{NO_SPACE}\\"\\n.error \\"cc1: out of memory\\"");\n'):
            self.put(FORK, self.trusted(FORK).decode() + text)
            outcome = self.grade_submission("share")
            self.assertEqual((outcome.verdict, outcome.earned), (Verdict.FAIL, 0), outcome.detail)
            self.assertTrue(any("No space" in line for line in outcome.tail), outcome.tail)

    def test_selfcheck_compiles(self):
        options = argparse.Namespace(build=setting("BUILD", "build"), slow=1.0, lab="cow", j=1,
                                     class_folder=None)
        with self.compiler(FAILS), self.assertRaisesRegex(EnvironmentProblem, "does not build.*No space left"):
            selfcheck.require_fit(TOP, options)


if __name__ == "__main__":
    unittest.main()
