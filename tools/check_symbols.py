#!/usr/bin/env python3
"""No header of the kernel declares a function or variable that nothing defines.

usage: check_symbols.py NM OBJECTS-DIR IMAGE COMPILER FLAG...

gcc's -aux-info lists the functions that a header declares; variables are found by their
`extern`. Defined is what some object file or the linker script defines; of the
interchangeable slab allocators one is enough.
"""

import os
import re
import subprocess
import sys
import tempfile

from check_common import TOP, find_files, finish, read

SLAB_CHOICES = ("slub", "slab", "slob")
DECLARED_FUNCTION = re.compile(r"^/\* (\S+?):(\d+):N[CF] \*/ extern .*?\b(\w+) \(")
DECLARED_VARIABLE = re.compile(r"^extern [^;(]*?\b(\w+)(?:\[[^\]]*\])*;", re.MULTILINE)


def defined_symbols(nm, directory, image):
    """Every global name that the build defines."""
    files = [image] if os.path.exists(image) else []
    for folder, _, names in os.walk(directory):
        files += [os.path.join(folder, name) for name in names if name.endswith(".o")]
    output = subprocess.run([nm, "-g", "--defined-only", *files], capture_output=True,
                            text=True).stdout
    return {line.split()[-1] for line in output.splitlines() if len(line.split()) >= 3}


def declared_functions(headers, command):
    """(place, name) of every function that the headers declare."""
    found = set()
    with tempfile.NamedTemporaryFile("r", suffix=".aux") as aux:
        for header in headers:
            subprocess.run([*command, "-w", "-aux-info", aux.name, "-fsyntax-only", "-x", "c",
                            "-include", header, "/dev/null"], cwd=TOP, capture_output=True)
            aux.seek(0)
            for line in aux:
                match = DECLARED_FUNCTION.match(line)
                if match and match.group(1).startswith("kernel/"):
                    found.add((f"{match.group(1)}:{match.group(2)}", match.group(3)))
    return found


def declared_variables(headers):
    """(place, name) of every variable that the headers declare."""
    return {(header, name) for header in headers
            for name in DECLARED_VARIABLE.findall(read(header))}


def is_linked(header, directory):
    """Not a header of a slab allocator that this build does not have."""
    name = os.path.splitext(os.path.basename(header))[0]
    return name not in SLAB_CHOICES or os.path.exists(
        os.path.join(directory, "mem", "slab", f"{name}.c.o"))


def main():
    nm, directory, image, *command = sys.argv[1:]
    headers = [header for header in find_files(["kernel"], (".h",))
               if not header.startswith("kernel/mem/slab/") or is_linked(header, directory)]
    declared = declared_functions(headers, command) | declared_variables(headers)
    defined = defined_symbols(nm, directory, image)
    findings = [f"{place}: {name} is declared, but nothing defines it"
                for place, name in sorted(declared) if name not in defined]
    finish("symbols", findings, f"{len(declared)} declarations")


if __name__ == "__main__":
    main()
