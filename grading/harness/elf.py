"""What the harness needs of an ELF file: symbols, notes, and the name of an address."""

import bisect
import os
import re
import resource
import shutil
import struct
import subprocess
import tempfile

HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
SECTION = struct.Struct("<IIQQQQIIQQ")
SYMBOL = struct.Struct("<IBBHQQ")
NOTE = struct.Struct("<III")
SHT_PROGBITS, SHT_SYMTAB, SHT_NOTE = 1, 2, 7
STT_FUNC = 2
STB_GLOBAL = 1
FILE_MAX = 64 << 20    # the reference has 6 MiB
SYMBOLS_MAX = 200_000  # ... and 10,000
NAME_MAX = 512
LINES_MAX = 64
INLINED_MAX = 8
ADDRESS = re.compile("0x[0-9a-f]+")  # before the lines of each
# Of addr2line, which reads debugging information that may be made to be endless.
TOOL_SECONDS, TOOL_MEMORY, TOOL_OUTPUT = 20, 2 << 30, 1 << 20
ADDR2LINE = ("riscv64-unknown-elf-addr2line", "riscv64-linux-gnu-addr2line",
             "riscv64-elf-addr2line")


class BadElf(Exception):
    """The file is none, or not as the specification says."""


class Elf:
    """=> all of it raises BadElf. `symbols`: address by name; a global one where there are several. `sizes`: bytes by name.
    `ambiguous`: names that several things have, none of them global; `several`: names that several have."""

    def __init__(self, path):
        self.path = path
        with open(path, "rb") as file:
            self.data = file.read(FILE_MAX + 1)
        if len(self.data) > FILE_MAX:
            raise BadElf(f"{path}: more than {FILE_MAX >> 20} MiB")
        if self.data[:5] != b"\x7fELF\x02":
            raise BadElf(f"{path}: not a 64-bit ELF file")
        try:
            self._read()
        except (struct.error, IndexError, ValueError) as error:
            raise BadElf(f"{path}: {error}") from None

    def _read(self):
        self.sections = self._read_sections()
        self.symbols, self.sizes, functions = {}, {}, []
        self.ambiguous, self.several, self._global = set(), set(), set()
        for section in self.sections:
            if section[1] == SHT_SYMTAB:
                self._read_symbols(section, functions)
        functions.sort()
        self._starts = [start for start, _, _ in functions]
        self._functions = functions

    def _read_sections(self):
        header = HEADER.unpack_from(self.data)
        offset, count = header[6], header[12]
        return [SECTION.unpack_from(self.data, offset + index * SECTION.size)
                for index in range(count)]

    def _read_symbols(self, section, functions):
        strings = self.sections[section[6]][4]
        if section[5] > SYMBOLS_MAX * SYMBOL.size:
            raise BadElf(f"{self.path}: more than {SYMBOLS_MAX} symbols")
        for offset in range(section[4], section[4] + section[5], SYMBOL.size):
            name_at, info, _, _, value, size = SYMBOL.unpack_from(self.data, offset)
            end = self.data.index(b"\0", strings + name_at, strings + name_at + NAME_MAX)
            name = self.data[strings + name_at:end].decode("utf-8", "replace")
            if name and not name.startswith("$"):
                self._name(name, value, size, info >> 4 == STB_GLOBAL)
                if info & 15 == STT_FUNC:
                    functions.append((value, size, name))

    def _name(self, name, value, size, is_global):
        if self.symbols.get(name, value) != value:
            self.several.add(name)
        if name in self._global:
            return
        if is_global:
            self._global.add(name)
            self.ambiguous.discard(name)
        elif self.symbols.get(name, value) != value:
            self.ambiguous.add(name)
        self.symbols[name], self.sizes[name] = value, size

    def note(self, owner, kind):
        """The bytes of a note, None if there is none."""
        try:
            return self._find_note(owner, kind)
        except struct.error as error:
            raise BadElf(f"{self.path}: a note: {error}") from None

    def _find_note(self, owner, kind):
        for section in self.sections:
            if section[1] != SHT_NOTE:
                continue
            at, end = section[4], section[4] + section[5]
            while at + NOTE.size <= end:
                name_size, size, found = NOTE.unpack_from(self.data, at)
                at += NOTE.size
                name = self.data[at:at + name_size].rstrip(b"\0").decode("utf-8", "replace")
                at += (name_size + 3) & ~3
                if name == owner and found == kind:
                    return self.data[at:at + size]
                at += (size + 3) & ~3
        return None

    def file_offset(self, address):
        """Where in the file the byte at an address is."""
        for _, kind, _, start, offset, size, *_ in self.sections:
            if kind == SHT_PROGBITS and start and start <= address < start + size:
                return offset + address - start
        raise BadElf(f"{self.path}: nothing is at {address:#x}")

    def name_of(self, address):
        """`function+0x10`, or None for an address outside all functions."""
        index = bisect.bisect_right(self._starts, address) - 1
        if index < 0:
            return None
        start, size, name = self._functions[index]
        if address >= start + max(size, 1):
            return None
        return f"{name}+{address - start:#x}"

    def lines_of(self, addresses):
        """`file:line` for each address, as addr2line says, and where that is inlined, if it is; empty texts where the
        tool is missing, does not end, or is asked for too many."""
        tool = next((found for found in map(shutil.which, ADDR2LINE) if found), None)
        if tool is None or not addresses:
            return [""] * len(addresses)
        output = bounded_output([tool, "-a", "-i", "-e", self.path, *map(hex, addresses[:LINES_MAX])])
        places = []
        for line in output.splitlines():
            if ADDRESS.fullmatch(line):
                places.append([])
            elif places and not line.startswith("??") and len(places[-1]) < INLINED_MAX:
                places[-1].append(_shorten(line.split(" ")[0][:NAME_MAX]))
        places += [[]] * (len(addresses) - len(places))
        return [", inlined at ".join(each) for each in places]


def bounded_output(command):
    """What a command prints within its bounds; nothing when it goes beyond."""
    def in_child():
        for which, value in ((resource.RLIMIT_AS, TOOL_MEMORY), (resource.RLIMIT_FSIZE, TOOL_OUTPUT),
                             (resource.RLIMIT_CPU, TOOL_SECONDS)):
            try:
                resource.setrlimit(which, (value, value))
            except (ValueError, OSError):
                pass  # macOS bounds no memory

    with tempfile.TemporaryFile() as output:
        try:
            subprocess.run(command, stdout=output, stderr=subprocess.DEVNULL, timeout=TOOL_SECONDS * 3,
                           preexec_fn=in_child, check=True)
        except (subprocess.SubprocessError, OSError):
            return ""
        output.seek(0)
        return output.read(TOOL_OUTPUT).decode("utf-8", "replace")


def _shorten(line):
    """A path from the top of the tree, wherever that was when it was built; of another file the name."""
    start = max(line.rfind(f"/{top}/") for top in ("kernel", "user"))
    return line[start + 1:] if start >= 0 else os.path.basename(line)
