"""Checks by what a machine left in its memory when it ended (probe.py).

Anything that is printed, or told on the result channel, a kernel can print and tell of itself. What is read here are
variables of files that no submission may bring: how tests inside the kernel ended (kernel/ktest/ktest.c), which bug
on purpose had begun (crash_test.c), which object had been misused (slab_crash.c), and that a hart has panicked.
"""

import re

from grading.harness.diagnose import FRAME, panic_lines
from grading.harness.probe import Wrong, probe

KTEST_BYTES = 16  # a struct ktest: two pointers
PASSED = 1


@probe
def ktest_passed(run, values, test):
    """The kernel's own table says that a test inside it passed."""
    view = run.view
    index = (view.static(f"ktest_entry_{test}") - view.static("ktests_start")) // KTEST_BYTES
    result = view.value(view.static("ktest_results") + index, "B")
    if result != PASSED:
        raise Wrong(f"the kernel's test {test} passes, by the table that it keeps of its tests",
                    "it failed" if result else "it never ended", "who tells a result need not have it")


def panicked(run):
    """The lines of the panic on the console; the kernel's panic() has run."""
    lines = panic_lines(run.machine.console.text())
    if not run.view.value(run.view.static("panicking"), "I") or not lines:
        raise Wrong("a panic", "lines that look like one, without panic() having been called")
    return lines


@probe
def panic_in(run, values, message, function):
    """A bug on purpose has begun, and the panic names what it is and the function in which."""
    lines = panicked(run)
    address = run.view.static(function)
    if run.view.value(run.view.static("crash_begun")) != address:
        raise Wrong(f"a panic in {function}()", "one before that was called")
    frames = [int(found.group(1), 16) for found in map(FRAME.search, lines) if found]
    named = any(address <= frame < address + run.view.elf.sizes[function] for frame in frames)
    if message not in lines[0] or not named:
        raise Wrong(f"{message!r} and a backtrace with {function}()", lines[0])


@probe
def misuse_named(run, values, pattern):
    """The panic names the object that was misused, and had been when it came."""
    lines = panicked(run)
    found = re.search(pattern, lines[0])
    if not found:
        raise Wrong(f"a panic that matches {pattern!r}", lines[0])
    misused = run.view.value(run.view.static("slab_crash_object"))
    if found.group(1) != f"{misused:#x}":
        raise Wrong(f"object {misused:#x}, which was misused" if misused else "no panic before the misuse",
                    f"object {found.group(1)}")
