"""Submissions that are made from files of others: the reference, its objects, its image, another student's.

With namespaces such files are not there; without, the build is refused for what it read. The ring `grade` runs these.
"""

import os
import shutil
import subprocess
import tempfile
import unittest
from unittest import mock

from grading.harness import sandbox
from grading.harness.outcome import Verdict, public
from grading.harness.tree import BuildFailed, Tampered
from grading.harness.workplace import Workplace
from grading.machine import EnvironmentProblem, scratch
from grading.machine.options import setting
from grading.tests.grade_support import TOP, SubmissionTest

FAULT, FORK = "kernel/vm/fault.c", "kernel/vm/fork.c"
BUILD = setting("BUILD", "build")
THEIRS = os.path.join(TOP, FAULT)
INCBIN = '\n__asm__(".pushsection .rodata\\n.incbin \\"%s\\"\\n.popsection");\n'
# The directive is nowhere in the text.
INCBIN_MACRO = ('\n__asm__(".macro quietly x\\n.inc\\\\x \\"%s\\"\\n.endm\\n.pushsection .rodata\\nquietly bin\\n'
                '.popsection");\n')


class SourcesTest(SubmissionTest):
    LAB = "cow"

    def build(self):
        with self.workplace() as tree:
            tree.kernel("default")

    def added(self, text):
        self.put(FAULT, self.trusted(FAULT).decode() + text)


@unittest.skipUnless(sandbox.can_hide(), "no namespaces of mounts here")
class Hidden(SourcesTest):
    def missing(self):
        with self.assertRaises(BuildFailed) as raised:
            self.build()
        output = "\n".join(raised.exception.output)
        self.assertRegex(output, "No such file|can't open|file not found")

    def test_the_reference_included_is_no_solution(self):
        self.put(FAULT, f'#include "{THEIRS}"\n')
        outcome = self.grade_submission("share")
        self.assertEqual((outcome.verdict, outcome.earned), (Verdict.FAIL, 0))
        self.assertIn("does not build", outcome.detail)

    def test_the_references_image(self):
        self.added(INCBIN % os.path.join(TOP, BUILD, "quire.elf"))
        self.missing()

    def test_the_copy_has_nothing_of_the_solution(self):
        self.put(FORK, "\n")
        with self.workplace() as tree:
            there = {os.path.relpath(os.path.join(folder, name), tree.root)
                     for folder, _, files in os.walk(tree.root) for name in files}
            with open(os.path.join(tree.root, FORK), encoding="utf-8") as file:
                self.assertEqual(file.read(), "\n")
        self.assertIn("build/kernel/vm/mmap.c.o", there)
        solution = {f"build/{name}{suffix}" for name in self.lab.files for suffix in (".o", ".d")}
        solution |= {f"build/{name}" for name in ("quire.elf", "gen/quire0.elf", "gen/ksyms.S", "gen/ksyms.o")}
        for path in solution:
            self.assertTrue(os.path.exists(os.path.join(TOP, BUILD, path[len("build/"):])), path)
        self.assertEqual(there & solution, set())

    def test_past_the_mounts_by_another_process(self):
        keeper = f"/proc/{os.getpid()}/cwd"
        self.put(FAULT, f'#include "{keeper}{THEIRS if os.getcwd() == "/" else "/" + FAULT}"\n')
        self.missing()

    def test_another_students_file(self):
        theirs = os.path.join(self.folder, "secret.h")
        self.put("secret.h", "\n")
        self.added(f'\n#include "{theirs}"\n')
        self.missing()

    def test_no_file_of_the_hosts_is_in_an_error_message(self):
        """The compiler opens a file that #line names only to print of it, and lists it nowhere."""
        with tempfile.NamedTemporaryFile("w", suffix=".c") as secret:
            secret.write("the answers\n")
            secret.flush()
            self.added(f'\n#line 1 "{secret.name}"\nint wrong = undeclared;\n')
            with self.assertRaises(BuildFailed) as raised:
                self.build()
        output = "\n".join(raised.exception.output)
        self.assertIn("undeclared", output)
        self.assertNotIn("the answers", output)

    def test_no_file_of_the_hosts_is_there(self):
        with tempfile.NamedTemporaryFile() as secret:
            self.added("".join(f'\n#if __has_include("{path}")\n#error it is there: {path}\n#endif\n'
                               for path in (secret.name, "/etc/passwd", "/proc/self/exe")))
            self.build()

    def test_nobody_sees_the_rest_of_a_class(self):
        with tempfile.TemporaryDirectory() as everybody:
            mine = shutil.copytree(self.folder, os.path.join(everybody, "ada"))
            theirs = shutil.copytree(self.folder, os.path.join(everybody, "bob"))
            with Workplace(TOP, BUILD, mine, self.lab.files, everybody) as tree:
                for prefix in (tree.bounds.build_prefix, tree.bounds.machine_prefix):
                    seen = subprocess.run([*prefix, "test", "-e", os.path.join(theirs, FAULT)], check=False)
                    self.assertEqual(seen.returncode, 1)

    def test_a_machine_does_not_see_the_reference(self):
        with self.workplace() as tree:
            prefix = tree.bounds.machine_prefix
        self.assertNotEqual(os.system(" ".join(f"'{word}'" for word in (*prefix, "test", "-e", THEIRS))), 0)
        self.assertEqual(os.system(" ".join(f"'{word}'" for word in (*prefix, "test", "-e", "/bin/sh"))), 0)


class Refused(SourcesTest):
    """Where mounts cannot be hidden."""

    def setUp(self):
        super().setUp()
        patch = mock.patch.object(sandbox, "_mounts", return_value=())
        patch.start()
        self.addCleanup(patch.stop)

    def refused(self, path):
        with self.assertRaisesRegex(Tampered, f"outside of its tree: .*{os.path.basename(path)}"):
            self.build()

    def test_it_is_told(self):
        self.assertTrue(any("unshare -m" in note for note in sandbox.notes()))

    def test_the_reference_as_a_submission_is_not(self):
        self.assertEqual(self.grade_submission("share").verdict, Verdict.PASS)

    def test_included(self):
        self.put(FAULT, f'#include "{THEIRS}"\n')
        outcome = self.grade_submission("share")
        self.assertEqual((outcome.verdict, outcome.earned), (Verdict.FAIL, 0))
        self.assertIn(public(THEIRS), outcome.detail)

    def test_included_as_a_systems_header(self):
        """Those the compiler leaves out of its list unless it is told not to."""
        self.put(FAULT, f'# 1 "quiet.h" 1 3\n#include "{THEIRS}"\n')
        self.refused(THEIRS)

    def test_included_by_a_path_that_climbs(self):
        climbs = "/".join([".."] * 20)
        self.put(FAULT, f'#include "{climbs}{THEIRS}"\n')
        self.refused(THEIRS)

    @unittest.skipUnless(os.path.isdir("/proc/self"), "no /proc here")
    def test_included_by_way_of_a_process(self):
        keeper = f"/proc/{os.getpid()}/cwd/{os.path.relpath(THEIRS)}"
        self.put(FAULT, f'#include "{keeper}"\n')
        self.refused(THEIRS)

    def test_by_the_assembler(self):
        image = os.path.join(TOP, BUILD, "quire.elf")
        for text in (INCBIN, INCBIN_MACRO):
            self.added(text % image)
            self.refused(image)


class Names(SourcesTest):
    def test_a_functions_name_is_no_directive(self):
        """Names of functions are put into an assembler file of their own."""
        self.added('\nvoid quoted(void) __asm__("\\"x\\\\\\";.incbin\\\\\\"/etc/passwd\\"");\n'
                   "void\nquoted(void)\n{\n}\n")
        with self.assertRaises(BuildFailed) as raised:
            self.build()
        self.assertIn("no name for a function", "\n".join(raised.exception.output))


class Scratch(SourcesTest):
    def test_temporary_files_in_the_tree_that_is_hidden(self):
        inside = tempfile.mkdtemp(dir=os.path.join(TOP, BUILD))
        self.addCleanup(shutil.rmtree, inside)
        with mock.patch.object(scratch, "scratch_root", return_value=inside):
            with self.assertRaisesRegex(EnvironmentProblem, "TMPDIR"):
                self.build()


if __name__ == "__main__":
    unittest.main()
