#!/usr/bin/env python3
"""Each header compiles alone, and twice.

usage: check_headers.py FOLDER COMPILER FLAG...     headers are included as from FOLDER
"""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

from check_common import TOP, find_files, finish


def compile_alone(header, command):
    """The compiler's complaints about a file that has nothing but this header."""
    text = f'#include "{header}"\n#include "{header}"\nextern int header_compiles;\n'
    done = subprocess.run([*command, "-fsyntax-only", "-x", "c", "-"], input=text, text=True,
                          capture_output=True, cwd=TOP)
    return done.stderr if done.returncode else ""


def main():
    folder, command = sys.argv[1].rstrip("/"), sys.argv[2:]
    headers = [os.path.relpath(path, folder) for path in find_files([folder], (".h",))]
    with ThreadPoolExecutor(max_workers=2) as pool:
        complaints = list(pool.map(lambda header: compile_alone(header, command), headers))
    findings = [f"{folder}/{header} does not compile alone:\n{complaint}"
                for header, complaint in zip(headers, complaints) if complaint]
    finish(f"headers of {folder}", findings, f"{len(headers)} headers")


if __name__ == "__main__":
    main()
