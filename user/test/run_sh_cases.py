#!/usr/bin/env python3
"""Runs the shell's test cases, sh_cases/NAME.sh, and compares with NAME.out.

The expected outputs were made by dash (--record makes them again): a case prints only what POSIX
settles. Standard output and the exit status count; messages on standard error do not. In a case,
`sh` is the shell under test.

usage: run_sh_cases.py SHELL-COMMAND ...     such as: run_sh_cases.py qemu-riscv64 build/user/bin/sh
       run_sh_cases.py --record
"""

import os
import shlex
import subprocess
import sys
import tempfile

CASES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "sh_cases")
TIMEOUT_SECONDS = 60


def run_case(shell, script, bin_dir):
    """The output of the script, with a last line that gives the status."""
    env = {"PATH": bin_dir + ":/usr/bin:/bin", "HOME": "/", "LC_ALL": "C"}
    try:
        done = subprocess.run(
            shell + [script],
            env=env,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return "timeout\n"
    return done.stdout.decode(errors="replace") + "status %d\n" % done.returncode


def make_sh(bin_dir, shell):
    """Makes a program `sh` that is the shell under test."""
    path = os.path.join(bin_dir, "sh")
    with open(path, "w", encoding="utf-8") as out:
        out.write("#!/bin/dash\nexec %s \"$@\"\n" % " ".join(shlex.quote(word) for word in shell))
    os.chmod(path, 0o755)


def show_difference(name, expected, actual):
    print("FAIL %s" % name)
    expected_lines, actual_lines = expected.splitlines(), actual.splitlines()
    for i in range(max(len(expected_lines), len(actual_lines))):
        want = expected_lines[i] if i < len(expected_lines) else None
        got = actual_lines[i] if i < len(actual_lines) else None
        if want != got:
            print("  line %d: expected %r" % (i + 1, want))
            print("  line %d: got      %r" % (i + 1, got))
            return


def main():
    arguments = sys.argv[1:]
    if not arguments:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    record = arguments == ["--record"]
    shell = ["/bin/dash"] if record else arguments
    if os.path.exists(shell[-1]):
        shell[-1] = os.path.abspath(shell[-1])
    names = sorted(name[:-3] for name in os.listdir(CASES) if name.endswith(".sh"))
    failed = 0
    with tempfile.TemporaryDirectory() as bin_dir:
        make_sh(bin_dir, shell)
        for name in names:
            expected_path = os.path.join(CASES, name + ".out")
            actual = run_case(shell, os.path.join(CASES, name + ".sh"), bin_dir)
            if record:
                with open(expected_path, "w", encoding="utf-8") as out:
                    out.write(actual)
                continue
            with open(expected_path, encoding="utf-8") as expected_file:
                expected = expected_file.read()
            if actual != expected:
                failed += 1
                show_difference(name, expected, actual)
    print("%d of %d shell cases passed" % (len(names) - failed, len(names)))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
