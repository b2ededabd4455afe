"""What the tests of the grading harness share: running a test made for the purpose."""

import os
import tempfile
import unittest

from grading.harness.lab import Check, MachineSpec, Test
from grading.harness.suite import Suite
from grading.harness.tree import Tree
from grading.harness.want import Word
from grading.machine.options import setting

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
RIGHT = Check("right", 1, "The first word is told.", fact="right", want=Word(0))


def reference():
    """The tree as it is."""
    return Tree(TOP, setting("BUILD", "build"))


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
