"""How the end of a machine is seen: with another process in QEMU's place."""

import os
import subprocess
import tempfile
import threading
import unittest
from unittest import mock

from grading.machine import Machine, Verdict
from grading.machine.console import Console


class AtLimit(unittest.TestCase):
    def wait(self, ends):
        """The Result of a machine that was looked at at its limit, and ended meanwhile or not."""
        def look():
            if ends:
                process.stdin.close()
                process.wait()

        with subprocess.Popen(["sh", "-c", "read line; exit 7"], stdin=subprocess.PIPE) as process, \
                tempfile.TemporaryFile() as errors:
            machine = Machine(mock.Mock(backstop_seconds=lambda: 1), at_limit=look)
            machine.process, machine._errors = process, errors
            machine.clock = mock.Mock(now=lambda: 2, wall=lambda: 2, busy_share=lambda: 0)
            machine.console = mock.Mock(text=lambda: b"")
            return machine.wait()

    def test_one_that_ends_while_it_is_looked_at(self):
        result = self.wait(ends=True)
        self.assertEqual((result.verdict, result.code), (Verdict.EXITED, 7))

    def test_one_that_does_not(self):
        self.assertIs(self.wait(ends=False).verdict, Verdict.HANG)


class Taps(unittest.TestCase):
    def test_one_that_leads_nowhere(self):
        """All that comes is kept, as without a tap."""
        ours, machines = os.pipe()
        told = threading.Event()

        def tap(_data):
            told.set()
            raise OSError(28, "No space left on device")

        with open(ours, "rb", buffering=0) as output:
            console = Console(output, None, None, tap=tap)
            with open(machines, "wb", buffering=0) as machine:
                machine.write(b"one ")
                told.wait()
                machine.write(b"two")
            console.join()
        self.assertEqual(console.text(), b"one two")


if __name__ == "__main__":
    unittest.main()
