"""Time as the machine had it.

A limit in wall time fails the student whose laptop is slow or busy. Here a second
counts only if the machine could use it: the time that QEMU's threads stood in the
host's run queue, ready but without a processor, is taken off. Where the host does not
tell (anything but Linux), it is wall time, and `ps` says how much of it the machine used.
"""

import os
import re
import subprocess
import time

PS_TIME = re.compile(r"(?:(?:(\d+)-)?(\d+):)?(\d+):(\d+(?:\.\d+)?)$")
PS_SECONDS = 0.5  # between two questions to ps


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
        self._waited = 0.0
        self._ps = 0.0, 0.0

    def wall(self):
        return time.monotonic() - self.start

    def now(self):
        """Seconds that the machine could use; it never goes back, and stays when the machine ends."""
        waiting = max((wait for _, wait in _thread_stats(self.pid)), default=0.0)
        self._waited = max(self._waited, waiting)
        return max(0.0, self.wall() - self._waited)

    def busy_seconds(self):
        """Processor time of its threads, all together."""
        stats = list(_thread_stats(self.pid))
        if stats:
            return sum(run for run, _ in stats)
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
