#!/usr/bin/env python3
"""Turns the linker's symbols into the table that panics print names from.

usage: NM IMAGE | ksyms.py > ksyms.S       the table of IMAGE's functions
       ksyms.py --empty > ksyms.S          a table with no entries
       ksyms.py --compare A B              fail unless two tables are the same

The image is linked twice: first with an empty table, then with the table made from
that link. The table is read-only data and lies after the text, so filling it moves
no function; the build proves that by comparing with the table of the second link.
Names are kept whole and one after the other: kernel/core/ksyms.c reads them.
"""

import re
import sys

# What the assembler takes as text within quotes. Any other name could end the quotes and go on as a directive.
NAME = re.compile(r"[\w.$@+-]+")


def parse_nm(lines):
    """The sorted (address, name) pairs of the functions in nm's output."""
    by_address = {}
    for line in lines:
        fields = line.split()
        if len(fields) != 3 or fields[1] not in "tTwW":
            continue
        name = fields[2]
        if name.startswith((".L", "$", "__compound_literal")):
            continue
        if not NAME.fullmatch(name):
            sys.exit(f"ksyms.py: {name!r} is no name for a function")
        address = int(fields[0], 16)
        best = by_address.get(address)
        if best is None or (fields[1] == "T", name) > best:
            by_address[address] = (fields[1] == "T", name)
    return [(address, name) for address, (_, name) in sorted(by_address.items())]


def emit(symbols, out):
    """Writes the assembly file."""
    base = symbols[0][0] if symbols else 0
    names, name_offsets, offset = [], [], 0
    for _, name in symbols:
        name_offsets.append(offset)
        names.append(name)
        offset += len(name) + 1
    out.write('\t.section .rodata.ksyms, "a"\n')

    def label(name, alignment):
        out.write(f"\t.balign {alignment}\n\t.globl {name}\n{name}:\n")

    label("ksyms_count", 8)
    out.write(f"\t.dword {len(symbols)}\n")
    label("ksyms_base", 8)
    out.write(f"\t.dword {base:#x}\n")
    label("ksyms_offset", 4)
    for address, _ in symbols:
        out.write(f"\t.word {address - base:#x}\n")
    label("ksyms_name_offset", 4)
    for name_offset in name_offsets:
        out.write(f"\t.word {name_offset}\n")
    label("ksyms_names", 1)
    for name in names:
        out.write(f'\t.asciz "{name}"\n')
    out.write('\t.section .note.GNU-stack, "", @progbits\n')


def main():
    if sys.argv[1:2] == ["--compare"]:
        with open(sys.argv[2]) as first, open(sys.argv[3]) as second:
            if first.read() != second.read():
                sys.exit("ksyms.py: filling the symbol table moved the text: "
                         "kernel.ld must place .rodata after .text")
    elif sys.argv[1:] == ["--empty"]:
        emit([], sys.stdout)
    else:
        emit(parse_nm(sys.stdin), sys.stdout)


if __name__ == "__main__":
    main()
