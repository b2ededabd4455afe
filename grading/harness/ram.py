"""The guest's memory, from outside: QEMU keeps it in a file that is mapped here, too."""

import mmap
import struct

RAM_BASE = 0x80000000


class GuestRam:
    """Physical memory. What lies outside of it reads as None."""

    def __init__(self, path, size):
        self.size = size
        self._file = open(path, "rb")
        self._map = mmap.mmap(self._file.fileno(), size, access=mmap.ACCESS_READ)

    def read(self, pa, length):
        """Bytes; None when a part of them is no memory."""
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
