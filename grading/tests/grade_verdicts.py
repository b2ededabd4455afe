"""Each verdict, provoked. These tests boot the kernel: the ring `grade` runs them."""

import errno
import os
import threading
import time
import unittest
from unittest import mock

from grading.harness import channel, probe, run, sv39
from grading.harness.kernel import KernelView
from grading.harness.lab import Check
from grading.harness.outcome import Verdict
from grading.harness.run import Run
from grading.harness.want import Word
from grading.machine import command_line, scratch
from grading.tests.grade_support import RIGHT, GradeTest, make_test, reference

WRONG = Check("wrong", 2, "Another word is told.", fact="wrong", want=Word(0), hint="Look again.")
SHORT = 6
BACKSTOP_SECONDS = 600  # of wall time


class Verdicts(GradeTest):
    def test_pass(self):
        outcome = self.run_test("verdicts.partial")
        self.assertEqual((outcome.verdict, outcome.earned), (Verdict.PASS, 1))

    def test_partial_says_expected_seen_and_how_to_repeat(self):
        outcome = self.run_test("verdicts.partial", [RIGHT, WRONG])
        self.assertEqual((outcome.verdict, outcome.earned, outcome.points), (Verdict.PARTIAL, 1, 3))
        wrong = outcome.checks[1]
        self.assertTrue(wrong.expected and wrong.seen and wrong.hint)
        self.assertIn("SEED=7", outcome.reproduce)
        self.assertIn("GDB=1", outcome.debug)
        self.assertTrue(outcome.tail)

    def test_fail(self):
        self.assertEqual(self.run_test("verdicts.partial", [WRONG]).verdict, Verdict.FAIL)

    def test_a_test_that_tells_nothing_has_failed(self):
        outcome = self.run_test("verdicts.leaves")
        self.assertEqual((outcome.verdict, outcome.earned), (Verdict.FAIL, 0))
        self.assertIn("right", outcome.checks[0].why)

    def test_two_values_for_one_fact_are_none(self):
        self.assertEqual(self.run_test("verdicts.contradicts").earned, 0)

    def test_panic_has_its_backtrace_and_a_hint(self):
        outcome = self.run_test(checks=[RIGHT], append="crash=null")
        self.assertEqual(outcome.verdict, Verdict.PANIC)
        self.assertIn("null dereference", outcome.detail)
        self.assertTrue(any("crash_null" in line for line in outcome.trace), outcome.trace)
        self.assertFalse(any("null dereference" in line for line in outcome.trace), outcome.trace)
        self.assertIn("NULL", outcome.hint)

    def test_hang_keeps_what_was_told(self):
        outcome = self.run_test("verdicts.sleeps", limit=SHORT)
        self.assertEqual((outcome.verdict, outcome.earned), (Verdict.HANG, 1))
        self.assertIn("idle", outcome.detail)

    def test_kernel_that_spins_is_a_hang_and_the_place_is_told(self):
        outcome = self.run_test(checks=[RIGHT], append="crash=lock-twice", limit=SHORT)
        self.assertEqual(outcome.verdict, Verdict.HANG)
        self.assertIn("spins in the kernel", outcome.detail)
        self.assertIn("nobody gives back", outcome.hint)
        where = "\n".join(outcome.trace)
        self.assertRegex(where, r"spin_lock_slow\+.*\n  called by crash_lock_twice\+.*kernel/ktest/crash_test\.c:\d+")

    def test_lock_taken_twice_is_told_by_a_debug_kernel(self):
        outcome = self.run_test(checks=[RIGHT], append="crash=lock-twice", variant="debug", limit=20)
        self.assertEqual(outcome.verdict, Verdict.PANIC)
        self.assertIn("lock order: twice", outcome.detail)
        self.assertIn("by who holds it", outcome.hint)
        self.assertTrue(any("crash_lock_twice" in line for line in outcome.trace), outcome.trace)

    def test_program_that_computes_for_ever_is_a_livelock(self):
        self.assertEqual(self.run_test("verdicts.spins", limit=SHORT).verdict, Verdict.LIVELOCK)

    def test_kernel_that_works_for_nothing_is_a_livelock(self):
        outcome = self.run_test("verdicts.churns", limit=SHORT)
        self.assertEqual(outcome.verdict, Verdict.LIVELOCK)
        self.assertTrue(outcome.trace)

    def test_slow_is_a_timeout(self):
        self.assertEqual(self.run_test("verdicts.chatters", limit=SHORT).verdict, Verdict.TIMEOUT)

    def test_reboot_loop(self):
        outcome = self.run_test(checks=[RIGHT], append="crash=null panic=reboot")
        self.assertEqual(outcome.verdict, Verdict.REBOOT_LOOP)

    def test_environment_is_not_the_kernels_fault(self):
        command_line.find_qemu.cache_clear()
        with mock.patch.dict(os.environ, {"QEMU": "no-such-qemu"}):
            outcome = self.run_test("verdicts.partial")
        command_line.find_qemu.cache_clear()
        self.assertEqual(outcome.verdict, Verdict.ENVIRONMENT)

    def broken_disk(self, event, error, case):
        """The outcome of a test whose host cannot read or write a disk's image."""
        real = command_line.disk_options

        def options(slot, disk, path, *rest):
            image = f"file={path}"
            fault = (f"file.driver=blkdebug,file.image.driver=file,file.image.filename={path},"
                     f"file.inject-error.0.event={event},file.inject-error.0.errno={error}")
            return [each.replace(image, fault) for each in real(slot, disk, path, *rest)]

        with mock.patch.object(command_line, "disk_options", options):
            outcome = self.run_test(case, limit=BACKSTOP_SECONDS)
        self.assertEqual(outcome.verdict, Verdict.ENVIRONMENT, outcome.detail)
        self.assertIn("the host could not", outcome.detail)
        self.assertLess(outcome.machine_seconds, BACKSTOP_SECONDS / 4)

    def test_a_quota_that_is_used_up(self):
        self.broken_disk("write_aio", errno.EDQUOT, "mmap.shared")

    def test_a_disk_that_cannot_be_read(self):
        self.broken_disk("read_aio", errno.EIO, "verdicts.partial")

    def test_forged_lines_earn_nothing(self):
        outcome = self.run_test("verdicts.forges")
        self.assertEqual((outcome.verdict, outcome.earned), (Verdict.FAIL, 0))
        self.assertTrue(any("nonce" in note for note in outcome.notes))

    def test_flood_costs_what_comes_after_it(self):
        late = Check("late", 1, "Told after the flood.", fact="late", want=Word(0))
        outcome = self.run_test("verdicts.floods", [RIGHT, late], limit=30)
        self.assertEqual(outcome.earned, 1)
        self.assertTrue(any("flooded" in note for note in outcome.notes))

    def test_a_checkpoint_that_comes_before_we_are_connected(self):
        """A busy host lets the machine boot before it lets us at its monitor."""
        told = threading.Event()
        parse, connect = channel.parse, run.Qmp

        def heard(*args):
            message = parse(*args)
            if message and message["t"] == "stop":
                told.set()
            return message

        def late(*args):
            self.assertTrue(told.wait(BACKSTOP_SECONDS))
            time.sleep(1)
            return connect(*args)

        check = Check("ready", 1, "It is looked at.", probe="types_word", at="ready")
        with mock.patch.object(run, "Qmp", late), mock.patch.object(channel, "parse", heard):
            outcome = self.run_test("boot.keyboard", [check], smp=1, limit=SHORT)
        self.assertEqual((outcome.verdict, outcome.earned), (Verdict.PASS, 1), outcome.detail)

    def test_a_run_leaves_no_files(self):
        made, real = [], scratch.make_directory

        def make_directory():
            made.append(real())
            return made[-1]

        with mock.patch.object(scratch, "make_directory", make_directory):
            self.run_test("verdicts.partial")
        self.assertEqual(len(made), 2)
        self.assertFalse([path for path in made if os.path.exists(path)])


class FromOutside(GradeTest):
    """What the harness reads in memory is what QEMU says is there."""

    def test_walker_agrees_with_qemu(self):
        seen = {}
        real = probe.call
        check = Check("rights", 1, "Looked at.", probe="maps_with", at="protected",
                      args={"key": "r", "rights": "r"})

        def look(run, values):
            pid = values["pid"]
            root = run.view.root_of(pid)
            seen["ours"] = list(sv39.walk(run.view.ram, root))
            satp = [each for each in run.qmp.registers() if each.get("satp", 0) & ((1 << 44) - 1)
                    == root >> 12]
            seen["qemu"] = run.qmp.monitor("info mem") if satp else None

        def call(check, run, values):
            look(run, values)
            return real(check, run, values)

        with mock.patch.object(probe, "call", call):
            outcome = self.run_test("pgtbl.rights", [check], smp=1)
        self.assertEqual(outcome.earned, 1, outcome.checks[0].seen)
        self.assertIsNotNone(seen["qemu"], "the hart does not run this address space")
        self.assertEqual(pages_of_ours(seen["ours"]), pages_of_qemu(seen["qemu"]))

    def test_layout_note_is_the_kernels(self):
        view = KernelView(reference().kernel("default"), 128 << 20)
        self.assertEqual(view.size("page"), 64)
        self.assertEqual(view.number("PAGE_SIZE"), 4096)
        self.assertGreater(view.number("PG_swapcache"), 0)

    def test_choices_follow_the_seed(self):
        test = make_test("verdicts.partial", mem=("64M", "96M", "128M"))
        runs = [Run(test, reference(), 5).numbers for _ in range(3)]
        self.assertEqual(runs[0], runs[1])
        self.assertNotEqual(Run(test, reference(), 5).nonce, Run(test, reference(), 5).nonce)


def pages_of_ours(leaves):
    """{va: (pa, rights)} for each 4 KiB, as runs of equal distance and rights."""
    return merge((leaf.va, leaf.pa, leaf.size, leaf.rights()[:3] + leaf.rights()[3])
                 for leaf in leaves)


def pages_of_qemu(text):
    """The same of what `info mem` prints: vaddr paddr size attributes."""
    rows = []
    for line in text.replace("\r", "").splitlines():
        words = line.split()
        if len(words) == 4 and len(words[0]) == 16 and words[0] != "-" * 16:
            va, pa, size = (int(word, 16) for word in words[:3])
            rows.append((va, pa, size, words[3][:4]))
    return merge(rows)


def merge(rows):
    """Neighbours with the same distance and rights are one."""
    merged = []
    for va, pa, size, rights in sorted(rows):
        if merged:
            last = merged[-1]
            if last[0] + last[2] == va and last[1] + last[2] == pa and last[3] == rights:
                merged[-1] = (last[0], last[1], last[2] + size, rights)
                continue
        merged.append((va, pa, size, rights))
    return merged


if __name__ == "__main__":
    unittest.main()
