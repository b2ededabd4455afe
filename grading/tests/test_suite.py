"""What a suite tells of tests that a stop cut short."""

import tempfile
import unittest
from unittest import mock

from grading.harness import suite
from grading.harness.lab import Check, MachineSpec, Test
from grading.harness.outcome import Verdict, not_run
from grading.harness.want import Word
from grading.machine import scratch

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


if __name__ == "__main__":
    unittest.main()
