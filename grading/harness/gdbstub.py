"""A small client of QEMU's gdb stub: registers, memory, breakpoints."""

import struct

from grading.harness.qmp import connect

NR_REGISTERS = 33  # x0 to x31 and pc
PC = 32
INTERRUPT = b"\x03"


class Refusal(ConnectionError):
    """The stub is there, and does not do what it was asked for."""


class GdbStub:
    """One connection. The machine is stopped while it is there, unless resume() let it go."""

    def __init__(self, path, alive=lambda: True):
        self._socket = connect(path, alive)
        # No limit of wall time: the machine has one, and when it ends, so does this.
        self._socket.settimeout(None)
        self._pending = b""
        self.ask("?")

    def _send(self, text):
        data = text.encode()
        self._socket.sendall(b"$" + data + b"#" + b"%02x" % (sum(data) & 0xff))

    def _byte(self):
        if not self._pending:
            self._pending = self._socket.recv(65536)
            if not self._pending:
                raise ConnectionError("the gdb stub is gone")
        first, self._pending = self._pending[:1], self._pending[1:]
        return first

    def _packet(self):
        while self._byte() != b"$":
            pass
        data = b""
        while (byte := self._byte()) != b"#":
            data += byte
        self._byte(), self._byte()
        self._socket.sendall(b"+")
        return data.decode()

    def ask(self, text):
        """A command and its answer. => raises Refusal for an error"""
        self._send(text)
        answer = self._packet()
        if answer.startswith("E") and len(answer) == 3:
            raise Refusal(f"the gdb stub refuses {text[:40]!r}: {answer}")
        return answer

    def registers(self):
        """x0 to x31 and pc of the present hart."""
        data = bytes.fromhex(self.ask("g"))
        return list(struct.unpack_from(f"<{NR_REGISTERS}Q", data))

    def read_memory(self, address, length):
        """Memory as the present hart sees it."""
        return bytes.fromhex(self.ask(f"m{address:x},{length:x}"))

    def set_breakpoint(self, address):
        self.ask(f"Z0,{address:x},4")

    def clear_breakpoint(self, address):
        self.ask(f"z0,{address:x},4")

    def resume(self):
        self._send("vCont;c")

    def interrupt(self):
        self._socket.sendall(INTERRUPT)

    def wait_for_stop(self):
        """The pc of the hart that stopped. => raises ConnectionError when the machine has ended"""
        if self._packet()[:1] in ("W", "X"):
            raise ConnectionError("the machine has ended")
        return self.registers()[PC]

    def detach(self):
        """No breakpoint is left, and the machine goes on."""
        self.ask("D")

    def close(self):
        self._socket.close()
