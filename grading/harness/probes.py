"""Checks by looking into the machine's memory while it is paused at a checkpoint (probe.py)."""

from grading.harness import sv39
from grading.harness.probe import (PAGE, Wrong, addresses, frame_of, probe, rights_of, user_leaf,
                                   word_in)


@probe
def types_word(run, values):
    """Types a word of the seed and Enter at the console, as a person would."""
    run.machine.console.send(f"{run.word(7):016x}\n")


@probe
def no_page_writable_and_executable(run, values):
    """W^X: in the kernel's table and in every process's, no leaf is both."""
    view = run.view
    roots = {"the kernel": view.kernel_root()}
    roots.update({f"process {pid}": view.root_of(pid) for pid, _, mm in view.processes() if mm})
    for owner, root in roots.items():
        for leaf in sv39.walk(view.ram, root):
            if leaf.may(sv39.W | sv39.X):
                raise Wrong("no page that is writable and executable",
                            f"{owner} maps {leaf.va:#x} with {leaf.rights()}")


@probe
def kernel_half_is_kernels(run, values):
    """No leaf of the kernel half has U, in any process, and none of the user half lacks it."""
    view = run.view
    for pid, _, mm in view.processes():
        if not mm:
            continue
        root = view.root_of(pid)
        for leaf in sv39.walk(view.ram, root, 256):
            if leaf.bits & sv39.U:
                raise Wrong("no page of the kernel half that programs can reach",
                            f"process {pid} maps {leaf.va:#x} with {leaf.rights()}")
        for leaf in sv39.walk(view.ram, root, 0, 256):
            if not leaf.bits & sv39.U:
                raise Wrong("every page of the user half has U",
                            f"process {pid} maps {leaf.va:#x} with {leaf.rights()}")


@probe
def kernel_rights(run, values):
    """Text is RX, constants are R, data are RW, by the image's own symbols."""
    view = run.view
    sections = (("text_start", "text_end", sv39.R | sv39.X), ("rodata_start", "rodata_end", sv39.R),
                ("data_start", "bss_end", sv39.R | sv39.W))
    for start, end, want in sections:
        for va in range(view.symbol(start), view.symbol(end), PAGE):
            _, leaf = sv39.lookup(view.ram, view.kernel_root(), va)
            have = leaf.bits & (sv39.R | sv39.W | sv39.X) if leaf else 0
            if have != want:
                raise Wrong(f"{sv39.Leaf(va, 0, PAGE, want).rights()} from {start} to {end}",
                            f"{leaf.rights() if leaf else 'nothing'} at {va:#x}")


@probe
def harts_translate(run, values):
    """satp of every hart, as QEMU tells it, is that of Sv39: a hart in the firmware has none."""
    harts = run.qmp.registers()
    if len(harts) != run.numbers["smp"]:
        raise Wrong(f"registers of {run.numbers['smp']} harts", f"those of {len(harts)}")
    for hart, registers in enumerate(harts):
        satp = registers.get("satp", 0)
        if satp >> 60 != sv39.SATP_MODE:
            raise Wrong(f"Sv39 in satp of each of {run.numbers['smp']} harts", f"{satp:#x} in that of hart {hart}",
                        "a hart that was not started waits in the firmware, without paging")


@probe
def firmware_is_not_free(run, values):
    """No frame of the firmware or of the kernel's image is on a list of free pages, the buddy's or a hart's."""
    view = run.view
    image = range(view.number("KERNEL_LINK_PA") >> 12,
                  view.pa_of(view.symbol("bss_end")) >> 12)
    firmware = range(0x80000, 0x80080)
    for frames in (*view.free_frames().values(), view.cpu_list_frames()):
        for name, taken in (("the firmware", firmware), ("the kernel's image", image)):
            both = frames.intersection(taken)
            if both:
                raise Wrong(f"frames of {name} are never free", f"frame {min(both):#x} is",
                            "the device tree tells what is reserved")


@probe
def shares_frames(run, values, nr=1, first="parent", second="child", writable=False):
    """Both processes have the same frames at `at`, read-only or both writable."""
    for va in addresses(values, nr):
        frames = frame_of(run, values[first], va), frame_of(run, values[second], va)
        if None in frames or frames[0] != frames[1]:
            raise Wrong(f"{first} and {second} map the same frame at {va:#x}",
                        f"frames {frames[0]} and {frames[1]}", "fork copies page tables, not pages")
        for who in (first, second):
            rights = rights_of(run, values[who], va)
            if ("w" in rights) != writable:
                raise Wrong("writable in both" if writable else "read-only in both, so that a "
                            "store faults", f"the {who} maps {va:#x} {rights}")


@probe
def counts_mappers(run, values, nr=1, mapcount=2):
    """The struct page of each shared frame counts those who map it."""
    for va in addresses(values, nr):
        frame = frame_of(run, values["parent"], va)
        if frame is None:
            raise Wrong("a page that is mapped", f"nothing at {va:#x}")
        page = run.view.page(frame)
        if page.mapcount != mapcount or page.refcount < mapcount:
            raise Wrong(f"mapcount {mapcount}, refcount at least {mapcount}",
                        f"mapcount {page.mapcount}, refcount {page.refcount} of frame {frame:#x}",
                        "the last to write would copy, or use a page that others still map")


@probe
def split_page(run, values, nr=1, changed=0):
    """After a store the two have frames of their own for that page, and share all others."""
    for index, va in enumerate(addresses(values, nr)):
        frames = frame_of(run, values["parent"], va), frame_of(run, values["child"], va)
        if index == changed and (None in frames or frames[0] == frames[1]):
            raise Wrong("frames of their own for the page that was written",
                        f"frames {frames[0]} and {frames[1]}")
        if index != changed and frames[0] != frames[1]:
            raise Wrong(f"page {index}, which nobody wrote, is still shared",
                        f"frames {frames[0]} and {frames[1]}")


@probe
def split_bytes(run, values, child_word=100):
    """In the machine's memory the parent's frame has the old word, the child's the new one."""
    for who, index in (("parent", 0), ("child", child_word)):
        frame = frame_of(run, values[who], values["at"])
        if frame is None or word_in(run, frame) != run.word(index):
            seen = "no frame" if frame is None else hex(word_in(run, frame))
            raise Wrong(f"{run.word(index):#x} in the {who}'s frame", seen,
                        "read from outside, past all caches and page tables")


@probe
def notes_frame(run, values):
    """Remembers which frame the page has."""
    run.memo["frame"] = frame_of(run, values["parent"], values["at"] + PAGE)
    if run.memo["frame"] is None:
        raise Wrong("a page that is mapped", "nothing")


@probe
def reused_frame(run, values):
    """The frame is the one of the checkpoint before, and writable now."""
    va = values["at"] + PAGE
    frame = frame_of(run, values["parent"], va)
    if frame is None or frame != run.memo.get("frame"):
        raise Wrong(f"frame {run.memo.get('frame')}, whose only owner is left", f"frame {frame}",
                    "nobody shares the page any more: copying it is waste")
    if "w" not in rights_of(run, values["parent"], va):
        raise Wrong("a writable page after the store", rights_of(run, values["parent"], va))


@probe
def text_shared(run, values):
    """Parent and child execute the same frame of the program's file, and it is not writable."""
    frames = [frame_of(run, values[who], values["text"]) for who in ("parent", "child")]
    if None in frames or frames[0] != frames[1]:
        raise Wrong("one frame of text for both", f"frames {frames[0]} and {frames[1]}")
    rights = rights_of(run, values["parent"], values["text"])
    if "w" in rights or "x" not in rights:
        raise Wrong("text that is executable and not writable", rights)


@probe
def absent(run, values, nr=1, except_page=None, at_most=0):
    """No page of the area is present (but one, or at most so many)."""
    present = []
    for index, va in enumerate(addresses(values, nr)):
        _, leaf = user_leaf(run, values["pid"], va)
        if leaf is not None and index != except_page:
            present.append(index)
    if len(present) > at_most:
        most = f"at most {at_most} pages" if at_most else "no page"
        raise Wrong(f"{most} present before it is touched",
                    f"{len(present)} of {nr}, the first is page {present[0]}")


@probe
def zero_page(run, values):
    """A page that was only read is the shared page of zeros, read-only."""
    frame = frame_of(run, values["pid"], values["at"])
    if frame is None:
        raise Wrong("a page that is mapped after a read", "nothing")
    page = run.view.page(frame)
    if not run.view.has_flag(page, "PG_zero"):
        raise Wrong("the shared page of zeros", f"frame {frame:#x} with flags {page.flags:#x}",
                    "a page that is only read needs no memory")
    if "w" in rights_of(run, values["pid"], values["at"]):
        raise Wrong("read-only", rights_of(run, values["pid"], values["at"]))


@probe
def holds_word(run, values, index=0, page=0, writable=True):
    """The frame of a page holds a word of the seed."""
    va = values["at"] + page * PAGE
    frame = frame_of(run, values["pid"], va)
    if frame is None or word_in(run, frame) != run.word(index):
        raise Wrong(f"a frame that holds {run.word(index):#x}",
                    "no frame" if frame is None else hex(word_in(run, frame)))
    if writable and "w" not in rights_of(run, values["pid"], va):
        raise Wrong("a writable page", rights_of(run, values["pid"], va))


@probe
def own_frame(run, values, key="at", index=0, offset=0):
    """A word of the seed is in a page of the process's own: anonymous, writable, mapped once."""
    va = values[key]
    frame = frame_of(run, values["pid"], va)
    if frame is None or word_in(run, frame, offset) != run.word(index):
        raise Wrong(f"a frame that holds {run.word(index):#x}",
                    "no frame" if frame is None else hex(word_in(run, frame, offset)))
    page = run.view.page(frame)
    if not run.view.has_flag(page, "PG_anon") or page.mapcount != 1:
        raise Wrong("an anonymous page that is mapped once",
                    f"frame {frame:#x} with flags {page.flags:#x}, mapcount {page.mapcount}",
                    "the page cache's page is the file's, and others may map it")
    if "w" not in rights_of(run, values["pid"], va):
        raise Wrong("a writable page", rights_of(run, values["pid"], va))


@probe
def maps_with(run, values, key="at", rights="r"):
    """The page at `key` is mapped with exactly these rights; "" is not at all."""
    seen = rights_of(run, values["pid"], values[key])
    wanted = rights or "nothing or a page that is not present"
    if seen != rights and not (not rights and seen in ("nothing", "not present")):
        raise Wrong(f"{wanted} at {values[key]:#x}", seen)


@probe
def pagemap_is_true(run, values, key="r"):
    """/proc/self/pagemap tells the frame that the page table has."""
    told = run.facts.get("pagemap", 0)
    frame = frame_of(run, values["pid"], values[key])
    if not isinstance(told, int) or told >> 63 != 1 or told & (1 << 55) - 1 != frame:
        raise Wrong(f"present, frame {frame}", f"{told:#x}" if isinstance(told, int) else str(told))


@probe
def large_leaves(run, values):
    """The direct map uses leaves of 2 MiB and more, but for the ends."""
    view, base = run.view, run.view.number("DIRECTMAP_BASE")
    small = large = 0
    for leaf in sv39.walk(view.ram, view.kernel_root(), 256, 384):
        if base <= leaf.va < base + (1 << 37):
            if leaf.size > PAGE:
                large += leaf.size
            else:
                small += leaf.size
    if large < 8 * small or not large:
        raise Wrong("nearly all of RAM by leaves of 2 MiB or 1 GiB",
                    f"{large >> 20} MiB by large leaves, {small >> 20} MiB by pages",
                    "each small leaf costs an entry of the TLB")


@probe
def buddy_agrees(run, values, slack=0):
    """The blocks on each zone's lists add up to its nr_free, each aligned, in order, and once."""
    view = run.view
    for index, frames in view.free_frames().items():
        counted = view.zone_number(index, "nr_free") - view.zone_number(index, "nr_deferred")
        if abs(counted - len(frames)) > slack:
            raise Wrong(f"{counted} frames free in zone {index}, as it counts them",
                        f"{len(frames)} on its lists")


@probe
def proc_agrees(run, values, slack=8):
    """/proc/vmstat's nr_free_pages is what lies on the lists, the zones' and the harts'; `slack` for
    what was allocated between the reading of it and the checkpoint."""
    view = run.view
    zones, harts = view.free_frames(), view.cpu_list_frames()
    both = harts & set().union(*zones.values())
    if both:
        raise Wrong("a free frame is on one list", f"frame {min(both):#x} is on a zone's and a hart's")
    listed = len(harts) + sum(map(len, zones.values()))
    listed += sum(view.zone_number(index, "nr_deferred")
                  for index in range(view.number("NR_ZONES")))
    told = run.facts.get("nr_free")
    if not isinstance(told, int) or abs(listed - told) > slack:
        raise Wrong(f"{listed} free pages, as many as lie on the lists, or at most {slack} more or less",
                    str(told))


@probe
def free_blocks_joined(run, values):
    """No two free blocks of one order are buddies: they would have been joined."""
    view, base = run.view, run.view.number("VMEMMAP_BASE")
    zones = view.symbol("zones")
    for index in range(view.number("NR_ZONES")):
        zone = zones + index * view.size("zone")
        for order in range(view.number("MAX_ORDER")):
            area = zone + view.offset("zone.areas") + order * view.size("free_area")
            if not view.field(area, "free_area.nr_blocks"):
                continue
            heads = {(page - base) // view.size("page")
                     for page in view.each(area + view.offset("free_area.blocks"), "page.lru")}
            for head in heads:
                if head ^ 1 << order in heads and head & 1 << order:
                    raise Wrong("buddies that are both free are joined",
                                f"frames {head ^ 1 << order:#x} and {head:#x} are both free blocks of "
                                f"order {order}")


@probe
def frame_in_zone(run, values, zone="ZONE_NORMAL"):
    """The page's frame belongs to a zone, by its struct page and by where it lies."""
    view, index = run.view, run.view.number(zone)
    frame = frame_of(run, values["pid"], values["at"])
    if frame is None:
        raise Wrong("a page that is mapped", "nothing")
    low, high = view.zone_number(index, "start_pfn"), view.zone_number(index, "end_pfn")
    if not low <= frame < high or view.page(frame).zone != index:
        raise Wrong(f"a frame of {zone}, {low:#x} to {high:#x}",
                    f"frame {frame:#x}, whose struct page says zone {view.page(frame).zone}")


@probe
def not_in_direct_map(run, values):
    """The kernel has no permanent mapping of the page's frame."""
    view = run.view
    frame = frame_of(run, values["pid"], values["at"])
    kva = view.number("DIRECTMAP_BASE") + (frame << 12)
    if sv39.translate(view.ram, view.kernel_root(), kva) is not None:
        raise Wrong(f"nothing at {kva:#x} in the direct map", f"frame {frame:#x} is mapped there")


@probe
def same_frame(run, values, first="at", second="second"):
    """Two addresses of one process show one frame: the page cache's."""
    frames = [frame_of(run, values["pid"], values[key]) for key in (first, second)]
    if None in frames or frames[0] != frames[1]:
        raise Wrong("one frame for both mappings of a page of a file",
                    f"frames {frames[0]} and {frames[1]}", "a page of a file is in memory once")
    page = run.view.page(frames[0])
    if run.view.has_flag(page, "PG_anon") or page.mapcount < 2:
        raise Wrong("a page of a file's, mapped twice",
                    f"frame {frames[0]:#x} with flags {page.flags:#x}, mapcount {page.mapcount}")


@probe
def same_frame_of_two(run, values):
    """Parent and child have one frame at the same address."""
    frames = [frame_of(run, values[who], values["at"]) for who in ("parent", "child")]
    if None in frames or frames[0] != frames[1]:
        raise Wrong("one frame for both processes", f"frames {frames[0]} and {frames[1]}")


@probe
def notes_frames(run, values, nr=1):
    """Remembers the frames of an area, all of which are present."""
    run.memo["frames"] = [frame_of(run, values["pid"], va) for va in addresses(values, nr)]
    if None in run.memo["frames"]:
        raise Wrong("every page present", f"{run.memo['frames'].count(None)} are not")


@probe
def same_frames_as_noted(run, values, nr=1):
    """The area has the same frames as at the checkpoint before."""
    frames = [frame_of(run, values["pid"], va) for va in addresses(values, nr)]
    changed = sum(a != b for a, b in zip(frames, run.memo.get("frames", [])))
    if not run.memo.get("frames") or changed:
        raise Wrong("the frames of before", f"{changed} of {len(frames)} pages moved or went")


@probe
def counts_frames(run, values, nr=1, share=0.0):
    """Remembers how many pages of the area are present: they must have a share of all memory."""
    present = sum(user_leaf(run, values["pid"], va)[1] is not None for va in addresses(values, nr))
    run.memo["frames"] = present
    if present < share * run.numbers["mem_pages"]:
        raise Wrong(f"at least {share:.0%} of {run.numbers['mem_pages']} frames hold pages of the area, for "
                    "nobody else needs them", f"{present} do")
