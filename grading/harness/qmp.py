"""QEMU's monitor: pause and continue, statistics of disks, registers."""

import json
import re
import socket
import threading
import time

from grading.machine import EnvironmentProblem

# Of wall time, for a QEMU that is there and never answers; on a busy host a second takes long.
CONNECT_SECONDS = 300
REPLY_SECONDS = 300


class Qmp:
    """One connection. Commands are answered in order; events are skipped."""

    def __init__(self, path, alive=lambda: True):
        self._lock = threading.Lock()
        self._socket = connect(path, alive)
        self._socket.settimeout(REPLY_SECONDS)
        self._file = self._socket.makefile("rb")
        try:
            self._read()
        except OSError as error:
            raise ConnectionError(f"QMP: {error}") from None
        self.command("qmp_capabilities")

    def _read(self):
        line = self._file.readline()
        if not line:
            raise ConnectionError("QEMU's monitor is gone")
        return json.loads(line)

    def command(self, name, **arguments):
        """What QEMU returns. => raises ConnectionError when QEMU has ended"""
        with self._lock:
            try:
                request = {"execute": name, "arguments": arguments}
                self._socket.sendall(json.dumps(request).encode() + b"\n")
                while True:
                    answer = self._read()
                    if "return" in answer:
                        return answer["return"]
                    if "error" in answer:
                        raise EnvironmentProblem(f"QMP {name}: {answer['error'].get('desc')}")
            except (OSError, ValueError) as error:
                raise ConnectionError(f"QMP {name}: {error}") from None

    def monitor(self, line):
        """The text that the human monitor prints for a line."""
        return self.command("human-monitor-command", **{"command-line": line})

    def status(self):
        """What QEMU does: "running", "io-error" when it stopped itself for the host's sake, ..."""
        return self.command("query-status")["status"]

    def stop(self):
        self.command("stop")

    def cont(self):
        self.command("cont")

    def block_statistics(self):
        """{serial: (bytes read, bytes written, flushes)} for each disk."""
        serials = {}
        for row in self.command("query-blockstats"):
            stats = row["stats"]
            serials[row.get("device") or row.get("node-name")] = (
                stats["rd_bytes"], stats["wr_bytes"], stats["flush_operations"])
        return serials

    def registers(self):
        """A dictionary of registers for each hart."""
        harts = []
        text = self.monitor("info registers -a").replace("\r", "")
        for part in re.split(r"^CPU#\d+$", text,
                             flags=re.MULTILINE)[1:]:
            harts.append({name: int(value, 16) for name, value
                          in re.findall(r"\b([a-z]\w*(?:/\w+)?)\s+([0-9a-f]{16})\b", part)})
        return harts

    def close(self):
        self._file.close()
        self._socket.close()


def connect(path, alive=lambda: True):
    """A connection to a socket of QEMU's, which may be about to make it.

    => raises ConnectionError when `alive()` says that QEMU has ended
    """
    deadline = time.monotonic() + CONNECT_SECONDS
    while True:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.connect(path)
            return connection
        except OSError as error:
            connection.close()
            if not alive():
                raise ConnectionError("QEMU has ended") from None
            if time.monotonic() > deadline:
                raise EnvironmentProblem(f"QEMU does not answer on {path}: {error}") from None
            time.sleep(0.02)
