"""Images as power cuts leave them, from a record made by hand."""

import os
import random
import tempfile
import unittest

from grading.machine import write_log
from grading.machine.write_log import ENTRY, FLUSH_FLAG, HEAD, MAGIC, SECTOR


def sector(data):
    return data.ljust(SECTOR, b"\0")


def record(*entries):
    """A record of (sector, data, flags)."""
    out = sector(HEAD.pack(MAGIC, 1, len(entries), SECTOR))
    for where, data, flags in entries:
        out += sector(ENTRY.pack(where, len(data) // SECTOR, flags, 0)) + data
    return out


class WriteLogTest(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        self.addCleanup(self.directory.cleanup)
        self.base = self.file("base", bytes(8 * SECTOR))

    def file(self, name, data):
        path = os.path.join(self.directory.name, name)
        with open(path, "wb") as out:
            out.write(data)
        return path

    def image(self, entries, point, seed=0):
        target = os.path.join(self.directory.name, "image")
        write_log.image_at(self.base, entries, point, target, random.Random(seed))
        with open(target, "rb") as image:
            return image.read()

    def test_record_is_read_up_to_its_broken_end(self):
        data = record((1, b"a" * SECTOR, 0), (2, b"b" * SECTOR, 0)) + sector(b"")
        entries = write_log.read_log(self.file("log", data))
        self.assertEqual([(entry.offset, entry.data[:1]) for entry in entries],
                         [(SECTOR, b"a"), (2 * SECTOR, b"b")])
        self.assertEqual(entries[-1].end, len(data) - SECTOR)

    def test_flushed_writes_are_always_there(self):
        log = self.file("log", record((1, b"a" * SECTOR, 0), (0, b"", FLUSH_FLAG),
                                      (2, b"b" * SECTOR, 0)))
        entries = write_log.read_log(log)
        seen = set()
        for seed in range(40):
            image = self.image(entries, entries[-1].end, seed)
            self.assertEqual(image[SECTOR:2 * SECTOR], b"a" * SECTOR)
            seen.add(image[2 * SECTOR:3 * SECTOR])
        self.assertEqual(seen, {b"b" * SECTOR, bytes(SECTOR)})

    def test_nothing_after_the_point(self):
        entries = write_log.read_log(self.file("log", record((1, b"a" * SECTOR, 0),
                                                             (0, b"", FLUSH_FLAG))))
        self.assertEqual(self.image(entries, entries[0].end - 1), bytes(8 * SECTOR))


if __name__ == "__main__":
    unittest.main()
