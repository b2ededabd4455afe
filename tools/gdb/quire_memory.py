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
    """The value of an expression as an unsigned number."""
    return int(gdb.parse_and_eval(expression)) & (1 << 64) - 1


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
