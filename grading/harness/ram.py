"""The guest's memory, from outside: QEMU keeps it in a file that is mapped here, too."""

import mmap
import struct

RAM_BASE = 0x80000000
# Between two calls of renew(); all probes of one checkpoint together need at most a fifth of it (swap/out).
READS_MAX = 2_000_000
READ_COST = 16  # bytes: a table of 512 entries costs as much as 256 reads of one


class TooMuch(Exception):
    """What is followed in memory does not end."""


class GuestRam:
    """Physical memory. What lies outside of it reads as None."""

    def __init__(self, path, size):
        self.size = size
        self._reads = 0
        self._file = open(path, "rb")
        self._map = mmap.mmap(self._file.fileno(), size, access=mmap.ACCESS_READ)

    def renew(self):
        """Allows as many reads as at first: tables and lists of a hostile kernel need not end."""
        self._reads = 0

    def read(self, pa, length):
        """Bytes; None when a part of them is no memory. => raises TooMuch"""
        self._reads += 1 + length // READ_COST
        if self._reads > READS_MAX:
            raise TooMuch("tables or lists that do not end")
        at = pa - RAM_BASE
        if at < 0 or at + length > self.size:
            return None
        return self._map[at:at + length]

    def u64s(self, pa, count):
        data = self.read(pa, 8 * count)
        return None if data is None else struct.unpack(f"<{count}Q", data)

    def close(self):
        self._map.close()
        self._file.close()
