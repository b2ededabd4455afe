#!/usr/bin/env python3
"""What no source file may contain: notes to oneself, disabled code, trailing blanks."""

import re

from check_common import find_files, finish, read

FOLDERS = ["kernel", "user", "mkfs", "tools", "grading", "docs"]
SUFFIXES = (".c", ".h", ".S", ".py", ".sh", ".mk", ".md", ".tbl")
FORBIDDEN = (
    (re.compile(r"\b(TO" r"DO|FIX" r"ME|X{3}|HA" r"CK)\b"), "a note to oneself"),
    (re.compile(r"^\s*#\s*if\s+0\b"), "code that is disabled"),
    (re.compile(r"[ \t]+$"), "blanks at the end of a line"),
    (re.compile(r"^(<{7}|={7}|>{7})( |$)"), "a conflict's mark"),
)
C_ONLY = (
    (re.compile(r"^\s*//.*;\s*$"), "code in a comment"),
)


def check_file(path):
    """Findings of one file."""
    rules = FORBIDDEN + (C_ONLY if path.endswith((".c", ".h")) else ())
    text = read(path)
    for number, line in enumerate(text.split("\n"), 1):
        for pattern, what in rules:
            if pattern.search(line):
                yield f"{path}:{number}: {what}"
    if text and not text.endswith("\n"):
        yield f"{path}: no newline at the end"


def main():
    paths = find_files(FOLDERS, SUFFIXES)
    findings = [finding for path in paths for finding in check_file(path)]
    finish("text", findings, f"{len(paths)} files")


if __name__ == "__main__":
    main()
