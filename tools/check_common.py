"""What the checks share: the source tree's files, and how findings are told."""

import os
import sys

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SKIPPED = {"build", ".git", "__pycache__"}


def find_files(folders, suffixes):
    """The paths, from the top, of all files below `folders` with one of `suffixes`."""
    found = []
    for folder in folders:
        for directory, subdirs, files in os.walk(os.path.join(TOP, folder)):
            subdirs[:] = sorted(name for name in subdirs if name not in SKIPPED)
            found += [os.path.relpath(os.path.join(directory, name), TOP)
                      for name in sorted(files) if name.endswith(suffixes)]
    return found


def read(path):
    """The text of a file named from the top."""
    with open(os.path.join(TOP, path), encoding="utf-8", errors="replace") as file:
        return file.read()


def finish(check, findings, summary):
    """Prints the findings and one line; exits with 1 if there are any."""
    for finding in findings:
        print(finding)
    if findings:
        print(f"{check}: {len(findings)} problem(s)")
        sys.exit(1)
    print(f"{check}: ok, {summary}")
