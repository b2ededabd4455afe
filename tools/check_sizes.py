#!/usr/bin/env python3
"""Sizes of files and functions against docs/style.md.

Wanted: half of the functions under 15 lines, nearly all under 40, files of 60 to 500
lines. Reported: the shares, and with --list what is over. Failing: a function over 80
lines or a file over 700.
"""

import re
import sys

from check_common import find_files, finish, read

FOLDERS = ["kernel", "user", "mkfs", "tools", "grading"]
FUNCTION_MAX = 80
FUNCTION_WANTED = 40
FILE_MAX = 700
FILE_WANTED = 500
C_FUNCTION = re.compile(r"^(\w+)\(")
PYTHON_FUNCTION = re.compile(r"^( *)def (\w+)")


def c_functions(lines):
    """(name, lines) of each function of a C file; the body is what the size counts."""
    name, start = None, None
    for number, line in enumerate(lines):
        if start is None:
            match = C_FUNCTION.match(line)
            if match:
                name = match.group(1)
            elif line == "{" and name:
                start = number
        elif line.startswith("}"):
            yield name, number - start - 1
            name, start = None, None


def python_functions(lines):
    """(name, lines) of each function of a Python file."""
    open_functions = []
    for number, line in enumerate(lines + ["end"]):
        if not line.strip():
            continue
        indent = len(line) - len(line.lstrip())
        while open_functions and indent <= open_functions[-1][0]:
            _, name, start, last = open_functions.pop()
            yield name, last - start
        for entry in open_functions:
            entry[3] = number
        match = PYTHON_FUNCTION.match(line)
        if match:
            open_functions.append([indent, match.group(2), number, number])


def functions_of(path, lines):
    if path.endswith(".py"):
        return python_functions(lines)
    return c_functions(lines) if path.endswith((".c", ".h")) else ()


def main():
    findings, over, sizes = [], [], []
    paths = find_files(FOLDERS, (".c", ".h", ".S", ".py"))
    for path in paths:
        lines = read(path).splitlines()
        if len(lines) > FILE_MAX:
            findings.append(f"{path}: {len(lines)} lines, over {FILE_MAX}")
        elif len(lines) > FILE_WANTED:
            over.append(f"{path}: {len(lines)} lines")
        for name, size in functions_of(path, lines):
            sizes.append(size)
            if size > FUNCTION_MAX:
                findings.append(f"{path}: {name} has {size} lines, over {FUNCTION_MAX}")
            elif size > FUNCTION_WANTED:
                over.append(f"{path}: {name} has {size} lines")
    if "--list" in sys.argv:
        print("\n".join(over))
    total = max(1, len(sizes))
    short = sum(size < 15 for size in sizes) * 100 // total
    most = sum(size < 40 for size in sizes) * 1000 // total / 10
    finish("sizes", findings, f"{len(paths)} files, {len(sizes)} functions, {short} % under 15 "
           f"lines, {most} % under 40, {len(over)} over what is wanted (--list)")


if __name__ == "__main__":
    main()
