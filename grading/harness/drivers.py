"""What a test does to its machine from outside while it runs, in a thread of its own."""

import threading

from grading.harness.gdbstub import GdbStub


def start(name, run):
    """Starts the driver of that name; it ends with the machine."""
    threading.Thread(target=_guard, args=(DRIVERS[name], run), daemon=True).start()


def _guard(driver, run):
    try:
        driver(run)
    except (OSError, ConnectionError) as error:
        run.facts.setdefault("driver", f"{type(error).__name__}: {error}")


def gdb(run):
    """Breaks at the system call of this run's choice and reads the registers there."""
    stub = GdbStub(run.machine.socket("gdb"))
    try:
        symbols = run.view.elf.symbols
        stub.set_breakpoint(symbols["boot_main"])
        stub.resume()
        pc = stub.wait_for_stop()
        run.facts["gdb_boot_main"] = int(pc == symbols["boot_main"])
        text = symbols["text_start"]
        image = stub.read_memory(text, 64)
        offset = run.view.elf.file_offset(text)
        run.facts["gdb_memory"] = int(image == run.view.elf.data[offset:offset + 64])
        stub.clear_breakpoint(symbols["boot_main"])
        stub.set_breakpoint(symbols["sys_getppid"])
        stub.resume()
        run.facts["gdb_syscall"] = int(stub.wait_for_stop() == symbols["sys_getppid"])
        stub.clear_breakpoint(symbols["sys_getppid"])
        stub.resume()
    finally:
        stub.close()


DRIVERS = {"gdb": gdb}
# What drivers tell, and the guest cannot.
FACTS = ("gdb_boot_main", "gdb_memory", "gdb_syscall")
