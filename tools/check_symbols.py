#!/usr/bin/env python3
"""No header of the kernel declares what nothing defines, or a function that nothing uses.

usage: check_symbols.py NM OBJECTS-DIR IMAGE COMPILER FLAG...

gcc's -aux-info lists the functions that a header declares; variables are found by their
`extern`. Defined is what some object file or the linker script defines; of the
interchangeable slab allocators one is enough. A function is unused if no object file asks for it
and its name stands only in its declaration and definition: text of what this build leaves out, and
of the programs that compile parts of the kernel for the host, counts.
"""

import collections
import os
import re
import subprocess
import sys
import tempfile

from check_common import TOP, find_files, finish, read

SLAB_CHOICES = ("slub", "slab", "slob")
DECLARED_FUNCTION = re.compile(r"^/\* (\S+?):(\d+):N[CF] \*/ extern [^(]*?\b(\w+) \((?!\*)")
NOT_CODE = re.compile(r'/\*.*?\*/|"(?:\\.|[^"\\\n])*"', re.DOTALL)
DECLARED_VARIABLE = re.compile(r"^extern [^;(]*?\b(\w+)(?:\[[^\]]*\])*;", re.MULTILINE)


def object_files(directory):
    """Those of the kernel."""
    return [os.path.join(folder, name) for folder, _, names in os.walk(directory)
            for name in names if name.endswith(".o")]


def symbols(nm, which, files):
    """The global names in the files: those that they define, or those that they want."""
    output = subprocess.run([nm, "-g", which, *files], capture_output=True, text=True).stdout
    lines = [line.split() for line in output.splitlines()]
    return {words[-1] for words in lines if words and not words[-1].endswith(":")}


def named_twice(declared):
    """Those that the sources name but twice: where they are declared and defined."""
    counts = collections.Counter()
    for path in find_files(["kernel", "mkfs", "tools"], (".c", ".h", ".S")):
        counts.update(re.findall(r"\w+", NOT_CODE.sub(" ", read(path))))
    return {(place, name) for place, name in declared if counts[name] <= 2}


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
                place = os.path.normpath(match.group(1)) if match else ""
                if place in headers:
                    found.add((f"{place}:{match.group(2)}", match.group(3)))
    return found


def declared_variables(headers):
    """(place, name) of every variable that the headers declare."""
    return {(header, name) for header in headers
            for name in DECLARED_VARIABLE.findall(read(header))}


def is_linked(header, directory):
    """Not a header of a folder, or of a slab allocator, that this build does not have."""
    folder = os.path.join(directory, os.path.relpath(os.path.dirname(header), "kernel"))
    name = os.path.splitext(os.path.basename(header))[0]
    return os.path.isdir(folder) and (
        name not in SLAB_CHOICES or os.path.exists(os.path.join(folder, f"{name}.c.o")))


def main():
    nm, directory, image, *command = sys.argv[1:]
    objects = object_files(directory)
    headers = [header for header in find_files(["kernel"], (".h",))
               if is_linked(header, directory)]
    functions = declared_functions(headers, command)
    declared = functions | declared_variables(headers)
    defined = symbols(nm, "--defined-only", [image, *objects])
    wanted = symbols(nm, "--undefined-only", objects)
    findings = [f"{place}: {name} is declared, but nothing defines it"
                for place, name in sorted(declared) if name not in defined]
    findings += [f"{place}: nothing uses {name}"
                 for place, name in sorted(named_twice(functions)) if name not in wanted]
    finish("symbols", findings, f"{len(declared)} declarations")


if __name__ == "__main__":
    main()
