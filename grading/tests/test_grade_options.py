"""Commands that are wrong: status 2 and a sentence, at once; nobody gets marks by them."""

import contextlib
import io
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import unittest

from grading.harness import cli
from grading.harness.outcome import TOP
from grading.machine.options import make_command

WRONG = (
    (["--seed", "-1"], "a seed is a number from 0 to 18446744073709551615"),
    (["--seed", str(1 << 64)], "a seed is a number from 0 to 18446744073709551615"),
    (["--slow", "nan"], "--slow is at most"),
    (["--slow", "inf"], "--slow is at most"),
    (["--slow", "0"], "above 0"),
    (["", "share"], "test share needs its lab"),
    (["cow", "--submission", ""], "empty"),
    (["--selfcheck", "cow", "--submission", "x"], "--selfcheck grades the reference"),
    (["--selfcheck", "cow", "--class", "x", "--csv", "x.csv"], "--selfcheck grades the reference"),
    (["--selfcheck", "cow", "share"], "--selfcheck grades the reference"),
    (["--selfcheck", "--gradescope", "x"], "--selfcheck grades the reference"),
)


class Wrong(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)

    def complaint(self, arguments):
        with contextlib.redirect_stderr(io.StringIO()) as told, self.assertRaises(SystemExit) as ended:
            cli.parse(arguments)
        self.assertEqual(ended.exception.code, 2)
        return told.getvalue()

    def test_options(self):
        for arguments, sentence in WRONG:
            with self.subTest(arguments):
                self.assertIn(sentence, self.complaint(arguments))

    def test_the_least_and_the_largest_seed(self):
        for seed in (0, (1 << 64) - 1):
            self.assertEqual(cli.parse(["--seed", str(seed)]).seed, seed)

    def test_a_submission_that_is_not_there(self):
        """A slip of who grades: no score, and no file that has one."""
        plain = os.path.join(self.folder, "ada.zip")
        with open(plain, "w", encoding="ascii"):
            pass
        for name in (plain, os.path.join(self.folder, "adda")):
            results = os.path.join(self.folder, "results.json")
            done = subprocess.run([sys.executable, os.path.join(TOP, "grading/grade"), "cow", "--submission", name,
                                   "--gradescope", results], capture_output=True, text=True, check=False)
            self.assertEqual((done.returncode, done.stdout), (2, ""))
            self.assertIn(f"{name}: no such folder", done.stderr)
            self.assertFalse(os.path.exists(results))

    def test_make_does_not_take_a_test_for_a_lab(self):
        """`cow` is the name of both."""
        environment = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MFLAGS")}
        shown = subprocess.run([make_command(), "-n", "grade", "TEST=cow"], cwd=TOP, capture_output=True, text=True,
                               env=environment, check=True).stdout.replace("\\\n", "")
        command = next(line for line in shown.split("\n") if "grading/grade" in line)
        words = shlex.split(command)
        self.assertIn("needs its lab", self.complaint(words[words.index("grading/grade") + 1:]))


class Streams(unittest.TestCase):
    """Of the standard ones some are closed or lead nowhere. A status of 1 would be a mark."""

    def grade(self, redirection):
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
        return subprocess.run(["sh", "-c", f'exec "$0" "$@" {redirection}', sys.executable,
                               os.path.join(TOP, "grading/grade"), "--list", "boot", "panic"],
                              capture_output=True, text=True, env=environment, check=False)

    def test_closed_output(self):
        done = self.grade(">&-")
        self.assertEqual((done.returncode, done.stderr), (2, "grade: standard output is closed\n"))
        self.assertEqual(self.grade("<&- >&- 2>&-").returncode, 2)

    def test_closed_errors(self):
        self.assertEqual(self.grade("2>&-").returncode, 0)

    @unittest.skipUnless(os.path.exists("/dev/full"), "a disk that is full is Linux's /dev/full")
    def test_full_output(self):
        self.assertEqual(self.grade(">/dev/full").returncode, 2)


if __name__ == "__main__":
    unittest.main()
