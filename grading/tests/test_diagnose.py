"""Where a hart is said to be that was stopped."""

import unittest
from unittest import mock

from grading.harness.diagnose import place_of


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
