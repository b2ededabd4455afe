#!/usr/bin/env python3
"""Our C is formatted as .clang-format says. usage: check_format.py [--fix] [FILE...]"""

import re
import shutil
import subprocess
import sys

from check_common import TOP, find_files, finish

OLDEST = 14


def clang_format():
    """A clang-format that is new enough, or None."""
    for name in ("clang-format", *(f"clang-format-{version}" for version in range(21, 13, -1))):
        path = shutil.which(name)
        if path is None:
            continue
        output = subprocess.run([path, "--version"], capture_output=True, text=True).stdout
        version = re.search(r"version (\d+)", output)
        if version and int(version.group(1)) >= OLDEST:
            return path
    return None


def main():
    arguments = [arg for arg in sys.argv[1:] if arg != "--fix"]
    tool = clang_format()
    if tool is None:
        print(f"format: skipped, no clang-format {OLDEST} or newer")
        return
    paths = arguments or find_files(["kernel", "user", "mkfs", "tools"], (".c", ".h"))
    if "--fix" in sys.argv:
        subprocess.run([tool, "-i", *paths], cwd=TOP, check=True)
        return
    done = subprocess.run([tool, "--dry-run", *paths], cwd=TOP, capture_output=True, text=True)
    unformatted = sorted(set(re.findall(r"^(.+?):\d+:\d+: warning: .*should be clang-formatted",
                                        done.stderr, re.MULTILINE)))
    findings = [f"{path}: not formatted (tools/check_format.py --fix {path})"
                for path in unformatted]
    if done.returncode != 0 or (done.stderr and not findings):
        findings.append(f"{tool}: {done.stderr.strip() or f'status {done.returncode}'}")
    finish("format", findings, f"{len(paths)} files")


if __name__ == "__main__":
    main()
