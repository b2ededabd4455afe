"""Where a hart is said to be that was stopped, and what a panic is said to come from."""

import re
import unittest
from unittest import mock

from grading.harness.diagnose import HINTS, call_chain, place_of
from grading.harness.kernel import Unsound


class Place(unittest.TestCase):
    def place(self, line, **registers):
        elf = mock.Mock()
        elf.lines_of = lambda addresses: [line]
        return place_of({"pc": 8, "stvec": 4, "sepc": 100, **registers}, elf)

    def test_in_the_kernel(self):
        self.assertEqual(self.place("kernel/core/spinlock.c:10"), 8)
        self.assertEqual(self.place(""), 8)

    def test_a_trap_is_where_it_came_from(self):
        self.assertEqual(self.place("", pc=4), 100)
        self.assertEqual(self.place("kernel/trap/entry.S:162"), 100)


class Chain(unittest.TestCase):
    """A stack of two frames at 1000 and 1100; functions are below 100."""

    def chain(self, words, **registers):
        view = mock.Mock()
        view.value = mock.Mock(side_effect=lambda kva: words[kva] if kva in words else self.unsound(kva))
        view.elf.name_of = lambda address: f"f{address}" if 0 <= address < 100 else None
        return call_chain(view, 5, {f"{number}/{name}": value for name, number, value in (
            ("s0", "x8", registers["s0"]), ("ra", "x1", registers["ra"]))})

    @staticmethod
    def unsound(kva):
        raise Unsound(f"nothing at {kva}")

    def test_a_function_that_calls(self):
        self.assertEqual(self.chain({992: 21, 984: 1100, 1092: 31, 1084: 0}, s0=1000, ra=77), [5, 20, 30])

    def test_a_function_that_calls_nothing(self):
        self.assertEqual(self.chain({992: 1100, 1092: 31, 1084: 0}, s0=1000, ra=21), [5, 20, 30])

    def test_frames_that_make_no_sense(self):
        self.assertEqual(self.chain({}, s0=1000, ra=21), [5])
        self.assertEqual(self.chain({992: 21, 984: 1000}, s0=1000, ra=21), [5, 20])
        self.assertEqual(self.chain({992: 21, 984: 1 << 40}, s0=1000, ra=21), [5, 20])
        self.assertEqual(self.chain({992: 5000}, s0=1000, ra=5000), [5])


class Hints(unittest.TestCase):
    def hint(self, message):
        return next(hint for pattern, hint in HINTS if re.search(pattern, message, re.IGNORECASE))

    def test_init_died(self):
        """Without a word before."""
        self.assertIn("still mapped", self.hint("init died of signal 11"))
        self.assertIn("everything above", self.hint("init exited with status 1"))
