"""The clock of limits: what counts as a machine's time, on a host that is busy."""

import os
import time
import unittest
from unittest import mock

from grading.machine import clock

MACHINE, OURS = 1 << 30, os.getpid()


class Host:
    """Stands in for the host: `threads` by process, {thread: (ran, waited)}, and its time."""

    def __init__(self):
        self.threads = {MACHINE: {"1": (0.0, 0.0)}, OURS: {"2": (0.0, 0.0)}}
        self.time = 100.0

    def stats(self, pid):
        return [(thread, *times) for thread, times in self.threads[pid].items()]

    def step(self, seconds, pid=MACHINE, **threads):
        """Time passes; a thread ran and waited for so long meanwhile."""
        self.time += seconds
        for thread, (ran, waited) in threads.items():
            before = self.threads[pid].get(thread, (0.0, 0.0))
            self.threads[pid][thread] = before[0] + ran, before[1] + waited


class ClockTest(unittest.TestCase):
    def setUp(self):
        self.host = Host()
        for target, name, fake in ((clock, "_thread_stats", self.host.stats),
                                   (time, "monotonic", lambda: self.host.time)):
            patch = mock.patch.object(target, name, fake)
            patch.start()
            self.addCleanup(patch.stop)
        self.clock = clock.MachineClock(MACHINE)

    def step(self, *args, **threads):
        """How far the clock goes in one step of the host."""
        before = self.clock.now()
        self.host.step(*args, **threads)
        return round(self.clock.now() - before, 6)

    def test_an_idle_machine_has_the_walls_time(self):
        self.assertEqual(self.step(3), 3)

    def test_waiting_for_a_processor_does_not_count(self):
        self.assertEqual(self.step(3, t1=(0.5, 2.0)), 1)

    def test_waits_of_several_threads_add_up(self):
        """A hart and the thread that serves its disk wait one after the other."""
        self.assertEqual(self.step(3, t1=(0.2, 1.0), t2=(0.3, 1.5)), 0.5)

    def test_many_threads_do_not_stretch_a_limit(self):
        """Sixty requests to a disk at once, of which two processors do two at a time."""
        many = {f"t{n}": (0.1, 2.9) for n in range(60)}
        self.assertGreater(sum(self.step(12, **many) for _ in range(10)), 30)

    def test_what_it_computes_counts_however_long_it_waits(self):
        self.assertEqual(self.step(8, t1=(2, 6), t2=(2, 6), t3=(1, 7)), 2)

    def test_waits_of_a_busy_past_are_no_credit_for_idling(self):
        self.step(4, t1=(1, 3), t2=(1, 3), t3=(1, 3), t4=(1, 3))
        self.assertEqual(self.step(5), 5)

    def test_who_reads_its_console_had_no_processor(self):
        self.assertEqual(self.step(5, OURS, t7=(0.1, 4.0)), 1)

    def test_pauses_do_not_count(self):
        with self.clock.paused():
            self.assertEqual(self.step(30), 0)
        self.assertEqual(self.step(1), 1)

    def test_it_stands_when_the_machine_has_ended(self):
        self.step(2, t1=(1, 1))
        self.host.threads[MACHINE] = {}
        self.assertEqual(self.step(9), 0)
        self.assertEqual(self.clock.busy_seconds(), 1)

    def test_threads_that_ended_are_not_forgotten(self):
        self.step(1, t5=(0.5, 0))
        del self.host.threads[MACHINE]["t5"]
        self.step(1, t1=(0.25, 0))
        self.assertEqual(self.clock.busy_seconds(), 0.75)


class RealClock(unittest.TestCase):
    @unittest.skipUnless(os.path.exists("/proc/self/schedstat"), "this host does not tell")
    def test_a_thread_that_computes_moves_it(self):
        """On the real host, whatever else that one does."""
        ours = clock.MachineClock(os.getpid())
        ours.now()
        start = time.thread_time()
        while time.thread_time() - start < 0.3:
            pass
        self.assertGreaterEqual(ours.now(), 0.29)


if __name__ == "__main__":
    unittest.main()
