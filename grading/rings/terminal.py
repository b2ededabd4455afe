"""`make qemu` as a person sees it: in a terminal."""

import os
import pty
import re
import select
import signal
import time

from grading.machine import scratch
from grading.rings import build
from grading.rings.process import make_environment
from grading.rings.report import Job

GUEST_SECONDS = 300  # then the kernel's watchdog ends the machine, and so the waiting
PATIENCE_SECONDS = 900  # for a machine that is too dead for that
POLL_SECONDS = 0.2
QUIT_KEYS = b"\x01x"


class Terminal:
    """A command on a pseudo-terminal."""

    def __init__(self, arguments):
        self.seen = b""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execvpe(arguments[0], arguments, {**os.environ, **make_environment()})
        scratch.register(self, self.kill)

    def _read(self):
        """Reads what has come. => False if no more will come"""
        if not select.select([self.fd], [], [], POLL_SECONDS)[0]:
            return True
        try:
            data = os.read(self.fd, 4096)
        except OSError:
            return False
        self.seen += data
        return bool(data)

    def expect(self, pattern):
        """Waits for a pattern in what came since the last match. => False if it does not come"""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            found = re.search(pattern, self.seen)
            if found:
                self.seen = self.seen[found.end():]
                return True
            if not self._read():
                return False
        return False

    def type(self, keys):
        os.write(self.fd, keys)

    def status(self):
        """The command's exit status, once it has ended; it is ended if it does not."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                scratch.unregister(self)
                os.close(self.fd)
                return os.waitstatus_to_exitcode(status)
            self._read()
        scratch.unregister(self)
        self.kill()
        os.waitpid(self.pid, 0)
        return None

    def kill(self):
        """Ends everything on the terminal: a hang-up first, so that make and QEMU clean up."""
        for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self.pid, number)
            except (ProcessLookupError, PermissionError):  # the latter is macOS', before a wait
                return
            time.sleep(POLL_SECONDS)


DIALOGUE = (
    (rb"Ctrl-A X", None),
    (rb"(?m)^Quire", None),
    (rb"\$ $", b"echo typed $((1 + 1))\r"),
    (rb"typed 2\r+\n", None),
    (rb"\$ $", b"cat\r"),
    (rb"cat\r+\n", b"\x03"),
    (rb"\$ $", b"framecheck && echo frames $((1 + 1))\r"),
    (rb"frames 2\r+\n", None),
    (rb"\$ $", QUIT_KEYS),
)


def qemu(report):
    """The banner, the prompt, a command, Ctrl-C, a look at all frames, and the way out."""
    build.require("default")
    try:
        terminal = Terminal(["make", f"BUILD={build.directory('default')}", "qemu",
                             f"APPEND=watchdog={GUEST_SECONDS}"])
    except OSError as error:
        report.skipped("make qemu", f"no pseudo-terminal here: {error}")
        return
    missing = None
    for pattern, keys in DIALOGUE:
        if not terminal.expect(pattern):
            missing = pattern
            break
        if keys:
            terminal.type(keys)
    if missing:
        terminal.type(QUIT_KEYS)
    status = terminal.status()
    if missing:
        report.failed("make qemu", f"{missing!r} did not come", tail=terminal.seen)
    elif status != 0:
        report.failed("make qemu", f"status {status}", tail=terminal.seen)
    else:
        report.ok("make qemu")


def jobs():
    return [Job("make qemu", qemu)]
