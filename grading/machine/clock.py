"""Time as the machine had it.

A limit in wall time fails the student whose laptop is slow or busy. Here a second counts only if
the machine could use it. Taken off is the time

    that QEMU's threads stood in the host's run queue, ready but without a processor; of no more threads than
      wait for each other: its harts', that of its devices, one that serves a disk. A guest can have QEMU make
      dozens, by as many requests to a disk
    that our own threads stood there, for QEMU waits when nobody takes what it writes
    that we had the machine paused, to look at it

But the processor time of its busiest thread counts in any case: however busy the host is, a machine
that computes comes to its limit. Where the host does not tell (anything but Linux), only pauses
are taken off, and `ps` says how much of the time the machine used.
"""

import contextlib
import os
import re
import subprocess
import threading
import time

PS_TIME = re.compile(r"(?:(?:(\d+)-)?(\d+):)?(\d+):(\d+(?:\.\d+)?)$")
PS_SECONDS = 0.5  # between two questions to ps
DEVICE_THREADS = 2


def _thread_stats(pid):
    """(thread, seconds on a processor, seconds waiting for one) for each thread of a process."""
    try:
        threads = os.listdir(f"/proc/{pid}/task")
    except OSError:
        return
    for thread in threads:
        try:
            with open(f"/proc/{pid}/task/{thread}/schedstat") as stat:
                running, waiting = stat.read().split()[:2]
        except (OSError, ValueError):
            continue
        yield thread, int(running) / 1e9, int(waiting) / 1e9


class Threads:
    """What the threads of a process do from one question to the next."""

    def __init__(self, pid):
        self.pid = pid
        self.ran = 0.0  # in all; threads that ended are not forgotten
        self._last = {}

    def step(self):
        """[(ran, waited)] of each thread since the last question, or since it started."""
        steps = []
        for thread, ran, waited in _thread_stats(self.pid):
            ran_before, waited_before = self._last.get(thread, (0.0, 0.0))
            self._last[thread] = ran, waited
            steps.append((ran - ran_before, waited - waited_before))
        self.ran += sum(ran for ran, _ in steps)
        return steps


class MachineClock:
    """Starts at zero when the process starts. => any thread may ask"""

    def __init__(self, pid, harts=1):
        self.pid = pid
        self.waiting = harts + DEVICE_THREADS  # so many threads' waits count
        self.start = self._asked = time.monotonic()
        self._lock = threading.Lock()
        self._machine, self._ours = Threads(pid), Threads(os.getpid())
        self._ours.step()
        self._now = 0.0
        self._paused = False
        self._ps = 0.0, 0.0

    def wall(self):
        return time.monotonic() - self.start

    @contextlib.contextmanager
    def paused(self):
        """Within the block the machine stands still by our doing."""
        self.now()
        self._paused = True
        try:
            yield
        finally:
            self.now()
            self._paused = False

    def now(self):
        """Seconds that the machine could use. => the driver asks often: what it waited for is taken off
        from question to question"""
        with self._lock:
            asked, self._asked = self._asked, time.monotonic()
            known = self._machine.ran > 0
            machine, ours = self._machine.step(), self._ours.step()
            if machine or not known:
                waits = sorted((each[1] for each in machine), reverse=True)
                waited = sum(waits[:self.waiting]) + max((each[1] for each in ours), default=0.0)
                free = 0.0 if self._paused else self._asked - asked - waited
                self._now += max([free, 0.0] + [ran for ran, _ in machine])
            return self._now

    def busy_seconds(self):
        """Processor time of its threads, all together."""
        self.now()
        if self._machine.ran > 0:
            return self._machine.ran
        asked = self._ps[0]
        if not asked or time.monotonic() - asked >= PS_SECONDS:
            self._ps = time.monotonic(), ps_seconds(self.pid)
        return self._ps[1]

    def busy_share(self):
        """Of the time that the machine could use, how much it did."""
        return self.busy_seconds() / max(self.now(), 0.001)


def ps_seconds(pid):
    """Processor time of a process as ps tells it: [[days-]hours:]minutes:seconds; 0 if it does not."""
    try:
        output = subprocess.run(["ps", "-o", "time=", "-p", str(pid)], capture_output=True, text=True,
                                check=False).stdout
    except OSError:
        return 0.0
    found = PS_TIME.search(output.strip())
    if not found:
        return 0.0
    days, hours, minutes, seconds = (float(part or 0) for part in found.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds
