"""Quire's gdb commands. Sourced by .gdbinit; connects to the QEMU that `make qemu-gdb` started."""

import os
import sys

import gdb

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import quire_pages  # noqa: E402
import quire_tasks  # noqa: E402
import quire_user  # noqa: E402

HELP = """Quire's commands (also: help quire-help):
  pt VA [PID]         walks the page table to a virtual address (of a process)
  page PFN            shows a frame's struct page; page VA takes a kernel address of it
  ps                  lists all threads
  bt-task TID         shows where a sleeping thread sleeps
  bt-user             shows the user program's call chain below the current system call
  user-symbols NAME   loads the symbols of /bin/NAME"""

RUN_HINT = """The kernel runs in QEMU already; `run` starts nothing here.
Type `continue` (c) to let it go on, Ctrl-C to stop it again, `break NAME` to stop at a function.
To boot it anew, restart `make qemu-gdb`, then `make gdb`."""


class RunHint(gdb.Command):
    """Says what to type instead of run."""

    def __init__(self, name):
        super().__init__(name, gdb.COMMAND_RUNNING)

    def invoke(self, _argument, _from_tty):
        print(RUN_HINT)


class QuireHelp(gdb.Command):
    """Lists Quire's own commands."""

    def __init__(self):
        super().__init__("quire-help", gdb.COMMAND_SUPPORT)

    def invoke(self, _argument, _from_tty):
        print(HELP)


def connect():
    """Connects to QEMU's gdb stub, or says why not."""
    default_port = 26000 + os.getuid() % 5000
    target = os.environ.get("GDBTARGET") or \
        f"127.0.0.1:{os.environ.get('GDBPORT') or default_port}"
    try:
        gdb.execute(f"target remote {target}", to_string=True)
    except gdb.error as error:
        print(f"no QEMU at {target} ({error}).\nStart `make qemu-gdb` in another terminal, "
              f"then type: target remote {target}")
        return
    print(f"connected to QEMU at {target}; quire-help lists Quire's commands")


for name in ("run", "r", "start", "starti"):
    RunHint(name)
QuireHelp()
quire_pages.register()
quire_tasks.register()
quire_user.register()
connect()
