"""bt-user and user-symbols: the program on the other side of the system call."""

import os

import gdb

from quire_memory import PRIV_SUPERVISOR, PRIV_USER, MachineCommand, number, privilege, text

REGISTERS = ("pc", "ra", "sp", "gp", "tp", "t0", "t1", "t2", "s0", "s1", "a0", "a1", "a2", "a3",
             "a4", "a5", "a6", "a7", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11",
             "t3", "t4", "t5", "t6")

_loaded = {}  # name: path, of the program whose symbols gdb has: all are linked to the same addresses


def gdb_name(register):
    """gdb calls s0 fp."""
    return "fp" if register == "s0" else register


def debug_directories():
    """Where programs with symbols are: beside the kernel, as the build puts them."""
    kernel = gdb.current_progspace().filename or "build/quire.elf"
    return [os.path.join(os.path.dirname(kernel), "user", "debug"), "build/user/debug"]


def pin_breakpoints():
    """Ties breakpoints on functions of the kernel to the kernel, before a program's symbols come.

    Programs have functions of the kernel's names (sys_read, memcpy), where they are not meant to
    stop. gdb can only do it with a new breakpoint, which has a new number.
    """
    for old in gdb.breakpoints():
        name = old.location
        symbol = gdb.lookup_global_symbol(name) if name and name.isidentifier() else None
        if old.type != gdb.BP_BREAKPOINT or symbol is None:
            continue
        gdb.execute(f"break -source {symbol.symtab.filename} -function {name}", to_string=True)
        new = gdb.breakpoints()[-1]
        new.enabled, new.condition, new.silent = old.enabled, old.condition, old.silent
        if old.commands:
            new.commands = old.commands
        print(f"breakpoint {old.number}, {name}, is now {new.number}: the kernel's only")
        old.delete()


def load_symbols(name):
    """The symbols of a program, in place of another's. => False if it is not one of ours"""
    if name in _loaded:
        return True
    for directory in debug_directories():
        path = os.path.join(directory, name)
        if os.path.isfile(path):
            pin_breakpoints()
            for other in _loaded.values():
                gdb.execute(f"remove-symbol-file {other}", to_string=True)
            _loaded.clear()
            gdb.execute(f"add-symbol-file {path}", to_string=True)
            _loaded[name] = path
            return True
    return False


class UserSymbols(gdb.Command):
    """user-symbols NAME: loads the symbols of /bin/NAME, to break in it or print its variables.

    They take the place of another program's, and so do bt-user's: all are linked to the same addresses.
    Breakpoints match the address in every process: many programs have code at the same place.
    """

    def __init__(self):
        super().__init__("user-symbols", gdb.COMMAND_FILES)

    def invoke(self, argument, _from_tty):
        name = os.path.basename(argument.strip())
        if not name:
            raise gdb.GdbError("usage: user-symbols NAME")
        if not load_symbols(name):
            raise gdb.GdbError(f"{name} is not a program of ours, or was not built")
        print(f"symbols of {name} loaded")


class BacktraceUser(MachineCommand):
    """bt-user: the call chain of the user program that the current thread serves."""

    def __init__(self):
        super().__init__("bt-user", gdb.COMMAND_STACK)

    def look(self, _argument):
        if number("$priv") == PRIV_USER:
            gdb.execute("backtrace")
            return
        task = gdb.Value(number("$tp")).cast(gdb.lookup_type("struct task").pointer())
        with privilege(PRIV_SUPERVISOR):
            if int(task["process"]) == 0:
                raise gdb.GdbError(f"\"{text(task['name'])}\" is a kernel thread")
            load_symbols(text(task["name"]))
            frame_type = gdb.lookup_type("struct trap_frame")
            frame = gdb.Value(int(task["ti"]["kernel_sp"]) - frame_type.sizeof).cast(
                frame_type.pointer()).dereference()
            user = {register: int(frame[register]) for register in REGISTERS}
        self._print_as(user)

    @staticmethod
    def _print_as(user):
        """Lends the hart the user's registers for the time of one backtrace."""
        gdb.execute("frame 0", to_string=True)
        saved = {register: number(f"${gdb_name(register)}") for register in REGISTERS}
        with privilege(PRIV_USER):
            try:
                for register, value in user.items():
                    gdb.execute(f"set ${gdb_name(register)} = {value}", to_string=True)
                gdb.execute("backtrace")
            finally:
                gdb.execute("frame 0", to_string=True)
                for register, value in saved.items():
                    gdb.execute(f"set ${gdb_name(register)} = {value}", to_string=True)


def register():
    UserSymbols()
    BacktraceUser()
