"""A test under gdb: the machine waits for the debugger, and no limit runs."""

import dataclasses
import secrets
import shlex

from grading.harness.console import plain
from grading.harness.drivers import FACTS
from grading.harness.outcome import Verdict
from grading.harness.run import Run
from grading.harness.tree import BuildFailed, Tampered
from grading.machine.options import make_command, setting

DEFAULT_PORT = "26000"
FOREVER = 1e9
LOST_MARKS, ENVIRONMENT = 1, 2


def wait_for_gdb(test, tree, options):
    """start() of a kernel that is there. => 0; 1 if it lost points or is none, 2 if the environment is at fault"""
    try:
        return start(test, tree, options)
    except BuildFailed as failure:
        print("\n".join(plain(line) for line in [str(failure), *failure.output]))
    except Tampered as complaint:
        print(plain(str(complaint)))
    return LOST_MARKS


def start(test, tree, options):
    """Runs one test with QEMU waiting for gdb. => 0, 1 if it lost points, 2 if the environment is at fault"""
    port = setting("GDBPORT", DEFAULT_PORT)
    test.limit = FOREVER
    test.driver = None
    test.checks = [check for check in test.checks if check.fact not in FACTS]  # the harness's own gdb is not there
    test.machine.qemuflags = (*test.machine.qemuflags, "-S", "-gdb", f"tcp:127.0.0.1:{port}")
    test.machine.append = f"{test.machine.append} norandmaps".strip()
    seed = options.seed if options.seed is not None else secrets.randbits(32)
    if tree.bounds:
        # gdb would not reach it in a network of its own; a network card it has none.
        tree.bounds = dataclasses.replace(tree.bounds, machine_prefix=())
    kernel = tree.kernel(test.machine.variant)
    command = f"{make_command()} gdb GDBPORT={port}" if tree.bounds is None else \
        f"GDBPORT={port} tools/gdb-start {shlex.quote(kernel)}"
    print(f"{test.name}: the machine waits for gdb. In another terminal:\n    {command}\n"
          "then `continue`. Quit here with Ctrl-C.", flush=True)
    outcome = Run(test, tree, seed).go()
    print(plain(f"{outcome.verdict.value} {outcome.earned}/{outcome.points} {outcome.detail}"))
    if outcome.verdict is Verdict.ENVIRONMENT:
        return ENVIRONMENT
    for check in outcome.checks:
        print(f"    {'ok' if check.ok else 'not so'} {check.id}: {check.text}")
    return 0 if outcome.earned == outcome.points else LOST_MARKS
