"""What the tests of the grading harness share: running a test made for the purpose."""

import os
import shutil
import tempfile
import unittest

from grading.harness import lab as labs
from grading.harness.lab import Check, MachineSpec, Test
from grading.harness.suite import Suite
from grading.harness.tree import Tree
from grading.harness.want import Word
from grading.harness.workplace import Workplace
from grading.machine.options import setting

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
RIGHT = Check("right", 1, "The first word is told.", fact="right", want=Word(0))


def reference():
    """The tree as it is."""
    return Tree(TOP, setting("BUILD", "build"))


def hand_in(lab, folder):
    """A folder with the reference's files of a lab, as a student's."""
    for name in labs.load(lab).files:
        target = os.path.join(folder, name)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        shutil.copy(os.path.join(TOP, name), target)


def make_test(case=None, checks=(RIGHT,), limit=60, **fields):
    machine = MachineSpec(**fields)
    return Test(id="made", text="Made for the purpose.", checks=list(checks), case=case,
                machine=machine, limit=limit, lab="tests")


class GradeTest(unittest.TestCase):
    """`run_test` gives the outcome of a made test."""

    @classmethod
    def setUpClass(cls):
        cls.scratch = tempfile.TemporaryDirectory()

    @classmethod
    def tearDownClass(cls):
        cls.scratch.cleanup()

    def run_test(self, *args, tree=None, seed=7, **fields):
        suite = Suite([make_test(*args, **fields)], tree or reference(), self.scratch.name, seed,
                      workers=1)
        suite.go(lambda outcome: None)
        return suite.outcomes[0]


class SubmissionTest(GradeTest):
    """A submission for the lab LAB in `folder`: the reference's files, until put() changes some."""

    LAB = ""

    def setUp(self):
        self.lab = labs.load(self.LAB)
        self.folder = os.path.join(self.scratch.name, self.id())
        for name in self.lab.files:
            self.put(name, self.trusted(name))

    def trusted(self, name):
        with open(os.path.join(TOP, name), "rb") as file:
            return file.read()

    def put(self, name, data):
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(data if isinstance(data, bytes) else data.encode())

    def change(self, name, *changes):
        """Seeds a bug: of each (old, new), `old` is in the file once, and becomes `new`."""
        text = self.trusted(name).decode()
        for old, new in changes:
            self.assertEqual(text.count(old), 1, f"{name} has changed")
            text = text.replace(old, new)
        self.put(name, text)

    def workplace(self):
        return Workplace(TOP, setting("BUILD", "build"), self.folder, self.lab.files)

    def grade_submission(self, test_id, limit=40):
        """The outcome of one test of the lab."""
        test = next(test for test in labs.load(self.LAB).tests if test.id == test_id)
        test.limit = limit
        with self.workplace() as tree:
            suite = Suite([test], tree, self.scratch.name, 11, workers=1)
            suite.go(lambda outcome: None)
        return suite.outcomes[0]
