"""What a hostile kernel may cost the grader: its tables, lists, files and words need not end."""

import json
import os
import socket
import struct
import tempfile
import threading
import time
import unittest
from unittest import mock

from grading.harness import channel, console, diagnose, elf, ram, sv39, tree
from grading.harness.channel import Channel
from grading.harness.kernel import KernelView, Page, Unsound

SCRIPT = "#!/bin/sh\n%s\n"
SECONDS_MAX = 60  # of wall time, for what would take hours


class Folder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        start = time.monotonic()
        self.addCleanup(lambda: self.assertLess(time.monotonic() - start, SECONDS_MAX))

    def write(self, name, data):
        path = os.path.join(self.folder, name)
        with open(path, "wb") as file:
            file.write(data)
        return path


class Memory(Folder):
    def test_page_tables_that_lead_back_to_each_other(self):
        """Two full tables and one of leaves: 134 million leaves in 12 KiB."""
        def table(frame, bits):
            return struct.pack("<512Q", *[(ram.RAM_BASE >> 12) + frame << sv39.ENTRY_PPN | bits] * 512)

        path = self.write("ram", table(1, sv39.V) + table(2, sv39.V) + table(0, sv39.V | sv39.R))
        memory = ram.GuestRam(path, 3 * 4096)
        self.addCleanup(memory.close)
        with mock.patch.object(ram, "READS_MAX", 100_000), self.assertRaises(ram.TooMuch):
            for _ in sv39.walk(memory, ram.RAM_BASE):
                pass
        memory.renew()
        self.assertEqual(len(list(sv39.walk(memory, ram.RAM_BASE, 0, 1))), 512 * 512)

    def test_free_blocks_beyond_memory(self):
        view = KernelView.__new__(KernelView)
        view.ram_size = 4 << 20
        view.layout = {"NUMBER(VMEMMAP_BASE)": 0, "NUMBER(MAX_ORDER)": 10, "OFFSET(zone.areas)": 0,
                       "SIZE(free_area)": 8, "OFFSET(free_area.nr_blocks)": 0, "OFFSET(free_area.blocks)": 0,
                       "SIZE(page)": 64, "NUMBER(PG_buddy)": 0}
        frames = [0x80000, 0x90000]
        with mock.patch.multiple(KernelView, field=mock.Mock(return_value=1),
                                 each=lambda *_: iter([frame * 64 for frame in frames]),
                                 page=lambda _, pfn: Page(pfn, 1, 0, 0, 0, 0, 0, 0, 0)):
            with self.assertRaisesRegex(Unsound, "0x90000 is no memory"):
                view._free_frames_of(0)


class Image(Folder):
    def test_a_file_that_is_too_large(self):
        with mock.patch.object(elf, "FILE_MAX", 1000), self.assertRaisesRegex(elf.BadElf, "more than"):
            elf.Elf(self.write("elf", b"\x7fELF\x02" + bytes(2000)))

    def image(self, nr_symbols, name):
        """Symbols that all have one name."""
        at = elf.HEADER.size + 2 * elf.SECTION.size
        header = elf.HEADER.pack(b"\x7fELF\x02", 2, 243, 1, 0, 0, elf.HEADER.size, 0, 64, 0, 0, 64, 2, 0)
        size = nr_symbols * elf.SYMBOL.size
        sections = elf.SECTION.pack(0, elf.SHT_SYMTAB, 0, 0, at, size, 1, 0, 8, 24) + \
            elf.SECTION.pack(0, 3, 0, 0, at + size, len(name) + 1, 0, 0, 1, 0)
        return self.write("elf", header + sections + elf.SYMBOL.pack(0, 0, 0, 0, 1, 1) * nr_symbols + name + b"\0")

    def test_symbols(self):
        self.assertEqual(set(elf.Elf(self.image(2, b"x\xff")).symbols), {"x\ufffd"})
        with self.assertRaisesRegex(elf.BadElf, "symbols"):
            elf.Elf(self.image(elf.SYMBOLS_MAX + 1, b"x"))
        with self.assertRaises(elf.BadElf):
            elf.Elf(self.image(2, b"x" * 10000))

    def lines_with(self, script, nr=1):
        tool = self.write("addr2line", (SCRIPT % script).encode())
        os.chmod(tool, 0o755)
        image = elf.Elf(self.image(1, b"x"))
        with mock.patch.object(elf, "ADDR2LINE", (tool,)), mock.patch.object(elf, "TOOL_SECONDS", 1):
            return image.lines_of(list(range(nr)))

    def test_addresses_to_name(self):
        self.assertEqual(self.lines_with('shift 4; for each; do echo $each; echo "a.c:1"; done', 2), ["a.c:1"] * 2)
        many = self.lines_with('shift 4; for each; do echo $each; echo "a.c:1"; done', 5000)
        self.assertEqual((len(many), many.count("a.c:1")), (5000, elf.LINES_MAX))

    def test_a_tool_that_does_not_end(self):
        self.assertEqual(self.lines_with("while :; do :; done"), [""])

    def test_a_tool_that_prints_without_end(self):
        self.assertEqual(self.lines_with("yes"), [""])

    def test_a_tool_that_waits(self):
        self.assertEqual(self.lines_with("exec sleep 1000"), [""])


# What make is told, a target of a directory; what it writes follows.
MAKE = """#!/bin/sh
for word; do case $word in BUILD=*) made=${word#BUILD=} ;; esac; done
mkdir -p "$made"
%s
"""


class Builds(Folder):
    """Of a submission: make and compiler are a script."""

    def build(self, script, *variants):
        """What makes of the kernels of these variants, each within seconds: None, or the last that make said."""
        make = self.write("make", (MAKE % script).encode())
        os.chmod(make, 0o755)
        root = os.path.join(self.folder, "copy")
        os.makedirs(root)
        with mock.patch.multiple(tree, BUILD_BYTES=3 << 20, MAKE_SECONDS=20, make_command=lambda: make,
                                 Inputs=mock.Mock(return_value=mock.Mock(foreign=lambda: None, silent=lambda: None))):
            place = tree.Tree(root, "build", tree.Bounds((), (), {}))
            return [self.last_line(place, variant) for variant in variants]

    @staticmethod
    def last_line(place, variant):
        try:
            place.kernel(variant)
        except tree.BuildFailed as failure:
            return failure.output[-1]
        return None

    def test_all_kernels_have_one_bound(self):
        said = self.build('head -c 1000000 /dev/zero >"$made/quire.elf"', "default", "debug", "kasan", "slob")
        self.assertEqual(said, [None] * 3 + ["make wrote more than 3 MiB"])

    def test_temporary_files_count(self):
        said = self.build('head -c 4000000 /dev/zero >"$TMPDIR/made"; exec sleep 1000', "default")
        self.assertEqual(said, ["make wrote more than 3 MiB"])


class Words(Folder):
    def test_lines_without_end(self):
        text = b"\x1emarkk " + b"Out of memory: Killed process 1 (gradetest) " * 100000
        (line,) = console.kernel_lines(text, "mark")
        self.assertEqual(len(line), console.LINE_MAX)
        self.assertIn("Killed process 1", line)
        panic = b"---[ kernel panic: " + b"sleep " * 100000 + b" ]---\n"
        self.assertTrue(all(len(line) <= console.LINE_MAX for line in diagnose.panic_lines(panic)))


class Closing(Folder):
    def test_who_listens_is_not_waited_for_without_end(self):
        begun, end = threading.Event(), threading.Event()
        self.addCleanup(end.set)

        def handle(_message):
            begun.set()
            end.wait()

        results = Channel(self.folder, "x", handle)
        results.start("run")
        guest = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.addCleanup(guest.close)
        guest.connect(results.path)
        guest.sendall(json.dumps({"n": "x", "t": "end"}).encode() + b"\n")
        self.assertTrue(begun.wait(SECONDS_MAX))
        with mock.patch.object(channel, "CLOSE_SECONDS", 0.5, create=True):
            closing = threading.Thread(target=results.close, daemon=True)
            closing.start()
            closing.join(20)
        self.assertFalse(closing.is_alive())


if __name__ == "__main__":
    unittest.main()
