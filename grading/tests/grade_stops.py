"""A grading that is stopped in the middle: results stay, nothing else does. The ring `grade` runs these.

Every process that a grading starts has a mark of its own in its environment, and of machines the
directory is in the command line.
"""

import csv
import json
import os
import re
import secrets
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from xml.etree import ElementTree

from grading.tests.grade_support import TOP, GradeTest, hand_in

WAIT_SECONDS = 300
DIRECTORY = re.compile(rb"(/[^\0,=]*/quire-\w+)/")
MARK = "QUIRE_TEST_MARK"
NEEDS_PROC = unittest.skipUnless(os.path.isdir("/proc/self"), "looks for processes in /proc")


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


class StopTest(GradeTest):
    def stop_grading(self, number, arguments, ready, **environment):
        """Stops a grading when it is ready() and a machine or a build runs. It must be long: nobody knows when
        that is seen. => its exit status; what it said is in `told`, its processes and directories have gone"""
        mark = secrets.token_hex(8)
        log = tempfile.TemporaryFile()
        self.addCleanup(log.close)
        grader = subprocess.Popen(
            [sys.executable, os.path.join(TOP, "grading/grade"), *arguments],
            stdout=log, stderr=log, env={**os.environ, **environment, MARK: mark},
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler))
        self.addCleanup(grader.kill)
        directories = set()

        def runs():
            lines = b"".join(marked(mark).values())
            directories.update(DIRECTORY.findall(lines))
            return directories and ready()

        self.assertTrue(wait_for(runs))
        grader.send_signal(number)
        status = grader.wait(WAIT_SECONDS)
        self.assertTrue(wait_for(lambda: not marked(mark)), marked(mark))
        self.assertTrue(wait_for(lambda: not any(map(os.path.exists, directories))), directories)
        log.seek(0)
        self.told = log.read().decode()
        return status


@NEEDS_PROC
class Stops(StopTest):
    def stop(self, number):
        """Stops a grading of all labs after its first result. => its exit status"""
        self.lines, self.results, self.junit = (
            os.path.join(self.scratch.name, f"{number}.{kind}") for kind in ("jsonl", "json", "xml"))
        return self.stop_grading(number, ["-j", "2", "--jsonl", self.lines, "--gradescope",
                                          self.results, "--junit", self.junit], self.has_marks)

    def has_marks(self):
        """Has a test ended? The files are there from the beginning, and whole."""
        if not os.path.exists(self.results):
            return False
        with open(self.results, encoding="utf-8") as file:
            return json.load(file)["score"] > 0

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
        self.assertRegex(self.told, r"stopped: \d+ of \d+ tests had ended: these are no marks")

    def test_sigterm(self):
        self.assertEqual(self.stop(signal.SIGTERM), 130)
        self.check_results()

    def test_sigkill(self):
        self.assertEqual(self.stop(signal.SIGKILL), -signal.SIGKILL)
        self.check_results(at_any_moment=True)


@NEEDS_PROC
class SelfcheckStops(StopTest):
    """Before a submission is graded. The machine of the check never gets anywhere."""

    STANDSTILL = """#!/bin/sh
[ "$1" = --version ] && exec echo "QEMU emulator version 99.0.0"
while read line; do :; done
"""

    def test_sigterm(self):
        folder, results, qemu = (os.path.join(self.scratch.name, name) for name in ("one", "one.json", "qemu"))
        hand_in("boot", folder)
        with open(qemu, "w", encoding="ascii") as file:
            file.write(self.STANDSTILL)
        os.chmod(qemu, 0o755)
        with open(results, "w", encoding="ascii") as file:
            file.write("an earlier run's\n")
        status = self.stop_grading(signal.SIGTERM, ["boot", "clocks", "--submission", folder, "--gradescope",
                                                    results], lambda: True, QEMU=qemu)
        self.assertEqual(status, 130)
        self.assertIn("stopped: there are no marks", self.told)
        with open(results, encoding="utf-8") as file:
            self.assertEqual([test["tags"][1] for test in json.load(file)["tests"]], ["not run"])


@NEEDS_PROC
class ClassStops(StopTest):
    """Four submissions, two at a time; all have to be built."""

    NAMES = ("ada", "bob", "cyd", "dan")
    TEST = "exit-status"

    def stop(self, number):
        """Stops the class after its first submission, while others are graded. => exit status"""
        folder, self.table = (os.path.join(self.scratch.name, f"{number}.{kind}")
                              for kind in ("class", "csv"))
        for name in self.NAMES:
            hand_in("boot", os.path.join(folder, name))
            with open(os.path.join(folder, name, "kernel/boot/power.c"), "a", encoding="utf-8") as file:
                file.write(f"/* {name} */\n")
        return self.stop_grading(number, ["boot", self.TEST, "--class", folder, "--csv", self.table, "-j",
                                          "2"], self.rows)

    def rows(self):
        """Of the table, which is there from the beginning."""
        if not os.path.exists(self.table):
            return []
        with open(self.table, encoding="utf-8") as file:
            return list(csv.DictReader(file))

    def check_table(self):
        """Who had ended has marks, in the table and as lines; nobody has lost any by the stop."""
        rows = self.rows()
        self.assertTrue(0 < len(rows) < len(self.NAMES), rows)
        for row in rows:
            self.assertEqual(row["points"], row["of"], row)
        beside = os.path.splitext(self.table)[0] + ".results"
        outcomes = {}
        for name in os.listdir(beside):
            with open(os.path.join(beside, name), encoding="utf-8") as file:
                outcomes[name] = [json.loads(line) for line in file]
        for row in rows:
            self.assertEqual([each["verdict"] for each in outcomes[f"{row['submission']}.jsonl"]], ["pass"])
        verdicts = {each["verdict"] for lines in outcomes.values() for each in lines}
        self.assertLessEqual(verdicts, {"pass", "not run"})

    def test_ctrl_c(self):
        self.assertEqual(self.stop(signal.SIGINT), 130)
        self.check_table()

    def test_sigterm(self):
        self.assertEqual(self.stop(signal.SIGTERM), 130)
        self.check_table()

    def test_sigkill(self):
        self.assertEqual(self.stop(signal.SIGKILL), -signal.SIGKILL)
        self.check_table()


if __name__ == "__main__":
    unittest.main()
