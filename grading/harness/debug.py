"""A test under gdb: the machine waits for the debugger, and no limit runs."""

import secrets

from grading.harness.run import Run
from grading.machine.options import setting

DEFAULT_PORT = "26000"
FOREVER = 1e9


def wait_for_gdb(test, tree, options):
    """Runs one test with QEMU waiting for gdb. => 0, or 1 if it lost points"""
    port = setting("GDBPORT", DEFAULT_PORT)
    test.limit = FOREVER
    test.driver = None
    test.machine.qemuflags = (*test.machine.qemuflags, "-S", "-gdb", f"tcp:127.0.0.1:{port}")
    test.machine.append = f"{test.machine.append} norandmaps".strip()
    seed = options.seed if options.seed is not None else secrets.randbits(32)
    print(f"{test.name}: the machine waits for gdb. In another terminal:\n    make gdb "
          f"GDBPORT={port}\nthen `continue`. Quit here with Ctrl-C.", flush=True)
    outcome = Run(test, tree, seed).go()
    print(f"{outcome.verdict.value} {outcome.earned}/{outcome.points}")
    for check in outcome.checks:
        print(f"    {'ok' if check.ok else 'not so'} {check.id}: {check.text}")
    return 0 if outcome.earned == outcome.points else 1
