"""What make's variables may say: a mistake is told in a line."""

import os
import unittest
from unittest import mock

from grading.machine.options import config_from_environment
from grading.machine.verdict import EnvironmentProblem


def config(**settings):
    named = {f"QUIRE_{name}": text for name, text in settings.items()}
    with mock.patch.dict(os.environ, named):
        return config_from_environment()


class Options(unittest.TestCase):
    def test_good(self):
        made = config(MEM="256M", SMP="4", QEMUFLAGS="-name 'a b'", ROOT="none")
        self.assertEqual((made.mem, made.smp, made.qemuflags), ("256M", 4, ["-name", "a b"]))

    def test_least_swap(self):
        self.assertEqual(config(SWAP="40K", ROOT="none").swap, "40K")
        with self.assertRaisesRegex(EnvironmentProblem, "64 bytes; it needs 40K or more"):
            config(SWAP="64", ROOT="none")

    def test_mistakes_are_named(self):
        for name, text in (("MEM", "abc"), ("MEM", "-5M"), ("MEM", "0"), ("SWAP", "0"), ("SMP", "0"),
                           ("SWAP", "abc"), ("SWAP", "64"), ("SWAP", "39K"),
                           ("SMP", "two"), ("TIMEOUT", "0"), ("QEMUFLAGS", "'x"), ("ROOT", "tape")):
            with self.subTest(name=name, text=text):
                with self.assertRaisesRegex(EnvironmentProblem, f"^{name}={text}: "):
                    config(**{name: text})
