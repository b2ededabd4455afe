"""pt and page: page tables and frames."""

import gdb

from quire_memory import (PAGE_SHIFT, PAGE_SIZE, PRIV_SUPERVISOR, MachineCommand, number, privilege,
                          read_physical_word, text)
from quire_tasks import find_task

SATP_PFN_MASK = (1 << 44) - 1
SATP_MODE_SHIFT = 60
LEVELS = 3
INDEX_BITS = 9
PTE_PFN_SHIFT = 10
PTE_PFN_MASK = (1 << 44) - 1
PTE_FLAGS = "VRWXUGAD"
LEAF_FLAGS = 0xE
DIRECTMAP_BASE = 0xFFFFFFC000000000
VMEMMAP_BASE = 0xFFFFFFE000000000
IMAGE_VA = 0xFFFFFFFF80200000
IMAGE_PA = 0x80200000
PAGE_FLAG_NAMES = "enum page_flag"
ZONE_NAMES = ("DMA", "Normal", "HighMem")
MAX_ORDER = 10
MAX_PFN = 128 << 30 >> PAGE_SHIFT  # the direct map's end, so that of all bitmaps of frames


def flags_text(bits):
    """The flags of a PTE as letters."""
    return "".join(letter if bits >> index & 1 else "-"
                   for index, letter in enumerate(PTE_FLAGS))


def walk(root_pa, va):
    """(level, address of the PTE, PTE) from the root to the leaf or the hole."""
    table = root_pa
    for level in reversed(range(LEVELS)):
        index = va >> PAGE_SHIFT + INDEX_BITS * level & (1 << INDEX_BITS) - 1
        pte = read_physical_word(table + index * 8)
        yield level, table + index * 8, pte
        if not pte & 1 or pte & LEAF_FLAGS:
            return
        table = (pte >> PTE_PFN_SHIFT & PTE_PFN_MASK) << PAGE_SHIFT


def current_root():
    """The physical address of the hart's root table; None while paging is off."""
    satp = number("$satp")
    return (satp & SATP_PFN_MASK) << PAGE_SHIFT if satp >> SATP_MODE_SHIFT else None


def process_root(pid):
    """The root table of a process."""
    with privilege(PRIV_SUPERVISOR):
        task = find_task(pid)
        if task is None or int(task["mm"]) == 0:
            raise gdb.GdbError(f"there is no user process {pid}; `ps` lists all")
        root = int(task["mm"]["pgt"]["root"]) & (1 << 64) - 1
    return kva_to_pa(root)


def kva_to_pa(kva):
    """The physical address of a kernel address in the direct map or the image."""
    return kva - IMAGE_VA + IMAGE_PA if kva >= IMAGE_VA else kva - DIRECTMAP_BASE


class PageTable(MachineCommand):
    """pt VA [PID]: walks the page table to VA, in the current address space or a process's."""

    def __init__(self):
        super().__init__("pt", gdb.COMMAND_DATA)

    def look(self, argument):
        words = gdb.string_to_argv(argument)
        if not 1 <= len(words) <= 2 or not all(word.isdigit() for word in words[1:]):
            raise gdb.GdbError("usage: pt VA [PID]")
        va = number(words[0])
        root = process_root(int(words[1])) if len(words) > 1 else current_root()
        if root is None:
            raise gdb.GdbError("paging is not on yet")
        print(f"root table at pa {root:#x}")
        for level, pte_pa, pte in walk(root, va):
            pa = (pte >> PTE_PFN_SHIFT & PTE_PFN_MASK) << PAGE_SHIFT
            print(f"  level {level}: pte at pa {pte_pa:#x} = {pte:#018x} "
                  f"{flags_text(pte)} pa {pa:#x}")
        self._conclude(va, level, pte, pa)

    @staticmethod
    def _conclude(va, level, pte, pa):
        if not pte & 1:
            kind = "nothing" if pte == 0 else "not present (swapped out?)"
            print(f"{va:#x}: {kind} is mapped")
            return
        offset = va & (PAGE_SIZE << INDEX_BITS * level) - 1
        print(f"{va:#x} -> pa {pa + offset:#x}, pfn {(pa + offset) >> PAGE_SHIFT:#x}")


def is_deferred(pfn):
    """Is the frame in a block whose struct pages nobody needed yet (mem/buddy.c)?"""
    words = gdb.parse_and_eval("deferred_blocks")
    block = pfn >> MAX_ORDER
    return int(words[block // 64]) >> block % 64 & 1 == 1


class PageCommand(MachineCommand):
    """page PFN|KVA: shows the struct page of a frame, given its number or a kernel address."""

    def __init__(self):
        super().__init__("page", gdb.COMMAND_DATA)

    def look(self, argument):
        if not argument.strip():
            raise gdb.GdbError("usage: page PFN  or  page KVA")
        value = number(argument)
        pfn = kva_to_pa(value) >> PAGE_SHIFT if value >= DIRECTMAP_BASE else value
        if pfn >= MAX_PFN:
            raise gdb.GdbError(f"there is no frame {pfn:#x}")
        struct = gdb.lookup_type("struct page")
        with privilege(PRIV_SUPERVISOR):
            page = gdb.Value(VMEMMAP_BASE + pfn * struct.sizeof).cast(
                struct.pointer()).dereference()
            try:
                if is_deferred(pfn):
                    print(f"pfn {pfn:#x}, pa {pfn << PAGE_SHIFT:#x}: free; "
                          "its struct page was not written yet")
                else:
                    self._show(pfn, page)
            except gdb.MemoryError:
                raise gdb.GdbError(f"there is no frame {pfn:#x}") from None

    @staticmethod
    def _show(pfn, page):
        flags = int(page["flags"])
        names = [field.name for field in gdb.lookup_type(PAGE_FLAG_NAMES).fields()
                 if flags >> field.enumval & 1]
        print(f"pfn {pfn:#x}, pa {pfn << PAGE_SHIFT:#x}, zone {ZONE_NAMES[int(page['zone'])]}")
        print(f"  flags    {' '.join(names) or 'none'}")
        print(f"  refcount {int(page['refcount']['v'])}  mapcount {int(page['mapcount']['v'])}")
        if "PG_slab" in names:
            print(f"  slab cache \"{text(page['slab_cache']['name'])}\", "
                  f"{int(page['slab_inuse'])} objects in use")
        elif "PG_buddy" in names or "PG_head" in names:
            print(f"  order {int(page['order'])}")
        else:
            print(f"  owner {int(page['owner']):#x}, index {int(page['index']):#x}")


def register():
    PageTable()
    PageCommand()
