"""The life of one machine: its files, its QEMU, its end."""

import os
import subprocess
import tempfile
import threading

from grading.machine import command_line, disk, scratch, verdict
from grading.machine.clock import MachineClock
from grading.machine.console import Console
from grading.machine.verdict import Result, Verdict

POLL_SECONDS = 0.2
LIVELOCK_SHARE = 0.9
LIVELOCK_SECONDS = 2  # less is QEMU's own start, which is busy
REAP_SECONDS = 20
WALL_FACTOR = 20  # so many limits of wall time: the host has no time for this machine


class Machine:
    """A context manager: QEMU runs from entry to exit of the block at the latest.

    `console` is its serial line, `clock` its time, `disks` the paths of its disks by
    serial (readable until the block ends). `at_limit` is
    asked for the Result of a machine that reached the driver's limit, while it still runs;
    `watch` again and again for that of one that must end at once, and says None as long as it need not.
    """

    def __init__(self, config, tap=None, at_limit=None, watch=lambda: None):
        self.config = config
        self.disks = {}
        self.directory = None
        self.process = None
        self.console = None
        self.clock = None
        self.result = None
        self._tap = tap
        self._at_limit = at_limit
        self._watch = watch
        self._log = None
        self._errors = None
        self._kill_lock = threading.RLock()

    def __enter__(self):
        self.directory = scratch.make_directory()
        scratch.register(self, self.close)
        try:
            self._start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_):
        self.close()

    def _start(self):
        disks = command_line.all_disks(self.config)
        paths = [disk.prepare(each, self.directory) for each in disks]
        self.disks = {each.serial: path for each, path in zip(disks, paths)}
        command = [*self.config.prefix,
                   *command_line.build(self.config, paths, self.directory)]
        if self.config.log:
            os.makedirs(os.path.dirname(os.path.abspath(self.config.log)), exist_ok=True)
            self._log = open(self.config.log, "wb")
        self._errors = tempfile.TemporaryFile()
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=self._errors, start_new_session=True,
                                        preexec_fn=self._in_child)
        scratch.watch_group(self.process.pid)
        self.clock = MachineClock(self.process.pid, self.config.smp)
        self.console = Console(self.process.stdout, self.process.stdin, self.clock,
                               self._log, self._tap, self.config.console_bytes)

    def _in_child(self):
        scratch.die_with_parent()
        if self.config.before:
            self.config.before()

    def socket(self, name):
        """The path of the machine's `gdb` or `qmp` socket, or of its memory, `ram`."""
        return os.path.join(self.directory, name)

    def running(self):
        return self.process is not None and self.process.poll() is None

    def wait(self):
        """Waits for the end, whoever brings it about. Returns the Result."""
        backstop = self.config.backstop_seconds()
        share, ran = 0.0, 0.0
        while self.result is None:
            try:
                code = self.process.wait(POLL_SECONDS)
            except subprocess.TimeoutExpired:
                share, ran = self.clock.busy_share(), self.clock.now()
                self._check_limits(backstop, share)
                continue
            self.console.join()
            busy = share > LIVELOCK_SHARE and ran > LIVELOCK_SECONDS
            if self.result is None:
                self.result = self._result_of_exit(code, busy)
        return self.result

    def _result_of_exit(self, code, was_busy):
        self._errors.seek(0)
        errors = self._errors.read().decode("utf-8", "replace")
        return verdict.classify_exit(code, self.console.text(), errors, was_busy)

    def _check_limits(self, backstop, share):
        """Ends a machine that will not end by itself."""
        found = self._watch()
        if scratch.stopping.is_set():
            self.kill()
        elif found:
            self.kill()
            self.result = found
        elif verdict.boots(self.console.text()) >= verdict.REBOOT_LOOP_BOOTS:
            self.kill()
            self.result = Result(Verdict.REBOOT_LOOP, None, "the firmware started three times")
        elif backstop is not None and self.clock.now() > backstop:
            result = self._at_limit() if self._at_limit else None
            if result is None and not self.running():
                return  # it ended by itself meanwhile
            self.kill()
            self.result = result or verdict.classify_backstop(self.console.text(), share)
        elif backstop is not None and self.clock.wall() > WALL_FACTOR * backstop:
            self.kill()
            self.result = Result(Verdict.QEMU_ERROR, None, f"in {self.clock.wall():.0f} s the host had "
                                 f"{self.clock.now():.0f} s for this machine")

    def kill(self):
        """Ends QEMU at once, as a power cut does. wait() then returns KILLED."""
        with self._kill_lock:
            if self.running():
                if self.result is None:
                    self.result = Result(Verdict.KILLED)  # before a wait() sees how QEMU ends by it
                self.process.kill()
                self._reap()
        self.console.join()

    def _reap(self):
        """After kill(). A signal's handler may come here out of this thread's own wait(), which holds a
        lock of subprocess: a wait with a limit does not wait for that lock."""
        try:
            self.process.wait(REAP_SECONDS)
        except subprocess.TimeoutExpired:
            pass

    def close(self):
        """Kills QEMU if it runs, removes the machine's files."""
        scratch.unregister(self)
        if self.process is not None:
            if self.console is not None:
                self.kill()
            elif self.running():
                self.process.kill()
                self._reap()
            scratch.unwatch_group(self.process.pid)
            for stream in (self.process.stdin, self.process.stdout):
                try:
                    stream.close()
                except OSError:
                    pass
        for stream in (self._log, self._errors):
            try:
                if stream is not None:
                    stream.close()
            except OSError:
                pass  # the disk of a log is full
        if self.directory is not None:
            scratch.remove_directory(self.directory)
