"""What a suite tells of tests that a stop cut short."""

import signal
import tempfile
import time
import unittest
from unittest import mock

from grading.harness import diagnose, suite
from grading.harness.lab import Check, MachineSpec, Test
from grading.harness.outcome import Verdict, not_run
from grading.harness.run import VERDICTS
from grading.harness.want import Word
from grading.machine import Verdict as End, scratch
from grading.tests.test_grade_host import make_tests, passed

TEST = Test(id="made", text="Made for the purpose.", checks=[Check("right", 1, "It is told.", fact="x", want=Word(0))],
            case=None, machine=MachineSpec(), limit=60, lab="tests")


class Stopped(unittest.TestCase):
    def verdict(self, stops):
        """Of a test whose files go while it is judged, or which has lost its point by itself."""
        def judge(_run):
            if stops:
                scratch.stopping.set()
            return not_run(TEST, Verdict.PARTIAL, "half of it was seen")

        self.addCleanup(scratch.stopping.clear)
        with tempfile.TemporaryDirectory() as logs, mock.patch.object(suite.Run, "go", judge):
            made = suite.Suite([TEST], None, logs, workers=1)
            made.go(lambda outcome: None)
        return made.outcomes[0].verdict

    def test_judged_while_files_go(self):
        self.assertIs(self.verdict(stops=True), Verdict.NOT_RUN)

    def test_judged(self):
        self.assertIs(self.verdict(stops=False), Verdict.PARTIAL)

    def test_ended_while_another_is_told(self):
        """Two tests end, and the stop comes while one of them is told: the other one is told after it."""
        told = []

        def tell(outcome):
            told.append(outcome)
            if len(told) == 1:
                while len(made._ended) < 2:
                    time.sleep(0.01)
                scratch.stop(signal.SIGINT, None)

        self.addCleanup(scratch.stopping.clear)
        tests = make_tests(2)
        with tempfile.TemporaryDirectory() as logs, \
                mock.patch.object(suite.Run, "go", lambda run: passed(run.test)):
            made = suite.Suite(tests, None, logs, workers=2)
            made.go(tell)
        self.assertTrue(made.interrupted)
        self.assertEqual([each.verdict for each in told], [Verdict.PASS] * 2)
        self.assertEqual([each.verdict for each in made.outcomes], [Verdict.PASS] * 2)


class FullDisk(unittest.TestCase):
    def test_is_the_hosts_fault(self):
        run = mock.MagicMock(last_news=0, slow=1)
        run.machine.clock.now.return_value = run.test.limit = 60
        run.qmp.status.return_value = "io-error"
        self.assertIs(diagnose.at_limit(run).verdict, End.QEMU_ERROR)
        self.assertIs(VERDICTS[End.QEMU_ERROR], Verdict.ENVIRONMENT)


if __name__ == "__main__":
    unittest.main()
