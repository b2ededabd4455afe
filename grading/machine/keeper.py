"""Cleans up after a driver that was killed with SIGKILL; scratch.py starts it.

It reads from a pipe what there is to clean up. The pipe ends with the driver, however that ended.
"""

import os
import shutil
import signal
import sys


def main():
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    directories, groups = set(), set()
    words = {"directory": directories.add, "directory-gone": directories.discard,
             "group": groups.add, "group-gone": groups.discard}
    for line in sys.stdin:
        word, _, what = line.rstrip("\n").partition(" ")
        words[word](what)
    for group in groups:
        try:
            os.killpg(int(group), signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass
    for directory in directories:
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()
