"""What a suite tells of tests: of those that a stop cut short, and in which words."""

import contextlib
import os
import signal
import tempfile
import time
import unittest
from unittest import mock

from grading.harness import console, elf, outcome as outcomes, suite
from grading.harness.lab import Check, MachineSpec, Test
from grading.harness.outcome import TOP, Verdict, not_run
from grading.harness.tree import BuildFailed, Tree
from grading.harness.want import Word
from grading.machine import EnvironmentProblem, parallel, scratch
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


class Errors(unittest.TestCase):
    """Of who is told: that is no stop, for other suites may run in this process."""

    def test_the_others_go_on(self):
        def tell(_outcome):
            raise OSError(28, "No space left on device")

        self.addCleanup(scratch.stopping.clear)
        ran, mine = [], mock.Mock()
        scratch.register(mine, mine.end)
        self.addCleanup(scratch.unregister, mine)
        with tempfile.TemporaryDirectory() as logs, \
                mock.patch.object(suite.Run, "go", lambda run: ran.append(run.test) or passed(run.test)):
            with self.assertRaisesRegex(OSError, "No space"):
                suite.Suite(make_tests(100), None, logs, workers=1).go(tell)
        self.assertFalse(scratch.stopping.is_set())
        mine.end.assert_not_called()
        self.assertLess(len(ran), 100)

    def test_a_stop_ends_what_there_is(self):
        def job():
            while not scratch.stopping.is_set():
                time.sleep(0.01)

        self.addCleanup(scratch.stopping.clear)
        mine = mock.Mock()
        scratch.register(mine, mine.end)
        self.addCleanup(scratch.unregister, mine)
        with mock.patch.object(parallel, "wait", side_effect=KeyboardInterrupt), self.assertRaises(KeyboardInterrupt):
            list(parallel.run_parallel([job] * 3, 1))
        mine.end.assert_called_once()


class ThroughControl(unittest.TestCase):
    """An end that looks like the host's doing is shown to be, by a machine of the reference's."""

    def judged(self, mine, theirs, host=None):
        """What a suite says of a submission whose runs end so, one after the other, as do the reference's."""
        runs = {"mine": iter(mine), "theirs": iter(theirs)}

        @contextlib.contextmanager
        def reference():
            if host:
                raise EnvironmentProblem(host)
            yield "theirs"

        def go(run):
            return not_run(TEST, next(runs["theirs" if run.tree == "theirs" else "mine"]), "so it ended")

        tree = mock.Mock(bounds=mock.Mock(reference=reference))
        with tempfile.TemporaryDirectory() as logs, mock.patch.object(suite.Run, "go", go):
            made = suite.Suite([TEST], tree, logs, workers=1)
            made.go(lambda outcome: None)
        self.assertEqual([*runs["mine"], *runs["theirs"]], [])
        return made.outcomes[0]

    def test_the_host_is_at_fault(self):
        fault = Verdict.ENVIRONMENT
        self.assertIs(self.judged([fault], [fault]).verdict, fault)
        self.assertIs(self.judged([fault], [], "no room for a copy").verdict, fault)
        self.assertIs(self.judged([fault], [Verdict.FAIL]).verdict, fault)

    def test_the_host_was_at_fault(self):
        self.assertIs(self.judged([Verdict.ENVIRONMENT, Verdict.HANG], [Verdict.PASS]).verdict, Verdict.HANG)

    def test_the_kernel_is_at_fault(self):
        outcome = self.judged([Verdict.ENVIRONMENT] * 2, [Verdict.PASS])
        self.assertIs(outcome.verdict, Verdict.FAIL)
        self.assertIn("this kernel's doing", outcome.detail)

    def test_no_control_of_what_has_failed(self):
        self.assertIs(self.judged([Verdict.FAIL], []).verdict, Verdict.FAIL)


class Builds(unittest.TestCase):
    def test_the_hosts_faults_are_not_kept(self):
        """A full disk may have room when a build is asked for again; what does not compile will not."""
        tree = Tree("/x", "build")
        ends = iter([EnvironmentProblem("full"), None, BuildFailed("debug", [])])
        with mock.patch.object(Tree, "_failure", lambda *_: next(ends)):
            self.assertRaises(EnvironmentProblem, tree.kernel, "default")
            for _ in range(2):
                self.assertEqual(tree.kernel("default"), "/x/build/quire.elf")
            for _ in range(2):
                self.assertRaises(BuildFailed, tree.kernel, "debug")
        self.assertEqual(list(ends), [])


class OwnErrors(unittest.TestCase):
    def test_they_are_told_and_kept(self):
        """The words go to the student, the place to a file."""
        with tempfile.TemporaryDirectory() as logs, mock.patch.object(suite.Run, "go", side_effect=KeyError("x")):
            made = suite.Suite([TEST], mock.Mock(bounds=None), logs, workers=1)
            made.go(lambda outcome: None)
            with open(os.path.join(logs, "tests-made.traceback"), encoding="utf-8") as log:
                self.assertIn("suite.py", log.read())
        self.assertIs(made.outcomes[0].verdict, Verdict.ENVIRONMENT)
        self.assertEqual(made.outcomes[0].detail, "KeyError: 'x'")


class Consoles(unittest.TestCase):
    MARK = "0123456789abcdef"

    def test_a_tail_begins_with_the_kernel(self):
        text = f"Boot HART PMP\n\x1e{self.MARK}k Quire\nhello\n\x1e{self.MARK}end 0\n".encode()
        self.assertEqual(console.printable(console.from_kernel(text, self.MARK)), ["Quire", "hello", ""])

    def test_a_kernel_that_said_nothing(self):
        self.assertEqual(console.printable(console.from_kernel(b"Boot HART PMP\n", self.MARK)), ["Boot HART PMP"])


class Words(unittest.TestCase):
    """What students read does not say where on the machine that grades things are."""

    def test_an_outcome(self):
        copy = os.path.join(scratch.scratch_root(), "quire-ab_3")
        outcome = not_run(make_tests(1)[0], Verdict.PANIC, f"{TOP}/kernel/a.c: see {copy}, {TOP}")
        outcome.trace, outcome.tail = [f"f+0x4  {copy}/kernel/vm/b.c:7"], [f"{copy}/tmp/ccx.s:1: no, {TOP}-old"]
        outcome.checks[0].seen = f"FileNotFoundError: '{copy}/ram'"
        outcome.clean()
        self.assertEqual(outcome.detail, "<quire>/kernel/a.c: see ., <quire>")
        self.assertEqual(outcome.trace + outcome.tail,
                         ["f+0x4  kernel/vm/b.c:7", f"tmp/ccx.s:1: no, {TOP}-old"])
        self.assertEqual(outcome.checks[0].seen, "FileNotFoundError: 'ram'")

    def test_places_behind_symbolic_links(self):
        """As /tmp of macOS, which is /private/tmp: both names are hidden, of the copy and of the tree."""
        with tempfile.TemporaryDirectory() as folder:
            real, link = os.path.join(os.path.realpath(folder), "private", "tmp"), os.path.join(folder, "tmp")
            os.makedirs(real)
            os.symlink(real, link)
            with mock.patch.object(scratch, "scratch_root", return_value=link), \
                    mock.patch.object(outcomes, "TOP", os.path.join(link, "tree")):
                for place in (real, link):
                    self.assertEqual(outcomes.public(f"make: in '{place}/quire-ab_3', {place}/quire-ab_3/kernel/a.c:1, "
                                                     f"{place}/tree/kernel/b.c:2"),
                                     "make: in '.', kernel/a.c:1, <quire>/kernel/b.c:2")

    def test_a_line_of_the_kernels(self):
        """Objects of the tree that grades name the place where that was built, which may be any."""
        image = object.__new__(elf.Elf)
        image.path = "quire.elf"
        said = ("0x1\n/home/kernel/a/kernel/vm/b.c:7\n0x2\n/home/kernel/a/user/c.h:8 (discriminator 2)\n"
                "/home/kernel/a/kernel/vm/b.c:9\n0x3\n/usr/include/d.h:9\n0x4\n??:0\n")
        with mock.patch.object(elf, "bounded_output", lambda command: said), \
                mock.patch.object(elf.shutil, "which", lambda name: name):
            self.assertEqual(image.lines_of([1, 2, 3, 4]),
                             ["kernel/vm/b.c:7", "user/c.h:8, inlined at kernel/vm/b.c:9", "d.h:9", ""])


if __name__ == "__main__":
    unittest.main()
