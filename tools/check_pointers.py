#!/usr/bin/env python3
"""Every system call that takes an address has a row in usertests' table of bad pointers."""

import re

from check_common import finish, read

CALLS = "kernel/syscall/syscall.tbl"
TESTS = "user/test/usertests/pointers.c"
CALL = re.compile(r"^\d+ (\w+) \w+ (.*)$", re.MULTILINE)


def main():
    tried = set(re.findall(r"\bSYS_(\w+)", read(TESTS)))
    calls = [name for name, arguments in CALL.findall(read(CALLS)) if "uva_t" in arguments]
    finish("pointers", [f"{TESTS}: no row for {name}" for name in calls if name not in tried],
           f"{len(calls)} calls")


if __name__ == "__main__":
    main()
