"""What the jobs tell: results by name, printed as they come, counted at the end."""

import os
import re
import sys
import threading
import time
from dataclasses import dataclass
from typing import Callable

TAIL_LINES = 25
SUMMARY_LINES = 5
NAMED_LINES = 20
NAMED = re.compile(r"(FAIL|ERROR): |\w*(Error|Exception)\b.*:")
MARK = re.compile(r"\x1e[0-9a-f]+k ")


def printable_lines(text):
    """The lines of a console, without carriage returns, marks and empty ends."""
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    return [MARK.sub("", line.rstrip("\r")) for line in text.rstrip().split("\n")]


def summary(lines):
    """Of a failure's output: which of Python's tests failed, and why, and the last lines."""
    named = [line for line in lines[:-SUMMARY_LINES] if NAMED.match(line)]
    return named[:NAMED_LINES] + lines[-SUMMARY_LINES:]


@dataclass
class Job:
    """`run(report)` tells its results. `weight` orders jobs: the longest should start first."""
    name: str
    run: Callable
    weight: int = 0


class Report:
    """=> any thread"""

    def __init__(self, log_directory, verbose=False):
        self.log_directory = log_directory
        self.verbose = verbose
        self.start = time.monotonic()
        self.passed = 0
        self.failures = []
        self.skips = []
        self.times = []
        self._lock = threading.Lock()
        os.makedirs(log_directory, exist_ok=True)

    def log_path(self, name):
        """Where the log of a job or test belongs."""
        path = os.path.join(self.log_directory, name.replace(" ", "_"))
        if not path.endswith((".log", ".txt")):
            path += ".log"
        os.makedirs(os.path.dirname(path), exist_ok=True)
        return path

    def save_log(self, name, data):
        """Keeps a log; returns its path."""
        path = self.log_path(name)
        with open(path, "wb") as log:
            log.write(data if isinstance(data, bytes) else data.encode())
        return path

    def ok(self, name, detail=""):
        with self._lock:
            self.passed += 1
            self._print("ok", name, detail)

    def failed(self, name, why, log=None, tail=None):
        """A failure, with the end of what was seen and where all of it is."""
        with self._lock:
            lines = printable_lines(tail) if tail else []
            self.failures.append((name, why, summary(lines)))
            self._print("FAILED", name, why)
            for line in lines[-TAIL_LINES:]:
                print(f"        | {line}")
            if log:
                print(f"        log: {log}")
            sys.stdout.flush()

    def skipped(self, name, why):
        with self._lock:
            self.skips.append((name, why))
            self._print("skip", name, why)

    def took(self, job, seconds):
        """How long a whole job took, in wall time."""
        with self._lock:
            self.times.append((seconds, job))

    def save_times(self):
        """times.txt among the logs: the longest job first."""
        rows = [f"{seconds:7.1f} s  {job}\n" for seconds, job in sorted(self.times, reverse=True)]
        self.save_log("times.txt", "".join(rows))

    def _print(self, word, name, detail):
        elapsed = time.monotonic() - self.start
        print(f"{elapsed:6.1f}s {word:6} {name}" + (f": {detail}" if detail else ""), flush=True)

    def finish(self):
        """Prints the totals, with each failure's reason once more; returns the exit status."""
        self.save_times()
        for name, why in self.skips:
            print(f"skipped {name}: {why}")
        for name, why, lines in self.failures:
            print(f"failed {name}: {why}")
            for line in lines:
                print(f"        | {line}")
        totals = f"{self.passed} passed, {len(self.failures)} failed"
        if self.skips:
            totals += f", {len(self.skips)} skipped"
        print(totals, flush=True)
        return 1 if self.failures else 0
