"""What a test does to its machine from outside while it runs, in a thread of its own."""

import threading

from grading.harness.gdbstub import GdbStub, Refusal
from grading.machine import EnvironmentProblem

TEXT_BYTES = 64


def start(name, run):
    """Starts the driver of that name; it ends with the machine."""
    threading.Thread(target=_guard, args=(DRIVERS[name], run), daemon=True).start()


def _guard(driver, run):
    try:
        driver(run)
    except EnvironmentProblem as problem:
        run.problem = problem  # QEMU is there and does not answer: no kernel's doing
    except OSError:
        pass  # the machine has ended, and with it what could be told


def gdb(run):
    """Breaks at two functions and compares what is in memory there with the image. Whatever it finds, the machine
    goes on in the end: it began stopped, and would stand still up to its limit."""
    stub = GdbStub(run.machine.socket("gdb"), run.machine.running)
    try:
        run.facts["gdb_boot_main"] = break_at(stub, run, "boot_main", lambda: compare_text(stub, run))
        run.facts["gdb_syscall"] = break_at(stub, run, "sys_getppid")
    finally:
        try:
            stub.detach()
        finally:
            stub.close()


def break_at(stub, run, function, look=lambda: None):
    """Lets the machine run until it calls the function; looks. => 1: there it is, 0: it stopped elsewhere, or the
    kernel has no such function"""
    address = run.view.elf.symbols.get(function)
    if address is None:
        return 0
    stub.set_breakpoint(address)
    stub.resume()
    reached = stub.wait_for_stop() == address
    if reached:
        look()
    stub.clear_breakpoint(address)
    return int(reached)


def compare_text(stub, run):
    """Is the text where its symbols say, with the paging that there is now?"""
    text = run.view.elf.symbols["text_start"]
    offset = run.view.elf.file_offset(text)
    try:
        seen = stub.read_memory(text, TEXT_BYTES)
    except Refusal:
        seen = b""  # nothing is mapped there
    run.facts["gdb_memory"] = int(seen == run.view.elf.data[offset:offset + TEXT_BYTES])


DRIVERS = {"gdb": gdb}
# What drivers tell, and the guest cannot.
FACTS = ("gdb_boot_main", "gdb_memory", "gdb_syscall")
