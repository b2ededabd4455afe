"""Reading the machine from gdb, whatever mode the hart stopped in."""

import contextlib

import gdb

PRIV_USER = 0
PRIV_SUPERVISOR = 1
PAGE_SHIFT = 12
PAGE_SIZE = 1 << PAGE_SHIFT


@contextlib.contextmanager
def privilege(mode):
    """The hart looks at memory as in this mode: kernel memory is invisible in user mode."""
    before = int(gdb.parse_and_eval("$priv"))
    gdb.execute(f"set $priv = {mode}", to_string=True)
    try:
        yield
    finally:
        gdb.execute(f"set $priv = {before}", to_string=True)


@contextlib.contextmanager
def physical_memory():
    """Addresses are physical: QEMU's own mode of its gdb stub."""
    gdb.execute("maintenance packet Qqemu.PhyMemMode:1", to_string=True)
    try:
        yield
    finally:
        gdb.execute("maintenance packet Qqemu.PhyMemMode:0", to_string=True)


def read_physical_word(pa):
    """The 8 bytes at a physical address; raises gdb.MemoryError where there is no memory."""
    with physical_memory():
        gdb.execute("maintenance flush dcache", to_string=True)
        data = gdb.selected_inferior().read_memory(pa, 8).tobytes()
    gdb.execute("maintenance flush dcache", to_string=True)
    return int.from_bytes(data, "little")


def number(expression):
    """The value of an expression as an unsigned number. => raises gdb.GdbError for what is none"""
    value = gdb.parse_and_eval(expression)
    try:
        return int(value) & (1 << 64) - 1
    except gdb.error:
        raise gdb.GdbError(f"{expression}: not a number") from None


class MachineCommand(gdb.Command):
    """A command that looks at the machine in look(argument). What keeps it from that is told in one line."""

    def invoke(self, argument, _from_tty):
        thread = gdb.selected_thread()
        try:
            if thread is None:
                raise gdb.GdbError("gdb is not connected: start `make qemu-gdb` in another terminal, then `make gdb`")
            if thread.is_running():
                raise gdb.GdbError("the machine runs: stop it first (`interrupt`)")
            self.look(argument)
        except gdb.MemoryError as error:
            raise gdb.GdbError(f"{error} (if the kernel has not started yet, continue first)") from None
        except gdb.error as error:
            raise gdb.GdbError(str(error)) from None

    def look(self, argument):
        raise NotImplementedError


def list_entries(head, type_name, member):
    """The structures on a list_head list."""
    struct = gdb.lookup_type(type_name)
    offset = next(field.bitpos // 8 for field in struct.fields() if field.name == member)
    link = head["next"]
    while link != head.address and int(link) != 0:
        yield gdb.Value(int(link) - offset).cast(struct.pointer()).dereference()
        link = link["next"]


def text(value):
    """A char array or pointer as a string."""
    return value.string(errors="replace")
