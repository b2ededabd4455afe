"""The autograder in the layout that Gradescope gives it, and a class. The ring `grade` runs these."""

import csv
import json
import os
import shutil
import subprocess
import sys
import unittest

from grading.harness import lab as labs
from grading.tests.grade_support import TOP, GradeTest, hand_in

LAB = "boot"


class Gradescope(GradeTest):
    def setUp(self):
        self.root = os.path.join(self.scratch.name, self.id())
        os.makedirs(os.path.join(self.root, "source"))
        os.makedirs(os.path.join(self.root, "submission"))
        os.symlink(TOP, os.path.join(self.root, "source", "quire"))
        with open(os.path.join(self.root, "source", "lab"), "w", encoding="utf-8") as file:
            file.write(f"{LAB}\n")
        hand_in(LAB, os.path.join(self.root, "submission"))

    def run_autograder(self, **environment):
        subprocess.run([os.path.join(TOP, "grading/gradescope/run_autograder")], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                       env={**os.environ, "AUTOGRADER_ROOT": self.root, **environment})
        with open(os.path.join(self.root, "results", "results.json"), encoding="utf-8") as file:
            return json.load(file)

    def test_marks(self):
        results = self.run_autograder()
        lab = labs.load(LAB)
        self.assertEqual(results["score"], lab.points)
        self.assertEqual(len(results["tests"]), len(lab.tests))
        for test in results["tests"]:
            self.assertEqual(set(test) - {"name", "number", "score", "max_score", "status", "output",
                                          "tags", "visibility"}, set())
            self.assertEqual(test["status"], "passed", test["output"])

    def test_refused_submission_has_no_points_and_is_told_why(self):
        path = os.path.join(self.root, "submission", labs.load(LAB).files[0])
        os.remove(path)
        os.symlink("/etc/passwd", path)
        results = self.run_autograder()
        self.assertEqual(results["score"], 0)
        self.assertIn("symbolic link", results["tests"][0]["output"])

    def test_fault_of_the_environment_gives_no_marks(self):
        results = self.run_autograder(QEMU="no-such-qemu")
        self.assertNotIn("score", results)
        self.assertIn("fault", results["output"])

    def test_class(self):
        folder, table = os.path.join(self.root, "class"), os.path.join(self.root, "marks.csv")
        shutil.copytree(os.path.join(self.root, "submission"), os.path.join(folder, "ada", "quire"))
        shutil.copytree(os.path.join(self.root, "submission"), os.path.join(folder, "bob"))
        with open(os.path.join(folder, "bob", "kernel/boot/power.c"), "ab") as file:
            file.write(b"\nint broken(\n")
        status = subprocess.run([sys.executable, os.path.join(TOP, "grading/grade"), LAB,
                                 "exit-status", "--class", folder, "--csv", table, "-j", "2"],
                                stdout=subprocess.DEVNULL, check=False).returncode
        self.assertEqual(status, 0)
        with open(table, encoding="utf-8") as file:
            rows = {row["submission"]: row for row in csv.DictReader(file)}
        self.assertEqual((rows["ada"]["points"], rows["ada"]["of"]), ("2", "2"))
        self.assertEqual(rows["bob"]["points"], "0")


if __name__ == "__main__":
    unittest.main()
