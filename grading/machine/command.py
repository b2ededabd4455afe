"""One line for the guest's shell: its output, its status.

The console carries everything: the firmware's banner, the kernel's lines, the program's
output. With `init.nonce=N` on the kernel's command line, marks tell them apart; N is
new in each run, so no program can print a mark by accident or to cheat:

    \\x1eNbegin\\n         the command starts
    \\x1eNk TEXT\\n        a line of the kernel's, anywhere
    \\x1eNend STATUS\\n    the command has ended

`init.cmd=` holds the line, with everything but plain characters as %XX.
"""

import dataclasses
import secrets
from dataclasses import dataclass

from grading.machine.machine import Machine
from grading.machine.verdict import EXIT_STATUS, Result, Verdict

MARK = b"\x1e"
PLAIN = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./-+:,@")


@dataclass
class CommandResult:
    """`status` is None if the command did not end; `exit_status` is what to exit with."""
    output: bytes
    status: int
    machine: Result
    console: bytes
    exit_status: int


def encode(line):
    """The value of init.cmd= for a shell line."""
    return "".join(chr(byte) if byte in PLAIN else f"%{byte:02x}" for byte in line.encode())


class Splitter:
    """Splits the console's bytes, as they come, into the command's output and the rest.

    `emit(data)` gets the output, `note(line)` each line that is not output. Carriage
    returns that the console put before newlines are taken out of the output.
    """

    def __init__(self, nonce, emit, note):
        self.mark = MARK + nonce.encode()
        self.emit = emit
        self.note = note
        self.status = None
        self._started = False
        self._pending = b""

    def feed(self, data):
        self._pending += data
        while self._step():
            pass

    def _step(self):
        """Handles what comes first in the pending bytes; False if more must come before."""
        at = self._pending.find(self.mark)
        if at > 0:
            return self._pass_on(at)
        if at == 0:
            end = self._pending.find(b"\n")
            if end < 0:
                return False
            line = self._pending[len(self.mark):end].rstrip(b"\r")
            self._pending = self._pending[end + 1:]
            self._handle_mark(line)
            return True
        return self._pass_on(len(self._pending) - self._held_back())

    def _held_back(self):
        """How many bytes at the end may be the start of a mark or of a \\r\\n."""
        if self._pending.endswith(b"\r"):
            return 1
        for length in range(min(len(self.mark), len(self._pending)), 0, -1):
            if self.mark.startswith(self._pending[-length:]):
                return length + self._pending[:-length].endswith(b"\r")
        return 0

    def _pass_on(self, length):
        if length <= 0:
            return False
        data, self._pending = self._pending[:length], self._pending[length:]
        if self._started and self.status is None:
            self.emit(data.replace(b"\r\n", b"\n"))
        else:
            self.note(data)
        return True

    def _handle_mark(self, line):
        word, _, rest = line.partition(b" ")
        if word == b"begin":
            self._started = True
        elif word == b"end" and rest.isdigit():
            self.status = int(rest)
        else:
            self.note(rest + b"\n")


def run_command(config, line, emit=None, note=None):
    """Boots, runs one shell line, powers off.

    `emit` and `note` see the output and the other lines while they come.
    """
    nonce = secrets.token_hex(6)
    output = bytearray()

    def keep(data):
        output.extend(data)
        if emit:
            emit(data)

    splitter = Splitter(nonce, keep, note or (lambda data: None))
    append = f"{config.append} init.nonce={nonce} init.cmd={encode(line)}".strip()
    with Machine(dataclasses.replace(config, append=append), tap=splitter.feed) as machine:
        result = machine.wait()
        console = machine.console.text()
    return CommandResult(bytes(output), splitter.status, result, console,
                         exit_status(result, splitter.status))


def exit_status(result, status):
    """The command's status if it ended and the machine then went down with that status."""
    if result.verdict is Verdict.EXITED:
        if status is not None and status & 0xff == result.code:
            return result.code
        return EXIT_STATUS[Verdict.QEMU_ERROR]
    if status is not None and result.code == status:
        return status
    return EXIT_STATUS[result.verdict]
