"""Clean-up after SIGKILL, and hosts that have neither /dev/shm nor /proc nor a set of processors."""

import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from unittest import mock

from grading.machine import clock, disk, parallel, scratch

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
WAIT_SECONDS = 60

# A driver that has a directory and a child of its own, says so, and then waits.
DRIVER = """
import subprocess, sys, time
from grading.machine import scratch
scratch.prepare()
%s
path = scratch.make_directory()
child = subprocess.Popen(["sh", "-c", "sleep 1000 & wait"], start_new_session=True)
scratch.watch_group(child.pid)
print(path, child.pid, flush=True)
time.sleep(1000)
"""
WITHOUT_PRCTL = "scratch._libc = None"


def group_lives(pid):
    try:
        os.killpg(pid, 0)
        return True
    except ProcessLookupError:
        return False


def wait_until(condition):
    end = time.monotonic() + WAIT_SECONDS
    while not condition() and time.monotonic() < end:
        time.sleep(0.05)
    return condition()


# Ends by itself, with a directory that is still registered.
ENDING = """
from grading.machine import scratch
scratch.prepare()
path = scratch.make_directory()
scratch.register(path, lambda: scratch.remove_directory(path))
print(path)
"""


class EndingDriver(unittest.TestCase):
    def test_says_nothing_and_leaves_nothing(self):
        driver = subprocess.run([sys.executable, "-c", ENDING], cwd=TOP, text=True,
                                capture_output=True, check=False)
        self.assertEqual((driver.returncode, driver.stderr), (0, ""))
        self.assertFalse(os.path.exists(driver.stdout.strip()))


class KilledDriver(unittest.TestCase):
    def ends_all(self, number, extra=""):
        driver = subprocess.Popen([sys.executable, "-c", DRIVER % extra], cwd=TOP,
                                  stdout=subprocess.PIPE, text=True)
        path, pid = driver.stdout.readline().split()
        self.assertTrue(os.path.isdir(path) and group_lives(int(pid)))
        driver.send_signal(number)
        driver.wait()
        driver.stdout.close()
        self.assertTrue(wait_until(lambda: not os.path.exists(path)), "its directory is there")
        self.assertTrue(wait_until(lambda: not group_lives(int(pid))), "its child lives")

    def test_sigkill(self):
        self.ends_all(signal.SIGKILL)

    def test_sigkill_where_the_kernel_does_not_end_children(self):
        self.ends_all(signal.SIGKILL, WITHOUT_PRCTL)

    def test_sigterm(self):
        self.ends_all(signal.SIGTERM)


class HeldStop(unittest.TestCase):
    """A stop comes after what belongs together."""

    def setUp(self):
        self.addCleanup(scratch.stopping.clear)
        self.done = []

    def write_both(self, stops):
        with scratch.stop_held():
            self.done.append("result")
            for _ in range(stops):
                scratch.stop(signal.SIGINT, None)
            self.done.append("line")
        self.done.append("more")

    def test_comes_after_the_block(self):
        self.assertRaises(KeyboardInterrupt, self.write_both, 1)
        self.assertEqual(self.done, ["result", "line"])
        self.assertTrue(scratch.stopping.is_set())
        with scratch.stop_held():
            self.done.append("again")

    def test_second_comes_at_once(self):
        self.assertRaises(KeyboardInterrupt, self.write_both, 2)
        self.assertEqual(self.done, ["result"])

    def test_not_held(self):
        self.assertRaises(KeyboardInterrupt, scratch.stop, signal.SIGINT, None)


class OtherHosts(unittest.TestCase):
    """What macOS lacks: each has something in its place."""

    def test_no_memory_file_system(self):
        with mock.patch.object(scratch, "MEMORY_DIRECTORY", "/no/such/directory"):
            self.assertEqual(scratch.scratch_root(), tempfile.gettempdir())
            path = scratch.make_directory()
        self.assertTrue(path.startswith(tempfile.gettempdir()))
        scratch.remove_directory(path)
        self.assertFalse(os.path.exists(path))

    def test_no_set_of_processors(self):
        with mock.patch.object(os, "sched_getaffinity", side_effect=AttributeError):
            self.assertEqual(parallel.default_workers(), os.cpu_count())

    def test_no_proc(self):
        """Time is the wall's, and ps tells how busy a process is."""
        with mock.patch.object(clock, "_thread_stats", lambda pid: iter(())):
            ours = clock.MachineClock(os.getpid())
            self.assertLess(abs(ours.now() - ours.wall()), 1)
            with mock.patch.object(clock, "ps_seconds", lambda pid: 7.5):
                self.assertEqual(ours.busy_seconds(), 7.5)

    def test_times_of_ps(self):
        for text, seconds in (("00:00:07", 7), ("  0:01.50", 1.5), ("12:34.00", 754),
                              ("2-03:04:05", 183845), ("", 0)):
            with mock.patch.object(subprocess, "run", return_value=mock.Mock(stdout=f"{text}\n")):
                self.assertEqual(clock.ps_seconds(1), seconds, text)

    def test_ps_knows_this_process(self):
        start = time.process_time()
        while time.process_time() - start < 1.2:
            pass
        self.assertGreaterEqual(clock.ps_seconds(os.getpid()), 1)

    def test_no_holes_in_files(self):
        """Where lseek cannot find holes, all is copied."""
        data = os.urandom(5000) + bytes(100000) + b"end"
        with tempfile.TemporaryDirectory() as folder:
            source, target = os.path.join(folder, "a"), os.path.join(folder, "b")
            with open(source, "wb") as file:
                file.write(data)
            with mock.patch.object(os, "lseek", side_effect=OSError(22, "no SEEK_DATA")):
                disk.copy_sparse(source, target)
            with open(target, "rb") as file:
                self.assertEqual(file.read(), data)


if __name__ == "__main__":
    unittest.main()
