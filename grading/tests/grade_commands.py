"""The commands that a lost test prints, run as they are printed. The ring `grade` runs these."""

import os
import re
import shutil
import subprocess
import unittest

from grading.harness import lab as labs
from grading.harness.suite import Suite
from grading.tests.grade_support import TOP, GradeTest, hand_in, reference

PORT = str(20000 + os.getpid() % 9000)
GDB = "break sys_exit_group\ncontinue\nbacktrace 1\ndelete\ncontinue\n"
WAIT_SECONDS = 400


class Commands(GradeTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        test = next(test for test in labs.load("boot").tests if test.id == "exit-status")
        suite = Suite([test], reference(), cls.scratch.name, 5, workers=1)
        suite.go(lambda outcome: None)
        cls.outcome = suite.outcomes[0]

    def test_the_one_that_repeats_it(self):
        done = subprocess.run(self.outcome.reproduce, shell=True, cwd=TOP, capture_output=True,
                              text=True, timeout=WAIT_SECONDS, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("boot/exit-status", done.stdout)
        self.assertIn("Quire on", done.stderr, "the console is not shown")

    @unittest.skipUnless(shutil.which("gdb-multiarch") or shutil.which("riscv64-unknown-elf-gdb"),
                         "no gdb that knows RISC-V")
    def test_the_one_for_gdb(self):
        self.debug(self.outcome.debug, r"make gdb GDBPORT=\d+", GDB, r"Breakpoint 1, sys_exit_group")

    @unittest.skipUnless(shutil.which("gdb-multiarch") or shutil.which("riscv64-unknown-elf-gdb"),
                         "no gdb that knows RISC-V")
    def test_a_submission_under_gdb(self):
        """It is its own kernel that runs, and its symbols that gdb has."""
        folder = os.path.join(self.scratch.name, "mine")
        hand_in("boot", folder)
        with open(os.path.join(folder, "kernel/boot/power.c"), "a", encoding="utf-8") as file:
            file.write("\nvoid my_own(void);\nvoid\nmy_own(void)\n{\n\tbarrier();\n}\n")
        command = f"grading/grade boot exit-status --seed 5 --gdb --submission {folder}"
        self.debug(command, r"GDBPORT=\d+ tools/gdb-start \S+", "info address my_own\n" + GDB,
                   r"\"my_own\" is a function(?s:.*)sys_exit_group")

    def debug(self, grade, gdb_command, script, pattern):
        """Runs a command that waits for gdb, the gdb that it prints, and what that is to show."""
        environment = {**os.environ, "GDBPORT": PORT, "QUIRE_GDBPORT": PORT}
        grader = subprocess.Popen(grade, shell=True, cwd=TOP, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, text=True, env=environment)
        self.addCleanup(grader.stdout.close)
        self.addCleanup(grader.kill)
        shown = ""
        while "continue" not in shown:
            line = grader.stdout.readline()
            self.assertTrue(line, shown)
            shown += line
        command = re.search(gdb_command, shown).group()
        gdb = subprocess.run(command, shell=True, cwd=TOP, input=script, capture_output=True, text=True,
                             timeout=WAIT_SECONDS, check=False)
        self.assertRegex(gdb.stdout, pattern, gdb.stderr)
        self.assertIn("2/2", grader.stdout.read())
        self.assertEqual(grader.wait(WAIT_SECONDS), 0)


if __name__ == "__main__":
    unittest.main()
