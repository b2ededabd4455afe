"""A class without a machine: whom it grades, its files, and a submission whose grading has a fault."""

import argparse
import contextlib
import csv
import io
import json
import os
import unittest
from unittest import mock

from grading.harness import classes, cli, files, suite
from grading.harness.outcome import Verdict, not_run
from grading.harness.submission import Refused
from grading.machine import EnvironmentProblem, scratch
from grading.tests.test_grade_host import Scratch, make_tests, passed


def place_in(folder):
    """A Workplace whose tree is a folder, and in which nothing is built."""
    place = mock.MagicMock(notes=lambda: [])
    place.__enter__.return_value = mock.Mock(root=folder, build="build", bounds=None)
    return place


class Class(Scratch):
    def setUp(self):
        super().setUp()
        self.tests = make_tests()
        for name in ("in/ada", "in/bob", "in/.git"):
            os.makedirs(self.path(name))
        self.table = self.path("out", "marks.csv")

    def grade(self):
        """Of a class in which nobody hands in anything. => (exit status, what was said)"""
        with contextlib.redirect_stdout(io.StringIO()) as told, \
                mock.patch.object(classes, "Workplace", side_effect=Refused("not handed in: a.c")):
            status = classes.grade(self.folder, self.options(), self.tests, ["a.c"])
        return status, told.getvalue()

    def grade_all(self):
        """Of a class in which everybody has full marks."""
        with mock.patch.object(suite.Run, "go", lambda run: passed(run.test)), \
                mock.patch.object(classes, "Workplace", return_value=place_in(self.folder)):
            return classes.grade(self.folder, self.options(), self.tests, ["a.c"])

    def options(self):
        return argparse.Namespace(class_folder=self.path("in"), csv=self.table, j=2, build="build", slow=1.0, seed=1)

    def rows(self, column="submission"):
        with open(self.table, encoding="utf-8", newline="") as file:
            return [row[column] for row in csv.DictReader(file)]

    def test_what_is_left_out_is_told(self):
        with open(self.path("in", "cyd\x1b.zip"), "w", encoding="ascii"):
            pass
        _, told = self.grade()
        self.assertRegex(told, r"left out, .*: \.git, cyd\?\.zip\n")
        self.assertEqual(self.rows(), ["ada", "bob"])

    def test_nobody_to_grade(self):
        for name in ("ada", "bob"):
            os.rmdir(self.path("in", name))
        self.assertRaisesRegex(EnvironmentProblem, "no folders to grade", self.grade)

    def test_marks_are_no_fault(self):
        """Who lost marks has them, and a script under `set -e` goes on."""
        self.assertEqual(self.grade()[0], 0)

    def test_what_cannot_be_written_is_found_before(self):
        """The table, or the lines of one submission: nobody is graded then, and an earlier table stays."""
        self.grade()
        os.mkdir(self.path("in", "x" * 252))
        with self.assertRaisesRegex(EnvironmentProblem, "xxx: the folder's name is too long"):
            self.grade()
        self.assertEqual(self.rows(), ["ada", "bob"])
        os.rmdir(self.path("in", "x" * 252))
        self.table = self.path("out", "marks.csv", "marks.csv")
        self.assertRaisesRegex(EnvironmentProblem, "cannot be written", self.grade)

    def test_nothing_of_an_earlier_run_stays(self):
        self.grade()
        classes.begin_files(self.table, self.tests, ["ada"])
        self.assertEqual(self.rows(), [])
        self.assertEqual(os.path.getsize(classes.lines_path(self.table, "ada")), 0)

    def lines(self, student):
        with open(classes.lines_path(self.table, student), encoding="utf-8") as file:
            return [json.loads(line) for line in file]

    @unittest.skipUnless(os.path.exists("/dev/full"), "a disk that is full is Linux's /dev/full")
    def test_no_room_for_the_lines_of_one(self):
        """The others have their marks."""
        place = classes.lines_path
        with mock.patch.object(classes, "lines_path", lambda table, student:
                               "/dev/full" if student == "ada" else place(table, student)), \
                contextlib.redirect_stdout(io.StringIO()):
            self.assertEqual(self.grade_all(), 2)
        self.assertEqual(self.rows("points"), ["0", "9"])
        self.assertIn("No space left", self.rows("note")[0])
        self.assertEqual(len(self.lines("bob")), len(self.tests))

    def test_a_table_that_cannot_be_written_for_a_while(self):
        """Everybody is graded, the table has all, and what was wrong is told."""
        write, told = classes.write_csv, []

        def fail_once(table, tests, rows):
            if len(rows) == 1 and not told:
                told.append(rows)
                raise EnvironmentProblem("no space")
            write(table, tests, rows)

        with mock.patch.object(classes, "write_csv", fail_once), contextlib.redirect_stdout(io.StringIO()):
            self.assertRaisesRegex(EnvironmentProblem, "no space", self.grade_all)
        self.assertEqual(self.rows("points"), ["9", "9"])

    def test_nobody_listens(self):
        with mock.patch.object(classes, "tell", side_effect=BrokenPipeError), \
                contextlib.redirect_stdout(io.StringIO()):
            self.assertRaises(BrokenPipeError, self.grade_all)
        self.assertEqual(self.rows("points"), ["9", "9"])

    def test_lines_of_who_cannot_be_graded(self):
        for problem, verdict in ((EnvironmentProblem("no copy"), "environment fault"), (Refused("a.c"), "fail"),
                                 (PermissionError(13, "no", "ada"), "environment fault")):
            with mock.patch.object(classes, "Workplace", side_effect=problem), \
                    contextlib.redirect_stdout(io.StringIO()):
                classes.grade(self.folder, self.options(), self.tests, ["a.c"])
            self.assertEqual([line["verdict"] for line in self.lines("ada")], [verdict] * 3)

    def test_csv_of_names_of_all_kinds(self):
        table = self.path("marks.csv")
        names = ["Ada Lovelace", "Zoë, \"the\" 3rd", "学生", "1=1", "a\udcffb"]
        classes.write_csv(table, self.tests, {name: ([passed(test) for test in self.tests], "a, b")
                                              for name in names})
        with open(table, encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual({row["submission"] for row in rows} - {"a\\udcffb"}, set(names[:4]))
        self.assertEqual({row["points"] for row in rows}, {"9"})

    def test_no_cell_is_a_formula(self):
        """Nor has it anything for a terminal: names and notes."""
        for name, shown in (('=HYPERLINK("x")', '\'=HYPERLINK("x")'), ("+cmd|x", "'+cmd|x"), ("-x", "'-x"), ("@x", "'@x"),
                            ("\tx", "'\tx"), ("\r=x", "?=x"), ("a\x1b[2J\x9b", "a?[2J?")):
            classes.write_csv(self.path("marks.csv"), self.tests, {name: ([], name)})
            with open(self.path("marks.csv"), encoding="utf-8", newline="") as file:
                (row,) = csv.DictReader(file)
            self.assertEqual((row["submission"], row["note"]), (shown, shown))


class OneSubmission(Scratch):
    """Faults on the way to its marks, when the files of results are there already."""

    def setUp(self):
        super().setUp()
        self.options = argparse.Namespace(jsonl=None, junit=None, gradescope=self.path("results.json"), build="build",
                                          submission=self.folder, lab="boot", test="", verbose=False, seed=1, j=1,
                                          slow=1.0)

    def test_a_fault_while_results_are_told(self):
        """No part of a score stays."""
        with mock.patch.object(cli.selfcheck, "require_fit"), \
                mock.patch.object(cli, "Workplace", return_value=place_in(self.folder)), \
                mock.patch.object(suite.Run, "go", lambda run: passed(run.test)), \
                mock.patch.object(cli.show.Show, "tell", side_effect=OSError(28, "No space left on device")), \
                contextlib.redirect_stdout(io.StringIO()), self.assertRaises(OSError):
            cli.grade_submission(self.options, make_tests())
        self.assertEqual(set(self.results()), {"output"})

    @unittest.skipUnless(os.path.exists("/dev/full"), "a disk that is full is Linux's /dev/full")
    def test_no_room_for_lines(self):
        """The score of before does not stay for that."""
        files.write_all(self.options, [passed(test) for test in make_tests()])
        self.options.jsonl = "/dev/full"
        with self.assertRaisesRegex(EnvironmentProblem, "/dev/full cannot be written: No space"):
            files.write_all(self.options, [not_run(test, Verdict.ENVIRONMENT, "") for test in make_tests()])
        self.assertEqual(set(self.results()), {"output"})

    def results(self):
        with open(self.options.gradescope, encoding="utf-8") as file:
            return json.load(file)

    def results_after(self, problem):
        """What is in results.json when `problem` keeps the copy of the tree from being made."""
        with mock.patch.object(cli.selfcheck, "require_fit"), \
                mock.patch.object(cli, "Workplace", side_effect=problem), self.assertRaises(type(problem)):
            cli.grade_submission(self.options, make_tests())
        return self.results()

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
