"""A checkpoint without a machine: what keeps probes from looking is told, and whose fault that is."""

import unittest
from unittest import mock

from grading.harness import probe
from grading.harness.lab import Check, Test
from grading.harness.run import Run
from grading.machine import EnvironmentProblem, Verdict as End

CHECKS = [Check(name, 1, "It is seen.", probe="made", at="there") for name in ("one", "two")]


class Checkpoint(unittest.TestCase):
    def setUp(self):
        self.run_ = Run(Test("made", "Made for the purpose.", CHECKS, lab="tests"), mock.Mock(), 1)
        self.run_.machine, self.run_.channel = mock.MagicMock(), mock.Mock()
        self.run_.qmp, self.run_.view = mock.Mock(io_error=None), mock.Mock()
        self.run_._connected.set()

    def reach(self):
        with mock.patch.object(probe, "call", return_value=(True, "", "", "")):
            self.run_._checkpoint("there", {})

    def test_each_check_reads_as_much_as_it_may(self):
        self.reach()
        self.assertEqual(self.run_.view.look.call_count, len(CHECKS))
        self.assertEqual(set(self.run_.found), {"one", "two"})
        self.run_.channel.send.assert_called_once_with("go")
        self.assertIsNone(self.run_._watch())

    def test_a_bug_of_ours_is_no_kernels(self):
        """And the machine, which would wait for its `go`, ends."""
        for place, error, text in ((self.run_.view.look, AttributeError("no such field"), "AttributeError: no such"),
                                   (self.run_.qmp.stop, KeyError("return"), "KeyError: 'return'"),
                                   (self.run_.qmp.cont, EnvironmentProblem("silent"), "^silent"),
                                   (self.run_.view.look, OSError("disk"), "^disk")):
            self.run_.stops.clear()
            self.run_.problem, place.side_effect = None, error
            self.reach()
            place.side_effect = None
            self.assertRegex(str(self.run_.problem), text)
            result = self.run_._watch()
            self.assertIs(result.verdict, End.QEMU_ERROR)
            self.assertRegex(result.detail, text)
            self.assertRaisesRegex(EnvironmentProblem, "nothing could be looked at", self.run_._judge, result)
        self.run_.channel.send.assert_not_called()

    def test_a_machine_that_has_ended_is_no_fault(self):
        self.run_.qmp.stop.side_effect = ConnectionError
        self.reach()
        self.run_.qmp = None
        self.run_.stops.clear()
        self.reach()
        self.assertIsNone(self.run_.problem)
        self.assertIsNone(self.run_._watch())
        self.run_.channel.send.assert_not_called()


if __name__ == "__main__":
    unittest.main()
