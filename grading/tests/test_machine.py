"""The driver, against payloads that end in every way there is."""

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from concurrent.futures import ThreadPoolExecutor

from grading.machine import Config, Disk, EnvironmentProblem, Machine, Verdict, run_command
from grading.machine.parallel import run_parallel
from grading.tests.payload import build_payload

BACKSTOP_SECONDS = 600  # of wall time, for what never ends
POLL_SECONDS = 0.1
TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class MachineTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = tempfile.TemporaryDirectory()

    @classmethod
    def tearDownClass(cls):
        cls.scratch.cleanup()

    def payload(self, *args, **kwargs):
        return build_payload(self.scratch.name, self.id(), *args, **kwargs)

    def run_payload(self, *args, backstop=20, **kwargs):
        config = Config(self.payload(*args, **kwargs), mem="64M", backstop=backstop)
        with Machine(config) as machine:
            result = machine.wait()
            return result, machine.console.text()

    def test_exit_code_is_the_payloads(self):
        result, console = self.run_payload("exit", "hello\n", 7)
        self.assertEqual((result.verdict, result.code), (Verdict.EXITED, 7))
        self.assertIn(b"hello", console)

    def test_status_zero_is_ok(self):
        result, _ = self.run_payload("exit")
        self.assertTrue(result.ok())

    def test_panic_is_told_with_its_message(self):
        result, _ = self.run_payload("exit", "---[ kernel panic: page 7 has no owner ]---\n", 101)
        self.assertEqual((result.verdict, result.detail),
                         (Verdict.PANIC, "page 7 has no owner"))

    def test_exit_101_without_a_panic_is_an_exit(self):
        result, _ = self.run_payload("exit", "no such thing\n", 101)
        self.assertEqual(result.verdict, Verdict.EXITED)

    def test_panic_that_stops_is_told_at_the_backstop(self):
        result, _ = self.run_payload("idle", "---[ kernel panic: stopped ]---\n", backstop=3)
        self.assertEqual((result.verdict, result.detail), (Verdict.PANIC, "stopped"))

    def test_watchdog_code_is_a_timeout(self):
        result, _ = self.run_payload("exit", "", 124)
        self.assertEqual(result.verdict, Verdict.TIMEOUT)

    def test_idle_hang(self):
        result, _ = self.run_payload("idle", backstop=1)
        self.assertEqual(result.verdict, Verdict.HANG)
        self.assertIn("idle", result.detail)

    def test_spinning_hang(self):
        result, _ = self.run_payload("spin", backstop=2)
        self.assertEqual(result.verdict, Verdict.HANG)
        if os.path.exists("/proc/self/schedstat"):
            self.assertIn("spinning", result.detail)

    def test_reboot_loop(self):
        result, _ = self.run_payload("reboot")
        self.assertEqual(result.verdict, Verdict.REBOOT_LOOP)

    def test_bad_qemu_option_is_qemus_fault(self):
        config = Config(self.payload("exit"), mem="64M", qemuflags=["-no-such-option"])
        with Machine(config) as machine:
            result = machine.wait()
        self.assertEqual(result.verdict, Verdict.QEMU_ERROR)
        self.assertIn("no-such-option", result.detail)

    def test_missing_files_are_environment_problems(self):
        with self.assertRaises(EnvironmentProblem):
            Machine(Config("/nonexistent")).__enter__()
        with self.assertRaises(EnvironmentProblem):
            Machine(Config(self.payload("exit"), disks=[Disk("/nonexistent", "root")])).__enter__()

    def test_console_both_ways(self):
        with Machine(Config(self.payload("echo", "ready> "), mem="64M")) as machine:
            machine.console.expect("ready> ")
            machine.console.send("ping\n")
            machine.console.expect("ping")
            self.assertTrue(machine.wait().ok())

    def test_disks_are_private_copies(self):
        image = os.path.join(self.scratch.name, "image")
        with open(image, "wb") as file:
            file.write(b"data")
            file.truncate(1 << 20)
        config = Config(self.payload("idle"), mem="64M", swap="1M", disks=[Disk(image, "root")])
        with Machine(config) as machine:
            copy = machine.disks["root"]
            self.assertNotEqual(copy, image)
            with open(copy, "rb") as file:
                self.assertEqual(file.read(4), b"data")
            self.assertEqual(os.path.getsize(machine.disks["swap0"]), 1 << 20)
            directory, pid = machine.directory, machine.process.pid
        self.assertFalse(os.path.exists(directory))
        with self.assertRaises(ProcessLookupError):
            os.kill(pid, 0)

    def test_parallel_results_come_as_they_end(self):
        kernels = [self.payload("idle"), build_payload(self.scratch.name, "quick", "exit")]

        def job(kernel, backstop):
            with Machine(Config(kernel, mem="64M", backstop=backstop)) as machine:
                return machine.wait().verdict

        jobs = [lambda: job(kernels[0], 3), lambda: job(kernels[1], 30)]
        self.assertEqual(list(run_parallel(jobs, workers=2)),
                         [(1, Verdict.EXITED), (0, Verdict.HANG)])

    def test_parallel_wakes_for_a_signal_that_wakes_nobody(self):
        """As one that comes just before the main thread waits: here it comes to another thread."""
        came = threading.Event()
        before = signal.signal(signal.SIGUSR1, lambda *_: came.set())
        self.addCleanup(signal.signal, signal.SIGUSR1, before)

        def job():
            time.sleep(1)  # until the main thread waits
            signal.pthread_kill(threading.get_ident(), signal.SIGUSR1)
            return came.wait(BACKSTOP_SECONDS / 10)

        self.assertEqual(list(run_parallel([job], workers=1)), [(0, True)])

    def test_log_on_a_full_disk(self):
        with Machine(Config(self.payload("exit", "hello\n", 7), mem="64M", backstop=20, log="/dev/full")) as machine:
            self.assertEqual(machine.wait().code, 7)
            directory = machine.directory
        self.assertFalse(os.path.exists(directory))

    def test_killed_from_another_thread(self):
        with Machine(Config(self.payload("idle"), mem="64M", backstop=BACKSTOP_SECONDS)) as machine:
            seen = threading.Event()

            def wait():
                result = machine.wait()
                seen.set()
                return result

            machine._reap = lambda: seen.wait(BACKSTOP_SECONDS)  # the other thread sees QEMU's end first
            with ThreadPoolExecutor() as pool:
                waiter = pool.submit(wait)
                machine.kill()
                self.assertEqual(waiter.result().verdict, Verdict.KILLED)

    def test_killed_driver_leaves_nothing_behind(self):
        kernel = self.payload("idle")
        # Who runs this in the background may ignore SIGINT, and so would the driver.
        script = ("import signal\nfrom grading.machine import Config, Machine\n"
                  "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
                  f"m = Machine(Config({kernel!r}, mem='64M', limit=None)).__enter__()\n"
                  "print(m.process.pid, m.directory, flush=True)\nm.wait()\n")
        for number in (signal.SIGTERM, signal.SIGINT):
            driver = subprocess.Popen([sys.executable, "-c", script], cwd=TOP, text=True,
                                      stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
            pid, directory = driver.stdout.readline().split()
            driver.send_signal(number)
            driver.wait(timeout=BACKSTOP_SECONDS)
            driver.stdout.close()
            self.assertFalse(os.path.exists(directory), number)
            self.assert_ends(int(pid))

    def assert_ends(self, pid):
        for _ in range(int(BACKSTOP_SECONDS / POLL_SECONDS)):
            try:
                os.kill(pid, 0)
            except ProcessLookupError:
                return
            time.sleep(POLL_SECONDS)
        self.fail(f"process {pid} outlived its driver")

    def test_command_without_marks_is_not_a_success(self):
        config = Config(self.payload("exit", "\x1enoncebegin\nout\n\x1enonceend 0\n"), mem="64M")
        result = run_command(config, "true")
        self.assertEqual((result.output, result.status, result.exit_status), (b"", None, 126))


if __name__ == "__main__":
    unittest.main()
