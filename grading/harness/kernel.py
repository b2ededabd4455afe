"""The kernel's own structures, read in guest memory with the help of its layout note
(kernel/boot/layout_note.c): pages, zones, processes and their page tables."""

import struct
from dataclasses import dataclass

from grading.harness import sv39
from grading.harness.elf import BadElf, Elf
from grading.harness.ram import RAM_BASE, GuestRam

NOTE_OWNER, NOTE_TYPE = "QUIRE", 1
ENTRY = struct.Struct("<40sQ")
PAGE_SHIFT = 12
LIST_MAX = 1 << 20


class Unsound(Exception):
    """A structure is not what it must be."""


@dataclass
class Page:
    """What a struct page says."""
    pfn: int
    flags: int
    order: int
    refcount: int
    mapcount: int
    owner: int
    index: int
    zone: int
    private: int


@dataclass
class Process:
    """Addresses are the kernel's, but `root`, the physical one of its page table."""
    pid: int
    address: int
    parent: int
    mm: int
    root: int
    name: str


class KernelView:
    """open() when the machine has its memory. Read it while the machine is paused."""

    def __init__(self, kernel_path, ram_size):
        self.elf = Elf(kernel_path)
        self.ram_size = ram_size
        self.ram = None
        self.layout = read_layout(self.elf)
        self._found = {}  # what is known since look()

    def open(self, path):
        self.ram = GuestRam(path, self.ram_size)

    def look(self):
        """For each check anew: what was found before is not true of a machine that ran on, and what one check read too
        much costs no other."""
        self._found.clear()
        self.ram.renew()

    def close(self):
        if self.ram is not None:
            self.ram.close()

    def number(self, name):
        return self.layout[f"NUMBER({name})"]

    def offset(self, field):
        return self.layout[f"OFFSET({field})"]

    def size(self, name):
        return self.layout[f"SIZE({name})"]

    def symbol(self, name):
        if name in self.elf.ambiguous:
            raise Unsound(f"the kernel has more than one {name}")
        try:
            return self.elf.symbols[name]
        except KeyError:
            raise Unsound(f"the kernel has no {name}") from None

    def static(self, name):
        """The address of a variable of a file that no submission may bring: nothing else has its name."""
        if name in self.elf.several:
            raise Unsound(f"the kernel has more than one {name}")
        return self.symbol(name)

    def pa_of(self, kva):
        """The physical address of a kernel address. => raises Unsound"""
        link, base = self.number("KERNEL_LINK_VA"), self.number("DIRECTMAP_BASE")
        if kva >= link:
            return kva - link + self.number("KERNEL_LINK_PA")
        if base <= kva < base + (1 << 37):
            return kva - base
        pa = sv39.translate(self.ram, self.kernel_root(), kva)
        if pa is None:
            raise Unsound(f"the kernel maps nothing at {kva:#x}")
        return pa

    def read(self, kva, length):
        data = self.ram.read(self.pa_of(kva), length)
        if data is None:
            raise Unsound(f"{kva:#x} is outside of memory")
        return data

    def value(self, kva, code="Q"):
        return struct.unpack(f"<{code}", self.read(kva, struct.calcsize(code)))[0]

    def field(self, kva, name, code="Q"):
        return self.value(kva + self.offset(name), code)

    def kernel_root(self):
        """The physical address of the kernel's own root table."""
        root = self.symbol("kernel_pgtable") + self.offset("pgtable.root")
        pa = root - self.number("KERNEL_LINK_VA") + self.number("KERNEL_LINK_PA")
        return self.ram.u64s(pa, 1)[0] - self.number("DIRECTMAP_BASE")

    def each(self, head, link):
        """The objects of a list: head's address, and the name of the link's field."""
        offset, at = self.offset(link), self.value(head)
        for _ in range(LIST_MAX):
            if at == head:
                return
            yield at - offset
            at = self.value(at)
        raise Unsound(f"the list at {head:#x} does not end")

    def page(self, pfn):
        """The struct page of a frame."""
        base = self.number("VMEMMAP_BASE") + pfn * self.size("page")
        return Page(pfn, self.field(base, "page.flags", "I"), self.field(base, "page.order", "B"),
                    self.field(base, "page.refcount", "i"), self.field(base, "page.mapcount", "i"),
                    self.field(base, "page.owner"), self.field(base, "page.index"),
                    self.field(base, "page.zone", "B"), self.field(base, "page.private"))

    def ram_frames(self):
        """Every frame of RAM."""
        return range(RAM_BASE >> PAGE_SHIFT, RAM_BASE + self.ram_size >> PAGE_SHIFT)

    def is_ram(self, frames):
        """Are all frames of a range RAM?"""
        ram = self.ram_frames()
        return ram[0] <= frames[0] and frames[-1] <= ram[-1]

    def has_flag(self, page, name):
        return bool(page.flags >> self.number(name) & 1)

    def processes(self):
        """(pid, task address, mm address) for each process that has threads; the first thread's."""
        for process in self.each(self.symbol("process_list"), "process.all_link"):
            threads = process + self.offset("process.threads")
            for task in self.each(threads, "task.thread_link"):
                yield (self.field(process, "process.pid", "i"), task,
                       self.field(task, "task.mm"))
                break

    def process(self, pid):
        """The Process with a pid. => raises Unsound: there is none with memory, or more than one"""
        if pid not in self._found:
            self._found[pid] = self._find_process(pid)
        return self._found[pid]

    def _find_process(self, pid):
        found = [entry for entry in self.processes() if entry[0] == pid]
        if len(found) != 1 or not found[0][2]:
            raise Unsound(f"there are {len(found)} processes {pid} with memory" if len(found) > 1
                          else f"there is no process {pid} with memory")
        _, task, mm = found[0]
        address = self.field(task, "task.process")
        root = self.pa_of(self.field(mm + self.offset("mm.pgt"), "pgtable.root"))
        name = self.read(task + self.offset("task.name"), self.number("TASK_NAME_MAX")).split(b"\0")[0]
        return Process(pid, address, self.field(address, "process.parent"), mm, root,
                       name.decode("utf-8", "replace"))

    def root_of(self, pid):
        """The physical address of a process's root table."""
        return self.process(pid).root

    def progress(self):
        """Numbers that move while anything at all goes on."""
        counts = self.symbol("vm_counts")
        total = self.read(counts, self.size("vm_counts") * self.number("NR_CPUS"))
        tasks = tuple((self.field(task, "task.nr_switches"), self.field(task, "task.min_flt"),
                       self.field(task, "task.maj_flt")) for _, task, _ in self.safe_processes())
        return total, tasks

    def user_time(self):
        """What ticks found of user mode, for each task: it moves while a program computes."""
        return tuple(self.field(task, "task.cputime.user_units")
                     for _, task, _ in self.safe_processes())

    def safe_processes(self):
        """processes() of a machine that runs on meanwhile: as far as they can be read."""
        found = []
        try:
            for entry in self.processes():
                found.append(entry)
                if len(found) > 1000:
                    break
        except (Unsound, struct.error, sv39.BadTable):
            pass
        return found

    def free_frames(self):
        """{zone index: set of frames free on the buddy's lists}, each block checked."""
        zones, frames = self.symbol("zones"), {}
        for index in range(self.number("NR_ZONES")):
            zone = zones + index * self.size("zone")
            frames[index] = self._free_frames_of(zone)
        return frames

    def _free_frames_of(self, zone):
        frames, base = set(), self.number("VMEMMAP_BASE")
        for order in range(self.number("MAX_ORDER") + 1):
            area = zone + self.offset("zone.areas") + order * self.size("free_area")
            if not self.field(area, "free_area.nr_blocks"):
                continue
            for page in self.each(area + self.offset("free_area.blocks"), "page.lru"):
                pfn = (page - base) // self.size("page")
                self._check_block(pfn, order)
                block = range(pfn, pfn + (1 << order))
                if not self.is_ram(block):
                    raise Unsound(f"the free block at frame {pfn:#x} is no memory")
                if not frames.isdisjoint(block):
                    raise Unsound(f"frame {pfn:#x} is free twice")
                frames.update(block)
        return frames

    def cpu_list_frames(self):
        """The frames on the harts' own lists of free pages, each checked to be free and there once."""
        frames, base = set(), self.number("VMEMMAP_BASE")
        for page in self._cpu_list_pages():
            pfn = (page - base) // self.size("page")
            if pfn in frames:
                raise Unsound(f"frame {pfn:#x} is on a hart's list twice")
            if not self.is_ram(range(pfn, pfn + 1)) or not self.has_flag(self.page(pfn), "PG_pcp"):
                raise Unsound(f"frame {pfn:#x} is on a hart's list, and its struct page does not say so")
            frames.add(pfn)
        return frames

    def _cpu_list_pages(self):
        """Addresses of the struct pages on them."""
        for zone in range(self.number("NR_ZONES")):
            for cpu in range(self.number("NR_CPUS")):
                lists = self.symbol("zones") + zone * self.size("zone") + self.offset("zone.pcp") \
                    + cpu * self.size("page_list_cpu")
                for head in ("hot", "cold"):
                    page = self.field(lists, f"page_list_cpu.{head}")
                    while page:
                        yield page
                        page = self.field(page, "page.next_free")

    def _check_block(self, pfn, order):
        page = self.page(pfn)
        if not self.has_flag(page, "PG_buddy") or page.order != order:
            raise Unsound(f"frame {pfn:#x} is on the list of order {order}, but its struct page says "
                          f"flags {page.flags:#x}, order {page.order}")
        if pfn % (1 << order):
            raise Unsound(f"the free block at frame {pfn:#x} is not aligned to its order {order}")

    def zone_number(self, index, name):
        """A number of a zone."""
        zone = self.symbol("zones") + index * self.size("zone")
        return self.field(zone, f"zone.{name}")


def read_layout(elf):
    """{name: number} of the layout note. => raises BadElf"""
    note = elf.note(NOTE_OWNER, NOTE_TYPE)
    if note is None:
        raise BadElf(f"{elf.path}: no layout note (kernel/boot/layout_note.c)")
    layout = {}
    for offset in range(0, len(note) - ENTRY.size + 1, ENTRY.size):
        name, value = ENTRY.unpack_from(note, offset)
        if name.rstrip(b"\0"):
            layout[name.rstrip(b"\0").decode("utf-8", "replace")] = value
    return layout
