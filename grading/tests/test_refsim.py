"""The simulator of replacement policies: textbook strings, laws, and every reader of its text."""

import functools
import itertools
import os
import random
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree

from tools.refsim import curves, policies, record

TREE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BELADY = [1, 2, 3, 4, 1, 2, 5, 1, 2, 3, 4, 5]
# Silberschatz, Galvin and Gagne's example: 15, 12 and 9 faults with three frames.
TEXTBOOK = [7, 0, 1, 2, 0, 3, 0, 4, 2, 3, 0, 3, 2, 1, 2, 0, 1, 7, 0, 1]


def strings(count, length, pages, seed=1):
    """Random strings, some of them with a few pages that are used more."""
    rng = random.Random(seed)
    for _ in range(count):
        hot = rng.randrange(1, pages + 1)
        yield [rng.randrange(rng.choice((hot, pages))) for _ in range(length)]


def fewest_faults(references, frames):
    """By trying every victim at every fault."""
    @functools.lru_cache(maxsize=None)
    def best(position, inside):
        while position < len(references) and references[position] in inside:
            position += 1
        if position == len(references):
            return 0
        page = references[position]
        if len(inside) < frames:
            return 1 + best(position + 1, inside | {page})
        return 1 + min(best(position + 1, inside - {victim} | {page}) for victim in inside)

    return best(0, frozenset())


class PoliciesTest(unittest.TestCase):
    def test_textbook(self):
        for name, expected in (("fifo", 15), ("lru-exact", 12), ("opt", 9)):
            self.assertEqual(policies.faults(name, TEXTBOOK, 3), expected, name)

    def test_belady_anomaly(self):
        """FIFO has more faults with four frames than with three; LRU and OPT never do."""
        self.assertEqual([policies.faults("fifo", BELADY, n) for n in (3, 4)], [9, 10])
        self.assertEqual([policies.faults("lru-exact", BELADY, n) for n in (3, 4)], [10, 8])
        self.assertEqual([policies.faults("opt", BELADY, n) for n in (3, 4)], [7, 6])

    def test_clock_second_chance(self):
        """1 was used since the hand cleared its bit: 2 goes in its place."""
        faulted = policies.simulate("clock", [1, 2, 3, 4, 2, 5, 2, 3], 3)
        self.assertEqual(faulted, [True, True, True, True, False, True, False, True])

    def test_age_remembers_longer(self):
        """A page used once survives two rounds of the hand without a use, then goes."""
        memory = policies.Age(2)
        for page in (1, 2):
            memory.use(page)
        for kept in (True, True, True, True, False):
            page = memory.circle[0]
            memory.hand()
            self.assertEqual(page in memory.used, kept)

    def test_two_lists_resist_a_scan(self):
        """Pages that are used again and again outlive a scan more often than under FIFO."""
        hot, scan, n = [0, 1, 2, 3], itertools.count(100), 12
        string = hot * 3
        for _ in range(40):
            string += [next(scan), *hot, next(scan), next(scan)]
        again = {name: sum(fault for fault, page in zip(policies.simulate(name, string, n), string)
                           if page < 4) - 4 for name in ("lru", "fifo")}
        self.assertLess(again["lru"], again["fifo"] * 3 // 4)

    def test_lru_is_a_stack(self):
        """What is in n frames is in n + 1, at every moment."""
        for string in strings(8, 200, 12):
            memories = [policies.Lru(n) for n in range(1, 13)]
            for page in string:
                for memory in memories:
                    memory.use(page)
                for small, large in zip(memories, memories[1:]):
                    self.assertLessEqual(set(small.inside), set(large.inside))

    def test_no_anomaly_in_stacks(self):
        for string in strings(20, 200, 12, seed=2):
            for name in ("lru-exact", "opt"):
                counts = [policies.faults(name, string, n) for n in range(1, 14)]
                self.assertEqual(counts, sorted(counts, reverse=True), name)

    def test_opt_is_the_best(self):
        for string in strings(15, 12, 5, seed=3):
            for frames in (1, 2, 3, 4):
                self.assertEqual(policies.faults("opt", string, frames),
                                 fewest_faults(tuple(string), frames), string)

    def test_bounds_of_all(self):
        """Each page once at least, no better than OPT; all alike when everything fits."""
        for string in strings(20, 300, 15, seed=4):
            distinct = len(set(string))
            for name in policies.NAMES:
                for frames in (1, 2, 5, 9):
                    count = policies.faults(name, string, frames)
                    self.assertGreaterEqual(count, policies.faults("opt", string, frames), name)
                self.assertEqual(policies.faults(name, string, distinct), distinct, name)

    def test_neighbours_count_once(self):
        """The same page twice in a row changes nothing: a recording notes it once."""
        for string in strings(10, 200, 9, seed=5):
            merged = [page for page, _ in itertools.groupby(string)]
            for name in policies.NAMES:
                self.assertEqual(policies.faults(name, string, 4),
                                 policies.faults(name, merged, 4), name)


class RecordTest(unittest.TestCase):
    TEXT = "# policy clock\n# frames 3\n# references 4\n# faults 3\n# lost 0\n0! 1! 0\n2!\n"

    def test_recorded(self):
        found = record.parse(self.TEXT)
        self.assertEqual(found.references, [0, 1, 0, 2])
        self.assertEqual(found.faulted, [True, True, False, True])
        self.assertTrue(found.is_recorded)
        self.assertEqual(found.number("frames"), 3)

    def test_typed(self):
        found = record.parse("7 0 1\n 2")
        self.assertEqual(found.references, [7, 0, 1, 2])
        self.assertFalse(found.is_recorded)

    def test_not_whole(self):
        for text in ("1 x 2", "-1", "# lost 3\n1!", "# strays 1\n1!", "# references 2\n1!",
                     "# faults 2\n1! 2"):
            with self.assertRaises(record.BadRecord, msg=text):
                record.parse(text)


class CommandTest(unittest.TestCase):
    def refsim(self, text, *options):
        return subprocess.run([sys.executable, os.path.join(TREE, "tools", "refsim"), "-", *options],
                              input=text, capture_output=True, text=True, check=False)

    def test_table(self):
        done = self.refsim(" ".join(map(str, BELADY)), "--frames", "3-4", "--policies", "fifo,opt")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual([line.split() for line in done.stdout.splitlines()[1:]],
                         [["frames", "fifo", "opt"], ["3", "9", "7"], ["4", "10", "6"]])

    def test_check(self):
        text = "# policy fifo\n# frames 2\n0! 1! 2! 0! 1!"
        self.assertEqual(self.refsim(text, "--check").returncode, 0)
        done = self.refsim(text.replace("0! 1! 2! 0!", "0! 1! 2! 0"), "--check")
        self.assertEqual(done.returncode, 1)
        self.assertIn("first number 3, page 0: the kernel has no fault", done.stderr)

    def test_check_of_what_was_typed(self):
        self.assertEqual(self.refsim("1 2 3", "--check").returncode, 2)

    def test_bad(self):
        for text, options in (("", ()), ("a", ()), ("1 2", ("--frames", "0")),
                              ("1 2", ("--frames", "x"))):
            done = self.refsim(text, *options)
            self.assertEqual(done.returncode, 1, text)
            self.assertTrue(done.stderr.startswith("refsim: "), done.stderr)

    def test_picture(self):
        """Well-formed, a line for each policy, a mark for what the kernel counted."""
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "curves.svg")
            self.refsim("# policy fifo\n# frames 2\n0! 1! 2! 0! 1!", "--svg", path)
            root = ElementTree.parse(path).getroot()
        lines = root.findall("{http://www.w3.org/2000/svg}polyline")
        self.assertEqual(len(lines), len(policies.NAMES))
        self.assertEqual(len(root.findall("{http://www.w3.org/2000/svg}circle")), 1)

    def test_scale(self):
        """More faults are higher up, more frames further right, and all is inside."""
        picture = curves.Picture([2, 40], 900)
        self.assertLess(picture.y(900), picture.y(10))
        self.assertLess(picture.x(2), picture.x(40))
        self.assertTrue(0 < picture.x(2) and picture.x(40) < curves.WIDTH)
        self.assertEqual(curves.ticks(0, 10), [0, 2, 4, 6, 8, 10])


if __name__ == "__main__":
    unittest.main()
