"""Time as the machine had it.

A limit in wall time fails the student whose laptop is slow or busy. Here a second
counts only if the machine could use it: the time that QEMU's threads stood in the
host's run queue, ready but without a processor, is taken off. Where the host does not
tell (anything but Linux), it is wall time.
"""

import os
import time


def _thread_stats(pid):
    """(seconds on a processor, seconds waiting for one) for each thread of a process."""
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
        yield int(running) / 1e9, int(waiting) / 1e9


class MachineClock:
    """Starts at zero when the process starts."""

    def __init__(self, pid):
        self.pid = pid
        self.start = time.monotonic()

    def wall(self):
        return time.monotonic() - self.start

    def now(self):
        """Seconds that the machine could use."""
        waiting = max((wait for _, wait in _thread_stats(self.pid)), default=0.0)
        return max(0.0, self.wall() - waiting)

    def busy_seconds(self):
        """Processor time of its threads, all together."""
        return sum(run for run, _ in _thread_stats(self.pid))

    def busy_share(self):
        """Of the time that the machine could use, how much it did."""
        return self.busy_seconds() / max(self.now(), 0.001)
