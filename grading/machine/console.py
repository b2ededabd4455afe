"""The serial line of a machine.

A thread reads all the time, so that QEMU never waits for us. expect() looks at what came
after the last match; a wait is bounded by the machine's clock, not the wall's.
"""

import os
import re
import threading

POLL_SECONDS = 0.2
TAIL_BYTES = 64 << 10


class ExpectTimeout(Exception):
    """The text did not come in time."""


class ConsoleEnded(Exception):
    """The machine ended before the text came."""


class Console:
    """=> fields below are guarded by `changed`

    received   every byte that came
    position   where the next expect() starts to look
    ended      no more will come
    flooded    more than `limit` bytes came: of those beyond only the last are kept
    """

    def __init__(self, output, to_guest, clock, log=None, tap=None, limit=None):
        self.changed = threading.Condition()
        self.received = bytearray()
        self.position = 0
        self.ended = False
        self.flooded = False
        self._limit = limit
        self._tail = b""
        self._output = output
        self._to_guest = to_guest
        self._clock = clock
        self._log = log
        self._tap = tap
        self._thread = threading.Thread(target=self._read_all, daemon=True)
        self._thread.start()

    def _read_all(self):
        while True:
            try:
                data = os.read(self._output.fileno(), 65536)
            except OSError:
                data = b""
            if self._log and data and not self.flooded:
                self._write_log(data)
            if self._tap and data:
                self._tell_tap(data)
            with self.changed:
                self._keep(data)
                self.ended = not data
                self.changed.notify_all()
            if not data:
                return

    def _write_log(self, data):
        """A disk that is full ends the log, not the machine."""
        try:
            self._log.write(data)
            self._log.flush()
        except OSError:
            self._log = None

    def _tell_tap(self, data):
        """Nor does it end with a tap that leads nowhere, such as a terminal that is closed."""
        try:
            self._tap(data)
        except OSError:
            self._tap = None

    def _keep(self, data):
        """=> `changed` is held"""
        if self._limit is not None and len(self.received) > self._limit:
            self.flooded = True
            self._tail = (self._tail + data)[-TAIL_BYTES:]
        else:
            self.received += data

    def text(self):
        """All that came so far, or what is kept of it."""
        with self.changed:
            return bytes(self.received) + self._tail

    def send(self, text):
        """Types into the console."""
        data = text.encode() if isinstance(text, str) else text
        try:
            self._to_guest.write(data)
            self._to_guest.flush()
        except (BrokenPipeError, ValueError):
            raise ConsoleEnded("the machine has ended") from None

    def expect(self, pattern, timeout=30):
        """Waits for a regular expression after the last match; returns the match object."""
        expression = re.compile(pattern.encode() if isinstance(pattern, str) else pattern,
                                re.MULTILINE)
        deadline = self._clock.now() + timeout
        with self.changed:
            while True:
                found = expression.search(bytes(self.received), self.position)
                if found:
                    self.position = found.end()
                    return found
                if self.ended:
                    raise ConsoleEnded(self._complaint(expression, "the machine ended"))
                if self._clock.now() > deadline:
                    raise ExpectTimeout(self._complaint(expression, f"{timeout} s passed"))
                self.changed.wait(POLL_SECONDS)

    def _complaint(self, expression, reason):
        seen = bytes(self.received[self.position:])[-800:].decode("utf-8", "replace")
        return f"{reason} before {expression.pattern!r} came; seen since the last match:\n{seen}"

    def join(self):
        """Waits until everything that the machine wrote was read."""
        self._thread.join()
