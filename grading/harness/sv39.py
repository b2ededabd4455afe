"""A walker of Sv39 page tables, by the privileged specification and nothing of the kernel's."""

from dataclasses import dataclass

V, R, W, X, U, G, A, D = (1 << bit for bit in range(8))
PAGE_SHIFT = 12
ENTRY_PPN = 10
SATP_MODE = 8  # in the upper four bits of satp
LEVELS = 3
ENTRIES = 512
PPN_MASK = (1 << 44) - 1
LETTERS = "vrwxugad"


@dataclass(frozen=True)
class Leaf:
    """A mapping: `size` bytes at `va` are at `pa`, with the bits of the entry."""
    va: int
    pa: int
    size: int
    bits: int

    def may(self, bits):
        return self.bits & bits == bits

    def rights(self):
        return "".join(letter if self.bits >> bit & 1 else "-"
                       for bit, letter in enumerate(LETTERS) if bit)


class BadTable(Exception):
    """The table breaks the specification, or points to where no memory is."""


def canonical(va):
    """A 39-bit address as the 64-bit one that it stands for."""
    return va | ~((1 << 39) - 1) & ((1 << 64) - 1) if va >> 38 & 1 else va


def entries_of(ram, table_pa):
    entries = ram.u64s(table_pa, ENTRIES)
    if entries is None:
        raise BadTable(f"a page table at {table_pa:#x}, where no memory is")
    return entries


def entry_of(ram, table_pa, index):
    entries = ram.u64s(table_pa + 8 * index, 1)
    if entries is None:
        raise BadTable(f"a page table at {table_pa:#x}, where no memory is")
    return entries[0]


def leaf_of(entry, va, level):
    """The leaf that an entry is. => raises BadTable for a reserved combination"""
    size = 1 << (PAGE_SHIFT + 9 * level)
    pa = (entry >> ENTRY_PPN & PPN_MASK) << PAGE_SHIFT
    if entry & W and not entry & R:
        raise BadTable(f"the entry for {canonical(va):#x} is writable but not readable")
    if pa % size:
        raise BadTable(f"the {size >> 10} KiB leaf at {canonical(va):#x} is not aligned")
    return Leaf(canonical(va), pa, size, entry & 0x3ff)


def walk(ram, root_pa, first=0, last=ENTRIES):
    """Every leaf below the root's entries [first, last), in order of addresses."""
    yield from _walk_table(ram, root_pa, 0, LEVELS - 1, first, last)


def _walk_table(ram, table_pa, base, level, first, last):
    entries = entries_of(ram, table_pa)
    shift = PAGE_SHIFT + 9 * level
    for index in range(first, last):
        entry = entries[index]
        if not entry & V:
            continue
        va = base + (index << shift)
        if entry & (R | W | X):
            yield leaf_of(entry, va, level)
        elif level == 0:
            raise BadTable(f"the entry for {canonical(va):#x} points to a fourth level")
        else:
            if entry & (U | A | D):
                raise BadTable(f"the table entry for {canonical(va):#x} has U, A or D")
            yield from _walk_table(ram, (entry >> ENTRY_PPN & PPN_MASK) << PAGE_SHIFT, va, level - 1,
                                   0, ENTRIES)


def lookup(ram, root_pa, va):
    """(entry, leaf): the last entry on the way, and the Leaf if there is one."""
    table = root_pa
    for level in reversed(range(LEVELS)):
        index = va >> (PAGE_SHIFT + 9 * level) & (ENTRIES - 1)
        entry = entry_of(ram, table, index)
        if not entry & V:
            return entry, None
        if entry & (R | W | X):
            shift = PAGE_SHIFT + 9 * level
            return entry, leaf_of(entry, va >> shift << shift & ((1 << 39) - 1), level)
        table = (entry >> ENTRY_PPN & PPN_MASK) << PAGE_SHIFT
    raise BadTable(f"no leaf for {va:#x} in three levels")


def translate(ram, root_pa, va):
    """The physical address, or None."""
    _, leaf = lookup(ram, root_pa, va)
    return None if leaf is None else leaf.pa + va % leaf.size
