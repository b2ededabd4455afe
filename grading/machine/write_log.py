"""A record of every write to a disk, in order, and images of the disk at any point of it.

QEMU's blklogwrites driver writes the record, in the format of Linux's dm-log-writes: a
sector with the head of the record, then for each request a sector with (sector, sectors,
flags, length) and after it the data.
"""

import struct
from dataclasses import dataclass

from grading.machine import disk

SECTOR = 512
HEAD = struct.Struct("<QQQI")
ENTRY = struct.Struct("<QQQQ")
MAGIC = 0x6A736677736872
FLUSH_FLAG = 1
FUA_FLAG = 2
DISCARD_FLAG = 4


@dataclass
class Entry:
    """One request. `end` is the size of the record just after it."""
    offset: int
    data: bytes
    flags: int
    discarded: int
    end: int

    def durable_after(self):
        """Is all that came before on the disk for good once this is done?"""
        return bool(self.flags & FLUSH_FLAG)


def read_log(path):
    """The entries of a record that may end in the middle of one."""
    entries = []
    with open(path, "rb") as log:
        magic, _, _, sector_size = HEAD.unpack(log.read(HEAD.size))
        if magic != MAGIC:
            raise ValueError(f"{path}: not a record of writes")
        position = sector_size
        while True:
            log.seek(position)
            header = log.read(ENTRY.size)
            if len(header) < ENTRY.size:
                return entries
            sector, sectors, flags, length = ENTRY.unpack(header)
            if sectors == 0 and flags == 0:
                return entries
            discarded = sectors * sector_size if flags & DISCARD_FLAG else 0
            position += sector_size
            log.seek(position)
            data = b"" if discarded else log.read(sectors * sector_size)
            position += len(data)
            entries.append(Entry(sector * sector_size, data, flags, discarded, position))


def image_at(base, entries, point, target, chance):
    """Writes to `target` what the disk may hold if power fails when the record has `point` bytes.

    What came before the last flush is there. Of each later request, `chance` (a
    random.Random) decides whether it is there, is not, or is there in part.
    """
    disk.copy_sparse(base, target)
    before = [entry for entry in entries if entry.end <= point]
    flushes = [index for index, entry in enumerate(before) if entry.durable_after()]
    safe = flushes[-1] + 1 if flushes else 0
    with open(target, "r+b") as image:
        for entry in before[:safe]:
            _apply(image, entry, len(entry.data))
        for entry in before[safe:]:
            fate = chance.random()
            if fate < 0.5:
                _apply(image, entry, len(entry.data))
            elif fate < 0.7:
                sectors = len(entry.data) // SECTOR
                _apply(image, entry, chance.randint(0, sectors) * SECTOR)


def _apply(image, entry, length):
    """Does the first `length` bytes of a request. A discard may do nothing, so does nothing."""
    if length:
        image.seek(entry.offset)
        image.write(entry.data[:length])
