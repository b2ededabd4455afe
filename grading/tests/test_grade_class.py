"""A class without a machine: whom it grades, its files, and a submission whose grading has a fault."""

import argparse
import csv
import json
import unittest
from unittest import mock

from grading.harness import classes, cli
from grading.machine import EnvironmentProblem, scratch
from grading.tests.test_grade_host import Scratch, make_tests, passed


class Class(Scratch):
    def setUp(self):
        super().setUp()
        self.tests = make_tests()

    def test_csv_of_names_of_all_kinds(self):
        table = self.path("marks.csv")
        names = ["Ada Lovelace", "Zoë, \"the\" 3rd", "学生", "1=1", "a\udcffb"]
        classes.write_csv(table, self.tests, {name: ([passed(test) for test in self.tests], "a, b")
                                              for name in names})
        with open(table, encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual({row["submission"] for row in rows} - {"a\\udcffb"}, set(names[:4]))
        self.assertEqual({row["points"] for row in rows}, {"9"})


class OneSubmission(Scratch):
    """Faults on the way to its marks, when the files of results are there already."""

    def setUp(self):
        super().setUp()
        self.results = self.path("results.json")
        self.options = argparse.Namespace(jsonl=None, junit=None, gradescope=self.results, build="build",
                                          submission=self.folder, lab="boot")

    def results_after(self, problem):
        """What is in results.json when `problem` keeps the copy of the tree from being made."""
        with mock.patch.object(cli.selfcheck, "require_fit"), \
                mock.patch.object(cli, "Workplace", side_effect=problem), self.assertRaises(type(problem)):
            cli.grade_submission(self.options, make_tests())
        with open(self.results, encoding="utf-8") as file:
            return json.load(file)

    def test_a_fault_after_the_look_at_the_machine_costs_no_marks(self):
        for problem in (EnvironmentProblem("no space"), RuntimeError("a bug")):
            self.assertEqual(set(self.results_after(problem)), {"output"})

    def test_what_a_stop_caused_is_no_fault(self):
        self.addCleanup(scratch.stopping.clear)
        scratch.stopping.set()
        self.assertEqual({test["tags"][1] for test in self.results_after(EnvironmentProblem("gone"))["tests"]},
                         {"not run"})

    def test_files_that_cannot_be_written_are_found_before_the_machine_is_looked_at(self):
        self.options.gradescope = self.folder
        with mock.patch.object(cli.selfcheck, "require_fit") as looked:
            self.assertRaises(EnvironmentProblem, cli.grade_submission, self.options, make_tests())
        looked.assert_not_called()


if __name__ == "__main__":
    unittest.main()
