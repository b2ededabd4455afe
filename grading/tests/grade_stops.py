"""A grading that is stopped in the middle: results stay, nothing else does. The ring `grade` runs these.

Every process that a grading starts has a mark of its own in its environment, and of machines the
directory is in the command line.
"""

import json
import os
import re
import secrets
import signal
import subprocess
import sys
import time
import unittest
from xml.etree import ElementTree

from grading.tests.grade_support import TOP, GradeTest

WAIT_SECONDS = 300
DIRECTORY = re.compile(rb"(/[^\0,=]*/quire-\w+)/")
MARK = "QUIRE_TEST_MARK"


def marked(mark):
    """{pid: command line} of the processes that have the mark."""
    found = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/environ", "rb") as file:
                if f"{MARK}={mark}".encode() not in file.read().split(b"\0"):
                    continue
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                found[int(pid)] = file.read()
        except OSError:
            continue
    return found


def wait_for(condition):
    end = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.1)
    return False


@unittest.skipUnless(os.path.isdir("/proc/self"), "looks for processes in /proc")
class Stops(GradeTest):
    def stop(self, number):
        """Stops a grading of the lab boot after its first result. => its exit status"""
        self.lines, self.results, self.junit = (
            os.path.join(self.scratch.name, f"{number}.{kind}") for kind in ("jsonl", "json", "xml"))
        mark = secrets.token_hex(8)
        grader = subprocess.Popen(
            [sys.executable, os.path.join(TOP, "grading/grade"), "boot", "-j", "2", "--jsonl", self.lines,
             "--gradescope", self.results, "--junit", self.junit],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, MARK: mark},
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler))

        self.addCleanup(grader.kill)
        directories = set()

        def machine_runs():
            directories.update(DIRECTORY.findall(b"".join(marked(mark).values())))
            return os.path.exists(self.results) and os.path.exists(self.junit) and directories

        self.assertTrue(wait_for(machine_runs))
        grader.send_signal(number)
        status = grader.wait(WAIT_SECONDS)
        self.assertTrue(wait_for(lambda: not marked(mark)), marked(mark))
        self.assertTrue(wait_for(lambda: not any(map(os.path.exists, directories))), directories)
        return status

    def check_results(self, at_any_moment=False):
        """
        What had ended is in every file, and what had not is lost and no error. The lines come first: at
        any moment, the other files may lack the last of them.
        """
        with open(self.lines, encoding="utf-8") as file:
            earned = sum(json.loads(line)["earned"] for line in file)
        self.assertGreater(earned, 0)
        with open(self.results, encoding="utf-8") as file:
            results = json.load(file)
        if at_any_moment:
            self.assertTrue(0 < results["score"] <= earned)
        else:
            self.assertEqual(results["score"], earned)
        self.assertTrue(any("not run" in test["tags"] for test in results["tests"]))
        ElementTree.parse(self.junit)

    def test_ctrl_c(self):
        self.assertEqual(self.stop(signal.SIGINT), 130)
        self.check_results()

    def test_sigterm(self):
        self.assertEqual(self.stop(signal.SIGTERM), 130)
        self.check_results()

    def test_sigkill(self):
        self.assertEqual(self.stop(signal.SIGKILL), -signal.SIGKILL)
        self.check_results(at_any_moment=True)


if __name__ == "__main__":
    unittest.main()
