"""QEMU's monitor: pause and continue, statistics of disks, registers."""

import json
import queue
import re
import socket
import threading
import time

from grading.machine import EnvironmentProblem

# Of wall time, for a QEMU that is there and never answers; on a busy host a second takes long.
CONNECT_SECONDS = 300
REPLY_SECONDS = 300


class Qmp:
    """One connection. A thread hears what comes, and each answer carries its command's number. `io_error`: why QEMU
    has stopped the machine for the host's sake (Config.stop_at_errors); None as long as it has not."""

    def __init__(self, path, alive=lambda: True):
        self.io_error = None
        self._lock = threading.Lock()
        self._commands = 0
        self._lost = None  # why no answer is to be had any more
        self._answers = queue.Queue()
        self._socket = connect(path, alive)
        self._file = self._socket.makefile("rb")
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        try:
            self._answer("a greeting")
            self.command("qmp_capabilities")
            if self.command("query-status")["status"] == "io-error":
                self.io_error = "before QEMU would tell why"
        except BaseException:
            self.close()
            raise

    def _listen(self):
        """Sorts what QEMU says, until it has ended or says what is no JSON: None is the last answer."""
        try:
            for line in self._file:
                said = json.loads(line)
                if "event" not in said:
                    self._answers.put(said)
                elif said["event"] == "BLOCK_IO_ERROR" and said["data"]["action"] == "stop":
                    self.io_error = said["data"].get("reason", "no reason told")
        except (OSError, ValueError):
            pass
        finally:
            self._answers.put(None)

    def _answer(self, name):
        """What QEMU says next that is no event. An answer that is late would be taken for the next command's, so
        after the first none is waited for."""
        try:
            answer = self._answers.get(timeout=REPLY_SECONDS)
        except queue.Empty:
            raise self._lose(f"QEMU's monitor did not answer for {REPLY_SECONDS} s ({name})") from None
        if answer is None:
            self._answers.put(None)  # for whoever asks next
            raise ConnectionError("QEMU's monitor is gone")
        return answer

    def _lose(self, why):
        """The connection is of no use from now on. => what to raise"""
        self._lost = why
        return EnvironmentProblem(why)

    def command(self, name, **arguments):
        """What QEMU returns. => raises ConnectionError when QEMU has ended, EnvironmentProblem when it is there and
        does not answer, and each time after that"""
        with self._lock:
            if self._lost:
                raise EnvironmentProblem(self._lost)
            self._commands += 1
            try:
                request = {"execute": name, "arguments": arguments, "id": self._commands}
                self._socket.sendall(json.dumps(request).encode() + b"\n")
                answer = self._answer(name)
            except OSError as error:
                raise ConnectionError(f"QMP {name}: {error}") from None
            if answer.get("id") != self._commands:
                raise self._lose(f"QEMU's monitor answered another command than {name}")
        if "error" in answer:
            raise EnvironmentProblem(f"QMP {name}: {answer['error'].get('desc')}")
        return answer["return"]

    def monitor(self, line):
        """The text that the human monitor prints for a line."""
        return self.command("human-monitor-command", **{"command-line": line})

    def stop(self):
        self.command("stop")

    def cont(self):
        self.command("cont")

    def block_statistics(self):
        """{"disk" and its slot: (bytes read, bytes written, flushes)} for each disk."""
        disks = {}
        for row in self.command("query-blockstats"):
            stats = row["stats"]
            disks[row.get("device") or row.get("node-name")] = (
                stats["rd_bytes"], stats["wr_bytes"], stats["flush_operations"])
        return disks

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
        try:
            self._socket.shutdown(socket.SHUT_RDWR)  # ends the listener
        except OSError:
            pass  # QEMU has ended
        self._listener.join()
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
