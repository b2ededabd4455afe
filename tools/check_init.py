#!/usr/bin/env python3
"""Code that stays never refers to code or data that is freed after the boot.

usage: check_init.py NM OBJECTS-DIR

INIT and INIT_DATA (kernel/lib/compiler.h) put a definition into .init.text or .init.data.
A relocation in any other section that leads there is a call or pointer that would be wrong
after the boot, unless the section is .ref.text: INIT_REF says that its author knows.
"""

import os
import re
import subprocess
import sys

from check_common import finish

SECTION = re.compile(r"^\s*\[\s*(\d+)\] (\S+)", re.MULTILINE)
RELOCATIONS = re.compile(r"^Relocation section '\.rela(\S+)' at")
RELOCATION = re.compile(r"^[0-9a-f]{8,} +[0-9a-f]+ +R_RISCV_\w+ +[0-9a-f]+ +(\S+)")
INIT = (".init.text", ".init.data")
MAY_REFER = (*INIT, ".ref.text")


def readelf(tool, option, path):
    """What readelf says about one object file."""
    return subprocess.run([tool, option, "-W", path], capture_output=True, text=True,
                          check=True).stdout


def init_symbols(tool, path):
    """{name: whether it is global} of the functions and variables in init sections. Labels within
    a function, which its own jump tables have, are neither."""
    numbers = {number for number, name in SECTION.findall(readelf(tool, "-S", path))
               if name in INIT}
    found = {}
    for line in readelf(tool, "-s", path).splitlines():
        fields = line.split()
        if len(fields) >= 8 and fields[6] in numbers and fields[3] in ("FUNC", "OBJECT", "SECTION"):
            found[fields[7]] = fields[4] == "GLOBAL"
    return found


def references(tool, path):
    """(section, symbol) of each relocation in a section that is loaded and stays."""
    section = None
    for line in readelf(tool, "-r", path).splitlines():
        match = RELOCATIONS.match(line)
        if match:
            section = match.group(1)
            continue
        match = RELOCATION.match(line)
        if match and not section.startswith((".debug", ".eh_frame")) and section not in MAY_REFER:
            yield section, match.group(1)


def main():
    nm, directory = sys.argv[1:]
    tool = re.sub(r"nm(-\d+)?$", r"readelf\1", nm)
    objects = sorted(os.path.join(folder, name) for folder, _, names in os.walk(directory)
                     for name in names if name.endswith(".o"))
    symbols = {path: init_symbols(tool, path) for path in objects}
    everywhere = {name for found in symbols.values() for name, is_global in found.items()
                  if is_global}
    findings = []
    for path in objects:
        for section, name in references(tool, path):
            if name in symbols[path] or name in everywhere:
                findings.append(f"{os.path.relpath(path, directory)}: {section} refers to {name}, "
                                "which is freed after the boot")
    finish("init", sorted(set(findings)), f"{len(everywhere)} global names")


if __name__ == "__main__":
    main()
