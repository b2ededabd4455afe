"""The result channel: JSON lines from the guest on a virtio console of their own.

The harness listens, QEMU connects when it starts. A line counts only if it is an object with
this run's nonce in it, which the test program reads from the channel and nobody can guess.
Whatever else comes is counted and dropped; after too much of it the channel is closed, so a
guest that floods it loses what it would have said later and nothing else.

    guest:  {"n": nonce, "t": "fact", "k": name, "v": number or text}
            {"n": nonce, "t": "stop", "k": name, "v": {name: number, ...}}    and waits for `go`
            {"n": nonce, "t": "end"}
    host:   run NONCE SEED CASE ARGUMENT...
            go
"""

import json
import os
import socket
import threading

LINE_BYTES_MAX = 16 << 10
BYTES_MAX = 1 << 20
LINES_MAX = 4000
NUMBERS = range(-1 << 63, 1 << 64)  # what the guest's are
TEXT_MAX = 4096
CLOSE_SECONDS = 120  # for the probes of a last checkpoint


class Channel:
    """`handle(message)` is called in the channel's thread for each line that counts.

    strangers  how many lines did not count
    flooded    more came than a test ever sends
    """

    def __init__(self, directory, nonce, handle):
        self.path = os.path.join(directory, "results")
        self.nonce = nonce
        self.strangers = 0
        self.flooded = False
        self.nr_lines = 0
        self._handle = handle
        self._connection = None
        self._greeting = b""
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(self.path)
        self._listener.listen(1)
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def start(self, greeting):
        """Waits for QEMU in a thread and gives the guest its first line."""
        self._greeting = greeting.encode() + b"\n"
        self._thread.start()

    def send(self, line):
        try:
            self._connection.sendall(line.encode() + b"\n")
        except OSError:
            pass

    def _serve(self):
        try:
            self._connection, _ = self._listener.accept()
            self._connection.sendall(self._greeting)
            self._read_all()
        except OSError:
            pass
        finally:
            if self._connection is not None:
                self._connection.close()

    def _read_all(self):
        pending, total = b"", 0
        while True:
            data = self._connection.recv(65536)
            if not data:
                return
            total += len(data)
            pending += data
            *lines, pending = pending.split(b"\n")
            for line in lines:
                self._take(line)
            if total > BYTES_MAX or len(pending) > LINE_BYTES_MAX or self.nr_lines > LINES_MAX:
                self.flooded = True
                return

    def _take(self, line):
        self.nr_lines += 1
        message = parse(line, self.nonce)
        if message is None:
            self.strangers += 1
        else:
            self._handle(message)

    def close(self):
        """No more is read; what came was handled, or CLOSE_SECONDS were too few for that."""
        if self._thread.ident is not None:
            self._knock()
            self._thread.join(CLOSE_SECONDS)
        self._listener.close()

    def _knock(self):
        """The thread may still wait for QEMU. Not on every system does a shutdown() of its socket wake it; and a
        connection does not when the socket's name has gone, as when all is being stopped."""
        try:
            self._listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as nobody:
            nobody.setblocking(False)
            try:
                nobody.connect(self.path)
            except OSError:
                pass  # others have knocked


def parse(line, nonce):
    """The message in a line, None if it does not count."""
    if len(line) > LINE_BYTES_MAX:
        return None
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(message, dict) or message.get("n") != nonce:
        return None
    kind, key, value = message.get("t"), message.get("k"), message.get("v")
    if kind == "end":
        return message
    if kind == "fact" and is_text(key) and (is_number(value) or is_text(value)):
        return message
    if kind == "stop" and is_text(key) and isinstance(value, dict) and all(map(is_number, value.values())):
        return message
    return None


def is_number(value):
    return isinstance(value, int) and not isinstance(value, bool) and value in NUMBERS


def is_text(value):
    return isinstance(value, str) and len(value) <= TEXT_MAX
